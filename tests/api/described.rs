//! The check that an answer agrees with the API's description: its status is listed, its media type is the one
//! named there, and its body fits that schema. The checker knows the few words of JSON Schema that the description
//! uses, and fails at any other.

use std::sync::OnceLock;

use likeness_core::api::{Operation, SECURITY_HEADERS, description};
use serde_json::{Map, Value};

use crate::http::Answer;

pub(crate) fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(description)
}

/// Checks an answer to a call of this method; `operation` is `None` where there is nothing at the path.
#[track_caller]
pub(crate) fn check(operation: Option<Operation>, method: &str, answer: &Answer) {
    for (name, value) in SECURITY_HEADERS {
        assert_eq!(answer.header(name), Some(value), "{name} of {operation:?}: {}", answer.text());
    }
    if let Err(why) = try_check(operation, method == "HEAD", answer) {
        panic!("{operation:?} answered what /openapi.json does not say: {why}\n{}", answer.text());
    }
}

fn try_check(operation: Option<Operation>, head: bool, answer: &Answer) -> Result<(), String> {
    let Some(operation) = operation else {
        return is_problem(answer, head);
    };
    let entry = operation.entry();
    let call = &document()["paths"][entry.path][entry.method.to_ascii_lowercase()];
    let status = answer.status.to_string();
    let listed = resolved(&call["responses"][&status])?;
    if listed.is_null() {
        return Err(format!("the status {status} is not listed"));
    }
    has_headers(answer, listed)?;
    let Some(content) = listed["content"].as_object() else {
        return match answer.status {
            _ if answer.body.is_empty() => Ok(()),
            400.. => is_problem(answer, head),
            _ => Err("it has a body, and none is described".to_owned()),
        };
    };
    let kind = answer.header("content-type").ok_or("it has no content-type")?;
    let described = content.get(kind).or_else(|| content.get("*/*"));
    let described = described.ok_or_else(|| format!("{kind} is not described"))?;
    match described.get("schema") {
        Some(schema) if !head && kind.ends_with("json") => {
            let body = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
            fits(&body, schema, "")?;
            // The schema of /openapi.json describes only the beginning of that document.
            if operation == Operation::Describe { Ok(()) } else { is_described(&body, schema, "") }
        }
        _ => Ok(()),
    }
}

/// Follows a reference to a component.
fn resolved(value: &Value) -> Result<&Value, String> {
    let Some(name) = value["$ref"].as_str() else { return Ok(value) };
    document().pointer(name.trim_start_matches('#')).ok_or_else(|| format!("{name} is not there"))
}

/// Checks that each required header is there, and that each header has its form.
fn has_headers(answer: &Answer, listed: &Value) -> Result<(), String> {
    for (name, header) in listed["headers"].as_object().into_iter().flatten() {
        let header = resolved(header)?;
        match answer.header(&name.to_ascii_lowercase()) {
            None if header["required"] == Value::Bool(true) => {
                return Err(format!("the header {name} is missing"));
            }
            Some(text) if header["schema"]["type"] == "integer" => {
                let number: u64 = text.parse().map_err(|_| format!("{name} is not a number: {text}"))?;
                fits(&number.into(), &header["schema"], name)?;
            }
            Some(text) => fits(&text.into(), &header["schema"], name)?,
            None => {}
        }
    }
    for name in ["allow", "etag", "location", "retry-after", "www-authenticate"] {
        let known = listed["headers"].as_object().into_iter().flatten();
        if answer.header(name).is_some()
            && !known.into_iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
        {
            return Err(format!("the header {name} is not listed"));
        }
    }
    Ok(())
}

