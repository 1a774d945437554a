//! Files that the shell keeps for the simulator, which does no IO itself.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::http::Response;

/// The work of a shell that keeps files ([`Plan::files`](super::Plan::files)), to be done before an answer leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keeping {
    /// File to keep the call's body in, in place of an older one.
    pub keep: Option<String>,
    /// Files to remove, as far as they exist.
    pub forget: Vec<String>,
}

/// An answer whose body lies in files of the shell's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    /// Status and headers.
    pub head: Response,
    /// Pieces of the body in order: a file, and the range of its bytes.
    pub pieces: Vec<(String, Range<u64>)>,
}

impl KeptFile {
    /// Returns the length of the body in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.pieces.iter().map(|(_, range)| range.end.saturating_sub(range.start)).sum()
    }

    /// Returns the file with its length in the headers.
    pub(super) fn measured(self) -> Self {
        let length = self.length();
        let mut head = self.head;
        head.headers.insert(http::header::CONTENT_LENGTH, length.into());
        Self { head, ..self }
    }

    /// Returns the file without its last byte.
    pub(super) fn cut(mut self) -> Self {
        if let Some((_, range)) = self.pieces.last_mut() {
            range.end = range.end.saturating_sub(1);
        }
        self.measured()
    }
}

/// A file of the shell's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) length: u64,
}

/// Maps a range of the whole to ranges of these files, which lie one after the other.
pub(super) fn pieces(files: &[File], range: &Range<u64>) -> Vec<(String, Range<u64>)> {
    let (mut start, mut pieces) = (0_u64, Vec::new());
    for file in files {
        let end = start.saturating_add(file.length);
        let within = range.start.clamp(start, end) - start..range.end.clamp(start, end) - start;
        if within.start < within.end {
            pieces.push((file.name.clone(), within));
        }
        start = end;
    }
    pieces
}
