//! The two facts of XMP that matter here: the orientation, and whether there is a position.

use std::borrow::Cow;

use super::xml::{Event, Tag, Xml, split};
use crate::photo::{Metadata, Orientation};

/// The facts in a packet about the file that contains it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Xmp {
    /// `None` where there is no such property, or a number that it does not know.
    pub(super) orientation: Option<Orientation>,
    pub(super) metadata: Metadata,
}

impl Xmp {
    /// Reads a packet (ISO 16684-1, 7): `tiff:Orientation` as an attribute or as an element, whatever prefix stands
    /// for its namespace. An unreadable packet yields no facts.
    pub(super) fn read(packet: &[u8]) -> Self {
        let packet = to_bytes_of_ascii(packet);
        let mut reader = Reader::default();
        for event in Xml::new(&packet) {
            match event {
                Event::Start(tag) => {
                    if reader.start(tag).is_none() {
                        break;
                    }
                    if tag.empty {
                        reader.end();
                    }
                }
                Event::End => reader.end(),
                Event::Text(text) => reader.text(text),
            }
        }
        let metadata = if reader.located { Metadata::WithLocation } else { Metadata::Present };
        Self { orientation: reader.bound.or(reader.literal), metadata }
    }
}

/// The largest part of a packet in UTF-16 that is read, in characters. Packets have some kilobytes.
const MAX_UTF16: usize = 1 << 20;

/// Converts a packet in UTF-16 to one byte for each unit, `?` where that is not ASCII: no name or number that is
/// looked for holds others. Returns a packet in UTF-8 as it is.
fn to_bytes_of_ascii(packet: &[u8]) -> Cow<'_, [u8]> {
    let from: fn([u8; 2]) -> u16 = match packet {
        [0xfe, 0xff, ..] | [0, b'<', ..] => u16::from_be_bytes,
        [0xff, 0xfe, ..] | [b'<', 0, ..] => u16::from_le_bytes,
        _ => return Cow::Borrowed(packet),
    };
    let units = packet.as_chunks::<2>().0.iter().take(MAX_UTF16);
    let ascii = |unit: u16| u8::try_from(unit).ok().filter(u8::is_ascii).unwrap_or(b'?');
    Cow::Owned(units.map(|unit| ascii(from(*unit))).collect())
}

/// The largest number of prefixes that may be bound at once. Packets bind about a dozen.
const MAX_BINDINGS: usize = 256;

/// The namespaces that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Space {
    Rdf,
    Tiff,
    Exif,
    Other,
}

impl Space {
    fn of(address: &[u8]) -> Self {
        match address {
            b"http://www.w3.org/1999/02/22-rdf-syntax-ns#" => Self::Rdf,
            b"http://ns.adobe.com/tiff/1.0/" => Self::Tiff,
            b"http://ns.adobe.com/exif/1.0/" => Self::Exif,
            _ => Self::Other,
        }
    }

    /// Returns the namespace that a well-known prefix stands for where the packet does not bind it.
    fn usual(prefix: &[u8]) -> Self {
        match prefix {
            b"rdf" => Self::Rdf,
            b"tiff" => Self::Tiff,
            b"exif" => Self::Exif,
            _ => Self::Other,
        }
    }
}

struct Binding<'a> {
    depth: usize,
    prefix: &'a [u8],
    space: Space,
}

/// A walk through a packet.
///
/// Only properties of the file itself count: those of the nodes directly in `rdf:RDF`. Deeper nodes are about other
/// files, such as the parts of a collage.
#[derive(Default)]
struct Reader<'a> {
    depth: usize,
    bindings: Vec<Binding<'a>>,
    /// Depth of `rdf:RDF`.
    rdf: Option<usize>,
    /// Depth of the open node.
    node: Option<usize>,
    /// The open element `tiff:Orientation`.
    element: Option<Element>,
    /// Orientation under a prefix that is bound to TIFF's namespace.
    bound: Option<Orientation>,
    /// Orientation under the prefix `tiff` where no namespace is bound to it.
    literal: Option<Orientation>,
    located: bool,
}

struct Element {
    depth: usize,
    bound: bool,
    text: Vec<u8>,
}

/// The longest text of a number in bytes, with white space around it.
const MAX_NUMBER: usize = 64;

