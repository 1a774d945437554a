//! Downloads: a file is asked for, its redirects are followed, a broken transfer goes on where it was, and the file is
//! called fetched only once it is whole.
//!
//! A shell drives a [`Download`] and moves the bytes; any chunking will do:
//!
//! ```text
//! loop {
//!     match download.step() {
//!         DownloadStep::Ask(request) => send it; download.answered(status and headers, or why there is no answer)
//!         DownloadStep::Read { from } => throw away the bytes kept beyond `from`; then
//!             for each piece of the answer's body: if download.received(piece) { keep it } else { stop reading }
//!             download.ended(Ok, or why the body did not come to its end)
//!         DownloadStep::Pause(time) => wait; download.paused()
//!         DownloadStep::Done(fetched) => the bytes that were kept are the file
//!         DownloadStep::Failed(error) => the bytes are of no use, unless download.again() takes them up
//!     }
//! }
//! ```
//!
//! No request carries a key. Each has a limit on silence ([`crate::http::Request::silence`]).

mod check;
mod error;
mod kept;
mod machine;
mod problem;
mod redirect;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

pub use self::{
    check::{Fetched, FileCheck},
    error::NetworkError,
    kept::Kept,
    machine::{Download, DownloadStep},
    problem::{FileProblem, RedirectProblem},
    redirect::PlainHosts,
};
use crate::{http::without_query, sha256::Sha256Sum};

/// A file's description, before the file is fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// The kind of file.
    pub kind: FileKind,
    /// The length in bytes, where it was promised.
    pub length: Option<u64>,
    /// The SHA-256, where the file was kept once before.
    pub sha256: Option<Sha256Sum>,
    /// The most bytes that are taken.
    pub max_bytes: u64,
}

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A model: safetensors.
    Model,
    /// A picture: JPEG, PNG or WebP.
    Picture,
    /// Any file. A length and a SHA-256 show that such a file is whole.
    Any,
}

/// A file at an address outside of Likeness.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteFile {
    /// The address.
    pub url: Url,
    /// The description of the file.
    pub expected: Expected,
    /// The hosts with which plain http is spoken, should the address lead on.
    pub plain: PlainHosts,
}

/// The largest model that is fetched, in bytes: twenty times a usual LoRA (90 MB).
const MAX_MODEL_BYTES: u64 = 2 << 30;

/// The largest picture that is fetched, in bytes. The largest that fal makes have some 200 megapixels.
const MAX_PICTURE_BYTES: u64 = 1 << 30;

impl Expected {
    /// Describes a file at fal, with the length that fal gave, if any. A length of 0 is not believed.
    #[must_use]
    pub fn of_fal(kind: FileKind, length: Option<u64>) -> Self {
        let max_bytes = match kind {
            FileKind::Picture => MAX_PICTURE_BYTES,
            FileKind::Model | FileKind::Any => MAX_MODEL_BYTES,
        };
        Self { kind, length: length.filter(|length| *length > 0), sha256: None, max_bytes }
    }

    /// Describes a copy of a file that was kept: the very same bytes.
    #[must_use]
    pub fn copy_of(file: &Kept) -> Self {
        let (length, sha256) = (Some(file.length), Some(file.sha256));
        Self { kind: FileKind::Any, length, sha256, max_bytes: file.length }
    }
}

/// Leaves out the address's query, which may hold a signature.
impl fmt::Debug for RemoteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.expected.kind, without_query(&self.url))
    }
}
