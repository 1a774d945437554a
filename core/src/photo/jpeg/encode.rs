//! Encoding of pixels to a JPEG, a strip at a time.
//!
//! For each pixel that it is given, the encoder takes two bytes of memory, twice as many for noise, and one more
//! for the file. A whole phone photo would take more than a Worker's isolate has. The encoder is therefore given
//! strips of the picture, each turned upright on the way, and the strips' data are joined by restart markers (ITU
//! T.81, F.1.1.2 and B.2.4.4): a decoder sees one scan. The strips change no pixel, since nothing in this encoder
//! looks beyond its own block, and colour differences are the mean of four pixels of one strip.
//!
//! `likeness_jpeg::RgbEncoder`, which makes the JPEGs of HEICs, takes bands by itself. Natively this one is a fifth faster.

use libjpeg_turbo_rs::{PixelFormat, Subsampling, compress};
use likeness_jpeg::{
    ChromaSampling,
    marker::{EOI, RST0, RST7},
};

use super::scan::{self, Scan};
use crate::photo::{Orientation, PhotoProblem, info::Chroma, pixels::raster::Picture};

/// The quality of every JPEG that is written, on libjpeg's scale.
const QUALITY: u8 = 95;

/// The largest number of rows that are encoded at a time.
pub(in crate::photo) const STRIP: usize = 64;

/// Encodes a baseline JPEG of three components, upright, with no segment beside the picture but JFIF's header.
///
/// Colours are kept about as finely as the photo had them: coarser would lose detail, finer would only make the
/// file larger.
pub(in crate::photo) fn encode(
    picture: Picture,
    orientation: Orientation,
    chroma: Chroma,
) -> Result<Vec<u8>, PhotoProblem> {
    let swapped = orientation.swaps_sides();
    let (width, height) = orientation.turned((picture.width, picture.height));
    // Width and height of the scan's unit, in pixels (A.2.4).
    let (subsampling, across, down) = match if swapped { chroma.turned() } else { chroma } {
        Chroma::Full => (Subsampling::S444, 8, 8),
        Chroma::HalfWidth => (Subsampling::S422, 16, 8),
        // 4:4:0 becomes 4:2:0, coarser across than it was: the encoder takes three times as long for 4:4:0 as for
        // any other.
        Chroma::HalfHeight | Chroma::Quarter => (Subsampling::S420, 16, 16),
    };
    let units = width.div_ceil(across).max(1);
    // A restart interval has at most 65,535 units (B.2.4.4).
    let rows = (usize::from(u16::MAX) / units).clamp(1, STRIP / down) * down;
    let interval = u16::try_from(units * rows / down).map_err(|_| PhotoProblem::NotEncoded)?;

    let mut strips = Vec::with_capacity(height.div_ceil(rows));
    let mut buffer = Vec::new();
    let mut head = Vec::new();
    for top in (0..height).step_by(rows) {
        let strip = top..(top + rows).min(height);
        let count = strip.len();
        let pixels = picture.upright_rows(orientation, strip, &mut buffer);
        let jpeg = compress(pixels, width, count, PixelFormat::Rgb, QUALITY, subsampling)
            .map_err(|_| PhotoProblem::NotEncoded)?;
        let Scan { begins, data } = scan::scan(&jpeg).ok_or(PhotoProblem::NotEncoded)?;
        if top == 0 {
            head = jpeg.get(..data.start).unwrap_or_default().to_vec();
            if count < height {
                scan::set_height(&mut head, height).ok_or(PhotoProblem::NotEncoded)?;
                head.splice(begins..begins, scan::restart_interval(interval));
            }
        }
        strips.push(jpeg.get(data).unwrap_or_default().to_vec());
    }
    drop((picture, buffer));
    Ok(joined(head, &strips))
}

fn joined(head: Vec<u8>, strips: &[Vec<u8>]) -> Vec<u8> {
    let mut jpeg = head;
    jpeg.reserve_exact(strips.iter().map(|strip| strip.len() + 2).sum());
    for (strip, restart) in strips.iter().zip((RST0..=RST7).cycle()) {
        jpeg.extend_from_slice(strip);
        jpeg.extend_from_slice(&[0xff, restart]);
    }
    // The last strip's marker becomes EOI: after it there is nothing to restart.
    if let Some(last) = jpeg.last_mut() {
        *last = EOI;
    }
    jpeg
}

impl Chroma {
    /// Returns the resolution at which an upright picture is encoded in bands.
    pub(in crate::photo) fn sampling(self) -> ChromaSampling {
        match self {
            Self::Full => ChromaSampling::Full,
            Self::HalfWidth => ChromaSampling::HalfWidth,
            Self::HalfHeight | Self::Quarter => ChromaSampling::Quarter,
        }
    }

    /// Returns the resolution after width and height changed places.
    pub(in crate::photo) fn turned(self) -> Self {
        match self {
            Self::HalfWidth => Self::HalfHeight,
            Self::HalfHeight => Self::HalfWidth,
            Self::Full | Self::Quarter => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use libjpeg_turbo_rs::{PixelFormat, compress, decompress};

    use super::{Orientation, Picture, QUALITY, STRIP, Subsampling, encode};
    use crate::photo::info::Chroma;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn noise(width: usize, height: usize) -> Picture {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        Picture { width, height, rgb: (0..width * height * 3).map(|_| next()).collect() }
    }

    /// Tries every height of the last strip, with its last unit broken and whole, and more strips than there are
    /// restart markers.
    #[test]
    fn strips_make_the_same_picture() {
        for (chroma, subsampling) in [
            (Chroma::Full, Subsampling::S444),
            (Chroma::HalfWidth, Subsampling::S422),
            (Chroma::Quarter, Subsampling::S420),
        ] {
            for (width, height) in [(33, STRIP), (40, STRIP + 1), (17, STRIP * 2), (64, STRIP * 9 + 17)] {
                let picture = noise(width, height);
                let whole = compress(&picture.rgb, width, height, PixelFormat::Rgb, QUALITY, subsampling)
                    .expect("a JPEG");
                let strips = encode(picture, Orientation::Upright, chroma).expect("a JPEG");
                if height <= STRIP {
                    assert_eq!(strips, whole, "{chroma:?}");
                }
                let (strips, whole) =
                    (decompress(&strips).expect("a JPEG"), decompress(&whole).expect("a JPEG"));
                assert_eq!((strips.width, strips.height), (width, height));
                assert_eq!(strips.data, whole.data, "{chroma:?} {width} x {height}");
            }
        }
    }

    /// Encodes the widest picture there is: an interval of 64 rows would have more units than the format allows.
    #[test]
    fn wide_pictures_have_flatter_strips() {
        let (width, height) = (65_500, 72);
        let picture = Picture { width, height, rgb: vec![128; width * height * 3] };
        let jpeg = encode(picture, Orientation::Upright, Chroma::Full).expect("a JPEG");
        let decoded = decompress(&jpeg).expect("a JPEG");
        assert_eq!((decoded.width, decoded.height), (width, height));
        assert!(decoded.data.iter().all(|sample| *sample == 128));
    }

    /// Holds what the memory is planned for: no picture makes a larger file than noise.
    #[test]
    fn noise_is_no_larger_than_planned() {
        for (chroma, most) in [(Chroma::Full, 6), (Chroma::HalfWidth, 4), (Chroma::Quarter, 3)] {
            let jpeg = encode(noise(400, 400), Orientation::Upright, chroma).expect("a JPEG");
            assert!(jpeg.len() * 2 < 400 * 400 * most, "{chroma:?}: {} bytes", jpeg.len());
        }
    }
}
