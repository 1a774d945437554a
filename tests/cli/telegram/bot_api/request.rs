//! Requests to the Bot API as clients send them: JSON, a form, a form with files, or words in the address.

use std::{
    io::{self, BufRead, Write},
    net::TcpStream,
};

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use url::form_urlencoded;

/// A request.
pub(super) struct Request {
    /// Path without words behind it.
    pub(super) path: String,
    /// Fields, those that are JSON read as such.
    pub(super) fields: Value,
    /// Lengths of the files.
    pub(super) files: Vec<usize>,
}

impl Request {
    /// Reads the next request of a connection; `None` at its end.
    pub(super) fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let target = line.split(' ').nth(1).unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (mut length, mut chunked, mut kind) = (0, false, String::new());
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            let Some((name, value)) = header.trim().split_once(':') else { break };
            match (name.to_ascii_lowercase().as_str(), value.trim()) {
                ("content-length", value) => length = value.parse().unwrap_or(0),
                ("transfer-encoding", value) => chunked = value.eq_ignore_ascii_case("chunked"),
                ("content-type", value) => value.clone_into(&mut kind),
                _ => {}
            }
        }
        let body = if chunked { chunks(reader)? } else { exactly(reader, length)? };
        let (mut fields, files) = match kind.split_once("boundary=") {
            Some((_, boundary)) => parts(&body, boundary.trim_matches('"')),
            None if kind.starts_with("application/json") => {
                (serde_json::from_slice(&body).unwrap_or_default(), Vec::new())
            }
            None => (words(&body), Vec::new()),
        };
        for (name, value) in words(query.as_bytes()).as_object().into_iter().flatten() {
            fields[name.as_str()] = value.clone();
        }
        let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
        Ok(Some(Self { path, fields, files }))
    }
}

fn exactly(reader: &mut impl BufRead, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).unwrap_or(0);
        body.extend(exactly(reader, length)?);
        exactly(reader, 2)?;
        if length == 0 {
            return Ok(body);
        }
    }
}

fn words(text: &[u8]) -> Value {
    form_urlencoded::parse(text)
        .map(|(name, value)| (name.into_owned(), field(&value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Reads a field of a form: a number, an object or a list is written as JSON there, and a text as it is.
fn field(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// Reads the fields of a form and the lengths of its files.
fn parts(body: &[u8], boundary: &str) -> (Value, Vec<usize>) {
    let line = format!("--{boundary}");
    let (mut fields, mut files) = (json!({}), Vec::new());
    let mut rest = body;
    while let Some(start) = position(rest, line.as_bytes()) {
        rest = &rest[start + line.len()..];
        let Some(head_end) = position(rest, b"\r\n\r\n") else { break };
        let head = String::from_utf8_lossy(&rest[..head_end]).into_owned();
        let content = &rest[head_end + 4..];
        let end = position(content, format!("\r\n{line}").as_bytes()).unwrap_or(content.len());
        let name = head.split("name=\"").nth(1).and_then(|name| name.split('"').next()).unwrap_or_default();
        if head.contains("filename=") {
            files.push(end);
        } else {
            fields[name] = field(&String::from_utf8_lossy(&content[..end]));
        }
        rest = &content[end..];
    }
    (fields, files)
}

fn position(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// Writes an answer.
pub(super) fn written(stream: &mut TcpStream, status: u16, kind: &str, body: &[u8]) -> io::Result<()> {
    let head =
        format!("HTTP/1.1 {status} -\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}