impl<'a> Reader<'a> {
    fn start(&mut self, tag: Tag<'a>) -> Option<()> {
        self.depth += 1;
        for (name, address) in tag.attributes() {
            let prefix = match name.strip_prefix(b"xmlns") {
                Some(b"") => b"".as_slice(),
                Some([b':', prefix @ ..]) => prefix,
                _ => continue,
            };
            if self.bindings.len() == MAX_BINDINGS {
                return None;
            }
            self.bindings.push(Binding { depth: self.depth, prefix, space: Space::of(address) });
        }
        let (space, local, bound) = self.resolve(tag.name);
        let above = self.depth - 1;
        if self.rdf.is_none() && space == Space::Rdf && local == b"RDF" {
            self.rdf = Some(self.depth);
        } else if self.node.is_none() && self.is_node(above, space, local) {
            self.node = Some(self.depth);
            for (name, value) in tag.attributes() {
                // Without a prefix an attribute belongs to no namespace.
                if name.contains(&b':') {
                    let (space, local, bound) = self.resolve(name);
                    self.located |= is_position(space, local);
                    if is_orientation(space, local) {
                        self.note(bound, value);
                    }
                }
            }
        } else if self.node == Some(above) {
            self.located |= is_position(space, local);
            if is_orientation(space, local) {
                self.element = Some(Element { depth: self.depth, bound, text: Vec::new() });
            }
        }
        Some(())
    }

    fn is_node(&self, above: usize, space: Space, local: &[u8]) -> bool {
        match self.rdf {
            Some(depth) => depth == above,
            None => space == Space::Rdf && local == b"Description",
        }
    }

    fn text(&mut self, text: &[u8]) {
        if let Some(element) = &mut self.element {
            let room = MAX_NUMBER.saturating_sub(element.text.len());
            element.text.extend_from_slice(text.get(..room).unwrap_or(text));
        }
    }

    fn end(&mut self) {
        if let Some(element) = self.element.take_if(|element| element.depth == self.depth) {
            self.note(element.bound, &element.text);
        }
        self.node.take_if(|depth| *depth == self.depth);
        self.rdf.take_if(|depth| *depth == self.depth);
        while self.bindings.pop_if(|binding| binding.depth == self.depth).is_some() {}
        self.depth = self.depth.saturating_sub(1);
    }

    fn note(&mut self, bound: bool, value: &[u8]) {
        let orientation = number(value).and_then(Orientation::from_exif);
        let noted = if bound { &mut self.bound } else { &mut self.literal };
        *noted = noted.or(orientation);
    }

    /// Resolves a name to its namespace, its part behind the prefix, and whether the packet itself bound the
    /// prefix.
    fn resolve<'n>(&self, name: &'n [u8]) -> (Space, &'n [u8], bool) {
        let (prefix, local) = split(name, b':').unwrap_or((b"", name));
        match self.bindings.iter().rev().find(|binding| binding.prefix == prefix) {
            Some(binding) => (binding.space, local, true),
            None => (Space::usual(prefix), local, false),
        }
    }
}

fn is_orientation(space: Space, local: &[u8]) -> bool {
    space == Space::Tiff && local == b"Orientation"
}

fn is_position(space: Space, local: &[u8]) -> bool {
    space == Space::Exif && matches!(local, b"GPSLatitude" | b"GPSLongitude")
}

/// Reads a number of digits, of which one alone may be written as a character reference.
fn number(text: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let Some(reference) = text.strip_prefix("&#").and_then(|text| text.strip_suffix(';')) else {
        return text.parse().ok();
    };
    let code = match reference.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => reference.parse(),
    };
    char::from_u32(code.ok()?)?.to_digit(10)
}

#[cfg(test)]
mod tests {
    use super::{MAX_BINDINGS, Metadata, Orientation, Xmp};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    const RDF: &str = "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"";
    const TIFF: &str = "http://ns.adobe.com/tiff/1.0/";

    /// Writes a packet with these nodes.
    fn packet(nodes: &str) -> String {
        format!(
            "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
            <rdf:RDF {RDF}>{nodes}</rdf:RDF></x:xmpmeta><?xpacket end=\"w\"?>"
        )
    }

    /// Reads the orientation in the packet as EXIF's number.
    fn number(packet: &str) -> Option<u32> {
        let orientation = Xmp::read(packet.as_bytes()).orientation?;
        (1..=8).find(|number| Orientation::from_exif(*number) == Some(orientation))
    }

    fn of(nodes: &str) -> Option<u32> {
        number(&packet(nodes))
    }

    #[test]
    fn attributes_and_elements_are_read() {
        for told in 1..=8 {
            let attribute = format!("<rdf:Description xmlns:tiff='{TIFF}' tiff:Orientation='{told}'/>");
            assert_eq!(of(&attribute), Some(told));
            let element = format!(
                "<rdf:Description rdf:about=''\n xmlns:tiff=\"{TIFF}\">\n <tiff:Make>x</tiff:Make>\
                <tiff:Orientation>\n {told} </tiff:Orientation></rdf:Description>"
            );
            assert_eq!(of(&element), Some(told));
        }
        let second = format!(
            "<rdf:Description rdf:about=''/><!-- 3 --><rdf:Description rdf:about='' xmlns:tiff='{TIFF}'>\
            <tiff:Orientation><![CDATA[6]]></tiff:Orientation></rdf:Description>"
        );
        assert_eq!(of(&second), Some(6));
        let value = format!(
            "<rdf:Description xmlns:tiff='{TIFF}'><tiff:Orientation rdf:parseType='Resource'>\
            <rdf:value>&#x36;</rdf:value></tiff:Orientation></rdf:Description>"
        );
        assert_eq!(of(&value), Some(6));
    }

