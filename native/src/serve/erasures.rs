//! The carrying on of erases for which a full disk had no room at all: the files went first, and the rest is tried again
//! until it is done, without another call.

use std::{sync::Arc, time::Duration};

use likeness_core::{api::Given, http::StatusCode};
use tokio::sync::watch;

use super::server::Server;

/// The pause between two tries.
const AGAIN: Duration = Duration::from_secs(5);

/// Tries the remembered erases again and again, until the server closes.
pub(super) async fn carry_on(server: Arc<Server>, mut closing: watch::Receiver<bool>) {
    while tokio::time::timeout(AGAIN, closing.wait_for(|closing| *closing)).await.is_err() {
        let waiting = server.postponed.all();
        for (id, (call, caller)) in waiting {
            match server.ask(id, &call, caller, &Given::default()).await {
                Err(problem) if problem.status == StatusCode::SERVICE_UNAVAILABLE => {
                    log::debug!("the erase of {id} could not begin yet: {}", problem.code);
                }
                ended => {
                    server.postponed.remove(id);
                    log::info!(
                        "the erase of {id} that was put off {}",
                        if ended.is_ok() { "began" } else { "is refused" }
                    );
                }
            }
        }
    }
}
