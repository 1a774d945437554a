//! JSON as it arrived, with doubled fields and in order.

use std::{fmt, iter::Enumerate, slice};

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor, value::StrDeserializer},
};

use super::fault::{BodyError, Fault, Wanted};

/// A JSON value.
pub(super) enum Node {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Real(f64),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Checks the rules that no type expresses: depth, doubled fields and U+0000.
    pub(super) fn check(&self, levels: usize) -> Result<(), BodyError> {
        match self {
            Self::Text(text) if text.contains('\0') => Err(Fault::Nul.into()),
            Self::List(_) | Self::Object(_) if levels == 0 => Err(Fault::TooDeep.into()),
            Self::List(values) => values.iter().enumerate().try_for_each(|(index, value)| {
                value.check(levels - 1).map_err(|error| error.within(&format!("[{index}]")))
            }),
            Self::Object(fields) => {
                let mut names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
                names.sort_unstable();
                if names.iter().any(|name| name.contains('\0')) {
                    return Err(Fault::Nul.into());
                }
                if let Some(pair) = names.windows(2).find(|pair| pair.first() == pair.last()) {
                    let name = pair.first().copied().unwrap_or_default();
                    return Err(Fault::Twice(name.to_owned()).into());
                }
                let mut fields = fields.iter();
                fields
                    .try_for_each(|(name, value)| value.check(levels - 1).map_err(|error| error.within(name)))
            }
            _ => Ok(()),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Unsigned(_) | Self::Signed(_) | Self::Real(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    fn is_not(&self, wanted: Wanted) -> BodyError {
        Fault::Kind { wanted, found: self.kind() }.into()
    }

    fn whole<'de, V: Visitor<'de>>(&self, visitor: V, least: i64, most: u64) -> Result<V::Value, BodyError> {
        // Some languages write every number with a point: 3.0 is as whole as 3 (JSON Schema 2020-12, section 4.2.3).
        let whole = match self {
            Self::Unsigned(number) => Some(i128::from(*number)),
            Self::Signed(number) => Some(i128::from(*number)),
            Self::Real(number) if number.fract() == 0.0 => format!("{number:.0}").parse().ok(),
            _ => None,
        };
        let within = whole.filter(|number| (i128::from(least)..=i128::from(most)).contains(number));
        match within.map(|number| (u64::try_from(number), i64::try_from(number))) {
            Some((Ok(number), _)) => return visitor.visit_u64(number),
            Some((_, Ok(number))) => return visitor.visit_i64(number),
            _ => {}
        }
        let found = match self {
            Self::Unsigned(_) | Self::Signed(_) => "another number",
            Self::Real(number) if number.fract() == 0.0 => "another number",
            Self::Real(_) => "a number with a fraction",
            other => other.kind(),
        };
        Err(Fault::Kind { wanted: Wanted::Whole { least, most }, found }.into())
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Unsigned(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Signed(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
        Ok(Node::Real(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            list.push(value);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(field) = fields.next_entry()? {
            object.push(field);
        }
        Ok(Node::Object(object))
    }
}

impl de::Error for BodyError {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Fault::Other(why.to_string()).into()
    }

    fn missing_field(field: &'static str) -> Self {
        Fault::Missing(field).into()
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Fault::Unknown { field: field.to_owned(), known }.into()
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        Fault::Word { known }.into()
    }

    fn duplicate_field(field: &'static str) -> Self {
        Fault::Twice(field.to_owned()).into()
    }
}

/// Reads whole numbers of these types.
macro_rules! wholes {
    ($($method:ident $number:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
            let most = u64::try_from(<$number>::MAX).unwrap_or(u64::MAX);
            self.whole(visitor, i64::try_from(<$number>::MIN).unwrap_or(0), most)
        }
    )*};
}

/// Each method takes one kind of value, where serde's own would take several.
impl<'de> Deserializer<'de> for &'de Node {
    type Error = BodyError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        match self {
            Node::Null => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(*value),
            Node::Unsigned(number) => visitor.visit_u64(*number),
            Node::Signed(number) => visitor.visit_i64(*number),
            Node::Real(number) => visitor.visit_f64(*number),
            Node::Text(text) => visitor.visit_borrowed_str(text),
            Node::List(_) => self.deserialize_seq(visitor),
            Node::Object(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        match self {
            Node::Bool(value) => visitor.visit_bool(*value),
            _ => Err(self.is_not(Wanted::Bool)),
        }
    }

    wholes! {
        deserialize_i8 i8, deserialize_i16 i16, deserialize_i32 i32, deserialize_i64 i64,
        deserialize_u8 u8, deserialize_u16 u16, deserialize_u32 u32, deserialize_u64 u64
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        match self {
            Node::Unsigned(number) => visitor.visit_u64(*number),
            Node::Signed(number) => visitor.visit_i64(*number),
            Node::Real(number) => visitor.visit_f64(*number),
            _ => Err(self.is_not(Wanted::Number)),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        match self {
            Node::Text(text) => visitor.visit_borrowed_str(text),
            _ => Err(self.is_not(Wanted::Text)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        if matches!(self, Node::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        if matches!(self, Node::Null) { visitor.visit_unit() } else { Err(self.is_not(Wanted::Null)) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        match self {
            Node::List(values) => visitor.visit_seq(Values(values.iter().enumerate())),
            _ => Err(self.is_not(Wanted::List)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, BodyError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        match self {
            Node::Object(fields) => visitor.visit_map(Fields { fields: fields.iter(), field: None }),
            _ => Err(self.is_not(Wanted::Object)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        match self {
            Node::Text(text) => visitor.visit_enum(StrDeserializer::new(text)),
            _ => Err(self.is_not(Wanted::Text)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        visitor.visit_unit()
    }
}

struct Values<'de>(Enumerate<slice::Iter<'de, Node>>);

impl<'de> SeqAccess<'de> for Values<'de> {
    type Error = BodyError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, BodyError> {
        let Some((index, value)) = self.0.next() else { return Ok(None) };
        seed.deserialize(value).map(Some).map_err(|error| error.within(&format!("[{index}]")))
    }
}

struct Fields<'de> {
    fields: slice::Iter<'de, (String, Node)>,
    field: Option<&'de (String, Node)>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = BodyError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, BodyError> {
        self.field = self.fields.next();
        self.field.map(|(name, _)| seed.deserialize(StrDeserializer::new(name))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, BodyError> {
        let Some((name, value)) = self.field.take() else {
            return Err(Fault::Other("a field has no value".to_owned()).into());
        };
        seed.deserialize(value).map_err(|error| error.within(name))
    }
}
