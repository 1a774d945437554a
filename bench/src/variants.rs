//! Variants of a folder's photos, one folder for each kind that the table speaks of.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use heifer::EncodeOptions;
use likeness_core::{
    limits::PhotoLimits,
    photo::{Normalise as _, Normaliser, PhotoForm, Reencode, Way},
};
use moxcms::ColorProfile;
use turbojpeg::PixelFormat;

use crate::exif;

/// The kinds of photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Baseline JPEGs, upright, in sRGB.
    Upright,
    /// The same, to be turned by 90 degrees.
    Turned,
    /// Progressive JPEGs.
    Progressive,
    /// Baseline JPEGs whose profile is Display P3.
    Profiled,
    /// PNGs of 8 bits.
    Png,
    /// The same PNGs, whose profile is Display P3.
    ProfiledPng,
    /// WebPs, most of them lossy.
    WebP,
    /// HEICs of tiles, as phones make them.
    Heic,
    /// HEICs in one piece, whose profile is Display P3.
    ProfiledHeic,
}

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::Upright,
        Self::Turned,
        Self::Progressive,
        Self::Profiled,
        Self::Png,
        Self::ProfiledPng,
        Self::WebP,
        Self::Heic,
        Self::ProfiledHeic,
    ];

    fn folder(self) -> &'static str {
        match self {
            Self::Upright => "upright",
            Self::Turned => "turned",
            Self::Progressive => "progressive",
            Self::Profiled => "profiled",
            Self::Png => "png",
            Self::ProfiledPng => "profiled-png",
            Self::WebP => "webp",
            Self::Heic => "heic",
            Self::ProfiledHeic => "profiled-heic",
        }
    }

    /// Lists the photos of this kind in the folder of variants.
    pub fn photos(self, variants: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
        let entries = fs::read_dir(variants.join(self.folder()))?.collect::<Result<Vec<_>, _>>()?;
        let mut photos: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
        photos.sort();
        Ok(photos)
    }
}

/// The limits of the bench: any photo of the folder will do.
pub fn limits() -> PhotoLimits {
    PhotoLimits { min_side: 16, ..PhotoLimits::default() }
}

/// Makes all variants anew. `maker` is the program that encodes what Rust's crates do not.
pub fn make(folder: &Path, variants: &Path, maker: &Path) -> Result<(), Box<dyn Error>> {
    if variants.exists() {
        fs::remove_dir_all(variants)?;
    }
    for kind in Kind::ALL {
        fs::create_dir_all(variants.join(kind.folder()))?;
    }
    let profile = variants.join("display-p3.icc");
    fs::write(&profile, ColorProfile::new_display_p3().encode()?)?;
    let mut photos =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    photos.sort();
    let lossless = PhotoForm { reencode: Reencode::WhenNeeded, ..PhotoForm::default() };
    for photo in photos {
        let (Ok(bytes), Some(name)) = (fs::read(&photo), photo.file_name()) else { continue };
        let place = |kind: Kind| variants.join(kind.folder()).join(name);
        let upright = if bytes.starts_with(b"\xff\xd8") { exif::upright(&bytes) } else { bytes.clone() };
        match Normaliser::new(lossless).normalise(&upright, &limits()) {
            Ok(clean) if clean.way() == Way::Kept => {
                fs::write(place(Kind::Upright), &upright)?;
                fs::write(place(Kind::Turned), exif::turned(&upright, 6))?;
            }
            Ok(_) if bytes.starts_with(b"\x89PNG") => fs::write(place(Kind::Png), &bytes)?,
            Ok(_) if bytes.starts_with(b"RIFF") => fs::write(place(Kind::WebP), &bytes)?,
            Ok(_) => {}
            Err(problem) => eprintln!("{}: {problem}", photo.display()),
        }
    }
    for photo in Kind::Upright.photos(variants)? {
        let Some(name) = photo.file_name() else { continue };
        let picture = turbojpeg::decompress(&fs::read(&photo)?, PixelFormat::RGB)?;
        if picture.width * picture.height <= MOST_PIXELS {
            let (width, height) = (picture.width.try_into()?, picture.height.try_into()?);
            let heic = heifer::encode_rgb8(width, height, &picture.pixels, &EncodeOptions::default())?;
            fs::write(variants.join(Kind::Heic.folder()).join(name).with_extension("heic"), heic)?;
        }
    }
    let made = Command::new(maker).arg(variants).arg(&profile).status()?;
    if made.success() { Ok(()) } else { Err("the variants could not be made".into()) }
}

/// Photos with more pixels are not made HEICs, which takes long.
const MOST_PIXELS: usize = 13_000_000;
