//! Notes that the bot sends besides the board: each is drawn when it is sent, in the language of then.

use serde::{Deserialize, Serialize};

use super::scene::Remaining;
use crate::telegram::Unusable;

/// Some words to a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Note {
    /// An invite is needed.
    Closed,
    /// A text is not an invite.
    InviteWrong,
    /// An invite was refused, for the reason of this code.
    InviteRefused(String),
    /// For another person a new invite is needed.
    NewNeedsInvite,
    /// The person is no longer on the operator's list.
    NoLongerAllowed,
    /// A group is told that the bot is not for groups.
    Group,
    /// The greeting, with the question for consent.
    Consent,
    /// Photos came before the answers that are needed first.
    PhotosWait,
    /// The question for the name; the name of the Telegram account is offered.
    AskName(Option<String>),
    NameWrong,
    AskGender,
    SendPhotos,
    /// Photos cannot be made of this.
    Unusable(Unusable),
    NotAPhoto,
    /// The file is larger than it may be.
    TooBig,
    PhotoLost,
    /// The API refused a photo, for the reason of this code.
    PhotoRefused(String),
    SetClosed,
    TooManyPhotos,
    /// A photo came when there is a model already.
    ForFurtherTraining,
    NotEnough,
    TrainingsSpent(u32),
    /// The model is ready, and so many first portraits are being made.
    Ready(u32),
    /// The wish for portraits of this number can be ordered.
    Wish(u32),
    ImagineHow,
    PromptLong,
    NoModel,
    /// So many portraits are being made.
    PicturesBegun(u32),
    PicturesFailed,
    /// The filter blanked so many portraits.
    Blanked(u32),
    /// The filter blanked every portrait of an order.
    AllBlanked,
    /// The styles, under the portraits of an order.
    Styles(Option<u32>),
    /// Something was refused: the code, and the API's sentence.
    Refused {
        code: String,
        detail: String,
    },
    TryLater,
    /// The question whether to erase everything, with its number.
    AskErase(u32),
    NothingThere,
    /// Answers to questions are forgotten, and nothing else was kept.
    Forgotten,
    Erasing,
    /// Everything is erased; fal.ai still holds these.
    Erased(Vec<Remaining>),
    AskLanguage,
    Help,
    OneMoment,
}
