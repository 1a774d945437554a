//! A file on its way: asked for, followed where its address leads, taken up again where it broke off, and called
//! fetched only once it is whole.
//!
//! A shell drives a [`Download`] and moves the bytes; any chunking will do:
//!
//! ```text
//! loop {
//!     match download.step() {
//!         DownloadStep::Ask(request) => send it; download.answered(status and headers, or why there is no answer)
//!         DownloadStep::Read { from } => what is kept beyond `from` is thrown away; then
//!             for each piece of the answer's body: if download.received(piece) { keep it } else { leave off }
//!             download.ended(whether the body came to its end, or why not)
//!         DownloadStep::Pause(time) => wait; download.paused()
//!         DownloadStep::Done(fetched) => what is kept is the file
//!         DownloadStep::Failed(error) => what is kept is of no use, unless download.again() takes it up
//!     }
//! }
//! ```
//!
//! No key goes with any of it. Each request has a limit on silence ([`Request::silence`]) and none on the whole.

mod check;
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
    machine::{Download, DownloadStep},
    problem::{FileProblem, RedirectProblem},
    redirect::PlainHosts,
};
use crate::{
    avatar::{Kept, Sha256Sum},
    http::without_query,
};

/// What is known of a file before it is fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// What it is.
    pub kind: FileKind,
    /// How many bytes it has, where that was said.
    pub length: Option<u64>,
    /// Its SHA-256, where it was kept once before.
    pub sha256: Option<Sha256Sum>,
    /// How many bytes are taken at most.
    pub max_bytes: u64,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A model: safetensors.
    Model,
    /// A picture: JPEG, PNG or WebP.
    Picture,
    /// Anything: its length and its sum tell whether it is whole.
    Any,
}

/// A file that somebody else holds, and where its address may lead.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteFile {
    /// Its address.
    pub url: Url,
    /// What it must be.
    pub expected: Expected,
    /// The hosts with which plain http is spoken.
    pub plain: PlainHosts,
}

/// The largest model that is fetched, in bytes: twenty times a usual LoRA (90 MB).
const MAX_MODEL_BYTES: u64 = 2 << 30;

/// The largest picture that is fetched, in bytes. The largest that fal makes have some 200 megapixels.
const MAX_PICTURE_BYTES: u64 = 1 << 30;

impl Expected {
    /// A file of this kind, of which fal said how long it is, or did not. That a file has no bytes is not believed.
    #[must_use]
    pub fn of_fal(kind: FileKind, length: Option<u64>) -> Self {
        let max_bytes = match kind {
            FileKind::Picture => MAX_PICTURE_BYTES,
            FileKind::Model | FileKind::Any => MAX_MODEL_BYTES,
        };
        Self { kind, length: length.filter(|length| *length > 0), sha256: None, max_bytes }
    }

    /// A copy of a file that was kept: the very same bytes.
    #[must_use]
    pub fn copy_of(file: &Kept) -> Self {
        let (length, sha256) = (Some(file.length), Some(file.sha256));
        Self { kind: FileKind::Any, length, sha256, max_bytes: file.length }
    }
}

/// Without the address's query, which may hold a signature.
impl fmt::Debug for RemoteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.expected.kind, without_query(&self.url))
    }
}
