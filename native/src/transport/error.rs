//! Errors of this machine before fal, or another server, could answer.

use std::io;

use crate::failure::{Exit, Failure};

/// An error of this machine, so that there is no answer to judge. Each variant says whether the request may have
/// reached the other side.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Bytes to be sent that could not be read. The connection was cut before the promised length was reached, so the
    /// other side never held a whole body.
    #[error("what was to be sent could not be read: {0}")]
    Source(#[source] io::Error),
    /// A simulator's state that could not be read or saved. Nothing left the machine in the first place.
    #[error("the simulator's state could not be kept: {0}")]
    Simulator(#[source] io::Error),
    /// A request that cannot be made, for example since its address is not an HTTP one. Nothing was sent.
    #[error("this request cannot be sent: {0}")]
    Unsendable(String),
}

/// The error of an HTTP client that could not be set up, for example since the machine has no certificates to judge
/// servers by.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up: {0}")]
pub struct SetupError(pub(super) String);

/// An error of this machine before fal could answer.
impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Source(cause) => {
                Self::io("storage.source", "what was to be sent could not be read", &cause)
            }
            SendError::Simulator(cause) => {
                Self::io("storage.simulator", "the simulator's state could not be kept", &cause)
            }
            SendError::Unsendable(why) => {
                Self::new(Exit::Usage, "settings.unsendable", "this request cannot be sent").why(why)
            }
        }
    }
}

/// A client that cannot send at all.
impl From<SetupError> for Failure {
    fn from(error: SetupError) -> Self {
        Self::new(Exit::Internal, "internal.transport", "no request can be sent")
            .why(error.to_string())
            .next("install the certificates of your system (often the package ca-certificates)")
    }
}
