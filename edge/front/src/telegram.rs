//! The address to which Telegram sends updates: each is believed by its secret, and saved by its chat's object before it
//! is answered. The work follows there.

use http::{HeaderMap, StatusCode};
use likeness_core::{
    api::{ApiProblem, Deployment, Reply},
    limits::MAX_UPDATE_BYTES,
    telegram::{Update, WEBHOOK_PATH},
};
use worker::{Env, Method, Request};

use crate::{
    body::read,
    outcome::Answer,
    rpc::{self, ChatUpdate, call_object},
};

/// Answers a message with an update.
pub(crate) async fn answer(
    mut request: Request,
    headers: &HeaderMap,
    env: &Env,
    deployment: &Deployment,
) -> Answer<Reply> {
    let telegram = deployment.telegram.as_ref().ok_or(ApiProblem::NoRoute)?;
    if request.method() != Method::Post {
        return Err(ApiProblem::Method { allowed: "POST".to_owned() }.into());
    }
    // Before the body is read: nobody else fills our memory.
    if !telegram.secret.as_ref().is_some_and(|secret| secret.admits(headers)) {
        worker::console_warn!("[FAL AI] WARNING a message came to {WEBHOOK_PATH} without Telegram's secret");
        return Err(ApiProblem::Unauthorized.into());
    }
    let body = read(&mut request, MAX_UPDATE_BYTES).await?;
    match Update::parse(&body) {
        Ok(Some(update)) => {
            let (chat, origin) =
                (rpc::chat(env, update.chat)?, request.url()?.origin().ascii_serialization());
            let message = ChatUpdate { update: String::from_utf8_lossy(&body).into_owned(), origin };
            call_object::<()>(&chat, "update", &message).await?;
        }
        Ok(None) => {}
        // Telegram would send it again for a day, and it would not be read then either.
        Err(error) => {
            worker::console_warn!("[FAL AI] WARNING a message of Telegram's is left alone: {error}");
        }
    }
    Ok(Reply::empty(StatusCode::OK))
}
