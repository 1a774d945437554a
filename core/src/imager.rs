//! Jobs for the imager, and its reports.
//!
//! At the edge photos are prepared and files are moved by a Worker of its own, which knows no key and decides
//! nothing: each job carries presigned addresses, and its report is all that comes back. Both are JSON: job in the
//! body of a POST, report in the answer's (status 200, also when the job failed for a reason that the report
//! names).

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{
    archive::Piece,
    avatar::{Content, Dataset, Kept, Part, Photo, PrepareError, Prepared, Sha256Sum},
    download::RemoteFile,
    error::{Error, StorageError, StorageErrorKind},
    http::{Body, NoAnswer, Request, Response},
    json::is_default,
    limits::{PhotoLimits, TRANSFER_CEILING},
    photo::{FaceCheck, PhotoForm, Treatment},
    storage::{Bucket, ObjectKey, ObjectPlace},
    time::Timestamp,
};

/// A job for the imager. It holds signed addresses, so it is never stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "job")]
pub enum ImagerJob {
    /// Read a photo, check its headers against the limits, make it clean, write the JPEG.
    Prepare(Preparation),
    /// Send these pieces, one after the other, as the body of one request.
    Send {
        /// Pieces to send.
        pieces: Vec<SentPiece>,
        /// Length of all pieces together in bytes: the Content-Length.
        length: u64,
        /// Request that takes the pieces as its body.
        to: Request,
    },
    /// Copy a file from one address to another, where nothing may appear unless the file is whole.
    Fetch {
        /// File to fetch, for [`crate::download::Download`].
        from: RemoteFile,
        /// Request that writes the copy.
        target: Request,
        /// Name of the copy.
        file: String,
    },
}

/// A piece of a body.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentPiece {
    /// Bytes in the job itself.
    Bytes(Vec<u8>),
    /// An object, or a part of it.
    Object(Box<SentObject>),
}

/// A photo to prepare.
#[derive(Debug, Serialize, Deserialize)]
pub struct Preparation {
    /// Request that reads the photo.
    pub photo: Request,
    /// SHA-256 of the photo when it was read before, which it must still have.
    pub sha256: Option<Sha256Sum>,
    /// Name of the photo in errors.
    pub place: String,
    /// Limits of a photo.
    pub limits: PhotoLimits,
    /// Form of the clean JPEG.
    #[serde(flatten)]
    pub form: PhotoForm,
    /// Choice whether faces are looked for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub face_check: FaceCheck,
    /// Request that writes the clean JPEG.
    pub target: Request,
    /// Name of the clean JPEG.
    pub file: String,
}

/// An object to send, or a part of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct SentObject {
    /// Request that reads the object; the range in its headers asks for a part.
    pub from: Request,
    /// Length in bytes that the answer must have.
    pub length: u64,
    /// CRC-32 of these bytes, when it is known.
    pub crc32: Option<u32>,
    /// Name of the object in errors.
    pub place: String,
}

/// The report of a job.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImagerReport {
    /// The outcome of [`ImagerJob::Prepare`].
    Prepared(Result<Prepared, PrepareError>),
    /// The outcome of [`ImagerJob::Send`]: the server's answer, or the reason why there is none.
    Sent(Result<Response, SendFailure>),
    /// The outcome of [`ImagerJob::Fetch`].
    Fetched(Result<Kept, Error>),
}

/// The reason why bytes could not be sent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendFailure {
    /// No complete answer came.
    NoAnswer(NoAnswer),
    /// A piece could not be read, or has changed since it was inspected.
    Source(StorageError),
}

