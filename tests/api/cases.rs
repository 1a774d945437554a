//! The cases, at whichever shell they run.

mod avatars;
mod pictures;

use likeness_core::api::Operation as O;

use crate::{
    fixture::Mode::{self, Test},
    world::World,
};

/// One case.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) mode: Mode,
    /// The calls that it sees doing something.
    pub(crate) operations: &'static [O],
    /// The codes that it sees.
    pub(crate) codes: &'static [&'static str],
    pub(crate) run: fn(&World),
}

const fn case(
    name: &'static str,
    mode: Mode,
    operations: &'static [O],
    codes: &'static [&'static str],
    run: fn(&World),
) -> Case {
    Case { name, mode, operations, codes, run }
}

/// All of them. Long ones first: the others run meanwhile.
pub(crate) const CASES: &[Case] = &[
    case(
        "a model makes pictures",
        Test,
        &[O::OrderPictures, O::ShowPictures, O::ListPictures, O::DownloadPicture, O::DownloadModel],
        &["order.no_model", "order.different", "order.wrong_number", "order.no_file", "pictures.not_found"],
        pictures::made,
    ),
    case(
        "an avatar is created once",
        Test,
        &[O::CreateAvatar, O::ShowAvatar, O::ListAvatars],
        &["avatar.taken", "avatar.not_found", "api.body", "api.path"],
        avatars::created,
    ),
    case("an erased avatar stays erased", Test, &[O::EraseAvatar], &["avatar.erased"], avatars::erased),
];
