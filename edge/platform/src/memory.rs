//! Size of the memory that the Worker has taken.

use js_sys::{ArrayBuffer, WebAssembly::Memory};
use serde::Serialize;
use wasm_bindgen::JsCast as _;

/// The length in bytes of WebAssembly's page (its specification, 4.2.8).
const PAGE: u32 = 65_536;

/// The linear memory. It grows and never shrinks.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Taken {
    pages: u32,
    bytes: u32,
}

/// Measures the linear memory now.
#[must_use]
pub fn memory() -> Taken {
    let memory: Memory = wasm_bindgen::memory().unchecked_into();
    let bytes = memory.buffer().unchecked_into::<ArrayBuffer>().byte_length();
    Taken { pages: bytes / PAGE, bytes }
}

#[cfg(all(test, target_arch = "wasm32"))]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::{PAGE, memory};

    #[test]
    fn what_is_taken_shows() {
        let before = memory();
        assert_eq!(before.bytes, before.pages * PAGE);
        let much = std::hint::black_box(vec![1_u8; 8 << 20]);
        assert!(memory().bytes >= before.bytes.min(8 << 20), "{}", much.len());
        assert!(memory().bytes >= 8 << 20);
    }
}