impl ImagerJob {
    /// Prepares a photo that lies in this bucket; the clean one goes there too.
    pub fn prepare(
        photo: &Photo,
        file: String,
        bucket: &Bucket,
        limits: PhotoLimits,
        treatment: Treatment,
        now: Timestamp,
    ) -> Result<Self, StorageError> {
        let (source, target) = (own(&photo.source, bucket)?, own(&file, bucket)?);
        Ok(Self::Prepare(Preparation {
            photo: bucket.get(&source, None, None, now),
            sha256: photo.sha256,
            place: photo.source.clone(),
            limits,
            form: treatment.form,
            face_check: treatment.face_check,
            target: bucket.put(&target, Body::Empty, "image/jpeg", now),
            file,
        }))
    }

    /// Sends the part of the archive that a call of an upload streams.
    pub fn send_archive(
        dataset: &Dataset,
        call: &Request,
        bucket: &Bucket,
        now: Timestamp,
    ) -> Result<Self, StorageError> {
        let broken = || StorageError::new(StorageErrorKind::Changed, "the archive");
        // The last piece is asked for only when all before it are sent, so its signature must last as long as the
        // transfer.
        let bucket = &bucket.signing_for(TRANSFER_CEILING);
        let Body::Stream { start, length } = call.body else { return Err(broken()) };
        let archive = dataset.archive().map_err(|_| broken())?;
        let mut pieces = Vec::new();
        for piece in archive.pieces(start..start.saturating_add(length)) {
            pieces.push(match piece {
                Piece::Framing(bytes) => SentPiece::Bytes(bytes),
                Piece::Entry { index, range } => {
                    let part = dataset.parts.get(index).ok_or_else(broken)?;
                    sent_part(part, range, bucket, now)?
                }
            });
        }
        Ok(Self::Send { pieces, length, to: call.clone() })
    }

    /// Sends the part of an object that a call of an upload streams.
    pub fn send_object(
        place: &ObjectPlace,
        call: &Request,
        bucket: &Bucket,
        now: Timestamp,
    ) -> Result<Self, StorageError> {
        let name = place.to_string();
        let Body::Stream { start, length } = call.body else {
            return Err(StorageError::new(StorageErrorKind::Changed, name));
        };
        let key = own(&name, bucket)?;
        let from = bucket.get(&key, Some(start..start.saturating_add(length)), None, now);
        let object = SentObject { from, length, crc32: None, place: name };
        Ok(Self::Send { pieces: vec![SentPiece::Object(Box::new(object))], length, to: call.clone() })
    }

    /// Copies a file of fal's into the bucket.
    pub fn fetch(
        from: RemoteFile,
        file: String,
        place: &ObjectPlace,
        bucket: &Bucket,
        now: Timestamp,
    ) -> Result<Self, StorageError> {
        let key = own(&place.to_string(), bucket)?;
        Ok(Self::Fetch { from, target: bucket.put(&key, Body::Empty, "application/octet-stream", now), file })
    }
}

fn sent_part(
    part: &Part,
    range: Range<u64>,
    bucket: &Bucket,
    now: Timestamp,
) -> Result<SentPiece, StorageError> {
    let whole = range == (0..part.entry.length);
    match &part.content {
        Content::Caption(text) => {
            let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
            let bytes = text.as_bytes().get(place(range.start)..place(range.end)).unwrap_or_default();
            Ok(SentPiece::Bytes(bytes.to_vec()))
        }
        Content::Photo { file, etag } => {
            let key = own(file, bucket)?;
            let length = range.end.saturating_sub(range.start);
            let from = bucket.get(&key, (!whole).then_some(range), etag.as_ref(), now);
            let crc32 = whole.then_some(part.entry.crc32);
            let object = SentObject { from, length, crc32, place: file.clone() };
            Ok(SentPiece::Object(Box::new(object)))
        }
    }
}

/// Returns the key of an object, which must be of this bucket.
fn own(place: &str, bucket: &Bucket) -> Result<ObjectKey, StorageError> {
    let found: Option<ObjectPlace> = place.parse().ok();
    let found = found.filter(|found| found.bucket == bucket.name());
    let error = || StorageError::new(StorageErrorKind::Denied, place);
    found.map(|found| found.key).ok_or_else(error)
}

#[cfg(test)]
mod tests;
