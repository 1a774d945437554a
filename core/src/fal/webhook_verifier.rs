//! Verdicts on messages at our webhook address, which anyone may send.

use std::{collections::VecDeque, time::Duration};

use http::{HeaderMap, StatusCode};
use sha2::{Digest, Sha256};

#[cfg(test)]
pub(crate) use self::tests::{BODY, at, keys, signed};
use super::{
    CallError, RequestId,
    webhook::{self, Jwks, WebhookError},
};
use crate::{
    limits::{KEYS_FOR, WEBHOOK_REPLAY_WINDOW},
    time::Timestamp,
};

/// A judge of messages, which keeps fal's public keys for a day and remembers what was delivered a moment ago.
#[derive(Clone, Debug, Default)]
pub struct WebhookVerifier {
    keys: Option<(Jwks, Timestamp)>,
    asked_at: Option<Timestamp>,
    delivered: VecDeque<([u8; 32], Timestamp)>,
}

/// The verdict on a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Fetch fal's keys ([`webhook::request`]), tell the verifier, and ask again. This verdict comes at most once a
    /// minute, so that forged messages do not make us disturb fal.
    FetchKeys,
    /// fal sent the message: look at this request with our own key, [say that it was
    /// delivered](WebhookVerifier::delivered), and answer 200.
    Wake(RequestId),
    /// fal sent the message before: answer 200, and do nothing.
    Known,
    /// The message is refused with this status.
    Refused(StatusCode),
}

/// The number of deliveries that are remembered.
const MOST_DELIVERED: usize = 1000;

/// The time for which fal's keys are not asked for again.
const PATIENCE: Duration = Duration::from_mins(1);

impl WebhookVerifier {
    /// Judges a message by its headers and its body as it came.
    pub fn judge(&mut self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Verdict {
        let message = match webhook::read(headers, body, now) {
            Ok(message) => message,
            Err(why) => return Verdict::Refused(refusal(why)),
        };
        // A clock that was set back does not make the pause longer.
        let may_ask = self.asked_at.is_none_or(|at| at > now || now.since(at) >= PATIENCE);
        let fresh = self.keys.as_ref().filter(|(_, since)| now.since(*since) < KEYS_FOR);
        let Some((keys, _)) = fresh else {
            if !message.names_its_request() {
                return Verdict::Refused(refusal(WebhookError::Body));
            }
            // Without fresh keys nothing is proven either way. After a 503 fal delivers the message again.
            return if may_ask { self.ask(now) } else { Verdict::Refused(StatusCode::SERVICE_UNAVAILABLE) };
        };
        match message.proven_by(keys) {
            Ok(_) if self.knows(headers, now) => Verdict::Known,
            Ok(request_id) => Verdict::Wake(request_id),
            // fal may have begun to sign with a key that is newer than those kept here.
            Err(WebhookError::Signature) if may_ask => self.ask(now),
            Err(why) => Verdict::Refused(refusal(why)),
        }
    }

    /// Takes the answer to the request for fal's keys. The old keys stay valid if there is none.
    pub fn keys_answered(&mut self, keys: Result<Jwks, CallError>, now: Timestamp) {
        if let Ok(keys) = keys {
            self.keys = Some((keys, now));
        }
    }

    /// Notes that what a message woke was saved: the same message need not wake it again.
    pub fn delivered(&mut self, headers: &HeaderMap, now: Timestamp) {
        if self.delivered.len() >= MOST_DELIVERED {
            self.delivered.pop_front();
        }
        self.delivered.push_back((signature(headers), now));
    }

    fn ask(&mut self, now: Timestamp) -> Verdict {
        self.asked_at = Some(now);
        Verdict::FetchKeys
    }

    fn knows(&mut self, headers: &HeaderMap, now: Timestamp) -> bool {
        while self.delivered.front().is_some_and(|(_, at)| now.since(*at) > WEBHOOK_REPLAY_WINDOW) {
            self.delivered.pop_front();
        }
        let signature = signature(headers);
        self.delivered.iter().any(|(known, _)| *known == signature)
    }
}

fn refusal(why: WebhookError) -> StatusCode {
    match why {
        WebhookError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        WebhookError::Header(_) | WebhookError::Body => StatusCode::BAD_REQUEST,
        WebhookError::Stale | WebhookError::Signature => StatusCode::UNAUTHORIZED,
    }
}

fn signature(headers: &HeaderMap) -> [u8; 32] {
    Sha256::digest(headers.get(webhook::SIGNATURE).map_or(&[][..], |value| value.as_bytes())).into()
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};
    use http::{HeaderMap, HeaderValue, StatusCode};

