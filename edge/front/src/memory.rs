//! How much memory the Worker has taken: what tests hold against the limit, in test mode.

use js_sys::{ArrayBuffer, WebAssembly::Memory};
use serde_json::{Value, json};
use wasm_bindgen::JsCast as _;

/// WebAssembly's page (its specification, 4.2.8).
const PAGE: u32 = 65_536;

/// The linear memory. It grows and never shrinks.
pub(crate) fn now() -> Value {
    let memory: Memory = wasm_bindgen::memory().unchecked_into();
    let bytes = memory.buffer().unchecked_into::<ArrayBuffer>().byte_length();
    json!({ "pages": bytes / PAGE, "bytes": bytes })
}
