//! Planes of decoded samples, and rows of red, green and blue made of them, at any scale.

use core::ops::Range;

/// A decoded picture: brightness, and colour differences of the same or half the resolution.
#[derive(Clone, Debug)]
pub(crate) struct Planes {
    /// Rows of samples; brightness first.
    pub(crate) samples: [Vec<u16>; 3],
    /// Samples from one row to the next.
    pub(crate) strides: [usize; 3],
    /// The first pixel that is shown.
    pub(crate) origin: (u32, u32),
    /// Width and height in pixels that are shown.
    pub(crate) size: (u32, u32),
    /// Pixels that share a colour difference, across and down: 1 or 2.
    pub(crate) subsampling: (u32, u32),
    /// True if there is brightness alone.
    pub(crate) grey: bool,
    /// Bits of brightness and of colour differences: 8 to 12.
    pub(crate) bits: [u8; 2],
    /// Meaning of the samples, as the coded picture tells it.
    pub(crate) matrix: Matrix,
}

/// The meaning of samples (ITU-T H.273).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Matrix {
    /// Matrix coefficients: 0 is GBR, 1 is BT.709, 5 and 6 are BT.601, 9 is BT.2020, 2 is unspecified.
    pub(crate) coefficients: u16,
    /// False if black and white are at 16 and 235 of 255.
    pub(crate) full_range: bool,
}

/// Bits behind the binary point of the factors.
const POINT: u32 = 14;

/// A converter of rows to red, green and blue, and its memory for one row.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    divisor: usize,
    factors: Factors,
    most: i32,
    brightness: Vec<u16>,
    differences: [Vec<u16>; 2],
    terms: [Vec<i32>; 3],
}

/// Factors times 2 to the [`POINT`].
#[derive(Clone, Copy, Debug)]
enum Factors {
    /// Brightness alone.
    Grey { black: i32, gain: i32 },
    /// Planes of green, blue and red.
    Gbr { black: i32, gain: [i32; 2] },
    /// Brightness and colour differences.
    Differences { black: i32, gain: i32, zero: i32, red: i32, green: [i32; 2], blue: i32 },
}

/// A sample of the output.
pub(crate) trait Sample: Copy + Default {
    /// Takes a value that fits.
    fn of(value: i32) -> Self;
}

impl Sample for u8 {
    #[inline]
    fn of(value: i32) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped by the caller")]
        let sample = value as Self;
        sample
    }
}

impl Sample for u16 {
    #[inline]
    fn of(value: i32) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped by the caller")]
        let sample = value as Self;
        sample
    }
}

impl Planes {
    /// Returns the planes if they have all samples that are shown.
    pub(crate) fn checked(self) -> Option<Self> {
        let planes = if self.grey { 1 } else { 3 };
        for plane in 0..planes {
            let (sx, sy) = self.subsampling_of(plane);
            let (right, bottom) =
                (self.origin.0.checked_add(self.size.0)?, self.origin.1.checked_add(self.size.1)?);
            let (columns, rows) = (to_usize(right.div_ceil(sx)), to_usize(bottom.div_ceil(sy)));
            let stride = self.strides[plane];
            if columns > stride || self.samples[plane].len() < rows.checked_mul(stride)? {
                return None;
            }
        }
        let bits = self.bits.iter().all(|bits| (8..=12).contains(bits));
        (bits && self.size.0 > 0 && self.size.1 > 0).then_some(self)
    }

    fn subsampling_of(&self, plane: usize) -> (u32, u32) {
        if plane == 0 { (1, 1) } else { self.subsampling }
    }

    /// Writes a row of a plane at a scale: `row` and `columns` count samples of the output, of which each is the mean of
    /// the samples that it covers.
    fn sample(&self, plane: usize, divisor: usize, row: usize, columns: Range<usize>, out: &mut Vec<u16>) {
        let (sx, sy) = self.subsampling_of(plane);
        let (sx, sy) = (to_usize(sx), to_usize(sy));
        let (x0, y0) = (to_usize(self.origin.0) / sx, to_usize(self.origin.1) / sy);
        let (width, height) = (to_usize(self.size.0).div_ceil(sx), to_usize(self.size.1).div_ceil(sy));
        // Samples that become one, or pixels that share one.
        let (across, down) = ((divisor / sx).max(1), (divisor / sy).max(1));
        let row = if divisor < sy { row / 2 } else { row };
        let stride = self.strides[plane];
        let line = |y: usize| {
            let from = (y0 + y) * stride + x0;
            self.samples[plane].get(from..from + width).unwrap_or_default()
        };
        out.clear();
        if across == 1 && down == 1 {
            out.extend_from_slice(line(row).get(columns).unwrap_or_default());
            return;
        }
        let (top, bottom) = (row * down, (row * down + down).min(height));
        for column in columns {
            let (left, right) = (column * across, (column * across + across).min(width));
            let (mut sum, mut count) = (0_u32, 0_u32);
            for y in top..bottom {
                for sample in line(y).get(left..right).unwrap_or_default() {
                    sum += u32::from(*sample);
                    count += 1;
                }
            }
            let mean = (sum + count / 2).checked_div(count).unwrap_or_default();
            out.push(u16::try_from(mean).unwrap_or(u16::MAX));
        }
    }
}

