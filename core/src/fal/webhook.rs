//! The proof that a message came from fal (fal.ai/docs/documentation/model-apis/inference/webhooks).
//!
//! A valid signature proves that fal sent the message, not that the message is about us: anyone's fal account gets
//! signed webhooks. So a message only wakes a purchase; status and result are fetched with our own key.
//!
//! ```
//! use likeness_core::{
//!     fal::webhook::{Jwks, WebhookError, verify},
//!     http::HeaderMap,
//!     time::Timestamp,
//! };
//!
//! // As fal's key server shows them; this one is the example of RFC 8037, appendix A.2.
//! let keys = br#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
//! let keys = Jwks::parse(keys).expect("a key");
//!
//! let body = br#"{"request_id": "764cabcf-b745-4b3e-ae38-1200304cf45b", "status": "OK", "payload": {}}"#;
//! let mut headers = HeaderMap::new();
//! headers.insert("x-fal-webhook-request-id", "764cabcf-b745-4b3e-ae38-1200304cf45b".parse()?);
//! headers.insert("x-fal-webhook-user-id", "user-1".parse()?);
//! headers.insert("x-fal-webhook-timestamp", "1795555555".parse()?);
//! let signature = "cce964c926f7a36e3fba9c44c6670493fce770e71099d0a9693c9cded4aef695\
//!                  41988cc26cc502bd59e7eaccd545ce5c27d12c9c8848fddeadf24d6f2913960e";
//! headers.insert("x-fal-webhook-signature", signature.parse()?);
//! let now = Timestamp::from_millis(1_795_555_560_000);
//! let request = verify(&headers, body, &keys, now)?;
//! assert_eq!(request.to_string(), "764cabcf-b745-4b3e-ae38-1200304cf45b");
//!
//! let forged = br#"{"request_id": "764cabcf-b745-4b3e-ae38-1200304cf45b", "status": "ERROR"}"#;
//! assert_eq!(verify(&headers, forged, &keys, now), Err(WebhookError::Signature));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ed25519_dalek::{Signature, VerifyingKey};
use http::HeaderMap;
use serde_json::Value;

use super::{CallError, Origins, RequestId, error::success};
use crate::{
    http::{Answer, Request},
    limits::READ_TIMEOUT,
    sha256::Sha256Sum,
    time::Timestamp,
};

/// The keys that fal signs with. They may be kept for a day; after [`WebhookError::Signature`] they are worth
/// fetching once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwks {
    keys: Vec<VerifyingKey>,
}

/// The reason why a message is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// A header is missing, doubled or not text.
    #[error("the header {0} is missing or cannot be read")]
    Header(&'static str),
    /// The body is larger than any that fal sends for our models.
    #[error("the message is larger than {MAX_WEBHOOK_BYTES} bytes")]
    TooLarge,
    /// The message was signed more than five minutes before or after now.
    #[error("the message was not signed within five minutes of now")]
    Stale,
    /// No key of fal's made the signature.
    #[error("the signature is not fal's")]
    Signature,
    /// The signed body does not name a request, or names another than the header does.
    #[error("the message does not name its request")]
    Body,
}

/// The largest body that is read, in bytes. A result of our models has a few kilobytes.
pub const MAX_WEBHOOK_BYTES: usize = 1 << 20;

const REQUEST_ID: &str = "x-fal-webhook-request-id";
const USER_ID: &str = "x-fal-webhook-user-id";
const TIMESTAMP: &str = "x-fal-webhook-timestamp";
pub(super) const SIGNATURE: &str = "x-fal-webhook-signature";
const TOLERANCE_SECONDS: u64 = 300;
const MOST_KEYS: usize = 32;

/// Asks for fal's keys. They are public, so no key of ours is sent.
#[must_use]
pub fn request(origins: &Origins) -> Request {
    origins.public_rest(".well-known/jwks.json", READ_TIMEOUT)
}

/// Reads fal's keys.
pub fn parse(answer: Answer) -> Result<Jwks, CallError> {
    let (status, body) = success(answer)?;
    Jwks::of(&Value::Object(body)).ok_or(CallError::Unreadable { status })
}

