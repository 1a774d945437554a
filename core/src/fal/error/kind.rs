//! Kinds of refusals by fal: one table of names. Their sentences stand in words/fal.rs.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($variant:ident $name:literal,)*) => {
        /// The kind of fal's objection. Model errors and request errors keep fal's own `type` as their name
        /// (fal.ai/docs/documentation/model-apis/errors and …/request-errors); several that call for the same thing
        /// share one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "each kind is explained by its sentence in words/fal.rs")]
        pub enum ErrorKind {
            $(#[serde(rename = $name)] $variant,)*
        }

        impl ErrorKind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the stable code: `fal.` and the name.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => concat!("fal.", $name),)* }
            }

            fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

kinds! {
    Unauthorized "unauthorized",
    BalanceExhausted "balance_exhausted",
    Forbidden "forbidden",
    NotFound "not_found",
    UnknownApplication "unknown_application",
    RateLimited "rate_limited",
    InvalidInput "invalid_input",
    Rejected "rejected",
    Unexplained "unexplained",
    Unavailable "unavailable",

    InternalServerError "internal_server_error",
    GenerationTimeout "generation_timeout",
    DownstreamServiceError "downstream_service_error",
    DownstreamServiceUnavailable "downstream_service_unavailable",
    ContentPolicyViolation "content_policy_violation",
    NoMediaGenerated "no_media_generated",
    ImageTooSmall "image_too_small",
    ImageTooLarge "image_too_large",
    ImageLoadError "image_load_error",
    FileDownloadError "file_download_error",
    FaceDetectionError "face_detection_error",
    FileTooLarge "file_too_large",
    FeatureNotSupported "feature_not_supported",
    InvalidArchive "invalid_archive",
    ArchiveFileCountBelowMinimum "archive_file_count_below_minimum",
    ArchiveFileCountExceedsMaximum "archive_file_count_exceeds_maximum",
    UnsupportedFormat "unsupported_image_format",

    RequestTimeout "request_timeout",
    StartupTimeout "startup_timeout",
    RunnerSchedulingFailure "runner_scheduling_failure",
    RunnerFailed "runner_failed",
    ClientDisconnected "client_disconnected",
    ClientCancelled "client_cancelled",
    InternalError "internal_error",
}

impl ErrorKind {
    /// Finds the kind that fal's `type` or `error_type` names, if the name is known.
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

    /// Finds the kind by status and fal's words, when there is no type. The words are those observed of the live
    /// service: a locked account's 403 names the balance, an unknown model's 404 the application.
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

    /// Tells whether the kind shows that fal had begun to work on the request: such an answer never proves that
    /// nothing was taken.
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
    use crate::language::Audience;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn every_kind_is_stored_by_the_name_in_its_code() {
        for kind in ErrorKind::ALL {
            let name = kind.code().strip_prefix("fal.").expect("the prefix");
            assert_eq!(serde_json::to_value(kind).expect("text"), name);
            assert_eq!(ErrorKind::of_type(name), Some(*kind));
            assert!(kind.sentence().ends_with('.'), "{name}");
            for audience in [Audience::Terminal, Audience::Api] {
                assert!(kind.advice(audience).ends_with('.'), "{name}");
            }
        }
    }
}