    #[test]
    fn the_namespace_counts_and_not_its_prefix() {
        assert_eq!(of(&format!("<rdf:Description xmlns:t='{TIFF}' t:Orientation='6'/>")), Some(6));
        let default =
            format!("<rdf:Description><Orientation xmlns='{TIFF}'>8</Orientation></rdf:Description>");
        assert_eq!(of(&default), Some(8));
        let outside =
            format!("<x xmlns:t='{TIFF}'><rdf:RDF {RDF}><rdf:Description t:Orientation='5'/></rdf:RDF></x>");
        assert_eq!(number(&outside), Some(5));
        let other = "<rdf:Description xmlns:tiff='http://example.com/' tiff:Orientation='6'/>";
        assert_eq!(of(other), None);
        // An unbound well-known prefix is taken for its usual namespace; one that is bound takes precedence.
        assert_eq!(number("<rdf:Description tiff:Orientation='6'/>"), Some(6));
        let both = format!("<rdf:Description xmlns:t='{TIFF}' tiff:Orientation='3' t:Orientation='6'/>");
        assert_eq!(of(&both), Some(6));
        // A binding ends with its element.
        let ended = format!(
            "<rdf:Description><t:Make xmlns:t='{TIFF}'/><t:Orientation>6</t:Orientation></rdf:Description>"
        );
        assert_eq!(of(&ended), None);
    }

    #[test]
    fn only_the_file_itself_counts() {
        let inner = format!("<rdf:Description xmlns:tiff='{TIFF}' tiff:Orientation='6'/>");
        let part = format!(
            "<rdf:Description><y:Parts><rdf:Bag><rdf:li>{inner}</rdf:li></rdf:Bag></y:Parts></rdf:Description>"
        );
        assert_eq!(of(&part), None);
        assert_eq!(of(&(part + &inner.replace('6', "8"))), Some(8));
    }

    #[test]
    fn nonsense_says_nothing() {
        for value in ["", "0", "9", "-1", "six", "6 6", "&#65;", "&#;", "4294967297", &"6".repeat(99)] {
            let node = format!("<rdf:Description xmlns:tiff='{TIFF}' tiff:Orientation='{value}'/>");
            assert_eq!(of(&node), None, "{value}");
        }
        let node = format!("<rdf:Description xmlns:tiff='{TIFF}' tiff:Orientation='6'/>");
        let whole = packet(&node);
        for length in 0..whole.len() {
            let cut = Xmp::read(&whole.as_bytes()[..length]);
            assert!(matches!(cut.orientation, None | Some(Orientation::Rotate90)), "{length} bytes");
        }
        let bindings: String = " xmlns:n='n'".repeat(MAX_BINDINGS + 1);
        assert_eq!(of(&format!("<rdf:Description{bindings} tiff:Orientation='6'/>")), None);
        assert_eq!(number(&"<a>".repeat(100_000)), None);
        assert_eq!(number(&"</a>".repeat(100_000)), None);
    }

    #[test]
    fn utf_16_is_read() {
        let text = packet(&format!("<rdf:Description x='é' xmlns:tiff='{TIFF}' tiff:Orientation='6'/>"));
        for mark in ["\u{feff}", ""] {
            let units = || mark.encode_utf16().chain(text.encode_utf16());
            let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
            let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
            for packet in [big, little] {
                assert_eq!(Xmp::read(&packet).orientation, Some(Orientation::Rotate90));
            }
        }
        assert_eq!(number(&format!("\u{feff}{text}")), Some(6));
    }

    #[test]
    fn a_position_is_noticed() {
        let exif = "xmlns:e='http://ns.adobe.com/exif/1.0/'";
        let metadata = |node: &str| Xmp::read(packet(node).as_bytes()).metadata;
        assert_eq!(
            metadata(&format!("<rdf:Description {exif} e:GPSLatitude='52,31.2N'/>")),
            Metadata::WithLocation
        );
        let element =
            format!("<rdf:Description {exif}><e:GPSLongitude>13E</e:GPSLongitude></rdf:Description>");
        assert_eq!(metadata(&element), Metadata::WithLocation);
        assert_eq!(
            metadata(&format!("<rdf:Description {exif} e:GPSVersionID='2.2.0.0'/>")),
            Metadata::Present
        );
    }
}
