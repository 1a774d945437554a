//! Files to test with.

use libjpeg_turbo_rs::{Encoder, PixelFormat};

use crate::marker::{EOI, SOS, Segments};

/// Sampling factors of the brightness; those of the colour differences are 1.
pub(super) const SAMPLINGS: [(u8, u8); 7] = [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1), (1, 4), (4, 2)];

/// A series of numbers without an order.
pub(super) struct Numbers(u32);

impl Numbers {
    pub(super) fn new(seed: u32) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self, below: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % below
    }
}

/// Pixels that change slowly, with some noise: few blocks are alike, and all codes are used.
pub(super) fn rgb(width: usize, height: usize, noise: u32) -> Vec<u8> {
    let mut numbers = Numbers::new(width as u32 * 31 + height as u32);
    let mut pixels = Vec::with_capacity(width * height * 3);
    for at in 0..width * height {
        let (x, y) = (at % width, at / width);
        for slow in [x * 3 + y, y * 2 + x / 2, (x * y) / 16] {
            // Up and down again: a jump from white to black would be all that one sees.
            let wave = (slow % 510).min(510 - slow % 510) as u32;
            let sample = (wave + numbers.next(noise + 1)).saturating_sub(noise / 2).min(255);
            pixels.push(sample as u8);
        }
    }
    pixels
}

/// Encodes a file of these sampling factors.
pub(super) fn file(width: usize, height: usize, (h, v): (u8, u8), quality: u8, restarts: u16) -> Vec<u8> {
    let pixels = rgb(width, height, 40);
    Encoder::new(&pixels, width, height, PixelFormat::Rgb)
        .quality(quality)
        .sampling_factors(vec![(h, v), (1, 1), (1, 1)])
        .restart_blocks(restarts)
        .encode()
        .expect("a JPEG")
}

/// Encodes a file of patches, one for each MCU, with noise in their brightness alone: blocks of colour differences have
/// nothing but their mean.
pub(super) fn patches(width: usize, height: usize, (h, v): (u8, u8), restarts: u16) -> Vec<u8> {
    let mut numbers = Numbers::new(width as u32 * 17 + height as u32);
    let across = width.div_ceil(8 * usize::from(h));
    let colours: Vec<[u32; 3]> = (0..across * height.div_ceil(8 * usize::from(v)))
        .map(|_| [0; 3].map(|_| 40 + numbers.next(130)))
        .collect();
    let mut pixels = Vec::with_capacity(width * height * 3);
    for at in 0..width * height {
        let (x, y) = (at % width / (8 * usize::from(h)), at / width / (8 * usize::from(v)));
        let noise = numbers.next(70);
        pixels.extend(colours[y * across + x].map(|sample| (sample + noise) as u8));
    }
    Encoder::new(&pixels, width, height, PixelFormat::Rgb)
        .quality(50)
        .sampling_factors(vec![(h, v), (1, 1), (1, 1)])
        .restart_blocks(restarts)
        .encode()
        .expect("a JPEG")
}

/// A picture without detail: the mean of pixels is all that a small one can show.
pub(super) fn smooth(width: usize, height: usize, sampling: (u8, u8), quality: u8) -> Vec<u8> {
    let pixel = |at: usize| {
        let (x, y) = (at % width, at / width);
        [(40 + x) as u8, (200 - y) as u8, (60 + x.midpoint(y)) as u8]
    };
    let pixels: Vec<u8> = (0..width * height).flat_map(pixel).collect();
    Encoder::new(&pixels, width, height, PixelFormat::Rgb)
        .quality(quality)
        .sampling_factors(vec![sampling, (1, 1), (1, 1)])
        .encode()
        .expect("a JPEG")
}

/// Pixels that change by no more than one from each to the next, in a picture of any size.
pub(super) fn slow(width: usize, height: usize) -> Vec<u8> {
    let wave = |at: usize| (at % 300).min(300 - at % 300) as u8;
    let pixel = |at: usize| {
        let (x, y) = (at % width, at / width);
        [50 + wave(x), 220 - wave(y), 70 + wave(x.midpoint(y))]
    };
    (0..width * height).flat_map(pixel).collect()
}

/// Encodes a file of brightness alone.
pub(super) fn grey(width: usize, height: usize, quality: u8) -> Vec<u8> {
    let pixels: Vec<u8> = rgb(width, height, 40).as_chunks::<3>().0.iter().map(|pixel| pixel[0]).collect();
    Encoder::new(&pixels, width, height, PixelFormat::Grayscale).quality(quality).encode().expect("a JPEG")
}

/// Returns the data of a file's only scan.
pub(super) fn data(file: &[u8]) -> &[u8] {
    let mut segments = Segments::of(file).expect("a JPEG");
    while segments.read().expect("a segment").marker != SOS {}
    let data = &file[segments.at..];
    let end = data.windows(2).position(|pair| pair == [0xff, EOI]).expect("EOI");
    &data[..end]
}

/// Returns the offset of a segment's marker.
pub(super) fn offset(file: &[u8], marker: u8) -> usize {
    let mut segments = Segments::of(file).expect("a JPEG");
    loop {
        let at = segments.at;
        if segments.read().expect("a segment").marker == marker {
            return at;
        }
    }
}

/// Returns the markers up to the first scan.
pub(super) fn markers(file: &[u8]) -> Vec<u8> {
    let mut segments = Segments::of(file).expect("a JPEG");
    let mut markers = Vec::new();
    loop {
        let marker = segments.read().expect("a segment").marker;
        markers.push(marker);
        if marker == SOS {
            return markers;
        }
    }
}
