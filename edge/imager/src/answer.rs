//! Routes of the imager: which request gets which answer.

use std::{pin::pin, time::Duration};

use futures_util::{
    StreamExt as _,
    future::{Either, select},
    stream::{self, Stream},
};
use likeness_core::imager::{ImagerJob, ImagerReport};
use serde::Serialize;
use worker::{Delay, Error, Method, Request, Response, ResponseBuilder, Result};

use crate::{body_writer::Moved, job, photo_slot::Full};

/// The longest job in bytes. One that sends a whole set has some hundred kB: addresses, and the archive's framing.
const MAX_JOB: usize = 4 << 20;

/// Seconds after which a caller that found no room asks again: about the time that one photo takes.
const RETRY_AFTER: &str = "3";

pub(crate) async fn answer(mut request: Request) -> Result<Response> {
    match (request.method(), request.path().as_str()) {
        (Method::Post, "/jobs") => {
            let text = request.text().await?;
            if text.len() > MAX_JOB {
                return refused(413, "the job is too long");
            }
            let Ok(job) = serde_json::from_str(&text) else {
                return refused(400, "this is not a job");
            };
            drop(text);
            if job::takes_the_desk(&job) {
                report(job::perform(job, Moved::default()).await)
            } else {
                transfer(job)
            }
        }
        (Method::Get, "/memory") => said(200, &likeness_platform::memory()),
        _ => refused(404, "there is no such thing here"),
    }
}

/// The pause after which a transfer that moves says so.
const BEAT: Duration = Duration::from_secs(10);

/// Answers at once, and reports later: until then a line break is sent whenever the transfer has moved for a while,
/// which JSON ignores. By these the caller tells a slow transfer from a dead one.
fn transfer(job: ImagerJob) -> Result<Response> {
    let moved = Moved::default();
    let work = job::perform(job, moved.clone());
    let lines = beats(work, moved, BEAT).map(|report| {
        Ok::<_, Error>(match report {
            None => b"\n".to_vec(),
            Some(Ok(report)) => serde_json::to_vec(&report)?,
            // These jobs move bytes only and never wait for room.
            Some(Err(Full)) => Vec::new(),
        })
    });
    let builder = ResponseBuilder::new().with_header("Cache-Control", "no-store")?;
    builder.with_header("Content-Type", "application/json")?.from_stream(lines)
}

/// Yields `None` for as long as the work moves, then its result.
fn beats<T>(work: impl Future<Output = T>, moved: Moved, every: Duration) -> impl Stream<Item = Option<T>> {
    stream::unfold(Some((Box::pin(work), moved, 0)), move |state| async move {
        let (mut work, moved, mut seen) = state?;
        loop {
            match select(work.as_mut(), pin!(Delay::from(every))).await {
                Either::Left((done, _)) => return Some((Some(done), None)),
                Either::Right(_) if moved.count() == seen => {}
                Either::Right(_) => {
                    seen = moved.count();
                    return Some((None, Some((work, moved, seen))));
                }
            }
        }
    })
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

#[cfg(all(test, target_arch = "wasm32"))]
mod tests {
    use std::{future, time::Duration};

    use futures_util::StreamExt as _;
    use wasm_bindgen_test::wasm_bindgen_test as test;
    use worker::Delay;

    use super::{Moved, beats};

    #[test]
    async fn what_moves_says_so_and_what_does_not_is_silent() {
        let (moved, tick) = (Moved::default(), Duration::from_millis(5));
        let own = moved.clone();
        let work = async move {
            for _ in 0..3 {
                own.one_more();
                Delay::from(tick * 4).await;
            }
            7
        };
        let said: Vec<Option<i32>> = beats(work, moved, tick).collect().await;
        assert_eq!(said.last(), Some(&Some(7)));
        let beats_before = said.len() - 1;
        assert!((1..=3).contains(&beats_before), "{said:?}");

        let mut silent = Box::pin(beats(future::pending::<()>(), Moved::default(), tick));
        let heard = futures_util::future::select(silent.next(), Box::pin(Delay::from(tick * 10))).await;
        assert!(matches!(heard, futures_util::future::Either::Right(_)));
    }
}
