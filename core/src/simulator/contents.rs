//! The contents of an uploaded ZIP, read as a trainer would: the central directory, then every stored entry against
//! its CRC-32. Any bytes may be passed in.
//!
//! The format is PKWARE's APPNOTE 6.3.10; section numbers below are its.

use std::io::{Read, SeekFrom};

use serde::{Deserialize, Serialize};

use super::{
    body::Body,
    drawing::Looks,
    seen::{self, Seen},
};

/// The contents of an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Contents {
    /// A ZIP whose entries can be read.
    Archive {
        images: u32,
        captions: u32,
        others: u32,
        /// Looks of the person in the photos, if they could be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        looks: Option<Looks>,
    },
    /// A gzip file, which is not looked into, or an archive of which too little was kept.
    Unread,
    /// Bytes that are not an archive, or a broken one.
    Broken,
}

/// The number of bytes at the end of an upload that must be kept to find the directory of an archive of photos: the
/// end record with the longest comment has 65,557.
pub(super) const TAIL: usize = 96 << 10;

/// The longest directory that is read, in bytes.
const LONGEST_DIRECTORY: u64 = 4 << 20;

/// Reads a whole upload.
pub(super) fn inspect(body: &mut dyn Body, length: u64) -> Contents {
    look(body, length, true).unwrap_or(Contents::Broken)
}

/// Reads an upload of which only the last bytes are at hand.
pub(super) fn inspect_tail(tail: &[u8], length: u64) -> Contents {
    let hidden = length.saturating_sub(tail.len() as u64);
    let Some(end) = find_end(tail) else { return Contents::Broken };
    if end.offset < hidden {
        return Contents::Unread;
    }
    let start = usize::try_from(end.offset - hidden).ok();
    let size = usize::try_from(end.size).ok();
    let directory = start.zip(size).and_then(|(start, size)| tail.get(start..start.checked_add(size)?));
    directory
        .and_then(|directory| entries(directory, end.count))
        .map_or(Contents::Broken, |all| count(&all, None))
}

fn look(body: &mut dyn Body, length: u64, verify: bool) -> Option<Contents> {
    let mut magic = Vec::new();
    body.seek(SeekFrom::Start(0)).ok()?;
    Read::take(&mut *body, 2).read_to_end(&mut magic).ok()?;
    if magic == [0x1f, 0x8b] {
        return Some(Contents::Unread);
    }
    let start = length.saturating_sub(TAIL as u64);
    let tail = read(body, start, length - start)?;
    let end = find_end(&tail)?;
    if end.size > LONGEST_DIRECTORY || end.offset.checked_add(end.size)? > length {
        return None;
    }
    let entries = entries(&read(body, end.offset, end.size)?, end.count)?;
    if verify && !entries.iter().all(|entry| intact(body, entry).unwrap_or(false)) {
        return None;
    }
    Some(count(&entries, seen::looks(&photos(body, &entries))))
}

/// Looks at some of the photos: stored JPEGs, spread over the archive.
fn photos(body: &mut dyn Body, entries: &[Entry]) -> Vec<Seen> {
    let jpegs: Vec<&Entry> = entries.iter().filter(|entry| entry.is_stored_jpeg()).collect();
    let step = jpegs.len().div_ceil(seen::MOST).max(1);
    let some = jpegs.into_iter().step_by(step);
    some.filter_map(|entry| Seen::of(&entry.stored(body)?)).collect()
}

fn read(body: &mut dyn Body, start: u64, length: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    body.seek(SeekFrom::Start(start)).ok()?;
    Read::take(&mut *body, length).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 == length).then_some(bytes)
}

#[derive(Debug)]
struct End {
    count: u64,
    size: u64,
    offset: u64,
}

/// Finds the end of central directory record (4.3.16): the last one whose comment reaches exactly to the end.
fn find_end(tail: &[u8]) -> Option<End> {
    let last = tail.len().checked_sub(22)?;
    (0..=last).rev().find_map(|at| {
        let record = tail.get(at..)?;
        let comment = number(record, 20, 2)?;
        let found = number(record, 0, 4)? == 0x0605_4b50 && 22 + comment == record.len() as u64;
        let end = End {
            count: number(record, 10, 2)?,
            size: number(record, 12, 4)?,
            offset: number(record, 16, 4)?,
        };
        found.then_some(end)
    })
}

#[derive(Debug)]
struct Entry {
    name: Vec<u8>,
    method: u64,
    crc32: u64,
    length: u64,
    offset: u64,
}

impl Entry {
    fn is_stored_jpeg(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        self.method == 0
            && self.length <= seen::LARGEST
            && (name.ends_with(b".jpg") || name.ends_with(b".jpeg"))
    }

    /// Returns the place of the bytes behind the entry's own header.
    fn start(&self, header: &[u8]) -> Option<u64> {
        Some(self.offset + 30 + number(header, 26, 2)? + number(header, 28, 2)?)
    }

    /// Reads the bytes of an entry that is stored as it is.
    fn stored(&self, body: &mut dyn Body) -> Option<Vec<u8>> {
        let header = read(body, self.offset, 30)?;
        read(body, self.start(&header)?, self.length)
    }
}

