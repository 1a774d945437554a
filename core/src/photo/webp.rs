//! WebP's chunks (RFC 9649).

use super::{
    Coding, Colours, Format, PhotoInfo, PhotoProblem,
    bytes::{le16, le24, le32},
    info::{Chroma, MAX_PROFILE},
    metadata::Notes,
    spliced::Spliced,
};

const TRUNCATED: PhotoProblem = PhotoProblem::truncated(Format::WebP);
const DAMAGED: PhotoProblem = PhotoProblem::damaged(Format::WebP);
const ANIMATED: PhotoProblem = PhotoProblem::Animated { format: Format::WebP };

/// Reads the canvas (VP8X), the picture's own header, which must fit it, and metadata.
pub(super) fn inspect(bytes: &[u8]) -> Result<PhotoInfo, PhotoProblem> {
    let Walk { canvas, picture, notes, profile } = Walk::over(bytes)?;
    let (width, height) =
        canvas.as_ref().map_or((picture.width, picture.height), |canvas| (canvas.width, canvas.height));
    let samples = u64::from(width.next_multiple_of(16)) * u64::from(height.next_multiple_of(16));
    Ok(PhotoInfo {
        format: Format::WebP,
        width,
        height,
        orientation: notes.orientation(),
        bytes: bytes.len() as u64,
        colours: Colours::Rgb,
        alpha: picture.see_through() || picture.covers_part_of(width, height),
        bits: 8,
        coding: picture.coding,
        profile: profile.is_some(),
        metadata: notes.metadata(),
        chroma: if picture.coding == Coding::Vp8 { Chroma::Quarter } else { Chroma::Full },
        samples,
        profile_bytes: profile.unwrap_or(0),
        metadata_bytes: 0, // the decoder reads none of them
        recoding: None,
        scaling: false,
        banded: None,
    })
}

/// Returns the embedded ICC profile; one that is too large comes out empty.
pub(super) fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut chunks = Chunks::of(bytes).ok()?;
    while let Ok(Some((kind, body))) = chunks.next() {
        if &kind == b"ICCP" {
            return Some(if body.len() as u64 <= MAX_PROFILE { body.to_vec() } else { Vec::new() });
        }
    }
    None
}

/// Returns the picture alone as a file, and its position on the canvas.
///
/// Programs that remove metadata or opacity leave the promise of them behind, and the decoder refuses a file that
/// does not keep it. Nothing reads metadata through the decoder, so nothing is lost by keeping them from it.
pub(super) fn picture(bytes: &[u8]) -> Result<Still<'_>, PhotoProblem> {
    Walk::over(bytes).map(|walk| walk.picture)
}

/// The result of a walk over the chunks.
struct Walk<'a> {
    canvas: Option<Canvas>,
    picture: Still<'a>,
    notes: Notes,
    /// Length of the ICC profile in bytes.
    profile: Option<u64>,
}

impl<'a> Walk<'a> {
    fn over(bytes: &'a [u8]) -> Result<Self, PhotoProblem> {
        let mut chunks = Chunks::of(bytes)?;
        let (mut canvas, mut frame) = (None::<Canvas>, None);
        let mut parts = Parts::default();
        let (mut notes, mut profile) = (Notes::default(), None);
        loop {
            let (kind, body) = match chunks.next() {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                // Metadata that are cut off do not matter when the picture is whole.
                Err(_) if parts.are_whole(canvas.as_ref()) && frame.is_none() => break,
                Err(problem) => return Err(problem),
            };
            match &kind {
                b"VP8X" if canvas.is_none() && parts.pixels.is_none() => canvas = Some(Canvas::read(body)?),
                b"VP8X" => return Err(DAMAGED),
                b"VP8 " | b"VP8L" | b"ALPH" => parts.read(kind, body)?,
                b"ANMF" if frame.is_none() => frame = Some(body),
                b"ANMF" => return Err(ANIMATED),
                b"ICCP" if profile.is_none() => profile = Some(body.len() as u64),
                b"EXIF" => notes.exif(body),
                b"XMP " => notes.xmp(body),
                _ => {}
            }
            if parts.pixels.is_some() && canvas.is_none() {
                break; // the simple formats are one chunk; what follows it does not count
            }
        }
        let promised = canvas.as_ref().is_some_and(|canvas| canvas.alpha);
        let picture = match (frame, &canvas) {
            (None, _) if chunks.cut && !parts.are_whole(canvas.as_ref()) => return Err(TRUNCATED),
            (None, None) => parts.still(promised, (0, 0))?,
            (None, Some(canvas)) => {
                let picture = parts.still(promised, (0, 0))?;
                if picture.covers_part_of(canvas.width, canvas.height) {
                    return Err(DAMAGED);
                }
                picture
            }
            (Some(_), _) if chunks.cut => return Err(TRUNCATED),
            (Some(frame), Some(canvas)) if parts.pixels.is_none() => canvas.only_frame(frame)?,
            (Some(_), _) => return Err(ANIMATED),
        };
        Ok(Self { canvas, picture, notes, profile })
    }
}

