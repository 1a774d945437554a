//! A call as it arrives, and the reply as it leaves.

use std::{ops::Range, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    fields::{self, ByteRange, IfNoneMatch},
    openapi,
    problem::{ApiProblem, Problem},
    route::{Operation, Params, Place, Role},
};
use crate::{
    avatar::{AvatarId, Sha256Sum},
    budget::TokenDigest,
    fal::webhook::MAX_WEBHOOK_BYTES,
    http::{StatusCode, wire},
    limits::{MAX_BODY, PhotoLimits},
    secret::Secret,
    time::Timestamp,
};

/// A call, without its body.
#[derive(Clone, Debug)]
pub struct Call {
    /// Operation that the call asks for.
    pub operation: Operation,
    /// Values from the path.
    pub params: Params,
    /// Query, percent-encoded as it came.
    pub query: String,
    /// Credential of the caller.
    pub credential: Option<Secret>,
    /// Time that the call may be kept waiting for a change (RFC 7240).
    pub wait: Option<Duration>,
    /// Versions that the caller has already.
    pub if_none_match: Option<IfNoneMatch>,
    /// Part of a file that is asked for.
    pub range: Option<ByteRange>,
    /// Version that the part must be of (RFC 9110 section 13.1.5).
    pub if_range: Option<String>,
    /// Length of the body in bytes.
    pub content_length: Option<u64>,
    /// Time of arrival.
    pub arrived_at: Timestamp,
    /// True if the call's message was carried out before, and comes again.
    pub(super) is_repeat: bool,
}

/// The caller, as far as the shell found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Caller {
    /// A caller without a credential.
    Anyone,
    /// The operator.
    Admin,
    /// A backend.
    Server,
    /// A holder of the capability with this hash. Only the avatar knows whether the capability is its own.
    Capability(TokenDigest),
}

/// The reply to a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// HTTP status.
    #[serde(with = "wire::status")]
    pub status: StatusCode,
    /// Headers, [`SECURITY_HEADERS`] among them.
    #[serde(with = "wire::header_list")]
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// The headers that every reply has for browsers: no reply is shown in a frame, is cached, is sniffed for a type, or
/// reveals where a link came from.
pub const SECURITY_HEADERS: [(&str, &str); 5] = [
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
];

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
        // A list field may come in several lines (RFC 9110 section 5.3).
        let list = |name: HeaderName| {
            let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
            Some(lines.collect::<Vec<_>>().join(", ")).filter(|list| !list.is_empty())
        };
        let content_length = text(header::CONTENT_LENGTH).and_then(|text| text.parse().ok());
        // A range applies to GET alone (RFC 9110 section 14.2).
        let range = text(header::RANGE).filter(|_| method == Method::GET).and_then(ByteRange::read);
        Ok(Self {
            operation,
            params,
            query: query.to_owned(),
            credential,
            wait: list(HeaderName::from_static("prefer")).and_then(|list| fields::wait(&list)),
            if_none_match: list(header::IF_NONE_MATCH).map(|list| IfNoneMatch::read(&list)),
            range,
            if_range: text(header::IF_RANGE).map(str::to_owned),
            content_length,
            arrived_at: now,
            is_repeat: false,
        })
    }

    /// Addresses the call to this avatar, which its path may name by something else.
    #[must_use]
    pub fn of_avatar(mut self, avatar: AvatarId) -> Self {
        self.params.avatar = Some(avatar);
        self
    }

    /// Returns the most bytes of the body that are read. A body that is announced as longer is refused unread.
    pub fn max_body(&self, photo: &PhotoLimits) -> Result<u64, ApiProblem> {
        let max = match self.operation {
            operation if operation.takes_a_file() => photo.max_bytes,
            Operation::FalWebhook => MAX_WEBHOOK_BYTES as u64,
            _ => MAX_BODY,
        };
        if self.content_length.is_some_and(|length| length > max) {
            return Err(ApiProblem::TooLarge { max });
        }
        Ok(max)
    }

    /// Returns a parameter of the query.
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

    /// Checks that this caller may ask for the operation at all. A capability is valid at its own avatar alone, which
    /// knows it or does not: elsewhere it admits its holder to nothing, and cannot be told from a made-up one.
    pub fn admit(&self, caller: Caller) -> Result<(), ApiProblem> {
        match caller.role() {
            Role::Capability if self.operation.place() == Place::Avatar => Ok(()),
            role if self.operation.allows(role) => Ok(()),
            Role::Anyone | Role::Capability => Err(ApiProblem::Unauthorized),
            Role::Admin | Role::Server => Err(ApiProblem::Forbidden),
        }
    }

    /// Marks the call as one whose message may have been carried out before.
    pub(super) fn again(&self, is_repeat: bool) -> Self {
        Self { is_repeat, ..self.clone() }
    }

    /// Tells whether the call asks for a resource to be made only if it does not exist (RFC 9110 section 13.1.2). On a
    /// repeat, the resource that the message made the first time exists.
    pub(super) fn only_creates(&self) -> bool {
        let any = self.if_none_match == Some(IfNoneMatch::Any);
        any && self.operation.changes_something() && !self.is_repeat
    }

    /// Answers "not modified" instead, if the caller has this version already. Replies with a tag have been compared
    /// before.
    #[must_use]
    pub fn unless_known(&self, reply: Reply) -> Reply {
        let any = self.if_none_match == Some(IfNoneMatch::Any) && !self.operation.changes_something();
        if any && reply.status == StatusCode::OK { reply.not_modified() } else { reply }
    }

    /// Returns the part of a file of this length and version that is asked for; `None` for all of it.
    pub(super) fn part_of(&self, length: u64, tag: &str) -> Result<Option<Range<u64>>, Unsatisfiable> {
        // If the caller's part is of another version, the whole file is sent. A weak tag or a date cannot prove that
        // the versions are equal.
        let same = self.if_range.as_ref().is_none_or(|version| version.trim() == tag);
        match self.range.filter(|_| same) {
            Some(range) => range.of(length).map(Some).ok_or(Unsatisfiable),
            None => Ok(None),
        }
    }
}

