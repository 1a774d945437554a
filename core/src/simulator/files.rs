//! The file store: uploads, and the files that requests made.

use super::{
    FaultKind, Simulator,
    call::Call,
    drawing::Looks,
    job::{Job, Phase, Work},
    keeping::{self, KeptFile},
    plan::Plan,
    random,
    ranges::{self, Given},
    reply::{self, Reply, Stop},
    safetensors,
    training::{CONFIG_NAME, LORA_NAME},
    upload::{Access, State},
};
use crate::{http::StatusCode, time::Timestamp};

impl Simulator {
    /// Returns a file's bytes. A file that a request made is made again each time.
    pub(super) fn file(&mut self, call: &Call<'_>, path: &str, now: Timestamp) -> Result<Reply, Stop> {
        if self.faults.take(FaultKind::DownloadDropped) {
            return Ok(Reply::Dropped);
        }
        if self.faults.take(FaultKind::FileExpired) {
            return Err(not_found());
        }
        let found = self.file_at(call, path, now)?;
        if self.faults.take(FaultKind::DownloadPage) {
            let page = b"<html>Just a moment...</html>".to_vec();
            return Ok(ranges::part(reply::file(StatusCode::OK, "text/html", page), call).into());
        }
        let cut = self.faults.take(FaultKind::DownloadCut);
        Ok(match found {
            Reply::Whole(mut file) => {
                if cut {
                    file.body.pop();
                }
                ranges::part(file, call).into()
            }
            Reply::Kept(file) if cut => Reply::Kept(file.cut()),
            kept => kept,
        })
    }

    fn file_at(&self, call: &Call<'_>, path: &str, now: Timestamp) -> Result<Reply, Stop> {
        if let Some((job, name)) = self.made_by(path, now) {
            let (kind, bytes) = contents(job, name, &self.plan).ok_or_else(not_found)?;
            return Ok(reply::file(StatusCode::OK, kind, bytes).into());
        }
        let upload = self.uploads.iter().find(|upload| upload.path == path).ok_or_else(not_found)?;
        let State::Stored { piece, expires, .. } = &upload.state else { return Err(not_found()) };
        if expires.is_some_and(|at| now >= at) {
            return Err(not_found());
        }
        // The owner may always fetch a file; in the simulator any caller with a key or a token counts as the owner.
        match upload.access {
            Access::Forbid if call.header("authorization").is_none() => {
                return Err(reply::refusal(403, "Forbidden").into());
            }
            Access::Hide if call.header("authorization").is_none() => return Err(not_found()),
            _ => {}
        }
        if let Some(kept) = &piece.kept {
            let file = reply::file(StatusCode::OK, &upload.content_type, kept.0.clone());
            return Ok(file.into());
        }
        if piece.files.is_empty() {
            // The bytes were not kept: an error is better than an answer with other bytes.
            return Err(reply::refusal(501, &not_kept(self.plan.files, piece.length)).into());
        }
        let (tag, length) = (piece.etag(), piece.length);
        let given = Given::of(call, &tag, length);
        let range = given.bytes(length);
        let head = given.head(reply::file(StatusCode::OK, &upload.content_type, Vec::new()), &tag, length);
        Ok(Reply::Kept(KeptFile { head, pieces: keeping::pieces(&piece.files, &range) }.measured()))
    }

    /// Tells whether there is a file at this path.
    pub(super) fn file_exists(&self, path: &str, now: Timestamp) -> bool {
        let path = path.split('?').next().unwrap_or(path);
        let uploaded = self.uploads.iter().any(|upload| {
            upload.path == path
                && matches!(&upload.state, State::Stored { expires, .. } if expires.is_none_or(|at| now < at))
        });
        uploaded || self.made_by(path, now).is_some()
    }

    /// Finds the looks of the person in the photos from which the model at this address was trained.
    pub(super) fn trained_looks(&self, lora: &str, now: Timestamp) -> Option<&Looks> {
        let path = self.plan.own_path(lora)?;
        match &self.made_by(path.split('?').next().unwrap_or(path), now)?.0.work {
            Work::Training(training) => training.looks.as_ref(),
            Work::Pictures(_) | Work::Nothing => None,
        }
    }

    /// Finds the request that made the file at this path, and the file's name.
    fn made_by<'a>(&self, file: &'a str, now: Timestamp) -> Option<(&Job, &'a str)> {
        let (id, name) = file.rsplit('/').next()?.split_once('_')?;
        let job = self.jobs.iter().find(|job| job.id == id)?;
        let there = job.phase(now) == Phase::Completed
            && job.failure().is_none()
            && !job.deleted
            && job.expires().is_none_or(|at| now < at)
            && self.plan.file_path(id, name) == file
            && makes(job, name);
        there.then_some((job, name))
    }
}

/// Tells whether a request makes a file of this name.
fn makes(job: &Job, name: &str) -> bool {
    match &job.work {
        Work::Training(_) => matches!(name, LORA_NAME | CONFIG_NAME),
        Work::Pictures(pictures) => (0..pictures.count).any(|index| pictures.name(index) == name),
        Work::Nothing => false,
    }
}

fn contents(job: &Job, name: &str, plan: &Plan) -> Option<(&'static str, Vec<u8>)> {
    match &job.work {
        Work::Training(training) if name == LORA_NAME => {
            let seed = random::number(0, "lora", &job.id);
            Some((
                "application/octet-stream",
                safetensors::pieces(training.label(), plan.lora_width, seed).flatten().collect(),
            ))
        }
        Work::Training(training) if name == CONFIG_NAME => {
            Some(("application/json", training.config().into_bytes()))
        }
        Work::Pictures(pictures) => {
            let index = (0..pictures.count).find(|index| pictures.name(*index) == name)?;
            Some((pictures.content_type(), pictures.picture(index)?))
        }
        Work::Training(_) | Work::Nothing => None,
    }
}

/// Explains why a file that was uploaded whole cannot be fetched back. `room` is the number of bytes that the shell
/// keeps.
fn not_kept(room: Option<u64>, length: u64) -> String {
    match room {
        Some(room) if length <= room => {
            format!(
                "The simulator keeps {room} bytes of uploads (--keep-uploads); newer ones took this one's place"
            )
        }
        Some(room) => {
            format!("The simulator keeps {room} bytes of uploads (--keep-uploads); this one has {length}")
        }
        None => "The simulator did not keep this file: it is too large".to_owned(),
    }
}

fn not_found() -> Stop {
    reply::refusal(404, "File not found").into()
}
