//! The check of a file while its bytes come, in pieces of any size.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::{Expected, FileKind, FileProblem};
use crate::{
    lora,
    photo::{Foreign, Format, picture},
    sha256::Sha256Sum,
};

/// A check of a file whose bytes are still coming.
#[derive(Clone)]
pub struct FileCheck {
    expected: Expected,
    /// The most memory for checking a picture, in bytes.
    memory: u64,
    /// The file's length as the server announced it.
    announced: Option<u64>,
    length: u64,
    sha256: Sha256,
    /// The first bytes, which tell one kind of file from another.
    head: Vec<u8>,
    contents: Contents,
    problem: Option<FileProblem>,
}

/// The contents, as far as they are known.
#[derive(Clone)]
enum Contents {
    /// Too few bytes to tell.
    Unknown,
    /// A model's header, as far as it has come.
    Header { header: Vec<u8>, length: u64 },
    /// A model, and its length by its own header.
    Model { described: u64 },
    /// A picture, as far as it has come.
    Picture(Vec<u8>),
    /// A picture that is too large to be held, and its last bytes so far.
    LargePicture { format: Format, tail: Vec<u8> },
    /// A file that is not looked into.
    Any,
}

/// A whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The length in bytes.
    pub length: u64,
    /// The SHA-256 of the bytes.
    pub sha256: Sha256Sum,
}

/// The number of first bytes that tell one kind of file from another.
const HEAD: usize = 512;

impl FileCheck {
    /// Begins before the first byte. A picture is held and decoded at the end, if that takes no more than `memory`
    /// bytes; of a larger one only the first and last bytes are checked. Of a model only the header is held.
    #[must_use]
    pub fn new(expected: &Expected, memory: u64) -> Self {
        Self {
            expected: expected.clone(),
            memory,
            announced: None,
            length: 0,
            sha256: Sha256::new(),
            head: Vec::new(),
            contents: Contents::Unknown,
            problem: None,
        }
    }

    /// Notes the length that the server announced, before the first byte. A length other than the promised one is
    /// reported only after the first bytes: an error page is better called an error page.
    #[must_use]
    pub fn announced(self, length: Option<u64>) -> Self {
        Self { announced: length, ..self }
    }

