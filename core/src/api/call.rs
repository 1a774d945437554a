//! A call as it arrives, and the reply as it leaves.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::Value;

use super::{
    openapi::DESCRIPTION,
    problem::{ApiProblem, Problem},
    route::{Operation, Params, Role},
};
use crate::{
    avatar::{AvatarId, Sha256Sum},
    budget::TokenDigest,
    fal::webhook::MAX_WEBHOOK_BYTES,
    http::StatusCode,
    secret::Secret,
    time::Timestamp,
};

/// A call, but for its body.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is asked.
    pub operation: Operation,
    /// Of what.
    pub params: Params,
    /// Its query, percent-encoded as it came.
    pub query: String,
    /// What it shows to be let in.
    pub credential: Option<Secret>,
    /// How long it may be kept waiting for something to change (RFC 7240).
    pub wait: Option<Duration>,
    /// What the caller has already (RFC 9110 section 13.1.2).
    pub if_none_match: Option<String>,
    /// How long its body is.
    pub content_length: Option<u64>,
    /// When it came.
    pub arrived_at: Timestamp,
}

/// Who calls, as far as the shell found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Nobody in particular.
    Anyone,
    /// The operator.
    Admin,
    /// A backend.
    Server,
    /// Whoever holds the capability with this hash. Which avatar it is for, the avatar knows.
    Capability(TokenDigest),
}

/// What is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers, [`SECURITY_HEADERS`] among them.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// What every reply says to browsers: nothing here is a page, is kept, is guessed at, or tells where it came from.
pub const SECURITY_HEADERS: [(&str, &str); 5] = [
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
];

/// The longest wait that is granted, below what proxies allow.
const LONGEST_WAIT: Duration = Duration::from_secs(25);

/// The largest JSON body.
pub(super) const MAX_BODY: u64 = 64 << 10;

impl Call {
    /// Reads a call. `target` is the path with its query.
    pub fn parse(
        method: &Method,
        target: &str,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Self, ApiProblem> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (operation, params) = Operation::parse(method, path)?;
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let credential = match text(header::AUTHORIZATION) {
            Some(value) => Some(bearer(value).ok_or(ApiProblem::Unauthorized)?),
            None => None,
        };
        let content_length = text(header::CONTENT_LENGTH).and_then(|text| text.parse().ok());
        Ok(Self {
            operation,
            params,
            query: query.to_owned(),
            credential,
            wait: text(HeaderName::from_static("prefer")).and_then(wait),
            if_none_match: text(header::IF_NONE_MATCH).map(str::to_owned),
            content_length,
            arrived_at: now,
        })
    }

    /// The same call, of this avatar, which its path may name by something else.
    #[must_use]
    pub fn of_avatar(mut self, avatar: AvatarId) -> Self {
        self.params.avatar = Some(avatar);
        self
    }

    /// The most bytes of its body that are read. Longer ones are refused before they are.
    #[must_use]
    pub fn max_body(&self, photo: u64) -> u64 {
        match self.operation {
            operation if operation.takes_a_file() => photo,
            Operation::FalWebhook => MAX_WEBHOOK_BYTES as u64,
            _ => MAX_BODY,
        }
    }

    /// A parameter of the query.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Tells how much longer the call may be kept waiting after it was kept so long, by a clock that is never set; zero
    /// ends the waiting.
    pub fn kept(&mut self, waited: Duration) -> Duration {
        let left = self.wait.unwrap_or_default().saturating_sub(waited);
        if left.is_zero() {
            self.wait = None;
        }
        left
    }

    /// Whether whoever calls may ask this at all.
    pub fn admit(&self, caller: Caller) -> Result<(), ApiProblem> {
        let role = caller.role();
        if self.operation.allows(role) {
            Ok(())
        } else if role == Role::Anyone {
            Err(ApiProblem::Unauthorized)
        } else {
            Err(ApiProblem::Forbidden)
        }
    }
}

impl Caller {
    /// In which role.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Self::Anyone => Role::Anyone,
            Self::Admin => Role::Admin,
            Self::Server => Role::Server,
            Self::Capability(_) => Role::Capability,
        }
    }
}

fn bearer(value: &str) -> Option<Secret> {
    let (scheme, token) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { Secret::new(token) } else { None }
}

/// `wait=25` of a Prefer header.
fn wait(value: &str) -> Option<Duration> {
    let seconds = value.split(',').find_map(|part| part.trim().strip_prefix("wait="))?;
    let seconds = seconds.split(';').next()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}

