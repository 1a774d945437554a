//! Parts of a file (RFC 9110, section 14), as the stores behind fal's file addresses give them.

use std::ops::Range;

use super::{call::Call, reply};
use crate::http::{Response, StatusCode};

/// The part of a file that is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given {
    Whole,
    /// A range of its bytes.
    Part(Range<u64>),
    /// No bytes: the file is shorter than the range's beginning.
    Nothing,
}

impl Given {
    /// Reads which part a call asks for, of a file of this length that is known by this tag.
    pub(super) fn of(call: &Call<'_>, tag: &str, length: u64) -> Self {
        let unchanged = call.header("if-range").is_none_or(|condition| condition == tag);
        match call.header("range").filter(|_| unchanged).and_then(|range| read(range, length)) {
            None => Self::Whole,
            Some(range) if range.is_empty() => Self::Nothing,
            Some(range) => Self::Part(range),
        }
    }

    /// Returns the range of bytes in a file of this length.
    pub(super) fn bytes(&self, length: u64) -> Range<u64> {
        match self {
            Self::Whole => 0..length,
            Self::Part(range) => range.clone(),
            Self::Nothing => 0..0,
        }
    }

    /// Writes the answer's head.
    pub(super) fn head(&self, response: Response, tag: &str, length: u64) -> Response {
        let mut response = reply::with(response, http::header::ETAG, tag);
        let said = match self {
            Self::Whole => return reply::with(response, http::header::ACCEPT_RANGES, "bytes"),
            Self::Part(range) => {
                response.status = StatusCode::PARTIAL_CONTENT;
                format!("bytes {}-{}/{length}", range.start, range.end.saturating_sub(1))
            }
            Self::Nothing => {
                response.status = StatusCode::RANGE_NOT_SATISFIABLE;
                format!("bytes */{length}")
            }
        };
        reply::with(response, http::header::CONTENT_RANGE, &said)
    }
}

/// Returns the answer, or the part of it that was asked for.
pub(super) fn part(response: Response, call: &Call<'_>) -> Response {
    if response.status != StatusCode::OK {
        return response;
    }
    let length = response.body.len() as u64;
    let tag = format!("\"{:08x}-{length}\"", crc32fast::hash(&response.body));
    let given = Given::of(call, &tag, length);
    let mut response = given.head(response, &tag, length);
    if given != Given::Whole {
        let range = given.bytes(length);
        let at = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        response.body = response.body.get(at(range.start)..at(range.end)).unwrap_or_default().to_vec();
    }
    response
}

/// Reads the bytes of one range, none where it lies behind the end. `None` for text that is not one range, which
/// counts as not asked.
fn read(text: &str, length: u64) -> Option<Range<u64>> {
    let (start, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match (start.trim(), last.trim()) {
        ("", suffix) => length.saturating_sub(number(suffix)?)..length,
        (start, "") => number(start)?..length,
        (start, last) => {
            let (start, last) = (number(start)?, number(last)?);
            if last < start {
                return None;
            }
            start..last.saturating_add(1).min(length)
        }
    };
    Some(if range.start < range.end { range } else { 0..0 })
}

#[cfg(test)]
mod tests {
    use super::read;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn one_range_is_read_in_every_way_of_writing_it() {
        for (text, range) in [
            ("bytes=0-3", Some(0..4)),
            ("bytes=4-", Some(4..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=-30", Some(0..10)),
            ("bytes=8-99", Some(8..10)),
            ("bytes=10-", Some(0..0)),
            ("bytes=-0", Some(0..0)),
            ("bytes=18446744073709551615-18446744073709551615", Some(0..0)),
            ("bytes=3-2", None),
            ("bytes=0-1,4-5", None),
            ("items=0-1", None),
            ("bytes=a-b", None),
            ("bytes=-", None),
        ] {
            assert_eq!(read(text, 10), range, "{text}");
        }
    }
}