    /// Returns the number of bytes that have come.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Takes the next bytes. A problem that was found once stays.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), FileProblem> {
        if self.problem.is_none() {
            self.problem = self.look(bytes).err();
        }
        self.problem.clone().map_or(Ok(()), Err)
    }

    /// Ends the check: there are no more bytes. Decoding a picture takes its time.
    pub fn finish(mut self) -> Result<Fetched, FileProblem> {
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        if self.length == 0 {
            return Err(FileProblem::Empty);
        }
        self.announced = Some(self.length);
        if matches!(self.contents, Contents::Unknown) {
            let head = std::mem::take(&mut self.head);
            self.recognise(&head)?;
            self.go_on(&head)?;
            self.head = head;
        }
        let (length, arrived) = (self.length, self.length);
        if let Some(promised) = self.expected.length.filter(|promised| *promised != length) {
            return Err(FileProblem::Length { promised, arrived });
        }
        match &self.contents {
            Contents::Header { length, .. } => {
                return Err(FileProblem::Described { described: 8 + length, arrived });
            }
            Contents::Model { described } if *described != length => {
                return Err(FileProblem::Described { described: *described, arrived });
            }
            Contents::Unknown | Contents::Any | Contents::Model { .. } => {}
            Contents::Picture(bytes) => {
                let left = self.memory.saturating_sub(length);
                picture::check(bytes, left).map_err(|problem| FileProblem::Picture { problem })?;
            }
            Contents::LargePicture { format, tail } => {
                if !picture::ends(*format, &self.head, tail, length) {
                    let problem = crate::photo::PhotoProblem::truncated(*format);
                    return Err(FileProblem::Picture { problem });
                }
            }
        }
        let sha256 = Sha256Sum::from_bytes(self.sha256.finalize().into());
        if self.expected.sha256.is_some_and(|noted| noted != sha256) {
            return Err(FileProblem::Sum);
        }
        Ok(Fetched { length, sha256 })
    }

    fn look(&mut self, bytes: &[u8]) -> Result<(), FileProblem> {
        self.length += bytes.len() as u64;
        self.sha256.update(bytes);
        let (max, length) = (self.expected.max_bytes, self.length);
        if length > max {
            return Err(FileProblem::TooLarge { bytes: length, max });
        }
        if matches!(self.contents, Contents::Unknown) {
            // Until the file is recognised, `head` holds all its bytes so far.
            self.head.extend_from_slice(bytes);
            if self.head.len() < HEAD && self.announced.is_none_or(|announced| length < announced) {
                return Ok(());
            }
            let so_far = std::mem::take(&mut self.head);
            self.recognise(&so_far)?;
            self.go_on(&so_far)?;
            self.head = so_far.get(..HEAD).unwrap_or(&so_far).to_vec();
        } else {
            self.go_on(bytes)?;
        }
        match self.expected.length.filter(|promised| length > *promised) {
            Some(promised) => Err(FileProblem::Length { promised, arrived: length }),
            None => Ok(()),
        }
    }

    /// Tells from the first bytes what the file is.
    fn recognise(&mut self, head: &[u8]) -> Result<(), FileProblem> {
        let kind = self.expected.kind;
        let foreign = || FileProblem::Foreign { kind, found: Foreign::of(head) };
        self.contents = match kind {
            FileKind::Any => Contents::Any,
            FileKind::Picture => {
                picture::format(head).ok_or_else(foreign)?;
                Contents::Picture(Vec::new())
            }
            FileKind::Model => {
                let start = head.first_chunk().copied().ok_or_else(foreign)?;
                let length = lora::header_length(start).ok_or_else(foreign)?;
                Contents::Header { header: Vec::new(), length }
            }
        };
        match (self.expected.length, self.announced) {
            (Some(promised), Some(arrived)) if promised != arrived => {
                Err(FileProblem::Length { promised, arrived })
            }
            _ => Ok(()),
        }
    }

    /// Checks more bytes of a file that was recognised.
    fn go_on(&mut self, bytes: &[u8]) -> Result<(), FileProblem> {
        match &mut self.contents {
            Contents::Unknown | Contents::Any | Contents::Model { .. } => {}
            Contents::Header { header, length } => {
                let end = usize::try_from(8 + *length).unwrap_or(usize::MAX);
                let more = end.saturating_sub(header.len()).min(bytes.len());
                header.extend_from_slice(bytes.get(..more).unwrap_or_default());
                if header.len() == end {
                    let tensors = header.get(8..).and_then(lora::tensor_bytes);
                    let tensors = tensors.ok_or(FileProblem::Header)?;
                    let described = (8 + *length).saturating_add(tensors);
                    self.contents = Contents::Model { described };
                }
            }
            Contents::Picture(held) => {
                // Half of the memory is for decoding.
                if (held.len() + bytes.len()) as u64 > self.memory / 2
                    && let Some(format) = picture::format(if held.is_empty() { bytes } else { held })
                {
                    let tail = last(held, bytes);
                    self.contents = Contents::LargePicture { format, tail };
                } else {
                    held.extend_from_slice(bytes);
                }
            }
            Contents::LargePicture { tail, .. } => *tail = last(tail, bytes),
        }
        if let Contents::Model { described } = self.contents {
            let arrived = self.announced.unwrap_or(self.length).max(self.length);
            // A model that cannot become whole fails here, not after all its bytes.
            if arrived > described || self.announced.is_some_and(|announced| announced < described) {
                return Err(FileProblem::Described { described, arrived });
            }
        }
        Ok(())
    }
}

/// Returns the last bytes of two pieces.
fn last(so_far: &[u8], more: &[u8]) -> Vec<u8> {
    let bytes = |all: &[u8], most: usize| all.get(all.len().saturating_sub(most)..).unwrap_or(all).to_vec();
    let end = bytes(more, picture::TAIL);
    let mut tail = bytes(so_far, picture::TAIL - end.len());
    tail.extend(end);
    tail
}

