//! A file for a decoder, put together from parts of another.

use std::{
    borrow::Cow,
    io::{BufRead, Error, ErrorKind, Read, Result, Seek, SeekFrom},
};

/// Parts that are read one after the other, as if they were one file. Pixels are never copied.
///
/// Decoders refuse files for faults that do not concern the picture: a promised EXIF chunk that is missing, a last
/// chunk that was cut off. They get a file without such faults, made of the original's bytes and a few new ones.
#[derive(Debug, Default)]
pub(super) struct Spliced<'a> {
    parts: Vec<Part<'a>>,
    at: u64,
}

#[derive(Debug)]
struct Part<'a> {
    bytes: Cow<'a, [u8]>,
    /// Offset of the part after this one.
    end: u64,
}

impl<'a> Spliced<'a> {
    /// Adds a part at the end.
    pub(super) fn with(mut self, bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        let bytes = bytes.into();
        if !bytes.is_empty() {
            let end = self.length() + bytes.len() as u64;
            self.parts.push(Part { bytes, end });
        }
        self
    }

    fn length(&self) -> u64 {
        self.parts.last().map_or(0, |part| part.end)
    }

    /// Returns the rest of the part in which the next byte lies; empty at the end.
    fn rest(&self) -> &[u8] {
        let index = self.parts.partition_point(|part| part.end <= self.at);
        let Some(part) = self.parts.get(index) else { return &[] };
        let left = usize::try_from(part.end - self.at).unwrap_or(0);
        part.bytes.get(part.bytes.len().saturating_sub(left)..).unwrap_or_default()
    }
}

impl Read for Spliced<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.rest().read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Spliced<'_> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        Ok(self.rest())
    }

    fn consume(&mut self, count: usize) {
        self.at = self.at.saturating_add(count as u64);
    }
}

impl Seek for Spliced<'_> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.length().checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| Error::from(ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::{BufRead, Read, Seek, SeekFrom, Spliced};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn parts_are_one_file() {
        let mut file = Spliced::default().with(b"ab".as_slice()).with(Vec::new()).with(b"cde".to_vec());
        let mut text = String::new();
        file.read_to_string(&mut text).expect("text");
        assert_eq!(text, "abcde");
        assert_eq!(file.fill_buf().expect("the end"), b"");
        for at in 0..5_usize {
            assert_eq!(file.seek(SeekFrom::Start(at as u64)).expect("a place"), at as u64);
            let mut rest = Vec::new();
            file.read_to_end(&mut rest).expect("the rest");
            assert_eq!(rest, b"abcde"[at..]);
        }
        file.seek(SeekFrom::End(-2)).expect("a place");
        assert_eq!(file.fill_buf().expect("a part"), b"de");
        file.seek_relative(-1).expect("a place");
        assert_eq!(file.fill_buf().expect("a part"), b"cde");
        assert!(file.seek(SeekFrom::Current(-9)).is_err());
        file.seek(SeekFrom::Start(99)).expect("a place beyond");
        assert_eq!(file.fill_buf().expect("nothing"), b"");
    }
}
