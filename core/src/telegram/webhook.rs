//! The secret by which Telegram's messages are known.

use subtle::ConstantTimeEq as _;

use crate::{http::HeaderMap, secret::Secret, sha256::Sha256Sum};

/// The path at which a deployment takes Telegram's messages.
pub const WEBHOOK_PATH: &str = "/telegram/webhook";

/// The header in which Telegram sends the secret back.
pub const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

/// The secret that `setWebhook` gives to Telegram, and that every message of Telegram's carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSecret(Secret);

impl WebhookSecret {
    /// Checks the text: 1 to 256 of the characters `A-Z`, `a-z`, `0-9`, `_` and `-` (`secret_token` of setWebhook). `None`
    /// for another text, and for one of fewer than 16, which could be guessed.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let right = (16..=256).contains(&text.len()) && text.bytes().all(legal);
        Secret::new(text).filter(|_| right).map(Self)
    }

    /// Tells whether the message is Telegram's. Both texts are hashed first, so that neither content nor length shows in
    /// the time.
    #[must_use]
    pub fn admits(&self, headers: &HeaderMap) -> bool {
        let mut shown = headers.get_all(SECRET_HEADER).iter();
        let (Some(shown), None) = (shown.next(), shown.next()) else { return false };
        let [own, shown] = [self.0.expose().as_bytes(), shown.as_bytes()].map(Sha256Sum::of);
        own.bytes().as_slice().ct_eq(shown.bytes().as_slice()).into()
    }

    /// Returns the text, for `setWebhook` alone.
    pub(super) fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::{SECRET_HEADER, WebhookSecret};
    use crate::http::{HeaderMap, HeaderValue};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    const SECRET: &str = "a_secret-of_Telegrams";

    fn headers(shown: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for text in shown {
            headers.append(SECRET_HEADER, HeaderValue::from_static(text));
        }
        headers
    }

    #[test]
    fn only_the_secret_admits() {
        let secret = WebhookSecret::new(SECRET).expect("a secret");
        assert!(secret.admits(&headers(&[SECRET])));
        for other in
            [&[][..], &[""], &["a_secret-of_Telegram"], &["A_secret-of_Telegrams"], &[SECRET, SECRET]]
        {
            assert!(!secret.admits(&headers(other)), "{other:?}");
        }
        assert!(!format!("{secret:?}").contains("Telegrams"));
    }

    #[test]
    fn a_secret_has_the_form_that_telegram_takes() {
        let long = "x".repeat(257);
        for text in ["", "short", "with a space in it", "with/a/slash/in/it", long.as_str()] {
            assert_eq!(WebhookSecret::new(text), None, "{text}");
        }
    }
}
