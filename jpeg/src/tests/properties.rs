//! Properties that hold for pictures of any shape, and for any damage.
#![cfg(not(target_arch = "wasm32"))]

use libjpeg_turbo_rs::{Encoder, PixelFormat};
use proptest::{prelude::*, test_runner::RngSeed};

use super::{
    assert_same_picture, encoded,
    files::{self, SAMPLINGS},
    kept, previewed, recoded, requantised,
    several_scans::separated,
    turned,
};
use crate::{
    ChromaSampling, Error, Grey, Jpeg, NeedsPixels, Orientation, Quantisation, Recoding, RgbEncoder,
    Workspace,
};

/// A picture to be drawn.
#[derive(Clone, Debug)]
struct Drawn {
    size: (usize, usize),
    /// Sampling factors of the brightness; none if there is nothing else.
    sampling: Option<(u8, u8)>,
    quality: u8,
    noise: u32,
    restarts: u16,
    optimised: bool,
    separated: bool,
}

impl Drawn {
    fn file(&self) -> Vec<u8> {
        let (width, height) = self.size;
        let pixels = files::rgb(width, height, self.noise);
        let grey: Vec<u8> = pixels.as_chunks::<3>().0.iter().map(|pixel| pixel[1]).collect();
        let encoder =
            match self.sampling {
                None => Encoder::new(&grey, width, height, PixelFormat::Grayscale),
                Some(factors) => Encoder::new(&pixels, width, height, PixelFormat::Rgb)
                    .sampling_factors(vec![factors, (1, 1), (1, 1)]),
            };
        let encoder = encoder.quality(self.quality).restart_blocks(self.restarts);
        let file = encoder.optimize_huffman(self.optimised).encode().expect("a JPEG");
        if self.separated { separated(&file) } else { file }
    }

    /// Rounds the size up to whole MCUs.
    fn of_whole_mcus(mut self) -> Self {
        let (h, v) = self.sampling.unwrap_or((1, 1));
        let (width, height) = self.size;
        self.size = (width.next_multiple_of(8 * usize::from(h)), height.next_multiple_of(8 * usize::from(v)));
        self
    }
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let shape =
        ((1..70_usize, 1..70_usize), prop::option::weighted(0.85, prop::sample::select(&SAMPLINGS[..])));
    let codes = (0..6_u16, any::<bool>(), prop::bool::weighted(0.2));
    (shape, 1..=100_u8, 0..150_u32, codes).prop_map(|((size, sampling), quality, noise, codes)| {
        let (restarts, optimised, separated) = codes;
        Drawn { size, sampling, quality, noise, restarts, optimised, separated }
    })
}

fn orientation() -> impl Strategy<Value = Orientation> {
    prop::sample::select(&Orientation::ALL[..])
}

fn quantisation() -> impl Strategy<Value = Quantisation> {
    let all = &[Quantisation::Stored, Quantisation::Quality95, Quantisation::NearQuality95];
    prop::sample::select(&all[..])
}

fn recoding() -> impl Strategy<Value = Recoding> {
    let grey = prop::sample::select(&[Grey::OneComponent, Grey::ThreeComponents][..]);
    let recoding = |(orientation, quantisation, grey)| Recoding { orientation, quantisation, grey };
    (orientation(), quantisation(), grey).prop_map(recoding)
}

/// A change of a file's bytes.
#[derive(Clone, Debug)]
struct Change {
    at: prop::sample::Index,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Flip(u8),
    Put(u8),
    Cut,
    Remove(usize),
    Repeat(usize),
}

impl Change {
    fn make(&self, file: &mut Vec<u8>) {
        if file.is_empty() {
            return;
        }
        let at = self.at.index(file.len());
        let piece = |bytes: usize| at..(at + bytes).min(file.len());
        match self.kind {
            Kind::Flip(bits) => file[at] ^= bits,
            Kind::Put(byte) => file[at] = byte,
            Kind::Cut => file.truncate(at),
            Kind::Remove(bytes) => drop(file.drain(piece(bytes))),
            Kind::Repeat(bytes) => {
                let again = file[piece(bytes)].to_vec();
                file.splice(at..at, again);
            }
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let kind = prop_oneof![
        4 => (0..8_u8).prop_map(|bit| Kind::Flip(1 << bit)),
        2 => prop::sample::select(vec![0, 1, 0x7f, 0xd0, 0xd9, 0xff]).prop_map(Kind::Put),
        1 => Just(Kind::Cut),
        1 => (1..20_usize).prop_map(Kind::Remove),
        1 => (1..20_usize).prop_map(Kind::Repeat),
    ];
    (any::<prop::sample::Index>(), kind).prop_map(|(at, kind)| Change { at, kind })
}

/// The same cases on every machine: targets in fuzz/ look for new ones.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(95),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn what_is_kept_is_kept_once_more(drawn in drawn()) {
        let once = kept(&drawn.file()).expect("a sound file");
        prop_assert!(kept(&once).as_ref() == Ok(&once));
    }

