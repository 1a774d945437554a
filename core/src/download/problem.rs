//! Why a file that arrived is not the one that was promised.

use serde::{Deserialize, Serialize};

use super::FileKind;
use crate::{
    photo::{Foreign, PhotoProblem},
    words::{self, displayed},
};

/// Why a file that arrived is not the one that was promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileProblem {
    /// No byte of it.
    Empty,
    /// Something else: an error page, a message, a file of another kind.
    Foreign {
        /// What was to come.
        kind: FileKind,
        /// What came, told by its first bytes.
        found: Foreign,
    },
    /// Another length than was promised.
    Length {
        /// How many bytes were promised.
        promised: u64,
        /// How many came, or were announced.
        arrived: u64,
    },
    /// More than is taken.
    TooLarge {
        /// How many came, or were announced.
        bytes: u64,
        /// How many are taken.
        max: u64,
    },
    /// A model whose header speaks of more, or of fewer, bytes than there are.
    Described {
        /// How many bytes the header speaks of.
        described: u64,
        /// How many came, or were announced.
        arrived: u64,
    },
    /// A model whose header cannot be read, or leaves bytes out.
    Header,
    /// A picture that cannot be decoded to its end.
    Picture {
        /// What is wrong with it.
        problem: PhotoProblem,
    },
    /// Other bytes than were kept.
    Sum,
}

/// Why a file's address is not followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedirectProblem {
    /// It does not say where to, or not readably.
    Nowhere,
    /// It leads on more often than is followed.
    TooMany,
    /// It leads from https to http.
    Unprotected(String),
    /// It leads to where no file is fetched from.
    Elsewhere(String),
}

impl FileProblem {
    /// Whether something else came than a file of the kind: an error page, a message, nothing at all.
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
