//! Routes: the call that an address means.

use std::fmt;

use url::Url;

use crate::http::Method;

/// An address: its path below the base, and its query, decoded.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Target {
    path: String,
    query: Vec<(String, String)>,
}

/// Shows the path alone: a query may hold a signature.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Submit { endpoint: String },
    Status { request: String },
    StatusStream { request: String },
    Result { request: String },
    Cancel { request: String },
    Token,
    Initiate,
    InitiateMultipart,
    Put { upload: String },
    Part { upload: String, number: u32 },
    PartAddress { upload: String, number: u32 },
    Complete { upload: String },
    CdnUpload,
    CdnMultipart,
    CdnPart { upload: String, number: u32 },
    CdnComplete { upload: String },
    File { path: String },
    Jwks,
    Meta,
    Requests,
    Pricing,
    DeletePayloads { request: String },
    WrongMethod,
    Unknown,
}

impl Target {
    /// Reads a path with its query, or a whole address.
    pub(super) fn parse(text: &str, base: &Url) -> Option<Self> {
        let whole = text.starts_with("http://") || text.starts_with("https://");
        let url = if whole {
            Url::parse(text).ok()?
        } else {
            Url::parse(&format!("http://simulator.invalid/{}", text.trim_start_matches('/'))).ok()?
        };
        let prefix = base.path().trim_end_matches('/');
        let path = url.path();
        let path = path.strip_prefix(prefix).filter(|rest| rest.starts_with('/')).unwrap_or(path);
        Some(Self { path: path.to_owned(), query: url.query_pairs().into_owned().collect() })
    }

    /// Returns the first value of this name in the query.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Lists every value of this name in the query.
    pub(super) fn queries<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Finds the call for this method. A slash at the end changes nothing: fal's SDK sends one.
    pub(super) fn route(&self, method: &Method) -> Route {
        let segments: Vec<&str> = self.path.split('/').filter(|segment| !segment.is_empty()).collect();
        let segments = match segments.as_slice() {
            ["v1", rest @ ..] => rest,
            all => all,
        };
        match (method.as_str(), segments) {
            ("POST", ["storage", "auth", "token"]) => Route::Token,
            ("POST", ["storage", "upload", "initiate"]) => Route::Initiate,
            ("POST", ["storage", "upload", "initiate-multipart"]) => Route::InitiateMultipart,
            ("PUT", ["storage", "put", upload]) => Route::Put { upload: (*upload).to_owned() },
            ("POST", ["storage", "put", upload, "complete"]) => {
                Route::Complete { upload: (*upload).to_owned() }
            }
            (method @ ("PUT" | "POST"), ["storage", "put", upload, number]) => match number.parse() {
                Ok(number) if method == "PUT" => Route::Part { upload: (*upload).to_owned(), number },
                Ok(number) => Route::PartAddress { upload: (*upload).to_owned(), number },
                Err(_) => Route::Unknown,
            },
            ("POST", ["files", "upload"]) => Route::CdnUpload,
            ("POST", ["files", "upload", "multipart"]) => Route::CdnMultipart,
            ("POST", ["files", .., "multipart", upload, "complete"]) => {
                Route::CdnComplete { upload: (*upload).to_owned() }
            }
            ("PUT", ["files", .., "multipart", upload, number]) => number
                .parse()
                .map_or(Route::Unknown, |number| Route::CdnPart { upload: (*upload).to_owned(), number }),
            ("GET" | "HEAD", ["files", _, ..]) => Route::File { path: format!("/{}", segments.join("/")) },
            ("GET", [".well-known", "jwks.json"]) => Route::Jwks,
            ("GET", ["meta"]) => Route::Meta,
            ("GET", ["models", "requests", "by-endpoint"]) => Route::Requests,
            ("GET", ["models", "pricing"]) => Route::Pricing,
            ("DELETE", ["models", "requests", request, "payloads"]) => {
                Route::DeletePayloads { request: (*request).to_owned() }
            }
            (_, ["storage" | "files" | "models" | "meta" | ".well-known", ..]) => Route::Unknown,
            (method, segments) => queue_route(method, segments),
        }
    }
}

/// Finds a call of the queue. A request is known by its id alone, so the application's path before the id may be
/// the whole endpoint id as well.
fn queue_route(method: &str, segments: &[&str]) -> Route {
    let Some(at) = segments.iter().position(|segment| *segment == "requests").filter(|at| *at > 0) else {
        return match (method, segments) {
            ("POST", [_, _, ..]) => Route::Submit { endpoint: segments.join("/") },
            ("POST", [legacy]) if legacy.contains('-') => Route::Submit { endpoint: (*legacy).to_owned() },
            (_, [_, _, ..]) => Route::WrongMethod,
            _ => Route::Unknown,
        };
    };
    let Some(request) = segments.get(at + 1).map(|request| (*request).to_owned()) else {
        return Route::Unknown;
    };
    match (method, segments.get(at + 2..).unwrap_or_default()) {
        ("GET", ["status"]) => Route::Status { request },
        ("GET", ["status", "stream"]) => Route::StatusStream { request },
        ("GET", [] | ["response"]) => Route::Result { request },
        ("PUT", ["cancel"]) => Route::Cancel { request },
        (_, ["status" | "response" | "cancel"] | ["status", "stream"] | []) => Route::WrongMethod,
        _ => Route::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::{Route, Target};
    use crate::http::Method;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn route(method: &Method, text: &str) -> Route {
        let base = "http://127.0.0.1:1/fal".parse().expect("url");
        Target::parse(text, &base).expect("target").route(method)
    }

    #[test]
    fn a_request_is_found_under_every_spelling() {
        let request = "r".to_owned();
        for path in [
            "/fal-ai/flux-lora/requests/r",
            "/fal-ai/flux-lora/requests/r/",
            "/fal-ai/flux-lora/image-to-image/requests/r/response",
            "/workflows/me/wf/requests/r",
            "/fal/fal-ai/flux-lora/requests/r",
            "https://queue.fal.run/fal-ai/flux-lora/requests/r",
        ] {
            assert_eq!(route(&Method::GET, path), Route::Result { request: request.clone() }, "{path}");
        }
        let status = Route::Status { request: request.clone() };
        assert_eq!(route(&Method::GET, "/a/b/requests/r/status/?logs=0"), status);
        assert_eq!(route(&Method::GET, "/a/b/requests/r/status/stream"), Route::StatusStream { request });
        assert_eq!(route(&Method::POST, "/a/b/requests/r/cancel"), Route::WrongMethod);
    }

    #[test]
    fn the_platform_is_reached_with_and_without_its_version() {
        for path in ["/v1/models/requests/by-endpoint?endpoint_id=a", "/models/requests/by-endpoint"] {
            assert_eq!(route(&Method::GET, path), Route::Requests);
        }
    }

    #[test]
    fn a_part_has_a_number() {
        let part = Route::Part { upload: "u".to_owned(), number: 2 };
        assert_eq!(route(&Method::PUT, "/storage/put/u/2?signature=x"), part);
        assert_eq!(route(&Method::PUT, "/storage/put/u/two"), Route::Unknown);
        let part = Route::CdnPart { upload: "u".to_owned(), number: 2 };
        assert_eq!(route(&Method::PUT, "/files/b/lion/a.zip/multipart/u/2"), part);
    }
}
