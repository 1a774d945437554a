//! Problems of files that were fetched.

use serde::{Deserialize, Serialize};

use super::FileKind;
use crate::{
    photo::{Foreign, PhotoProblem},
    words::{self, displayed},
};

/// A difference between the file that arrived and the one that was promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum FileProblem {
    /// No byte came.
    Empty,
    /// Something else: an error page, a message, a file of another kind.
    Foreign {
        /// The kind that was to come.
        kind: FileKind,
        /// The kind that came, told by its first bytes.
        found: Foreign,
    },
    /// Another length than was promised.
    Length {
        /// The number of bytes that were promised.
        promised: u64,
        /// How many came, or were announced.
        arrived: u64,
    },
    /// More bytes than are taken.
    TooLarge {
        /// How many came, or were announced.
        bytes: u64,
        /// The most bytes that are taken.
        max: u64,
    },
    /// A model whose header speaks of more, or of fewer, bytes than there are.
    Described {
        /// The number of bytes that the header speaks of.
        described: u64,
        /// How many came, or were announced.
        arrived: u64,
    },
    /// A model whose header cannot be read, or leaves bytes out.
    Header,
    /// A picture that cannot be decoded to its end.
    Picture {
        /// The problem of the picture.
        problem: PhotoProblem,
    },
    /// Bytes that differ from those that were kept.
    Sum,
}

/// A redirect that is not followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum RedirectProblem {
    /// A redirect without a readable address.
    Nowhere,
    /// One redirect too many.
    TooMany,
    /// A redirect from https to http.
    Unprotected(String),
    /// A redirect to an address from which no file is fetched.
    Elsewhere(String),
}

impl FileProblem {
    /// Tells whether something else came than a file of the kind: an error page, a message, nothing at all.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        matches!(self, Self::Empty | Self::Foreign { .. })
    }
}

displayed! {
    FileKind => words::download::kind;
    FileProblem => words::download::file;
    RedirectProblem => words::download::redirect;
}
