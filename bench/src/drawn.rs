//! Drawn photographs, for those who have no folder of their own: a person before a background, with detail of every
//! size, uneven light, and a sensor's noise. The same number gives the same photograph.

use std::{error::Error, path::Path};

use likeness_core::simulator::drawing;
use turbojpeg::{Image, PixelFormat, Subsamp};

use crate::exif;

/// A photograph to draw: its size, sampling, EXIF orientation and quality.
#[derive(Clone, Copy)]
struct Photograph {
    size: (u32, u32),
    sampling: Subsamp,
    orientation: u8,
    quality: i32,
}

const fn photograph(width: u32, height: u32, sampling: Subsamp, orientation: u8, quality: i32) -> Photograph {
    Photograph { size: (width, height), sampling, orientation, quality }
}

/// Sizes and samplings of phones and cameras, from the last year's to ones that are twenty years old.
const ALBUM: [Photograph; 8] = [
    photograph(5712, 4284, Subsamp::Sub2x2, 6, 90),
    photograph(4032, 3024, Subsamp::Sub2x2, 1, 92),
    photograph(4000, 3000, Subsamp::Sub2x2, 6, 88),
    photograph(4608, 3456, Subsamp::Sub2x1, 8, 93),
    photograph(3264, 2448, Subsamp::Sub2x1, 1, 95),
    photograph(2448, 2448, Subsamp::Sub2x2, 1, 85),
    photograph(1600, 1200, Subsamp::None, 1, 90),
    photograph(1080, 1350, Subsamp::Sub2x2, 1, 80),
];

/// Writes the photographs of all kinds to a folder.
pub fn album(folder: &Path) -> Result<(), Box<dyn Error>> {
    for (number, photograph) in (1..).zip(ALBUM) {
        photograph.write(number, folder)?;
    }
    Ok(())
}

/// Writes twenty photographs of a phone to a folder: a set for a training.
pub fn set(folder: &Path) -> Result<(), Box<dyn Error>> {
    for number in 1..=20 {
        let orientation = if number % 4 == 0 { 6 } else { 1 };
        photograph(4032, 3024, Subsamp::Sub2x2, orientation, 92).write(100 + number, folder)?;
    }
    Ok(())
}

impl Photograph {
    fn write(self, number: u64, folder: &Path) -> Result<(), Box<dyn Error>> {
        let Self { size: (width, height), sampling, orientation, quality } = self;
        let mut pixels = drawing::portrait(number, number * 7, width, height);
        roughen(&mut pixels, width as usize, number);
        let (width, height) = (width as usize, height as usize);
        let image =
            Image { pixels: pixels.as_slice(), width, pitch: width * 3, height, format: PixelFormat::RGB };
        let jpeg = turbojpeg::compress(image, quality, sampling)?;
        let name = format!("{number:03}-{width}x{height}.jpg");
        std::fs::write(folder.join(name), exif::turned(&jpeg, orientation))?;
        Ok(())
    }
}

/// Adds detail and noise to a drawing: six octaves of smooth noise, each half as strong as the one before, and grain
/// that differs from pixel to pixel.
fn roughen(pixels: &mut [u8], width: usize, seed: u64) {
    const OCTAVES: [(usize, f32); 6] = [(128, 22.0), (64, 11.0), (32, 7.0), (16, 5.0), (8, 4.0), (4, 3.0)];
    let mut row_of_noise = vec![0_f32; width];
    for (y, row) in pixels.chunks_exact_mut(width * 3).enumerate() {
        row_of_noise.fill(0.0);
        for (octave, (step, strength)) in (0..).zip(OCTAVES) {
            let (cell, down) = (y / step, smooth((y % step) as f32 / step as f32));
            let corner = |x: usize, y: usize| {
                let value = hash(seed ^ (octave << 56) ^ ((x as u64) << 28) ^ y as u64);
                (value >> 40) as f32 / (1 << 23) as f32 - 1.0
            };
            let mut right = mixed(corner(0, cell), corner(0, cell + 1), down);
            for (at, values) in row_of_noise.chunks_mut(step).enumerate() {
                let left = right;
                right = mixed(corner(at + 1, cell), corner(at + 1, cell + 1), down);
                for (x, value) in values.iter_mut().enumerate() {
                    *value += strength * mixed(left, right, smooth(x as f32 / step as f32));
                }
            }
        }
        let (samples, _) = row.as_chunks_mut::<3>();
        for ((x, pixel), detail) in samples.iter_mut().enumerate().zip(&row_of_noise) {
            let grain = hash(seed ^ ((x as u64) << 32) ^ (y as u64) ^ (1 << 63)).to_le_bytes();
            for (sample, grain) in pixel.iter_mut().zip(grain) {
                let grain = (f32::from(grain) - 127.5) / 42.0;
                *sample = (f32::from(*sample) + detail + grain).clamp(0.0, 255.0) as u8;
            }
        }
    }
}

fn mixed(from: f32, to: f32, part: f32) -> f32 {
    from + (to - from) * part
}

fn smooth(part: f32) -> f32 {
    part * part * (3.0 - 2.0 * part)
}

/// Mixes the bits of a number (the finaliser of SplitMix64).
fn hash(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
