//! An entry of a model error's `detail` list, as a sentence.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::text::clean;

/// fal's objection to one field of the input (fal.ai/docs/documentation/model-apis/errors). fal's echo of the input
/// itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// fal's `type`, such as `less_than_equal`; empty when fal gave none.
    pub kind: String,
    /// Name of the field, such as `steps`; empty when the objection is not about a field.
    pub place: String,
    /// Sentence: our own where the type is known, else fal's.
    pub sentence: String,
}

/// An objection to a field in fal's words for programs: a type, the field's place, and a look-up of the numbers and
/// texts that belong to the type.
pub(crate) struct Objection<'a> {
    pub(crate) kind: &'a str,
    pub(crate) place: &'a str,
    pub(crate) context: &'a dyn Fn(&str) -> Option<String>,
}

const NAME_LENGTH: usize = 64;
const MESSAGE_LENGTH: usize = 300;
const VALUE_LENGTH: usize = 100;

impl Detail {
    pub(super) fn read(entry: &Value) -> Self {
        let text =
            |name: &str, limit| clean(entry.get(name).and_then(Value::as_str).unwrap_or_default(), limit);
        let (kind, place) = (text("type", NAME_LENGTH), place(entry.get("loc")));
        let ctx = entry.get("ctx").unwrap_or(&Value::Null);
        let number = |name: &str| ctx.get(name).and_then(value);
        let objection = Objection { kind: &kind, place: &place, context: &number };
        let sentence = objection.sentence().unwrap_or_else(|| {
            let message = match entry {
                Value::String(message) => clean(message, MESSAGE_LENGTH),
                _ => text("msg", MESSAGE_LENGTH),
            };
            match (place.as_str(), message.as_str()) {
                ("", "") => kind.clone(),
                ("", message) => message.to_owned(),
                (place, "") => format!("{place}: {kind}"),
                (place, message) => format!("{place}: {message}"),
            }
        });
        Self { kind, place, sentence }
    }
}

/// Joins the parts of a place: `["body", "loras", 0, "path"]` is `loras.0.path`.
fn place(loc: Option<&Value>) -> String {
    let parts = loc.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let parts = parts.iter().take(8).filter_map(value).filter(|part| part != "body");
    clean(&parts.collect::<Vec<_>>().join("."), NAME_LENGTH)
}

/// Returns a number, a text or a list of them as text.
fn value(value: &Value) -> Option<String> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let values = values.iter().take(10).filter(|value| !value.is_array()).filter_map(self::value);
            values.collect::<Vec<_>>().join(", ")
        }
        _ => return None,
    };
    Some(clean(&text, VALUE_LENGTH)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Detail;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn sentence(entry: &Value) -> String {
        Detail::read(entry).sentence
    }

    #[test]
    fn known_types_become_sentences() {
        let at = |kind: &str, ctx: Value| {
            sentence(&json!({"loc": ["body", "steps"], "msg": "m", "type": kind, "ctx": ctx}))
        };
        let zip = [".zip", ".tar.gz"];
        for (kind, ctx, expected) in [
            (
                "archive_file_count_below_minimum",
                json!({"min_count": 4, "provided_count": 3}),
                "it holds 3 files, at least 4 are needed",
            ),
            ("archive_file_count_below_minimum", json!({"min_count": 4}), "at least 4 are needed"),
            (
                "archive_file_count_exceeds_maximum",
                json!({"max_count": 9, "provided_count": 10}),
                "it holds 10 files, at most 9 are allowed",
            ),
            (
                "invalid_archive",
                json!({"supported_extensions": zip}),
                "its name must end in one of: .zip, .tar.gz",
            ),
            (
                "image_too_small",
                json!({"min_width": 64, "min_height": 32}),
                "at least 64 × 32 pixels are needed",
            ),
            (
                "image_too_large",
                json!({"max_width": 64, "max_height": 32}),
                "at most 64 × 32 pixels are allowed",
            ),
            ("file_too_large", json!({"max_size": 1024}), "at most 1024 bytes are allowed"),
            ("greater_than", json!({"gt": 0.5}), "steps must be greater than 0.5"),
            ("greater_than_equal", json!({"ge": 1}), "steps must be at least 1"),
            ("less_than", json!({"lt": 1}), "steps must be less than 1"),
            ("less_than_equal", json!({"le": 10000}), "steps must be at most 10000"),
            ("multiple_of", json!({"multiple_of": 8}), "steps must be a multiple of 8"),
            ("sequence_too_short", json!({"min_length": 1}), "steps needs at least 1 entries"),
            ("sequence_too_long", json!({"max_length": 1}), "steps may have at most 1 entries"),
            ("one_of", json!({"expected": ["a", "b"]}), "steps must be one of: a, b"),
            ("unsupported_image_format", json!({"supported_formats": ["png"]}), "fal reads png"),
            ("less_than_equal", json!({}), "steps: m"),
            ("new_type", json!({}), "steps: m"),
        ] {
            assert_eq!(at(kind, ctx), expected, "{kind}");
        }
    }

    #[test]
    fn odd_entries_still_say_something() {
        assert_eq!(sentence(&json!("plain")), "plain");
        assert_eq!(sentence(&json!({"type": "t"})), "t");
        assert_eq!(sentence(&json!({"loc": ["body", "loras", 0, "path"], "msg": "m"})), "loras.0.path: m");
        assert_eq!(sentence(&json!({"loc": ["body", "x"], "type": "t"})), "x: t");
        assert_eq!(sentence(&json!(7)), "");
    }
}
