//! Any file, kept as it is: refused, or made a file that is kept once more without a change.

#![no_main]

use libfuzzer_sys::fuzz_target;
use likeness_jpeg::Jpeg;

fuzz_target!(|bytes: &[u8]| {
    let Ok(jpeg) = Jpeg::read(bytes) else { return };
    let mut kept = Vec::new();
    let result = jpeg.keep(&mut kept);
    assert_eq!(jpeg.verify(), result);
    let mut with_preview = Vec::new();
    let preview = jpeg.keep_with_preview(&mut with_preview);
    assert_eq!(preview.as_ref().err(), result.as_ref().err());
    if let Ok(preview) = preview {
        assert!(with_preview == kept);
        assert_eq!(preview.rgb().len(), preview.width() as usize * preview.height() as usize * 3);
        assert!(preview.rgb().len() as u64 <= jpeg.preview_memory());
        let again = Jpeg::read(&kept).expect("our own headers");
        assert_eq!((again.width(), again.height()), (jpeg.width(), jpeg.height()));
        let mut twice = Vec::new();
        again.keep(&mut twice).expect("our own file");
        assert!(twice == kept);
    }
});
