//! Any file at a fraction of its size: refused, or as many rows of as many samples as the size tells. Its pixels, encoded
//! band by band, are a sound file.

use likeness_jpeg::{ChromaSampling, Error, Jpeg, RgbEncoder, Scale, Workspace};

// The last byte chooses the scale: what stands behind the picture means nothing, and every JPEG is a seed.
pub(crate) fn check(bytes: &[u8]) {
    let way = usize::from(bytes.last().copied().unwrap_or_default());
    let Ok(jpeg) = Jpeg::read(bytes) else { return };
    let scale = [Scale::Full, Scale::Half, Scale::Quarter, Scale::Eighth][way % 4];
    let size = (scale.of(jpeg.width()), scale.of(jpeg.height()));
    let (mut bands, mut rows) = (Vec::new(), 0);
    let result = jpeg.scale(scale, &mut Workspace::default(), |band| {
        assert_eq!(band.width(), size.0 as usize);
        rows += band.rows();
        let mut rgb = Vec::new();
        (0..band.rows()).for_each(|row| band.rgb(row, &mut rgb));
        assert_eq!(rgb.len(), band.width() * band.rows() * 3);
        bands.push(rgb);
    });
    match result {
        Ok(()) => assert_eq!(rows, size.1 as usize),
        Err(Error::NeedsPixels(_)) => return,
        Err(error) => {
            assert_eq!(jpeg.verify(), Err(error));
            return;
        }
    }

    let sampling = [ChromaSampling::Full, ChromaSampling::HalfWidth, ChromaSampling::Quarter][way / 4 % 3];
    let (mut workspace, mut file) = (Workspace::default(), Vec::new());
    let mut encoder = RgbEncoder::new(size, sampling, &mut workspace, &mut file).expect("a size");
    for band in &bands {
        assert_eq!(encoder.encode(band), Ok(()));
    }
    assert_eq!(encoder.finish(), Ok(()));
    assert!(workspace.bytes() as u64 <= RgbEncoder::memory(size.0, sampling));
    let read = Jpeg::read(&file).expect("our own headers");
    assert_eq!((read.width(), read.height()), size);
    assert_eq!(read.verify(), Ok(()));
}
