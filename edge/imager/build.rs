//! Tells the linker how far the imager's linear memory may grow.

/// `likeness_core::limits::IMAGER_MEMORY` in whole pages; a test holds the two together.
const MOST: u64 = 112_000_000 / 65_536 * 65_536;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg-cdylib=--max-memory={MOST}");
    }
}
