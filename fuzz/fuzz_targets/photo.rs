//! See the check.

#![no_main]

#[path = "../checks/photo.rs"]
mod photo;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| photo::check(bytes));
