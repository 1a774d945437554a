//! Why a call was refused: a problem document (RFC 9457).

use serde_json::{Value, json};

use crate::{
    codes::codes,
    error::{Class, Error},
    http::StatusCode,
};

/// A refusal: the status, and what the document says.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// A stable name for programs.
    pub code: String,
    /// What is wrong, as a sentence.
    pub detail: String,
    /// What to do next, as a sentence.
    pub advice: String,
    /// When it makes sense to ask again, in seconds.
    pub retry_after: Option<u64>,
    /// Methods that this path knows.
    pub allow: Option<String>,
}

/// What the API itself refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each case is explained by its own sentence")]
pub enum ApiProblem {
    #[error("there is nothing at this path")]
    NoRoute,
    #[error("this path knows only {allowed}")]
    Method { allowed: String },
    #[error("the {part} in the path cannot be right: {why}")]
    Path { part: &'static str, why: String },
    #[error("who calls is not known: a token is missing, wrong, ended or revoked")]
    Unauthorized,
    #[error("this token may not do that")]
    Forbidden,
    #[error("the body cannot be used: {why}")]
    Body { why: String },
    #[error("the body is larger than {max} bytes")]
    TooLarge { max: u64 },
    #[error("the length of the body must be announced (Content-Length)")]
    NoLength,
    #[error("there is no such avatar")]
    NoAvatar,
    #[error("another person's avatar has this id")]
    AvatarTaken,
    #[error("this avatar was erased")]
    Erased,
    #[error("there is no such photo")]
    NoPhoto,
    #[error(
        "the photos belong to a training that is being placed; they can be changed once fal.ai has taken it"
    )]
    PhotosInUse,
    #[error("{max} photos are there already")]
    TooManyPhotos { max: usize },
    #[error(
        "this avatar has uploaded photos; a training of it is bought from these, or from keys, not from both"
    )]
    PhotosMixed,
    #[error("photos cannot be PUT straight into a bucket here, since there is none")]
    NoBucketHere,
    #[error("the key `{key}` cannot be used: {why}")]
    Key { key: String, why: String },
    #[error("only a server token may name keys of the bucket")]
    KeysForbidden,
    #[error("whoever was invited may set {setting} to {most} at most")]
    BeyondInvite { setting: &'static str, most: u64 },
    #[error("there is no training of this number")]
    NoTraining,
    #[error("there are no pictures of this number")]
    NoPictures,
    #[error("the next number is {next}")]
    WrongNumber { next: u32 },
    #[error("this number was used for something else")]
    Different,
    #[error("an earlier training of this avatar is not over")]
    Busy,
    #[error("this avatar has no model yet")]
    NoModel,
    #[error("there is no such file yet")]
    NoFile,
    #[error("it is not unclear whether fal.ai took it, so there is nothing to settle")]
    NotUnclear,
    #[error("this deployment cannot buy anything: it has no key at fal.ai, and is not in test mode")]
    NoKey,
    #[error("the deployment's setting {setting} cannot be used")]
    BadSetting { setting: &'static str },
    #[error("this deployment has no bucket")]
    NoBucket,
    #[error("nobody has been let in yet: ADMIN_TOKEN is not set")]
    NoAdmin,
    #[error("this avatar was bought under other settings: {why}")]
    OtherSettings { why: String },
    #[error("too many calls at once")]
    RateLimited,
    #[error("something in this deployment broke")]
    Internal,
}

impl ApiProblem {
    codes! { "A stable name for programs."
        Self::NoRoute => "api.no_route",
        Self::Method { .. } => "api.method",
        Self::Path { .. } => "api.path",
        Self::Unauthorized => "api.unauthorized",
        Self::Forbidden => "api.forbidden",
        Self::Body { .. } => "api.body",
        Self::TooLarge { .. } => "api.body_too_large",
        Self::NoLength => "api.no_length",
        Self::NoAvatar => "avatar.not_found",
        Self::AvatarTaken => "avatar.taken",
        Self::Erased => "avatar.erased",
        Self::NoPhoto => "photos.not_found",
        Self::PhotosInUse => "photos.in_use",
        Self::TooManyPhotos { .. } => "photos.too_many",
        Self::PhotosMixed => "photos.mixed",
        Self::NoBucketHere => "photos.no_bucket",
        Self::Key { .. } => "photos.key",
        Self::KeysForbidden => "photos.keys_forbidden",
        Self::BeyondInvite { .. } => "settings.beyond_invite",
        Self::NoTraining => "training.not_found",
        Self::NoPictures => "pictures.not_found",
        Self::WrongNumber { .. } => "order.wrong_number",
        Self::Different => "order.different",
        Self::Busy => "order.busy",
        Self::NoModel => "order.no_model",
        Self::NoFile => "order.no_file",
        Self::NotUnclear => "order.not_unclear",
        Self::NoKey => "settings.key_missing",
        Self::BadSetting { .. } => "settings.unusable",
        Self::NoBucket => "settings.bucket_missing",
        Self::NoAdmin => "settings.admin_missing",
        Self::OtherSettings { .. } => "settings.other",
        Self::RateLimited => "api.rate_limited",
        Self::Internal => "api.internal",
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoRoute
            | Self::NoAvatar
            | Self::NoPhoto
            | Self::NoTraining
            | Self::NoPictures
            | Self::NoFile => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Path { .. } | Self::Body { .. } | Self::Key { .. } => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::KeysForbidden | Self::BeyondInvite { .. } => StatusCode::FORBIDDEN,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoLength => StatusCode::LENGTH_REQUIRED,
            Self::Erased => StatusCode::GONE,
            Self::AvatarTaken
            | Self::PhotosInUse
            | Self::TooManyPhotos { .. }
            | Self::PhotosMixed
            | Self::NoBucketHere
            | Self::WrongNumber { .. }
            | Self::Different
            | Self::Busy
            | Self::NoModel
            | Self::NotUnclear => StatusCode::CONFLICT,
            Self::NoKey
            | Self::NoBucket
            | Self::NoAdmin
            | Self::BadSetting { .. }
            | Self::OtherSettings { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What to do next, as a sentence.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NoRoute | Self::Method { .. } | Self::Path { .. } => "GET /openapi.json lists every call.",
            Self::Unauthorized => "Send `Authorization: Bearer TOKEN` with a server token or a capability.",
            Self::Forbidden => "The table of routes and roles in docs/api.md says which token may.",
            Self::Body { .. } => "Compare the body with the call's schema in /openapi.json.",
            Self::TooLarge { .. } => "Send less.",
            Self::NoLength => "Send the body in one piece, with its length.",
            Self::NoAvatar => "Create it first: PUT /v1/avatars/{avatar}.",
            Self::AvatarTaken | Self::Erased => "Choose another id, such as a new random UUID.",
            Self::NoPhoto => "Add it first: PUT /v1/avatars/{avatar}/photos/{photo}.",
            Self::PhotosInUse => "Wait until the training has a request_id, or cancel it.",
            Self::TooManyPhotos { .. } => "Remove one first.",
            Self::PhotosMixed => "Remove the uploaded photos, or leave out photo_urls.",
            Self::NoBucketHere => "PUT the file itself: PUT /v1/avatars/{avatar}/photos/{photo}.",
            Self::Key { .. } => "Name a key of the deployment's bucket, outside of likeness/.",
            Self::KeysForbidden => "Upload the photos, or have a backend with a server token ask.",
            Self::BeyondInvite { .. } => "Ask for less, or have a backend with a server token ask.",
            Self::NoTraining => "Buy it first: PUT /v1/avatars/{avatar}/trainings/1.",
            Self::NoPictures => "Buy them first: PUT /v1/avatars/{avatar}/pictures/1.",
            Self::WrongNumber { .. } => "Numbers count up from 1: use the next one for something new.",
            Self::Different => "Ask for exactly the same again, or use the next number for something new.",
            Self::Busy => "Wait for its end, or cancel it.",
            Self::NoModel => "Wait until a training is completed.",
            Self::NoFile => "Wait until its status is completed.",
            Self::NotUnclear => "Look at its status.",
            Self::NoKey => "Set FAL_KEY, or AVATAR_TEST_MODE=true to try without buying.",
            Self::BadSetting { .. } => "Correct it; the deployment's log says what is wrong with it.",
            Self::NoBucket => "Set MINIO_ENDPOINT, MINIO_BUCKET, MINIO_ACCESS_KEY and MINIO_SECRET_KEY.",
            Self::NoAdmin => "Set ADMIN_TOKEN to a long random text, then mint a token with it.",
            Self::OtherSettings { .. } => "Set them as they were then, or create another avatar.",
            Self::RateLimited => "Wait a few seconds.",
            Self::Internal => "Try again; if it stays, look at the deployment's log.",
        }
    }
}

impl From<ApiProblem> for Problem {
    fn from(problem: ApiProblem) -> Self {
        let retry_after = match problem {
            ApiProblem::RateLimited => Some(10),
            ApiProblem::Internal | ApiProblem::PhotosInUse => Some(5),
            _ => None,
        };
        Self {
            status: problem.status(),
            code: problem.code().to_owned(),
            detail: capital(&problem.to_string()),
            advice: problem.advice().to_owned(),
            retry_after,
            allow: match problem {
                ApiProblem::Method { allowed } => Some(allowed),
                _ => None,
            },
        }
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let status = match error.class() {
            Class::Data => StatusCode::UNPROCESSABLE_ENTITY,
            Class::Network | Class::Api => StatusCode::BAD_GATEWAY,
            Class::Storage => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self {
            status,
            code: error.code().to_owned(),
            detail: capital(&error.to_string()),
            advice: error.advice().to_owned(),
            retry_after: error.may_pass().then_some(10),
            allow: None,
        }
    }
}

impl Problem {
    /// The document. `type` is left at its default, which says that the status and `code` tell all.
    #[must_use]
    pub fn document(&self) -> Value {
        json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
            "advice": self.advice,
        })
    }
}

/// A sentence with a capital and a full stop.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}
