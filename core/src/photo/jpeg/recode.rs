//! Baseline JPEGs from coefficients to coefficients, with the engine that knows no pixels.

use likeness_jpeg::{Error, Grey, Jpeg, Output, Quantisation, Recoding, Workspace};

use super::of_whole_picture;
use crate::photo::{Orientation, PhotoProblem, Preview, Reencode, Way};

/// Predicts the memory in bytes that recoding takes, the new file and a preview included, from headers of which `bytes` may have no
/// more; `None` if the picture needs pixels.
pub(super) fn memory(bytes: &[u8], orientation: Orientation) -> Option<u64> {
    let (jpeg, wanted) = (Jpeg::read_headers(bytes).ok()?, always(orientation));
    jpeg.can_be_recoded(wanted).ok()?;
    Some(jpeg.memory(wanted) + jpeg.recoded_length(wanted, bytes.len() as u64) + jpeg.preview_memory())
}

/// Makes the upright picture of three components; `None` if only pixels will do.
pub(in crate::photo) fn recode(
    bytes: &[u8],
    wanted: Wanted,
    workspace: &mut Workspace,
) -> Result<Option<Recoded>, PhotoProblem> {
    Ok(of_whole_picture(bytes, |picture| wanted.of(picture, workspace))?.flatten())
}

/// Returns the recoding that serves all photos.
fn always(orientation: Orientation) -> Recoding {
    Recoding { orientation, quantisation: Quantisation::NearQuality95, grey: Grey::ThreeComponents }
}

/// The picture that is wanted.
#[derive(Clone, Copy, Debug)]
pub(in crate::photo) struct Wanted {
    pub(in crate::photo) orientation: Orientation,
    pub(in crate::photo) reencode: Reencode,
    pub(in crate::photo) preview: bool,
}

/// A picture that was recoded.
#[derive(Debug)]
pub(in crate::photo) struct Recoded {
    pub(in crate::photo) file: Vec<u8>,
    pub(in crate::photo) way: Way,
    /// Small picture, if one is wanted.
    pub(in crate::photo) preview: Option<Preview>,
}

impl Wanted {
    /// Recodes the picture, all of which is in `bytes`. There is none if the new file is longer than was predicted.
    fn of(self, bytes: &[u8], workspace: &mut Workspace) -> Result<Option<Recoded>, Error> {
        let jpeg = Jpeg::read(bytes)?;
        let (recoding, way) = self.recoding(&jpeg);
        let mut file = NewFile::of_at_most(jpeg.recoded_length(recoding, bytes.len() as u64));
        let preview = match (way, self.preview) {
            (Way::Kept, false) => jpeg.keep(&mut file).map(|()| None)?,
            (Way::Kept, true) => Some(jpeg.keep_with_preview(&mut file)?),
            (_, false) => jpeg.recode(recoding, workspace, &mut file).map(|()| None)?,
            (_, true) => Some(jpeg.recode_with_preview(recoding, workspace, &mut file)?),
        };
        let preview = preview.and_then(|drawn| Preview::new(drawn.width(), drawn.height(), drawn.into_rgb()));
        Ok(file.whole().map(|file| Recoded { file, way, preview }))
    }

    fn recoding(self, jpeg: &Jpeg<'_>) -> (Recoding, Way) {
        let always = always(self.orientation);
        let lossless = Recoding { quantisation: Quantisation::Stored, ..always };
        match self.reencode {
            Reencode::WhenNeeded if jpeg.can_be_recoded(lossless).is_ok() => match self.orientation {
                Orientation::Upright if jpeg.is_grey() => (lossless, Way::Requantised),
                Orientation::Upright => (lossless, Way::Kept),
                _ => (lossless, Way::Turned),
            },
            Reencode::WhenNeeded | Reencode::Always => (always, Way::Requantised),
        }
    }
}

/// A new file, up to the length that memory was planned for.
#[derive(Debug)]
struct NewFile {
    bytes: Vec<u8>,
    most: usize,
    is_longer: bool,
}

impl NewFile {
    fn of_at_most(most: u64) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Self { bytes: Vec::with_capacity(most), most, is_longer: false }
    }

    /// Returns the file, unless it is longer.
    fn whole(mut self) -> Option<Vec<u8>> {
        self.bytes.shrink_to_fit();
        (!self.is_longer).then_some(self.bytes)
    }
}

impl Output for NewFile {
    fn write(&mut self, bytes: &[u8]) {
        self.is_longer |= self.most - self.bytes.len() < bytes.len();
        if !self.is_longer {
            self.bytes.extend_from_slice(bytes);
        }
    }
}