    use super::{Verdict, WebhookVerifier};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        fal::{CallError, webhook::Jwks},
        http::NoAnswer,
        sha256::Sha256Sum,
        time::Timestamp,
    };

    const NOW: i64 = 1_795_555_555_000;
    pub(crate) const BODY: &[u8] = br#"{"request_id":"abc","status":"OK","payload":null}"#;

    pub(crate) fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(NOW + seconds * 1000)
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    pub(crate) fn keys(seed: u8) -> Jwks {
        Jwks::of_key(key(seed).verifying_key())
    }

    pub(crate) fn signed(seed: u8, seconds: i64) -> HeaderMap {
        let moment = NOW / 1000 + seconds;
        let digest = Sha256Sum::of(BODY);
        let signature = key(seed).sign(format!("abc\nuser\n{moment}\n{digest}").as_bytes());
        let signature = base16ct::lower::encode_string(&signature.to_bytes());
        let text = |text: &str| HeaderValue::from_str(text).expect("a header");
        HeaderMap::from_iter([
            ("x-fal-webhook-request-id".parse().expect("a name"), text("abc")),
            ("x-fal-webhook-user-id".parse().expect("a name"), text("user")),
            ("x-fal-webhook-timestamp".parse().expect("a name"), text(&moment.to_string())),
            ("x-fal-webhook-signature".parse().expect("a name"), text(&signature)),
        ])
    }

    fn ready(seed: u8) -> WebhookVerifier {
        let mut verifier = WebhookVerifier::default();
        assert_eq!(verifier.judge(&signed(seed, 0), BODY, at(0)), Verdict::FetchKeys);
        verifier.keys_answered(Ok(keys(seed)), at(0));
        verifier
    }

    fn wake() -> Verdict {
        Verdict::Wake("abc".parse().expect("a request id"))
    }

    #[test]
    fn a_signed_message_wakes_once() {
        let mut verifier = ready(1);
        assert_eq!(verifier.judge(&signed(1, 0), BODY, at(0)), wake());
        // A message whose effect could not be saved is delivered again.
        assert_eq!(verifier.judge(&signed(1, 0), BODY, at(4)), wake());
        verifier.delivered(&signed(1, 0), at(4));
        assert_eq!(verifier.judge(&signed(1, 0), BODY, at(5)), Verdict::Known);
        assert_eq!(verifier.judge(&signed(1, 0), BODY, at(301)), Verdict::Refused(StatusCode::UNAUTHORIZED));
    }

    #[test]
    fn a_forged_message_makes_us_ask_for_the_keys_at_most_once_a_minute() {
        let mut verifier = ready(1);
        for seconds in 0..60 {
            let verdict = verifier.judge(&signed(2, 0), BODY, at(seconds));
            assert_eq!(verdict, Verdict::Refused(StatusCode::UNAUTHORIZED), "{seconds}");
        }
        assert_eq!(verifier.judge(&signed(2, 0), BODY, at(60)), Verdict::FetchKeys);
        verifier.keys_answered(Ok(keys(2)), at(60));
        assert_eq!(verifier.judge(&signed(2, 0), BODY, at(60)), wake());
    }

    #[test]
    fn without_keys_fal_is_asked_to_come_again() {
        let mut verifier = WebhookVerifier::default();
        assert_eq!(verifier.judge(&signed(1, 0), BODY, at(0)), Verdict::FetchKeys);
        verifier.keys_answered(Err(CallError::NoAnswer(NoAnswer::TimedOut)), at(0));
        let verdict = verifier.judge(&signed(1, 0), BODY, at(1));
        assert_eq!(verdict, Verdict::Refused(StatusCode::SERVICE_UNAVAILABLE));
    }

    #[test]
    fn what_is_no_message_is_refused_without_keys_and_asks_for_none() {
        let mut verifier = WebhookVerifier::default();
        let headers = signed(1, 0);
        for body in [&b"[]"[..], b"null", b"", b"[\"abc\"]", b"{}", br#"{"request_id":["abc"]}"#] {
            let verdict = verifier.judge(&headers, body, at(0));
            assert_eq!(verdict, Verdict::Refused(StatusCode::BAD_REQUEST), "{}", body.escape_ascii());
        }
        let verdict = verifier.judge(&headers, BODY, at(301));
        assert_eq!(verdict, Verdict::Refused(StatusCode::UNAUTHORIZED));
        assert_eq!(verifier.judge(&headers, BODY, at(0)), Verdict::FetchKeys);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_keep_the_keys_away() {
        let mut verifier = WebhookVerifier::default();
        assert_eq!(verifier.judge(&signed(1, 0), BODY, at(0)), Verdict::FetchKeys);
        assert_eq!(verifier.judge(&signed(1, -600), BODY, at(-600)), Verdict::FetchKeys);
    }

    #[test]
    fn keys_are_kept_for_a_day_and_no_longer() {
        let mut verifier = ready(1);
        let day = 24 * 3600;
        assert_eq!(verifier.judge(&signed(1, day - 1), BODY, at(day - 1)), wake());
        assert_eq!(verifier.judge(&signed(1, day), BODY, at(day)), Verdict::FetchKeys);
    }

    #[test]
    fn what_is_too_large_or_names_nothing_is_refused() {
        let mut verifier = ready(1);
        let large = vec![b' '; (1 << 20) + 1];
        let verdict = verifier.judge(&signed(1, 0), &large, at(0));
        assert_eq!(verdict, Verdict::Refused(StatusCode::PAYLOAD_TOO_LARGE));
        assert_eq!(verifier.judge(&HeaderMap::new(), BODY, at(0)), Verdict::Refused(StatusCode::BAD_REQUEST));
    }
}
