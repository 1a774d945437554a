//! The inputs that fuzzing starts from, and those that it once failed on: each file of `fuzz/seeds/heic`.

use std::{fs, path::Path};

use likeness_heic::{Heic, Limits, Scale};

const LIMITS: Limits = Limits { max_pixels: 1 << 18 };

#[test]
fn what_fuzzing_starts_from_is_refused_or_decoded_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/heic");
    let mut decoded = 0;
    for file in fs::read_dir(folder).expect("a folder") {
        let path = file.expect("a file").path();
        let bytes = fs::read(&path).expect("bytes");
        let Ok(heic) = Heic::read(&bytes, &LIMITS) else { continue };
        for scale in [Scale::Full, Scale::Half, Scale::Quarter, Scale::Eighth] {
            let whole = scale.of(heic.info().width) as usize * scale.of(heic.info().height) as usize * 3;
            let mut length = 0;
            match heic.decode(scale, |rows| length += rows.len()) {
                Ok(_) => {
                    assert_eq!(length, whole, "{}", path.display());
                    decoded += 1;
                }
                Err(_) => assert!(length < whole, "{}", path.display()),
            }
        }
    }
    assert!(decoded >= 4 * 9, "{decoded} pictures");
}
