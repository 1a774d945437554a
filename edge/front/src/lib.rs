//! The Worker that answers: it finds the caller, and leads each call to the object that it is about.
//!
//! One Durable Object per avatar holds that avatar and drives it by its alarm; one holds the budget; one per user lists
//! the user's avatars; one keeps what the operator sees of all; one per chat holds that chat with the Telegram bot. This
//! crate decides nothing: the form of a call, the roles that may make it, the next step and the answer come from
//! [`likeness_core`].

mod avatar;
mod body;
mod budget;
mod calls;
mod chat;
mod delivery;
mod drive;
mod durable;
mod entries;
mod follow_up;
mod index;
mod ledger;
mod object;
mod outcome;
mod page;
mod response;
mod rows;
mod rpc;
mod settings;
mod simulated;
mod telegram;
mod test_box;
mod webhook;
mod work;

use worker::{Context, Env, Request, Response, Result, event};

/// Answers a call.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    calls::answer(request, env, &context).await
}
