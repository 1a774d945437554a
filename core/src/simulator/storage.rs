//! Uploads, in all the ways that fal's clients know: signed addresses (whole, in parts, and the older kind on
//! Google's storage) and the file store's own calls with a token (whole and in parts).

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::{
    FaultKind, Simulator,
    body::{Body, read_object, read_object_or_nothing},
    call::Call,
    contents::{self, Contents},
    keeping::File,
    piece::Piece,
    random,
    reply::{self, Reply, Stop},
    upload::{Access, State, Upload},
};
use crate::{http::StatusCode, time::Timestamp};

impl Simulator {
    pub(super) fn upload_token(
        &mut self,
        call: &Call<'_>,
        body: &mut dyn Body,
        now: Timestamp,
    ) -> Result<Reply, Stop> {
        self.account(call, reply::HEADER_REQUIRED)?;
        read_object_or_nothing(body)?;
        if self.faults.take(FaultKind::BalanceExhausted) {
            return Err(reply::refusal(403, reply::BALANCE_EXHAUSTED).into());
        }
        let id = self.next_id("token");
        // Python before 3.11 cannot read a time that ends in Z.
        let expires = now.plus(Duration::from_hours(24)).to_string().replace('Z', "+00:00");
        let value = json!({
            "token": format!("{id}.{}", self.signature("token", &id)),
            "token_type": "Bearer",
            "base_url": self.plan.file_url(""),
            "expires_at": expires,
        });
        Ok(reply::answer(200, &value).into())
    }

    pub(super) fn initiate(
        &mut self,
        call: &Call<'_>,
        body: &mut dyn Body,
        multipart: bool,
        now: Timestamp,
    ) -> Result<Reply, Stop> {
        self.account(call, reply::HEADER_REQUIRED)?;
        self.forget_uploads(now);
        if self.faults.take(FaultKind::InitiateFailed) {
            return Err(reply::refusal(500, "Internal Server Error").into());
        }
        let input = read_object(body)?;
        let text = |name: &str| input.get(name).and_then(Value::as_str);
        let content_type = text("content_type").unwrap_or("application/octet-stream");
        let upload = self.begin(call, text("file_name").unwrap_or("file"), content_type, multipart);
        let value = json!({
            "upload_url": self.signed_url(&upload.0, ""),
            "file_url": self.plan.file_url(&upload.1),
        });
        Ok(reply::answer(200, &value).into())
    }

    pub(super) fn put(
        &mut self,
        call: &Call<'_>,
        id: &str,
        body: &mut dyn Body,
        now: Timestamp,
    ) -> Result<Reply, Stop> {
        self.signed(call, id)?;
        self.store(id, body, now)?;
        Ok(reply::file(StatusCode::OK, "text/plain", Vec::new()).into())
    }

    pub(super) fn put_part(
        &mut self,
        call: &Call<'_>,
        id: &str,
        number: u32,
        body: &mut dyn Body,
    ) -> Result<Reply, Stop> {
        self.signed(call, id)?;
        self.store_part(id, number, body)
    }

    /// Signs an address for a part: on Google's storage each part is asked for its own address first.
    pub(super) fn part_address(&mut self, call: &Call<'_>, id: &str, number: u32) -> Result<Reply, Stop> {
        self.signed(call, id)?;
        Ok(reply::answer(200, &json!({ "upload_url": self.signed_url(id, &format!("/{number}")) })).into())
    }

    pub(super) fn complete(
        &mut self,
        call: &Call<'_>,
        id: &str,
        body: &mut dyn Body,
        now: Timestamp,
    ) -> Result<Reply, Stop> {
        self.signed(call, id)?;
        self.join(id, &read_object(body)?, now)?;
        Ok(reply::answer(200, &json!({})).into())
    }

    pub(super) fn cdn_upload(
        &mut self,
        call: &Call<'_>,
        body: &mut dyn Body,
        now: Timestamp,
    ) -> Result<Reply, Stop> {
        self.bearer(call)?;
        self.forget_uploads(now);
        let (id, path) = self.begin_with_headers(call, false);
        self.store(&id, body, now)?;
        Ok(reply::answer(200, &json!({ "access_url": self.plan.file_url(&path) })).into())
    }

