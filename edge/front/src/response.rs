//! Replies as the platform sends them.

use http::{HeaderMap, StatusCode};
use likeness_core::api::Reply;
use likeness_platform::headers_of;
use worker::{Headers, Response, ResponseBuilder, Result};

/// Makes the platform's response of a reply.
pub(crate) fn respond(reply: Reply, head: bool) -> Result<Response> {
    let builder = begin(reply.status, &reply.headers)?;
    if head || matches!(reply.status.as_u16(), 204 | 304) || reply.body.is_empty() {
        return Ok(builder.empty());
    }
    Ok(builder.fixed(reply.body))
}

/// Makes the platform's response of a reply whose body is the body of another response.
pub(crate) fn stream(reply: &Reply, body: Response, head: bool) -> Result<Response> {
    let builder = begin(reply.status, &reply.headers)?;
    if head {
        return Ok(builder.empty());
    }
    let (_, body) = body.into_parts();
    Ok(builder.body(body))
}

fn begin(status: StatusCode, headers: &HeaderMap) -> Result<ResponseBuilder> {
    Ok(ResponseBuilder::new().with_status(status.as_u16()).with_headers(Headers(headers_of(headers)?)))
}
