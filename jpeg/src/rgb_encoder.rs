//! Pixels to a baseline JPEG, a band of rows at a time.

mod mcu;

use self::mcu::Mcu;
use crate::{
    encode::Encoder,
    error::WrongRows,
    forward::Forward,
    frame::{Component, Frame},
    header::{Headers, Selector, write_end},
    output::Output,
    quantiser::Steps,
    workspace::Workspace,
};

/// The resolution of colour differences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ChromaSampling {
    /// That of the brightness (4:4:4).
    Full,
    /// Half of that across (4:2:2).
    HalfWidth,
    /// Half of that across and down (4:2:0).
    #[default]
    Quarter,
}

impl ChromaSampling {
    /// Returns the sampling factors of the brightness, across and down.
    const fn factors(self) -> (u32, u32) {
        match self {
            Self::Full => (1, 1),
            Self::HalfWidth => (2, 1),
            Self::Quarter => (2, 2),
        }
    }
}

/// An encoder of red, green and blue to a baseline JPEG with the steps of quality 95 and the typical Huffman tables.
///
/// Rows come in bands of any height, from top to bottom. No more is held than a row of MCUs, so that a picture needs
/// never be in memory as a whole.
///
/// ```
/// use likeness_jpeg::{ChromaSampling, Jpeg, RgbEncoder, Workspace};
///
/// let (mut workspace, mut file) = (Workspace::default(), Vec::new());
/// let mut encoder = RgbEncoder::new((32, 20), ChromaSampling::Quarter, &mut workspace, &mut file).expect("a size");
/// for _ in 0..10 {
///     encoder.encode(&[200; 2 * 32 * 3])?;
/// }
/// encoder.finish()?;
/// assert_eq!(Jpeg::read(&file).map(|jpeg| (jpeg.width(), jpeg.height())), Ok((32, 20)));
/// # Ok::<(), likeness_jpeg::WrongRows>(())
/// ```
pub struct RgbEncoder<'w> {
    encoder: Encoder<'w>,
    sampling: ChromaSampling,
    luminance: Forward,
    chrominance: Forward,
    /// The rows of an MCU, the last pixel of each repeated up to the end of the last MCU.
    band: &'w mut Vec<u8>,
    /// Bytes of a row of pixels, and of a row in the band.
    row: usize,
    stride: usize,
    /// Number of rows in the band.
    rows: usize,
    /// Number of rows that are still to come.
    left: u32,
}

impl<'w> RgbEncoder<'w> {
    /// Writes the headers of a picture of this width and height; `None` unless these are from 1 to 65,535.
    pub fn new(
        (width, height): (u32, u32),
        sampling: ChromaSampling,
        workspace: &'w mut Workspace,
        output: &'w mut dyn Output,
    ) -> Option<Self> {
        let sides = 1..=u32::from(u16::MAX);
        if !sides.contains(&width) || !sides.contains(&height) {
            return None;
        }
        let (h, v) = sampling.factors();
        write_headers(&frame((width, height), (h, v)), output);
        let stride = Self::stride(width, sampling);
        let Workspace { chunk, samples: band, codes, .. } = workspace;
        band.clear();
        band.resize(stride * v as usize * 8, 0);
        Some(Self {
            encoder: Encoder::new(codes, chunk, output),
            sampling,
            luminance: Forward::new(&Steps::LUMINANCE_95),
            chrominance: Forward::new(&Steps::CHROMINANCE_95),
            band,
            row: width as usize * 3,
            stride,
            rows: 0,
            left: height,
        })
    }

    /// Predicts the memory in bytes that the workspace grows to.
    #[must_use]
    pub fn memory(width: u32, sampling: ChromaSampling) -> u64 {
        const FIXED: u64 = 1 << 16;
        FIXED + u64::from(sampling.factors().1) * 8 * Self::stride(width, sampling) as u64
    }

