//! One call to fal.ai that costs nothing, and shows whether the way there and the key can be used.

use likeness_core::fal::{
    Account, CallError,
    pricing::{self, Price},
    train,
};

use crate::{
    exit::Failure,
    transport::{SendError, Transport},
};

/// Why the call brought no price.
#[derive(Debug)]
pub(crate) enum ProbeError {
    /// It could not be sent.
    Send(SendError),
    /// It was answered badly, or not at all.
    Call(CallError),
}

/// Asks fal what the trainer costs; `None` where fal lists no price for it.
pub(crate) async fn probe(account: &Account, transport: &Transport) -> Result<Option<Price>, ProbeError> {
    let trainer = train::endpoint();
    let request = pricing::request(account, &trainer);
    let answer = transport.send(request, None).await.map_err(ProbeError::Send)?;
    pricing::parse(answer, &trainer).map_err(ProbeError::Call)
}

impl From<ProbeError> for Failure {
    fn from(error: ProbeError) -> Self {
        match error {
            ProbeError::Send(error) => Self::from(error),
            ProbeError::Call(error) => Self::from(error),
        }
    }
}
