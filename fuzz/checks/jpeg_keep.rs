//! Any file, kept as it is: refused, or made a file that is kept once more without a change, and shown by a preview.

use likeness_jpeg::Jpeg;

pub(crate) fn check(bytes: &[u8]) {
    let Ok(jpeg) = Jpeg::read(bytes) else { return };
    let mut kept = Vec::new();
    let result = jpeg.keep(&mut kept);
    assert_eq!(jpeg.verify(), result);
    let mut with_preview = Vec::new();
    let preview = jpeg.keep_with_preview(&mut with_preview);
    assert_eq!(preview.as_ref().err(), result.as_ref().err());
    let Ok(preview) = preview else { return };
    assert!(with_preview == kept);
    assert_eq!(preview.rgb().len(), preview.width() as usize * preview.height() as usize * 3);
    assert!(preview.rgb().len() as u64 <= jpeg.preview_memory());

    let again = Jpeg::read(&kept).expect("our own headers");
    assert_eq!((again.width(), again.height()), (jpeg.width(), jpeg.height()));
    let mut twice = Vec::new();
    assert_eq!(again.keep_with_preview(&mut twice).expect("our own file"), preview);
    assert!(twice == kept);
}
