//! Answers of the Bot API.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::MessageId;
use crate::{
    http::{Answer, NoAnswer, StatusCode},
    json,
    text::clean,
};

/// The reason why a call had no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BotError {
    /// Nothing was sent, so the call can be made again.
    #[error("Telegram could not be reached")]
    NotSent,
    /// No answer says if the call was carried out.
    #[error("no answer of Telegram's says if it was done")]
    Unclear,
    /// Too many calls: Telegram carried nothing out, and says when to come again.
    #[error("Telegram asks to wait {} seconds", .0.as_secs())]
    TooMany(Duration),
    /// The person blocked the bot or is gone: nothing can be sent there.
    #[error("the person has blocked the bot")]
    Blocked,
    /// The message is as the edit wants it already.
    #[error("the message is like that already")]
    NotModified,
    /// The message that was to be edited does not exist, or cannot be edited any more.
    #[error("the message is gone")]
    Gone,
    /// The press of a button was answered too late.
    #[error("the press is too old")]
    TooOld,
    /// The file is larger than this server hands out.
    #[error("the file is too large for this server")]
    FileTooBig,
    /// The token is not valid (any more).
    #[error("Telegram does not know the bot's token")]
    BadToken,
    /// Another program asks for the bot's updates, or a webhook is set.
    #[error("another program receives the bot's updates")]
    Conflict,
    /// Another refusal, which a repeat would not change.
    #[error("Telegram refuses with {code}: {description}")]
    Refused {
        /// Telegram's code.
        code: u16,
        /// Telegram's words.
        description: String,
    },
}

/// The form of every answer.
#[derive(Deserialize)]
struct Envelope {
    ok: bool,
    #[serde(default)]
    result: Option<Value>,
    #[serde(default)]
    error_code: Option<u16>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Default, Deserialize)]
struct Parameters {
    #[serde(default)]
    retry_after: Option<u64>,
}

/// The pause where Telegram says that there were too many calls, and not when to come again.
const PAUSE: Duration = Duration::from_secs(5);

/// The longest pause that is granted.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// The most characters of Telegram's words that are kept.
const MOST_WORDS: usize = 200;

impl BotError {
    /// Reads the result of a call, or the reason why there is none.
    pub fn of(answer: Answer) -> Result<Value, Self> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(NoAnswer::NotConnected | NoAnswer::Blocked(_)) => return Err(Self::NotSent),
            Err(_) => return Err(Self::Unclear),
        };
        let envelope: Option<Envelope> = json::parse(&answer.body).ok();
        match envelope {
            Some(Envelope { ok: true, result: Some(result), .. }) if answer.status.is_success() => Ok(result),
            // A gateway in front of Telegram: whether Telegram has the call is not known.
            _ if answer.status.is_server_error() || answer.status.is_success() => Err(Self::Unclear),
            Some(refusal) => Err(Self::refused(answer.status, &refusal)),
            None if answer.status == StatusCode::TOO_MANY_REQUESTS => Err(Self::TooMany(PAUSE)),
            None => Err(Self::Refused {
                code: answer.status.as_u16(),
                description: "a page of another server".to_owned(),
            }),
        }
    }

    fn refused(status: StatusCode, refusal: &Envelope) -> Self {
        let code = refusal.error_code.unwrap_or(status.as_u16());
        // Telegram has no stable names for its refusals: the words are what there is.
        let words = refusal.description.to_lowercase();
        let says = |part: &str| words.contains(part);
        match code {
            429 => {
                let asked = refusal.parameters.retry_after.map(Duration::from_secs);
                Self::TooMany(asked.unwrap_or(PAUSE).clamp(Duration::from_secs(1), LONGEST_PAUSE))
            }
            403 => Self::Blocked,
            401 | 404 => Self::BadToken,
            409 => Self::Conflict,
            _ if says("message is not modified") => Self::NotModified,
            _ if says("message to edit not found")
                || says("message can't be edited")
                || says("message_id_invalid")
                || says("message identifier is not specified") =>
            {
                Self::Gone
            }
            _ if says("chat not found") || says("user is deactivated") || says("peer_id_invalid") => {
                Self::Blocked
            }
            _ if says("query is too old") || says("query id is invalid") || says("query_id_invalid") => {
                Self::TooOld
            }
            _ if says("file is too big") => Self::FileTooBig,
            _ => Self::Refused { code, description: clean(&refusal.description, MOST_WORDS) },
        }
    }
}

