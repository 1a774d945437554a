//! Any entries: either refused, or laid out so that the pieces of any split make up the promised length.

use likeness_core::archive::{Archive, Entry, EntryName, Piece};

/// Reads the entries from the bytes: a shift that makes all lengths large (the small ones are the interesting ones), three
/// cuts of eight bytes, then eleven bytes for each entry.
pub(crate) fn check(bytes: &[u8]) {
    let Some(([shift, cuts @ ..], entries)) = bytes.split_first_chunk::<25>() else { return };
    let entries = entries.as_chunks().0.iter();
    let entry = |&[n0, n1, caption, l0, l1, l2, l3, s0, s1, s2, s3]: &[u8; 11]| {
        let number = u16::from_le_bytes([n0, n1]);
        Entry {
            name: if caption % 2 == 1 { EntryName::caption(number) } else { EntryName::photo(number) },
            length: u64::from(u32::from_le_bytes([l0, l1, l2, l3])) << (shift % 32),
            crc32: u32::from_le_bytes([s0, s1, s2, s3]),
        }
    };
    let Ok(archive) = Archive::new(entries.map(entry).collect::<Vec<_>>()) else { return };
    let whole = archive.length();
    assert!(whole < u64::from(u32::MAX), "no reader without ZIP64 could open it");

    let mut cuts: Vec<u64> =
        cuts.as_chunks().0.iter().map(|cut| u64::from_le_bytes(*cut) % (whole + 1)).collect();
    cuts.sort_unstable();
    let starts = [0].into_iter().chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([u64::MAX]);
    let mut carried = vec![0; archive.entries().len()];
    for (start, end) in starts.zip(ends) {
        let mut sum = 0;
        for piece in archive.pieces(start..end) {
            sum += match piece {
                Piece::Framing(bytes) => bytes.len() as u64,
                Piece::Entry { index, range } => {
                    assert_eq!(range.start, carried[index], "an entry's bytes come in order, each once");
                    carried[index] = range.end;
                    range.end - range.start
                }
            };
        }
        assert_eq!(sum, end.min(whole) - start, "a range is as long as it says");
    }
    for (entry, carried) in archive.entries().iter().zip(carried) {
        assert_eq!(carried, entry.length, "every entry is whole");
    }
}
