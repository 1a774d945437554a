//! The address to which fal reports: a message is verified here, and passed on as a hint.

use std::cell::RefCell;

use http::StatusCode;
use likeness_core::{
    api::{Deployment, Reply, WebhookIntake, WebhookStep},
    fal::{Origins, webhook, webhook_verifier::WebhookVerifier},
};
use likeness_platform::{header_map, send};
use worker::{Env, Request, Result};

use crate::{
    rpc::{self, call_object},
    settings::now,
};

thread_local! {
    /// fal's public keys, and the messages delivered a moment ago, as far as this isolate knows.
    static INBOX: RefCell<WebhookVerifier> = RefCell::new(WebhookVerifier::default());
}

/// Answers a message with this body.
pub(crate) async fn answer(
    request: &Request,
    body: &[u8],
    env: &Env,
    deployment: &Deployment,
) -> Result<Reply> {
    let headers = header_map(&request.headers().0);
    if !headers.contains_key(http::header::CONTENT_LENGTH) {
        return Ok(Reply::empty(StatusCode::PAYLOAD_TOO_LARGE));
    }
    let url = request.url()?;
    let mut message = WebhookIntake::new(&headers, url.as_str(), body);
    Ok(Reply::empty(loop {
        match INBOX.with_borrow_mut(|verifier| message.step(verifier, now())) {
            WebhookStep::FetchKeys => {
                let origins = deployment.fal.as_ref().and_then(|fal| Origins::single(fal).ok());
                let request = webhook::request(&origins.unwrap_or_else(Origins::fal));
                let keys = webhook::parse(send(&request).await);
                INBOX.with_borrow_mut(|verifier| verifier.keys_answered(keys, now()));
            }
            WebhookStep::Tell(id, hint) => {
                let told: Result<bool> =
                    call_object(&rpc::avatar(env, id)?, &format!("webhook/{id}"), &hint).await;
                if let Err(error) = &told {
                    worker::console_warn!("[FAL AI] WARNING a webhook could not be saved: {error}");
                }
                break INBOX.with_borrow_mut(|verifier| message.told(told.is_ok(), verifier, now()));
            }
            WebhookStep::Answer(status) => break status,
        }
    }))
}
