//! See the check.

#![no_main]

#[path = "../checks/jpeg_scale.rs"]
mod jpeg_scale;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| jpeg_scale::check(bytes));
