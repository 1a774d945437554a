//! Long polling: the bot asks Telegram for updates, where no webhook can reach this machine.

use std::{sync::Arc, time::Duration};

use likeness_core::{
    chat::commands,
    telegram::{BotCall, BotError, GetUpdates, largest_of_a_batch, updates},
};

use super::server::Server;

/// The time for which Telegram keeps a question waiting for updates.
const WAITS: Duration = Duration::from_secs(25);

/// The pause after a failure.
const LATER: Duration = Duration::from_secs(3);

/// Asks for updates until the server stops. An update counts as taken once it is saved: the next question tells
/// Telegram.
pub(super) async fn poll(server: Arc<Server>) {
    for commands in commands() {
        if let Err(error) = BotError::of(server.call_bot(&BotCall::SetMyCommands(commands), &[]).await) {
            log::warn!("the bot's commands could not be registered: {error}");
        }
    }
    let (mut offset, mut closing) = (None, server.closing.clone());
    loop {
        let call = BotCall::GetUpdates(GetUpdates::new(offset, WAITS));
        let answer = tokio::select! {
            answer = server.call_bot(&call, &[]) => answer,
            _ = closing.wait_for(|closing| *closing) => return,
        };
        let pause = match BotError::of(answer) {
            Ok(result) => match take(&server, &result).await {
                Ok(()) => {
                    offset = largest_of_a_batch(&result).map(|last| last + 1).or(offset);
                    continue;
                }
                Err(why) => {
                    log::error!("updates of Telegram's could not be saved: {why}; they are asked for again");
                    LATER
                }
            },
            Err(BotError::TooMany(pause)) => pause,
            Err(error) => {
                log::warn!("Telegram gives no updates: {error}");
                LATER
            }
        };
        if tokio::time::timeout(pause, closing.wait_for(|closing| *closing)).await.is_ok() {
            return;
        }
    }
}

async fn take(server: &Arc<Server>, result: &serde_json::Value) -> Result<(), String> {
    for update in updates(result) {
        server.hear(&update).await.map_err(|problem| problem.detail)?;
    }
    Ok(())
}
