//! Refusals of calls, as problem documents (RFC 9457).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    avatar::ConfigError,
    codes::codes,
    error::{Class, DataError, Error, StorageErrorKind},
    http::{StatusCode, wire},
    language::{Audience, sentence},
    limits::MAX_PHOTOS,
    photo::PhotoProblem,
};

/// A refusal of a call: the status, and the content of the document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// HTTP status.
    #[serde(with = "wire::status")]
    pub status: StatusCode,
    /// Stable name for programs.
    pub code: String,
    /// Sentence that says what is wrong.
    pub detail: String,
    /// Sentence that says what to do next.
    pub advice: String,
    /// Time in seconds after which a repeat makes sense.
    pub retry_after: Option<u64>,
    /// Methods that this path knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<String>,
}

/// A problem document (RFC 9457).
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Problem"))]
pub(super) struct Document<'a> {
    /// Always `about:blank`: the status and `code` tell all.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Status in words.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// Stable name for programs.
    code: &'a str,
    /// Sentence that says what is wrong.
    detail: &'a str,
    /// Sentence that says what to do next.
    advice: &'a str,
}

/// A refusal of the API itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each case is explained by its sentence in words/api.rs")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum ApiProblem {
    NoRoute,
    Method {
        allowed: String,
    },
    Path {
        part: &'static str,
        why: String,
    },
    Unauthorized,
    Forbidden,
    Body {
        why: String,
    },
    TooLarge {
        max: u64,
    },
    NoLength,
    /// A message that is not a call: not HTTP, or not as HTTP wants it.
    Malformed,
    /// An address of a call that is too long.
    UriTooLong,
    /// A head of a call that is too long, or has too many lines.
    HeadTooLarge,
    NoAvatar,
    AvatarTaken,
    Erased,
    NoPhoto,
    PhotosInUse,
    /// A photo of an invited person, whose consent nobody has confirmed.
    NoConsent,
    TooManyPhotos {
        max: usize,
    },
    PhotosMixed,
    NoBucketHere,
    Key {
        key: String,
        why: String,
    },
    KeysForbidden,
    BeyondInvite {
        setting: &'static str,
        most: u64,
    },
    NoRequest,
    /// A request id that fal.ai does not know.
    NotAtFal {
        request: String,
    },
    /// A request that another order of the same avatar has.
    OtherOrder,
    /// A call that needs fal.ai, which could not be asked.
    FalNotAsked {
        why: String,
    },
    NoTraining,
    NoPictures,
    WrongNumber {
        next: u32,
    },
    Different,
    /// An order that was placed, or may have been: its number is spent.
    NotAgain {
        next: u32,
    },
    Busy,
    NoModel,
    NoFile {
        /// The number of files that there are, once that is known.
        there: Option<usize>,
    },
    NotUnclear,
    NoKey,
    /// Test mode is on, and this build of the shell does not carry the simulator.
    NoSimulator,
    BadSetting {
        setting: &'static str,
    },
    NoBucket,
    NoAdmin,
    OtherSettings {
        why: String,
    },
    Repeated,
    /// A resource that exists, though the call only makes it if it does not.
    Exists,
    /// A range of which the file has no byte.
    Range {
        length: u64,
    },
    RateLimited,
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
        Self::Malformed => "api.malformed",
        Self::UriTooLong => "api.uri_too_long",
        Self::HeadTooLarge => "api.head_too_large",
        Self::NoAvatar => "avatar.not_found",
        Self::AvatarTaken => "avatar.taken",
        Self::Erased => "avatar.erased",
        Self::NoPhoto => "photos.not_found",
        Self::PhotosInUse => "photos.in_use",
        Self::NoConsent => "photos.no_consent",
        Self::TooManyPhotos { .. } => "photos.too_many",
        Self::PhotosMixed => "photos.mixed",
        Self::NoBucketHere => "photos.no_bucket",
        Self::Key { .. } => "photos.key",
        Self::KeysForbidden => "photos.keys_forbidden",
        Self::BeyondInvite { .. } => "settings.beyond_invite",
        Self::NoRequest => "request.unknown",
        Self::NotAtFal { .. } => "request.not_at_fal",
        Self::OtherOrder => "request.other_order",
        Self::FalNotAsked { .. } => "request.not_asked",
        Self::NoTraining => "training.not_found",
        Self::NoPictures => "pictures.not_found",
        Self::WrongNumber { .. } => "order.wrong_number",
        Self::Different => "order.different",
        Self::NotAgain { .. } => "order.not_again",
        Self::Busy => "order.busy",
        Self::NoModel => "order.no_model",
        Self::NoFile { .. } => "order.no_file",
        Self::NotUnclear => "order.not_unclear",
        Self::NoKey => "settings.key_missing",
        Self::NoSimulator => "settings.simulator_missing",
        Self::BadSetting { .. } => "settings.unusable",
        Self::NoBucket => "settings.bucket_missing",
        Self::NoAdmin => "settings.admin_missing",
        Self::OtherSettings { .. } => "settings.other",
        Self::Repeated => "api.repeated",
        Self::Exists => "api.exists",
        Self::Range { .. } => "api.range",
        Self::RateLimited => "api.rate_limited",
        Self::Internal => "api.internal",
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoRoute
            | Self::NoAvatar
            | Self::NoPhoto
            | Self::NoRequest
            | Self::NoTraining
            | Self::NoPictures
            | Self::NoFile { .. } => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Path { .. } | Self::Body { .. } | Self::Key { .. } | Self::Malformed => {
                StatusCode::BAD_REQUEST
            }
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::NoConsent | Self::KeysForbidden | Self::BeyondInvite { .. } => {
                StatusCode::FORBIDDEN
            }
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoLength => StatusCode::LENGTH_REQUIRED,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Erased => StatusCode::GONE,
            Self::AvatarTaken
            | Self::PhotosInUse
            | Self::TooManyPhotos { .. }
            | Self::PhotosMixed
            | Self::NoBucketHere
            | Self::NoBucket
            | Self::WrongNumber { .. }
            | Self::OtherOrder
            | Self::Different
            | Self::NotAgain { .. }
            | Self::Busy
            | Self::NoModel
            | Self::NotUnclear
            | Self::Repeated => StatusCode::CONFLICT,
            Self::NotAtFal { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Exists => StatusCode::PRECONDITION_FAILED,
            Self::Range { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::NoKey
            | Self::NoSimulator
            | Self::NoAdmin
            | Self::BadSetting { .. }
            | Self::OtherSettings { .. }
            | Self::FalNotAsked { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<ApiProblem> for Problem {
    fn from(problem: ApiProblem) -> Self {
        let retry_after = match problem {
            ApiProblem::RateLimited => Some(10),
            ApiProblem::FalNotAsked { .. } => Some(30),
            ApiProblem::Internal | ApiProblem::PhotosInUse => Some(5),
            _ => None,
        };
        Self {
            status: problem.status(),
            code: problem.code().to_owned(),
            detail: sentence(&problem.to_string()),
            advice: problem.advice().into_owned(),
            retry_after,
            allow: match problem {
                ApiProblem::Method { allowed } => Some(allowed),
                _ => None,
            },
        }
    }
}

/// Makes the refusal of a photo before the photo takes a place.
impl From<&PhotoProblem> for Problem {
    fn from(problem: &PhotoProblem) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            code: problem.code().to_owned(),
            detail: sentence(&problem.to_string()),
            advice: problem.advice(Audience::Api).to_owned(),
            retry_after: None,
            allow: None,
        }
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let status = match error.class() {
            // Each number is in its range, which the schema declares; the two contradict each other, which no schema
            // declares: hence 409, not 422.
            Class::Data if contradicts(error) => StatusCode::CONFLICT,
            Class::Data => StatusCode::UNPROCESSABLE_ENTITY,
            Class::Network | Class::Api => StatusCode::BAD_GATEWAY,
            Class::Storage => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self {
            status,
            code: error.code().to_owned(),
            detail: sentence(&error.to_string()),
            advice: error.advice(Audience::Api).into_owned(),
            retry_after: when_again(error).map(|pause| pause.as_secs()),
            allow: None,
        }
    }
}

/// Tells whether two settings contradict each other, each of which would do.
fn contradicts(error: &Error) -> bool {
    let counts = 1..=MAX_PHOTOS;
    matches!(error, Error::Data(DataError::Config(ConfigError::PhotoCounts { min, max }))
        if counts.contains(min) && counts.contains(max))
}

/// Returns the time after which a repeat has a chance. Storage that refuses may be mended by its operator.
fn when_again(error: &Error) -> Option<Duration> {
    match error {
        Error::Storage(error) if error.kind == StorageErrorKind::Busy => Some(SOON),
        error if error.may_pass() => Some(LATER),
        Error::Storage(_) => Some(MUCH_LATER),
        _ => None,
    }
}

const SOON: Duration = Duration::from_secs(5);
const LATER: Duration = Duration::from_secs(10);
const MUCH_LATER: Duration = Duration::from_mins(1);

impl Problem {
    /// Makes the document. `type` is left at its default, which means that the status and `code` tell all.
    #[must_use]
    pub fn document(&self) -> Value {
        json!(Document {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: &self.code,
            detail: &self.detail,
            advice: &self.advice,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Problem;
    use crate::error::{Error, StorageError, StorageErrorKind};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn storage_that_refuses_says_when_to_ask_again() {
        let of = |kind| {
            let problem = Problem::from(&Error::Storage(StorageError::new(kind, "the storage")));
            (problem.status.as_u16(), problem.retry_after)
        };
        assert_eq!(of(StorageErrorKind::Busy), (503, Some(5)));
        assert_eq!(of(StorageErrorKind::Unreachable), (503, Some(10)));
        assert_eq!(of(StorageErrorKind::Full), (503, Some(60)));
    }
}
