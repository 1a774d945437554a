//! Notices to a backend, signed so that it can check their sender: Standard Webhooks (standardwebhooks.com), with
//! `webhook-id`, `webhook-timestamp` and `webhook-signature`.

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderName, Method, header};
use serde_json::json;
use sha2::Sha256;

use super::{deployment::Notify, views};
use crate::{
    avatar::{Avatar, OrderKey},
    error::NetworkError,
    http::{Answer, Body, Request},
    limits::READ_TIMEOUT,
    time::Timestamp,
};

/// Makes the message that says how an order stands. `None` when there is nothing to tell any more.
#[must_use]
pub fn notification(
    notify: &Notify,
    avatar: &Avatar,
    order: OrderKey,
    number: u64,
    now: Timestamp,
) -> Option<Request> {
    let person = avatar.person()?;
    let status = views::order(avatar, order, now)?;
    let document = json!({
        "type": order.kind(),
        "avatar_id": avatar.id(),
        "user_id": person.user,
        "status": status,
    });
    let (id, body, time) = (format!("{}-{number}", avatar.id()), document.to_string(), now.millis() / 1000);
    let signature = signature(notify, &id, time, &body);
    let mut request = Request::new(Method::POST, notify.url.clone(), READ_TIMEOUT)
        .header(header::CONTENT_TYPE, "application/json")
        .header(HeaderName::from_static("webhook-id"), &id)
        .header(HeaderName::from_static("webhook-timestamp"), &time.to_string())
        .secret_header(HeaderName::from_static("webhook-signature"), &signature);
    request.body = Body::Bytes(body.into_bytes());
    Some(request)
}

/// Checks that the backend has taken a notice.
pub fn taken(answer: Answer) -> Result<(), NetworkError> {
    let status = answer.map_err(NetworkError::NoAnswer)?.status;
    if status.is_success() { Ok(()) } else { Err(NetworkError::Unreadable { status: status.as_u16() }) }
}

/// Signs a message: `v1,` and the HMAC-SHA256 of `id.timestamp.body` in Base64. The key is the secret's own bytes.
fn signature(notify: &Notify, id: &str, time: i64, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(notify.secret.expose().as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{id}.{time}.{body}").as_bytes());
    format!("v1,{}", Base64::encode_string(&mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{Notify, signature};
    use crate::secret::Secret;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_message_is_signed() {
        let url = "https://backend.example/hook".parse().expect("an address");
        let notify = Notify { url, secret: Secret::new("hush").expect("text") };
        // printf 'id-1.1700000000.{}' | openssl dgst -sha256 -hmac hush -binary | base64
        let known = "v1,oQ3hH5IbsYjQwe0rktHeqhkIgYGc735N1oMfXgWVuss=";
        let found = signature(&notify, "id-1", 1_700_000_000, "{}");
        assert_eq!(found, known);
    }
}
