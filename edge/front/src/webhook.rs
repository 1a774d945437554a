//! The address to which fal reports: a message is verified here, and passed on as a hint.

use std::cell::RefCell;

use http::{HeaderMap, StatusCode};
use likeness_core::{
    api::{Deployment, Reply},
    avatar::addressee,
    fal::{
        Origins, webhook,
        webhook_verifier::{Verdict, WebhookVerifier},
    },
};
use likeness_platform::{header_map, send};
use worker::{Env, Request, Result};

use crate::{
    rpc::{self, WebhookHint, call_object},
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
    let mut verdict = judge(&headers, body);
    if verdict == Verdict::FetchKeys {
        let origins =
            deployment.fal.as_ref().and_then(|fal| Origins::single(fal).ok()).unwrap_or_else(Origins::fal);
        let keys = send(&webhook::request(&origins)).await;
        INBOX.with_borrow_mut(|verifier| verifier.keys_answered(webhook::parse(keys), now()));
        verdict = judge(&headers, body);
    }
    Ok(Reply::empty(match verdict {
        Verdict::Wake(request_id) => {
            // A message about an avatar that does not exist is answered with success all the same, or fal would repeat
            // it.
            if let Some((id, token)) = addressee(&request.url()?) {
                let hint = WebhookHint { request_id, token };
                let told: Result<bool> =
                    call_object(&rpc::avatar(env, id)?, &format!("webhook/{id}"), &hint).await;
                if let Err(error) = told {
                    worker::console_warn!("[FAL AI] WARNING a webhook could not be saved: {error}");
                    return Ok(Reply::empty(StatusCode::SERVICE_UNAVAILABLE));
                }
            }
            INBOX.with_borrow_mut(|verifier| verifier.delivered(&headers, now()));
            StatusCode::OK
        }
        Verdict::Known => StatusCode::OK,
        Verdict::Refused(status) => status,
        Verdict::FetchKeys => StatusCode::SERVICE_UNAVAILABLE,
    }))
}

fn judge(headers: &HeaderMap, body: &[u8]) -> Verdict {
    INBOX.with_borrow_mut(|verifier| verifier.judge(headers, body, now()))
}
