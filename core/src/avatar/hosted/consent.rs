//! Consent of the person that the photos show.

use serde::{Deserialize, Serialize};

use super::super::{Avatar, Moment};
use crate::time::Timestamp;

/// The consent of the person that an avatar's photos show, as a caller confirmed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// No consent that a caller must confirm: the avatar is a backend's, or older than the question.
    #[default]
    NotAsked,
    /// A consent that is still missing: the holder of an invite adds no photo before.
    Required,
    /// A consent that was confirmed at this time.
    Given {
        /// Time of the confirmation.
        at: Timestamp,
    },
}

impl Avatar {
    /// Returns the time at which a caller confirmed the person's consent.
    #[must_use]
    pub fn consented_at(&self) -> Option<Timestamp> {
        match self.hosted.as_ref()?.consent {
            Consent::Given { at } => Some(at),
            Consent::NotAsked | Consent::Required => None,
        }
    }

    /// Tells whether photos must wait for the person's consent.
    #[must_use]
    pub fn lacks_consent(&self) -> bool {
        self.hosted.as_ref().is_some_and(|hosted| hosted.consent == Consent::Required)
    }

    /// Notes that a caller confirmed the person's consent. The first confirmation counts.
    #[must_use]
    pub fn consented(mut self, moment: &Moment) -> Self {
        if let Some(hosted) = &mut self.hosted
            && !matches!(hosted.consent, Consent::Given { .. })
        {
            hosted.consent = Consent::Given { at: moment.now };
        }
        self
    }
}