/// Checks that the schema names each field of an answer: one that it does not name would be seen by no client.
fn is_described(value: &Value, schema: &Value, at: &str) -> Result<(), String> {
    let schema = resolved(schema)?;
    for word in ["oneOf", "anyOf"] {
        if let Some(ways) = schema[word].as_array() {
            let way = ways.iter().find(|way| fits(value, way, at).is_ok());
            return way.map_or(Ok(()), |way| is_described(value, way, at));
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        is_described(item, &schema["items"], &format!("{at}/{index}"))?;
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        match &schema["properties"][name] {
            Value::Null => return Err(format!("{at}: {name} is not described")),
            schema => is_described(value, schema, &format!("{at}/{name}"))?,
        }
    }
    Ok(())
}

fn is_problem(answer: &Answer, head: bool) -> Result<(), String> {
    if answer.header("content-type") != Some("application/problem+json") {
        return Err("it is no problem document".to_owned());
    }
    if head {
        return Ok(());
    }
    let body = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
    fits(&body, &document()["components"]["schemas"]["Problem"], "")
}

/// Checks that a value fits a schema; the error names the place where it does not.
pub(crate) fn fits(value: &Value, schema: &Value, at: &str) -> Result<(), String> {
    let schema = schema.as_object().ok_or("a schema is an object")?;
    for (word, says) in schema {
        let good = match word.as_str() {
            "$ref" => {
                let name = says.as_str().and_then(|path| path.strip_prefix('#')).unwrap_or_default();
                let named = document().pointer(name).ok_or_else(|| format!("{name} is not there"))?;
                return fits(value, named, at);
            }
            "type" => match says {
                Value::Array(kinds) => kinds.iter().any(|kind| is(value, kind)),
                kind => is(value, kind),
            },
            "enum" => says.as_array().is_some_and(|all| all.contains(value)),
            "const" => says == value,
            "minimum" => {
                value.as_f64().is_none_or(|number| says.as_f64().is_some_and(|least| number >= least))
            }
            "maximum" => value.as_f64().is_none_or(|number| says.as_f64().is_some_and(|most| number <= most)),
            "oneOf" => {
                let all = says.as_array().map(Vec::as_slice).unwrap_or_default();
                all.iter().filter(|one| fits(value, one, at).is_ok()).count() == 1
            }
            "anyOf" => says.as_array().is_some_and(|all| all.iter().any(|one| fits(value, one, at).is_ok())),
            "minLength" => {
                length(value).is_none_or(|length| says.as_u64().is_some_and(|least| length >= least))
            }
            "maxLength" => {
                length(value).is_none_or(|length| says.as_u64().is_some_and(|most| length <= most))
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    fits(item, says, &format!("{at}/{index}"))?;
                }
                true
            }
            "required" => {
                let all = says.as_array().map(Vec::as_slice).unwrap_or_default();
                let missing = all.iter().find(|name| value.get(name.as_str().unwrap_or_default()).is_none());
                missing.map_or(Ok(true), |name| Err(format!("{at}: {name} is missing")))?
            }
            "properties" => {
                for (name, schema) in says.as_object().into_iter().flatten() {
                    if let Some(value) = value.get(name) {
                        fits(value, schema, &format!("{at}/{name}"))?;
                    }
                }
                true
            }
            "additionalProperties" if *says == Value::Bool(false) => closed(value, schema),
            "additionalProperties" => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    let named = schema.get("properties").is_some_and(|named| named.get(name).is_some());
                    if !named {
                        fits(value, says, &format!("{at}/{name}"))?;
                    }
                }
                true
            }
            "format" | "pattern" | "description" | "default" | "examples" => true,
            _ => return Err(format!("{at}: nobody here knows the word {word}")),
        };
        if !good {
            return Err(format!("{at}: {value} is not {word} {says}"));
        }
    }
    Ok(())
}

fn is(value: &Value, kind: &Value) -> bool {
    match kind.as_str() {
        Some("null") => value.is_null(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    }
}

/// Counts the characters of a text.
fn length(value: &Value) -> Option<u64> {
    value.as_str().map(|text| text.chars().count() as u64)
}

fn closed(value: &Value, schema: &Map<String, Value>) -> bool {
    let known = schema.get("properties").and_then(Value::as_object);
    value
        .as_object()
        .is_none_or(|all| all.keys().all(|name| known.is_some_and(|known| known.contains_key(name))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::fits;

    #[test]
    fn what_does_not_fit_is_found() {
        let schema = json!({
            "type": "object", "required": ["a"], "additionalProperties": false,
            "properties": {
                "a": { "type": ["integer", "null"], "minimum": 1, "maximum": 2 },
                "b": { "type": "array", "items": { "enum": ["x"] } },
                "c": { "oneOf": [{ "const": true }, { "type": "boolean" }] },
            },
        });
        for good in [json!({ "a": 1 }), json!({ "a": null, "b": ["x"], "c": false })] {
            assert_eq!(fits(&good, &schema, ""), Ok(()));
        }
        for bad in [
            json!([]),
            json!({}),
            json!({ "a": "1" }),
            json!({ "a": 0 }),
            json!({ "a": 3 }),
            json!({ "a": 1, "b": ["y"] }),
            json!({ "a": 1, "c": true }),
            json!({ "a": 1, "d": 1 }),
        ] {
            assert!(fits(&bad, &schema, "").is_err(), "{bad}");
        }
        assert!(fits(&json!(1), &json!({ "multipleOf": 2 }), "").is_err());
    }
}
