//! How much memory the Worker has taken.

use js_sys::{ArrayBuffer, WebAssembly::Memory};
use serde::Serialize;
use wasm_bindgen::JsCast as _;

/// WebAssembly's page (its specification, 4.2.8).
const PAGE: u32 = 65_536;

/// The linear memory. It grows and never shrinks.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Taken {
    pages: u32,
    bytes: u32,
}

/// How large it is now.
#[must_use]
pub fn memory() -> Taken {
    let memory: Memory = wasm_bindgen::memory().unchecked_into();
    let bytes = memory.buffer().unchecked_into::<ArrayBuffer>().byte_length();
    Taken { pages: bytes / PAGE, bytes }
}