/// Reads the id of the message that was sent; of an album the last one's.
#[must_use]
pub fn sent_message(result: &Value) -> Option<MessageId> {
    let message = result.as_array().map_or(Some(result), |messages| messages.last())?;
    message.get("message_id")?.as_i64().map(MessageId)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::{BotError, sent_message};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        http::{NoAnswer, Response, StatusCode},
        telegram::MessageId,
    };

    fn refusal(code: u16, description: &str) -> BotError {
        let status = StatusCode::from_u16(code).expect("a status");
        let body = json!({"ok": false, "error_code": code, "description": description});
        BotError::of(Ok(Response::json(status, &body))).expect_err("a refusal")
    }

    #[test]
    fn a_result_is_handed_over() {
        let body = json!({"ok": true, "result": {"message_id": 7, "later": {"field": 1}}});
        let result = BotError::of(Ok(Response::json(StatusCode::OK, &body))).expect("a result");
        assert_eq!(sent_message(&result), Some(MessageId(7)));
        assert_eq!(sent_message(&json!([{"message_id": 7}, {"message_id": 8}])), Some(MessageId(8)));
        assert_eq!(sent_message(&json!(true)), None);
    }

    #[test]
    fn telegrams_words_are_understood() {
        for (code, words, error) in [
            (403, "Forbidden: bot was blocked by the user", BotError::Blocked),
            (403, "Forbidden: user is deactivated", BotError::Blocked),
            (400, "Bad Request: chat not found", BotError::Blocked),
            (
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the same",
                BotError::NotModified,
            ),
            (400, "Bad Request: message to edit not found", BotError::Gone),
            (400, "Bad Request: message can't be edited", BotError::Gone),
            (400, "Bad Request: MESSAGE_ID_INVALID", BotError::Gone),
            (
                400,
                "Bad Request: query is too old and response timeout expired or query ID is invalid",
                BotError::TooOld,
            ),
            (400, "Bad Request: file is too big", BotError::FileTooBig),
            (401, "Unauthorized", BotError::BadToken),
            (404, "Not Found", BotError::BadToken),
            (409, "Conflict: terminated by other getUpdates request", BotError::Conflict),
        ] {
            assert_eq!(refusal(code, words), error, "{words}");
        }
        let other = refusal(400, "Bad Request: message text is empty");
        assert_eq!(
            other,
            BotError::Refused { code: 400, description: "Bad Request: message text is empty".to_owned() }
        );
    }

    #[test]
    fn a_pause_is_as_long_as_telegram_asks() {
        for (parameters, pause) in [
            (json!({"retry_after": 35}), 35),
            (json!({"retry_after": 0}), 1),
            (json!({"retry_after": 999_999}), 3600),
            (json!({}), 5),
        ] {
            let body = json!({"ok": false, "error_code": 429, "description": "Too Many Requests", "parameters": parameters});
            let answer = Ok(Response::json(StatusCode::TOO_MANY_REQUESTS, &body));
            assert_eq!(BotError::of(answer), Err(BotError::TooMany(Duration::from_secs(pause))));
        }
    }

    #[test]
    fn what_may_have_been_done_is_unclear() {
        for why in [NoAnswer::TimedOut, NoAnswer::Interrupted, NoAnswer::NotHttp] {
            assert_eq!(BotError::of(Err(why)), Err(BotError::Unclear));
        }
        assert_eq!(BotError::of(Err(NoAnswer::NotConnected)), Err(BotError::NotSent));
        let mut page = Response::json(StatusCode::BAD_GATEWAY, &json!(null));
        page.body = b"<html>502</html>".to_vec();
        assert_eq!(BotError::of(Ok(page.clone())), Err(BotError::Unclear));
        page.status = StatusCode::OK;
        assert_eq!(BotError::of(Ok(page)), Err(BotError::Unclear));
    }
}
