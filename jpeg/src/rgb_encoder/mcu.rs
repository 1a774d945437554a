//! The samples of an MCU, made of its pixels.

use crate::dct::Samples;

/// Samples of an MCU whose brightness has so many blocks across and down: less 128, as the transform wants them.
#[derive(Debug)]
pub(super) struct Mcu<const ACROSS: usize, const DOWN: usize> {
    pub(super) brightness: [[Samples; ACROSS]; DOWN],
    pub(super) blue: Samples,
    pub(super) red: Samples,
}

impl<const ACROSS: usize, const DOWN: usize> Mcu<ACROSS, DOWN> {
    pub(super) const GREY: Self =
        Self { brightness: [[[[0.0; 8]; 8]; ACROSS]; DOWN], blue: [[0.0; 8]; 8], red: [[0.0; 8]; 8] };

    /// Converts pixels (JFIF 1.02, page 3). `eight` returns eight neighbours, by their block's column and their row.
    /// Colour differences are those of the mean of the pixels that share them.
    #[inline]
    pub(super) fn convert<'p>(&mut self, eight: impl Fn(usize, usize) -> &'p [u8; 24]) {
        #[expect(clippy::cast_precision_loss, reason = "at most 4")]
        let share = 1.0 / (ACROSS * DOWN) as f32;
        for row in 0..8 {
            let mut sums = [[0.0; 8]; 3];
            for line in row * DOWN..(row + 1) * DOWN {
                for column in 0..ACROSS {
                    let [red, green, blue] = separated(eight(column, line));
                    let out = &mut self.brightness[line / 8][column][line % 8];
                    for (at, out) in out.iter_mut().enumerate() {
                        *out = 0.299 * red[at] + 0.587 * green[at] + 0.114 * blue[at] - 128.0;
                    }
                    for (sums, samples) in sums.iter_mut().zip([red, green, blue]) {
                        let width = 8 / ACROSS;
                        for (at, sum) in sums[column * width..][..width].iter_mut().enumerate() {
                            for part in 0..ACROSS {
                                *sum += samples[at * ACROSS + part];
                            }
                        }
                    }
                }
            }
            let [red, green, blue] = sums;
            for at in 0..8 {
                let (red, green, blue) = (red[at] * share, green[at] * share, blue[at] * share);
                self.blue[row][at] = 0.5 * blue - 0.168_735_89 * red - 0.331_264_1 * green;
                self.red[row][at] = 0.5 * red - 0.418_687_6 * green - 0.081_312_41 * blue;
            }
        }
    }
}

/// Separates eight pixels into red, green and blue.
#[inline]
fn separated(pixels: &[u8; 24]) -> [[f32; 8]; 3] {
    // Words of four bytes, which vector units take apart.
    let mut words = [0_u32; 8];
    for (at, word) in words.iter_mut().enumerate() {
        let from = if at < 7 { at * 3 } else { 20 };
        let bytes = [pixels[from], pixels[from + 1], pixels[from + 2], pixels[from + 3]];
        *word = u32::from_le_bytes(bytes) >> if at < 7 { 0 } else { 8 };
    }
    let mut separated = [[0.0; 8]; 3];
    for (colour, samples) in separated.iter_mut().enumerate() {
        for (sample, word) in samples.iter_mut().zip(&words) {
            #[expect(clippy::cast_precision_loss, reason = "a byte")]
            let byte = (word >> (colour * 8) & 0xff).cast_signed() as f32;
            *sample = byte;
        }
    }
    separated
}
