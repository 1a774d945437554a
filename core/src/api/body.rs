//! The JSON bodies of calls, read in one place. A struct is an object and nothing else: serde alone would take an array
//! as its fields in order, and buy what the caller did not ask for.

mod fault;
mod node;

use std::ops::RangeInclusive;

use serde::{Deserialize, de::DeserializeOwned};

pub(crate) use self::fault::{BodyError, Fault, NotJson, Wanted};
use self::node::Node;
use super::problem::ApiProblem;
use crate::{
    avatar::{Name, NameError},
    budget::Uses,
    fal::{
        generate::{IMAGES, INFERENCE_STEPS},
        trainers::portrait::STEPS,
    },
    limits::MAX_PHOTOS,
};

/// The most objects and lists within one another; no call needs more than three.
pub(crate) const MOST_LEVELS: usize = 32;

/// Reads a call's body, which must be there.
pub(super) fn body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiProblem> {
    read(bytes).map_err(|error| ApiProblem::Body { why: error.to_string() })
}

/// A name as a caller gives it. Checked more strictly than stored names, some of which come from earlier releases.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct GivenName(pub(super) Name);

impl TryFrom<String> for GivenName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Name::new(&text).map(Self)
    }
}

/// Checks the body of a call that takes none. An empty object is allowed, since some clients always send one.
pub(super) fn nothing(bytes: &[u8]) -> Result<(), ApiProblem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    if bytes.is_empty() { Ok(()) } else { body(bytes).map(|Nothing {}| ()) }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BodyError> {
    if bytes.is_empty() {
        return Err(Fault::Empty.into());
    }
    let node: Node = serde_json::from_slice(bytes).map_err(|error| {
        // serde_json has a limit of its own, and reports it in the text of its error alone.
        if error.to_string().starts_with("recursion limit") {
            return Fault::TooDeep;
        }
        Fault::NotJson { what: NotJson::of(&error), line: error.line(), column: error.column() }
    })?;
    node.check(MOST_LEVELS)?;
    T::deserialize(&node).map_err(BodyError::bounded)
}

/// Returns the range of the whole number at this place, where the number has one narrower than its type.
fn range(place: &str) -> Option<(i64, u64)> {
    let of = |range: &RangeInclusive<u32>| (i64::from(*range.start()), u64::from(*range.end()));
    Some(match place {
        "training_config.steps" => of(&STEPS),
        "training_config.min_photos" | "training_config.max_photos" => (1, MAX_PHOTOS as u64),
        "steps" => of(&INFERENCE_STEPS),
        "count" => of(&IMAGES),
        "uses" => (1, u64::from(Uses::MOST)),
        _ => return None,
    })
}

/// Returns the name of a field that an object has twice, anywhere in this JSON.
pub(crate) fn doubled(bytes: &[u8]) -> Option<String> {
    let node: Node = serde_json::from_slice(bytes).ok()?;
    match node.check(usize::MAX).err()?.fault {
        Fault::Twice(field) => Some(field),
        _ => None,
    }
}

impl ApiProblem {
    /// Refuses a body that did not come in time.
    #[must_use]
    pub fn late_body() -> Self {
        Self::Body { why: BodyError::from(Fault::Late).to_string() }
    }

    /// Refuses a body that did not come whole.
    #[must_use]
    pub fn broken_body() -> Self {
        Self::Body { why: BodyError::from(Fault::BrokenOff).to_string() }
    }
}

impl BodyError {
    /// Names the range in which a whole number counts, where that is narrower than its type.
    fn bounded(mut self) -> Self {
        if let Fault::Kind { wanted: Wanted::Whole { least, most }, .. } = &mut self.fault
            && let Some(range) = range(&self.place)
        {
            (*least, *most) = range;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{nothing, read};
    use crate::avatar::{PictureSettings, TrainingSettings};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields, default)]
    struct Outer {
        inner: Option<Inner>,
        list: Vec<Inner>,
        size: u32,
        scale: Option<f64>,
        word: Option<Word>,
        on: bool,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        name: String,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        Fast,
        High,
    }

    fn refused(body: &str) -> String {
        read::<Outer>(body.as_bytes()).expect_err(body).to_string()
    }

