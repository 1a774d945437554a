//! A HEIF file whose headers have been read.

use std::borrow::Cow;

use heifer::heifer_isobmff::{
    HeifFile,
    boxes::{ColorInfo, ConstructionMethod, Property},
};

use crate::{
    bands::{Renderer, Wanted},
    boxes,
    colour::{Colours, Conversion, Described},
    error::{Error, Excess},
    forecast,
    hevc::Heifer,
    limits::{Limits, MAX_METADATA_ITEM},
    scale::Scale,
    tree::{self, Content, Picture, Walk},
};

/// A HEIF file whose headers have been read and found within the limits.
#[derive(Debug)]
pub struct Heic<'f> {
    bytes: &'f [u8],
    file: HeifFile<'f>,
    picture: Picture,
    alpha: Option<Picture>,
}

/// The facts in a file's headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// Width in pixels, cropped and upright.
    pub width: u32,
    /// Height in pixels, cropped and upright.
    pub height: u32,
    /// True if the stored pixels lie on a side, on their head, or mirrored.
    pub turned: bool,
    /// Width and height in pixels of the tiles; `None` for a picture that is coded in one piece.
    pub tile: Option<(u32, u32)>,
    /// Bits per sample: 8 to 12.
    pub bits: u8,
    /// Resolution of the colour differences.
    pub chroma: Chroma,
    /// True if pixels can be transparent.
    pub alpha: bool,
    /// True if an ICC profile is embedded.
    pub profile: bool,
}

/// The resolution of colour differences relative to the brightness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Chroma {
    /// Brightness alone (4:0:0).
    Grey,
    /// Half the width and half the height (4:2:0).
    Quarter,
    /// Half the width (4:2:2).
    HalfWidth,
    /// One colour sample for every pixel (4:4:4).
    Full,
}

/// The outcome of decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Conversion that the colours went through.
    pub colours: Colours,
    /// True if white shines through a pixel.
    pub see_through: bool,
}

