//! The files from which fuzzing starts, on every way there is: each was made for a branch of the code, or found one.
#![cfg(not(target_arch = "wasm32"))]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test reads the folders of files that are its cases, and names the one that fails"
)]

#[path = "../../fuzz/checks/jpeg_keep.rs"]
mod jpeg_keep;
#[path = "../../fuzz/checks/jpeg_recode.rs"]
mod jpeg_recode;
#[path = "../../fuzz/checks/jpeg_scale.rs"]
mod jpeg_scale;

use std::{fs, path::Path};

use likeness_jpeg::Jpeg;

/// Reads the files of a folder beside this crate.
fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let entries = fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let is_file = |path: &std::path::PathBuf| path.extension().is_none_or(|extension| extension == "jpg");
    let read = |path: std::path::PathBuf| (path.display().to_string(), fs::read(&path).expect("a file"));
    entries.filter(is_file).map(read).collect()
}

/// Goes every way with a file: the checks choose one by the last byte.
fn go_every_way(mut file: Vec<u8>) {
    jpeg_keep::check(&file);
    jpeg_recode::check(&file);
    jpeg_scale::check(&file);
    file.push(0);
    let last = file.len() - 1;
    // Three quantisations in eight orientations, both ways of grey; four scales with three samplings.
    for way in (0..24).chain(128..152) {
        file[last] = way;
        jpeg_recode::check(&file);
        if way < 12 {
            jpeg_scale::check(&file);
        }
    }
}

#[test]
fn seeds_go_every_way() {
    let seeds = files("fuzz/seeds/jpeg");
    assert!(seeds.iter().map(|(_, file)| file.len()).sum::<usize>() < 60_000, "seeds are small");
    let sound = seeds.iter().filter(|(_, file)| Jpeg::read(file).is_ok_and(|jpeg| jpeg.verify().is_ok()));
    let sound = sound.count();
    assert!(sound > 30 && seeds.len() - sound > 10, "{sound} sound ones of {}", seeds.len());
    for (name, file) in seeds {
        eprintln!("{name}");
        go_every_way(file);
    }
}

#[test]
fn photos_go_every_way() {
    let photos = files("core/src/photo/fixtures");
    assert!(photos.len() > 20);
    for (name, file) in photos {
        eprintln!("{name}");
        go_every_way(file);
    }
}
