//! The picture at a fraction of its size, from the coefficients, a row of MCUs at a time.
//!
//! A block becomes 8, 4, 2 or 1 samples a side. Colour differences of half the resolution become twice as many, so that at
//! these sizes there is mostly nothing to interpolate: the planes come out alike.

mod idct;

pub(crate) use self::idct::Inverse;
use crate::{
    dct::Coefficients,
    decode::Decoder,
    error::{Error, NeedsPixels},
    frame::Frame,
    picture::Jpeg,
    scan::{Scan, ScanComponent},
    workspace::Workspace,
};

/// A fraction of the picture's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scale {
    /// The size as stored. Coarser colour differences are repeated.
    Full,
    /// Each side is halved.
    Half,
    /// A quarter of each side.
    Quarter,
    /// An eighth of each side: the mean of each block.
    Eighth,
}

impl Scale {
    /// Returns the number by which each side is divided.
    #[must_use]
    pub const fn divisor(self) -> u32 {
        match self {
            Self::Full => 1,
            Self::Half => 2,
            Self::Quarter => 4,
            Self::Eighth => 8,
        }
    }

    /// Scales the length of a side, in pixels; what is left over makes one more.
    #[must_use]
    pub const fn of(self, side: u32) -> u32 {
        side.div_ceil(self.divisor())
    }
}

/// Some rows of a scaled picture as stored: brightness (Y) alone, or with colour differences (Cb and Cr) of the same
/// size.
#[derive(Clone, Copy, Debug)]
pub struct Band<'w> {
    planes: &'w [u8],
    components: usize,
    width: usize,
    rows: usize,
    stride: usize,
    /// Samples from one plane to the next.
    plane: usize,
}

impl<'w> Band<'w> {
    /// Returns the number of samples in a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the number of components: 1 or 3.
    #[must_use]
    pub fn components(&self) -> usize {
        self.components
    }

    /// Returns a row of a component; empty if there is none of these numbers.
    #[must_use]
    pub fn row(&self, component: usize, row: usize) -> &'w [u8] {
        if component >= self.components || row >= self.rows {
            return &[];
        }
        let from = component * self.plane + row * self.stride;
        self.planes.get(from..from + self.width).unwrap_or_default()
    }

    /// Appends a row's pixels as red, green and blue (JFIF 1.02, page 3).
    pub fn rgb(&self, row: usize, rgb: &mut Vec<u8>) {
        let brightness = self.row(0, row);
        if self.components == 1 {
            rgb.extend(brightness.iter().flat_map(|y| [*y; 3]));
            return;
        }
        let colours = self.row(1, row).iter().zip(self.row(2, row));
        rgb.extend(brightness.iter().zip(colours).flat_map(|(y, (cb, cr))| to_rgb([*y, *cb, *cr])));
    }
}

/// Returns red, green and blue of a pixel (JFIF 1.02, page 3).
#[inline]
pub(crate) fn to_rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    // Factors times 2^16; the half rounds.
    let (y, cb, cr) = ((i32::from(y) << 16) + (1 << 15), i32::from(cb) - 128, i32::from(cr) - 128);
    let to_sample = |value: i32| (value >> 16).clamp(0, 255).to_le_bytes()[0];
    [y + 91_881 * cr, y - 22_554 * cb - 46_802 * cr, y + 116_130 * cb].map(to_sample)
}

impl Jpeg<'_> {
    /// Tells whether the picture can be decoded at a fraction of its size, as far as the headers show. The error is the
    /// one that [`Jpeg::scale`] would return.
    pub fn can_be_scaled(&self) -> Result<(), Error> {
        if !self.interleaved {
            return Err(NeedsPixels::SeveralScans.into());
        }
        let (h, v) = self.frame.largest_factors();
        let is_power = |largest: u32, factor: u32| {
            largest.is_multiple_of(factor) && (largest / factor).is_power_of_two()
        };
        let fits = self.frame.components.iter().all(|stored| is_power(h, stored.h) && is_power(v, stored.v));
        if fits { Ok(()) } else { Err(NeedsPixels::Sampling.into()) }
    }

    /// Decodes the picture at a fraction of its size, as stored, from top to bottom. `each` gets a band for each row of
    /// MCUs; whatever came before an error is to be thrown away.
    ///
    /// Fails for pictures of several scans, and for colour differences whose resolution is not 1, 1/2 or 1/4 of the
    /// brightness's, with [`Error::NeedsPixels`].
    pub fn scale(
        &self,
        scale: Scale,
        workspace: &mut Workspace,
        mut each: impl FnMut(Band<'_>),
    ) -> Result<(), Error> {
        let mut scans = self.scans();
        let Some((scan, from)) = scans.next(&self.frame)? else { return Err(Error::Truncated) };
        if scan.components.len() < self.frame.components.len() {
            return Err(NeedsPixels::SeveralScans.into());
        }
        let shape = Shape::new(scale, &self.frame, &scan);
        let planes = shape.planes(&scan, &self.frame)?;
        let samples = &mut workspace.samples;
        samples.clear();
        samples.resize(shape.plane * planes.len(), 0);

        let mut decoder = Decoder::new(self.bytes, from, &scan);
        let (width, mut rows) = (scale.of(self.frame.width), scale.of(self.frame.height));
        for _ in 0..scan.mcus.1 {
            shape.decode(&mut decoder, &scan, &planes, samples)?;
            let in_band = rows.min(shape.mcu.1);
            rows -= in_band;
            each(Band {
                planes: samples,
                components: planes.len(),
                width: width as usize,
                rows: in_band as usize,
                stride: shape.stride,
                plane: shape.plane,
            });
        }
        scans.go_on(decoder.end()?);
        match scans.next(&self.frame)? {
            None => Ok(()),
            Some(_) => Err(NeedsPixels::SeveralScans.into()),
        }
    }
}

