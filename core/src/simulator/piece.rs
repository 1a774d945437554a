//! Bytes that arrived, of which little is kept.

use std::io::{Read as _, SeekFrom};

use base16ct::{lower, mixed};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{body::Body, keeping::File};
use crate::sha256::Sha256Sum;

/// The facts about bytes that arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Piece {
    pub(super) length: u64,
    pub(super) sha256: String,
    /// Bytes themselves, when they are few enough.
    pub(super) kept: Option<Kept>,
    /// Files of the shell's in which the bytes lie, one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) files: Vec<File>,
    /// Last bytes of a part, for the archive's directory.
    tail: Option<Kept>,
}

/// Bytes that are stored as hexadecimal text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Kept(pub(super) Vec<u8>);

/// The error for stored bytes that are not hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the kept bytes are not hexadecimal")]
pub(super) struct KeptError;

impl TryFrom<String> for Kept {
    type Error = KeptError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        mixed::decode_vec(text).map(Self).map_err(|_| KeptError)
    }
}

impl From<Kept> for String {
    fn from(kept: Kept) -> Self {
        lower::encode_string(&kept.0)
    }
}

/// The number of a part's last bytes that are kept until the upload is complete: room for the directory of some two
/// hundred photos.
const PART_TAIL: usize = 16 << 10;

impl Piece {
    /// Reads everything; at most `keep` bytes are kept.
    pub(super) fn read(body: &mut dyn Body, keep: u64) -> std::io::Result<Self> {
        body.seek(SeekFrom::Start(0))?;
        let (mut hash, mut length, mut buffer) = (Sha256::new(), 0_u64, vec![0; 64 << 10]);
        let mut kept = Some(Vec::new());
        loop {
            let read = body.read(&mut buffer)?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            hash.update(bytes);
            length = length.saturating_add(read as u64);
            kept = kept.filter(|_| length <= keep);
            if let Some(kept) = &mut kept {
                kept.extend(bytes);
            }
        }
        let sha256 = Sha256Sum::from_bytes(hash.finalize().into()).to_string();
        Ok(Self { length, sha256, kept: kept.map(Kept), files: Vec::new(), tail: None })
    }

    /// Reads a part, of which the end is kept as well.
    pub(super) fn read_part(body: &mut dyn Body, keep: u64) -> std::io::Result<Self> {
        let mut piece = Self::read(body, keep)?;
        let mut tail = Vec::new();
        body.seek(SeekFrom::Start(piece.length.saturating_sub(PART_TAIL as u64)))?;
        std::io::Read::take(&mut *body, PART_TAIL as u64).read_to_end(&mut tail)?;
        piece.tail = Some(Kept(tail));
        Ok(piece)
    }

    /// Joins these parts, and returns the last bytes of the whole as well. The whole's digest is that of the parts'
    /// digests.
    pub(super) fn joined(parts: &[&Self], keep: u64) -> (Self, Vec<u8>) {
        let mut hash = Sha256::new();
        let mut length = 0_u64;
        for part in parts {
            hash.update(&part.sha256);
            length = length.saturating_add(part.length);
        }
        let mut tail: Vec<&[u8]> = Vec::new();
        for part in parts.iter().rev() {
            let end = part.tail.as_ref().map_or(&[][..], |tail| &tail.0);
            tail.push(end);
            if part.length > end.len() as u64 {
                break;
            }
        }
        tail.reverse();
        let kept = if length <= keep {
            parts.iter().map(|part| part.kept.as_ref().map(|kept| kept.0.as_slice())).collect()
        } else {
            None
        };
        let sha256 = Sha256Sum::from_bytes(hash.finalize().into()).to_string();
        let kept = kept.map(|kept: Vec<&[u8]>| Kept(kept.concat()));
        let files = if parts.iter().all(|part| part.length == 0 || !part.files.is_empty()) {
            parts.iter().flat_map(|part| part.files.clone()).collect()
        } else {
            Vec::new()
        };
        (Self { length, sha256, kept, files, tail: None }, tail.concat())
    }

    /// Returns the number of last bytes that are kept.
    pub(super) fn tail_length(&self) -> usize {
        self.tail.as_ref().map_or(0, |tail| tail.0.len())
    }

    /// Forgets the last bytes, which are not needed any more.
    pub(super) fn forget_tail(&mut self) {
        self.tail = None;
    }

    /// Returns the entity tag of a part.
    pub(super) fn etag(&self) -> String {
        format!("\"{}\"", self.sha256.get(..32).unwrap_or(&self.sha256))
    }

    /// Lets go of the files, and returns the number of bytes they had.
    pub(super) fn let_go(&mut self, forget: &mut Vec<String>) -> u64 {
        let files = std::mem::take(&mut self.files);
        let bytes = files.iter().map(|file| file.length).sum();
        forget.extend(files.into_iter().map(|file| file.name));
        bytes
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::Piece;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn parts_joined_end_as_the_whole_does() {
        let whole: Vec<u8> = (0..50_000_u32).flat_map(u32::to_le_bytes).collect();
        for size in [1_000, 20_000, 150_000] {
            let read = |bytes: &[u8]| Piece::read_part(&mut Cursor::new(bytes), 1_000_000).expect("a part");
            let parts: Vec<Piece> = whole.chunks(size).map(read).collect();
            let (joined, tail) = Piece::joined(&parts.iter().collect::<Vec<_>>(), 1_000_000);
            assert_eq!(joined.length, whole.len() as u64);
            assert!(joined.kept.expect("kept").0 == whole);
            assert!(tail.len() >= 16 << 10 && whole.ends_with(&tail), "{size}");
        }
    }

    #[test]
    fn what_is_large_is_not_kept() {
        let piece = Piece::read(&mut Cursor::new([7; 100]), 99).expect("bytes");
        assert_eq!((piece.length, piece.kept), (100, None));
    }
}
