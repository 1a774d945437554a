//! fal's refusals, and calls without an answer.

use super::{
    Audience, Language,
    obstacle::{self, no_answer, stranger, stranger_advice},
};
use crate::fal::{ApiError, CallError, ErrorKind, error::Objection, submit::Unclear};

displayed! {
    CallError => call;
    Unclear => unclear;
    ApiError => api_error;
}

impl ApiError {
    /// Returns what to do next.
    #[must_use]
    pub fn advice(&self, audience: Audience) -> &'static str {
        self.kind.advice(audience)
    }
}

impl ErrorKind {
    /// Returns a sentence that says what is wrong.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        kind(Language::English, self)
    }

    /// Returns what to do next.
    #[must_use]
    pub fn advice(self, audience: Audience) -> &'static str {
        advice(Language::English, self, audience)
    }
}

impl Objection<'_> {
    /// Returns the sentence; `None` for a type that is not known.
    pub(crate) fn sentence(&self) -> Option<String> {
        detail(Language::English, self)
    }
}

impl CallError {
    /// Returns what to do next.
    #[must_use]
    pub fn advice(&self, audience: Audience) -> &'static str {
        call_advice(Language::English, self, audience)
    }
}

/// Says what fal objects to.
#[must_use]
pub fn kind(language: Language, kind: ErrorKind) -> &'static str {
    match language {
        Language::English => match kind {
            ErrorKind::Unauthorized => "fal does not accept the key.",
            ErrorKind::BalanceExhausted => "The balance at fal is exhausted, so fal takes no new work.",
            ErrorKind::Forbidden => "fal does not allow this with this key.",
            ErrorKind::NotFound => "fal does not know this request.",
            ErrorKind::UnknownApplication => "fal has no model of this name.",
            ErrorKind::RateLimited => "fal takes no more requests at the moment.",
            ErrorKind::InvalidInput => "fal refused the input.",
            ErrorKind::Rejected => "fal refused the request.",
            ErrorKind::Unexplained => "fal gives no result, and no reason that can be read.",
            ErrorKind::Unavailable => "fal has a problem of its own.",
            ErrorKind::InternalServerError => "The model failed at fal.",
            ErrorKind::GenerationTimeout => "The model took too long at fal.",
            ErrorKind::DownstreamServiceError => "A service that fal's model uses refused the work.",
            ErrorKind::DownstreamServiceUnavailable => "A service that fal's model uses is down.",
            ErrorKind::ContentPolicyViolation => "The input violates fal's content policy.",
            ErrorKind::NoMediaGenerated => "The model made nothing from this input.",
            ErrorKind::ImageTooSmall => "An image is too small for fal.",
            ErrorKind::ImageTooLarge => "An image is too large for fal.",
            ErrorKind::ImageLoadError => "fal could not read an image.",
            ErrorKind::FileDownloadError => "fal could not download a file.",
            ErrorKind::FaceDetectionError => "fal found no face in a photo.",
            ErrorKind::FileTooLarge => "A file is too large for fal.",
            ErrorKind::FeatureNotSupported => "The model does not support a setting.",
            ErrorKind::InvalidArchive => "fal could not open the archive.",
            ErrorKind::ArchiveFileCountBelowMinimum => "The archive holds too few photos.",
            ErrorKind::ArchiveFileCountExceedsMaximum => "The archive holds too many photos.",
            ErrorKind::UnsupportedFormat => "fal does not read files of this format.",
            ErrorKind::RequestTimeout => "fal did not begin the work in time.",
            ErrorKind::StartupTimeout => "The model did not start in time at fal.",
            ErrorKind::RunnerSchedulingFailure => "fal found no machine for the work.",
            ErrorKind::RunnerFailed => "The machine that did the work at fal failed.",
            ErrorKind::ClientDisconnected => "fal lost the connection while the request was on its way.",
            ErrorKind::ClientCancelled => "The request was cancelled.",
            ErrorKind::InternalError => "fal had an internal error.",
        },
    }
}

