//! WebP's chunks (RFC 9649).

use std::io::{BufRead, Cursor, Read, Result as IoResult, Seek, SeekFrom};

use super::{
    Coding, Colours, Format, Metadata, PhotoInfo, PhotoProblem,
    bytes::{le16, le24, le32},
    info::{Chroma, MAX_PROFILE},
    metadata::exif::Exif,
};

const TRUNCATED: PhotoProblem = PhotoProblem::Truncated { format: Format::WebP };
const DAMAGED: PhotoProblem = PhotoProblem::Damaged { format: Format::WebP };

/// Reads the canvas (VP8X), the picture's own header, which must say the same, and EXIF.
pub(super) fn inspect(bytes: &[u8]) -> Result<PhotoInfo, PhotoProblem> {
    let mut chunks = Chunks::of(bytes)?;
    let (mut canvas, mut picture, mut opacity) = (None, None, false);
    let (mut profile, mut exif, mut other) = (None, Exif::default(), Metadata::Absent);
    while let Some((kind, body)) = chunks.next()? {
        match &kind {
            b"VP8X" if canvas.is_none() && picture.is_none() => canvas = Some(Canvas::read(body)?),
            b"VP8 " if picture.is_none() => picture = Some(read_vp8(body)?),
            b"VP8L" if picture.is_none() => picture = Some(read_vp8l(body)?),
            b"VP8X" | b"VP8 " | b"VP8L" => return Err(DAMAGED),
            b"ALPH" => opacity = true,
            b"ANIM" | b"ANMF" => return Err(PhotoProblem::Animated { format: Format::WebP }),
            b"ICCP" if profile.is_none() => profile = Some(body.len() as u64),
            b"EXIF" => exif = Exif::read(body),
            b"XMP " => other = Metadata::Present,
            _ => {}
        }
        if picture.is_some() && canvas.is_none() {
            break; // the simple formats are one chunk; what follows it does not count
        }
    }
    if canvas.as_ref().is_some_and(|canvas| canvas.animated) {
        return Err(PhotoProblem::Animated { format: Format::WebP });
    }
    let picture = picture.ok_or(DAMAGED)?;
    if canvas.as_ref().is_some_and(|canvas| (canvas.width, canvas.height) != (picture.width, picture.height))
    {
        return Err(DAMAGED);
    }
    let pixels =
        u64::from(picture.width.next_multiple_of(16)) * u64::from(picture.height.next_multiple_of(16));
    Ok(PhotoInfo {
        format: Format::WebP,
        width: picture.width,
        height: picture.height,
        orientation: exif.orientation,
        bytes: bytes.len() as u64,
        colours: Colours::Rgb,
        alpha: opacity || picture.alpha || canvas.is_some_and(|canvas| canvas.alpha),
        bits: 8,
        coding: picture.coding,
        profile: profile.is_some(),
        metadata: exif.metadata.max(other),
        chroma: if picture.coding == Coding::Vp8 { Chroma::Quarter } else { Chroma::Full },
        samples: pixels,
        profile_bytes: profile.unwrap_or(0),
        metadata_bytes: 0, // the decoder reads none of them
    })
}

/// The embedded ICC profile; one that is too large comes out empty.
pub(super) fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut chunks = Chunks::of(bytes).ok()?;
    while let Ok(Some((kind, body))) = chunks.next() {
        if &kind == b"ICCP" {
            return Some(if body.len() as u64 <= MAX_PROFILE { body.to_vec() } else { Vec::new() });
        }
    }
    None
}

/// A file whose extended header promises no EXIF and no XMP.
///
/// Programs that remove metadata leave the promise behind, and the decoder refuses a file that does not keep it.
/// Nothing reads metadata through the decoder, so what it does not hear of is not missed.
pub(super) struct Unpromised<'a> {
    file: Cursor<&'a [u8]>,
    /// What stands in place of the file's first bytes.
    head: [u8; HEAD],
}

/// The RIFF header, the first chunk's, and that chunk's flags.
const HEAD: usize = 21;
const EXIF_AND_XMP: u8 = 0x08 | 0x04;

