//! A writer of HEIF files of any shape, sound or not, from coded pictures of heifer's encoder.

use heifer::heifer_isobmff::{BoxIter, HeifFile};

/// Items, their properties and references, as they will lie in a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Muxer {
    pub(super) brand: Option<[u8; 4]>,
    pub(super) primary: u16,
    pub(super) items: Vec<Item>,
    pub(super) references: Vec<([u8; 4], u16, Vec<u16>)>,
    /// Boxes that take the place of those that would be written.
    pub(super) instead: Vec<Vec<u8>>,
}

/// An item; the first has number 1.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) kind: [u8; 4],
    pub(super) properties: Vec<Vec<u8>>,
    pub(super) data: Vec<u8>,
}

/// A coded picture.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) config: Vec<u8>,
    pub(super) data: Vec<u8>,
}

/// Writes a box.
pub(super) fn boxed(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).expect("a short box");
    [&length.to_be_bytes(), &kind, content].concat()
}

pub(super) fn ispe(width: u32, height: u32) -> Vec<u8> {
    boxed(*b"ispe", &[[0; 4], width.to_be_bytes(), height.to_be_bytes()].concat())
}

pub(super) fn nclx(primaries: u16, transfer: u16, matrix: u16) -> Vec<u8> {
    let codes = [primaries, transfer, matrix].map(u16::to_be_bytes).concat();
    boxed(*b"colr", &[b"nclx", codes.as_slice(), &[0x80]].concat())
}

pub(super) fn grid(columns: u8, rows: u8, width: u16, height: u16) -> Vec<u8> {
    [&[0, 0, rows - 1, columns - 1], width.to_be_bytes().as_slice(), &height.to_be_bytes()].concat()
}

/// Takes the coded picture out of a file that has one.
pub(super) fn piece(file: &[u8]) -> Piece {
    let parsed = HeifFile::parse(file).expect("a file");
    let data = parsed.item_data(parsed.primary_id).expect("data").into_owned();
    let at = file.windows(4).position(|kind| kind == b"hvcC").expect("a configuration");
    let config = BoxIter::new(&file[at - 4..]).next().expect("a box").expect("a whole box");
    Piece { config: boxed(*b"hvcC", config.content), data }
}

impl Muxer {
    /// Adds an item, and returns its number.
    pub(super) fn add(&mut self, kind: [u8; 4], properties: Vec<Vec<u8>>, data: Vec<u8>) -> u16 {
        self.items.push(Item { kind, properties, data });
        u16::try_from(self.items.len()).expect("few items")
    }

    /// Adds a coded picture of this size.
    pub(super) fn add_piece(&mut self, piece: &Piece, width: u32, height: u32, more: &[Vec<u8>]) -> u16 {
        let properties = [&[piece.config.clone(), ispe(width, height)], more].concat();
        self.add(*b"hvc1", properties, piece.data.clone())
    }

    pub(super) fn refer(&mut self, kind: [u8; 4], from: u16, to: &[u16]) {
        self.references.push((kind, from, to.to_vec()));
    }

    pub(super) fn finish(&self) -> Vec<u8> {
        let brand = self.brand.unwrap_or(*b"heic");
        let start = boxed(*b"ftyp", &[brand.as_slice(), &[0; 4], b"mif1", &brand].concat());
        // Places depend on the length of the box that tells them, so it is written twice.
        let meta = self.meta(0);
        let meta = self.meta(start.len() + meta.len() + 8);
        let data: Vec<u8> = self.items.iter().flat_map(|item| item.data.clone()).collect();
        [start, meta, boxed(*b"mdat", &data)].concat()
    }

    fn meta(&self, mut at: usize) -> Vec<u8> {
        let count = u16::try_from(self.items.len()).expect("few items").to_be_bytes();
        let (mut infos, mut places) =
            ([&[0; 4], count.as_slice()].concat(), [&[0, 0, 0, 0, 0x44, 0], count.as_slice()].concat());
        let (mut properties, mut associations) = (Vec::new(), [&[0; 4], [0; 2].as_slice(), &count].concat());
        let mut index = 0;
        for (id, item) in (1_u16..).zip(&self.items) {
            let id = id.to_be_bytes();
            infos
                .extend(boxed(*b"infe", &[&[2, 0, 0, 0], id.as_slice(), &[0, 0], &item.kind, &[0]].concat()));
            let [from, length] =
                [at, item.data.len()].map(|value| u32::try_from(value).expect("small").to_be_bytes());
            places.extend([id.as_slice(), &[0, 0, 0, 1], &from, &length].concat());
            at += item.data.len();
            associations.extend(id);
            associations.push(u8::try_from(item.properties.len()).expect("few properties"));
            for property in &item.properties {
                properties.extend_from_slice(property);
                index += 1;
                associations.push(index);
            }
        }
        let references = self.references.iter().flat_map(|(kind, from, to)| {
            let count = u16::try_from(to.len()).expect("few references");
            let ids: Vec<u8> = [*from, count].iter().chain(to).flat_map(|id| id.to_be_bytes()).collect();
            boxed(*kind, &ids)
        });
        let references: Vec<u8> = [0; 4].into_iter().chain(references).collect();
        let handler = [&[0; 8], b"pict".as_slice(), &[0; 13]].concat();
        let properties = [boxed(*b"ipco", &properties), boxed(*b"ipma", &associations)].concat();
        let primary = [&[0; 4], self.primary.to_be_bytes().as_slice()].concat();
        let mut boxes = vec![
            boxed(*b"hdlr", &handler),
            boxed(*b"pitm", &primary),
            boxed(*b"iloc", &places),
            boxed(*b"iinf", &infos),
            boxed(*b"iref", &references),
            boxed(*b"iprp", &properties),
        ];
        for instead in &self.instead {
            boxes.retain(|written| written[4..8] != instead[4..8]);
            boxes.push(instead.clone());
        }
        boxed(*b"meta", &[vec![0; 4], boxes.concat()].concat())
    }
}
