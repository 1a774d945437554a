//! Any file as HEIC: refused, or as many rows as the headers tell.

#![no_main]

use libfuzzer_sys::fuzz_target;
use likeness_heic::{Heic, Limits, Scale};

// The last byte chooses the scale: what stands behind the last box means nothing.
fuzz_target!(|bytes: &[u8]| {
    let Ok(heic) = Heic::read(bytes, &Limits { max_pixels: 1 << 18 }) else { return };
    let scale = usize::from(bytes.last().copied().unwrap_or_default());
    let scale = [Scale::Full, Scale::Half, Scale::Quarter, Scale::Eighth][scale % 4];
    let info = heic.info();
    let (width, height) = (scale.of(info.width) as usize, scale.of(info.height) as usize);
    assert!(u64::from(info.width) * u64::from(info.height) <= 1 << 18);
    assert!(heic.memory(scale) > 0);
    heic.metadata().for_each(drop);
    let mut length = 0;
    let outcome = heic.decode(scale, |rows| {
        assert_eq!(rows.len() % (width * 3), 0);
        length += rows.len();
    });
    let whole = width * height * 3;
    assert!(length == whole || outcome.is_err() && length < whole);
});
