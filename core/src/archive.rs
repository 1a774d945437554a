//! The ZIP that fal trains from: its exact length is known before its first byte, and any range of it can be
//! made at any time from the entries' lengths and CRC-32s alone.
//!
//! Entries are stored, not deflated: JPEG does not shrink, and a stored entry's bytes can be streamed straight
//! from where they lie. Sizes and CRC-32 stand in the local headers (no data descriptors, which readers that
//! stream cannot follow through stored entries), dates are fixed, so the same photos give the same bytes.
//!
//! ```
//! use likeness_core::archive::{Archive, Entry, EntryName, Piece};
//!
//! let photos = [b"first".as_slice(), b"second".as_slice()];
//! let entries = photos.iter().zip(1..).map(|(bytes, number)| Entry {
//!     name: EntryName::photo(number),
//!     length: bytes.len() as u64,
//!     crc32: crc32fast::hash(bytes),
//! });
//! let archive = Archive::new(entries.collect())?;
//! let mut zip = Vec::new();
//! for piece in archive.pieces(0..archive.length()) {
//!     match piece {
//!         Piece::Framing(bytes) => zip.extend(bytes),
//!         Piece::Entry { index, range } => {
//!             zip.extend(&photos[index][range.start as usize..range.end as usize]);
//!         }
//!     }
//! }
//! assert_eq!(zip.len() as u64, archive.length());
//! # Ok::<(), likeness_core::archive::ArchiveError>(())
//! ```
//!
//! The format is PKWARE's APPNOTE 6.3.10; section numbers below are its.

use std::{collections::BTreeSet, fmt, ops::Range};

use serde::{Deserialize, Serialize};

/// A ZIP of stored entries, laid out but not yet made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    entries: Vec<Entry>,
    /// Offset of each entry's local header, and at the end that of the central directory.
    offsets: Vec<u32>,
    length: u64,
}

/// One file in the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name of the entry.
    pub name: EntryName,
    /// Length in bytes.
    pub length: u64,
    /// CRC-32 (the polynomial of zlib and PKZIP).
    pub crc32: u32,
}

/// The name of an entry: `photo_001.jpg` or `photo_001.txt`. No other name can be made, so no folder, no
/// user's file name and no name that needs an encoding reaches the archive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryName(String);

/// A part of the archive, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Bytes of headers or of the directory.
    Framing(Vec<u8>),
    /// A range of an entry's contents.
    Entry {
        /// Index of the entry, counted from 0.
        index: usize,
        /// Range of its bytes.
        range: Range<u64>,
    },
}

/// The reason why no archive can be made of these entries.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// There is nothing to put into the archive.
    #[error("an archive needs at least one photo")]
    Empty,
    /// The plain format ends at 4 GiB (4.4.1.4) and at 65,535 entries (4.4.21).
    #[error("the photos are larger together than a ZIP file can hold (4 GiB)")]
    TooLarge,
    /// Two entries have the same name.
    #[error("two entries of the archive have the name {0}")]
    SameName(EntryName),
}

impl EntryName {
    /// Names the photo of this number: `photo_001.jpg` for 1.
    #[must_use]
    pub fn photo(number: u16) -> Self {
        Self(format!("photo_{number:03}.jpg"))
    }

    /// Names the caption of the photo of this number: `photo_001.txt` for 1.
    #[must_use]
    pub fn caption(number: u16) -> Self {
        Self(format!("photo_{number:03}.txt"))
    }

