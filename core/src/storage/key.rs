//! Names of objects.

use std::{fmt, str::FromStr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AvatarId, Name},
    text::stored_as_text,
};

/// The longest key, in bytes of UTF-8 (the S3 API's own limit).
pub const MAX_KEY: usize = 1024;

/// The key of an object. It is a plain path: no segment is empty, `.` or `..`, so that no URL made of the key leads
/// out of its bucket or its prefix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectKey(String);

/// The reason why a text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is empty.
    Empty,
    /// The text is longer than [`MAX_KEY`].
    TooLong,
    /// There is a slash at the beginning or end, or two in a row.
    EmptySegment,
    /// A segment is `.` or `..`, which leads elsewhere.
    Dots,
    /// There is a line break or another control character, or a backslash, which some servers take for a slash.
    Character,
    /// There is a character that makes the key pass for another. Stored keys may hold one.
    Direction,
}

impl ObjectKey {
    /// Checks the text.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        if text.is_empty() {
            return Err(KeyError::Empty);
        }
        if text.len() > MAX_KEY {
            return Err(KeyError::TooLong);
        }
        if text.chars().any(|letter| letter.is_control() || letter == '\\') {
            return Err(KeyError::Character);
        }
        for segment in text.split('/') {
            match segment {
                "" => return Err(KeyError::EmptySegment),
                "." | ".." => return Err(KeyError::Dots),
                _ => {}
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

stored_as_text!(ObjectKey: new, KeyError);

/// An object of a named bucket, written `s3://bucket/key`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectPlace {
    /// Name of the bucket.
    pub bucket: String,
    /// Key of the object.
    pub key: ObjectKey,
}

impl fmt::Display for ObjectPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

impl FromStr for ObjectPlace {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let rest = text.strip_prefix("s3://").ok_or(KeyError::Empty)?;
        let (bucket, key) = rest.split_once('/').ok_or(KeyError::Empty)?;
        Ok(Self { bucket: bucket.to_owned(), key: ObjectKey::new(key)? })
    }
}

stored_as_text!(ObjectPlace: from_str, KeyError);

/// The prefix of everything that Likeness writes for one avatar: `likeness/{user_id}/{avatar_id}/`. No other
/// program writes there, so that erasing may delete all of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Prefix(String);

/// The characters that stand unescaped in a user's segment. All others are percent-encoded: whatever a user is
/// called, the name is one segment, and no two users share one.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

impl Prefix {
    /// Makes the prefix of this user's avatar. A user whose encoded name would leave no room for a key is cut to
    /// the avatar's own id, which is unique by itself.
    #[must_use]
    pub fn of(user: &Name, avatar: AvatarId) -> Self {
        let user = utf8_percent_encode(user.as_str(), PLAIN).to_string();
        let user = if user.len() > MAX_KEY / 2 { "long".to_owned() } else { user };
        Self(format!("likeness/{user}/{avatar}/"))
    }

    /// Returns the prefix as text, with the slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether this key lies where only Likeness writes, for any avatar.
    #[must_use]
    pub fn is_ours(key: &ObjectKey) -> bool {
        key.as_str().starts_with("likeness/")
    }

    /// Tells whether this key lies under the prefix.
    #[must_use]
    pub fn holds(&self, key: &ObjectKey) -> bool {
        key.as_str().starts_with(&self.0)
    }

    /// Returns the folder of prepared photos under the prefix.
    #[must_use]
    pub fn normalised(&self) -> Self {
        Self(format!("{}normalised/", self.0))
    }

    /// Makes a key under the prefix. `name` is one of ours: letters, digits, dots, dashes; anything else is left
    /// out.
    pub(super) fn key(&self, name: &str) -> ObjectKey {
        let plain = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
        let name: String = name.chars().filter(plain).collect();
        let name = if name.trim_matches('.').is_empty() { "file" } else { name.as_str() };
        ObjectKey(format!("{}{name}", self.0))
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The tag of an object's version (RFC 9110 section 8.8.3), as the server wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ETag(String);

impl ETag {
    /// Checks the text: visible ASCII, so that it can be sent back. A weak tag is refused, since it says nothing
    /// about bytes.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let sent_back = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        let usable = (1..=256).contains(&text.len()) && sent_back(text) && !text.starts_with("W/");
        usable.then(|| Self(text.to_owned()))
    }

    /// Returns the text, with its quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{ETag, KeyError, ObjectKey, ObjectPlace, Prefix};
    use crate::ids::{AvatarId, Name};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_key_stays_where_it_is() {
        for good in
            ["a", "avatars/u/a/1.jpg", "Анна/мама и папа+1%2F.jpg", "a/..b/c..", "%2e%2e/x", "a:b?c#d"]
        {
            assert_eq!(ObjectKey::new(good).map(String::from).as_deref(), Ok(good));
        }
        for (bad, why) in [
            ("", KeyError::Empty),
            ("/etc/passwd", KeyError::EmptySegment),
            ("a//b", KeyError::EmptySegment),
            ("a/", KeyError::EmptySegment),
            ("..", KeyError::Dots),
            ("a/../b", KeyError::Dots),
            ("a/./b", KeyError::Dots),
            ("a\\..\\b", KeyError::Character),
            ("a\nb", KeyError::Character),
        ] {
            assert_eq!(ObjectKey::new(bad), Err(why), "{bad:?}");
        }
        assert_eq!(ObjectKey::new(&"a".repeat(1025)), Err(KeyError::TooLong));
    }

    #[test]
    fn a_place_is_written_and_read() {
        let place: ObjectPlace = "s3://photos/a/b c.jpg".parse().expect("a place");
        assert_eq!((place.bucket.as_str(), place.key.as_str()), ("photos", "a/b c.jpg"));
        assert_eq!(place.to_string(), "s3://photos/a/b c.jpg");
        for bad in ["photos/a", "s3://photos", "s3://photos/", "s3://photos/../other/a", "/s3://a/b"] {
            assert!(bad.parse::<ObjectPlace>().is_err(), "{bad}");
        }
    }

    #[test]
    fn every_user_has_one_segment_of_their_own() {
        let id = AvatarId::new(uuid::Uuid::from_u128(7));
        let prefix = |user: &str| Prefix::of(&Name::new(user).expect("a name"), id);
        let id = "00000000-0000-0000-0000-000000000007";
        assert_eq!(prefix("u-1").as_str(), format!("likeness/u-1/{id}/"));
        assert_eq!(prefix("..").as_str(), format!("likeness/%2E%2E/{id}/"));
        assert_eq!(prefix("a/b").as_str(), format!("likeness/a%2Fb/{id}/"));
        assert_eq!(prefix("a%2Fb").as_str(), format!("likeness/a%252Fb/{id}/"));
        for user in ["u", "../..", "Анна", &"я".repeat(200)] {
            let prefix = prefix(user);
            for name in ["model.safetensors", "../x", "..", ""] {
                let key = prefix.key(name);
                assert_eq!(ObjectKey::new(key.as_str()).as_ref(), Ok(&key));
                assert!(prefix.holds(&key), "{key}");
            }
        }
    }

    #[test]
    fn an_etag_can_be_sent_back() {
        assert_eq!(ETag::new("\"9b2c\"").map(|tag| tag.as_str().to_owned()).as_deref(), Some("\"9b2c\""));
        for bad in ["", "W/\"a\"", "a b", "a\nb"] {
            assert_eq!(ETag::new(bad), None);
        }
    }
}
