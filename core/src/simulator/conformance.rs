//! The wire contract, line by line, as fal's own clients rely on it.

mod chaos;
mod faults;
mod kept;
mod looks;
mod platform;
mod queue;
mod refusals;
mod storage;
mod webhooks;

use std::{collections::BTreeMap, io::Cursor, time::Duration};

use serde_json::Value;

use super::{Incoming, Plan, Reply, Simulator};
use crate::{
    http::{HeaderMap, HeaderName, Method, Response},
    time::Timestamp,
};

/// A caller with a clock, and a shell that keeps files where the plan says so. Every call is made on a simulator
/// that was saved and loaded just before.
pub(super) struct World {
    pub(super) fal: Simulator,
    pub(super) now: Timestamp,
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// True if the simulator is saved and loaded before each call.
    pub(super) saves: bool,
}

impl World {
    pub(super) fn new(change: impl FnOnce(&mut Plan)) -> Self {
        let mut plan = Plan::new("http://127.0.0.1:8089".parse().expect("url"));
        change(&mut plan);
        Self {
            fal: Simulator::new(plan),
            now: Timestamp::from_millis(1_795_555_555_000),
            files: BTreeMap::new(),
            saves: true,
        }
    }

    pub(super) fn with_fault(fault: &str) -> Self {
        Self::new(|plan| plan.faults = vec![fault.parse().expect("a fault")])
    }

    pub(super) fn wait(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
    }

    /// Sends a call with these headers.
    pub(super) fn send(&mut self, method: Method, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        if self.saves {
            let saved = serde_json::to_string(&self.fal).expect("a state");
            let loaded: Simulator = serde_json::from_str(&saved).expect("a state");
            assert_eq!(loaded, self.fal);
            self.fal = loaded;
        }
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(name.parse::<HeaderName>().expect("a name"), value.parse().expect("a value"));
        }
        let incoming = Incoming { method, url: url.to_owned(), headers: map };
        let reply = self.fal.answer(&incoming, &mut Cursor::new(body), self.now);
        let keeping = self.fal.take_keeping();
        if let Some(name) = keeping.keep {
            self.files.insert(name, body.to_vec());
        }
        for name in keeping.forget {
            self.files.remove(&name);
        }
        // The shell keeps exactly the files that the simulator counts.
        assert_eq!(self.files.values().map(|file| file.len() as u64).sum::<u64>(), self.fal.kept_bytes());
        reply
    }

    /// Sends a call with a key, and expects an answer.
    pub(super) fn call(&mut self, method: Method, url: &str, body: &Value) -> Response {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        whole(self.send(method, url, &[("authorization", "Key kid:hush")], &body))
    }

    pub(super) fn get(&mut self, url: &str) -> Response {
        self.call(Method::GET, url, &Value::Null)
    }

    /// Uploads an archive by a signed address, and returns its own address.
    pub(super) fn upload(&mut self, archive: &[u8]) -> String {
        let body = serde_json::json!({ "content_type": "application/zip", "file_name": "a.zip" });
        let url = "/storage/upload/initiate?storage_type=fal-cdn-v3";
        let begun = json(&self.call(Method::POST, url, &body));
        let put = text(&begun, "upload_url");
        let answer = whole(self.send(Method::PUT, &put, &[("content-type", "application/zip")], archive));
        assert_eq!(answer.status, 200);
        text(&begun, "file_url")
    }

    /// Submits a training of an archive of ten photos, and returns its id.
    pub(super) fn train(&mut self) -> String {
        let url = self.upload(&archive(10));
        self.train_on(&url)
    }

    /// Submits a training of this archive, and returns its id.
    pub(super) fn train_on(&mut self, url: &str) -> String {
        let input = serde_json::json!({ "images_data_url": url, "trigger_phrase": "ohwx", "steps": 1000 });
        let answer = self.call(Method::POST, TRAINER, &input);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        text(&json(&answer), "request_id")
    }

    /// Submits a generation, and returns its id.
    pub(super) fn generate(&mut self, input: &Value) -> String {
        text(&json(&self.call(Method::POST, FLUX, input)), "request_id")
    }
}

pub(super) const TRAINER: &str = "/fal-ai/flux-lora-portrait-trainer";
pub(super) const FLUX: &str = "/fal-ai/flux-lora";

pub(super) fn whole(reply: Reply) -> Response {
    match reply {
        Reply::Whole(response) => response,
        other => panic!("{other:?} is no whole answer"),
    }
}

pub(super) fn json(response: &Response) -> Value {
    serde_json::from_slice(&response.body).expect("JSON")
}

pub(super) fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

/// Writes an archive of this many photos with our own archive module.
pub(super) fn archive(photos: u16) -> Vec<u8> {
    archive_of(&vec![b"not really a jpeg".to_vec(); usize::from(photos)])
}

/// Writes an archive of these photos.
pub(super) fn archive_of(photos: &[Vec<u8>]) -> Vec<u8> {
    use crate::archive::{Archive, Entry, EntryName, Piece};
    let entries = (1..).zip(photos).map(|(number, photo)| Entry {
        name: EntryName::photo(number),
        length: photo.len() as u64,
        crc32: crc32fast::hash(photo),
    });
    let archive = Archive::new(entries.collect()).expect("an archive");
    let mut photos = photos.iter();
    let pieces = archive.pieces(0..archive.length()).into_iter();
    pieces
        .flat_map(|piece| match piece {
            Piece::Framing(bytes) => bytes,
            Piece::Entry { .. } => photos.next().expect("a photo").clone(),
        })
        .collect()
}