/// Reads the directory's headers (4.3.12), which must be exactly this many.
fn entries(mut directory: &[u8], count: u64) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    while !directory.is_empty() {
        if number(directory, 0, 4)? != 0x0201_4b50 {
            return None;
        }
        let name = usize::try_from(number(directory, 28, 2)?).ok()?;
        let rest = usize::try_from(number(directory, 30, 2)? + number(directory, 32, 2)?).ok()?;
        entries.push(Entry {
            name: directory.get(46..46 + name)?.to_vec(),
            method: number(directory, 10, 2)?,
            crc32: number(directory, 16, 4)?,
            length: number(directory, 20, 4)?,
            offset: number(directory, 42, 4)?,
        });
        directory = directory.get(46 + name + rest..)?;
    }
    (entries.len() as u64 == count).then_some(entries)
}

/// Tells whether the entry's own header is where the directory says and has the entry's name, and a stored entry's
/// bytes have its CRC-32.
fn intact(body: &mut dyn Body, entry: &Entry) -> Option<bool> {
    let header = read(body, entry.offset, 30 + entry.name.len() as u64)?;
    if number(&header, 0, 4)? != 0x0403_4b50 || header.get(30..)? != entry.name {
        return Some(false);
    }
    if entry.method != 0 {
        return Some(true);
    }
    let start = entry.start(&header)?;
    body.seek(SeekFrom::Start(start)).ok()?;
    let (mut left, mut hash, mut buffer) = (entry.length, crc32fast::Hasher::new(), vec![0; 32 << 10]);
    while left > 0 {
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let read = body.read(buffer.get_mut(..most)?).ok()?;
        if read == 0 {
            return Some(false);
        }
        hash.update(buffer.get(..read)?);
        left = left.saturating_sub(read as u64);
    }
    Some(u64::from(hash.finalize()) == entry.crc32)
}

fn count(entries: &[Entry], looks: Option<Looks>) -> Contents {
    let (mut images, mut captions, mut others) = (0, 0, 0);
    for entry in entries {
        let name = String::from_utf8_lossy(&entry.name).to_lowercase();
        let file = name.rsplit('/').next().unwrap_or_default();
        // Folders, and the files that macOS adds to every archive, are not counted.
        if file.is_empty() || file.starts_with('.') || name.starts_with("__macosx/") {
            continue;
        }
        match file.rsplit_once('.').map(|(_, extension)| extension) {
            Some("jpg" | "jpeg" | "png" | "webp" | "avif" | "gif") => images += 1,
            Some("txt") => captions += 1,
            _ => others += 1,
        }
    }
    Contents::Archive { images, captions, others, looks }
}

/// Reads a little-endian number.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use super::{Contents, inspect, inspect_tail};
    use crate::random::Random;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    const GOLDEN: &[u8] = include_bytes!("../archive/golden.zip");

    fn look(bytes: &[u8]) -> Contents {
        inspect(&mut Cursor::new(bytes), bytes.len() as u64)
    }

    #[test]
    fn our_own_archive_is_read() {
        let contents = Contents::Archive { images: 3, captions: 1, others: 0, looks: None };
        assert_eq!(look(GOLDEN), contents);
        // The directory alone is enough to count, less is not.
        assert_eq!(inspect_tail(&GOLDEN[GOLDEN.len() - 300..], GOLDEN.len() as u64), contents);
        let longer = (GOLDEN.len() + 1_000_000) as u64;
        assert_eq!(inspect_tail(&GOLDEN[GOLDEN.len() - 100..], longer), Contents::Unread);
    }

    #[test]
    fn another_writer_s_deflated_archive_is_read() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for name in ["a/one.PNG", "two.jpeg", "__MACOSX/._two.jpeg", "read me.md", ".DS_Store"] {
            zip.start_file(name, options).expect("an entry");
            zip.write_all(b"contents").expect("bytes");
        }
        zip.add_directory("b", options).expect("a folder");
        let bytes = zip.finish().expect("a ZIP").into_inner();
        assert_eq!(look(&bytes), Contents::Archive { images: 2, captions: 0, others: 1, looks: None });
    }

    #[test]
    fn one_changed_byte_of_a_photo_breaks_the_archive() {
        for at in [0, 35, 50] {
            let mut bytes = GOLDEN.to_vec();
            bytes[at] ^= 1;
            assert_eq!(look(&bytes), Contents::Broken, "byte {at}");
        }
    }

    #[test]
    fn garbage_is_survived() {
        assert_eq!(look(b""), Contents::Broken);
        assert_eq!(look(b"PK\x05\x06"), Contents::Broken);
        assert_eq!(look(&[0x1f, 0x8b, 8]), Contents::Unread);
        let mut random = Random::new(1);
        for _ in 0..1_500 {
            let mut bytes = GOLDEN.to_vec();
            for _ in 0..=random.next_u64() % 4 {
                let at = usize::try_from(random.next_u64() % bytes.len() as u64).unwrap();
                bytes[at] = random.next_u64().to_le_bytes()[0];
            }
            bytes.truncate(bytes.len() - usize::try_from(random.next_u64() % 3).unwrap());
            look(&bytes);
            inspect_tail(&bytes, random.next_u64());
        }
    }
}
