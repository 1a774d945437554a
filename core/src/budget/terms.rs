//! Ids and terms of tokens.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::malformed::Malformed;
use crate::{ids::Name, time::Timestamp};

use crate::text::stored_as_text;

/// An admin's id for a token: 1 to 64 of `a`–`z`, `0`–`9` and `-`. It is not a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenId(String);

/// The longest id of a token, in characters.
const MAX_ID: usize = 64;

impl TokenId {
    /// Checks the text and makes the id.
    pub fn new(text: &str) -> Result<Self, Malformed> {
        let allowed = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let fits = (1..=MAX_ID).contains(&text.len()) && text.bytes().all(allowed);
        if fits { Ok(Self(text.to_owned())) } else { Err(Malformed::Id) }
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TokenId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::new(text)
    }
}

stored_as_text!(TokenId: new, Malformed);

/// An amount of trainings and pictures: an invite's allowance, the spent part, or the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Amount {
    /// Number of trainings.
    pub trainings: u32,
    /// Number of pictures.
    pub pictures: u32,
}

impl Amount {
    /// Adds an amount, when the sum is at most `limit`.
    pub(super) fn plus_within(self, more: Self, limit: Self) -> Option<Self> {
        let trainings = self.trainings.checked_add(more.trainings)?;
        let pictures = self.pictures.checked_add(more.pictures)?;
        // A part of which nothing is bought may be over its limit: a cap that was lowered for pictures leaves trainings
        // alone.
        let fits = (more.trainings == 0 || trainings <= limit.trainings)
            && (more.pictures == 0 || pictures <= limit.pictures);
        fits.then_some(Self { trainings, pictures })
    }

    pub(super) fn plus(self, more: Self) -> Self {
        Self {
            trainings: self.trainings.saturating_add(more.trainings),
            pictures: self.pictures.saturating_add(more.pictures),
        }
    }

    pub(super) fn minus(self, less: Self) -> Self {
        Self {
            trainings: self.trainings.saturating_sub(less.trainings),
            pictures: self.pictures.saturating_sub(less.pictures),
        }
    }

    /// Returns the rest of this allowance for so many avatars together, after they spent `spent`.
    pub(super) fn left_of(self, avatars: u32, spent: Self) -> Self {
        let left = |each: u32, spent: u32| {
            let all = u64::from(each) * u64::from(avatars);
            u32::try_from(all.saturating_sub(spent.into())).unwrap_or(u32::MAX)
        };
        Self {
            trainings: left(self.trainings, spent.trainings),
            pictures: left(self.pictures, spent.pictures),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trainings, pictures } = self;
        let (trained, pictured) = (plural(*trainings), plural(*pictures));
        write!(f, "{trainings} training{trained} and {pictures} picture{pictured}")
    }
}

fn plural(number: u32) -> &'static str {
    if number == 1 { "" } else { "s" }
}

/// The most that a whole deployment may reserve in one day of UTC: a setting, and the last line of defence against
/// a leaked token or a loop that buys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DailyCaps {
    /// Number of trainings.
    pub trainings: u32,
    /// Number of pictures.
    pub pictures: u32,
}

impl DailyCaps {
    pub(super) fn amount(self) -> Amount {
        Amount { trainings: self.trainings, pictures: self.pictures }
    }
}

/// The number of avatars that may redeem an invite: 1 to [`Uses::MOST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Uses(u32);

impl Uses {
    /// The largest number.
    pub const MOST: u32 = 1000;

    /// Checks the number.
    pub fn new(number: u32) -> Result<Self, Malformed> {
        if (1..=Self::MOST).contains(&number) { Ok(Self(number)) } else { Err(Malformed::Uses { number }) }
    }

    /// Returns the number.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

/// One avatar.
impl Default for Uses {
    fn default() -> Self {
        Self(1)
    }
}

impl TryFrom<u32> for Uses {
    type Error = Malformed;

    fn try_from(number: u32) -> Result<Self, Malformed> {
        Self::new(number)
    }
}

impl From<Uses> for u32 {
    fn from(uses: Uses) -> Self {
        uses.0
    }
}

/// The requested terms of a server token. A server token has no allowance of its own: the day's cap is its limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerTerms {
    /// Name of the server's owner, in the admin's words.
    pub label: Name,
    /// Moment from which the token is no longer valid. A moment and not a duration: the same request tomorrow means the
    /// same end.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// The requested terms of an invite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InviteTerms {
    /// Name of the guest, in the admin's words.
    pub label: Name,
    /// Amount that each avatar that redeems the invite may spend.
    pub allowance: Amount,
    /// Number of avatars that may redeem the invite; one unless given.
    #[serde(default)]
    pub uses: Uses,
    /// Most steps of a training; as many as a training has by default unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u32>,
    /// Moment from which the invite can be neither redeemed nor spent.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::{Amount, InviteTerms, ServerTerms, TokenId, Uses};
    use crate::budget::Malformed;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn an_id_is_short_and_plain() {
        for text in ["a", "web-2", "0", &"z".repeat(64)] {
            assert_eq!(TokenId::new(text).expect("an id").as_str(), text);
        }
        for text in ["", "A", "a_b", "a b", "é", &"z".repeat(65)] {
            assert_eq!(TokenId::new(text), Err(Malformed::Id), "{text}");
        }
    }

    #[test]
    fn a_sum_stays_within_the_limit_of_what_is_bought() {
        let amount = |trainings, pictures| Amount { trainings, pictures };
        let limit = amount(2, 5);
        assert_eq!(amount(1, 3).plus_within(amount(1, 2), limit), Some(limit));
        assert_eq!(amount(2, 0).plus_within(amount(1, 0), limit), None);
        assert_eq!(amount(0, 4).plus_within(amount(0, 2), limit), None);
        assert_eq!(amount(9, 4).plus_within(amount(0, 1), limit), Some(amount(9, 5)));
        let endless = amount(u32::MAX, u32::MAX);
        assert_eq!(endless.plus_within(amount(0, 1), endless), None, "no sum wraps around");
    }

    #[test]
    fn terms_are_read_as_they_are_written() {
        let terms: InviteTerms =
            serde_json::from_str(r#"{"label":"Anna","allowance":{"trainings":1,"pictures":20}}"#)
                .expect("terms");
        assert_eq!((terms.uses.number(), terms.expires_at), (1, None));
        let line = "x".repeat(201);
        for wrong in [
            r#"{"label":""}"#.to_owned(),
            r#"{"label":"a\nb"}"#.to_owned(),
            format!(r#"{{"label":"{line}"}}"#),
            r#"{"label":"a","expires":"2026-11-24T00:00:00Z"}"#.to_owned(),
        ] {
            assert!(serde_json::from_str::<ServerTerms>(&wrong).is_err(), "{wrong}");
        }
        for number in [0, 1001] {
            assert_eq!(Uses::new(number), Err(Malformed::Uses { number }));
        }
    }
}
