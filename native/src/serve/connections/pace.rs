//! The pace at which a body must arrive.

use std::{error::Error, time::Duration};

use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes};
use tokio::time::Instant;

/// The least pace of a body. Only the time that is spent waiting for the body counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Longest time without any bytes.
    pub(crate) silence: Duration,
    /// Time after which the average must have reached `least`.
    pub(crate) grace: Duration,
    /// Bytes a second.
    pub(crate) least: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { silence: Duration::from_secs(30), grace: Duration::from_secs(10), least: 16 << 10 }
    }
}

/// A body that is read at its pace.
#[derive(Debug)]
pub(crate) struct Paced<B> {
    body: B,
    pace: Pace,
    received: u64,
    waited: Duration,
}

/// The reason why a body did not come whole.
#[derive(Debug)]
pub(crate) enum Slow {
    /// A body that came too slowly.
    Slow,
    /// A body that broke off.
    Broken(Box<dyn Error + Send + Sync>),
}

impl<B: Body<Data = Bytes> + Unpin> Paced<B>
where
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    pub(crate) fn new(body: B, pace: Pace) -> Self {
        Self { body, pace, received: 0, waited: Duration::ZERO }
    }

    /// Reads the next piece; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Slow> {
        loop {
            let begun = Instant::now();
            let frame = tokio::time::timeout(self.left(), self.body.frame()).await;
            self.waited += begun.elapsed();
            let Some(frame) = frame.map_err(|_| Slow::Slow)? else { return Ok(None) };
            if let Ok(piece) = frame.map_err(|error| Slow::Broken(error.into()))?.into_data() {
                self.received += piece.len() as u64;
                return Ok(Some(piece));
            }
        }
    }

    /// Reads the rest. `None` when the rest is longer than this.
    pub(crate) async fn whole(mut self, max: u64) -> Result<Option<Vec<u8>>, Slow> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.next().await? {
            if self.received > max {
                return Ok(None);
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(Some(bytes))
    }

    /// Returns the time for which the next piece may be waited for.
    fn left(&self) -> Duration {
        let Pace { silence, grace, least } = self.pace;
        let earned = Duration::from_millis(self.received.saturating_mul(1000) / least.max(1));
        silence.min(grace.saturating_add(earned).saturating_sub(self.waited))
    }
}
