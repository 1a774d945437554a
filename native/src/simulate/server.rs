//! State of the served simulator that every connection shares.

use tokio::sync::Notify;

use super::spool::Spool;
use crate::transport::Simulated;

/// The state that every connection shares.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) simulated: Simulated,
    pub(super) spool: Spool,
    pub(super) max_body_bytes: u64,
    /// Signal that the state has changed: a webhook may be due.
    pub(super) changed: Notify,
}
