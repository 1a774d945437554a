//! The header fields by which a call chooses the form of its answer: `Prefer` (RFC 7240), `If-None-Match`, `Range` and
//! `If-Range` (RFC 9110).

use std::{ops::Range, time::Duration};

use crate::limits::LONGEST_WAIT;

/// The versions that a caller names in `If-None-Match` (RFC 9110 section 13.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfNoneMatch {
    /// `*`: any version.
    Any,
    /// A list of entity tags. Weak ones count as strong: the comparison here is weak (RFC 9110 section 13.1.2).
    Tags(Vec<String>),
}

impl IfNoneMatch {
    /// Reads the field.
    pub(super) fn read(value: &str) -> Self {
        if value.trim() == "*" {
            return Self::Any;
        }
        let tags = split(value, ',', Escapes::None);
        let tag = |text: &str| text.strip_prefix("W/").unwrap_or(text).to_owned();
        Self::Tags(tags.into_iter().map(tag).filter(|tag| !tag.is_empty()).collect())
    }

    /// Tells whether the version with this entity tag is among them.
    pub(super) fn matches(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.iter().any(|one| one == tag),
        }
    }
}

/// A part of a file, as a caller asks for it (RFC 9110 section 14.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// From this byte to the end.
    From(u64),
    /// From this byte to that one, both included.
    Between(u64, u64),
    /// This number of bytes at the end.
    Last(u64),
}

impl ByteRange {
    /// Reads the field. `None` for a request that may be answered with the whole file: several ranges, another unit, or
    /// a text that is not a range.
    pub(super) fn read(value: &str) -> Option<Self> {
        let (unit, range) = value.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let mut ranges = range.split(',').map(str::trim).filter(|range| !range.is_empty());
        let (Some(range), None) = (ranges.next(), ranges.next()) else { return None };
        let (first, last) = range.split_once('-')?;
        match (first.trim(), last.trim()) {
            ("", last) => whole_number(last).map(Self::Last),
            (first, "") => whole_number(first).map(Self::From),
            (first, last) => {
                let (first, last) = (whole_number(first)?, whole_number(last)?);
                (first <= last).then_some(Self::Between(first, last))
            }
        }
    }

    /// Returns the bytes of the range in a file of this length. `None` where the file has none of them.
    pub(super) fn of(self, length: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::From(first) => first..length,
            Self::Between(first, last) => first..length.min(last.saturating_add(1)),
            Self::Last(bytes) => length.saturating_sub(bytes)..length,
        };
        (range.start < range.end).then_some(range)
    }
}

/// Reads the wait that a `Prefer` field asks for. Of a repeated preference the first counts.
pub(super) fn wait(value: &str) -> Option<Duration> {
    let preferences = split(value, ',', Escapes::InQuotes);
    let seconds = preferences.into_iter().find_map(|preference| {
        let text = split(preference, ';', Escapes::InQuotes).into_iter().next()?;
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        name.trim().eq_ignore_ascii_case("wait").then(|| value.trim())
    })?;
    let seconds = seconds.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(seconds);
    Some(Duration::from_secs(whole_number(seconds)?).min(LONGEST_WAIT))
}

/// Reads digits and nothing else. A number beyond the type's range becomes the largest one.
fn whole_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// The characters that a backslash can escape.
#[derive(Clone, Copy, PartialEq)]
enum Escapes {
    /// None: an entity tag may hold a backslash.
    None,
    /// Any character inside a quoted string.
    InQuotes,
}

/// Splits a field at a separator outside of quotes.
fn split(text: &str, at: char, escapes: Escapes) -> Vec<&str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut quoted, mut plain) = (false, false);
    for (place, letter) in text.char_indices() {
        match letter {
            _ if plain => plain = false,
            '\\' if quoted && escapes == Escapes::InQuotes => plain = true,
            '"' => quoted = !quoted,
            _ if letter == at && !quoted => {
                parts.push(text.get(start..place).unwrap_or_default().trim());
                start = place + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default().trim());
    parts
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{ByteRange, IfNoneMatch, wait};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_wait_is_read_as_rfc_7240_writes_it() {
        for (value, seconds) in [
            ("wait=1", Some(1)),
            ("wait = 1", Some(1)),
            ("Wait\t=\t7", Some(7)),
            ("wait=\"3\"", Some(3)),
            ("WAIT = \"3\" ; x=y", Some(3)),
            ("respond-async, wait=90", Some(25)),
            ("respond-async;foo=\"a, wait=9\", wait=4", Some(4)),
            ("foo=\"\\\", wait=9\", wait=4", Some(4)),
            ("wait=2, wait=9", Some(2)),
            ("wait=99999999999999999999999", Some(25)),
            ("wait=0", Some(0)),
            (", wait=5,", Some(5)),
            ("wait", None),
            ("wait=", None),
            ("wait, wait=9", None),
            ("wait=x, wait=9", None),
            ("wait=-1", None),
            ("wait=+1", None),
            ("wait=1.5", None),
            ("await=5", None),
            ("", None),
        ] {
            assert_eq!(wait(value), seconds.map(Duration::from_secs), "{value}");
        }
    }

    #[test]
    fn a_version_is_known_by_its_tag_or_by_a_star() {
        for (value, known) in [
            ("*", true),
            (" * ", true),
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"x\", W/\"a\" ,\"y\"", true),
            ("\"x,\\\", \"a\"", true),
            ("\"b\"", false),
            ("a", false),
            ("\"x, \"a\"\"", false),
            ("\"*\"", false),
            ("", false),
        ] {
            assert_eq!(IfNoneMatch::read(value).matches("\"a\""), known, "{value}");
        }
    }

    #[test]
    fn a_range_is_read_as_rfc_9110_writes_it() {
        for (value, bytes) in [
            ("bytes=0-4", Some(Some((0, 5)))),
            ("Bytes = 0-4", Some(Some((0, 5)))),
            ("bytes=9-", Some(Some((9, 10)))),
            ("bytes=5-99999999999999999999999999", Some(Some((5, 10)))),
            ("bytes=-3", Some(Some((7, 10)))),
            ("bytes=-99", Some(Some((0, 10)))),
            ("bytes=,0-0,", Some(Some((0, 1)))),
            ("bytes=10-", Some(None)),
            ("bytes=10-12", Some(None)),
            ("bytes=-0", Some(None)),
            ("bytes=0-1,3-4", None),
            ("bytes=4-3", None),
            ("bytes=-", None),
            ("bytes=a-b", None),
            ("bytes=+1-2", None),
            ("items=0-4", None),
            ("bytes", None),
            ("", None),
        ] {
            let range =
                ByteRange::read(value).map(|range| range.of(10).map(|range| (range.start, range.end)));
            assert_eq!(range, bytes, "{value}");
        }
        assert_eq!(ByteRange::From(0).of(0), None);
    }
}
