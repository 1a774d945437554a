//! Problems of files that were fetched.

use serde::{Deserialize, Serialize};

use super::FileKind;
use crate::photo::{Foreign, PhotoProblem};

/// A difference between the file that arrived and the one that was promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum FileProblem {
    /// No byte came.
    Empty,
    /// Another kind of file came: an error page, a message.
    Foreign {
        /// Kind that was expected.
        kind: FileKind,
        /// Kind that came, told by its first bytes.
        found: Foreign,
    },
    /// The file has another length than was promised.
    Length {
        /// Promised length in bytes.
        promised: u64,
        /// Length in bytes that came, or was announced.
        arrived: u64,
    },
    /// The file has more bytes than are taken.
    TooLarge {
        /// Length in bytes that came, or was announced.
        bytes: u64,
        /// Limit in bytes.
        max: u64,
    },
    /// The model's header describes more bytes than there are, or fewer.
    Described {
        /// Length in bytes by the header.
        described: u64,
        /// Length in bytes that came, or was announced.
        arrived: u64,
    },
    /// The model's header cannot be read, or leaves bytes out.
    Header,
    /// The picture cannot be decoded to its end.
    Picture {
        /// Problem of the picture.
        problem: PhotoProblem,
    },
    /// The bytes differ from those that were kept once before.
    Sum,
}

/// A redirect that is not followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum RedirectProblem {
    /// The redirect has no readable address.
    Nowhere,
    /// There was one redirect too many.
    TooMany,
    /// The redirect leads from https to http.
    Unprotected(String),
    /// The redirect leads to an address from which no file is fetched.
    Elsewhere(String),
}

impl FileProblem {
    /// Tells whether something other than a file of the kind came: an error page, a message, nothing at all.
    #[must_use]
    pub(crate) fn is_foreign(&self) -> bool {
        matches!(self, Self::Empty | Self::Foreign { .. })
    }
}
