//! Reports on drawn pictures, as they are and spoilt.

use super::{Advice, Face, Finding, InSet, PhotoReport, SetReport, Verdict};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{limits::DatasetLimits, photo::Preview, simulator::drawing};

const SIZE: (u32, u32) = (480, 600);

fn portrait(variation: u64) -> Vec<u8> {
    drawing::portrait(7, variation, SIZE.0, SIZE.1)
}

fn report(rgb: Vec<u8>, (width, height): (u32, u32)) -> PhotoReport {
    PhotoReport::of(&Preview::new(width, height, rgb).expect("a preview"), (width * 8, height * 8), None)
}

fn codes(rgb: Vec<u8>) -> Vec<&'static str> {
    report(rgb, SIZE).findings.iter().map(Finding::code).collect()
}

/// Changes every sample.
fn changed(mut rgb: Vec<u8>, change: impl Fn(f32) -> f32) -> Vec<u8> {
    for sample in &mut rgb {
        *sample = rounded(change(f32::from(*sample)));
    }
    rgb
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is a sample's")]
fn rounded(value: f32) -> u8 {
    value.clamp(0.0, 255.0) as u8
}

/// Averages over squares of this radius, three times: nearly a Gaussian. Only where `wanted` says so.
fn blurred(rgb: &[u8], radius: usize, wanted: impl Fn(usize, usize) -> bool) -> Vec<u8> {
    let (width, height) = (SIZE.0 as usize, SIZE.1 as usize);
    let mut out = rgb.to_vec();
    for _ in 0..3 {
        for stride in [3, width * 3] {
            let from = out.clone();
            for (index, sample) in out.iter_mut().enumerate() {
                let (x, y) = (index / 3 % width, index / 3 / width);
                let (place, length) = if stride == 3 { (x, width) } else { (y, height) };
                let (low, high) = (radius.min(place), radius.min(length - 1 - place));
                if wanted(x, y) {
                    let all = (index - low * stride..=index + high * stride).step_by(stride);
                    let sum: u32 = all.map(|at| u32::from(from[at])).sum();
                    *sample = u8::try_from(sum as usize / (low + high + 1)).expect("a mean");
                }
            }
        }
    }
    out
}

#[test]
fn ordinary_portraits_raise_no_alarm() {
    for variation in 0..40 {
        assert_eq!(codes(portrait(variation)), Vec::<&str>::new(), "{variation}");
    }
}

#[test]
fn dark_bright_and_flat_pictures_are_told() {
    for variation in 0..10 {
        let code = |change: fn(f32) -> f32| codes(changed(portrait(variation), change));
        assert_eq!(code(|sample| sample * 0.2), ["photo.too_dark"], "{variation}");
        assert_eq!(code(|sample| sample + 150.0), ["photo.too_bright"], "{variation}");
        assert_eq!(code(|sample| sample * 0.2 + 100.0), ["photo.low_contrast"], "{variation}");
    }
}

#[test]
fn the_light_on_the_face_counts_where_there_is_one() {
    let face = Face { x: 0.3, y: 0.3, width: 0.4, height: 0.4 };
    let at = |rgb: Vec<u8>| {
        let preview = Preview::new(SIZE.0, SIZE.1, rgb).expect("a preview");
        PhotoReport::of(&preview, SIZE, Some(vec![face])).findings
    };
    // A face before a window, and the other way round: a face in the light of a lamp.
    let mut against = vec![230; 480 * 600 * 3];
    let mut lamp = vec![10; 480 * 600 * 3];
    for (index, (one, other)) in against.iter_mut().zip(&mut lamp).enumerate() {
        let (x, y) = (index / 3 % 480, index / 3 / 480);
        if (140..340).contains(&x) && (175..430).contains(&y) {
            let texture = u8::try_from((x / 9 + y / 7) % 2).expect("0 or 1");
            (*one, *other) = (20 + 20 * texture, 120 + 40 * texture);
        }
    }
    assert_eq!(at(against), [Finding::TooDark { face: true }]);
    assert_eq!(at(lamp), []);
}

#[test]
fn a_picture_without_anything_sharp_is_blurred_and_a_blurred_background_is_not() {
    for variation in 0..5 {
        let sharp = portrait(variation);
        let whole = codes(blurred(&sharp, 4, |_, _| true));
        assert_eq!(whole, ["photo.blurred"], "{variation}");
        let behind = |x: usize, y: usize| !(120..360).contains(&x) || y < 120;
        assert_eq!(codes(blurred(&sharp, 6, behind)), Vec::<&str>::new(), "{variation}");
    }
}

#[test]
fn a_blurred_face_is_told_before_a_sharp_background() {
    let sharp = portrait(3);
    let face = Face { x: 0.3, y: 0.25, width: 0.4, height: 0.4 };
    let on_the_face = |x: usize, y: usize| (140..340).contains(&x) && (140..400).contains(&y);
    let at = |rgb: Vec<u8>| {
        let preview = Preview::new(SIZE.0, SIZE.1, rgb).expect("a preview");
        PhotoReport::of(&preview, SIZE, Some(vec![face])).findings
    };
    assert_eq!(at(blurred(&sharp, 6, on_the_face)), [Finding::Blurred { face: true }]);
    assert_eq!(at(sharp), []);
}

/// A picture of this size with rows painted over.
fn painted(rgb: Vec<u8>, rows: impl Fn(usize, usize) -> Option<[u8; 3]>) -> Vec<u8> {
    let mut rgb = rgb;
    for (index, pixel) in rgb.chunks_exact_mut(3).enumerate() {
        if let Some(colour) = rows(index % SIZE.0 as usize, index / SIZE.0 as usize) {
            pixel.copy_from_slice(&colour);
        }
    }
    rgb
}

#[test]
fn screens_are_told_by_bands_from_side_to_side() {
    let bars = |_: usize, y: usize| (!(90..510).contains(&y)).then_some([0, 0, 0]);
    assert_eq!(codes(painted(portrait(1), bars)), ["photo.screenshot"]);
    // Lines of text on paper, in the shape of a phone.
    let (width, height) = (300, 650);
    let mut chat = vec![244; 300 * 650 * 3];
    for (index, pixel) in chat.chunks_exact_mut(3).enumerate() {
        let (x, y) = (index % 300, index / 300);
        if y / 13 % 3 != 0 && (20..(140 + y % 100)).contains(&x) && (x / 3 + y / 3) % 2 == 0 {
            pixel.fill(40);
        }
    }
    let found = report(chat, (width, height)).findings;
    assert_eq!(found, [Finding::Screenshot]);
    // A person before a white wall.
    let wall = |x: usize, y: usize| (y < 100 || !(110..370).contains(&x)).then_some([250, 250, 250]);
    assert_eq!(codes(painted(portrait(2), wall)), Vec::<&str>::new());
}

#[test]
fn only_very_long_shapes_are_extreme() {
    let shape = |width, height| {
        let preview = Preview::new(SIZE.0, SIZE.1, portrait(1)).expect("a preview");
        PhotoReport::of(&preview, (width, height), None).findings
    };
    for (width, height) in [(3024, 4032), (1080, 2400), (2560, 1097)] {
        assert_eq!(shape(width, height), [], "{width} x {height}");
    }
    assert_eq!(shape(9000, 2400), [Finding::ExtremeShape { width: 9000, height: 2400 }]);
    assert_eq!(shape(600, 1800), [Finding::ExtremeShape { width: 600, height: 1800 }]);
}

#[test]
fn pictures_without_sense_are_survived() {
    for (width, height) in [(1, 1), (1, 700), (700, 1), (3, 2), (1300, 2)] {
        let samples = usize::try_from(width * height * 3).expect("few");
        for level in [0, 128, 255] {
            let found = report(vec![level; samples], (width, height));
            assert_eq!(found.light, level, "{width} x {height}");
        }
    }
}

#[test]
fn a_report_is_read_as_it_was_written() {
    let faces = Some(vec![Face { x: 0.25, y: 0.125, width: 0.5, height: 0.375 }]);
    let preview = Preview::new(SIZE.0, SIZE.1, portrait(1)).expect("a preview");
    let report = PhotoReport::of(&preview, (9000, 2400), faces);
    let text = serde_json::to_string(&report).expect("JSON");
    assert_eq!(serde_json::from_str::<PhotoReport>(&text).expect("a report"), report);
    assert!(text.len() < 500, "{text}");
    for broken in ["", "00", &"0".repeat(111), &"x".repeat(112)] {
        let mut value = serde_json::to_value(&report).expect("JSON");
        value["hash"] = broken.into();
        assert!(serde_json::from_value::<PhotoReport>(value).is_err(), "{broken}");
    }
}

fn ready<'a>(name: &'a str, report: &'a PhotoReport) -> InSet<'a> {
    InSet::Ready { name, size: SIZE, report: Some(report) }
}

#[test]
fn look_alikes_are_told_and_stay() {
    let first = report(portrait(1), SIZE);
    // The next frame of a burst: a little lighter, and the person has moved.
    let mut moved = changed(portrait(1), |sample| sample * 1.05 + 2.0);
    moved.rotate_right(6 * 480 * 3 + 4 * 3);
    let (burst, other) = (report(moved, SIZE), report(portrait(2), SIZE));
    let photos = [ready("a", &first), ready("b", &other), ready("c", &burst)];
    let set = SetReport::of(&photos, DatasetLimits::DEFAULT);
    let alike = Finding::LookAlike { of: "a".to_owned() };
    assert_eq!(set.photos[2].findings, [alike]);
    assert_eq!(set.photos[2].verdict, Some(Verdict::Usable));
    assert_eq!((set.good, set.usable, set.used()), (2, 1, 3));
}

#[test]
fn portraits_of_one_person_are_not_look_alikes() {
    let reports: Vec<_> = (0..20).map(|variation| report(portrait(variation), SIZE)).collect();
    let photos: Vec<_> = reports.iter().map(|report| ready("a", report)).collect();
    let set = SetReport::of(&photos, DatasetLimits::DEFAULT);
    assert_eq!((set.good, set.usable), (20, 0));
}

/// Mixes photos without a face with others: from half of the set on, that is said first, and not as one of many warnings.
#[test]
fn a_set_that_shows_no_face_is_told() {
    let without = |findings: &[Finding]| {
        let findings = findings.to_vec();
        move |variation| PhotoReport { findings: findings.clone(), ..report(portrait(variation), SIZE) }
    };
    let faceless: Vec<_> = (0..3).map(without(&[Finding::NoFace])).collect();
    let dark = without(&[Finding::NoFace, Finding::TooDark { face: false }])(3);
    let others: Vec<_> = (4..9).map(without(&[])).collect();
    let advice = |others: &[PhotoReport]| {
        let photos: Vec<_> =
            faceless.iter().chain([&dark]).chain(others).map(|report| ready("photo", report)).collect();
        SetReport::of(&photos, DatasetLimits { min_photos: 1, max_photos: 20 })
            .doubts()
            .copied()
            .collect::<Vec<_>>()
    };
    assert_eq!(advice(&others[..4])[..2], [Advice::NoFaces { photos: 4 }, Advice::Warnings { photos: 1 }]);
    assert_eq!(advice(&others)[..1], [Advice::Warnings { photos: 4 }]);
}