/// The error for a range of which the file has no byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unsatisfiable;

impl Caller {
    /// Returns the caller's role.
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

impl Reply {
    /// Makes a reply without a body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in SECURITY_HEADERS {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        Self { status, headers, body: Vec::new() }
    }

    /// Makes a reply with a JSON document.
    #[must_use]
    pub fn json(status: StatusCode, document: &Value) -> Self {
        let body = document.to_string().into_bytes();
        Self { body, ..Self::empty(status).with(header::CONTENT_TYPE, "application/json") }
    }

    /// Makes the reply with the API's description, the file as it is.
    #[must_use]
    pub fn described() -> Self {
        let body = openapi::text();
        Self { body, ..Self::empty(StatusCode::OK).with(header::CONTENT_TYPE, "application/json") }
    }

    /// Adds a header; a text that is not a header's value is left out.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Adds the tag that tells this version of the document from others.
    #[must_use]
    pub(crate) fn tagged(self) -> Self {
        let sum = Sha256Sum::of(&self.body).to_string();
        self.with(header::ETAG, &format!("\"{}\"", sum.get(..24).unwrap_or(&sum)))
    }

    /// Tells whether the caller has this version already.
    #[must_use]
    pub fn is_known(&self, call: &Call) -> bool {
        let tag = self.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
        tag.zip(call.if_none_match.as_ref()).is_some_and(|(tag, known)| known.matches(tag))
    }

    /// Makes the reply "not modified".
    #[must_use]
    pub(crate) fn not_modified(self) -> Self {
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

    use super::{Call, Caller, Reply, Unsatisfiable};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        api::{ApiProblem, IfNoneMatch, Operation},
        budget::{Kind, TokenText},
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
    fn what_comes_in_several_lines_is_one_list() {
        let mut headers = HeaderMap::new();
        for line in ["respond-async", "wait = 3"] {
            headers.append("prefer", HeaderValue::from_static(line));
        }
        for line in ["\"a\"", "\"b\""] {
            headers.append("if-none-match", HeaderValue::from_static(line));
        }
        let call = Call::parse(&Method::GET, "/health", &headers, Timestamp::from_millis(0)).expect("a call");
        assert_eq!(call.wait, Some(Duration::from_secs(3)));
        let tags = vec!["\"a\"".to_owned(), "\"b\"".to_owned()];
        assert_eq!(call.if_none_match, Some(IfNoneMatch::Tags(tags)));
    }

    #[test]
    fn a_part_is_of_the_version_that_was_named() {
        let part =
            |headers: &[(&'static str, &'static str)]| call(headers).expect("a call").part_of(10, "\"v\"");
        let range = ("range", "bytes=2-3");
        assert_eq!(part(&[]), Ok(None));
        assert_eq!(part(&[range]), Ok(Some(2..4)));
        assert_eq!(part(&[range, ("if-range", "\"v\"")]), Ok(Some(2..4)));
        for other in ["\"w\"", "W/\"v\"", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(part(&[range, ("if-range", other)]), Ok(None), "{other}");
            assert_eq!(part(&[("range", "bytes=99-"), ("if-range", other)]), Ok(None), "{other}");
        }
        assert_eq!(part(&[("range", "bytes=10-")]), Err(Unsatisfiable));
    }

    #[test]
    fn a_capability_counts_at_an_avatar_alone() {
        let digest = TokenText::new(Kind::Capability, [7; 32]).hash();
        let admitted = |path: &str| {
            let call = Call::parse(&Method::GET, path, &HeaderMap::new(), Timestamp::from_millis(0));
            call.expect("a call").admit(Caller::Capability(digest))
        };
        assert_eq!(admitted("/v1/avatars/3f0e8a52-7c7e-5c59-9d3c-0a4b8c2f6d11"), Ok(()));
        for path in ["/v1/tokens", "/v1/users/u/avatars", "/v1/requests/r", "/v1/budget"] {
            assert_eq!(admitted(path), Err(ApiProblem::Unauthorized), "{path}");
        }
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
        asked.if_none_match = Some(IfNoneMatch::read(&format!("\"x\", W/{tag}")));
        assert!(reply.is_known(&asked));
        asked.if_none_match = Some(IfNoneMatch::Any);
        assert!(reply.is_known(&asked));
        assert_eq!(reply.not_modified().status, StatusCode::NOT_MODIFIED);
    }
}
