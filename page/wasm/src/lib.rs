//! The check of photos in the browser, on the product's own core: nothing is uploaded that the server would refuse, and
//! what is uploaded is clean already. Runs in a Web Worker (page/checker.js).

mod report;

use likeness_core::{
    limits::PhotoLimits,
    photo::{FaceFinder, Normalise as _, NormalisedPhoto, Normaliser, PhotoProblem, report::PhotoReport},
    words::Audience,
};
use wasm_bindgen::prelude::wasm_bindgen;

/// The most memory in bytes that one photo may take here. A browser gives a module up to 4 GB and a phone far less;
/// a photo that needs more is made smaller first.
const MEMORY: u64 = 400_000_000;

/// The result of a look at a photo: the clean photo and its report, or the reason why it cannot be used.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Checked {
    photo: Result<NormalisedPhoto, PhotoProblem>,
    report: Option<PhotoReport>,
}

/// Checks a photo as the server would, and makes the clean photo.
#[wasm_bindgen]
#[must_use]
pub fn check(bytes: &[u8]) -> Checked {
    let limits = PhotoLimits::default();
    let limits = PhotoLimits { max_memory: limits.max_memory.min(MEMORY), ..limits };
    let photo = Normaliser::default().with_previews().normalise(bytes, &limits);
    let report = photo.as_ref().ok().and_then(|photo| {
        let preview = photo.preview()?;
        let faces = FaceFinder::default().faces(preview);
        Some(PhotoReport::of(preview, (photo.width(), photo.height()), Some(faces)))
    });
    Checked { photo, report }
}

#[wasm_bindgen]
impl Checked {
    /// Returns the stable code of the reason; nothing for a good photo.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn code(&self) -> Option<String> {
        self.photo.as_ref().err().map(|problem| problem.code().to_owned())
    }

    /// Returns the reason in a sentence; nothing for a good photo.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        self.photo.as_ref().err().map(ToString::to_string)
    }

    /// Returns the next step in a sentence; nothing for a good photo.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        self.photo.as_ref().err().map(|problem| problem.advice(Audience::Api).to_owned())
    }

    /// Returns the report on the photo's looks as JSON; nothing for a photo that cannot be used, or has no preview.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn report(&self) -> Option<String> {
        self.report.as_ref().map(report::json)
    }

    /// Returns length and CRC-32 of the clean photo, equal for equal photos; nothing for a photo that cannot be used.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn sum(&self) -> Option<String> {
        self.photo.as_ref().ok().map(|photo| format!("{}-{:08x}", photo.jpeg().len(), photo.crc32()))
    }

    /// Returns width and height of the clean photo in pixels; nothing for a photo that cannot be used.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn size(&self) -> Vec<u32> {
        self.photo.as_ref().map_or_else(|_| Vec::new(), |photo| vec![photo.width(), photo.height()])
    }

    /// Lists the changes that made the photo clean, in sentences.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn changes(&self) -> Vec<String> {
        let changes = self.photo.as_ref().map(NormalisedPhoto::changes).unwrap_or_default();
        changes.iter().map(ToString::to_string).collect()
    }

    /// Takes the clean photo out of the module's memory; nothing for a photo that cannot be used.
    #[must_use]
    pub fn jpeg(self) -> Option<Vec<u8>> {
        self.photo.ok().map(NormalisedPhoto::into_jpeg)
    }
}

#[cfg(all(test, target_arch = "wasm32"))]
mod tests {
    use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

    use super::check;
    use likeness_core::simulator::drawing;

    wasm_bindgen_test_configure!(run_in_dedicated_worker);

    fn photo() -> Vec<u8> {
        drawing::jpeg(&drawing::portrait(1, 1, 640, 800), 640, 800).expect("a photo")
    }

    #[test]
    fn a_good_photo_comes_back_clean() {
        let found = check(&photo());
        assert_eq!((found.code(), found.sentence(), found.advice()), (None, None, None));
        let (size, sum) = (found.size(), found.sum().expect("a sum"));
        assert_eq!(size, [640, 800]);
        let clean = found.jpeg().expect("a clean photo");
        assert!(sum.starts_with(&format!("{}-", clean.len())), "{sum}");
        assert_eq!(check(&clean).size(), size);
    }

    #[test]
    fn a_bad_photo_comes_back_with_reason_and_advice() {
        let photo = photo();
        let found = check(&photo[..photo.len() / 2]);
        assert_eq!(found.code().as_deref(), Some("photo.truncated"));
        assert!(found.sentence().is_some() && found.advice().is_some());
        assert_eq!((found.size(), found.sum(), found.jpeg()), (Vec::new(), None, None));
    }
}
