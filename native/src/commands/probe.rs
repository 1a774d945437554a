//! A call to fal.ai that costs nothing, and shows whether connection and key can be used.

use likeness_core::{
    fal::{
        Account, CallError,
        pricing::{self, Price},
        trainers::portrait,
    },
    time::Timestamp,
    words::{self, Language},
};

use crate::{
    failure::Failure,
    transport::{SendError, Transport},
};

/// The outcome of the call.
#[derive(Debug)]
pub(crate) struct Probe {
    /// The trainer's price in fal's list; `None` where the list has none.
    pub(crate) listed: Result<Option<Price>, ProbeError>,
    /// Time on the other side's clock.
    pub(crate) clock: Option<Timestamp>,
}

/// The reason why the call brought no price.
#[derive(Debug)]
pub(crate) enum ProbeError {
    /// A call that could not be sent.
    Send(SendError),
    /// A call that was answered badly, or not at all.
    Call(CallError),
}

/// Asks fal what the trainer costs.
pub(crate) async fn probe(account: &Account, transport: &Transport) -> Probe {
    let trainer = portrait::endpoint();
    let answer = match transport.send(pricing::request(account, &trainer), None).await {
        Ok(answer) => answer,
        Err(error) => return Probe { listed: Err(ProbeError::Send(error)), clock: None },
    };
    let date = answer.as_ref().ok().and_then(|response| response.header("date"));
    let clock = date.and_then(Timestamp::from_http_date);
    Probe { listed: pricing::parse(answer, &trainer).map_err(ProbeError::Call), clock }
}

impl ProbeError {
    /// Tells whether an order would fail for the same reason. A key without a right to prices, or a list that is away,
    /// does not stop a training; nor does a person's own gateway (`own_place`) that does not know prices.
    pub(crate) fn stops_orders(&self, own_place: bool) -> bool {
        match self {
            Self::Send(_) | Self::Call(CallError::NoAnswer(_)) => true,
            Self::Call(CallError::Api(error)) => error.status == 401,
            Self::Call(CallError::Page { status }) => !own_place || *status != 404,
            Self::Call(CallError::Unreadable { status }) => {
                let obstacle = words::obstacle::stranger(Language::English, *status, false).is_some();
                obstacle || !own_place && *status < 500
            }
        }
    }
}

impl From<ProbeError> for Failure {
    fn from(error: ProbeError) -> Self {
        match error {
            ProbeError::Send(error) => Self::from(error),
            ProbeError::Call(error) => Self::from(error),
        }
    }
}
