//! Steps that a person goes through.

use serde::{Deserialize, Serialize};

use super::{
    door::{Door, InviteText},
    photos::PhotoQueue,
    session::Session,
};
use crate::{
    api::Caller,
    ids::{AvatarId, Gender, Name},
    time::Timestamp,
};

/// The step at which a person is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Scene {
    /// Nothing is known of the person, and nothing is kept.
    Stranger,
    /// The API is asked what an invite gives.
    Knocking(InviteText),
    /// The person is asked to confirm that the photos may be used.
    Consent(Door),
    /// The person is asked for a name.
    Name { door: Door, consented_at: Timestamp },
    /// The person is asked how to speak of the one in the photos.
    Gender { door: Door, consented_at: Timestamp, name: Name },
    /// The avatar is being created, under an id that is stored before the first try.
    Admitting(Applicant),
    /// There is an avatar.
    Session(Box<Session>),
    /// Everything is being erased.
    Erasing(Erasing),
}

/// A person of whom an avatar is being created.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Applicant {
    pub(super) door: Door,
    pub(super) consented_at: Timestamp,
    pub(super) name: Name,
    pub(super) gender: Gender,
    pub(super) avatar: AvatarId,
}

/// An avatar that is not the present one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Former {
    pub(super) avatar: AvatarId,
    pub(super) caller: Caller,
}

/// The erasing of everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Erasing {
    /// Avatars that are still to be erased.
    pub(super) left: Vec<Former>,
    /// Files that fal.ai still holds.
    pub(super) remains: Vec<Remaining>,
}

/// A file that fal.ai still holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remaining {
    /// Kind of the file: `archive`, `model`, `pictures`.
    pub(super) what: String,
    /// Time at which fal.ai deletes it.
    pub(super) until: Timestamp,
}

/// A step that is kept while the person looks at something else, with the photos on their way then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Aside {
    pub(super) scene: Scene,
    pub(super) photos: PhotoQueue,
}

impl Scene {
    pub(super) fn session(&self) -> Option<&Session> {
        match self {
            Self::Session(session) => Some(session),
            _ => None,
        }
    }

    pub(super) fn session_mut(&mut self) -> Option<&mut Session> {
        match self {
            Self::Session(session) => Some(session),
            _ => None,
        }
    }

    /// Tells whether photos are taken: once there is an avatar, or while only answers are missing, the person's or the API's.
    pub(super) fn takes_photos(&self) -> bool {
        !matches!(self, Self::Stranger | Self::Erasing(_))
    }
}
