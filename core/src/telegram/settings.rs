//! The settings of the bot.

use url::Url;

use super::{BotApi, BotToken, ChatId, Sender, WebhookSecret};
use crate::limits::{PhotoLimits, TELEGRAM_FILE_BYTES, TELEGRAM_TRAININGS};

/// The settings of the bot.
#[derive(Clone, Debug)]
pub struct TelegramSettings {
    /// Server of the Bot API, with the bot's token.
    pub api: BotApi,
    /// Secret of the webhook. Without one no message from outside is believed.
    pub secret: Option<WebhookSecret>,
    /// Number of trainings that each person of TELEGRAM_ALLOWED may buy.
    pub trainings: u32,
    allowed: Vec<Allowed>,
    is_local: bool,
}

/// A person who may start without an invite.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Allowed {
    Id(i64),
    /// The name in small letters, without the `@`. A person can give a name up, and another person take it.
    Username(String),
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingProblem {
    /// Name of the setting.
    pub setting: &'static str,
    /// Reason, as the end of a sentence that begins with the name.
    pub why: &'static str,
}

const fn problem(setting: &'static str, why: &'static str) -> SettingProblem {
    SettingProblem { setting, why }
}

impl TelegramSettings {
    /// Reads the settings; `value` gives the value of a name. `None` without a token: then there is no bot.
    pub fn read(value: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, SettingProblem> {
        let text =
            |name: &str| value(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let Some(token) = text("TELEGRAM_BOT_TOKEN") else { return Ok(None) };
        let token = BotToken::parse(&token)
            .map_err(|_| problem("TELEGRAM_BOT_TOKEN", "must be a bot's token as BotFather gives it"))?;
        let secret = text("TELEGRAM_WEBHOOK_SECRET").map(|text| {
            let why = "must be 16 to 256 letters, digits, dashes and underscores";
            WebhookSecret::new(&text).ok_or(problem("TELEGRAM_WEBHOOK_SECRET", why))
        });
        let wrong_address = || problem("TELEGRAM_API_URL", "must be a whole http or https address");
        let address = text("TELEGRAM_API_URL").map(|text| {
            let url = Url::parse(&text).map_err(|_| wrong_address())?;
            if matches!(url.scheme(), "http" | "https") { Ok(url) } else { Err(wrong_address()) }
        });
        let address = address.transpose()?;
        let allowed = text("TELEGRAM_ALLOWED").unwrap_or_default();
        let allowed = allowed.split(',').map(str::trim).filter(|one| !one.is_empty()).map(Allowed::parse);
        let trainings = text("TELEGRAM_TRAININGS")
            .map(|text| text.parse().map_err(|_| problem("TELEGRAM_TRAININGS", "must be a whole number")));
        Ok(Some(Self {
            api: BotApi::new(address.as_ref(), token).ok_or_else(wrong_address)?,
            secret: secret.transpose()?,
            trainings: trainings.transpose()?.unwrap_or(TELEGRAM_TRAININGS),
            allowed: allowed.collect::<Result<_, _>>()?,
            is_local: address.is_some(),
        }))
    }

    /// Tells whether this person may start without an invite.
    #[must_use]
    pub fn allows(&self, chat: ChatId, sender: &Sender) -> bool {
        self.allowed.iter().any(|allowed| match allowed {
            Allowed::Id(id) => *id == chat.0 && *id == sender.id,
            Allowed::Username(name) => {
                sender.username.as_ref().is_some_and(|username| username.to_lowercase() == *name)
            }
        })
    }

    /// Tells whether the server of the Bot API is the operator's own, which may name files of its disk.
    #[must_use]
    pub fn has_own_server(&self) -> bool {
        self.is_local
    }

    /// Returns the largest file in bytes that can be fetched: Telegram's own server has a limit of its own.
    #[must_use]
    pub fn largest_file(&self) -> u64 {
        let photo = PhotoLimits::default().max_bytes;
        if self.is_local { photo } else { photo.min(TELEGRAM_FILE_BYTES) }
    }
}

impl Allowed {
    fn parse(text: &str) -> Result<Self, SettingProblem> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        let name = text.strip_prefix('@').unwrap_or_default();
        let legal = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if (4..=32).contains(&name.len()) && name.chars().all(legal) {
            return Ok(Self::Username(name.to_ascii_lowercase()));
        }
        Err(problem("TELEGRAM_ALLOWED", "must name people as 123456789 or @name, with commas between"))
    }
}

#[cfg(test)]
mod tests {
    use super::{SettingProblem, TelegramSettings};
    use crate::telegram::{ChatId, Sender};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    const TOKEN: (&str, &str) = ("TELEGRAM_BOT_TOKEN", "123456789:AAFakeFakeFakeFakeFakeFakeFakeFakeF");

    fn read(set: &[(&str, &str)]) -> Result<Option<TelegramSettings>, SettingProblem> {
        let set: Vec<_> = set.iter().copied().chain([TOKEN]).collect();
        TelegramSettings::read(|name| {
            set.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
        })
    }

    fn sender(id: i64, username: Option<&str>) -> Sender {
        Sender { id, username: username.map(str::to_owned), ..Sender::default() }
    }

    #[test]
    fn nobody_is_allowed_by_default() {
        let settings = read(&[]).expect("settings").expect("a bot");
        assert!(!settings.allows(ChatId(7), &sender(7, Some("anna"))));
        assert_eq!((settings.trainings, settings.largest_file()), (1, 20_000_000));
        assert!(TelegramSettings::read(|_| None).expect("no settings").is_none());
    }

    #[test]
    fn people_are_allowed_by_id_or_name() {
        let settings = read(&[("TELEGRAM_ALLOWED", "7, @Anna_K"), ("TELEGRAM_TRAININGS", "3")]);
        let settings = settings.expect("settings").expect("a bot");
        assert!(settings.allows(ChatId(7), &sender(7, None)));
        assert!(settings.allows(ChatId(8), &sender(8, Some("aNNa_k"))));
        assert!(!settings.allows(ChatId(8), &sender(8, Some("anna"))));
        assert_eq!(settings.trainings, 3);
    }

    #[test]
    fn a_local_server_hands_out_all_that_a_photo_may_have() {
        let settings =
            read(&[("TELEGRAM_API_URL", "http://127.0.0.1:8081")]).expect("settings").expect("a bot");
        assert_eq!(
            (settings.largest_file(), settings.api.origin()),
            (32_000_000, "http://127.0.0.1:8081".to_owned())
        );
    }

    #[test]
    fn a_wrong_setting_is_named_and_not_repeated() {
        for (name, text) in [
            ("TELEGRAM_WEBHOOK_SECRET", "hush"),
            ("TELEGRAM_API_URL", "127.0.0.1:8081"),
            ("TELEGRAM_API_URL", "ftp://x"),
            ("TELEGRAM_ALLOWED", "anna"),
            ("TELEGRAM_ALLOWED", "7,@"),
            ("TELEGRAM_TRAININGS", "-1"),
        ] {
            assert_eq!(read(&[(name, text)]).expect_err("a problem").setting, name);
        }
        let wrong = TelegramSettings::read(|name| (name == TOKEN.0).then(|| "hush".to_owned()));
        assert_eq!(wrong.expect_err("a problem").setting, TOKEN.0);
    }
}
