//! The product's core as a WebAssembly module.

use likeness_core::{
    limits::PhotoLimits,
    photo::{MaxSide, Normalise as _, Normaliser, PhotoForm, Reencode},
};
use wasm_bindgen::prelude::wasm_bindgen;

/// The core, with the memory that it uses again.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Core {
    normaliser: Normaliser,
}

#[wasm_bindgen]
impl Core {
    /// Makes a core.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a photo clean in the form of this name. Returns the length of the clean file.
    pub fn run(&mut self, way: &str, bytes: &[u8]) -> Result<usize, String> {
        let form = match way {
            "clean" => PhotoForm::default(),
            "lossless" => PhotoForm { reencode: Reencode::WhenNeeded, ..PhotoForm::default() },
            "to_1024" => PhotoForm { max_side: MaxSide::try_from(1024).ok(), ..PhotoForm::default() },
            _ => return Err(format!("{way} is not known")),
        };
        self.normaliser.set_form(form);
        let limits = PhotoLimits { min_side: 16, ..PhotoLimits::default() };
        let photo = self.normaliser.normalise(bytes, &limits);
        photo.map(|photo| photo.jpeg().len()).map_err(|problem| problem.to_string())
    }
}
