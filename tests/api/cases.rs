//! The list of cases, which run at either shell.

mod avatars;
mod bodies;
mod doors;
mod invites;
mod messages;
mod overview;
mod photos;
mod pictures;
mod requests;
mod storms;
mod telegram;
mod trainings;
mod unclear;

use likeness_core::api::Operation as O;

use crate::{
    fixture::Mode::{self, Bare, Bought, Capped, Closed, Keyless, Test},
    world::World,
};

/// One case.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) mode: Mode,
    /// Calls that succeed in the case.
    pub(crate) operations: &'static [O],
    /// Codes that occur in the case.
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

/// All cases. Long ones first: the others run meanwhile.
pub(crate) const CASES: &[Case] = &[
    case(
        "more tokens than there may be",
        Capped,
        &[],
        &["budget.too_many", "api.rate_limited"],
        invites::many,
    ),
    case("a conversation with the bot", Bought, &[], &[], telegram::conversation),
    case("the bot's hardships", Test, &[], &[], telegram::hardships),
    case("the power fails after every step", Bought, &[], &[], storms::killed_after_every_step),
    case("killed while carrying on with nobody asking", Bought, &[], &[], storms::killed_while_carrying_on),
    case("killed while preparing", Bought, &[], &[], storms::killed_while_preparing),
    case("killed while training", Bought, &[], &[], storms::killed_while_training),
    case("killed before fal.ai answered", Bought, &[], &[], storms::killed_before_the_answer),
    case(
        "killed before the order arrived",
        Bought,
        &[O::ResolveTraining],
        &[],
        storms::killed_before_the_order_arrived,
    ),
    case("the bucket is away", Bought, &[], &[], storms::outage),
    case(
        "an unclear order is settled",
        Bought,
        &[O::ResolveTraining, O::ResolvePictures],
        &[
            "photos.in_use",
            "order.not_unclear",
            "api.body",
            "api.forbidden",
            "request.not_at_fal",
            "request.not_asked",
            "request.other_order",
        ],
        unclear::resolved,
    ),
    case("an end without a reason is asked about again", Bought, &[], &[], unclear::unexplained),
    case(
        "an order is cancelled",
        Bought,
        &[O::CancelTraining, O::CancelPictures],
        &["order.not_again"],
        unclear::cancelled,
    ),
    case(
        "a training is asked for again",
        Bought,
        &[O::StartTraining],
        &["order.different", "order.wrong_number", "api.body"],
        trainings::again,
    ),
    case("an order is found in the list", Bought, &[], &[], storms::adopted),
    case("a prepared photo is overwritten", Bought, &[], &[], storms::overwritten),
    case("a webhook comes early", Bought, &[], &[], messages::early),
    case("a webhook is another's", Bought, &[O::FalWebhook], &[], messages::foreign),
    case("the backend is told", Bought, &[], &[], messages::told),
    case(
        "four start at once",
        Bought,
        &[O::StartTraining, O::EraseAvatar],
        &["avatar.erased"],
        trainings::at_once,
    ),
    case("twenty photos at once", Bought, &[], &[], trainings::whole_set),
    case(
        "a training from keys",
        Bought,
        &[O::StartTraining, O::IssueCapability],
        &["photos.key", "photos.keys_forbidden", "order.different"],
        trainings::from_keys,
    ),
    case("the same photo twice", Bought, &[O::UploadPhoto], &[], trainings::duplicates),
    case(
        "one photo more than a set holds",
        Bought,
        &[O::StartTraining, O::RemovePhoto],
        &["data.too_many_photos"],
        trainings::too_many,
    ),
    case("too many keys", Bought, &[O::StartTraining], &[], trainings::too_many_keys),
    case("keys and uploads do not mix", Bought, &[], &["photos.mixed"], trainings::mixed),
    case(
        "a training from uploads",
        Test,
        &[O::StartTraining, O::ShowTraining, O::CancelTraining, O::DownloadModel],
        &[
            "training.not_found",
            "order.wrong_number",
            "order.no_file",
            "order.different",
            "order.busy",
            "order.not_unclear",
        ],
        trainings::from_uploads,
    ),
    case("a model is fetched in parts", Test, &[O::DownloadModel], &["api.range"], trainings::in_parts),
    case(
        "what is there is not made again",
        Test,
        &[O::CreateAvatar, O::UploadPhoto, O::StartTraining, O::OrderPictures, O::MintToken, O::MintInvite],
        &["api.exists"],
        avatars::only_once,
    ),
    case("a made-up capability", Test, &[], &["api.unauthorized"], doors::made_up),
    case("uploads that break off", Test, &[O::UploadPhoto], &[], photos::broken_off),
    case(
        "a model makes pictures",
        Test,
        &[O::OrderPictures, O::ShowPictures, O::ListPictures, O::DownloadPicture, O::DownloadModel],
        &["order.no_model", "order.different", "order.wrong_number", "order.no_file", "pictures.not_found"],
        pictures::made,
    ),
    case(
        "an invite is spent",
        Test,
        &[
            O::MintInvite,
            O::ShowInvite,
            O::Redeem,
            O::ListInvites,
            O::RevokeInvite,
            O::ShowBudget,
            O::IssueCapability,
        ],
        &[
            "budget.id_taken",
            "budget.invite_taken",
            "budget.allowance_spent",
            "budget.invite_over",
            "settings.beyond_invite",
            "photos.no_consent",
            "api.unauthorized",
        ],
        invites::spent,
    ),
    case(
        "the operator sees how things stand",
        Test,
        &[O::ShowOverview],
        &["api.unauthorized", "api.forbidden"],
        overview::shown,
    ),
    case(
        "what is no invite",
        Test,
        &[],
        &[
            "budget.invite_unknown",
            "budget.not_a_token",
            "budget.id",
            "budget.expiry_past",
            "budget.unknown",
            "budget.not_invited",
            "avatar.taken",
        ],
        invites::refused,
    ),
    case(
        "a token comes and goes",
        Test,
        &[O::MintToken, O::ListTokens, O::RevokeToken],
        &["budget.id_taken", "api.unauthorized", "api.forbidden"],
        invites::tokens,
    ),
    case(
        "everybody may do what the table says",
        Test,
        &[O::Redeem],
        &["api.unauthorized", "api.forbidden"],
        doors::walked,
    ),
    case(
        "a photo is put straight into the bucket",
        Bought,
        &[O::AddressPhoto, O::CheckPhoto, O::ShowPhoto, O::RemovePhoto],
        &[],
        photos::presigned,
    ),
    case("the bucket refuses a photo", Bought, &[], &[], photos::refused_by_the_bucket),
    case(
        "a photo is uploaded",
        Test,
        &[O::UploadPhoto, O::ShowPhoto, O::ListPhotos, O::RemovePhoto],
        &["photos.not_found", "api.body", "api.path"],
        photos::uploaded,
    ),
    case("what is no photo", Test, &[O::UploadPhoto], &[], photos::rejected),
    case(
        "too large, or of no length",
        Test,
        &[],
        &["api.body_too_large", "api.no_length"],
        photos::too_large,
    ),
    case("too many photos", Test, &[], &["photos.too_many"], photos::too_many),
    case("no bucket", Bare, &[], &["photos.no_bucket", "settings.bucket_missing"], photos::without_bucket),
    case("other settings", Bought, &[], &["settings.other", "budget.admin_changed"], doors::other_settings),
    case(
        "an avatar is created once",
        Test,
        &[O::CreateAvatar, O::ShowAvatar, O::ListAvatars],
        &["avatar.taken", "avatar.not_found", "api.body", "api.path"],
        avatars::created,
    ),
    case(
        "an order is found by its request id",
        Test,
        &[O::ShowRequest],
        &["avatar.erased", "api.path", "api.unauthorized"],
        requests::found,
    ),
    case(
        "who asks about what was never there",
        Test,
        &[],
        &["request.unknown", "avatar.not_found", "api.unauthorized"],
        requests::unknown,
    ),
    case("an erased avatar stays erased", Test, &[O::EraseAvatar], &["avatar.erased"], avatars::erased),
    case("a body that is no object buys nothing", Bought, &[], &["api.body"], bodies::refused),
    case("browsers of one origin", Test, &[], &[], doors::browsers),
    case(
        "what there is",
        Test,
        &[O::Health, O::Describe, O::ShowOffer],
        &["api.no_route", "api.method"],
        doors::found,
    ),
    case("who is not Telegram", Test, &[], &[], telegram::believed),
    case("nobody was let in", Closed, &[O::Health, O::Describe], &["settings.admin_missing"], doors::closed),
    case("nothing more may be bought today", Capped, &[], &["budget.daily_cap"], invites::capped),
    case("a setting cannot be used", Keyless, &[], &["settings.unusable"], doors::unusable),
    case("no key", Keyless, &[], &["settings.key_missing"], doors::keyless),
];
