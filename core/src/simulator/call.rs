//! Calls as they arrive, and as far as they are understood before they are carried out.

use std::fmt;

use serde_json::Value;

use super::{
    plan::Plan,
    reply::{self, Stop},
    route::Target,
};
use crate::http::{HeaderMap, Method, Request};

/// A call as it arrives.
#[derive(Clone)]
pub struct Incoming {
    /// HTTP method.
    pub method: Method,
    /// Path with its query, or the whole address; the host does not matter.
    pub url: String,
    /// Headers of the call.
    pub headers: HeaderMap,
}

/// Shows neither the query nor the headers, since both may hold keys.
impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url.split('?').next().unwrap_or_default())
    }
}

/// Describes the request; its body is handed over beside the description.
impl From<&Request> for Incoming {
    fn from(request: &Request) -> Self {
        Self {
            method: request.method.clone(),
            url: request.url.to_string(),
            headers: request.headers.clone(),
        }
    }
}

/// A call whose address was understood.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) target: Target,
    pub(super) headers: &'a HeaderMap,
    /// True if the call came by fal's proxy protocol, whose server adds the key itself.
    pub(super) proxied: bool,
}

impl<'a> Call<'a> {
    /// Reads the address; that of a proxied call is in `x-fal-target-url`, and must be one of fal's hosts (as in
    /// `@fal-ai/server-proxy`).
    pub(super) fn read(incoming: &'a Incoming, plan: &Plan) -> Result<Self, Stop> {
        let invalid = || Stop::from(reply::refusal(400, "Invalid request"));
        let headers = &incoming.headers;
        let Some(target) = headers.get("x-fal-target-url") else {
            let target = Target::parse(&incoming.url, &plan.base).ok_or_else(invalid)?;
            return Ok(Self { target, headers, proxied: false });
        };
        let url: url::Url = target.to_str().ok().and_then(|url| url.parse().ok()).ok_or_else(invalid)?;
        let host = url.host_str().unwrap_or_default();
        let fal = ["fal.run", "fal.ai", "fal.media"].iter().any(|domain| {
            host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        });
        if !fal && url.origin() != plan.base.origin() {
            return Err(invalid());
        }
        let target = Target::parse(url.as_str(), &plan.base).ok_or_else(invalid)?;
        Ok(Self { target, headers, proxied: true })
    }

    /// Returns a header's value, when it is there and is text.
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Reads the number of seconds for which the call asks its files to be kept.
    pub(super) fn lifetime(&self) -> Option<u64> {
        self.preference()?.get("expiration_duration_seconds")?.as_u64()
    }

    /// Reads the header under both names: fal's clients use one on uploads and one on requests, its documents both for
    /// both.
    pub(super) fn preference(&self) -> Option<Value> {
        let headers = ["x-fal-object-lifecycle", "x-fal-object-lifecycle-preference"];
        headers.iter().find_map(|name| serde_json::from_str(self.header(name)?).ok())
    }
}
