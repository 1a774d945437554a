//! The parts of the server that every connection shares.

use std::sync::Arc;

use likeness_core::{
    api::{ConnectionSettings, Deployment, Porter},
    avatar::AvatarId,
};
use tokio::sync::{Mutex, Semaphore, watch};

use super::{
    connections::{Origin, Pace, Places},
    drivers::Drivers,
    health::Health,
    ledger::Ledger,
    webhooks::SharedVerifier,
};
use crate::driver::shell::Shell;

/// What every connection shares.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) shell: Shell,
    pub(super) deployment: Arc<Deployment>,
    pub(super) way: Option<ConnectionSettings>,
    pub(super) ledger: Ledger,
    pub(super) drivers: Arc<Drivers>,
    pub(super) verifier: SharedVerifier,
    pub(super) health: Health,
    /// One call at a time changes something in the store; a caller that is slow waits elsewhere.
    pub(super) turn: Mutex<()>,
    /// So many look into it beside that.
    pub(super) looks: Semaphore,
    /// One purchase at a time is reserved and made.
    pub(super) purchases: Mutex<()>,
    pub(super) uploads: Places<AvatarId>,
    pub(super) messages: Places<Origin>,
    /// Who was let in a moment ago and who was not.
    pub(super) porter: std::sync::Mutex<Porter>,
    pub(super) pace: Pace,
    pub(super) closing: watch::Receiver<bool>,
}
