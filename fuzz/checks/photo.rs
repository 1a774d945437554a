//! Any file: refused with a reason, or made a JPEG that is upright and as large as it says.

use likeness_core::{
    limits::PhotoLimits,
    photo::{Format, Normalise, Normaliser, Orientation, PhotoForm, Reencode, Way, inspect},
    words::Audience,
};

pub(crate) fn check(bytes: &[u8]) {
    let limits = PhotoLimits { max_bytes: 1 << 20, max_pixels: 1 << 18, min_side: 1, max_memory: 64 << 20 };
    let info = inspect(bytes);
    // What stands behind the picture means nothing, so every photo is a seed.
    let reencode =
        if bytes.last().is_some_and(|last| last % 2 == 1) { Reencode::WhenNeeded } else { Reencode::Always };
    let form = |reencode| PhotoForm { reencode, ..PhotoForm::default() };
    match Normaliser::new(form(reencode)).with_previews().normalise(bytes, &limits) {
        Err(problem) => {
            assert!(problem.code().starts_with("photo."));
            assert!(!problem.to_string().is_empty());
            assert!([Audience::Terminal, Audience::Api].iter().all(|&who| !problem.advice(who).is_empty()));
        }
        Ok(photo) => {
            info.expect("what can be normalised can be inspected");
            let made = inspect(photo.jpeg()).expect("our own JPEG");
            assert_eq!((made.format, made.orientation), (Format::Jpeg, Orientation::Upright));
            assert_eq!((made.width, made.height), (photo.width(), photo.height()));
            let again = Normaliser::new(form(Reencode::WhenNeeded)).normalise(photo.jpeg(), &limits);
            assert_eq!(again.expect("our own JPEG").way(), Way::Kept);
            assert_eq!(crc32fast::hash(photo.jpeg()), photo.crc32());
        }
    }
}