    /// Returns the name as text: ASCII, at most 15 bytes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn length_field(&self) -> u16 {
        u16::try_from(self.0.len()).unwrap_or(u16::MAX)
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Archive {
    /// Lays the entries out in their order.
    pub fn new(entries: Vec<Entry>) -> Result<Self, ArchiveError> {
        if entries.is_empty() {
            return Err(ArchiveError::Empty);
        }
        if entries.len() >= usize::from(u16::MAX) {
            return Err(ArchiveError::TooLarge);
        }
        let mut names = BTreeSet::new();
        let mut offsets = Vec::with_capacity(entries.len() + 1);
        let (mut end, mut directory) = (0_u64, END_OF_DIRECTORY);
        for entry in &entries {
            if !names.insert(&entry.name) {
                return Err(ArchiveError::SameName(entry.name.clone()));
            }
            offsets.push(field(end)?);
            let name = u64::from(entry.name.length_field());
            field(entry.length)?;
            end += LOCAL_HEADER + name + entry.length;
            directory += DIRECTORY_HEADER + name;
        }
        offsets.push(field(end)?);
        field(end + directory)?;
        Ok(Self { entries, offsets, length: end + directory })
    }

    /// Returns the length of the whole archive in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Lists the entries in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Lists the pieces that make up `range` of the archive, in order; what lies beyond the archive's end is left
    /// out.
    #[must_use]
    pub fn pieces(&self, range: Range<u64>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (index, (entry, offset)) in self.entries.iter().zip(&self.offsets).enumerate() {
            let start = u64::from(*offset);
            let contents = start + LOCAL_HEADER + u64::from(entry.name.length_field());
            if overlap(&range, start, contents).is_some() {
                push_framing(&mut pieces, &range, start, &local_header(entry));
            }
            if let Some(part) = overlap(&range, contents, contents + entry.length) {
                pieces.push(Piece::Entry { index, range: part });
            }
        }
        let start = self.offsets.last().map_or(0, |offset| u64::from(*offset));
        if overlap(&range, start, self.length).is_some() {
            push_framing(&mut pieces, &range, start, &self.directory());
        }
        pieces
    }

    /// Writes the central directory and its end record (4.3.12, 4.3.16).
    fn directory(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (entry, offset) in self.entries.iter().zip(&self.offsets) {
            bytes.extend(0x0201_4b50_u32.to_le_bytes());
            bytes.extend(MADE_BY_UNIX.to_le_bytes());
            bytes.extend(common_fields(entry));
            bytes.extend([0; 8]); // no extra field, no comment, the first disk, no internal attributes
            bytes.extend((REGULAR_FILE << 16).to_le_bytes());
            bytes.extend(offset.to_le_bytes());
            bytes.extend(entry.name.0.as_bytes());
        }
        let count = u16::try_from(self.entries.len()).unwrap_or(u16::MAX).to_le_bytes();
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        bytes.extend(0x0605_4b50_u32.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(count);
        bytes.extend(count);
        bytes.extend(size.to_le_bytes());
        bytes.extend(self.offsets.last().copied().unwrap_or(0).to_le_bytes());
        bytes.extend([0; 2]);
        bytes
    }
}

const LOCAL_HEADER: u64 = 30;
const DIRECTORY_HEADER: u64 = 46;
const END_OF_DIRECTORY: u64 = 22;

/// Version 2.0, host system 3 (4.4.2): readers then take the permissions below.
const MADE_BY_UNIX: u16 = 0x0314;
/// A regular file, readable by all: `-rw-r--r--`.
const REGULAR_FILE: u32 = 0o100_644;
/// 1980-01-01, the first day the format can name (4.4.6).
const FIRST_DAY: u16 = 1 << 5 | 1;

/// Writes a local file header (4.3.7).
fn local_header(entry: &Entry) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend(0x0403_4b50_u32.to_le_bytes());
    bytes.extend(common_fields(entry));
    bytes.extend([0; 2]); // no extra field
    bytes.extend(entry.name.0.as_bytes());
    bytes
}

/// Writes the fields from "version needed" to "file name length", which are equal in both headers.
fn common_fields(entry: &Entry) -> Vec<u8> {
    let size = u32::try_from(entry.length).unwrap_or(u32::MAX).to_le_bytes();
    let mut bytes = Vec::with_capacity(24);
    bytes.extend(10_u16.to_le_bytes()); // version 1.0 is all that stored entries need
    bytes.extend([0; 6]); // no flags, stored, midnight
    bytes.extend(FIRST_DAY.to_le_bytes());
    bytes.extend(entry.crc32.to_le_bytes());
    bytes.extend(size);
    bytes.extend(size);
    bytes.extend(entry.name.length_field().to_le_bytes());
    bytes
}

fn field(value: u64) -> Result<u32, ArchiveError> {
    // The largest value itself means "look into the ZIP64 record", which this archive does not have.
    u32::try_from(value).ok().filter(|value| *value < u32::MAX).ok_or(ArchiveError::TooLarge)
}

/// Returns the part of `start..end` that lies in `range`, counted from `start`.
fn overlap(range: &Range<u64>, start: u64, end: u64) -> Option<Range<u64>> {
    let (from, to) = (range.start.max(start), range.end.min(end));
    (from < to).then(|| from - start..to - start)
}

fn push_framing(pieces: &mut Vec<Piece>, range: &Range<u64>, start: u64, bytes: &[u8]) {
    let Some(part) = overlap(range, start, start + bytes.len() as u64) else { return };
    let part = usize::try_from(part.start).unwrap_or(0)..usize::try_from(part.end).unwrap_or(0);
    if let Some(bytes) = bytes.get(part) {
        match pieces.last_mut() {
            Some(Piece::Framing(last)) => last.extend(bytes),
            _ => pieces.push(Piece::Framing(bytes.to_vec())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Cursor, Read},
        ops::Range,
    };

    use super::{Archive, ArchiveError, Entry, EntryName, Piece};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    const CONTENTS: [(&str, &[u8]); 4] = [
        ("photo_001.jpg", b"not really a jpeg"),
        ("photo_001.txt", "Анна in a garden".as_bytes()),
        ("photo_002.jpg", b""),
        ("photo_003.jpg", b"another"),
    ];

    fn archive() -> Archive {
        let entries = CONTENTS.iter().map(|(name, bytes)| Entry {
            name: EntryName((*name).to_owned()),
            length: bytes.len() as u64,
            crc32: crc32fast::hash(bytes),
        });
        Archive::new(entries.collect()).expect("an archive")
    }

    fn bytes(archive: &Archive, range: Range<u64>) -> Vec<u8> {
        let mut all = Vec::new();
        for piece in archive.pieces(range) {
            match piece {
                Piece::Framing(bytes) => all.extend(bytes),
                Piece::Entry { index, range } => {
                    let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
                    all.extend(&CONTENTS[index].1[range]);
                }
            }
        }
        all
    }

    #[test]
    fn the_zip_crate_reads_it_back() {
        let archive = archive();
        let whole = bytes(&archive, 0..archive.length());
        assert_eq!(whole.len() as u64, archive.length());
        let mut zip = zip::ZipArchive::new(Cursor::new(whole)).expect("a ZIP");
        assert_eq!(zip.len(), CONTENTS.len());
        for (index, (name, contents)) in CONTENTS.iter().enumerate() {
            let mut file = zip.by_index(index).expect("an entry");
            assert_eq!(file.name().expect("a name"), *name);
            assert_eq!(file.compression(), zip::CompressionMethod::Stored);
            assert_eq!(file.unix_mode(), Some(0o100_644));
            let mut read = Vec::new();
            file.read_to_end(&mut read).expect("contents with the right CRC-32");
            assert_eq!(read, *contents);
        }
    }

    #[test]
    fn any_two_ranges_make_the_whole() {
        let archive = archive();
        let whole = bytes(&archive, 0..archive.length());
        for cut in 0..=archive.length() {
            let mut halves = bytes(&archive, 0..cut);
            halves.extend(bytes(&archive, cut..u64::MAX));
            assert_eq!(halves, whole, "cut at {cut}");
        }
    }

    #[test]
    fn one_byte_at_a_time_makes_the_whole() {
        let archive = archive();
        let single: Vec<u8> = (0..archive.length()).flat_map(|at| bytes(&archive, at..at + 1)).collect();
        assert_eq!(single, bytes(&archive, 0..archive.length()));
    }

    /// Holds the bytes, which are promised: a resumed upload must continue the archive that was begun before an
    /// upgrade.
    #[test]
    fn the_bytes_are_the_golden_ones() {
        let archive = archive();
        let golden = include_bytes!("archive/golden.zip");
        assert!(bytes(&archive, 0..archive.length()) == golden, "archive/golden.zip differs");
    }

    #[test]
    fn a_set_that_no_zip_can_hold_is_refused() {
        let large = |number, length| Entry { name: EntryName::photo(number), length, crc32: 0 };
        assert_eq!(Archive::new(vec![]), Err(ArchiveError::Empty));
        assert_eq!(Archive::new(vec![large(1, u64::from(u32::MAX))]), Err(ArchiveError::TooLarge));
        assert_eq!(Archive::new(vec![large(1, 3 << 30), large(2, 3 << 30)]), Err(ArchiveError::TooLarge));
        assert_eq!(Archive::new(vec![large(1, u64::MAX)]), Err(ArchiveError::TooLarge));
        let twice = Archive::new(vec![large(1, 1), large(1, 1)]);
        assert_eq!(twice, Err(ArchiveError::SameName(EntryName::photo(1))));
    }
}
