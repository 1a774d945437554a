//! The way in: an invite, or a place on the operator's list.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::budget::{Kind, TokenDigest, TokenText};

/// An invite as a person gave it. Stored until it is redeemed, since the call may have to be repeated; `Debug` does not
/// show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct InviteText(String);

impl fmt::Debug for InviteText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[invite]")
    }
}

/// The prefix of an invite.
const PREFIX: &str = "lki_";

/// The part of a link that opens a bot before the code.
const START: &str = "?start=";

/// The number of digits behind the prefix.
const DIGITS: usize = 64;

/// Makes the link that opens a bot with an invite. Telegram takes at most 64 characters there, so the invite's prefix is left
/// out. `None` for what is not an invite.
#[must_use]
pub fn start_link(bot: &str, invite: &str) -> Option<Url> {
    let invite = InviteText::find(invite)?;
    let mut link = Url::parse("https://t.me").ok()?.join(bot).ok()?;
    link.query_pairs_mut().append_pair("start", invite.expose().strip_prefix(PREFIX)?);
    Some(link)
}

impl InviteText {
    /// Finds an invite in what a person wrote: alone, or in a link. Without its prefix it is taken as well: the links that
    /// open a bot (`t.me/NAME?start=…`) carry at most 64 characters, and a whole invite has 68.
    pub(super) fn find(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = match text.find(PREFIX) {
            Some(place) => text.get(place + PREFIX.len()..)?.get(..DIGITS)?,
            None => text.split_once(START).map_or(text, |(_, code)| code.get(..DIGITS).unwrap_or(code)),
        };
        let invite = TokenText::parse(&format!("{PREFIX}{}", digits.to_ascii_lowercase())).ok()?;
        (invite.kind() == Kind::Invite).then(|| Self(invite.expose().to_owned()))
    }

    /// Tells whether a text was meant to be an invite.
    pub(super) fn is_meant(text: &str) -> bool {
        text.contains(PREFIX) || text.contains(START)
    }

    /// Returns the text, for the API's calls.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// Hashes the invite, by which it is known again after it was redeemed.
    pub(super) fn hash(&self) -> Option<TokenDigest> {
        TokenText::parse(&self.0).ok().map(|invite| invite.hash())
    }
}

/// The reason why a person was let in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Door {
    /// The person is on the operator's list.
    Allowed,
    /// The person has an invite.
    Invited(Invitation),
}

/// An invite with what it gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Invitation {
    pub(super) invite: InviteText,
    /// Most steps of a training.
    pub(super) steps: u32,
    pub(super) trainings: u32,
    pub(super) pictures: u32,
}

#[cfg(test)]
mod tests {
    use super::{InviteText, start_link};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn an_invite_is_found_in_what_people_paste() {
        let digits = "a7".repeat(32);
        let invite = format!("lki_{digits}");
        for text in [
            invite.clone(),
            digits.clone(),
            format!(" {digits}\n"),
            format!("https://example.com/#{invite}"),
            format!("here: {invite}."),
            format!("https://t.me/likeness_bot?start={digits} see you there"),
        ] {
            assert_eq!(
                InviteText::find(&text).map(|found| found.expose().to_owned()),
                Some(invite.clone()),
                "{text}"
            );
        }
        for text in ["", "lki_", &digits[1..], "lks_", "hello", &format!("lki_{}", &digits[2..])] {
            assert_eq!(InviteText::find(text), None, "{text}");
        }
        assert!(!format!("{:?}", InviteText::find(&invite)).contains("a7a7"));
    }

    #[test]
    fn the_link_to_a_bot_leads_back_to_the_invite() {
        let invite = format!("lki_{}", "a7".repeat(32));
        let link = start_link("likeness_bot", &invite).expect("a link");
        let (page, start) = link.as_str().split_once("?start=").expect("a start");
        assert_eq!((page, start.len()), ("https://t.me/likeness_bot", 64));
        assert_eq!(InviteText::find(start).expect("an invite").expose(), invite);
        assert_eq!(start_link("likeness_bot", "lkt_1"), None);
    }
}
