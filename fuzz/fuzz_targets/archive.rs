//! Any entries: either refused, or laid out so that the pieces of any split make up the promised length.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use likeness_core::archive::{Archive, Entry, EntryName, Piece};

#[derive(Arbitrary, Debug)]
struct Input {
    entries: Vec<(u16, bool, u32, u32)>,
    /// Shift that makes all lengths large: the small ones are the interesting ones.
    shift: u8,
    cuts: [u64; 3],
}

fuzz_target!(|input: Input| {
    let entries: Vec<Entry> = input
        .entries
        .iter()
        .map(|&(number, caption, length, crc32)| Entry {
            name: if caption { EntryName::caption(number) } else { EntryName::photo(number) },
            length: u64::from(length) << (input.shift % 32),
            crc32,
        })
        .collect();
    let Ok(archive) = Archive::new(entries) else { return };
    let whole = archive.length();
    assert!(whole < u64::from(u32::MAX), "no reader without ZIP64 could open it");

    let mut cuts = input.cuts.map(|cut| cut % (whole + 1));
    cuts.sort_unstable();
    let starts = [0, cuts[0], cuts[1], cuts[2]];
    let ends = [cuts[0], cuts[1], cuts[2], u64::MAX];
    let mut carried = vec![0; archive.entries().len()];
    for (start, end) in starts.into_iter().zip(ends) {
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
});
