//! Replies as the platform sends them.

use likeness_core::api::{Reply, SECURITY_HEADERS};
use worker::{Headers, Response, ResponseBuilder, Result};

/// Makes the platform's response of a reply.
pub(crate) fn respond(reply: Reply, head: bool) -> Result<Response> {
    let headers = response_headers(&reply)?;
    let builder = ResponseBuilder::new().with_status(reply.status.as_u16()).with_headers(headers);
    if head || matches!(reply.status.as_u16(), 204 | 304) || reply.body.is_empty() {
        return Ok(builder.empty());
    }
    Ok(builder.fixed(reply.body))
}

/// Makes the platform's response of a reply whose body is the body of another response.
pub(crate) fn stream(reply: &Reply, body: Response, head: bool) -> Result<Response> {
    let headers = response_headers(reply)?;
    let builder = ResponseBuilder::new().with_status(reply.status.as_u16()).with_headers(headers);
    if head {
        return Ok(builder.empty());
    }
    let (_, body) = body.into_parts();
    Ok(builder.body(body))
}

fn response_headers(reply: &Reply) -> Result<Headers> {
    let headers = Headers::new();
    for (name, value) in SECURITY_HEADERS {
        headers.set(name, value)?;
    }
    for (name, value) in &reply.headers {
        if let Ok(value) = value.to_str() {
            headers.set(name.as_str(), value)?;
        }
    }
    Ok(headers)
}
