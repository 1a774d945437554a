//! A photo of an avatar, and how far it is.

use serde::{Deserialize, Serialize};

use crate::{
    ids::PhotoId,
    photo::{Change, NormalisedPhoto, PhotoProblem, Way, report::PhotoReport},
    sha256::Sha256Sum,
    storage::{ETag, ObjectPlace},
};

/// A photo of an avatar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Photo {
    /// Caller's name for the photo, when the photo came on its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<PhotoId>,
    /// Name, as the photo's owner knows it.
    pub name: String,
    /// Place of the bytes: an object of a bucket ([`ObjectPlace`]), or else in the shell's own words.
    pub source: String,
    /// SHA-256 of the bytes when they were read first; `None` before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256Sum>,
    /// Caption: the content of the photo in words.
    pub caption: Option<String>,
    /// Number of times that the worker crashed on the photo.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub crashes: u8,
    /// Number of times that the worker had no room for the photo.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cramped: u8,
    /// State of the photo.
    pub state: PhotoState,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field over by reference")]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// The state of a photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoState {
    /// Not looked at yet.
    Waiting,
    /// Ready as a clean JPEG.
    Ready(Prepared),
    /// Rejected: the photo cannot be used.
    Rejected(PhotoProblem),
}

/// A clean JPEG that the shell keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prepared {
    /// Name of the file, as [`super::Work::Prepare`] gave it.
    pub file: String,
    /// ETag of the object, when the file lies in a bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<ETag>,
    /// Length in bytes.
    pub length: u64,
    /// CRC-32 of the file.
    pub crc32: u32,
    /// SHA-256 of the file; `None` in rows of releases that did not store it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256Sum>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Way in which the file was made; `None` in rows of releases that did not store it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<Way>,
    /// Changes that preparing made.
    pub changes: Vec<Change>,
    /// Report of the photo's looks; `None` in rows of releases that made none, and for photos without a preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Box<PhotoReport>>,
    /// SHA-256 of the photo's own bytes, for a photo that was not read before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Sha256Sum>,
}

impl Prepared {
    /// Describes a clean photo. `original` is the sum of the photo's own bytes.
    #[must_use]
    pub fn of(photo: &NormalisedPhoto, file: String, original: Option<Sha256Sum>) -> Self {
        Self {
            file,
            etag: None,
            length: photo.jpeg().len() as u64,
            crc32: photo.crc32(),
            sha256: Some(Sha256Sum::of(photo.jpeg())),
            width: photo.width(),
            height: photo.height(),
            way: Some(photo.way()),
            changes: photo.changes().to_vec(),
            report: None,
            original,
        }
    }

    /// Adds the report of the photo's looks.
    #[must_use]
    pub fn with_report(self, report: Option<PhotoReport>) -> Self {
        Self { report: report.map(Box::new), ..self }
    }
}

impl Photo {
    /// Returns the photo's object, when the photo lies in a bucket.
    #[must_use]
    pub fn object(&self) -> Option<ObjectPlace> {
        self.source.parse().ok()
    }

    /// Tells whether the photo was looked at and cannot be used.
    #[must_use]
    pub fn is_left_out(&self) -> bool {
        matches!(self.state, PhotoState::Rejected(_))
    }

    /// Tells whether no more than the headers were looked at.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.state == PhotoState::Waiting
    }

    pub(super) fn ready(&self) -> Option<&Prepared> {
        match &self.state {
            PhotoState::Ready(jpeg) => Some(jpeg),
            PhotoState::Waiting | PhotoState::Rejected(_) => None,
        }
    }
}