/// Leaves out the bytes, which are a person's portrait.
impl fmt::Debug for FileCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileCheck")
            .field("expected", &self.expected)
            .field("length", &self.length)
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Fetched, FileCheck};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        download::{Expected, FileKind, FileProblem},
        photo::{Foreign, Format, PhotoProblem},
        sha256::Sha256Sum,
        simulator::drawing,
    };

    const MEMORY: u64 = 64 << 20;

    fn expected(kind: FileKind) -> Expected {
        Expected { kind, length: None, sha256: None, max_bytes: 1 << 20 }
    }

    /// Checks these bytes in pieces of several sizes, which must not make a difference.
    fn checked(bytes: &[u8], expected: &Expected, announced: bool) -> Result<Fetched, FileProblem> {
        let in_pieces = |size: usize| {
            let length = announced.then_some(bytes.len() as u64);
            let mut check = FileCheck::new(expected, MEMORY).announced(length);
            bytes.chunks(size).try_for_each(|piece| check.add(piece))?;
            check.finish()
        };
        let whole = in_pieces(bytes.len().max(1));
        for size in [1, 7, 8, 9, 100, 511, 512, 513] {
            let said = in_pieces(size);
            assert_eq!(said.is_ok(), whole.is_ok(), "in pieces of {size}: {said:?}, at once: {whole:?}");
        }
        whole
    }

    /// Writes a model of two tensors and some metadata.
    fn model() -> Vec<u8> {
        let header = br#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F16","shape":[3],"data_offsets":[0,6]},"b":{"dtype":"F16","shape":[4],"data_offsets":[6,14]}}  "#;
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header);
        file.extend(1..=14);
        file
    }

    #[test]
    fn a_header_that_is_no_text_describes_no_model() {
        let mut model = model();
        let at = model.windows(2).position(|two| two == b"pt").expect("its metadata");
        model[at] = 0xcf;
        assert_eq!(checked(&model, &expected(FileKind::Model), true).err(), Some(FileProblem::Header));
    }

    fn pictures() -> Vec<(Format, Vec<u8>)> {
        let rgb = drawing::portrait(1, 2, 48, 40);
        vec![
            (Format::Jpeg, drawing::jpeg(&rgb, 48, 40).expect("a JPEG")),
            (Format::Png, drawing::png(&rgb, 48, 40).expect("a PNG")),
        ]
    }

    #[test]
    fn a_model_is_whole_and_nothing_less_or_more_is() {
        let model = model();
        let whole = Fetched { length: model.len() as u64, sha256: Sha256Sum::of(&model) };
        for announced in [false, true] {
            let kind = expected(FileKind::Model);
            assert_eq!(checked(&model, &kind, announced), Ok(whole));
            for length in 0..model.len() {
                assert!(checked(&model[..length], &kind, announced).is_err(), "cut to {length}");
            }
            let longer = [&model[..], b"!"].concat();
            let described = FileProblem::Described { described: whole.length, arrived: whole.length + 1 };
            assert_eq!(checked(&longer, &kind, announced), Err(described));
        }
    }

    #[test]
    fn a_picture_is_whole_and_nothing_less_is() {
        for (format, file) in pictures() {
            let kind = expected(FileKind::Picture);
            assert_eq!(checked(&file, &kind, true).map(|fetched| fetched.length), Ok(file.len() as u64));
            for length in (0..file.len()).step_by(97).chain(file.len() - 20..file.len()) {
                assert!(checked(&file[..length], &kind, true).is_err(), "{format} cut to {length}");
            }
            let half = checked(&file[..file.len() / 2], &kind, true);
            let problem = PhotoProblem::truncated(format);
            assert_eq!(half, Err(FileProblem::Picture { problem }));
        }
    }

    /// Checks a picture for which there is no memory by its first and last bytes.
    #[test]
    fn a_large_picture_is_not_held() {
        for (format, file) in pictures() {
            let look = |bytes: &[u8], memory: u64| {
                let mut check = FileCheck::new(&expected(FileKind::Picture), memory);
                bytes.chunks(100).try_for_each(|piece| check.add(piece))?;
                check.finish().map(|fetched| fetched.length)
            };
            for memory in [0, 1000, file.len() as u64 * 2 - 2] {
                assert_eq!(look(&file, memory), Ok(file.len() as u64), "{format} {memory}");
                let cut = look(&file[..file.len() - 1], memory);
                assert!(cut.is_err(), "{format} {memory}");
            }
        }
    }

    #[test]
    fn an_error_page_is_called_one() {
        let pages: [(&[u8], Foreign); 6] = [
            (b"<html>Just a moment...</html>", Foreign::Html),
            (b"<!DOCTYPE html><title>502</title>", Foreign::Html),
            (b"{\"detail\": \"Not found\"}", Foreign::Json),
            (b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", Foreign::Xml),
            (b"not found", Foreign::Unknown),
            (b"!", Foreign::Unknown),
        ];
        for (page, found) in pages {
            let long = [page, &[b' '; 2000]].concat();
            for kind in [FileKind::Model, FileKind::Picture] {
                for length in [None, Some(10), Some(100_000)] {
                    let expected = Expected { length, ..expected(kind) };
                    for page in [page, &long] {
                        let said = checked(page, &expected, true);
                        assert_eq!(said, Err(FileProblem::Foreign { kind, found }));
                    }
                }
                assert_eq!(checked(b"", &expected(kind), true), Err(FileProblem::Empty));
            }
        }
        let (_, jpeg) = pictures().remove(0);
        assert!(matches!(
            checked(&jpeg, &expected(FileKind::Model), true),
            Err(FileProblem::Foreign { kind: FileKind::Model, .. })
        ));
        assert!(matches!(
            checked(&model(), &expected(FileKind::Picture), true),
            Err(FileProblem::Foreign { kind: FileKind::Picture, .. })
        ));
    }

    #[test]
    fn what_was_promised_is_what_must_come() {
        let model = model();
        let arrived = model.len() as u64;
        for promised in [arrived - 1, arrived + 1] {
            let expected = Expected { length: Some(promised), ..expected(FileKind::Model) };
            for announced in [false, true] {
                let said = checked(&model, &expected, announced);
                assert!(
                    matches!(said, Err(FileProblem::Length { .. } | FileProblem::Described { .. })),
                    "{said:?}"
                );
            }
            let said = checked(&model, &expected, true);
            assert_eq!(said, Err(FileProblem::Length { promised, arrived }));
        }
        let most = Expected { max_bytes: 100, ..expected(FileKind::Any) };
        assert!(matches!(checked(&[7; 101], &most, false), Err(FileProblem::TooLarge { max: 100, .. })));
        let sum = Expected { sha256: Some(Sha256Sum::of(b"kept")), ..expected(FileKind::Any) };
        assert!(checked(b"kept", &sum, false).is_ok());
        assert_eq!(checked(b"left", &sum, false), Err(FileProblem::Sum));
    }

    /// Refuses two hundred megabytes that cannot be right, without waiting for them.
    #[test]
    fn what_cannot_become_whole_is_known_from_its_first_bytes() {
        let model = model();
        let first = &model[..];
        let mut check = FileCheck::new(&expected(FileKind::Model), MEMORY).announced(Some(1_000_000));
        assert_eq!(check.add(first), Ok(()), "fewer than tell what it is");
        let described = FileProblem::Described { described: first.len() as u64, arrived: 1_000_000 };
        assert_eq!(check.add(&[0; 512]), Err(described.clone()));
        assert_eq!(check.add(b""), Err(described.clone()), "it stays so");
        assert_eq!(check.finish(), Err(described));
    }

    #[test]
    fn a_header_that_is_none_is_damaged() {
        for header in ["{}", "[1,2,3]", r#"{"a":{"data_offsets":[1,7]}}"#] {
            let mut file = (header.len() as u64).to_le_bytes().to_vec();
            file.extend(header.as_bytes());
            file.extend([0; 600]);
            assert_eq!(
                checked(&file, &expected(FileKind::Model), false),
                Err(FileProblem::Header),
                "{header}"
            );
        }
    }
}
