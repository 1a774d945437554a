//! A look at a file's boxes that counts them, before they are read into lists (ISO/IEC 14496-12, ISO/IEC 23008-12).

use heifer::heifer_isobmff::{BoxIter, RawBox, read_box_header};

use crate::{
    error::{Damage, Error, Excess, Unsupported},
    limits::{MAX_EXTENTS, MAX_ITEMS, MAX_META, MAX_REFERENCES, MAX_TOP_BOXES},
};

/// Returns the file without a box at its end that is cut off, or that is not one, once everything in it has been counted.
///
/// Items in the part left out are missed when they are read, so that headers can be read of the beginning of a file.
pub(crate) fn counted(bytes: &[u8]) -> Result<&[u8], Error> {
    if bytes.get(4..8) != Some(b"ftyp") {
        return Err(Error::NotHeif);
    }
    let (mut at, mut count, mut meta, mut film, mut cut) = (0, 0, None, false, false);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let Ok(header) = read_box_header(rest) else {
            cut = true;
            break;
        };
        let size = header.size.map_or(Some(rest.len()), |size| usize::try_from(size).ok());
        let Some(content) = size.and_then(|size| rest.get(..size)) else {
            cut = true;
            break;
        };
        count += 1;
        if count > MAX_TOP_BOXES {
            return Err(Excess::Boxes.into());
        }
        let start = usize::try_from(header.header_size).unwrap_or(usize::MAX);
        match &header.box_type.0 {
            b"meta" if meta.is_some() => return Err(Damage::Boxes.into()),
            b"meta" => meta = Some(content.get(start..).unwrap_or_default()),
            b"moov" => film = true,
            _ => {}
        }
        at += content.len();
    }
    match meta {
        Some(meta) => count_meta(meta)?,
        None if film || is_sequence(bytes) => return Err(Unsupported::Sequence.into()),
        None if cut => return Err(Error::Truncated),
        None => return Err(Damage::Boxes.into()),
    }
    Ok(bytes.get(..at).unwrap_or_default())
}

/// Tells whether the major brand is that of a sequence (ISO/IEC 23008-12, 10.3).
fn is_sequence(bytes: &[u8]) -> bool {
    matches!(bytes.get(8..12), Some(b"msf1" | b"hevc" | b"hevx" | b"heis" | b"hevm" | b"hevs" | b"avis"))
}

/// Iterates over boxes inside a box, each of them whole.
fn inside(content: &[u8]) -> impl Iterator<Item = Result<RawBox<'_>, Error>> {
    BoxIter::new(content).map(|found| found.map_err(|_| Damage::Boxes.into()))
}

fn count_meta(meta: &[u8]) -> Result<(), Error> {
    let mut seen: Vec<[u8; 4]> = Vec::new();
    let mut length = meta.len();
    for found in inside(meta.get(4..).ok_or(Damage::Boxes)?) {
        let found = found?;
        let kind = found.header.box_type.0;
        let content = found.content;
        if seen.len() > 64 {
            return Err(Excess::Boxes.into());
        }
        if seen.contains(&kind) && &kind != b"free" {
            return Err(Damage::Boxes.into());
        }
        seen.push(kind);
        match &kind {
            b"idat" => length -= content.len(),
            b"iinf" => {
                let from = if content.first() == Some(&0) { 6 } else { 8 };
                count_boxes(content.get(from..).ok_or(Damage::Boxes)?, MAX_ITEMS)?;
            }
            b"iloc" => count_locations(content).ok_or(Damage::Boxes)??,
            b"iref" => {
                if content.len() > MAX_REFERENCES {
                    return Err(Excess::Boxes.into());
                }
                count_boxes(content.get(4..).ok_or(Damage::Boxes)?, MAX_ITEMS)?;
            }
            b"iprp" => count_properties(content)?,
            _ => {}
        }
    }
    if length > MAX_META {
        return Err(Excess::Metadata.into());
    }
    Ok(())
}

fn count_boxes(content: &[u8], most: u32) -> Result<(), Error> {
    let mut count = 0;
    for found in inside(content) {
        found?;
        count += 1;
        if count > most {
            return Err(Excess::Boxes.into());
        }
    }
    Ok(())
}

fn count_properties(content: &[u8]) -> Result<(), Error> {
    let (mut containers, mut associations) = (0, 0);
    for found in inside(content) {
        let found = found?;
        match &found.header.box_type.0 {
            b"ipco" => {
                containers += 1;
                count_boxes(found.content, MAX_ITEMS)?;
            }
            b"ipma" => {
                let entries = found.content.get(4..).and_then(<[u8]>::first_chunk);
                let entries = entries.map(|entries| u32::from_be_bytes(*entries)).ok_or(Damage::Boxes)?;
                associations = u32::saturating_add(associations, entries);
            }
            _ => {}
        }
    }
    match (containers, associations) {
        (_, MAX_ITEMS..) if associations > MAX_ITEMS => Err(Excess::Boxes.into()),
        (0 | 1, _) => Ok(()),
        _ => Err(Damage::Boxes.into()),
    }
}

/// Counts the pieces of all items (ISO/IEC 14496-12, 8.11.3); `None` where the box ends too early. Sizes of zero make
/// pieces that take no room in the box.
fn count_locations(content: &[u8]) -> Option<Result<(), Error>> {
    let (version, sizes) = (content.first()?, content.get(4..6)?);
    let [sizes, more] = sizes else { return None };
    let (offset, length, base) = (sizes >> 4, sizes & 15, more >> 4);
    let index = if *version == 0 { 0 } else { more & 15 };
    let extent = usize::from(offset) + usize::from(length) + usize::from(index);
    let wide = *version >= 2;
    let (items, mut at) = if wide {
        (u32::from_be_bytes(*content.get(6..)?.first_chunk()?), 10)
    } else {
        (u32::from(u16::from_be_bytes(*content.get(6..)?.first_chunk()?)), 8)
    };
    if items > MAX_ITEMS {
        return Some(Err(Excess::Boxes.into()));
    }
    let head = if wide { 4 } else { 2 } + if *version == 0 { 2 } else { 4 } + usize::from(base);
    let mut extents = 0;
    for _ in 0..items {
        let count = u16::from_be_bytes(*content.get(at + head..)?.first_chunk()?);
        extents += u64::from(count);
        if extents > MAX_EXTENTS {
            return Some(Err(Excess::Boxes.into()));
        }
        at += head + 2 + usize::from(count) * extent;
    }
    (at <= content.len()).then_some(Ok(()))
}
