//! PNG's chunks (W3C PNG, third edition, section 5).

use super::{
    Coding, Colours, Format, Metadata, Orientation, PhotoInfo, PhotoProblem,
    bytes::be32,
    info::{Chroma, MAX_METADATA},
    metadata::exif::Exif,
};

pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

const TRUNCATED: PhotoProblem = PhotoProblem::Truncated { format: Format::Png };
const DAMAGED: PhotoProblem = PhotoProblem::Damaged { format: Format::Png };

/// The most that Deflate unpacks from one byte.
const DEFLATE_RATIO: u64 = 1032;

/// Reads IHDR, and walks over the other chunks to IEND: metadata may stand behind the pixels.
pub(super) fn inspect(bytes: &[u8]) -> Result<PhotoInfo, PhotoProblem> {
    let mut chunks = Chunks { bytes, at: SIGNATURE.len() };
    let (kind, header) = chunks.next()?;
    let mut info = match (&kind, header) {
        (b"IHDR", [size @ .., bits, colours, 0, 0, 0 | 1]) => {
            let width = be32(size, 0).ok_or(DAMAGED)?;
            let height = be32(size, 4).filter(|_| size.len() == 8).ok_or(DAMAGED)?;
            read_header(width, height, *bits, *colours, bytes.len() as u64)?
        }
        _ => return Err(DAMAGED),
    };
    let mut pixels = false;
    loop {
        let (kind, body) = chunks.next()?;
        let critical = kind.first().is_some_and(u8::is_ascii_uppercase);
        if !critical {
            info.metadata_bytes = (info.metadata_bytes + body.len() as u64).min(MAX_METADATA);
        }
        match &kind {
            b"IDAT" => pixels = true,
            // 1 to 256 colours (11.2.2). The decoder relies on it.
            b"PLTE" if body.is_empty() || body.len() > 768 || !body.len().is_multiple_of(3) => {
                return Err(DAMAGED);
            }
            b"IEND" if pixels => return Ok(info),
            b"IEND" | b"IHDR" => return Err(DAMAGED),
            b"acTL" => return Err(PhotoProblem::Animated { format: Format::Png }),
            b"tRNS" => info.alpha = true,
            b"iCCP" => {
                info.profile = true;
                info.profile_bytes = (body.len() as u64).saturating_mul(DEFLATE_RATIO).min(MAX_METADATA);
            }
            b"eXIf" => {
                let exif = Exif::read(body);
                (info.orientation, info.metadata) = (exif.orientation, exif.metadata);
            }
            b"tEXt" | b"zTXt" | b"iTXt" | b"tIME" => info.metadata = info.metadata.max(Metadata::Present),
            _ => {}
        }
    }
}

/// IHDR (11.2.1).
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
        metadata_bytes: 0,
        chroma: if colours == Colours::Grey { Chroma::Quarter } else { Chroma::Full },
        samples: u64::from(width).saturating_mul(u64::from(height)).saturating_mul(samples),
    })
}

struct Chunks<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Chunks<'a> {
    /// The next chunk's type and contents. Its CRC is the decoder's business.
    fn next(&mut self) -> Result<([u8; 4], &'a [u8]), PhotoProblem> {
        let length = be32(self.bytes, self.at).ok_or(TRUNCATED)?;
        let length = usize::try_from(length).ok().filter(|length| *length < 1 << 31).ok_or(DAMAGED)?;
        let kind = self.bytes.get(self.at + 4..).and_then(<[u8]>::first_chunk).ok_or(TRUNCATED)?;
        let start = self.at + 8;
        let end = start.checked_add(length).ok_or(DAMAGED)?;
        let body = self.bytes.get(start..end).ok_or(TRUNCATED)?;
        self.at = end.checked_add(4).filter(|at| *at <= self.bytes.len()).ok_or(TRUNCATED)?;
        Ok((*kind, body))
    }
}
