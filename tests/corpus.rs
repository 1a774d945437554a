//! The inputs from which fuzzing starts, and those on which it once failed, in the checks that fuzzing runs.

#[path = "../fuzz/checks/archive.rs"]
mod archive;
#[path = "../fuzz/checks/metadata.rs"]
mod metadata;
#[path = "../fuzz/checks/photo.rs"]
mod photo;

use std::{fs, path::Path};

/// Gives each file of a folder beside this crate to a check, as it is, cut off before a byte, and with a byte changed, at
/// most `variants` of each.
fn each(folder: &str, variants: usize, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let mut files = 0;
    for entry in fs::read_dir(&folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let bytes = fs::read(&path).expect("a file");
        // A panic names the file by the last line.
        println!("{}", path.display());
        check(&bytes);
        for at in (0..bytes.len()).step_by(bytes.len().div_ceil(variants.max(1)).max(1)) {
            check(&bytes[..at]);
            let mut changed = bytes.clone();
            changed[at] ^= 0x55;
            check(&changed);
        }
        files += 1;
    }
    assert!(files >= 3, "{} has {files} files", folder.display());
}

#[test]
fn archives() {
    each("fuzz/seeds/archive", 100, archive::check);
}

#[test]
fn exif_and_xmp() {
    each("fuzz/seeds/metadata", 1000, metadata::check);
}

#[test]
fn photos() {
    each("core/src/photo/fixtures", 10, photo::check);
}
