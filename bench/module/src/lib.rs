//! The JPEG engine as a WebAssembly module.

use likeness_jpeg::{Jpeg, Orientation, Output, Quantisation, Recoding, Scale, Workspace};
use wasm_bindgen::prelude::wasm_bindgen;

/// The engine, with the memory that it uses again.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Engine {
    workspace: Workspace,
    /// The last file that was written. Its memory is used again as well.
    file: Vec<u8>,
}

/// An output whose file grows by a fixed amount, so that memory holds at most that much more than the file.
struct Growing<'f>(&'f mut Vec<u8>);

impl Output for Growing<'_> {
    fn write(&mut self, bytes: &[u8]) {
        if self.0.capacity() - self.0.len() < bytes.len() {
            self.0.reserve_exact(bytes.len().max(1 << 20));
        }
        self.0.extend_from_slice(bytes);
    }
}

#[wasm_bindgen]
impl Engine {
    /// Makes an engine.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes the named way with a file. Returns the length of what was written, or an empty reason's negative stand-in.
    pub fn run(&mut self, way: &str, bytes: &[u8]) -> Result<usize, String> {
        self.file.clear();
        let quantisation = Quantisation::Quality95;
        let recoding = |recoding: Recoding| recoding;
        let read = || Jpeg::read(bytes);
        let done = match way {
            "keep" => read().and_then(|jpeg| jpeg.keep(&mut Growing(&mut self.file))),
            "requantise" => read().and_then(|jpeg| {
                let recoding = recoding(Recoding { quantisation, ..Recoding::default() });
                jpeg.recode(recoding, &mut self.workspace, &mut Growing(&mut self.file))
            }),
            "turn" => read().and_then(|jpeg| {
                let recoding =
                    recoding(Recoding { orientation: Orientation::Rotate90, ..Recoding::default() });
                jpeg.recode(recoding, &mut self.workspace, &mut Growing(&mut self.file))
            }),
            "turn_requantise" => read().and_then(|jpeg| {
                let recoding = recoding(Recoding {
                    orientation: Orientation::Rotate90,
                    quantisation,
                    ..Recoding::default()
                });
                jpeg.recode(recoding, &mut self.workspace, &mut Growing(&mut self.file))
            }),
            "half" => read().and_then(|jpeg| {
                let file = &mut self.file;
                jpeg.scale(Scale::Half, &mut self.workspace, |band| {
                    (0..band.rows()).for_each(|row| band.rgb(row, file));
                })
            }),
            _ => return Err(format!("{way} is not known")),
        };
        done.map(|()| self.file.len()).map_err(|error| error.to_string())
    }
}
