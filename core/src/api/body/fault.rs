//! Faults of a body, and their places in it.

/// A body that cannot be used: the place in it, and the fault there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) struct BodyError {
    /// The fields and indices that lead to the place, such as `training_config.steps`; empty for the whole body.
    pub(crate) place: String,
    pub(crate) fault: Fault,
}

/// A reason why a body, or a part of it, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// There is no body, and the call needs one.
    Empty,
    /// Not JSON, from this place on.
    NotJson { what: NotJson, line: usize, column: usize },
    /// The body did not come in time.
    Late,
    /// The body ended before its end, or its pieces are not as HTTP wants them.
    BrokenOff,
    /// More than [`MOST_LEVELS`] of objects and lists within one another.
    TooDeep,
    /// A value of another kind than is wanted.
    Kind { wanted: Wanted, found: &'static str },
    /// The object lacks this field.
    Missing(&'static str),
    /// The object has a field that is not known.
    Unknown { field: String, known: &'static [&'static str] },
    /// A word that is none of these.
    Word { known: &'static [&'static str] },
    /// The object has this field twice.
    Twice(String),
    /// A text holds U+0000.
    Nul,
    /// A reason of the value's own type, as a sentence.
    Other(String),
}

/// The reason why a text is not JSON, as far as one is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotJson {
    /// The text does not follow JSON's grammar.
    Grammar,
    /// A number is too large for any program.
    Number,
    /// Half of a character: a surrogate alone, such as `\ud800`.
    Surrogate,
    /// Bytes that are not UTF-8.
    Utf8,
}

impl NotJson {
    /// Reads the reason from the parser's sentence, which is all that the parser tells.
    pub(super) fn of(error: &serde_json::Error) -> Self {
        let said = error.to_string();
        if said.starts_with("number out of range") {
            Self::Number
        } else if said.contains("surrogate") || said.starts_with("unexpected end of hex escape") {
            Self::Surrogate
        } else if said.starts_with("invalid unicode code point") {
            Self::Utf8
        } else {
            Self::Grammar
        }
    }
}

/// The kind of value that a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Object,
    List,
    Text,
    Bool,
    Number,
    Null,
    Whole { least: i64, most: u64 },
}

impl From<Fault> for BodyError {
    fn from(fault: Fault) -> Self {
        Self { place: String::new(), fault }
    }
}

impl BodyError {
    /// Puts the field or index in front of the place.
    pub(super) fn within(mut self, part: &str) -> Self {
        let dot = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        self.place = format!("{part}{dot}{}", self.place);
        self
    }
}