    pub(super) fn cdn_multipart(&mut self, call: &Call<'_>, now: Timestamp) -> Result<Reply, Stop> {
        self.bearer(call)?;
        self.forget_uploads(now);
        let (id, path) = self.begin_with_headers(call, true);
        let value = json!({ "access_url": self.plan.file_url(&path), "uploadId": id });
        Ok(reply::answer(200, &value).into())
    }

    pub(super) fn cdn_part(
        &mut self,
        call: &Call<'_>,
        id: &str,
        number: u32,
        body: &mut dyn Body,
    ) -> Result<Reply, Stop> {
        self.bearer(call)?;
        self.store_part(id, number, body)
    }

    pub(super) fn cdn_complete(
        &mut self,
        call: &Call<'_>,
        id: &str,
        body: &mut dyn Body,
        now: Timestamp,
    ) -> Result<Reply, Stop> {
        self.bearer(call)?;
        let path = self.join(id, &read_object(body)?, now)?;
        Ok(reply::answer(200, &json!({ "access_url": self.plan.file_url(&path) })).into())
    }

    /// Returns the contents of the stored file at this address, while it has not expired.
    pub(super) fn stored(&self, url: &str, now: Timestamp) -> Option<&Contents> {
        let path = self.plan.own_path(url)?;
        let path = path.split('?').next().unwrap_or(path);
        self.uploads.iter().find(|upload| upload.path == path).and_then(|upload| match &upload.state {
            State::Stored { contents, expires, .. } if expires.is_none_or(|at| now < at) => Some(contents),
            _ => None,
        })
    }

    fn begin_with_headers(&mut self, call: &Call<'_>, multipart: bool) -> (String, String) {
        let content_type = call.header("content-type").unwrap_or("application/octet-stream");
        self.begin(call, call.header("x-fal-file-name").unwrap_or("file"), content_type, multipart)
    }

    /// Begins an upload, and returns its id and its path.
    fn begin(
        &mut self,
        call: &Call<'_>,
        name: &str,
        content_type: &str,
        multipart: bool,
    ) -> (String, String) {
        let id = self.next_id("upload");
        let safe = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
        let name: String = name.chars().filter(safe).take(100).collect();
        let path = self.plan.file_path(&id, if name.is_empty() { "file" } else { &name });
        self.uploads.push(Upload {
            id: id.clone(),
            content_type: content_type.to_owned(),
            path: path.clone(),
            access: access(call),
            lifetime: call.lifetime(),
            state: if multipart { State::Parts(BTreeMap::new()) } else { State::Waiting },
        });
        (id, path)
    }

    fn store(&mut self, id: &str, body: &mut dyn Body, now: Timestamp) -> Result<(), Stop> {
        let piece = self.receive(id, body, Piece::read)?;
        let contents = contents::inspect(body, piece.length);
        let upload = self.upload(id)?;
        if matches!(upload.state, State::Parts(_)) {
            return Err(reply::refusal(400, "This upload is in parts").into());
        }
        let expires = upload.lifetime.map(|seconds| now.plus(Duration::from_secs(seconds)));
        let files = piece.files.clone();
        let earlier = std::mem::replace(&mut upload.state, State::Stored { piece, contents, expires });
        self.keep(id, &files, earlier.into_pieces());
        Ok(())
    }

    fn store_part(&mut self, id: &str, number: u32, body: &mut dyn Body) -> Result<Reply, Stop> {
        let piece = self.receive(&format!("{id}-{number}"), body, Piece::read_part)?;
        let upload = self.upload(id)?;
        let State::Parts(parts) = &mut upload.state else {
            return Err(reply::refusal(400, "This upload is not in parts").into());
        };
        let (etag, files) = (piece.etag(), piece.files.clone());
        let earlier = parts.insert(number, piece);
        upload.state.bound_tails();
        self.keep(id, &files, earlier);
        let response = reply::answer(200, &json!({ "partNumber": number, "etag": etag }));
        Ok(reply::with(response, crate::http::HeaderName::from_static("etag"), &etag).into())
    }