/// The extended header (2.7).
struct Canvas {
    width: u32,
    height: u32,
    /// True if the header says that pixels can be transparent.
    alpha: bool,
}

impl Canvas {
    fn read(body: &[u8]) -> Result<Self, PhotoProblem> {
        let flags = *body.first().ok_or(DAMAGED)?;
        Ok(Self {
            width: le24(body, 4).ok_or(DAMAGED)? + 1,
            height: le24(body, 7).ok_or(DAMAGED)? + 1,
            alpha: flags & 0x10 != 0,
        })
    }

    /// Reads the frame of an animation that has no other (2.7.1.1): a still that lies somewhere on the canvas.
    fn only_frame<'a>(&self, body: &'a [u8]) -> Result<Still<'a>, PhotoProblem> {
        let number = |at| le24(body, at).ok_or(DAMAGED);
        let (x, y) = (number(0)? * 2, number(3)? * 2);
        let (width, height) = (number(6)? + 1, number(9)? + 1);
        let mut chunks = Chunks { bytes: body, at: 16, cut: false };
        let mut parts = Parts::default();
        while let Some((kind, body)) = chunks.next().map_err(|_| DAMAGED)? {
            parts.read(kind, body)?;
        }
        let still = parts.still(self.alpha, (x, y))?;
        let fits = (still.width, still.height) == (width, height)
            && x.saturating_add(width) <= self.width
            && y.saturating_add(height) <= self.height;
        if fits { Ok(still) } else { Err(DAMAGED) }
    }
}

/// The chunks that make a picture.
#[derive(Default)]
struct Parts<'a> {
    opacity: Option<&'a [u8]>,
    pixels: Option<(Coding, &'a [u8])>,
}

impl<'a> Parts<'a> {
    fn read(&mut self, kind: [u8; 4], body: &'a [u8]) -> Result<(), PhotoProblem> {
        let coding = match &kind {
            b"ALPH" => {
                self.opacity = self.opacity.or(Some(body));
                return Ok(());
            }
            b"VP8 " => Coding::Vp8,
            b"VP8L" => Coding::Vp8L,
            _ => return Ok(()),
        };
        if self.pixels.is_some() {
            return Err(DAMAGED);
        }
        self.pixels = Some((coding, body));
        Ok(())
    }

    /// Tells whether all parts that the canvas promises are there: a missing one may have been cut off.
    fn are_whole(&self, canvas: Option<&Canvas>) -> bool {
        match self.pixels {
            None => false,
            Some((Coding::Vp8, _)) => self.opacity.is_some() || !canvas.is_some_and(|canvas| canvas.alpha),
            Some(_) => true,
        }
    }

    /// Returns the picture. `alpha` is what the canvas promises: lossless pixels have an opacity each, even where
    /// their own header says that it does not count (3.4), lossy ones only with a chunk of it.
    fn still(self, alpha: bool, at: (u32, u32)) -> Result<Still<'a>, PhotoProblem> {
        let (coding, pixels) = self.pixels.ok_or(DAMAGED)?;
        let (width, height, used) =
            if coding == Coding::Vp8 { read_vp8(pixels)? } else { read_vp8l(pixels)? };
        let opacity = match (coding, self.opacity) {
            (Coding::Vp8, Some(chunk)) => Opacity::Chunk(chunk),
            (Coding::Vp8, None) => Opacity::None,
            _ if used || alpha => Opacity::InPixels,
            _ => Opacity::None,
        };
        Ok(Still { width, height, at, coding, opacity, pixels })
    }
}

