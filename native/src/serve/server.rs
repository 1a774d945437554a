//! State of the server that every connection shares.

use std::sync::Arc;

use likeness_core::{
    api::{ConnectionSettings, Deployment, Porter},
    avatar::AvatarId,
};
use tokio::sync::{Mutex, Semaphore, watch};

use super::{
    chats::Chats,
    connections::{Origin, Pace, Places},
    drivers::Drivers,
    health::Health,
    postponed::PostponedErases,
    stored_budget::StoredBudget,
    webhooks::SharedVerifier,
};
use crate::driver::shell::Shell;

/// The state that every connection shares.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) shell: Shell,
    pub(super) deployment: Arc<Deployment>,
    pub(super) connection: Option<ConnectionSettings>,
    pub(super) budget: StoredBudget,
    pub(super) drivers: Arc<Drivers>,
    pub(super) verifier: SharedVerifier,
    pub(super) health: Health,
    /// Turn to change something in the store, one call at a time; a slow caller waits elsewhere.
    pub(super) turn: Mutex<()>,
    /// Permits to look into the store beside that.
    pub(super) looks: Semaphore,
    /// Turn to reserve and make a purchase, one at a time.
    pub(super) purchases: Mutex<()>,
    pub(super) uploads: Places<AvatarId>,
    pub(super) messages: Places<Origin>,
    /// Credentials that were admitted and refused a moment ago.
    pub(super) porter: std::sync::Mutex<Porter>,
    pub(super) pace: Pace,
    /// Chats with the bot.
    pub(super) chats: Chats,
    pub(super) postponed: PostponedErases,
    pub(super) closing: watch::Receiver<bool>,
}