    /// Takes the bytes, unless the connection breaks. Where the shell keeps them, `name` is that of its file.
    fn receive(
        &mut self,
        name: &str,
        body: &mut dyn Body,
        read: fn(&mut dyn Body, u64) -> std::io::Result<Piece>,
    ) -> Result<Piece, Stop> {
        if self.faults.take(FaultKind::UploadCut) {
            return Err(Reply::Dropped.into());
        }
        let inline = if self.plan.files.is_some() { 0 } else { self.plan.keep_uploads_below };
        let mut piece = read(body, inline).map_err(|_| Stop::from(Reply::Dropped))?;
        if self.plan.files.is_some_and(|room| (1..=room).contains(&piece.length)) {
            piece.files = vec![File { name: name.to_owned(), length: piece.length }];
        }
        Ok(piece)
    }

    /// Has the body that came for this upload kept as `files` say, in place of earlier bytes.
    fn keep(&mut self, id: &str, files: &[File], earlier: impl IntoIterator<Item = Piece>) {
        let mut forget = Vec::new();
        for mut piece in earlier {
            piece.let_go(&mut forget);
        }
        forget.retain(|name| files.iter().all(|file| file.name != *name));
        self.keeping.forget.extend(forget);
        self.keeping.keep = files.first().map(|file| file.name.clone());
        self.make_room(id);
    }

    /// Makes the file of its parts. They may be named in any order: fal's Python client sends them as they end.
    fn join(&mut self, id: &str, list: &Value, now: Timestamp) -> Result<String, Stop> {
        let keep = if self.plan.files.is_some() { 0 } else { self.plan.keep_uploads_below };
        let upload = self.upload(id)?;
        let State::Parts(parts) = &upload.state else {
            return Err(reply::refusal(400, "This upload is not in parts").into());
        };
        let named = list.get("parts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if named.is_empty() {
            return Err(reply::refusal(400, "At least one part is required").into());
        }
        let mut chosen = BTreeMap::new();
        for part in named {
            let number = part.get("partNumber").or_else(|| part.get("part_number")).and_then(Value::as_u64);
            let number = number.and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
            let etag = part.get("etag").and_then(Value::as_str).unwrap_or_default();
            match parts.get(&number) {
                Some(piece) if piece.etag().trim_matches('"') == etag.trim_matches('"') => {
                    chosen.insert(number, piece);
                }
                _ => return Err(reply::refusal(400, &format!("Part {number} is unknown")).into()),
            }
        }
        let (piece, tail) = Piece::joined(&chosen.into_values().collect::<Vec<_>>(), keep);
        let contents = contents::inspect_tail(&tail, piece.length);
        let expires = upload.lifetime.map(|seconds| now.plus(Duration::from_secs(seconds)));
        let (files, path) = (piece.files.clone(), upload.path.clone());
        let parts = std::mem::replace(&mut upload.state, State::Stored { piece, contents, expires });
        self.keep(id, &files, parts.into_pieces());
        // The parts lie in the shell's files already, so the body of this call is not kept.
        self.keeping.keep = None;
        Ok(path)
    }

    fn upload(&mut self, id: &str) -> Result<&mut Upload, Stop> {
        let found = self.uploads.iter_mut().find(|upload| upload.id == id);
        found.ok_or_else(|| reply::refusal(404, "Upload not found").into())
    }

    fn signed_url(&self, id: &str, rest: &str) -> String {
        let signature = self.signature("upload", id);
        self.plan.file_url(&format!("/storage/put/{id}{rest}?signature={signature}"))
    }

    fn signed(&self, call: &Call<'_>, id: &str) -> Result<(), Stop> {
        if call.target.query("signature") == Some(self.signature("upload", id).as_str()) {
            return Ok(());
        }
        Err(reply::refusal(403, "SignatureDoesNotMatch").into())
    }

    fn bearer(&self, call: &Call<'_>) -> Result<(), Stop> {
        let token = call.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let parts = token.and_then(|token| token.split_once('.'));
        if parts.is_some_and(|(id, signature)| signature == self.signature("token", id)) {
            return Ok(());
        }
        Err(reply::refusal(401, "Invalid or expired token").into())
    }

    fn signature(&self, purpose: &str, id: &str) -> String {
        random::token(self.plan.seed, purpose, id, 40)
    }
}

fn access(call: &Call<'_>) -> Access {
    let preference = call.preference().unwrap_or_default();
    match preference.pointer("/initial_acl/default").and_then(Value::as_str) {
        Some("forbid") => Access::Forbid,
        Some("hide") => Access::Hide,
        _ => Access::Allow,
    }
}
