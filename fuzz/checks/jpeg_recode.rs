//! Any file, recoded in any way: refused as it is when kept, or made a sound file of the right size, and shown by an
//! upright preview. What is turned there and back without other steps is as it was.

use likeness_jpeg::{Error, Grey, Jpeg, Orientation, Quantisation, Recoding, Workspace};

fn recoded(jpeg: &Jpeg<'_>, recoding: Recoding, workspace: &mut Workspace) -> Result<Vec<u8>, Error> {
    let mut file = Vec::new();
    jpeg.recode(recoding, workspace, &mut file)?;
    Ok(file)
}

// The last byte chooses the way: what stands behind the picture means nothing, and every JPEG is a seed.
pub(crate) fn check(bytes: &[u8]) {
    let way = usize::from(bytes.last().copied().unwrap_or_default());
    let Ok(jpeg) = Jpeg::read(bytes) else { return };
    let orientation = Orientation::ALL[way % 8];
    let quantisation =
        [Quantisation::Stored, Quantisation::Quality95, Quantisation::NearQuality95][way / 8 % 3];
    let grey = if way >= 128 { Grey::ThreeComponents } else { Grey::OneComponent };
    let mut workspace = Workspace::default();
    let recoding = Recoding { orientation, quantisation, grey };
    let result = recoded(&jpeg, recoding, &mut workspace);
    assert!(workspace.bytes() as u64 <= jpeg.memory(recoding));
    let mut with_preview = Vec::new();
    let preview = jpeg.recode_with_preview(recoding, &mut workspace, &mut with_preview);
    assert_eq!(preview.as_ref().err(), result.as_ref().err());
    let file = match result {
        Ok(file) => file,
        Err(Error::NeedsPixels(_)) => return,
        Err(error) => {
            assert_eq!(jpeg.verify(), Err(error));
            return;
        }
    };
    assert!(with_preview == file);
    let preview = preview.expect("as the file");
    let stored = jpeg.keep_with_preview(&mut Vec::new()).expect("a sound file");
    let size = (stored.width(), stored.height());
    let turned = |(width, height)| if orientation.swaps_sides() { (height, width) } else { (width, height) };
    assert_eq!((preview.width(), preview.height()), turned(size));

    let read = Jpeg::read(&file).expect("our own headers");
    assert_eq!(read.verify(), Ok(()));
    assert_eq!((read.width(), read.height()), turned((jpeg.width(), jpeg.height())));
    let back = match orientation {
        Orientation::Rotate90 => Orientation::Rotate270,
        Orientation::Rotate270 => Orientation::Rotate90,
        own => own,
    };
    let as_stored = Recoding { grey, ..Recoding::default() };
    if quantisation == Quantisation::Stored
        && let Ok(there_and_back) =
            recoded(&read, Recoding { orientation: back, ..as_stored }, &mut workspace)
    {
        assert!(Ok(there_and_back) == recoded(&jpeg, as_stored, &mut workspace));
    }
}
