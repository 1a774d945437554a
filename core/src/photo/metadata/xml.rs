//! XML, as far as a packet of XMP needs it: tags, attributes and text.
//!
//! Nothing is expanded, followed or copied, and every byte is looked at once or twice, so that no packet costs more
//! than its length. Reading ends where the document is not well-formed; what came before still counts.

/// The next item of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// The beginning of an element.
    Start(Tag<'a>),
    /// The end of the element that began last. There is none for a tag that ends itself.
    End,
    /// Text as it stands in the document.
    Text(&'a [u8]),
}

/// A tag that begins an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// Name of the element, with its prefix.
    pub(super) name: &'a [u8],
    /// True if the element ends with the tag: `<name/>`.
    pub(super) empty: bool,
    attributes: &'a [u8],
}

/// A reader of a document.
#[derive(Clone, Debug)]
pub(super) struct Xml<'a> {
    rest: &'a [u8],
}

impl<'a> Xml<'a> {
    pub(super) fn new(document: &'a [u8]) -> Self {
        Self { rest: document }
    }

    /// Moves behind `end` and returns the bytes before it.
    fn until(&mut self, end: &[u8]) -> Option<&'a [u8]> {
        let at = self.rest.windows(end.len()).position(|window| window == end)?;
        let (inner, rest) = self.rest.split_at_checked(at)?;
        self.rest = rest.get(end.len()..)?;
        Some(inner)
    }

    /// Reads a tag up to its `>`; within quotes that character is part of a value.
    fn tag(&mut self) -> Option<Tag<'a>> {
        let mut quote = None;
        let end = self.rest.iter().position(|byte| {
            match (quote, *byte) {
                (None, b'"' | b'\'') => quote = Some(*byte),
                (Some(open), byte) if open == byte => quote = None,
                _ => {}
            }
            quote.is_none() && *byte == b'>'
        })?;
        let (inner, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest.get(1..)?;
        let (inner, empty) = match inner.strip_suffix(b"/") {
            Some(inner) => (inner, true),
            None => (inner, false),
        };
        let name = inner.iter().position(u8::is_ascii_whitespace).unwrap_or(inner.len());
        let (name, attributes) = inner.split_at_checked(name)?;
        Some(Tag { name, empty, attributes })
    }
}

impl<'a> Iterator for Xml<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        loop {
            let Some(markup) = self.rest.strip_prefix(b"<") else {
                let text = self.rest.iter().position(|byte| *byte == b'<').unwrap_or(self.rest.len());
                let (text, rest) = self.rest.split_at_checked(text)?;
                self.rest = rest;
                return (!text.is_empty()).then_some(Event::Text(text));
            };
            self.rest = markup;
            if let Some(comment) = markup.strip_prefix(b"!--") {
                self.rest = comment;
                self.until(b"-->")?;
            } else if let Some(text) = markup.strip_prefix(b"![CDATA[") {
                self.rest = text;
                return self.until(b"]]>").map(Event::Text);
            } else if markup.starts_with(b"?") {
                self.until(b"?>")?;
            } else if markup.starts_with(b"!") {
                // A document type may have declarations of its own in brackets.
                let inner = markup.iter().position(|byte| matches!(byte, b'[' | b'>'))?;
                self.until(if markup.get(inner) == Some(&b'[') { b"]>" } else { b">" })?;
            } else if markup.starts_with(b"/") {
                self.until(b">")?;
                return Some(Event::End);
            } else {
                return self.tag().map(Event::Start);
            }
        }
    }
}

impl<'a> Tag<'a> {
    /// Lists names and values as they stand in the tag.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || {
            let (name, after) = split(rest.trim_ascii_start(), b'=')?;
            let value = after.trim_ascii_start();
            let quote = value.first().copied().filter(|byte| matches!(byte, b'"' | b'\''))?;
            let (value, after) = split(value.get(1..)?, quote)?;
            rest = after;
            Some((name.trim_ascii_end(), value))
        })
    }
}

/// Splits at the first such byte: what stands before it, and what behind.
pub(super) fn split(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let position = bytes.iter().position(|byte| *byte == at)?;
    Some((bytes.get(..position)?, bytes.get(position + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::{Event, Xml};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    /// Writes a document in short: `name(key=value)` begins, `/` ends, everything else is text.
    fn told(document: &str) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let events = Xml::new(document.as_bytes()).map(|event| match event {
            Event::Start(tag) => {
                let attributes: Vec<_> =
                    tag.attributes().map(|(name, value)| format!("{}={}", text(name), text(value))).collect();
                format!("{}({}){}", text(tag.name), attributes.join(","), if tag.empty { "/" } else { "" })
            }
            Event::End => "/".to_owned(),
            Event::Text(bytes) => text(bytes),
        });
        events.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tags_attributes_and_text_are_told() {
        assert_eq!(told("<a>x</a>"), "a() x /");
        assert_eq!(told("<?xml version='1.0'?><!-- <no/> --><a/>"), "a()/");
        assert_eq!(told("<a b=\"1\" c = '2'\n d:e=\"'>/\"/>"), "a(b=1,c=2,d:e='>/)/");
        assert_eq!(told("<a><![CDATA[<b>]]></a>"), "a() <b> /");
        assert_eq!(told("<!DOCTYPE a [<!ENTITY b \"c>\">]><!DOCTYPE a><a></a >"), "a() /");
    }

    #[test]
    fn what_is_not_well_formed_ends_the_reading() {
        for broken in ["<a", "<a b='>", "<!-- ", "<![CDATA[x", "<?x", "</a", "<!x", "<!x[>", "<"] {
            assert_eq!(told(&format!("<z/>{broken}")), "z()/", "{broken}");
        }
        assert_eq!(told("<a b c=d e='1'/>"), "a()/");
        assert_eq!(told("<a b='1' c/>"), "a(b=1)/");
    }
}