/// Says what to do about fal's objection.
#[must_use]
pub fn advice(language: Language, kind: ErrorKind, audience: Audience) -> &'static str {
    match language {
        Language::English => match kind {
            ErrorKind::Unauthorized => audience.pick(
                "Set FAL_KEY to a whole key (`id:secret`) from fal.ai/dashboard/keys.",
                "The deployment's operator must set FAL_KEY to a whole key (`id:secret`) from fal.ai/dashboard/keys.",
            ),
            ErrorKind::BalanceExhausted => audience.pick(
                "Top it up at fal.ai/dashboard/billing, then try again.",
                "The deployment's operator must top it up at fal.ai/dashboard/billing; then order again.",
            ),
            ErrorKind::Forbidden => audience.pick(
                "Use a key of the account that the request belongs to; deleting payloads needs an admin key.",
                "The deployment's operator must set a key of the account that the request belongs to; deleting payloads \
                 needs an admin key.",
            ),
            ErrorKind::NotFound => {
                "Check the request id, and that the key belongs to the account that sent it."
            }
            ErrorKind::UnknownApplication => "Check the endpoint's name at fal.ai/models.",
            ErrorKind::RateLimited => "Wait a little and try again.",
            ErrorKind::InvalidInput => "Correct what is named, then try again.",
            ErrorKind::Rejected => "Read what fal says; if it does not help, ask fal's support.",
            ErrorKind::Unexplained => audience.pick(
                "Look at the request at fal.ai/dashboard/requests, or ask fal's support.",
                "Ask for its status again later, since fal may still have the result; or order again, under the next \
                 number.",
            ),
            ErrorKind::Unavailable => "Try again later; status.fal.ai shows known outages.",
            ErrorKind::InternalServerError | ErrorKind::RunnerFailed => {
                "Try again later; fal does not charge for its own failures."
            }
            ErrorKind::GenerationTimeout => {
                "Try again, with fewer steps or fewer photos if it happens again."
            }
            ErrorKind::DownstreamServiceError => "Check the input, then try again.",
            ErrorKind::DownstreamServiceUnavailable
            | ErrorKind::RequestTimeout
            | ErrorKind::StartupTimeout
            | ErrorKind::RunnerSchedulingFailure
            | ErrorKind::InternalError => "Try again later.",
            ErrorKind::ContentPolicyViolation => "Change the prompt or the photos.",
            ErrorKind::NoMediaGenerated => "Change the prompt or the settings.",
            ErrorKind::ImageTooSmall => "Use larger photos.",
            ErrorKind::ImageTooLarge => "Use smaller photos.",
            ErrorKind::ImageLoadError => "Check the photos; one of them may be damaged.",
            ErrorKind::FileDownloadError => audience.pick(
                "Begin again, so that the file is uploaded anew; its address may have expired.",
                "Order again, under the next number: the file is uploaded anew; its address may have expired.",
            ),
            ErrorKind::FaceDetectionError => "Use photos that show the face clearly.",
            ErrorKind::FileTooLarge => "Use fewer or smaller photos.",
            ErrorKind::FeatureNotSupported => "Leave out the setting that is named.",
            ErrorKind::InvalidArchive => audience.pick(
                "Begin again, so that the archive is made and uploaded anew.",
                "Order again, under the next number: the archive is made and uploaded anew.",
            ),
            ErrorKind::ArchiveFileCountBelowMinimum => "Add photos.",
            ErrorKind::ArchiveFileCountExceedsMaximum => "Leave out some photos.",
            ErrorKind::UnsupportedFormat => "Use JPEG or PNG files.",
            ErrorKind::ClientDisconnected => "Try again.",
            ErrorKind::ClientCancelled => audience.pick(
                "Begin again if this was not intended.",
                "Order again, under the next number, if this was not intended.",
            ),
        },
    }
}

/// Says what fal objects to, in our words and then in fal's own.
#[must_use]
pub fn api_error(language: Language, error: &ApiError) -> String {
    let sentence = kind(language, error.kind);
    let details = error.details.iter().map(|detail| detail.sentence.as_str());
    let details = details.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
    match language {
        Language::English => match (details.trim_end_matches('.'), error.message.as_str()) {
            ("", "") if error.kind == ErrorKind::Unexplained => {
                format!("{sentence} Its answer has HTTP status {}.", error.status)
            }
            ("", "") => sentence.to_owned(),
            ("", message) => format!("{sentence} fal says: {message}"),
            (details, _) => format!("{sentence} In detail: {details}."),
        },
    }
}