    #[test]
    fn an_object_is_read() {
        let body =
            r#" {"inner":{"name":"a"},"list":[{"name":"b"}],"size":3,"scale":1,"word":"high","on":true} "#;
        let inner = |name: &str| Inner { name: name.to_owned() };
        let outer = Outer {
            inner: Some(inner("a")),
            list: vec![inner("b")],
            size: 3,
            scale: Some(1.0),
            word: Some(Word::High),
            on: true,
        };
        assert_eq!(read::<Outer>(body.as_bytes()), Ok(outer));
        assert_eq!(read::<Outer>(b"{}"), Ok(Outer::default()));
        for number in ["3.0", "3e0", "0.3e1"] {
            let body = format!("{{\"size\":{number}}}");
            assert_eq!(read::<Outer>(body.as_bytes()), Ok(Outer { size: 3, ..Outer::default() }), "{number}");
        }
        assert_eq!(read::<Outer>(b"{\"size\":-0}"), Ok(Outer::default()));
        assert_eq!(read::<Outer>(br#"{"inner":null,"scale":null,"word":null}"#), Ok(Outer::default()));
    }

    #[test]
    fn a_body_of_another_kind_is_no_object() {
        for (body, found) in [
            ("[]", "a list"),
            ("[{}]", "a list"),
            ("[null,[],3]", "a list"),
            ("null", "null"),
            ("true", "true or false"),
            ("\"\"", "a text"),
            ("\"{}\"", "a text"),
            ("0", "a number"),
            ("-1", "a number"),
            ("1e300", "a number"),
        ] {
            assert_eq!(refused(body), format!("it must be an object, not {found}"));
        }
    }

    #[test]
    fn an_object_within_is_no_list_either() {
        assert_eq!(refused(r#"{"inner":["a"]}"#), "`inner` must be an object, not a list");
        assert_eq!(refused(r#"{"list":[{"name":"a"},["b"]]}"#), "`list[1]` must be an object, not a list");
        assert_eq!(refused(r#"{"list":{"0":{"name":"a"}}}"#), "`list` must be a list, not an object");
        assert_eq!(refused(r#"{"list":null}"#), "`list` must be a list, not null");
        assert_eq!(refused(r#"{"word":{"fast":null}}"#), "`word` must be a text, not an object");
    }

    #[test]
    fn what_is_wrong_is_named_in_words_of_json() {
        for (body, said) in [
            (r#"{"size":"3"}"#, "`size` must be a whole number from 0 to 4294967295, not a text"),
            (
                r#"{"size":1.5}"#,
                "`size` must be a whole number from 0 to 4294967295, not a number with a fraction",
            ),
            (r#"{"size":-1}"#, "`size` must be a whole number from 0 to 4294967295, not another number"),
            (r#"{"size":1e300}"#, "`size` must be a whole number from 0 to 4294967295, not another number"),
            (
                r#"{"size":4294967296}"#,
                "`size` must be a whole number from 0 to 4294967295, not another number",
            ),
            (r#"{"scale":"x"}"#, "`scale` must be a number, not a text"),
            (r#"{"on":1}"#, "`on` must be true or false, not a number"),
            (r#"{"word":"slow"}"#, "`word` must be one of `fast`, `high`"),
            (r#"{"word":3}"#, "`word` must be a text, not a number"),
            (r#"{"inner":{}}"#, "`inner.name` is missing"),
            (r#"{"inner":{"name":"a","more":1}}"#, "`inner.more` is not known here; only `name` is"),
            (
                r#"{"more":1}"#,
                "`more` is not known here; only `inner`, `list`, `size`, `scale`, `word`, `on` are",
            ),
        ] {
            assert_eq!(refused(body), said);
        }
    }

    #[test]
    fn a_whole_number_names_the_range_in_which_it_counts() {
        #[derive(Debug, Deserialize)]
        struct Order {
            #[serde(rename = "training_config")]
            _training: Option<TrainingSettings>,
        }

        let training = |field: &str| {
            let body = format!("{{\"training_config\":{{{field}}}}}");
            read::<Order>(body.as_bytes()).expect_err(field).to_string()
        };
        for (field, name, range) in [
            (r#""steps":-1"#, "steps", "1 to 10000, not another number"),
            (r#""steps":1e300"#, "steps", "1 to 10000, not another number"),
            (r#""min_photos":1.5"#, "min_photos", "1 to 999, not a number with a fraction"),
            (r#""max_photos":"9""#, "max_photos", "1 to 999, not a text"),
        ] {
            assert_eq!(
                training(field),
                format!("`training_config.{name}` must be a whole number from {range}")
            );
        }
        let said = read::<PictureSettings>(br#"{"count":-1}"#).expect_err("a number").to_string();
        assert_eq!(said, "`count` must be a whole number from 1 to 4, not another number");
        let said = read::<PictureSettings>(br#"{"steps":"x"}"#).expect_err("a text").to_string();
        assert_eq!(said, "`steps` must be a whole number from 1 to 50, not a text");
    }

    #[test]
    fn only_what_is_taken_is_named() {
        let said = read::<TrainingSettings>(br#"{"stepz":1}"#).expect_err("unknown").to_string();
        assert!(said.contains("`quality`, `steps`") && !said.contains("webhook_url"), "{said}");
        let said = read::<TrainingSettings>(br#"{"quality":"best"}"#).expect_err("unknown").to_string();
        assert_eq!(said, "`quality` must be one of `fast`, `balanced`, `high`");
        assert!(read::<TrainingSettings>(br#"{"quality":"quality"}"#).is_ok());
    }

    #[test]
    fn doubled_fields_nul_and_depth_are_refused_wherever_they_are() {
        assert_eq!(refused(r#"{"size":1,"size":1}"#), "`size` is there twice");
        assert_eq!(refused(r#"{"inner":{"name":"a","name":"b"}}"#), "`inner.name` is there twice");
        assert_eq!(refused(r#"{"inner":{"name":"a\u0000"}}"#), "`inner.name` holds the character U+0000");
        assert_eq!(refused("{\"\\u0000\":1}"), "it holds the character U+0000");
        for levels in [33, 127, 128, 20_000] {
            let deep = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
            assert_eq!(refused(&deep), "it has more than 32 levels");
            assert_eq!(refused(&format!("{{\"size\":{deep}}}")), "it has more than 32 levels");
        }
    }

    #[test]
    fn what_is_no_json_says_where() {
        assert_eq!(refused(""), "it is missing; it must be a JSON object");
        for body in
            ["{", "{} {}", "{'size':1}", "\u{feff}{}", "{\"size\":01}", "{\"size\":NaN}", "nul", "\0", " "]
        {
            assert!(
                refused(body).starts_with("it is not JSON (line 1, column "),
                "{body:?}: {}",
                refused(body)
            );
        }
        for (body, said) in [
            (&b"{\"scale\":1e400}"[..], "it has a number that is too large (line 1, column "),
            (
                b"{\"scale\":\"\\ud800\"}",
                "it has half a character (an escape such as \\ud800 alone; line 1, column ",
            ),
            (
                b"{\"scale\":\"\\ud800x\"}",
                "it has half a character (an escape such as \\ud800 alone; line 1, column ",
            ),
            (
                b"{\"scale\":\"\\udc00\"}",
                "it has half a character (an escape such as \\ud800 alone; line 1, column ",
            ),
            (b"\"\xff\"", "it is not UTF-8 (line 1, column "),
            (b"{\"size\":1,\"\xff\":2}", "it is not UTF-8 (line 1, column "),
        ] {
            let error = read::<Outer>(body).expect_err("no JSON").to_string();
            assert!(error.starts_with(said), "{}: {error}", String::from_utf8_lossy(body));
        }
        assert!(read::<Outer>(b"\xff").is_err());
    }

    #[test]
    fn a_call_without_a_body_takes_nothing_or_an_empty_object() {
        assert!(nothing(b"").is_ok() && nothing(b"{}").is_ok());
        for body in ["[]", "null", "{\"size\":1}", " ", "x"] {
            assert!(nothing(body.as_bytes()).is_err(), "{body}");
        }
    }
}