/// The shape of a band.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// Samples of an MCU, across and down, in every plane.
    mcu: (u32, u32),
    /// Samples from one row to the next.
    stride: usize,
    /// Samples from one plane to the next.
    plane: usize,
}

/// The way from a component's coefficients to its plane.
#[derive(Clone, Debug)]
struct Plane {
    inverse: Inverse,
    /// Samples that the transform makes of a block, across and down.
    block: (usize, usize),
    /// Number of times that each of those is repeated, across and down.
    repeat: (usize, usize),
}

impl Shape {
    fn new(scale: Scale, frame: &Frame, scan: &Scan) -> Self {
        let (h, v) = frame.largest_factors();
        let block = 8 / scale.divisor();
        let mcu = (h * block, v * block);
        let stride = (scan.mcus.0 * mcu.0) as usize;
        Self { mcu, stride, plane: stride * mcu.1 as usize }
    }

    fn planes(&self, scan: &Scan, frame: &Frame) -> Result<Vec<Plane>, Error> {
        let plane = |component: &ScanComponent| {
            let Some(stored) = frame.components.get(component.index) else {
                return Err(NeedsPixels::Sampling.into());
            };
            // Samples that a block covers, of which the transform makes at most eight.
            let side = |mcu: u32, factor: u32| match mcu / factor {
                covered if mcu.is_multiple_of(factor) && covered.is_power_of_two() => {
                    Some((covered.min(8), covered))
                }
                _ => None,
            };
            let sides = side(self.mcu.0, stored.h).zip(side(self.mcu.1, stored.v));
            let ((across, covered_across), (down, covered_down)) = sides.ok_or(NeedsPixels::Sampling)?;
            Ok(Plane {
                inverse: Inverse::to(down, across)
                    .ok_or(NeedsPixels::Sampling)?
                    .with_steps(component.steps.zigzag()),
                block: (across as usize, down as usize),
                repeat: ((covered_across / across) as usize, (covered_down / down) as usize),
            })
        };
        scan.components.iter().map(plane).collect()
    }

    /// Decodes a row of MCUs.
    fn decode(
        &self,
        decoder: &mut Decoder<'_, '_>,
        scan: &Scan,
        planes: &[Plane],
        samples: &mut [u8],
    ) -> Result<(), Error> {
        for mcu in 0..scan.mcus.0 as usize {
            decoder.begin_mcu()?;
            let of_planes = samples.chunks_exact_mut(self.plane);
            for ((index, component), (plane, samples)) in
                scan.components.iter().enumerate().zip(planes.iter().zip(of_planes))
            {
                let (width, height) = (plane.block.0 * plane.repeat.0, plane.block.1 * plane.repeat.1);
                for block in 0..component.block_count() {
                    let (x, y) = (block % component.blocks.0, block / component.blocks.0);
                    let left = mcu * self.mcu.0 as usize + x as usize * width;
                    let top = y as usize * height;
                    let out = samples.get_mut(top * self.stride + left..).unwrap_or_default();
                    plane.decode(decoder, index, component, out, self.stride)?;
                }
            }
        }
        Ok(())
    }
}

impl Plane {
    /// Decodes a block to the rows that begin with `out`.
    fn decode(
        &self,
        decoder: &mut Decoder<'_, '_>,
        index: usize,
        component: &ScanComponent,
        out: &mut [u8],
        stride: usize,
    ) -> Result<(), Error> {
        let mut coefficients: Coefficients = [[0.0; 8]; 8];
        let mut put = |place: usize, coefficient: i32| {
            #[expect(clippy::cast_precision_loss, reason = "coefficients have at most eleven bits")]
            let (row, column, value) = self.inverse.coefficient(place, coefficient as f32);
            coefficients[row][column] = value;
        };
        put(0, decoder.dc(index, component)?);
        decoder.ac(component, put)?;
        self.inverse.transform(&coefficients, out, stride);
        if self.repeat != (1, 1) {
            self.repeat(out, stride);
        }
        Ok(())
    }

    /// Repeats the samples of a block, the last ones first, so that none is overwritten too early.
    #[cold]
    fn repeat(&self, out: &mut [u8], stride: usize) {
        for y in (0..self.block.1 * self.repeat.1).rev() {
            for x in (0..self.block.0 * self.repeat.0).rev() {
                let from = y / self.repeat.1 * stride + x / self.repeat.0;
                out[y * stride + x] = out[from];
            }
        }
    }
}
