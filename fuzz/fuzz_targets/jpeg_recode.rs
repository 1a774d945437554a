//! See the check.

#![no_main]

#[path = "../checks/jpeg_recode.rs"]
mod jpeg_recode;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| jpeg_recode::check(bytes));
