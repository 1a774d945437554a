//! A bucket over rows, with the few calls of S3 that Likeness makes.

use std::{fmt::Write as _, ops::Range};

use futures_util::{StreamExt as _, stream};
use likeness_core::{
    http::{Answer, HeaderMap, Method, Request, Response as Whole, StatusCode},
    json,
};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};
use worker::{FixedLengthStream, Response, ResponseBuilder, Result, worker_sys};

use super::spool::{PART, Spooled};
use crate::{rows::Rows, settings::random_name};

/// The facts about an object.
#[derive(Serialize, Deserialize)]
struct StoredObject {
    length: u64,
    etag: String,
}

const OBJECTS: &str = "object ";

/// Answers a call of the avatar's object, which lists and deletes, and moves no bytes.
pub(super) fn serve(rows: &Rows, request: &Request) -> Result<Answer> {
    let key = key_of(&request.url);
    Ok(Ok(if request.method == Method::DELETE {
        delete(rows, &key)?;
        text(StatusCode::NO_CONTENT, "")
    } else if request.method == Method::GET && key.is_empty() {
        let prefix = request.url.query_pairs().find(|(name, _)| name == "prefix");
        text(
            StatusCode::OK,
            &list(rows, prefix.map(|(_, prefix)| prefix.into_owned()).unwrap_or_default().as_str())?,
        )
    } else {
        text(StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>")
    }))
}

/// Answers a call by HTTP.
pub(super) async fn answer(rows: Rows, mut request: worker::Request, url: &Url) -> Result<Response> {
    let key = key_of(url);
    match request.method() {
        worker::Method::Put => {
            let spooled = Spooled::receive(rows.clone(), &mut request).await?;
            let tag = random_name()?;
            let object = StoredObject { length: spooled.length(), etag: format!("\"{tag}\"") };
            spooled.keep_as(&blob(&key))?;
            rows.set_value(&format!("{OBJECTS}{key}"), &object)?;
            ResponseBuilder::new().with_header("etag", &object.etag)?.ok("")
        }
        worker::Method::Get | worker::Method::Head => {
            let Some(object) = rows.value::<StoredObject>(&format!("{OBJECTS}{key}"))? else {
                return Response::error("<Error><Code>NoSuchKey</Code></Error>", 404);
            };
            let asked = request.headers().get("if-match")?;
            if asked.is_some_and(|tag| tag != object.etag) {
                return Response::error("<Error><Code>PreconditionFailed</Code></Error>", 412);
            }
            let whole = 0..object.length;
            let range = request.headers().get("range")?.and_then(|range| read_range(&range, object.length));
            let status = if range.is_some() { 206 } else { 200 };
            let range = range.unwrap_or(whole);
            let builder = ResponseBuilder::new().with_status(status).with_header("etag", &object.etag)?;
            if request.method() == worker::Method::Head {
                return Ok(builder.with_header("content-length", &object.length.to_string())?.empty());
            }
            let length = range.end - range.start;
            let bytes = FixedLengthStream::wrap(pieces(rows.clone(), blob(&key), range), length);
            let stream: worker_sys::FixedLengthStream = bytes.into();
            let stream: &web_sys::TransformStream = stream.as_ref();
            Ok(builder.stream(stream.readable()))
        }
        worker::Method::Delete => {
            delete(&rows, &key)?;
            Ok(ResponseBuilder::new().with_status(204).empty())
        }
        _ => Response::error("<Error><Code>MethodNotAllowed</Code></Error>", 405),
    }
}

/// Streams the bytes of a range, one row after the other.
fn pieces(
    rows: Rows,
    name: String,
    range: Range<u64>,
) -> impl futures_util::Stream<Item = Result<Vec<u8>>> + 'static {
    stream::iter(range.start / PART as u64..range.end.div_ceil(PART as u64)).map(move |part| {
        let number = u32::try_from(part).map_err(|_| worker::Error::from("too many parts"))?;
        let bytes = rows.blob(&name, number)?.unwrap_or_default();
        let offset = part * PART as u64;
        let within =
            |at: u64| usize::try_from(at.saturating_sub(offset)).unwrap_or(usize::MAX).min(bytes.len());
        Ok(bytes.get(within(range.start)..within(range.end)).unwrap_or_default().to_vec())
    })
}

fn read_range(text: &str, length: u64) -> Option<Range<u64>> {
    let (start, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (start, last): (u64, u64) = (start.parse().ok()?, last.parse().ok()?);
    (start <= last && start < length).then(|| start..length.min(last.saturating_add(1)))
}

fn delete(rows: &Rows, key: &str) -> Result<()> {
    rows.remove_blob(&blob(key))?;
    rows.remove_text(&format!("{OBJECTS}{key}"))
}

fn list(rows: &Rows, prefix: &str) -> Result<String> {
    let mut found = String::new();
    for (name, object) in rows.texts(&format!("{OBJECTS}{prefix}"))?.iter().take(1000) {
        let key: String =
            form_urlencoded::byte_serialize(name.trim_start_matches(OBJECTS).as_bytes()).collect();
        let length = json::parse::<StoredObject>(object).map_or(0, |object| object.length);
        // Writing to a text does not fail.
        let _ = write!(found, "<Contents><Key>{key}</Key><Size>{length}</Size></Contents>");
    }
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{found}<IsTruncated>false</IsTruncated><EncodingType>url</EncodingType></ListBucketResult>"
    ))
}

/// Returns the key below `/test/{avatar}/{secret}/bucket/test/`.
fn key_of(url: &Url) -> String {
    let rest = url.path().splitn(7, '/').nth(6).unwrap_or_default();
    percent_encoding::percent_decode_str(rest).decode_utf8_lossy().into_owned()
}

fn blob(key: &str) -> String {
    format!("bytes {key}")
}

fn text(status: StatusCode, body: &str) -> Whole {
    Whole { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec() }
}