    #[test]
    fn four_turns_and_two_mirrors_change_nothing(drawn in drawn().prop_map(Drawn::of_whole_mcus)) {
        let file = drawn.file();
        let upright = turned(&file, Orientation::Upright).expect("a sound file");
        let again = |orientation, times| (0..times).try_fold(file.clone(), |file, _| turned(&file, orientation));
        for (orientation, times) in [
            (Orientation::Rotate90, 4),
            (Orientation::Rotate270, 4),
            (Orientation::Rotate180, 2),
            (Orientation::MirrorHorizontal, 2),
            (Orientation::MirrorVertical, 2),
            (Orientation::Transpose, 2),
            (Orientation::Transverse, 2),
        ] {
            prop_assert!(again(orientation, times).as_ref() == Ok(&upright), "{:?}", orientation);
        }
        if !drawn.separated {
            assert_same_picture(&upright, &file, "upright");
        }
    }

    #[test]
    fn requantised_twice_is_requantised_once(drawn in drawn(), quantisation in quantisation()) {
        let once = requantised(&drawn.file(), quantisation).expect("a sound file");
        prop_assert!(requantised(&once, quantisation).as_ref() == Ok(&once));
    }

    #[test]
    fn forecasts_are_kept(drawn in drawn(), recoding in recoding()) {
        let file = drawn.file();
        let jpeg = Jpeg::read(&file).expect("a JPEG");
        let (mut workspace, mut new) = (Workspace::default(), Vec::new());
        let result = jpeg.recode(recoding, &mut workspace, &mut new);
        prop_assert_eq!(jpeg.can_be_recoded(recoding), result);
        prop_assert!(workspace.bytes() as u64 <= jpeg.memory(recoding));
        // Finer steps make a file longer, whatever it had before.
        if result.is_ok() && recoding.quantisation != Quantisation::Quality95 {
            prop_assert!(new.len() as u64 <= jpeg.recoded_length(recoding, file.len() as u64));
        }
    }

    #[test]
    fn previews_are_the_scaled_picture_upright(drawn in drawn(), recoding in recoding()) {
        let file = drawn.file();
        let preview = match previewed::recoded(&file, recoding) {
            Ok(preview) => preview,
            Err(error) => {
                prop_assert!(matches!(error, Error::NeedsPixels(NeedsPixels::IncompleteEdge | NeedsPixels::SeveralScans)));
                return Ok(());
            }
        };
        if !drawn.separated {
            let (width, height, rgb) = previewed::scaled(&file, crate::Scale::Full, recoding.orientation);
            prop_assert_eq!((preview.width(), preview.height()), (width, height));
            prop_assert!(preview.rgb() == rgb);
        }
    }

    #[test]
    fn bands_do_not_matter(
        size in (1..60_usize, 1..60_usize),
        noise in 0..200_u32,
        sampling in 0..3_usize,
        bands in prop::collection::vec(0..25_usize, 0..6),
    ) {
        let sampling = [ChromaSampling::Full, ChromaSampling::HalfWidth, ChromaSampling::Quarter][sampling];
        let pixels = files::rgb(size.0, size.1, noise);
        let expected = encoded::in_bands(&pixels, size, sampling, size.1);
        let (mut workspace, mut file) = (Workspace::default(), Vec::new());
        let sides = (size.0 as u32, size.1 as u32);
        let mut encoder = RgbEncoder::new(sides, sampling, &mut workspace, &mut file).expect("a size");
        let mut rest = pixels.as_slice();
        for rows in bands.into_iter().chain([size.1]) {
            let (band, behind) = rest.split_at((rows * size.0 * 3).min(rest.len()));
            prop_assert_eq!(encoder.encode(band), Ok(()));
            rest = behind;
        }
        prop_assert_eq!(encoder.finish(), Ok(()));
        prop_assert!(file == expected);
        prop_assert!(kept(&file).as_ref() == Ok(&file));
    }
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn damage_is_told_or_makes_another_sound_picture(
        drawn in drawn(),
        changes in prop::collection::vec(change(), 1..5),
        recoding in recoding(),
    ) {
        let mut file = drawn.file();
        for change in &changes {
            change.make(&mut file);
        }
        let Ok(jpeg) = Jpeg::read(&file) else { return Ok(()) };
        let (mut workspace, mut new) = (Workspace::default(), Vec::new());
        let result = jpeg.recode(recoding, &mut workspace, &mut new);
        prop_assert!(workspace.bytes() as u64 <= jpeg.memory(recoding));
        if let Err(error @ Error::NeedsPixels(_)) = result {
            prop_assert_eq!(jpeg.can_be_recoded(recoding), Err(error));
            return Ok(());
        }
        prop_assert_eq!(jpeg.verify(), result);
        prop_assert_eq!(previewed::recoded(&file, recoding).err(), result.err());
        prop_assert_eq!(recoded(&file, recoding).err(), result.err());
        if result.is_ok() {
            prop_assert_eq!(Jpeg::read(&new).and_then(|new| new.verify()), Ok(()));
            let once = kept(&file).expect("a sound file");
            prop_assert!(kept(&once).as_ref() == Ok(&once));
        }
    }
}
