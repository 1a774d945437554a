//! PNG's chunks (W3C PNG, third edition, section 5).

use std::ops::Range;

use super::{
    Coding, Colours, Format, Metadata, Orientation, PhotoInfo, PhotoProblem,
    bytes::be32,
    info::{Chroma, MAX_METADATA},
    metadata::{Notes, text::TextChunks},
    spliced::Spliced,
};

pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

const TRUNCATED: PhotoProblem = PhotoProblem::truncated(Format::Png);
const DAMAGED: PhotoProblem = PhotoProblem::damaged(Format::Png);
const ANIMATED: PhotoProblem = PhotoProblem::Animated { format: Format::Png };

/// The most bytes that Deflate unpacks from one byte.
const DEFLATE_RATIO: u64 = 1032;

/// The last chunk: length, type and CRC.
const IEND: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

/// Reads IHDR, and walks over the other chunks to IEND: metadata may stand behind the pixels.
pub(super) fn inspect(bytes: &[u8]) -> Result<PhotoInfo, PhotoProblem> {
    Walk::over(bytes).map(|walk| walk.info)
}

/// Returns a file of the chunks that make the picture, and whether the original ends as it should.
///
/// A file without a proper end may have all its pixels nevertheless. Metadata are left out: nothing reads them
/// through the decoder, which would copy them, and refuse some.
pub(super) fn picture(bytes: &[u8]) -> Result<(Spliced<'_>, bool), PhotoProblem> {
    let walk = Walk::over(bytes)?;
    let file = walk
        .picture
        .into_iter()
        .fold(Spliced::default(), |file, part| file.with(bytes.get(part).unwrap_or_default()));
    Ok((file.with(walk.missing).with(IEND), walk.ended))
}

/// The largest number of parts of a picture with other chunks in between. The data of a proper one lie in one part (5.6).
const MAX_PARTS: usize = 4096;

/// The result of a walk over the chunks.
struct Walk {
    info: PhotoInfo,
    /// Ranges of the chunks that make the picture, with the signature.
    picture: Vec<Range<usize>>,
    /// Checksum of the picture's last chunk, if the file lacks it.
    missing: Vec<u8>,
    /// True if IEND was there.
    ended: bool,
}

impl Walk {
    fn over(bytes: &[u8]) -> Result<Self, PhotoProblem> {
        let mut chunks = Chunks { bytes, at: SIGNATURE.len() };
        let header = chunks.next().map_err(|cut| cut.problem)?;
        let info = match (&header.kind, header.body) {
            (b"IHDR", [size @ .., bits, colours, 0, 0, 0 | 1]) => {
                let width = be32(size, 0).ok_or(DAMAGED)?;
                let height = be32(size, 4).filter(|_| size.len() == 8).ok_or(DAMAGED)?;
                read_header(width, height, *bits, *colours, bytes.len() as u64)?
            }
            _ => return Err(DAMAGED),
        };
        let begin = 0..header.place.end;
        let mut walk = Self { info, picture: vec![begin], missing: Vec::new(), ended: false };
        let (mut notes, mut texts) = (Notes::default(), TextChunks::default());
        let (mut pixels, mut animation) = (false, Animation::default());
        loop {
            let chunk = match chunks.next() {
                Ok(chunk) => chunk,
                // Nothing that follows the pixels is needed, unless it is more of them.
                Err(cut) if pixels && !cut.pixels => break,
                Err(cut) => return Err(cut.problem),
            };
            let Chunk { kind, body, .. } = chunk;
            match &kind {
                b"IDAT" => pixels = true,
                // 1 to 256 colours (11.2.2). The decoder relies on it.
                b"PLTE" if body.is_empty() || body.len() > 768 || !body.len().is_multiple_of(3) => {
                    return Err(DAMAGED);
                }
                b"IEND" if pixels => {
                    walk.ended = true;
                    break;
                }
                b"IEND" | b"IHDR" => return Err(DAMAGED),
                b"acTL" if !pixels => animation.begin(body)?,
                b"fcTL" | b"fdAT" => animation.frame(kind),
                b"tRNS" => walk.info.alpha = true,
                b"iCCP" => {
                    walk.info.profile = true;
                    let unpacked = (body.len() as u64).saturating_mul(DEFLATE_RATIO);
                    walk.info.profile_bytes = unpacked.min(MAX_METADATA);
                }
                b"eXIf" => notes.exif(body),
                b"tEXt" | b"zTXt" | b"iTXt" => texts.read(kind, body, &mut notes),
                b"tIME" => notes.other(),
                _ => {}
            }
            if chunk.makes_the_picture() {
                walk.keep(&chunk)?;
            }
        }
        if animation.moves() {
            return Err(ANIMATED);
        }
        (walk.info.orientation, walk.info.metadata) = (notes.orientation(), notes.metadata());
        Ok(walk)
    }

