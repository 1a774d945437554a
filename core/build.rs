//! Packs the description of the API. As text it would be a twentieth of the Worker that answers, and is hardly ever
//! asked for.
#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "it runs while the core is built, and reads what it is built from"
)]

use std::{env, error::Error, fs, path::PathBuf};

use miniz_oxide::deflate::compress_to_vec_zlib;

const DESCRIPTION: &str = "src/api/openapi.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={DESCRIPTION}");
    println!("cargo::rerun-if-changed=build.rs");
    let folder = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo names no folder for what is made")?);
    fs::write(folder.join("openapi.zz"), compress_to_vec_zlib(&fs::read(DESCRIPTION)?, 10))?;
    Ok(())
}
