//! HTTP values as JSON, for serde's `with`: parts of messages between Workers, and of stored replies.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::de::Error;

/// Returns the headers that are text. Others are never ours, and are left out.
fn texts(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
}

fn parsed<E: Error>(texts: impl IntoIterator<Item = (String, String)>) -> Result<HeaderMap, E> {
    let header = |(name, value): (String, String)| {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(E::custom)?;
        Ok((name, HeaderValue::from_str(&value).map_err(E::custom)?))
    };
    texts.into_iter().map(header).collect()
}

/// A status as its number.
pub mod status {
    use http::StatusCode;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    /// Writes the number.
    pub fn serialize<S: Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(status.as_u16())
    }

    /// Reads the number.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StatusCode, D::Error> {
        StatusCode::from_u16(u16::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A method as its name.
pub mod method {
    use http::Method;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    /// Writes the name.
    pub fn serialize<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(method.as_str())
    }

    /// Reads the name.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Method, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Headers as an object, for messages to a Worker that knows no key.
pub mod headers {
    use std::collections::BTreeMap;

    use http::{HeaderMap, HeaderValue};
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, ser::Error as _};

    /// Writes the headers in the order of their names.
    ///
    /// # Errors
    ///
    /// A header that `Debug` must not show is not written either.
    pub fn serialize<S: Serializer>(headers: &HeaderMap, serializer: S) -> Result<S::Ok, S::Error> {
        if headers.values().any(HeaderValue::is_sensitive) {
            return Err(S::Error::custom("a secret header stays where it is"));
        }
        super::texts(headers).collect::<BTreeMap<_, _>>().serialize(serializer)
    }

    /// Reads the headers.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderMap, D::Error> {
        super::parsed(BTreeMap::deserialize(deserializer)?)
    }
}

/// Headers as a list of pairs, in which a name may come twice.
pub mod header_list {
    use http::HeaderMap;
    use serde::{Deserialize as _, Deserializer, Serializer};

    /// Writes the pairs.
    pub fn serialize<S: Serializer>(headers: &HeaderMap, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(super::texts(headers))
    }

    /// Reads the pairs.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderMap, D::Error> {
        super::parsed(Vec::deserialize(deserializer)?)
    }
}

/// A body as text, as far as it is text.
pub mod text {
    use serde::{Deserialize as _, Deserializer, Serializer};

    /// Writes the text; other bytes become replacement characters.
    pub fn serialize<S: Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&String::from_utf8_lossy(body))
    }

    /// Reads the text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        String::deserialize(deserializer).map(String::into_bytes)
    }
}
