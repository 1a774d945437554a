//! Errors of calls and transfers that brought nothing.

use serde::{Deserialize, Serialize};

use super::{FileProblem, RedirectProblem};
use crate::http::NoAnswer;

/// The error of an answer that did not reach us, or not in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum NetworkError {
    /// No answer came, or only a part of it.
    NoAnswer(NoAnswer),
    /// The answer is not that of fal's API.
    Unreadable {
        /// HTTP status.
        status: u16,
    },
    /// A web page came instead of fal's answer: a proxy's, or the login page of a network.
    Page {
        /// HTTP status.
        status: u16,
    },
    /// It was unclear whether fal had taken an order, and a person found that fal had not.
    NotAccepted,
    /// Another file than the one that was bought arrived, or only a part of it.
    NotWhole(FileProblem),
    /// A file's address redirects to a place where it is not followed.
    Redirected(RedirectProblem),
    /// A purchase could not be fetched while fal kept it.
    Expired,
}

impl NetworkError {
    /// Returns a stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoAnswer(NoAnswer::NotConnected | NoAnswer::Blocked(_)) => "network.not_connected",
            Self::NoAnswer(NoAnswer::TimedOut) => "network.timed_out",
            Self::NoAnswer(NoAnswer::Interrupted | NoAnswer::NotHttp) => "network.interrupted",
            Self::Unreadable { .. } | Self::Page { .. } => "network.unreadable",
            Self::NotAccepted => "submission_not_accepted",
            Self::NotWhole(problem) if problem.is_foreign() => "network.not_the_file",
            Self::NotWhole(_) => "network.not_whole",
            Self::Redirected(_) => "network.redirected",
            Self::Expired => "network.expired",
        }
    }
}
