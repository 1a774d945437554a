//! Pictures of a file: coded ones, and grids and overlays made of others, with all claims checked before anything is
//! decoded.

use std::borrow::Cow;

use heifer::heifer_isobmff::{
    self as isobmff, FourCC, HeifFile, ItemId,
    boxes::{ColorInfo, ConstructionMethod, Property},
};

use crate::{
    error::{Damage, Error, Excess, Unsupported},
    hevc::{Bitstream, parameters},
    limits::{MAX_DEPTH, MAX_ITEMS, MIN_TILE, most_decoded},
    planes::Matrix,
    upright::{Aperture, Upright},
};

/// A picture, and the way from its pixels to upright ones.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    /// The item that has the pixels, not one that only lays them down anew (`iden`).
    pub(crate) item: ItemId,
    /// Width and height as stored.
    pub(crate) size: (u32, u32),
    pub(crate) upright: Upright,
    pub(crate) content: Content,
}

/// The content of a picture.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A picture coded as HEVC.
    Coded(Coded),
    /// Tiles of one size, from left to right and from top to bottom; those at the right and at the bottom reach beyond
    /// the picture.
    Grid { columns: u32, tile: (u32, u32), tiles: Vec<Picture> },
    /// Pictures that lie on a canvas of one colour.
    Overlay { fill: [u16; 4], layers: Vec<Layer> },
}

/// A picture that lies on a canvas.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) picture: Picture,
    pub(crate) alpha: Option<Box<Picture>>,
    /// Distances of its upper left corner from the canvas's.
    pub(crate) right: i64,
    pub(crate) down: i64,
}

/// The sampling of a coded picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Coded {
    /// Bits of a sample.
    pub(crate) bits: u8,
    /// Chroma format: 0 is grey, 1 is 4:2:0, 2 is 4:2:2, 3 is 4:4:4.
    pub(crate) chroma: u8,
}

/// The walk through the items of a file.
#[derive(Debug)]
pub(crate) struct Walk<'w, 'f> {
    file: &'w HeifFile<'f>,
    max_pixels: u64,
    /// Pictures that may still be found.
    pictures: u32,
    /// Pixels that may still have to be decoded; set by the outermost picture.
    pixels: Option<u64>,
}

impl<'w, 'f> Walk<'w, 'f> {
    pub(crate) fn new(file: &'w HeifFile<'f>, max_pixels: u64) -> Self {
        Self { file, max_pixels, pictures: MAX_ITEMS, pixels: None }
    }

    /// Finds a picture and those that it is made of.
    pub(crate) fn picture(&mut self, item: ItemId) -> Result<Picture, Error> {
        self.at(item, 0)
    }

    /// Finds the opacity of a picture, which has as many pixels to decode as the picture claims.
    pub(crate) fn alpha(&mut self, picture: &Picture) -> Result<Option<Picture>, Error> {
        let Some(item) = alpha_of(self.file, picture.item) else { return Ok(None) };
        self.pixels = Some(most_decoded(area(picture.size)));
        self.at(item, 0).map(Some)
    }

    fn at(&mut self, item: ItemId, depth: u32) -> Result<Picture, Error> {
        if depth > MAX_DEPTH {
            return Err(Damage::References.into());
        }
        self.pictures = self.pictures.checked_sub(1).ok_or(Excess::Boxes)?;
        let kind = self.file.item(item).map_err(|error| boxes(&error))?.item_type;
        let mut picture = match &kind.0 {
            b"hvc1" | b"hev1" => self.coded(item)?,
            b"grid" => self.grid(item, depth)?,
            b"iovl" => self.overlay(item, depth)?,
            b"iden" => match self.file.referenced_items(item, b"dimg") {
                [source] => self.at(*source, depth + 1)?,
                _ => return Err(Damage::References.into()),
            },
            _ => return Err(refused(kind).into()),
        };
        self.transform(item, &mut picture)?;
        Ok(picture)
    }

