//! Every decision of Likeness, and no IO.
//!
//! A shell (the native binary, a Worker) asks an [`avatar::Avatar`] what to do next, does that, and reports what
//! happened. Time, keys and randomness are arguments; files, network, clock and threads live in the shells.

pub mod api;
pub mod archive;
pub mod avatar;
pub mod backoff;
pub mod budget;
pub mod caption;
pub mod chat;
mod codes;
pub mod config;
pub mod download;
pub mod error;
pub mod fal;
pub mod http;
pub mod ids;
pub mod imager;
pub mod json;
pub mod language;
pub mod ledger;
pub mod limits;
pub mod lora;
pub mod page;
pub mod photo;
pub mod price;
pub mod random;
pub mod retry;
pub mod secret;
pub mod sha256;
pub mod simulator;
pub mod storage;
pub mod telegram;
mod text;
pub mod time;
pub mod versioned;
pub mod words;

/// On wasm32 every `#[test]` of this crate is a `wasm_bindgen_test`: each test module imports this name.
#[cfg(all(test, target_arch = "wasm32"))]
pub(crate) use wasm_bindgen_test::wasm_bindgen_test as test;
