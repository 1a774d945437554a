//! The admission of an avatar by an invite.

use serde::{Deserialize, Serialize};

use crate::{
    avatar::{AvatarId, Person, TrainingSettings},
    budget::{TokenDigest, TokenId},
};

/// An avatar that was admitted by an invite.
#[derive(Debug, Serialize, Deserialize)]
pub struct Admission {
    /// Id of the avatar.
    pub avatar: AvatarId,
    /// The person shown.
    pub person: Person,
    /// Defaults of the avatar's trainings.
    pub settings: TrainingSettings,
    /// True if the person's consent is confirmed.
    #[serde(default)]
    pub consent: bool,
    /// Most steps of a training, where the invite says.
    #[serde(default)]
    pub steps: Option<u32>,
    /// SHA-256 of the avatar's capability.
    pub capability: TokenDigest,
    /// Id of the invite that admitted the avatar.
    pub(super) invite: TokenId,
    /// Document that hands the capability over.
    pub(super) document: serde_json::Value,
}
