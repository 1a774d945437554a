//! The bot's token.

use crate::secret::Secret;

/// The token of a bot, as BotFather gives it: the bot's id, a colon and 35 letters. Whoever has it is the bot, so
/// `Debug` does not show it, and there is neither `Display` nor `Serialize`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotToken(Secret);

/// The error for a text that is not a bot's token. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a bot's token: BotFather writes them as 123456789:AA and 33 more letters")]
pub struct BotTokenError;

impl BotToken {
    /// Checks the text. The number of letters is not checked: Telegram does not promise it.
    pub fn parse(text: &str) -> Result<Self, BotTokenError> {
        let text = text.trim();
        let (id, rest) = text.split_once(':').ok_or(BotTokenError)?;
        let is_id = (1..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_rest = (10..=100).contains(&rest.len()) && rest.bytes().all(legal);
        Secret::new(text).filter(|_| is_id && is_rest).map(Self).ok_or(BotTokenError)
    }

    /// Returns the text, for the addresses alone.
    pub(super) fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::{BotToken, BotTokenError};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    pub(crate) const TOKEN: &str = "123456789:AAFakeFakeFakeFakeFakeFakeFakeFakeF";

    #[test]
    fn a_token_is_read_and_not_shown() {
        let token = BotToken::parse(&format!(" {TOKEN}\n")).expect("a token");
        assert_eq!(token.expose(), TOKEN);
        assert!(!format!("{token:?}").contains("Fake"));
    }

    #[test]
    fn nothing_else_is_a_token() {
        for text in [
            "",
            ":",
            "123456789",
            "123456789:short",
            "12a:AAFakeFakeFakeFake",
            "1:AAFake/FakeFakeFake",
            "1:AA FakeFakeFake",
        ] {
            assert_eq!(BotToken::parse(text), Err(BotTokenError), "{text}");
        }
    }
}
