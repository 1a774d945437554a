//! A message at our webhook address, from its arrival to its answer.

use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    avatar::{AvatarId, Event, TokenHash, addressee},
    fal::{
        RequestId,
        webhook_verifier::{Verdict, WebhookVerifier},
    },
    time::Timestamp,
};

/// A message that has not been answered yet. A shell takes [steps](Self::step) until one gives the answer.
#[derive(Debug)]
pub struct WebhookIntake<'a> {
    headers: &'a HeaderMap,
    body: &'a [u8],
    addressee: Option<(AvatarId, TokenHash)>,
    keys_asked: bool,
}

/// The next action for a message.
#[derive(Debug, PartialEq, Eq)]
pub enum WebhookStep {
    /// Fetch fal's keys ([`crate::fal::webhook::request`]), and tell the verifier before the next step.
    FetchKeys,
    /// Give the hint to this avatar, if it exists; the answer is [`WebhookIntake::told`].
    Tell(AvatarId, WebhookHint),
    /// Answer with this status.
    Answer(StatusCode),
}

/// The content of a message that fal has signed: a hint only, nothing of its payload is believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookHint {
    /// The request that the message names.
    pub request_id: RequestId,
    /// The hash of the token in the message's address.
    pub token: TokenHash,
}

impl From<WebhookHint> for Event {
    fn from(WebhookHint { request_id, token }: WebhookHint) -> Self {
        Self::Webhook { request_id, token: Some(token) }
    }
}

impl<'a> WebhookIntake<'a> {
    /// Takes a message in. `target` is the address to which it came, or path and query of that.
    #[must_use]
    pub fn new(headers: &'a HeaderMap, target: &str, body: &'a [u8]) -> Self {
        let base = Url::parse("http://webhook.invalid").ok();
        let url = base.and_then(|base| base.join(target).ok());
        Self { headers, body, addressee: url.as_ref().and_then(addressee), keys_asked: false }
    }

    /// Decides what to do next. The verifier is one for all messages.
    pub fn step(&mut self, verifier: &mut WebhookVerifier, now: Timestamp) -> WebhookStep {
        match (verifier.judge(self.headers, self.body, now), self.addressee) {
            (Verdict::FetchKeys, _) if !self.keys_asked => {
                self.keys_asked = true;
                WebhookStep::FetchKeys
            }
            (Verdict::FetchKeys, _) => WebhookStep::Answer(StatusCode::SERVICE_UNAVAILABLE),
            (Verdict::Wake(request_id), Some((avatar, token))) => {
                WebhookStep::Tell(avatar, WebhookHint { request_id, token })
            }
            (Verdict::Wake(_), None) => WebhookStep::Answer(self.told(true, verifier, now)),
            (Verdict::Known, _) => WebhookStep::Answer(StatusCode::OK),
            (Verdict::Refused(status), _) => WebhookStep::Answer(status),
        }
    }

    /// Returns the status of the answer, once the avatar was told. After a hint that could not be `saved`, fal delivers
    /// the message again. A message about an avatar that does not exist is answered with success all the same, or fal
    /// would repeat it.
    pub fn told(&self, saved: bool, verifier: &mut WebhookVerifier, now: Timestamp) -> StatusCode {
        if !saved {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        verifier.delivered(self.headers, now);
        StatusCode::OK
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::{WebhookIntake, WebhookStep};
    use crate::fal::webhook_verifier::{BODY, WebhookVerifier, at, keys, signed};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    const OURS: &str = "/v1/fal-webhook?avatar=3f0e8a52-7c7e-5c59-9d3c-0a4b8c2f6d11&token=secret";

    #[test]
    fn a_message_is_answered_once_its_avatar_knows() {
        let (headers, mut verifier) = (signed(1, 0), WebhookVerifier::default());
        let mut message = WebhookIntake::new(&headers, OURS, BODY);
        assert_eq!(message.step(&mut verifier, at(0)), WebhookStep::FetchKeys);
        verifier.keys_answered(Ok(keys(1)), at(0));
        assert!(matches!(message.step(&mut verifier, at(1)), WebhookStep::Tell(..)));
        assert_eq!(message.told(false, &mut verifier, at(1)), StatusCode::SERVICE_UNAVAILABLE);
        // fal delivers it again.
        let mut message = WebhookIntake::new(&headers, OURS, BODY);
        let WebhookStep::Tell(avatar, hint) = message.step(&mut verifier, at(2)) else { panic!("not told") };
        assert_eq!((avatar.to_string(), hint.request_id.as_str()), (OURS[23..59].to_owned(), "abc"));
        assert_eq!(message.told(true, &mut verifier, at(2)), StatusCode::OK);
        let again = WebhookIntake::new(&headers, OURS, BODY).step(&mut verifier, at(3));
        assert_eq!(again, WebhookStep::Answer(StatusCode::OK));
    }

    #[test]
    fn a_message_about_nobody_is_answered_with_success() {
        let (headers, mut verifier) = (signed(1, 0), WebhookVerifier::default());
        verifier.keys_answered(Ok(keys(1)), at(0));
        let step = WebhookIntake::new(&headers, "/v1/fal-webhook", BODY).step(&mut verifier, at(0));
        assert_eq!(step, WebhookStep::Answer(StatusCode::OK));
    }

    #[test]
    fn keys_are_fetched_once_for_a_message() {
        let (headers, mut verifier) = (signed(1, 0), WebhookVerifier::default());
        let mut message = WebhookIntake::new(&headers, OURS, BODY);
        assert_eq!(message.step(&mut verifier, at(0)), WebhookStep::FetchKeys);
        let later = message.step(&mut verifier, at(100));
        assert_eq!(later, WebhookStep::Answer(StatusCode::SERVICE_UNAVAILABLE));
    }
}
