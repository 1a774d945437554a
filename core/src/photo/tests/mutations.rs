//! Damaged files by the thousand: each is refused or accepted, none causes a panic.

use super::{fixture, limits, normalise};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    language::Audience,
    photo::{Normalise, Normaliser, inspect},
};

/// Each fixture that is accepted, or nearly so.
const FILES: [&[u8]; 23] = [
    fixture!("texture.jpg"),
    fixture!("texture-progressive.jpg"),
    fixture!("texture-grey.jpg"),
    fixture!("texture-restarts.jpg"),
    fixture!("texture.png"),
    fixture!("texture.webp"),
    fixture!("texture-lossless.webp"),
    fixture!("gps.jpg"),
    fixture!("gps.png"),
    fixture!("gps.webp"),
    fixture!("422-turned.jpg"),
    fixture!("cmyk.jpg"),
    fixture!("ycck.jpg"),
    fixture!("swapped.jpg"),
    fixture!("linear-grey.jpg"),
    fixture!("cyan-is-black.jpg"),
    fixture!("swapped.webp"),
    fixture!("palette-clear.png"),
    fixture!("16-bit-grey-alpha.png"),
    fixture!("interlaced.png"),
    fixture!("alpha.webp"),
    fixture!("animated.webp"),
    fixture!("animated.png"),
];

/// The number of mutations of each file. More were tried when this test was written; these catch the faults found
/// then.
const ROUNDS: usize = 250;

/// xorshift64 (Marsaglia, 2003): the same damage in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % end.max(1)
    }

    fn byte(&mut self) -> u8 {
        // Values at which formats change their meaning come up more often than by chance.
        match self.below(4) {
            0 => [0, 1, 0x7f, 0x80, 0xff][self.below(5)],
            _ => u8::try_from(self.below(256)).unwrap_or(0),
        }
    }

    fn damage(&mut self, file: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(file.len());
            match self.below(6) {
                0 | 1 => file[at] = self.byte(),
                2 => file[at] ^= 1 << self.below(8),
                3 => drop(file.drain(at..(at + 1 + self.below(8)).min(file.len()))),
                4 => {
                    let part = file[at..(at + 1 + self.below(32)).min(file.len())].to_vec();
                    let to = self.below(file.len());
                    file.splice(to..to, part);
                }
                _ => file.insert(at, self.byte()),
            }
            if file.is_empty() {
                file.push(0);
            }
        }
        if file.starts_with(b"\x89PNG") {
            repair_checksums(file);
        }
    }
}

/// Repairs checksums, which would otherwise keep nearly all damage from the code behind them.
fn repair_checksums(png: &mut [u8]) {
    let mut at = 8;
    while let Some(length) = png.get(at..at + 4) {
        let length = length.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
        let Some(crc) = png.get(at + 4..at + 8 + length).map(crc32fast::hash) else { return };
        if let Some(field) = png.get_mut(at + 8 + length..at + 12 + length) {
            field.copy_from_slice(&crc.to_be_bytes());
        }
        at += 12 + length;
    }
}

#[test]
fn no_damage_makes_a_panic() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let limits = crate::limits::PhotoLimits { min_side: 1, max_pixels: 1 << 20, ..limits() };
    let (mut accepted, mut refused) = (0, 0);
    for file in FILES {
        for _ in 0..ROUNDS {
            let mut damaged = file.to_vec();
            dice.damage(&mut damaged);
            let info = inspect(&damaged);
            match Normaliser::default().normalise(&damaged, &limits) {
                Ok(photo) => {
                    assert_eq!(info.map(|info| info.upright_size()), Ok((photo.width(), photo.height())));
                    accepted += 1;
                }
                Err(problem) => {
                    assert!(problem.code().starts_with("photo."));
                    assert!(!problem.advice(Audience::Terminal).is_empty());
                    refused += 1;
                }
            }
        }
    }
    // Both results must occur often: a test that only ever sees one of them tests little.
    assert!(accepted > 500 && refused > 500, "{accepted} accepted, {refused} refused");
}

/// Tries every value of the one field whose odd values made a decoder panic.
#[test]
fn no_sampling_makes_a_panic() {
    let accepted = |file: &[u8], components: u32| {
        let sof = file.windows(2).position(|pair| pair == b"\xff\xc0").expect("SOF0");
        let factors = (0..components).map(|_| 1..=4_u8);
        let all = factors.fold(vec![vec![]], |lists: Vec<Vec<u8>>, sides| {
            let pairs = sides.clone().flat_map(|h| sides.clone().map(move |v| h << 4 | v));
            let pairs: Vec<u8> = pairs.collect();
            lists
                .iter()
                .flat_map(|list| pairs.iter().map(|pair| [list.as_slice(), &[*pair]].concat()))
                .collect()
        });
        let accepted = all.iter().filter(|factors| {
            let mut odd = file.to_vec();
            for (index, factor) in factors.iter().enumerate() {
                odd[sof + 11 + 3 * index] = *factor;
            }
            normalise(&odd).is_ok()
        });
        accepted.count()
    };
    // One or two blocks each way for the first ink and black, and what divides that for the others: nine.
    assert_eq!(accepted(fixture!("cmyk.jpg"), 4), 9);
    assert!(accepted(fixture!("texture.jpg"), 3) > 0);
}

#[test]
fn undamaged_files_are_accepted() {
    let accepted = FILES.iter().filter(|file| normalise(file).is_ok()).count();
    assert_eq!(accepted, FILES.len() - 2, "all but the animations");
}
