//! Files whose upload has begun or is complete.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{contents::Contents, piece::Piece};
use crate::time::Timestamp;

/// The most bytes at the ends of parts that are kept for an upload: the directory of an archive of some ten
/// thousand photos.
const MOST_TAILS: usize = 1 << 20;

/// A file whose upload has begun or is complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Upload {
    pub(super) id: String,
    pub(super) content_type: String,
    /// Path in the file store.
    pub(super) path: String,
    pub(super) access: Access,
    pub(super) lifetime: Option<u64>,
    pub(super) state: State,
}

/// The callers who may fetch a file without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Access {
    Allow,
    Forbid,
    Hide,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    Waiting,
    Parts(BTreeMap<u32, Piece>),
    Stored { piece: Piece, contents: Contents, expires: Option<Timestamp> },
}

impl State {
    /// Returns all pieces that had come.
    pub(super) fn into_pieces(self) -> Vec<Piece> {
        match self {
            Self::Waiting => Vec::new(),
            Self::Parts(parts) => parts.into_values().collect(),
            Self::Stored { piece, .. } => vec![piece],
        }
    }

    pub(super) fn pieces(&self) -> Box<dyn Iterator<Item = &Piece> + '_> {
        match self {
            Self::Waiting => Box::new(std::iter::empty()),
            Self::Parts(parts) => Box::new(parts.values()),
            Self::Stored { piece, .. } => Box::new(std::iter::once(piece)),
        }
    }

    /// Bounds the ends of parts without number: the last ones are kept, where an archive has its directory.
    pub(super) fn bound_tails(&mut self) {
        let Self::Parts(parts) = self else { return };
        let mut bytes = 0;
        for piece in parts.values_mut().rev() {
            bytes += piece.tail_length();
            if bytes > MOST_TAILS {
                piece.forget_tail();
            }
        }
    }
}

impl Upload {
    pub(super) fn pieces(&mut self) -> Box<dyn Iterator<Item = &mut Piece> + '_> {
        match &mut self.state {
            State::Waiting => Box::new(std::iter::empty()),
            State::Parts(parts) => Box::new(parts.values_mut()),
            State::Stored { piece, .. } => Box::new(std::iter::once(piece)),
        }
    }

    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        matches!(&self.state, State::Stored { expires: Some(at), .. } if now >= *at)
    }
}
