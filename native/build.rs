//! Packs the page: its files as they are and compressed, with the hash of all of them as its version.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use miniz_oxide::deflate::compress_to_vec_zlib;
use sha2::{Digest as _, Sha256};

const PAGE: &str = "../page";

/// The files that browsers fetch. Licences and sources of the WebAssembly module stay out.
const EXTENSIONS: [&str; 8] = ["css", "html", "js", "json", "mjs", "png", "svg", "wasm"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PAGE}");
    println!("cargo::rerun-if-changed=build.rs");
    let made = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo names no folder for what is made")?);
    let page = fs::canonicalize(PAGE)?;
    let mut paths = Vec::new();
    list(&page, &mut paths)?;
    paths.sort();
    let (mut version, mut table) = (Sha256::new(), String::new());
    for (number, path) in paths.iter().enumerate() {
        let name = path.strip_prefix(&page)?.to_str().ok_or("a file's name is not UTF-8")?;
        let bytes = fs::read(path)?;
        version.update((name.len() as u64).to_le_bytes());
        version.update(name);
        version.update((bytes.len() as u64).to_le_bytes());
        version.update(&bytes);
        let packed = made.join(format!("page-{number}.zz"));
        fs::write(&packed, compress_to_vec_zlib(&bytes, 10))?;
        let (whole, packed) = (path.to_str(), packed.to_str());
        let (Some(whole), Some(packed)) = (whole, packed) else {
            return Err("a folder's name is not UTF-8".into());
        };
        writeln!(table, "    ({name:?}, include_bytes!({whole:?}), include_bytes!({packed:?})),")?;
    }
    let version: String =
        version.finalize().iter().take(8).fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let source = format!(
        "const VERSION: &str = {version:?};\n\nconst FILES: &[(&str, &[u8], &[u8])] = &[\n{table}];\n"
    );
    fs::write(made.join("page.rs"), source)?;
    Ok(())
}

fn list(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            list(&path, paths)?;
        } else if extension.is_some_and(|extension| EXTENSIONS.contains(&extension)) {
            paths.push(path);
        }
    }
    Ok(())
}
