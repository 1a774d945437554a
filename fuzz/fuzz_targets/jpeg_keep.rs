//! See the check.

#![no_main]

#[path = "../checks/jpeg_keep.rs"]
mod jpeg_keep;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| jpeg_keep::check(bytes));