impl<'a> Unpromised<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, PhotoProblem> {
        let mut head: [u8; HEAD] = *bytes.first_chunk().ok_or(TRUNCATED)?;
        if let [.., b'V', b'P', b'8', b'X', _, _, _, _, flags] = &mut head {
            *flags &= !EXIF_AND_XMP;
        }
        Ok(Self { file: Cursor::new(bytes), head })
    }
}

impl Read for Unpromised<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> IoResult<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Unpromised<'_> {
    fn fill_buf(&mut self) -> IoResult<&[u8]> {
        let at = usize::try_from(self.file.position()).unwrap_or(usize::MAX);
        match self.head.get(at..) {
            Some(head) if !head.is_empty() => Ok(head),
            _ => self.file.fill_buf(),
        }
    }

    fn consume(&mut self, count: usize) {
        self.file.consume(count);
    }
}

impl Seek for Unpromised<'_> {
    fn seek(&mut self, to: SeekFrom) -> IoResult<u64> {
        self.file.seek(to)
    }
}

/// The extended header (2.7).
struct Canvas {
    width: u32,
    height: u32,
    alpha: bool,
    animated: bool,
}

impl Canvas {
    fn read(body: &[u8]) -> Result<Self, PhotoProblem> {
        let flags = *body.first().ok_or(DAMAGED)?;
        Ok(Self {
            width: le24(body, 4).ok_or(DAMAGED)? + 1,
            height: le24(body, 7).ok_or(DAMAGED)? + 1,
            alpha: flags & 0x10 != 0,
            animated: flags & 0x02 != 0,
        })
    }
}

struct Still {
    width: u32,
    height: u32,
    alpha: bool,
    coding: Coding,
}

/// A key frame's header (RFC 6386, 9.1).
fn read_vp8(body: &[u8]) -> Result<Still, PhotoProblem> {
    let key_frame = body.first().is_some_and(|tag| tag & 1 == 0) && body.get(3..6) == Some(b"\x9d\x01\x2a");
    if !key_frame {
        return Err(DAMAGED);
    }
    let side = |at| le16(body, at).map(|side| u32::from(side & 0x3fff)).ok_or(DAMAGED);
    Ok(Still { width: side(6)?, height: side(8)?, alpha: false, coding: Coding::Vp8 })
}

/// The lossless header (RFC 9649, 3.4).
fn read_vp8l(body: &[u8]) -> Result<Still, PhotoProblem> {
    let header = le32(body, 1).filter(|_| body.first() == Some(&0x2f)).ok_or(DAMAGED)?;
    Ok(Still {
        width: (header & 0x3fff) + 1,
        height: (header >> 14 & 0x3fff) + 1,
        alpha: header >> 28 & 1 != 0,
        coding: Coding::Vp8L,
    })
}

struct Chunks<'a> {
    /// What the RIFF header says is the file.
    bytes: &'a [u8],
    at: usize,
}

/// A chunk's type and contents.
type Chunk<'a> = ([u8; 4], &'a [u8]);

impl<'a> Chunks<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, PhotoProblem> {
        let length = le32(bytes, 4).and_then(|length| usize::try_from(length).ok()).ok_or(TRUNCATED)?;
        let end = length.checked_add(8).ok_or(TRUNCATED)?;
        Ok(Self { bytes: bytes.get(..end).ok_or(TRUNCATED)?, at: 12 })
    }

    fn next(&mut self) -> Result<Option<Chunk<'a>>, PhotoProblem> {
        let Some(kind) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk) else { return Ok(None) };
        let length = le32(self.bytes, self.at + 4).and_then(|length| usize::try_from(length).ok());
        let start = self.at + 8;
        let end = length.and_then(|length| start.checked_add(length)).ok_or(TRUNCATED)?;
        let body = self.bytes.get(start..end).ok_or(TRUNCATED)?;
        self.at = end.saturating_add(end % 2);
        Ok(Some((*kind, body)))
    }
}