impl Jwks {
    /// Reads a JWK set (RFC 7517), as it was fetched. Only Ed25519 keys are kept (RFC 8037); `None` when there
    /// are none.
    #[must_use]
    pub fn parse(json: &[u8]) -> Option<Self> {
        Self::of(&serde_json::from_slice(json).ok()?)
    }

    fn of(set: &Value) -> Option<Self> {
        let keys = set.get("keys")?.as_array()?.iter().take(MOST_KEYS);
        let keys: Vec<_> = keys
            .filter(|key| key.get("kty").and_then(Value::as_str).is_none_or(|kty| kty == "OKP"))
            .filter(|key| key.get("crv").and_then(Value::as_str).is_none_or(|curve| curve == "Ed25519"))
            .filter_map(|key| {
                // Padding is optional, since fal's own examples differ.
                let text = key.get("x")?.as_str()?.trim_end_matches('=');
                let bytes: [u8; 32] = Base64UrlUnpadded::decode_vec(text).ok()?.try_into().ok()?;
                VerifyingKey::from_bytes(&bytes).ok()
            })
            .collect();
        (!keys.is_empty()).then_some(Self { keys })
    }
}

/// A message that may be fal's, as far as can be told without fal's keys.
#[derive(Debug)]
pub(crate) struct Unproven {
    request: Option<RequestId>,
    message: String,
    signature: Signature,
}

/// Reads a message: its headers, its age, and the request that both header and body name. None of that needs fal's
/// keys, so that a malformed message is refused even while the keys cannot be fetched.
pub(crate) fn read(headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Unproven, WebhookError> {
    if body.len() > MAX_WEBHOOK_BYTES {
        return Err(WebhookError::TooLarge);
    }
    let (id, user) = (header(headers, REQUEST_ID)?, header(headers, USER_ID)?);
    let (signed_at, signature) = (header(headers, TIMESTAMP)?, header(headers, SIGNATURE)?);
    let seconds: i64 = signed_at.parse().map_err(|_| WebhookError::Header(TIMESTAMP))?;
    if now.millis().div_euclid(1000).abs_diff(seconds) > TOLERANCE_SECONDS {
        return Err(WebhookError::Stale);
    }
    let signature = base16ct::mixed::decode_vec(signature).map_err(|_| WebhookError::Signature)?;
    let signature = Signature::from_slice(&signature).map_err(|_| WebhookError::Signature)?;
    let message = format!("{id}\n{user}\n{signed_at}\n{}", Sha256Sum::of(body));
    Ok(Unproven { request: named(body, id), message, signature })
}

impl Unproven {
    /// Tells whether the body names the request of the header.
    #[must_use]
    pub(crate) fn names_its_request(&self) -> bool {
        self.request.is_some()
    }

    /// Checks the signature over the body as it came, and returns the request's id.
    pub(crate) fn proven_by(self, keys: &Jwks) -> Result<RequestId, WebhookError> {
        let Self { request, message, signature } = self;
        // A message does not say which of fal's keys signed it.
        let signs = |key: &VerifyingKey| key.verify_strict(message.as_bytes(), &signature).is_ok();
        if !keys.keys.iter().any(signs) {
            return Err(WebhookError::Signature);
        }
        request.ok_or(WebhookError::Body)
    }
}

/// Checks a message: its age, its signature over the body as it came, and that the body names the request of its
/// header. Returns the request's id.
pub fn verify(
    headers: &HeaderMap,
    body: &[u8],
    keys: &Jwks,
    now: Timestamp,
) -> Result<RequestId, WebhookError> {
    read(headers, body, now)?.proven_by(keys)
}

/// Reads the body's `request_id`, when the header names that id or the `gateway_request_id`, which differs after
/// fal has run a request again.
fn named(body: &[u8], header: &str) -> Option<RequestId> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let field = |name: &str| body.get(name).and_then(Value::as_str);
    let id = field("request_id")?;
    (id == header || field("gateway_request_id") == Some(header)).then(|| id.parse().ok())?
}

fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, WebhookError> {
    let mut values = headers.get_all(name).iter();
    match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(WebhookError::Header(name)),
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
    use http::HeaderMap;
    use serde_json::{Value, json};

    use super::{
        Jwks, MAX_WEBHOOK_BYTES, REQUEST_ID, SIGNATURE, TIMESTAMP, USER_ID, WebhookError, parse, request,
        verify,
    };
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        fal::{
            CallError, Origins,
            fixtures::{answer, id, made},
        },
        sha256::Sha256Sum,
        time::Timestamp,
    };

    /// The public key of RFC 8037, appendix A.2.
    const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const BODY: &[u8] = br#"{"request_id":"764cabcf-b745-4b3e-ae38-1200304cf45b","gateway_request_id":"86b9a2c1-0000-4000-8000-000000000000","status":"OK","payload":{}}"#;
    /// Made by OpenSSL with the private key of RFC 8037, appendix A.1.
    const SIGNED: &str = "2956e9c89899b8546d1d2918510f080fb0b7b6acbead7c5d7852b41f97ec87fb\
                          696f9eb3333dcbb03449686b47e7eef122110b9b609b0ec206d5088ffca1c202";
    const SIGNED_AT: i64 = 1_795_555_555;

    impl Jwks {
        pub(in crate::fal) fn of_key(key: VerifyingKey) -> Self {
            Self { keys: vec![key] }
        }
    }

    fn keys(x: &[&str]) -> Jwks {
        let keys: Vec<Value> = x.iter().map(|x| json!({"kty": "OKP", "crv": "Ed25519", "x": x})).collect();
        Jwks::parse(json!({"keys": keys}).to_string().as_bytes()).expect("keys")
    }

    fn headers(request_id: &str, signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let at = SIGNED_AT.to_string();
        let values =
            [(REQUEST_ID, request_id), (USER_ID, "user-1"), (TIMESTAMP, &at), (SIGNATURE, signature)];
        for (name, value) in values {
            headers.insert(name, value.parse().expect("a value"));
        }
        headers
    }

    fn after(seconds: i64) -> Timestamp {
        Timestamp::from_millis((SIGNED_AT + seconds) * 1000)
    }

    /// Signs a body of our own, as fal's page says.
    fn signed(request_id: &str, body: &[u8]) -> (HeaderMap, Jwks) {
        let key = SigningKey::from_bytes(&[7; 32]);
        let message = format!("{request_id}\nuser-1\n{SIGNED_AT}\n{}", Sha256Sum::of(body));
        let signature = base16ct::lower::encode_string(&key.sign(message.as_bytes()).to_bytes());
        (headers(request_id, &signature), Jwks::of_key(key.verifying_key()))
    }

    #[test]
    fn a_signature_of_another_tool_is_accepted_by_any_of_the_keys() {
        let headers = headers(id().as_str(), SIGNED);
        assert_eq!(verify(&headers, BODY, &keys(&[PUBLIC]), after(0)), Ok(id()));
        let other = "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw";
        assert_eq!(verify(&headers, BODY, &keys(&[other, PUBLIC]), after(0)), Ok(id()));
        assert_eq!(verify(&headers, BODY, &keys(&[other]), after(0)), Err(WebhookError::Signature));
    }

    #[test]
    fn five_minutes_are_allowed_either_way() {
        let (headers, keys) = (headers(id().as_str(), SIGNED), keys(&[PUBLIC]));
        for (seconds, good) in [(300, true), (-300, true), (301, false), (-301, false)] {
            assert_eq!(verify(&headers, BODY, &keys, after(seconds)).is_ok(), good, "{seconds}");
        }
    }

    #[test]
    fn one_changed_bit_is_noticed() {
        let keys = keys(&[PUBLIC]);
        for at in 0..BODY.len() {
            let mut body = BODY.to_vec();
            body[at] ^= 1;
            let headers = headers(id().as_str(), SIGNED);
            assert_eq!(verify(&headers, &body, &keys, after(0)), Err(WebhookError::Signature));
        }
        for (name, value) in
            [(REQUEST_ID, "764cabcf"), (USER_ID, "user-2"), (TIMESTAMP, "1795555556"), (SIGNATURE, "00")]
        {
            let mut headers = headers(id().as_str(), SIGNED);
            headers.insert(name, value.parse().expect("a value"));
            assert_eq!(verify(&headers, BODY, &keys, after(0)), Err(WebhookError::Signature), "{name}");
        }
    }

    #[test]
    fn headers_must_be_there_once() {
        let keys = keys(&[PUBLIC]);
        for name in [REQUEST_ID, USER_ID, TIMESTAMP, SIGNATURE] {
            let mut missing = headers(id().as_str(), SIGNED);
            let value = missing.remove(name).expect("a value");
            assert_eq!(verify(&missing, BODY, &keys, after(0)), Err(WebhookError::Header(name)));
            let mut doubled = headers(id().as_str(), SIGNED);
            doubled.append(name, value);
            assert_eq!(verify(&doubled, BODY, &keys, after(0)), Err(WebhookError::Header(name)));
        }
        let mut odd = headers(id().as_str(), SIGNED);
        odd.insert(TIMESTAMP, "soon".parse().expect("a value"));
        assert_eq!(verify(&odd, BODY, &keys, after(0)), Err(WebhookError::Header(TIMESTAMP)));
    }

    #[test]
    fn the_body_names_the_request_of_the_header() {
        let gateway = r#"{"request_id":"r-1","gateway_request_id":"g-1"}"#.as_bytes();
        for (header, body, expected) in [
            ("r-1", gateway, Ok("r-1".parse().expect("an id"))),
            ("g-1", gateway, Ok("r-1".parse().expect("an id"))),
            ("r-2", gateway, Err(WebhookError::Body)),
            ("r-1", b"{}".as_slice(), Err(WebhookError::Body)),
            ("../x", br#"{"request_id":"../x"}"#.as_slice(), Err(WebhookError::Body)),
            ("r-1", b"not json".as_slice(), Err(WebhookError::Body)),
        ] {
            let (headers, keys) = signed(header, body);
            assert_eq!(verify(&headers, body, &keys, after(0)), expected);
        }
        let large = vec![b' '; MAX_WEBHOOK_BYTES + 1];
        let (headers, keys) = signed("r-1", &large);
        assert_eq!(verify(&headers, &large, &keys, after(0)), Err(WebhookError::TooLarge));
    }

    #[test]
    fn the_keys_are_fetched_without_ours() {
        let request = request(&Origins::fal());
        assert_eq!(request.url.as_str(), "https://rest.fal.ai/.well-known/jwks.json");
        assert!(!request.headers.contains_key("authorization"));
        let set = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": format!("{PUBLIC}=")}, {"kty": "RSA", "n": "x"}]});
        assert_eq!(parse(Ok(made(200, &set))), Ok(keys(&[PUBLIC])));
        for set in [
            json!({}),
            json!({"keys": []}),
            json!({"keys": [{"x": "AA"}]}),
            json!({"keys": [{"kty": "EC", "x": PUBLIC}]}),
        ] {
            assert_eq!(parse(Ok(made(200, &set))), Err(CallError::Unreadable { status: 200 }));
        }
        assert!(parse(Ok(answer("gateway_page"))).is_err());
    }

    #[test]
    fn keys_may_be_padded_and_signatures_have_digits_of_either_case() {
        let padded = format!("{PUBLIC}=");
        let verdict =
            |signature: &str| verify(&headers(id().as_str(), signature), BODY, &keys(&[&padded]), after(0));
        assert_eq!(verdict(&SIGNED.to_uppercase()), Ok(id()));
        for wrong in ["", "0", &SIGNED[1..], &SIGNED.replace('2', "g"), &format!("{SIGNED}00")] {
            assert_eq!(verdict(wrong), Err(WebhookError::Signature), "{wrong}");
        }
        for wrong in ["A+", "AA", &PUBLIC.replace('_', "/"), ""] {
            assert_eq!(Jwks::parse(json!({"keys": [{"x": wrong}]}).to_string().as_bytes()).map(drop), None);
        }
    }
}