    fn stride(width: u32, sampling: ChromaSampling) -> usize {
        width.next_multiple_of(8 * sampling.factors().0) as usize * 3
    }

    /// Encodes the next rows: for each pixel a byte of red, of green and of blue. Fails unless the rows are whole, and no
    /// more than are left; then nothing was encoded.
    pub fn encode(&mut self, rgb: &[u8]) -> Result<(), WrongRows> {
        if !rgb.len().is_multiple_of(self.row) {
            return Err(WrongRows::NotWhole);
        }
        let rows = u32::try_from(rgb.len() / self.row).map_err(|_| WrongRows::TooMany)?;
        self.left = self.left.checked_sub(rows).ok_or(WrongRows::TooMany)?;
        for pixels in rgb.chunks_exact(self.row) {
            let row = &mut self.band[self.rows * self.stride..][..self.stride];
            let (whole, padding) = row.split_at_mut(self.row);
            whole.copy_from_slice(pixels);
            if let Some(last) = pixels.last_chunk() {
                padding.as_chunks_mut::<3>().0.fill(*last);
            }
            self.rows += 1;
            if self.rows * self.stride == self.band.len() {
                self.encode_band();
            }
        }
        Ok(())
    }

    /// Ends the file. Fails if rows are missing; then the file is to be thrown away.
    pub fn finish(mut self) -> Result<(), WrongRows> {
        if self.left > 0 {
            return Err(WrongRows::Missing);
        }
        if let Some(last) = self.rows.checked_sub(1) {
            let last = last * self.stride..self.rows * self.stride;
            for to in (last.end..self.band.len()).step_by(self.stride) {
                self.band.copy_within(last.clone(), to);
            }
            self.encode_band();
        }
        write_end(self.encoder.end());
        Ok(())
    }

    fn encode_band(&mut self) {
        match self.sampling {
            ChromaSampling::Full => self.encode_mcus::<1, 1>(),
            ChromaSampling::HalfWidth => self.encode_mcus::<2, 1>(),
            ChromaSampling::Quarter => self.encode_mcus::<2, 2>(),
        }
        self.rows = 0;
    }

    fn encode_mcus<const ACROSS: usize, const DOWN: usize>(&mut self) {
        let mut mcu = Mcu::<ACROSS, DOWN>::GREY;
        let (blocks, _) = self.band.as_chunks::<24>();
        let stride = self.stride / 24;
        for left in (0..stride).step_by(ACROSS) {
            mcu.convert(|column, row| &blocks[row * stride + left + column]);
            self.encoder.begin_mcu();
            for samples in mcu.brightness.as_flattened_mut() {
                self.luminance.encode(samples, 0, &mut self.encoder);
            }
            self.chrominance.encode(&mut mcu.blue, 1, &mut self.encoder);
            self.chrominance.encode(&mut mcu.red, 2, &mut self.encoder);
        }
    }
}

impl std::fmt::Debug for RgbEncoder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RgbEncoder")
            .field("sampling", &self.sampling)
            .field("rows", &self.rows)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

fn frame((width, height): (u32, u32), (h, v): (u32, u32)) -> Frame {
    let brightness = Component { id: 1, h, v, quantiser: 0 };
    let colour = |id| Component { id, h: 1, v: 1, quantiser: 1 };
    Frame { extended: false, width, height, components: vec![brightness, colour(2), colour(3)] }
}

fn write_headers(frame: &Frame, output: &mut dyn Output) {
    let mut headers = Headers::new(output);
    for (number, steps) in [Steps::LUMINANCE_95, Steps::CHROMINANCE_95].iter().enumerate() {
        headers.quantiser(number, steps);
    }
    headers.frame(frame);
    (0..2).for_each(|number| headers.typical_huffman(number));
    let selectors = [0_usize, 1, 2].map(|index| Selector { index, dc: index.min(1), ac: index.min(1) });
    headers.scan(selectors.into_iter());
}
