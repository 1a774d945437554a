//! Any file at a fraction of its size: refused, or as many rows of as many samples as the size tells.

#![no_main]

use libfuzzer_sys::fuzz_target;
use likeness_jpeg::{Error, Jpeg, Scale, Workspace};

// The last byte chooses the scale: what stands behind the picture means nothing, and every JPEG is a seed.
fuzz_target!(|bytes: &[u8]| {
    let scale = usize::from(bytes.last().copied().unwrap_or_default());
    let Ok(jpeg) = Jpeg::read(bytes) else { return };
    let scale = [Scale::Whole, Scale::Half, Scale::Quarter, Scale::Eighth][scale % 4];
    let (width, mut rows, mut rgb) = (scale.of(jpeg.width()) as usize, 0, Vec::new());
    let result = jpeg.scale(scale, &mut Workspace::default(), |band| {
        assert_eq!(band.width(), width);
        rows += band.rows();
        for row in 0..band.rows() {
            rgb.clear();
            band.rgb(row, &mut rgb);
            assert_eq!(rgb.len(), width * 3);
        }
    });
    match result {
        Ok(()) => assert_eq!(rows, scale.of(jpeg.height()) as usize),
        Err(Error::NeedsPixels(_)) => {}
        Err(error) => assert_eq!(jpeg.verify(), Err(error)),
    }
});
