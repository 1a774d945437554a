//! Parts of a file (RFC 9110, section 14), as the stores behind fal's file addresses give them.

use super::{Call, reply};
use crate::http::{Response, StatusCode};

/// Gives the answer, or the part of it that was asked for.
pub(super) fn part(mut response: Response, call: &Call<'_>) -> Response {
    if response.status != StatusCode::OK {
        return response;
    }
    let length = response.body.len();
    let tag = format!("\"{:08x}-{length}\"", crc32fast::hash(&response.body));
    response = reply::with(response, http::header::ETAG, &tag);
    response = reply::with(response, http::header::ACCEPT_RANGES, "bytes");
    let unchanged = call.header("if-range").is_none_or(|condition| condition == tag);
    let Some(range) = call.header("range").filter(|_| unchanged).and_then(|range| read(range, length)) else {
        return response;
    };
    let (status, said) = if let Some((start, last)) = range {
        response.body = response.body.get(start..=last).unwrap_or_default().to_vec();
        (StatusCode::PARTIAL_CONTENT, format!("bytes {start}-{last}/{length}"))
    } else {
        response.body.clear();
        (StatusCode::RANGE_NOT_SATISFIABLE, format!("bytes */{length}"))
    };
    response.status = status;
    reply::with(response, http::header::CONTENT_RANGE, &said)
}

/// Reads one range: its first and its last byte. `None` for a text that is not a range, which counts as not asked;
/// `Some(None)` where the file has no such bytes.
#[expect(clippy::option_option, reason = "two kinds of no, named above")]
fn read(text: &str, length: usize) -> Option<Option<(usize, usize)>> {
    let (start, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<usize>().ok();
    let (start, last) = match (start.trim(), last.trim()) {
        ("", suffix) => (length.saturating_sub(number(suffix)?), length.saturating_sub(1)),
        (start, "") => (number(start)?, length.saturating_sub(1)),
        (start, last) => {
            let (start, last) = (number(start)?, number(last)?);
            if last < start {
                return None;
            }
            (start, last.min(length.saturating_sub(1)))
        }
    };
    Some((start <= last && start < length).then_some((start, last)))
}

#[cfg(test)]
mod tests {
    use super::read;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn one_range_is_read() {
        for (text, range) in [
            ("bytes=0-", Some(Some((0, 9)))),
            ("bytes=4-", Some(Some((4, 9)))),
            ("bytes=4-4", Some(Some((4, 4)))),
            ("bytes=4-99", Some(Some((4, 9)))),
            ("bytes=-3", Some(Some((7, 9)))),
            ("bytes=-99", Some(Some((0, 9)))),
            ("bytes=10-", Some(None)),
            ("bytes=-0", Some(None)),
            ("bytes=5-4", None),
            ("bytes=a-", None),
            ("bytes=0-1,4-5", None),
            ("items=0-1", None),
        ] {
            assert_eq!(read(text, 10), range, "{text}");
        }
        assert_eq!(read("bytes=0-", 0), Some(None));
    }
}