/// Says what fal objects to about a field. `None` when the type is another or its numbers are missing.
fn detail(language: Language, objection: &Objection<'_>) -> Option<String> {
    let Objection { kind, place, context: number } = *objection;
    match language {
        Language::English => {
            let field = if place.is_empty() { "a value" } else { place };
            let holds = || {
                number("provided_count").map(|count| format!("it holds {count} files, ")).unwrap_or_default()
            };
            Some(match kind {
                "archive_file_count_below_minimum" => {
                    format!("{}at least {} are needed", holds(), number("min_count")?)
                }
                "archive_file_count_exceeds_maximum" => {
                    format!("{}at most {} are allowed", holds(), number("max_count")?)
                }
                "invalid_archive" => {
                    format!("its name must end in one of: {}", number("supported_extensions")?)
                }
                "image_too_small" => {
                    format!("at least {} × {} pixels are needed", number("min_width")?, number("min_height")?)
                }
                "image_too_large" => {
                    format!("at most {} × {} pixels are allowed", number("max_width")?, number("max_height")?)
                }
                "file_too_large" => format!("at most {} bytes are allowed", number("max_size")?),
                "greater_than" => format!("{field} must be greater than {}", number("gt")?),
                "greater_than_equal" => format!("{field} must be at least {}", number("ge")?),
                "less_than" => format!("{field} must be less than {}", number("lt")?),
                "less_than_equal" => format!("{field} must be at most {}", number("le")?),
                "multiple_of" => format!("{field} must be a multiple of {}", number("multiple_of")?),
                "sequence_too_short" => format!("{field} needs at least {} entries", number("min_length")?),
                "sequence_too_long" => format!("{field} may have at most {} entries", number("max_length")?),
                "one_of" => format!("{field} must be one of: {}", number("expected")?),
                "unsupported_image_format" => format!("fal reads {}", number("supported_formats")?),
                _ => return None,
            })
        }
    }
}

/// Says why a call brought nothing that can be used.
#[must_use]
pub fn call(language: Language, error: &CallError) -> String {
    match language {
        Language::English => match error {
            CallError::NoAnswer(why) => format!("fal cannot be reached: {}", no_answer(language, why)),
            CallError::Api(error) => api_error(language, error),
            CallError::Unreadable { status } => stranger(language, *status, false)
                .unwrap_or_else(|| format!("the answer (HTTP status {status}) is not one that fal gives")),
            CallError::Page { status } => stranger(language, *status, true).unwrap_or_default(),
        },
    }
}

/// Says what to do about a call that brought nothing.
#[must_use]
pub fn call_advice(language: Language, error: &CallError, audience: Audience) -> &'static str {
    let known = match error {
        CallError::NoAnswer(why) => obstacle::advice(language, why, audience),
        CallError::Unreadable { status } => stranger_advice(language, *status, false, audience),
        CallError::Page { status } => stranger_advice(language, *status, true, audience),
        CallError::Api(_) => None,
    };
    if let Some(known) = known {
        return known;
    }
    match language {
        Language::English => match error {
            CallError::NoAnswer(_) => audience.pick(
                "Check the connection; what fal already has goes on meanwhile.",
                "Ask again later; what fal already has goes on meanwhile.",
            ),
            CallError::Api(error) => advice(language, error.kind, audience),
            CallError::Unreadable { .. } | CallError::Page { .. } => audience.pick(
                "Check whether a proxy stands between this machine and fal.",
                "The deployment's operator should check whether a proxy stands between it and fal.",
            ),
        },
    }
}

/// Says why it is not known whether fal took an order, as the end of a sentence.
#[must_use]
pub fn unclear(language: Language, why: &Unclear) -> String {
    match language {
        Language::English => match why {
            Unclear::TimedOut => "no answer came in time".to_owned(),
            Unclear::Interrupted => "the connection broke before the answer was whole".to_owned(),
            Unclear::Status { status } => {
                format!("the answer had HTTP status {status}, which does not prove that fal took nothing")
            }
            Unclear::Unreadable { status } => {
                format!("the answer said yes (HTTP status {status}), but holds no request id")
            }
        },
    }
}
