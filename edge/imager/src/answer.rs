//! Which request gets which answer.

use likeness_core::imager::ImagerReport;
use serde::Serialize;
use worker::{Method, Request, Response, ResponseBuilder, Result};

use crate::{desk::Full, job};

/// The longest job. One that sends a whole set has some hundred kB: addresses, and the archive's framing.
const MAX_JOB: usize = 4 << 20;

/// After how many seconds whoever found no room asks again: about what one photo takes.
const RETRY_AFTER: &str = "3";

pub(crate) async fn answer(mut request: Request) -> Result<Response> {
    match (request.method(), request.path().as_str()) {
        (Method::Post, "/jobs") => {
            let text = request.text().await?;
            if text.len() > MAX_JOB {
                return refused(413, "the job is too long");
            }
            let Ok(job) = serde_json::from_str(&text) else {
                return refused(400, "this is no job");
            };
            drop(text);
            report(job::perform(job).await)
        }
        (Method::Get, "/memory") => said(200, &likeness_platform::memory()),
        _ => refused(404, "there is no such thing here"),
    }
}

fn report(report: std::result::Result<ImagerReport, Full>) -> Result<Response> {
    if let Ok(report) = report {
        return said(200, &report);
    }
    let response = refused(503, "no photo can be taken in at the moment")?;
    response.headers().set("Retry-After", RETRY_AFTER)?;
    Ok(response)
}

fn said(status: u16, what: &impl Serialize) -> Result<Response> {
    ResponseBuilder::new().with_status(status).with_header("Cache-Control", "no-store")?.from_json(what)
}

fn refused(status: u16, why: &str) -> Result<Response> {
    Response::error(why, status)
}
