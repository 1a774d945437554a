//! The facts that every token has, whatever it opens.

use serde::{Deserialize, Serialize};

use super::TokenDigest;
use crate::{ids::Name, time::Timestamp};

/// The facts that every token has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Issue {
    pub(super) label: Name,
    pub(super) hash: TokenDigest,
    /// Number of the token among all that were ever minted, counted from 1.
    pub(super) generation: u64,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) revoked_at: Option<Timestamp>,
}

impl Issue {
    pub(super) fn is(&self, digest: &TokenDigest) -> bool {
        self.hash == *digest
    }

    pub(super) fn ends_at(&self) -> Option<Timestamp> {
        self.revoked_at.into_iter().chain(self.expires_at).min()
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.revoked_at.is_some() || self.expires_at.is_some_and(|at| at <= now)
    }
}