    fn transform(&self, item: ItemId, picture: &mut Picture) -> Result<(), Error> {
        for property in self.file.item_properties(item).map_err(|error| boxes(&error))? {
            match *property {
                Property::Rotation(quarters) => (0..quarters).for_each(|_| picture.upright.turn()),
                Property::Mirror(top_and_bottom) => picture.upright.mirror(top_and_bottom),
                Property::CleanAperture { width, height, horiz_offset, vert_offset } => {
                    picture.upright.cut(&Aperture {
                        width,
                        height,
                        right: horiz_offset,
                        down: vert_offset,
                    })?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Checks a size, and takes pixels from those that may be decoded.
    fn claim(&mut self, size: (u32, u32), decoded: u64) -> Result<(), Error> {
        if size.0 == 0 || size.1 == 0 {
            return Err(Damage::Size.into());
        }
        let claimed = area(size);
        if claimed > self.max_pixels {
            return Err(Excess::Pixels.into());
        }
        let left = self.pixels.unwrap_or(most_decoded(claimed));
        self.pixels = Some(left.checked_sub(decoded).ok_or(Excess::Pixels)?);
        Ok(())
    }

    fn coded(&mut self, item: ItemId) -> Result<Picture, Error> {
        let config = self.file.hevc_config(item).map_err(|error| boxes(&error))?.ok_or(Damage::Boxes)?;
        let mut coded =
            Coded { bits: config.bit_depth_luma.max(config.bit_depth_chroma), chroma: config.chroma_format };
        let told = self.file.image_size(item).map_err(|error| boxes(&error))?;
        let size = if let Some(size) = told {
            size
        } else {
            let sps = parameters(&config.nal_units)?.ok_or(Damage::Size)?;
            coded.chroma = sps.chroma_format_idc;
            sps.output_size()
        };
        self.claim(size, area(size))?;
        Ok(Picture { item, size, upright: Upright::whole(size), content: Content::Coded(coded) })
    }

    fn grid(&mut self, item: ItemId, depth: u32) -> Result<Picture, Error> {
        let data = item_data(self.file, item)?;
        let grid = isobmff::boxes::Grid::parse(&data).map_err(|error| boxes(&error))?;
        let size = (grid.output_width, grid.output_height);
        self.claim(size, 0)?;
        let (columns, rows) = (u32::from(grid.columns), u32::from(grid.rows));
        let items = self.file.referenced_items(item, b"dimg");
        if u32::try_from(items.len()).ok() != Some(columns * rows) {
            return Err(Damage::Grid.into());
        }
        let mut tiles: Vec<Picture> = Vec::new();
        let mut tile = (0, 0);
        for (at, item) in (0..columns * rows).zip(items) {
            let (column, row) = (at % columns, at / columns);
            // Tiles beyond the picture need not be looked at, let alone be decoded.
            let outside =
                |side: u32, place: u32, step: u32| u64::from(place) * u64::from(step) >= u64::from(side);
            if at > 0 && outside(size.0, column, tile.0) {
                continue;
            }
            if at > 0 && outside(size.1, row, tile.1) {
                break;
            }
            let picture = self.at(*item, depth + 1)?;
            if at == 0 {
                tile = picture.upright.size();
            } else if tile != picture.upright.size() {
                return Err(Damage::Grid.into());
            }
            tiles.push(picture);
        }
        let (across, down) = (size.0.div_ceil(tile.0.max(1)), size.1.div_ceil(tile.1.max(1)));
        if across > columns || down > rows || u32::try_from(tiles.len()).ok() != across.checked_mul(down) {
            return Err(Damage::Grid.into());
        }
        if tiles.len() > 1 && (tile.0 < MIN_TILE || tile.1 < MIN_TILE) {
            return Err(Damage::Grid.into());
        }
        let content = Content::Grid { columns: across, tile, tiles };
        Ok(Picture { item, size, upright: Upright::whole(size), content })
    }

    fn overlay(&mut self, item: ItemId, depth: u32) -> Result<Picture, Error> {
        let data = item_data(self.file, item)?;
        let mut fields = Fields { bytes: &data, wide: data.get(1).is_some_and(|flags| flags & 1 != 0) };
        if fields.take::<2>()?[0] != 0 {
            return Err(Unsupported::Other.into());
        }
        let mut fill = [0; 4];
        for level in &mut fill {
            *level = u16::from_be_bytes(fields.take()?);
        }
        let size = (fields.unsigned()?, fields.unsigned()?);
        // A canvas on a canvas is filled and laid down as if it were decoded.
        self.claim(size, if depth > 0 { area(size) } else { 0 })?;
        let mut layers = Vec::new();
        for item in self.file.referenced_items(item, b"dimg") {
            let (right, down) = (fields.signed()?, fields.signed()?);
            let picture = self.at(*item, depth + 1)?;
            let alpha = match alpha_of(self.file, picture.item) {
                Some(alpha) => Some(Box::new(self.at(alpha, depth + 1)?)),
                None => None,
            };
            layers.push(Layer { picture, alpha, right, down });
        }
        let content = Content::Overlay { fill, layers };
        Ok(Picture { item, size, upright: Upright::whole(size), content })
    }
}

impl Picture {
    /// Returns the first coded picture that this one is made of.
    pub(crate) fn first_coded(&self) -> Option<(ItemId, Coded)> {
        match &self.content {
            Content::Coded(coded) => Some((self.item, *coded)),
            Content::Grid { tiles, .. } => tiles.first()?.first_coded(),
            Content::Overlay { layers, .. } => layers.first()?.picture.first_coded(),
        }
    }

    /// Tells whether the picture is a coded one whose pixels are used as stored.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.content, Content::Coded(_)) && self.upright == Upright::whole(self.size)
    }

    /// Returns the size of the picture's tiles, and their number across; of one that is no grid, its own.
    pub(crate) fn tiles(&self) -> ((u32, u32), u32) {
        match &self.content {
            Content::Grid { columns, tile, .. } => (*tile, *columns),
            Content::Coded(_) | Content::Overlay { .. } => (self.size, 1),
        }
    }
}

/// Returns the picture's bitstream from the file.
pub(crate) fn with_bitstream<T>(
    file: &HeifFile<'_>,
    item: ItemId,
    decode: impl FnOnce(&Bitstream<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let config = file.hevc_config(item).map_err(|error| boxes(&error))?.ok_or(Damage::Boxes)?;
    let units = item_data(file, item)?;
    decode(&Bitstream { sets: &config.nal_units, units: &units, length: config.nal_length_size.into() })
}

/// Reads an item's bytes. Items that are made of others' bytes are not read: no camera writes them.
pub(crate) fn item_data<'f>(file: &HeifFile<'f>, item: ItemId) -> Result<Cow<'f, [u8]>, Error> {
    let location =
        file.item(item).map_err(|error| boxes(&error))?.location.as_ref().ok_or(Damage::References)?;
    if location.construction_method == ConstructionMethod::Item {
        return Err(Unsupported::Other.into());
    }
    file.item_data(item).map_err(|error| match error {
        isobmff::Error::UnexpectedEof => Error::Truncated,
        error => boxes(&error),
    })
}

/// Returns the matrix that an item is said to have been made with.
pub(crate) fn matrix_of(file: &HeifFile<'_>, item: ItemId) -> Option<Matrix> {
    file.item_properties(item).ok()?.find_map(|property| match property {
        Property::Color(ColorInfo::Nclx { matrix, full_range, .. }) => {
            Some(Matrix { coefficients: *matrix, full_range: *full_range })
        }
        _ => None,
    })
}

/// Returns the item that has a picture's opacity (ISO/IEC 23008-12, 6.4.3 and annex B.2.4).
pub(crate) fn alpha_of(file: &HeifFile<'_>, item: ItemId) -> Option<ItemId> {
    let names = ["urn:mpeg:hevc:2015:auxid:1", "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"];
    let is_alpha = |property: &Property| matches!(property, Property::AuxiliaryType(name) if names.contains(&name.as_str()));
    let auxiliary = file.referencing_items(item, b"auxl");
    auxiliary.into_iter().find(|item| file.item_properties(*item).is_ok_and(|mut all| all.any(is_alpha)))
}

/// Returns the error of a container that could not be read.
pub(crate) fn boxes(error: &isobmff::Error) -> Error {
    match error {
        isobmff::Error::UnknownItem(_) => Damage::References.into(),
        isobmff::Error::Unimplemented(_) => Unsupported::Other.into(),
        isobmff::Error::UnexpectedEof
        | isobmff::Error::InvalidBoxSize { .. }
        | isobmff::Error::MissingBox(_)
        | isobmff::Error::InvalidBox { .. } => Damage::Boxes.into(),
    }
}

/// Names the coding of a picture that is not decoded.
fn refused(kind: FourCC) -> Unsupported {
    match &kind.0 {
        b"av01" => Unsupported::Avif,
        b"avc1" => Unsupported::Avc,
        b"j2k1" => Unsupported::Jpeg2000,
        _ => Unsupported::Other,
    }
}

fn area((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}

/// Fields of an overlay, of 2 or 4 bytes each.
#[derive(Debug)]
struct Fields<'d> {
    bytes: &'d [u8],
    wide: bool,
}

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (field, rest) = self.bytes.split_first_chunk::<N>().ok_or(Damage::Boxes)?;
        self.bytes = rest;
        Ok(*field)
    }

    fn unsigned(&mut self) -> Result<u32, Error> {
        Ok(if self.wide { u32::from_be_bytes(self.take()?) } else { u16::from_be_bytes(self.take()?).into() })
    }

    fn signed(&mut self) -> Result<i64, Error> {
        Ok(if self.wide {
            i32::from_be_bytes(self.take()?).into()
        } else {
            i16::from_be_bytes(self.take()?).into()
        })
    }
}
