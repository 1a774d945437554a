//! What kind of "no" fal said: one table of names, sentences and advice.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($variant:ident, $name:literal, $sentence:literal, $advice:literal;)*) => {
        /// What fal objects to. Model errors and request errors keep fal's own `type` as their name
        /// (fal.ai/docs/documentation/model-apis/errors and …/request-errors); several that call for the same
        /// thing share one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorKind {
            $(#[doc = $sentence] #[serde(rename = $name)] $variant,)*
        }

        impl ErrorKind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code: `fal.` and the name.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => concat!("fal.", $name),)* }
            }

            /// What is wrong.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }

            /// What to do next.
            #[must_use]
            pub fn advice(self) -> &'static str {
                match self { $(Self::$variant => $advice,)* }
            }

            fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

kinds! {
    Unauthorized, "unauthorized", "fal does not accept the key.",
        "Set FAL_KEY to a whole key (`id:secret`) from fal.ai/dashboard/keys.";
    BalanceExhausted, "balance_exhausted", "The balance at fal is exhausted, so fal takes no new work.",
        "Top it up at fal.ai/dashboard/billing, then try again.";
    Forbidden, "forbidden", "fal does not allow this with this key.",
        "Use a key of the account that the request belongs to; deleting payloads needs an admin key.";
    NotFound, "not_found", "fal does not know this request.",
        "Check the request id, and that the key belongs to the account that sent it.";
    UnknownApplication, "unknown_application", "fal has no model of this name.",
        "Check the endpoint's name at fal.ai/models.";
    RateLimited, "rate_limited", "fal takes no more requests at the moment.",
        "Wait a little and try again.";
    InvalidInput, "invalid_input", "fal refused the input.",
        "Correct what is named, then try again.";
    Rejected, "rejected", "fal refused the request.",
        "Read what fal says; if it does not help, ask fal's support.";
    Unavailable, "unavailable", "fal has a problem of its own.",
        "Try again later; status.fal.ai shows known outages.";

    InternalServerError, "internal_server_error", "The model failed at fal.",
        "Try again later; fal does not charge for its own failures.";
    GenerationTimeout, "generation_timeout", "The model took too long at fal.",
        "Try again, with fewer steps or fewer photos if it happens again.";
    DownstreamServiceError, "downstream_service_error", "A service that fal's model uses refused the work.",
        "Check the input, then try again.";
    DownstreamServiceUnavailable, "downstream_service_unavailable", "A service that fal's model uses is down.",
        "Try again later.";
    ContentPolicyViolation, "content_policy_violation", "The input violates fal's content policy.",
        "Change the prompt or the photos.";
    NoMediaGenerated, "no_media_generated", "The model made nothing from this input.",
        "Change the prompt or the settings.";
    ImageTooSmall, "image_too_small", "An image is too small for fal.",
        "Use larger photos.";
    ImageTooLarge, "image_too_large", "An image is too large for fal.",
        "Use smaller photos.";
    ImageLoadError, "image_load_error", "fal could not read an image.",
        "Check the photos; one of them may be damaged.";
    FileDownloadError, "file_download_error", "fal could not download a file.",
        "Begin again, so that the file is uploaded anew; its address may have expired.";
    FaceDetectionError, "face_detection_error", "fal found no face in a photo.",
        "Use photos that show the face clearly.";
    FileTooLarge, "file_too_large", "A file is too large for fal.",
        "Use fewer or smaller photos.";
    FeatureNotSupported, "feature_not_supported", "The model does not support a setting.",
        "Leave out the setting that is named.";
    InvalidArchive, "invalid_archive", "fal could not open the archive.",
        "Begin again, so that the archive is made and uploaded anew.";
    ArchiveFileCountBelowMinimum, "archive_file_count_below_minimum", "The archive holds too few photos.",
        "Add photos.";
    ArchiveFileCountExceedsMaximum, "archive_file_count_exceeds_maximum", "The archive holds too many photos.",
        "Leave out some photos.";
    UnsupportedFormat, "unsupported_image_format", "fal does not read files of this format.",
        "Use JPEG or PNG files.";

    RequestTimeout, "request_timeout", "fal did not begin the work in time.",
        "Try again later.";
    StartupTimeout, "startup_timeout", "The model did not start in time at fal.",
        "Try again later.";
    RunnerSchedulingFailure, "runner_scheduling_failure", "fal found no machine for the work.",
        "Try again later.";
    RunnerFailed, "runner_failed", "The machine that did the work at fal failed.",
        "Try again later; fal does not charge for its own failures.";
    ClientDisconnected, "client_disconnected", "fal lost the connection while the request was on its way.",
        "Try again.";
    ClientCancelled, "client_cancelled", "The request was cancelled.",
        "Begin again if this was not intended.";
    InternalError, "internal_error", "fal had an internal error.",
        "Try again later.";
}

impl ErrorKind {
    /// The kind that fal's `type` or `error_type` names, if it is a known one.
    pub(in crate::fal) fn of_type(name: &str) -> Option<Self> {
        Self::named(name).or_else(|| match name {
            "bad_request" | "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal"
            | "multiple_of" | "sequence_too_short" | "sequence_too_long" | "one_of" => {
                Some(Self::InvalidInput)
            }
            "concurrent_requests_limit" => Some(Self::RateLimited),
            "runner_connection_timeout"
            | "runner_disconnected"
            | "runner_connection_refused"
            | "runner_connection_error"
            | "runner_incomplete_response"
            | "runner_server_error" => Some(Self::RunnerFailed),
            _ if name.starts_with("value_error") || name.starts_with("type_error") => {
                Some(Self::InvalidInput)
            }
            _ => None,
        })
    }

    /// The kind that a status and fal's words show, when no type does. The words are those observed of the
    /// live service: a locked account's 403 names the balance, an unknown model's 404 the application.
    pub(in crate::fal) fn of_status(status: u16, message: &str) -> Self {
        match status {
            401 => Self::Unauthorized,
            402 => Self::BalanceExhausted,
            403 if message.to_ascii_lowercase().contains("balance") => Self::BalanceExhausted,
            403 => Self::Forbidden,
            404 if message.starts_with("Application") => Self::UnknownApplication,
            404 => Self::NotFound,
            429 => Self::RateLimited,
            400 | 422 => Self::InvalidInput,
            499 => Self::ClientDisconnected,
            500.. => Self::Unavailable,
            _ => Self::Rejected,
        }
    }

    /// Whether it tells of a request that fal had begun to work on: such an answer never proves that nothing
    /// was taken.
    pub(in crate::fal) fn tells_of_a_run(self) -> bool {
        matches!(
            self,
            Self::RequestTimeout
                | Self::StartupTimeout
                | Self::RunnerSchedulingFailure
                | Self::RunnerFailed
                | Self::ClientDisconnected
                | Self::ClientCancelled
                | Self::InternalError
                | Self::InternalServerError
                | Self::GenerationTimeout
        )
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorKind;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn every_kind_is_stored_by_the_name_in_its_code() {
        for kind in ErrorKind::ALL {
            let name = kind.code().strip_prefix("fal.").expect("the prefix");
            assert_eq!(serde_json::to_value(kind).expect("text"), name);
            assert_eq!(ErrorKind::of_type(name), Some(*kind));
            assert!(kind.sentence().ends_with('.') && kind.advice().ends_with('.'), "{name}");
        }
    }
}
