//! Contact sheets among photos. `check --sheet` marks what it writes: a picture of all photos is not one of them.

use std::{io::Read as _, path::Path};

use super::file::open;

const MARK: &[u8] = b"Likeness contact sheet";

/// The bytes in which the mark lies: behind the first header of either format.
const FIRST: usize = 128;

/// Adds the mark to a JPEG or a PNG.
pub(crate) fn marked(file: &[u8]) -> Vec<u8> {
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or_default().to_be_bytes();
    let (at, mark) = if file.starts_with(b"\x89PNG") {
        // A text behind IHDR (W3C PNG, third edition, 11.3.3.2).
        let text = [b"tEXtComment\0", MARK].concat();
        let sum = crc32fast::hash(&text).to_be_bytes();
        (33, [&length(text.len() - 4), text.as_slice(), &sum].concat())
    } else {
        // A comment behind SOI (ITU T.81, B.2.4.5).
        (2, [b"\xff\xfe", &length(MARK.len() + 2)[2..], MARK].concat())
    };
    let (head, rest) = file.split_at(at.min(file.len()));
    [head, &mark, rest].concat()
}

/// Tells whether a file has the mark.
pub(super) fn is_contact_sheet(path: &Path) -> bool {
    let mut start = Vec::with_capacity(FIRST);
    let read = open(path).map(|file| file.take(FIRST as u64).read_to_end(&mut start));
    matches!(read, Ok(Ok(_))) && start.windows(MARK.len()).any(|part| part == MARK)
}