impl Rows {
    /// Prepares the conversion of such planes to samples of so many bits, at a scale.
    pub(crate) fn of(planes: &Planes, matrix: Matrix, bits: u8, divisor: u32) -> Self {
        let most = (1_i32 << bits) - 1;
        Self {
            divisor: to_usize(divisor),
            factors: Factors::of(planes, matrix, most),
            most,
            brightness: Vec::new(),
            differences: [Vec::new(), Vec::new()],
            terms: [Vec::new(), Vec::new(), Vec::new()],
        }
    }

    /// Converts the pixels `columns` of a row at the scale; `out` has three samples for each.
    pub(crate) fn convert<S: Sample>(
        &mut self,
        planes: &Planes,
        row: usize,
        columns: Range<usize>,
        out: &mut [S],
    ) {
        let (most, divisor) = (self.most, self.divisor);
        let clamped = |value: i32| S::of(((value + (1 << (POINT - 1))) >> POINT).clamp(0, most));
        planes.sample(0, divisor, row, columns.clone(), &mut self.brightness);
        // Pixels of the output that share a colour difference.
        let shared = if planes.subsampling.0 == 2 && divisor == 1 { 2 } else { 1 };
        let first = columns.start / shared;
        if !planes.grey {
            for (plane, samples) in (1..).zip(&mut self.differences) {
                planes.sample(plane, divisor, row, first..columns.end.div_ceil(shared), samples);
            }
        }
        let pixels = out.as_chunks_mut::<3>().0.iter_mut().zip(&self.brightness);
        match self.factors {
            Factors::Grey { black, gain } => {
                for (pixel, y) in pixels {
                    *pixel = [clamped((i32::from(*y) - black) * gain); 3];
                }
            }
            Factors::Gbr { black, gain } => {
                let [blue, red] = &self.differences;
                for (x, (pixel, g)) in pixels.enumerate() {
                    let at = (columns.start + x) / shared - first;
                    let [b, r] = [blue, red].map(|plane| plane.get(at).copied().unwrap_or_default());
                    let scaled = |sample: u16, gain| clamped((i32::from(sample) - black) * gain);
                    *pixel = [scaled(r, gain[1]), scaled(*g, gain[0]), scaled(b, gain[1])];
                }
            }
            Factors::Differences { black, gain, zero, red, green, blue } => {
                let [cb, cr] = &self.differences;
                let [reds, greens, blues] = &mut self.terms;
                reds.clear();
                greens.clear();
                blues.clear();
                // As many terms as pixels, and one before if the first pixel is the second of its pair.
                let skipped = columns.start % shared;
                for (cb, cr) in cb.iter().zip(cr) {
                    let (cb, cr) = (i32::from(*cb) - zero, i32::from(*cr) - zero);
                    let (r, g, b) = (cr * red, cb * green[0] + cr * green[1], cb * blue);
                    if shared == 2 {
                        reds.extend([r; 2]);
                        greens.extend([g; 2]);
                        blues.extend([b; 2]);
                    } else {
                        reds.push(r);
                        greens.push(g);
                        blues.push(b);
                    }
                }
                let terms = reds.iter().zip(&*greens).zip(&*blues).skip(skipped);
                for ((pixel, y), ((r, g), b)) in pixels.zip(terms) {
                    let y = (i32::from(*y) - black) * gain;
                    *pixel = [clamped(y + r), clamped(y + g), clamped(y + b)];
                }
            }
        }
    }
}

impl Factors {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "factors are at most 2 to the 14, times 16, times two"
    )]
    fn of(planes: &Planes, matrix: Matrix, most: i32) -> Self {
        let [deep, deep_differences] = planes.bits;
        let unit = |bits: u8| f64::from(1_u32 << (bits - 8));
        let whole = |bits: u8| f64::from((1_u32 << bits) - 1);
        let one = f64::from(most) * f64::from(1_u32 << POINT);
        let (black, range, difference) = if matrix.full_range {
            (0.0, whole(deep), whole(deep_differences))
        } else {
            (16.0 * unit(deep), 219.0 * unit(deep), 224.0 * unit(deep_differences))
        };
        let fixed = |factor: f64| (factor * one).round() as i32;
        let (black, gain) = (black as i32, fixed(1.0 / range));
        if planes.grey {
            return Self::Grey { black, gain };
        }
        if matrix.coefficients == 0 {
            let other = if matrix.full_range { difference } else { 219.0 * unit(deep_differences) };
            return Self::Gbr { black, gain: [gain, fixed(1.0 / other)] };
        }
        let zero = 1 << (deep_differences - 1);
        let (kr, kb) = match matrix.coefficients {
            1 => (0.2126, 0.0722),
            4 => (0.30, 0.11),
            7 => (0.212, 0.087),
            9 | 10 => (0.2627, 0.0593),
            _ => (0.299, 0.114),
        };
        let kg = 1.0 - kr - kb;
        let (red, blue) = (2.0 * (1.0 - kr), 2.0 * (1.0 - kb));
        let fixed = |factor: f64| fixed(factor / difference);
        let green = [fixed(-kb * blue / kg), fixed(-kr * red / kg)];
        Self::Differences { black, gain, zero, red: fixed(red), green, blue: fixed(blue) }
    }
}

fn to_usize(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