/// Metadata beside the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Metadata<'f> {
    /// A block of EXIF, from its TIFF header on. Its orientation is not for the picture: HEIF has its own.
    Exif(Cow<'f, [u8]>),
    /// A packet of XMP.
    Xmp(Cow<'f, [u8]>),
    /// Metadata of another kind, or that could not be read.
    Other,
}

impl<'f> Heic<'f> {
    /// Reads a file's headers. The cost depends on their length alone, not on the size of the picture; the beginning of a
    /// file is enough if they are in it.
    pub fn read(bytes: &'f [u8], limits: &Limits) -> Result<Self, Error> {
        let bytes = boxes::counted(bytes)?;
        let file = HeifFile::parse(bytes).map_err(|error| tree::boxes(&error))?;
        check_extents(&file, bytes.len())?;
        let mut walk = Walk::new(&file, limits.max_pixels);
        let picture = walk.picture(file.primary_id)?;
        let alpha = match walk.alpha(&picture)? {
            // A canvas has taken its layers' opacity already.
            Some(_) if matches!(picture.content, Content::Overlay { .. }) => None,
            alpha => alpha,
        };
        Ok(Self { bytes, file, picture, alpha })
    }

    /// Returns the facts in the headers.
    #[must_use]
    pub fn info(&self) -> Info {
        let (width, height) = self.picture.upright.size();
        let coded = self.picture.first_coded().map(|(_, coded)| coded);
        let chroma = match coded.map(|coded| coded.chroma) {
            Some(0) => Chroma::Grey,
            Some(2) => Chroma::HalfWidth,
            Some(3) => Chroma::Full,
            _ => Chroma::Quarter,
        };
        let tile = match self.picture.content {
            Content::Grid { tile, .. } => Some(tile),
            Content::Coded(_) | Content::Overlay { .. } => None,
        };
        Info {
            width,
            height,
            turned: self.picture.upright.turns(),
            tile,
            bits: coded.map_or(8, |coded| coded.bits),
            chroma,
            alpha: self.alpha.is_some(),
            profile: matches!(self.described(), Described::Icc(_)),
        }
    }

    /// Computes the most memory in bytes that decoding at this scale takes, beside the file's own bytes.
    #[must_use]
    pub fn memory(&self, scale: Scale) -> u64 {
        forecast::memory(
            &self.picture,
            self.alpha.as_ref(),
            scale,
            self.bytes.len() as u64,
            self.file.items.len() as u64,
        )
    }

    /// Lists the metadata of all pictures in the file.
    pub fn metadata(&self) -> impl Iterator<Item = Metadata<'f>> {
        self.file.items.iter().filter_map(|item| {
            let xmp = item.content_type.as_deref() == Some("application/rdf+xml");
            let read = || {
                let length = item.location.iter().flat_map(|location| &location.extents);
                let length = length.map(|extent| extent.length).fold(0, u64::saturating_add);
                let data = tree::item_data(&self.file, item.id).ok()?;
                (length <= MAX_METADATA_ITEM as u64 && data.len() <= MAX_METADATA_ITEM).then_some(data)
            };
            match &item.item_type.0 {
                b"Exif" => Some(read().and_then(tiff).map_or(Metadata::Other, Metadata::Exif)),
                b"mime" if xmp => Some(read().map_or(Metadata::Other, Metadata::Xmp)),
                b"mime" | b"uri " => Some(Metadata::Other),
                _ => None,
            }
        })
    }

    /// Decodes the picture: upright, over white, in sRGB, eight bits a sample, at a fraction of its size. `each` gets rows
    /// from top to bottom, some at a time, with three bytes a pixel; whatever came before an error is to be thrown away.
    ///
    /// The width and height are those of [`Heic::info`] at the scale. A crop that does not begin at a multiple of the
    /// scale's divisor is moved there, by less than a pixel of the smaller picture.
    pub fn decode(&self, scale: Scale, mut each: impl FnMut(&[u8])) -> Result<Outcome, Error> {
        let renderer = Renderer { file: &self.file, decoder: &Heifer };
        let divisor = scale.divisor();
        let coded = self.picture.first_coded().map(|(_, coded)| coded);
        let plain = match &self.picture.content {
            Content::Coded(_) => true,
            Content::Grid { tiles, .. } => tiles.iter().all(Picture::is_plain),
            Content::Overlay { .. } => false,
        };
        // Pictures in pictures come as eight bits.
        let stored = if plain && !crate::bands::whole(&self.picture, divisor) {
            coded.map_or(8, |coded| coded.bits)
        } else {
            8
        };
        let grey = coded.is_some_and(|coded| coded.chroma == 0);
        let (conversion, colours) = Conversion::new(self.described(), grey, stored.clamp(8, 12));
        let wanted = Wanted { divisor, conversion: &conversion, bits: conversion.bits(stored.clamp(8, 12)) };
        let Some(alpha) = &self.alpha else {
            renderer.bands(&self.picture, wanted, &mut |rows| each(rows))?;
            return Ok(Outcome { colours, see_through: false });
        };
        let opacity = renderer.opacity(&self.picture, alpha, divisor)?;
        let premultiplied = self.file.referenced_items(self.picture.item, b"prem").contains(&alpha.item);
        let (width, height) = self.picture.upright.scaled(divisor).size();
        let size = [width, height].map(|side| usize::try_from(side).unwrap_or(usize::MAX));
        let mut first = 0;
        renderer.bands(&self.picture, wanted, &mut |rows| {
            opacity.lay_on_white(rows, first, (size[0], size[1]), premultiplied);
            first += rows.len() / (size[0].max(1) * 3);
            each(rows);
        })?;
        Ok(Outcome { colours, see_through: opacity.see_through() })
    }

    /// Finds the description of the picture's colours. A profile goes before numbers, and those of a grid before those of
    /// its tiles.
    fn described(&self) -> Described<'_> {
        let items = [
            Some(self.file.primary_id),
            Some(self.picture.item),
            self.picture.first_coded().map(|(item, _)| item),
        ];
        let all = || {
            let properties =
                items.into_iter().flatten().filter_map(|item| self.file.item_properties(item).ok());
            properties.flatten().filter_map(|property| match property {
                Property::Color(colour) => Some(colour),
                _ => None,
            })
        };
        let icc = all().find_map(|colour| match colour {
            ColorInfo::Icc(icc) if !icc.is_empty() => Some(Described::Icc(icc)),
            _ => None,
        });
        let coded = all().find_map(|colour| match *colour {
            ColorInfo::Nclx { primaries, transfer, .. } => Some(Described::Coded { primaries, transfer }),
            ColorInfo::Icc(_) => None,
        });
        icc.or(coded).or_else(|| self.described_inside()).unwrap_or(Described::Not)
    }

    /// Reads the description inside the coded picture: some cameras write colours of high dynamic range only there.
    fn described_inside(&self) -> Option<Described<'_>> {
        let (item, _) = self.picture.first_coded()?;
        let sets = &self.file.hevc_config(item).ok()??.nal_units;
        let vui = crate::hevc::parameters(sets).ok()??.vui?;
        let (primaries, transfer) = (vui.colour_primaries.into(), vui.transfer_characteristics.into());
        Some(Described::Coded { primaries, transfer })
    }
}

/// Refuses items that share more of the file's bytes than metadata may: each would be read again and again.
fn check_extents(file: &HeifFile<'_>, length: usize) -> Result<(), Error> {
    let length = length as u64;
    let mut all = 0_u64;
    for location in file.items.iter().filter_map(|item| item.location.as_ref()) {
        if location.construction_method == ConstructionMethod::Item {
            continue;
        }
        for extent in &location.extents {
            let rest = length.saturating_sub(extent.offset);
            all = all.saturating_add(if extent.length == 0 { rest } else { extent.length.min(rest) });
        }
    }
    if all > length.saturating_mul(2) { Err(Excess::Boxes.into()) } else { Ok(()) }
}

/// Returns a block of EXIF from its TIFF header on, which the item says the place of (ISO/IEC 23008-12, annex A.2.1).
fn tiff(data: Cow<'_, [u8]>) -> Option<Cow<'_, [u8]>> {
    let offset = u32::from_be_bytes(*data.first_chunk()?);
    let from = usize::try_from(offset).ok()?.checked_add(4)?;
    let is_tiff = |from: usize| {
        data.get(from..).is_some_and(|tiff| tiff.starts_with(b"II*\0") || tiff.starts_with(b"MM\0*"))
    };
    let from = [from, from.saturating_add(6)].into_iter().find(|from| is_tiff(*from))?;
    Some(match data {
        Cow::Borrowed(data) => Cow::Borrowed(data.get(from..)?),
        Cow::Owned(data) => Cow::Owned(data.get(from..)?.to_vec()),
    })
}