/// A single picture.
pub(super) struct Still<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Position of the upper left corner on the canvas, in pixels.
    pub(super) at: (u32, u32),
    coding: Coding,
    opacity: Opacity<'a>,
    pixels: &'a [u8],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Opacity<'a> {
    None,
    InPixels,
    Chunk(&'a [u8]),
}

impl<'a> Still<'a> {
    fn see_through(&self) -> bool {
        self.opacity != Opacity::None
    }

    /// Tells whether a canvas of this size shows beside the picture.
    pub(super) fn covers_part_of(&self, width: u32, height: u32) -> bool {
        (self.width, self.height) != (width, height)
    }

    /// Builds a file of this picture and nothing else.
    pub(super) fn file(&self) -> Spliced<'a> {
        let head = if self.see_through() {
            let less = |side: u32| side.saturating_sub(1).to_le_bytes();
            let (width, height) = (less(self.width), less(self.height));
            let canvas = [&[0x10, 0, 0, 0], &width[..3], &height[..3]].concat();
            [b"WEBP".as_slice(), b"VP8X", &10_u32.to_le_bytes(), &canvas].concat()
        } else {
            b"WEBP".to_vec()
        };
        let opacity = match self.opacity {
            Opacity::Chunk(body) => body,
            Opacity::None | Opacity::InPixels => &[],
        };
        let name = if self.coding == Coding::Vp8 { b"VP8 " } else { b"VP8L" };
        let chunks: [(&[u8; 4], &'a [u8]); 2] = [(b"ALPH", opacity), (name, self.pixels)];
        let chunks = chunks.into_iter().filter(|(_, body)| !body.is_empty());
        let length = |body: &[u8]| u32::try_from(body.len()).unwrap_or(u32::MAX);
        let whole = chunks.clone().fold(length(&head), |sum, (_, body)| {
            sum.saturating_add(length(body)).saturating_add(8 + length(body) % 2)
        });
        let riff = [b"RIFF".as_slice(), &whole.to_le_bytes(), &head].concat();
        chunks.fold(Spliced::default().with(riff), |file, (name, body)| {
            let head = [name.as_slice(), &length(body).to_le_bytes()].concat();
            let padding: &[u8] = if body.len().is_multiple_of(2) { &[] } else { &[0] };
            file.with(head).with(body).with(padding)
        })
    }
}

/// Width, height, and whether there is opacity.
type Header = (u32, u32, bool);

/// Reads a key frame's header (RFC 6386, 9.1).
fn read_vp8(body: &[u8]) -> Result<Header, PhotoProblem> {
    let key_frame = body.first().is_some_and(|tag| tag & 1 == 0) && body.get(3..6) == Some(b"\x9d\x01\x2a");
    if !key_frame {
        return Err(DAMAGED);
    }
    let side = |at| le16(body, at).map(|side| u32::from(side & 0x3fff)).ok_or(DAMAGED);
    Ok((side(6)?, side(8)?, false))
}

/// Reads the lossless header (RFC 9649, 3.4).
fn read_vp8l(body: &[u8]) -> Result<Header, PhotoProblem> {
    let header = le32(body, 1).filter(|_| body.first() == Some(&0x2f)).ok_or(DAMAGED)?;
    Ok(((header & 0x3fff) + 1, (header >> 14 & 0x3fff) + 1, header >> 28 & 1 != 0))
}

struct Chunks<'a> {
    /// Bytes of the file up to the length in its RIFF header, as far as they are there.
    bytes: &'a [u8],
    at: usize,
    /// True if the file ends before that length.
    cut: bool,
}

/// A chunk's type and contents.
type Chunk<'a> = ([u8; 4], &'a [u8]);

impl<'a> Chunks<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, PhotoProblem> {
        let length = le32(bytes, 4).and_then(|length| usize::try_from(length).ok()).ok_or(TRUNCATED)?;
        let end = length.checked_add(8).ok_or(TRUNCATED)?;
        Ok(Self { bytes: bytes.get(..end).unwrap_or(bytes), at: 12, cut: end > bytes.len() })
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