    fn keep(&mut self, chunk: &Chunk<'_>) -> Result<(), PhotoProblem> {
        let parts = self.picture.len();
        match self.picture.last_mut() {
            Some(last) if last.end == chunk.place.start => last.end = chunk.place.end,
            // Millions of parts, each of a few bytes, would take more memory than was planned for.
            _ if parts == MAX_PARTS => return Err(DAMAGED),
            _ => self.picture.push(chunk.place.clone()),
        }
        if !chunk.checked {
            let mut sum = crc32fast::Hasher::new();
            sum.update(&chunk.kind);
            sum.update(chunk.body);
            self.missing = sum.finalize().to_be_bytes().to_vec();
        }
        Ok(())
    }
}

/// The chunks of an animation (11.3.2.1): acTL tells the number of frames, fcTL stands before each of them.
#[derive(Default)]
struct Animation {
    announced: bool,
    controls: u32,
    /// True if any frame is not the default picture.
    other_pictures: bool,
}

impl Animation {
    fn begin(&mut self, body: &[u8]) -> Result<(), PhotoProblem> {
        self.announced = true;
        if be32(body, 0).is_some_and(|frames| frames > 1) { Err(ANIMATED) } else { Ok(()) }
    }

    fn frame(&mut self, kind: [u8; 4]) {
        if &kind == b"fcTL" {
            self.controls += 1;
        } else {
            self.other_pictures = true;
        }
    }

    /// Tells whether there is more than one picture. A single one is a still, whatever the file calls it.
    fn moves(&self) -> bool {
        self.announced && (self.controls > 1 || self.other_pictures)
    }
}

/// Reads IHDR (11.2.1).
fn read_header(
    width: u32,
    height: u32,
    bits: u8,
    colours: u8,
    bytes: u64,
) -> Result<PhotoInfo, PhotoProblem> {
    let (colours, alpha) = match (colours, bits) {
        (0, 1 | 2 | 4 | 8 | 16) => (Colours::Grey, false),
        (2, 8 | 16) => (Colours::Rgb, false),
        (3, 1 | 2 | 4 | 8) => (Colours::Palette, false),
        (4, 8 | 16) => (Colours::Grey, true),
        (6, 8 | 16) => (Colours::Rgb, true),
        _ => return Err(DAMAGED),
    };
    let samples = if colours == Colours::Grey { 1 } else { 3 } + u64::from(alpha);
    Ok(PhotoInfo {
        format: Format::Png,
        width,
        height,
        orientation: Orientation::Upright,
        bytes,
        colours,
        alpha,
        bits,
        coding: Coding::Sequential,
        profile: false,
        metadata: Metadata::Absent,
        profile_bytes: 0,
        metadata_bytes: 0, // the decoder sees none of them
        recoding: None,
        scaling: false,
        banded: None,
        chroma: if colours == Colours::Grey { Chroma::Quarter } else { Chroma::Full },
        samples: u64::from(width).saturating_mul(u64::from(height)).saturating_mul(samples),
    })
}

struct Chunks<'a> {
    bytes: &'a [u8],
    at: usize,
}

struct Chunk<'a> {
    kind: [u8; 4],
    body: &'a [u8],
    /// Range of the chunk in the file, with its checksum.
    place: Range<usize>,
    /// True if the checksum is there. The decoder checks that it is right.
    checked: bool,
}

/// The error of a place where no chunk can be read.
struct Cut {
    problem: PhotoProblem,
    /// True if the chunk would have been one of pixels.
    pixels: bool,
}

impl Chunk<'_> {
    /// Tells whether a decoder needs the chunk: pixels, what explains them, and what a decoder must know (5.4).
    fn makes_the_picture(&self) -> bool {
        self.kind.first().is_some_and(u8::is_ascii_uppercase) || matches!(&self.kind, b"tRNS" | b"iCCP")
    }
}

impl<'a> Chunks<'a> {
    /// Reads the next chunk. The last chunk may lack its checksum.
    fn next(&mut self) -> Result<Chunk<'a>, Cut> {
        let cut = |problem, kind: Option<&[u8; 4]>| Cut { problem, pixels: kind == Some(b"IDAT") };
        let length = be32(self.bytes, self.at).ok_or(cut(TRUNCATED, None))?;
        let kind = self.bytes.get(self.at + 4..).and_then(<[u8]>::first_chunk);
        let kind: &[u8; 4] = kind.ok_or(cut(TRUNCATED, None))?;
        let length = usize::try_from(length).ok().filter(|length| *length < 1 << 31);
        let length = length.ok_or(cut(DAMAGED, Some(kind)))?;
        let start = self.at + 8;
        let end = start.checked_add(length).ok_or(cut(DAMAGED, Some(kind)))?;
        let body = self.bytes.get(start..end).ok_or(cut(TRUNCATED, Some(kind)))?;
        let checked = self.bytes.len() >= end.saturating_add(4);
        let place = self.at..if checked { end + 4 } else { end };
        self.at = self.bytes.len().min(end.saturating_add(4));
        Ok(Chunk { kind: *kind, body, place, checked })
    }
}