impl Reply {
    /// A reply without a body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in SECURITY_HEADERS {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        Self { status, headers, body: Vec::new() }
    }

    /// A JSON document.
    #[must_use]
    pub fn json(status: StatusCode, document: &Value) -> Self {
        let body = document.to_string().into_bytes();
        Self { body, ..Self::empty(status).with(header::CONTENT_TYPE, "application/json") }
    }

    /// The description of the API, as it lies there.
    #[must_use]
    pub fn described() -> Self {
        let body = DESCRIPTION.as_bytes().to_vec();
        Self { body, ..Self::empty(StatusCode::OK).with(header::CONTENT_TYPE, "application/json") }
    }

    /// With one header more; what is no header value is left out.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// With what tells this version of the document from others.
    #[must_use]
    pub fn tagged(self) -> Self {
        let sum = Sha256Sum::of(&self.body).to_string();
        self.with(header::ETAG, &format!("\"{}\"", sum.get(..24).unwrap_or(&sum)))
    }

    /// Whether the caller has this version already.
    #[must_use]
    pub fn is_known(&self, call: &Call) -> bool {
        let tag = self.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
        let known = call.if_none_match.as_deref().unwrap_or_default();
        tag.is_some_and(|tag| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag))
    }

    /// That nothing has changed.
    #[must_use]
    pub fn not_modified(self) -> Self {
        let mut reply = Self::empty(StatusCode::NOT_MODIFIED);
        if let Some(tag) = self.headers.get(header::ETAG) {
            reply.headers.insert(header::ETAG, tag.clone());
        }
        reply
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        let document = problem.document().to_string().into_bytes();
        let mut reply = Self::empty(problem.status).with(header::CONTENT_TYPE, "application/problem+json");
        reply.body = document;
        if let Some(seconds) = problem.retry_after {
            reply = reply.with(header::RETRY_AFTER, &seconds.to_string());
        }
        if let Some(allow) = problem.allow {
            reply = reply.with(header::ALLOW, &allow);
        }
        if problem.status == StatusCode::UNAUTHORIZED {
            reply = reply.with(header::WWW_AUTHENTICATE, "Bearer");
        }
        reply
    }
}

impl From<ApiProblem> for Reply {
    fn from(problem: ApiProblem) -> Self {
        Problem::from(problem).into()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, HeaderValue, Method};

    use super::{Call, Caller, Reply};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        api::{ApiProblem, Operation},
        http::StatusCode,
        time::Timestamp,
    };

    fn call(headers: &[(&'static str, &'static str)]) -> Result<Call, ApiProblem> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        Call::parse(&Method::GET, "/v1/users/u%20v/avatars?a=1&b=x%20y", &headers, Timestamp::from_millis(0))
    }

    #[test]
    fn a_call_is_read_from_its_path_and_headers() {
        let call =
            call(&[("prefer", "respond-async, wait=90"), ("authorization", "bearer lks_x")]).expect("a call");
        assert_eq!(call.operation, Operation::ListAvatars);
        assert_eq!(call.params.user.as_ref().map(ToString::to_string).as_deref(), Some("u v"));
        assert_eq!(call.wait, Some(Duration::from_secs(25)));
        assert_eq!(call.query("b").as_deref(), Some("x y"));
        assert_eq!(call.credential.as_ref().map(crate::secret::Secret::expose), Some("lks_x"));
        assert!(!format!("{call:?}").contains("lks_x"));
        assert_eq!(call.admit(Caller::Server), Ok(()));
        assert_eq!(call.admit(Caller::Admin), Err(ApiProblem::Forbidden));
        assert_eq!(call.admit(Caller::Anyone), Err(ApiProblem::Unauthorized));
    }

    #[test]
    fn a_credential_of_another_scheme_is_none() {
        assert_eq!(call(&[("authorization", "Basic abc")]).map(|_| ()), Err(ApiProblem::Unauthorized));
        assert!(call(&[]).expect("a call").credential.is_none());
    }

    #[test]
    fn the_same_document_is_known_by_its_tag() {
        let reply = Reply::json(StatusCode::OK, &serde_json::json!({"a": 1})).tagged();
        let tag = reply.headers["etag"].to_str().expect("text").to_owned();
        let mut asked = call(&[]).expect("a call");
        assert!(!reply.is_known(&asked));
        asked.if_none_match = Some(format!("\"x\", W/{tag}"));
        assert!(reply.is_known(&asked));
        assert_eq!(reply.not_modified().status, StatusCode::NOT_MODIFIED);
    }
}
