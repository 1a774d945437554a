//! Names at fal: of a model's endpoint, and of one request.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::text::stored_as_text;

/// The model that a request goes to, such as `fal-ai/flux-lora-portrait-trainer`.
///
/// Two or more parts with `/` between them, each of ASCII letters, digits, `.`, `_` and `-`, beginning with a
/// letter or digit. A whole URL is never an endpoint: fal's own JavaScript client takes one, and sends the key to
/// whatever host the URL names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint(String);

/// The name of one request, given by fal: a UUID so far. Only text that is safe in a path is taken: 1 to 128 ASCII
/// letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestId(String);

/// The text is not a name that fal gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is not an endpoint.
    Endpoint,
    /// The text is not a request id.
    RequestId,
}

/// The longest endpoint taken; the longest in fal's own catalogue has fewer than 80 characters.
const ENDPOINT_LENGTH: usize = 200;
const REQUEST_ID_LENGTH: usize = 128;

/// Endpoints in these spaces have one part more in front (`parseEndpointId` in fal's JavaScript client).
const NAMESPACES: [&str; 2] = ["workflows", "comfy"];

impl Endpoint {
    /// Parses a name written in this crate; a test parses each of them.
    pub(super) fn known(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// Returns the whole name, which is a submit's path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the application, `owner/alias` without the rest of the name. Status, result and cancel live under
    /// this path, whatever sub-path the submit had.
    #[must_use]
    pub fn app(&self) -> &str {
        let parts =
            2 + usize::from(self.0.split('/').next().is_some_and(|first| NAMESPACES.contains(&first)));
        let end = self.0.match_indices('/').nth(parts - 1).map_or(self.0.len(), |(at, _)| at);
        self.0.get(..end).unwrap_or(&self.0)
    }
}

impl FromStr for Endpoint {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let good_part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphanumeric())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        };
        let least = if NAMESPACES.iter().any(|space| text.starts_with(&format!("{space}/"))) { 3 } else { 2 };
        let good = text.len() <= ENDPOINT_LENGTH
            && text.split('/').count() >= least
            && text.split('/').all(good_part);
        if good { Ok(Self(text.to_owned())) } else { Err(NameError::Endpoint) }
    }
}

impl RequestId {
    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RequestId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let good = (1..=REQUEST_ID_LENGTH).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if good { Ok(Self(text.to_owned())) } else { Err(NameError::RequestId) }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

stored_as_text!(Endpoint: from_str, NameError);

stored_as_text!(RequestId: from_str, NameError);

#[cfg(test)]
mod tests {
    use super::{Endpoint, NameError, RequestId};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn requests_live_under_the_application() {
        for (endpoint, app) in [
            ("fal-ai/flux-lora-portrait-trainer", "fal-ai/flux-lora-portrait-trainer"),
            ("fal-ai/flux-lora/image-to-image", "fal-ai/flux-lora"),
            ("fal-ai/flux-pro/v1.1", "fal-ai/flux-pro"),
            ("workflows/me/wf/x", "workflows/me/wf"),
            ("comfy/me/wf", "comfy/me/wf"),
        ] {
            assert_eq!(endpoint.parse::<Endpoint>().expect(endpoint).app(), app);
        }
    }

    #[test]
    fn no_host_and_no_other_path_is_an_endpoint() {
        let long = format!("a/{}", "b".repeat(200));
        for text in [
            "",
            "a",
            "a/",
            "/a/b",
            "a//b",
            "a/../b",
            "a/.b",
            "https://evilfal.ai/x",
            "a/b?c",
            "a/b c",
            "a/é",
            "a/b%2f",
            "workflows/me",
            "a\\b/c",
            &long,
        ] {
            assert_eq!(text.parse::<Endpoint>(), Err(NameError::Endpoint), "{text}");
        }
    }

    #[test]
    fn a_request_id_cannot_leave_its_place_in_the_path() {
        assert!("764cabcf-b745-4b3e-ae38-1200304cf45b".parse::<RequestId>().is_ok());
        let long = "a".repeat(129);
        for text in ["", ".", "..", "a/b", "a?b", "a b", "a\n", "é", &long] {
            assert_eq!(text.parse::<RequestId>(), Err(NameError::RequestId), "{text}");
        }
        assert!(serde_json::from_str::<RequestId>("\"../x\"").is_err());
    }
}
