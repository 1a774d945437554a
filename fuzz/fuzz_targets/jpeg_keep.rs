//! Any file, kept as it is: refused, or made a file that is kept once more without a change.

#![no_main]

use libfuzzer_sys::fuzz_target;
use likeness_jpeg::Jpeg;

fuzz_target!(|bytes: &[u8]| {
    let Ok(jpeg) = Jpeg::read(bytes) else { return };
    let mut kept = Vec::new();
    let result = jpeg.keep(&mut kept);
    assert_eq!(jpeg.verify(), result);
    if result.is_ok() {
        let again = Jpeg::read(&kept).expect("our own headers");
        assert_eq!((again.width(), again.height()), (jpeg.width(), jpeg.height()));
        let mut twice = Vec::new();
        again.keep(&mut twice).expect("our own file");
        assert!(twice == kept);
    }
});
