//! A reader of a model's input that works as fal's servers do (FastAPI with pydantic): it reports every mistake at
//! once, ignores unknown fields, and accepts a number as text.

use serde_json::{Map, Value, json};

use super::reply::detail;

/// An input under examination.
#[derive(Debug)]
pub(super) struct Input<'a> {
    fields: &'a Map<String, Value>,
    mistakes: Vec<Value>,
}

/// Bounds of a number, as pydantic names them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) least: f64,
    pub(super) most: f64,
}

impl<'a> Input<'a> {
    /// Begins with a body that must be an object.
    pub(super) fn new(value: &'a Value) -> Result<Self, Vec<Value>> {
        let fields = value.as_object().ok_or_else(|| {
            let msg = "Input should be a valid dictionary or object to extract fields from";
            vec![detail(&json!(["body"]), "model_attributes_type", msg, &Value::Null, value)]
        })?;
        Ok(Self { fields, mistakes: Vec::new() })
    }

    /// Returns the mistakes found, if any.
    pub(super) fn finish(self) -> Result<(), Vec<Value>> {
        if self.mistakes.is_empty() { Ok(()) } else { Err(self.mistakes) }
    }

    /// Returns the field, unless it is missing or null.
    pub(super) fn field(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn mistake(&mut self, loc: &Value, kind: &str, msg: &str, ctx: &Value, input: &Value) {
        self.mistakes.push(detail(loc, kind, msg, ctx, input));
    }

    /// Reads a text that must be there.
    pub(super) fn required_text(&mut self, name: &str) -> String {
        match self.fields.get(name) {
            None => {
                let whole = Value::Object(self.fields.clone());
                self.mistake(&json!(["body", name]), "missing", "Field required", &Value::Null, &whole);
                String::new()
            }
            Some(Value::String(text)) => text.clone(),
            Some(other) => self.ill_typed(name, "string_type", "a valid string", other),
        }
    }

    /// Reads a text that may be missing or null.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.field(name)? {
            Value::String(text) => Some(text.clone()),
            other => {
                self.ill_typed::<String>(name, "string_type", "a valid string", other);
                None
            }
        }
    }

    /// Reads one of these words.
    pub(super) fn word(
        &mut self,
        name: &str,
        words: &[&'static str],
        otherwise: &'static str,
    ) -> &'static str {
        let Some(value) = self.field(name) else { return otherwise };
        if let Some(word) = words.iter().find(|word| value.as_str() == Some(**word)) {
            return word;
        }
        let msg = format!("Input should be one of {}", words.join(", "));
        self.mistake(&json!(["body", name]), "one_of", &msg, &json!({ "expected": words }), value);
        otherwise
    }

    /// Reads true or false.
    pub(super) fn flag(&mut self, name: &str, otherwise: bool) -> bool {
        match self.field(name) {
            None => otherwise,
            Some(Value::Bool(flag)) => *flag,
            Some(other) => self.ill_typed(name, "bool_type", "a valid boolean", other),
        }
    }

    /// Reads a whole number within a range.
    pub(super) fn whole(&mut self, name: &str, range: Range, otherwise: u32) -> u32 {
        let Some(value) = self.field(name) else { return otherwise };
        let Some(number) = number(value).filter(|number| number.fract() == 0.0) else {
            return self.ill_typed(name, "int_parsing", "a valid integer", value);
        };
        if !self.within(&json!(["body", name]), number, range, value) {
            return otherwise;
        }
        number.to_string().parse().unwrap_or(otherwise)
    }

    /// Reads a number within a range.
    pub(super) fn number(&mut self, name: &str, range: Range, otherwise: f64) -> f64 {
        let Some(value) = self.field(name) else { return otherwise };
        let Some(number) = number(value) else {
            return self.ill_typed(name, "float_parsing", "a valid number", value);
        };
        if self.within(&json!(["body", name]), number, range, value) { number } else { otherwise }
    }

    /// Reads a whole number of any size up to 64 bits: a seed.
    pub(super) fn seed(&mut self, name: &str) -> Option<u64> {
        let value = self.field(name)?;
        let seed = value.as_u64().or_else(|| value.as_str()?.parse().ok());
        if seed.is_none() {
            self.ill_typed::<u32>(name, "int_parsing", "a valid integer", value);
        }
        seed
    }

    /// Tells whether the number is in the range, and notes the mistake when it is not.
    pub(super) fn within(&mut self, loc: &Value, number: f64, range: Range, value: &Value) -> bool {
        if number < range.least {
            let msg = format!("Input should be greater than or equal to {}", range.least);
            self.mistake(loc, "greater_than_equal", &msg, &json!({ "ge": range.least }), value);
        } else if number > range.most {
            let msg = format!("Input should be less than or equal to {}", range.most);
            self.mistake(loc, "less_than_equal", &msg, &json!({ "le": range.most }), value);
        } else {
            return true;
        }
        false
    }

    fn ill_typed<T: Default>(&mut self, name: &str, kind: &str, what: &str, value: &Value) -> T {
        self.mistake(&json!(["body", name]), kind, &format!("Input should be {what}"), &Value::Null, value);
        T::default()
    }
}

/// Reads a number, also one written as text.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Input, Range};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn every_mistake_is_told_at_once() {
        let value = json!({ "steps": 0, "flag": "perhaps", "rate": "fast", "unknown": [1] });
        let mut input = Input::new(&value).expect("an object");
        input.required_text("prompt");
        input.whole("steps", Range { least: 1.0, most: 10.0 }, 5);
        input.flag("flag", true);
        input.number("rate", Range { least: 0.0, most: 1.0 }, 0.5);
        let mistakes = input.finish().expect_err("mistakes");
        let kinds: Vec<_> = mistakes.iter().filter_map(|mistake| mistake["type"].as_str()).collect();
        assert_eq!(kinds, ["missing", "greater_than_equal", "bool_type", "float_parsing"]);
        assert_eq!(mistakes[1]["loc"], json!(["body", "steps"]));
        assert_eq!(mistakes[1]["ctx"], json!({ "ge": 1.0 }));
    }

    #[test]
    fn numbers_may_be_written_as_text_and_missing_ones_have_defaults() {
        let value = json!({ "steps": "7", "rate": null, "seed": 196_619_188_014_358_660_u64 });
        let mut input = Input::new(&value).expect("an object");
        assert_eq!(input.whole("steps", Range { least: 1.0, most: 10.0 }, 5), 7);
        assert!((input.number("rate", Range { least: 0.0, most: 1.0 }, 0.5) - 0.5).abs() < f64::EPSILON);
        assert_eq!(input.seed("seed"), Some(196_619_188_014_358_660));
        assert_eq!(input.finish(), Ok(()));
    }
}
