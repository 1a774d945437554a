//! Names of users, avatars and jobs.

use std::{fmt, str::FromStr};

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{limits::MAX_NAME, text::changes_direction};

use crate::text::stored_as_text;

/// An avatar's id. An avatar is one person's photos, the models trained from them and the pictures made with those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct AvatarId(Uuid);

impl<'de> Deserialize<'de> for AvatarId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl AvatarId {
    /// Makes the id from a UUID.
    #[must_use]
    pub fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// Returns the UUID.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for AvatarId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The reason why a text is not a name or id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// A text that is not a UUID.
    NotAUuid(String),
    /// A text that is not `AVATAR_ID` or `AVATAR_ID/2`.
    NotAJob(String),
    /// A name of nothing but white space.
    Empty,
    /// A name longer than [`MAX_NAME`].
    TooLong,
    /// A name with a line break or another control character.
    Control,
    /// A name with a character that turns the direction of the text around it.
    Direction,
}

impl FromStr for AvatarId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Uuid::parse_str(text).map(Self).map_err(|_| NameError::NotAUuid(text.to_owned()))
    }
}

/// The id of an attempt to train an avatar, written `AVATAR_ID` for the first and `AVATAR_ID/2` for the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId {
    /// The avatar.
    pub avatar: AvatarId,
    /// Number of the attempt, counted from 1.
    pub attempt: u32,
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.attempt {
            1 => self.avatar.fmt(f),
            attempt => write!(f, "{}/{attempt}", self.avatar),
        }
    }
}

impl FromStr for JobId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = || NameError::NotAJob(text.to_owned());
        let (avatar, attempt) = text.split_once('/').unwrap_or((text, "1"));
        let attempt: u32 = attempt.parse().map_err(|_| wrong())?;
        let avatar = avatar.parse().map_err(|_| wrong())?;
        if attempt == 0 { Err(wrong()) } else { Ok(Self { avatar, attempt }) }
    }
}

impl Serialize for JobId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A person's name, or the name of a caller's user: one line of text, in NFC (Unicode Annex 15), so that the
/// same name typed on two machines is the same name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// Checks and normalises the text.
    pub fn new(text: &str) -> Result<Self, NameError> {
        if text.chars().any(changes_direction) { Err(NameError::Direction) } else { Self::stored(text) }
    }

    /// Checks a text as earlier releases did, whose names are kept.
    fn stored(text: &str) -> Result<Self, NameError> {
        let text = ComposingNormalizerBorrowed::new_nfc().normalize(text.trim()).into_owned();
        if text.is_empty() {
            Err(NameError::Empty)
        } else if text.chars().count() > MAX_NAME {
            Err(NameError::TooLong)
        } else if text.chars().any(char::is_control) {
            Err(NameError::Control)
        } else {
            Ok(Self(text))
        }
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the form of the name that is compared with others, the same for every case and Unicode form.
    #[must_use]
    pub fn folded(&self) -> String {
        let form = ComposingNormalizerBorrowed::new_nfkc();
        let small: String = form.normalize(&self.0).chars().flat_map(char::to_lowercase).collect();
        form.normalize(&small).into_owned()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::new(text)
    }
}

// Names of earlier releases are taken as they are.
stored_as_text!(Name: stored, NameError);

/// The choice of words in a message about the person. It is not sent to fal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Gender {
    /// Words for a woman.
    Female,
    /// Words for a man.
    Male,
    /// Neutral words.
    Other,
}

impl Gender {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::Female, Self::Male, Self::Other];

    /// Returns the choice's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
            Self::Other => "other",
        }
    }
}

impl FromStr for Gender {
    type Err = UnknownGender;

    fn from_str(text: &str) -> Result<Self, UnknownGender> {
        let known = Self::ALL.into_iter().find(|gender| gender.name() == text);
        known.ok_or_else(|| UnknownGender(text.to_owned()))
    }
}

/// The error for a text that is none of `female`, `male` and `other`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of female, male, other")]
pub struct UnknownGender(String);

/// A caller's own name for a photo: 1 to 64 letters, digits, dashes and underscores.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhotoId(String);

/// The error for a text that is not a photo id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct PhotoIdError;

impl PhotoId {
    /// Checks the text and makes the id.
    pub fn new(text: &str) -> Result<Self, PhotoIdError> {
        let legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        if (1..=64).contains(&text.len()) && text.chars().all(legal) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PhotoIdError)
        }
    }
}

impl fmt::Display for PhotoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

stored_as_text!(PhotoId: new, PhotoIdError);

/// The number of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub(crate) u64);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An order of an avatar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKey {
    /// A training, by its attempt.
    Training(u32),
    /// Pictures, by their number.
    Pictures(u32),
}

impl OrderKey {
    /// Names the kind of the order: `training` or `pictures`.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Training(_) => "training",
            Self::Pictures(_) => "pictures",
        }
    }

    /// Returns the number of the order, among those of its kind.
    pub(crate) fn number(self) -> u32 {
        let (Self::Training(number) | Self::Pictures(number)) = self;
        number
    }
}

impl fmt::Display for OrderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Training(attempt) => write!(f, "trainings/{attempt}"),
            Self::Pictures(number) => write!(f, "pictures/{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{JobId, Name, NameError};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    const AVATAR: &str = "3f0e8a52-7c7e-5c59-9d3c-0a4b8c2f6d11";

    #[test]
    fn jobs_are_written_and_read() {
        for text in [AVATAR.to_owned(), format!("{AVATAR}/2")] {
            assert_eq!(text.parse::<JobId>().expect("a job").to_string(), text);
        }
        for text in ["", "/", "7", &format!("{AVATAR}/0"), &format!("{AVATAR}/x"), &format!("{AVATAR}/1/1")] {
            assert_eq!(text.parse::<JobId>(), Err(NameError::NotAJob(text.to_owned())));
        }
    }

    #[test]
    fn the_same_name_typed_differently_is_the_same_name() {
        assert_eq!(Name::new("Зои\u{306}"), Name::new(" Зой "));
        let folded = |text: &str| Name::new(text).map(|name| name.folded());
        assert_eq!(folded("ЗОЙ"), folded("зои\u{306}"));
        assert_eq!(folded("Ａｎｎａ"), Ok("anna".to_owned()));
        assert_eq!(Name::new(" "), Err(NameError::Empty));
        assert_eq!(Name::new("a\nb"), Err(NameError::Control));
        for control in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            let name = format!("photo{control}gpj.exe");
            assert_eq!(Name::new(&name), Err(NameError::Direction));
            // A stored name stays readable.
            assert_eq!(Name::try_from(name.clone()).map(String::from), Ok(name));
        }
        assert!(Name::new("\u{200f}שלום").is_ok());
        assert_eq!(Name::new(&"я".repeat(201)), Err(NameError::TooLong));
        assert!(Name::new(&"я".repeat(200)).is_ok());
    }
}
