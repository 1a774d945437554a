//! Findings in documents.

use serde::Serialize;

use super::{Finding, Level};
use crate::{
    language::{Audience, UserLanguage},
    photo::PhotoProblem,
};

/// A finding about a photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PhotoFinding"))]
pub struct FindingView {
    /// Stable name of the finding.
    pub code: &'static str,
    /// Weight of the finding: a photo with warnings is used, one with an error is left out.
    pub level: Level,
    /// Sentence that says what was found.
    pub message: String,
    /// Advice: what to do about it.
    pub advice: &'static str,
    /// The name of the photo that this one is the same as, or nearly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Part of the picture that can be read, in percent from its beginning, of a file that is cut off or damaged, where that
    /// is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readable: Option<u8>,
}

impl FindingView {
    /// Shows a finding about a photo that is used.
    #[must_use]
    pub fn of(finding: &Finding) -> Self {
        Self {
            code: finding.code(),
            level: finding.level(),
            message: finding.to_string(),
            advice: finding.advice(UserLanguage::English),
            of: finding.look_alike().map(str::to_owned),
            readable: None,
        }
    }

    /// Shows the reason why a photo is left out.
    #[must_use]
    pub fn of_problem(problem: &PhotoProblem, audience: Audience) -> Self {
        Self {
            code: problem.code(),
            level: Level::Error,
            message: problem.to_string(),
            advice: problem.advice(audience),
            of: problem.duplicate_of().map(str::to_owned),
            readable: problem.readable(),
        }
    }
}
