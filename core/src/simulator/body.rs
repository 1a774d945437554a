//! Bodies of calls.

use std::io::{Read, Seek};

use super::{
    input::Input,
    reply::{self, Reply, Stop},
};
use crate::api::doubled;

/// The body of a call. It is read from its beginning, in any order, and never kept whole in memory.
pub trait Body: Read + Seek {}

impl<T: Read + Seek + ?Sized> Body for T {}

/// Reads a JSON body. One that ends early is a cut connection.
pub(super) fn read_json(body: &mut dyn Body) -> Result<serde_json::Value, Stop> {
    /// The longest input, in bytes. fal takes small files as data URIs in the input.
    const LONGEST_INPUT: u64 = 8 << 20;
    let mut bytes = Vec::new();
    let read = Read::take(&mut *body, LONGEST_INPUT + 1).read_to_end(&mut bytes);
    read.map_err(|_| Stop::from(Reply::Dropped))?;
    if bytes.len() as u64 > LONGEST_INPUT {
        return Err(reply::refusal(413, "Request body too large").into());
    }
    let unreadable = |column: usize| {
        let loc = serde_json::json!(["body", column]);
        let none = serde_json::Value::Null;
        let detail = reply::detail(&loc, "json_invalid", "JSON decode error", &none, &none);
        Stop::from(reply::invalid(&[detail]))
    };
    let value = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.column()))?;
    // A field that is there twice has two values, and which of them counts depends on who reads.
    if doubled(&bytes).is_some() { Err(unreadable(0)) } else { Ok(value) }
}

/// Reads a JSON body that must be an object, or is not there at all: fal's clients send `{}` where they have nothing to say.
pub(super) fn read_object_or_nothing(body: &mut dyn Body) -> Result<(), Stop> {
    let is_empty =
        std::io::copy(&mut Read::take(&mut *body, 1), &mut std::io::sink()).is_ok_and(|read| read == 0);
    body.rewind().map_err(|_| Stop::from(Reply::Dropped))?;
    if is_empty { Ok(()) } else { read_object(body).map(drop) }
}

/// Reads a JSON body that must be an object.
pub(super) fn read_object(body: &mut dyn Body) -> Result<serde_json::Value, Stop> {
    let value = read_json(body)?;
    Input::new(&value).map_err(|mistakes| Stop::from(reply::invalid(&mistakes)))?;
    Ok(value)
}
