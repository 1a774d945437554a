//! The network between a shell and fal: connections that fail, answers that are lost, hosts that are not fal.

use std::{io::Cursor, time::Duration};

use likeness_core::{
    http::{Answer, Body, HeaderValue, Method, NoAnswer, Request, Response, StatusCode},
    simulator::{Incoming, Simulator},
    time::Timestamp,
};
use serde_json::json;

use super::random::Random;

/// The fate of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Well,
    NotConnected,
    LostBefore(NoAnswer),
    /// Answered by another server; fal never receives the call.
    ForeignBefore,
    LostAfter(NoAnswer),
    /// Carried out by fal; another server answers.
    ForeignAfter,
    /// Answered when the caller does not wait any more.
    VeryLate,
}

impl Fate {
    pub(super) fn random(random: &mut Random, faults: u64) -> Self {
        if !random.per_mille(faults) {
            return Self::Well;
        }
        *random.pick(&[
            Self::NotConnected,
            Self::LostBefore(NoAnswer::Interrupted),
            Self::LostBefore(NoAnswer::TimedOut),
            Self::ForeignBefore,
            Self::LostAfter(NoAnswer::Interrupted),
            Self::LostAfter(NoAnswer::TimedOut),
            Self::ForeignAfter,
            Self::VeryLate,
        ])
    }
}

/// A delay beyond every lease of a call.
const VERY_LATE: Duration = Duration::from_mins(20);

/// Sends a request to fal, or loses it on the way. A streamed body is a part of `file`.
pub(super) fn call(
    fal: &mut Simulator,
    request: &Request,
    file: &[u8],
    now: Timestamp,
    fate: Fate,
    random: &mut Random,
) -> (Duration, Answer) {
    let reach = |fal: &mut Simulator| {
        let body = match &request.body {
            Body::Empty => Vec::new(),
            Body::Bytes(bytes) => bytes.clone(),
            Body::Stream { start, length } => {
                let start = usize::try_from(*start).expect("small");
                file[start..start + usize::try_from(*length).expect("small")].to_vec()
            }
        };
        fal.answer(&Incoming::from(request), &mut Cursor::new(body), now).within(request.patience())
    };
    let lost = |why| {
        let after = if why == NoAnswer::TimedOut { request.patience() } else { Duration::ZERO };
        (after, Err(why))
    };
    match fate {
        Fate::Well => reach(fal),
        Fate::NotConnected => lost(NoAnswer::NotConnected),
        Fate::LostBefore(why) => lost(why),
        Fate::ForeignBefore => (Duration::ZERO, Ok(foreign(request, random))),
        Fate::LostAfter(why) => {
            let _ = reach(fal);
            lost(why)
        }
        Fate::ForeignAfter => {
            let (after, _) = reach(fal);
            (after, Ok(foreign(request, random)))
        }
        Fate::VeryLate => (VERY_LATE, reach(fal).1),
    }
}

/// Makes an answer of another server than fal's queue: a proxy, a gateway, a captive portal.
///
/// Such a server speaks as fal does only to a submit: in a result, such words would be fal's own.
fn foreign(request: &Request, random: &mut Random) -> Response {
    let submit = request.method == Method::POST && request.url.path().starts_with("/fal-ai/");
    let status = *random.pick(&[
        200, 204, 301, 302, 307, 308, 400, 403, 404, 407, 408, 409, 413, 425, 429, 499, 500, 502, 503, 504,
        520,
    ]);
    let status = StatusCode::from_u16(status).expect("a status");
    let in_fals_shape =
        submit && matches!(status.as_u16(), 408 | 409 | 425 | 499 | 500..) && random.per_mille(500);
    let mut response = Response::json(status, &json!({ "detail": "try that again" }));
    if !in_fals_shape {
        let page = format!("<html><center><h1>{status}</h1></center><hr><center>nginx</center></html>");
        response.body = page.into_bytes();
        response.headers.insert("content-type", HeaderValue::from_static("text/html"));
        response.headers.insert("location", HeaderValue::from_static("https://elsewhere.test/"));
    }
    response
}
