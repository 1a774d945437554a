//! Baseline JPEGs from coefficients to coefficients, with the engine that knows no pixels.

use likeness_jpeg::{Damage, Error, Grey, Jpeg, Output, Quantisation, Recoding, Workspace};

use super::{
    segments::{DAMAGED, TRUNCATED},
    walk,
    whole::End,
};
use crate::photo::{Orientation, PhotoProblem, Reencode, Unsupported, Way};

/// Predicts the memory in bytes that recoding takes, the new file included, from headers of which `bytes` may have no
/// more; `None` if the picture needs pixels.
pub(super) fn memory(bytes: &[u8], orientation: Orientation) -> Option<u64> {
    let (jpeg, wanted) = (Jpeg::read_headers(bytes).ok()?, always(orientation));
    jpeg.can_be_recoded(wanted).ok()?;
    Some(jpeg.memory(wanted) + jpeg.recoded_length(wanted, bytes.len() as u64))
}

/// Makes the upright picture of three components; `None` if only pixels will do.
pub(in crate::photo) fn recode(
    bytes: &[u8],
    orientation: Orientation,
    reencode: Reencode,
    workspace: &mut Workspace,
) -> Result<Option<(Vec<u8>, Way)>, PhotoProblem> {
    let wanted = Wanted { orientation, reencode };
    let mut recoded = wanted.of(bytes, workspace);
    if !matches!(recoded, Ok(_) | Err(Error::NeedsPixels(_))) {
        // A phone's film may stand behind a picture that lacks its end marker.
        let picture = End::find(bytes)?.picture(bytes, true);
        recoded = wanted.of(&picture, workspace);
        if recoded == Err(Damage::ExtraData.into())
            && let Some(picture) = without_padding(&picture)
        {
            recoded = wanted.of(picture, workspace);
        }
    }
    match recoded {
        Ok(recoded) => Ok(recoded),
        Err(Error::NeedsPixels(_)) => Ok(None),
        Err(error) => Err(problem(error)),
    }
}

/// Takes away the bytes that some cameras leave between the last unit and the marker behind it: a few, or zeros. `None`
/// if there are others, which are what a damaged code leaves: the codes after it did not come out even.
fn without_padding(bytes: &[u8]) -> Option<&[u8]> {
    const FEW: usize = 4;
    let (picture, rest) = bytes.split_at_checked(walk::end_of_picture(bytes).ok()?)?;
    let marker = rest.windows(2).position(|pair| pair[0] == 0xff && pair[1] != 0)?;
    let padding = rest.get(..marker)?;
    (marker <= FEW || padding.iter().all(|byte| *byte == 0)).then_some(picture)
}

/// Returns the recoding that serves all photos.
fn always(orientation: Orientation) -> Recoding {
    Recoding {
        orientation: orientation.into(),
        quantisation: Quantisation::NearQuality95,
        grey: Grey::ThreeComponents,
    }
}

/// The picture that is wanted.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    orientation: Orientation,
    reencode: Reencode,
}

impl Wanted {
    /// Recodes the picture, all of which is in `bytes`. There is none if the new file is longer than was predicted.
    fn of(self, bytes: &[u8], workspace: &mut Workspace) -> Result<Option<(Vec<u8>, Way)>, Error> {
        let jpeg = Jpeg::read(bytes)?;
        let (recoding, way) = self.recoding(&jpeg);
        let mut file = NewFile::of_at_most(jpeg.recoded_length(recoding, bytes.len() as u64));
        if way == Way::Kept {
            jpeg.keep(&mut file)?;
        } else {
            jpeg.recode(recoding, workspace, &mut file)?;
        }
        Ok(file.whole().map(|file| (file, way)))
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

fn problem(error: Error) -> PhotoProblem {
    use likeness_jpeg::Unsupported as Kind;

    let kind = match error {
        Error::Truncated => return TRUNCATED,
        Error::Unsupported(kind) => kind,
        Error::NotJpeg | Error::Damaged(_) | Error::NeedsPixels(_) => return DAMAGED,
    };
    let kind = match kind {
        Kind::Arithmetic => Unsupported::ArithmeticJpeg,
        Kind::Lossless => Unsupported::LosslessJpeg,
        Kind::Hierarchical => Unsupported::HierarchicalJpeg,
        Kind::Deep => Unsupported::DeepJpeg,
        Kind::Components => Unsupported::OddJpeg,
        Kind::LateHeight => Unsupported::LateHeightJpeg,
    };
    PhotoProblem::UnsupportedCoding { kind }
}

impl From<Orientation> for likeness_jpeg::Orientation {
    fn from(orientation: Orientation) -> Self {
        match orientation {
            Orientation::Upright => Self::Upright,
            Orientation::MirrorHorizontal => Self::MirrorHorizontal,
            Orientation::Rotate180 => Self::Rotate180,
            Orientation::MirrorVertical => Self::MirrorVertical,
            Orientation::Transpose => Self::Transpose,
            Orientation::Rotate90 => Self::Rotate90,
            Orientation::Transverse => Self::Transverse,
            Orientation::Rotate270 => Self::Rotate270,
        }
    }
}
