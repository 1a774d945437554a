//! The making of the description: calls from the table, schemas from the types, examples from values of these types.

mod answers;
mod calls;
mod examples;
mod held;
mod schemas;
mod texts;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::text;
use crate::api::route::{ROUTES, Role};
#[cfg(target_arch = "wasm32")]
use crate::test;

/// Subjects of calls: a tag and its sentence.
const TAGS: [(&str, &str); 8] = [
    ("Deployment", "The deployment itself."),
    ("Tokens", "Server tokens, which the operator makes for backends."),
    ("Invites", "Invites, which the operator makes for people without an account, and what was spent."),
    ("Avatars", "Avatars: one person each, with photos, trainings and pictures."),
    ("Photos", "An avatar's photos."),
    ("Trainings", "Trainings of a portrait model at fal.ai."),
    ("Pictures", "Pictures that are made with a trained model."),
    ("Webhooks", "Messages that fal.ai sends."),
];

/// Makes the description.
fn made() -> Value {
    let mut paths = Map::new();
    for entry in ROUTES {
        let path = paths.entry(entry.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(entry.method.to_ascii_lowercase(), calls::call(entry));
        }
    }
    let tags: Vec<_> =
        TAGS.iter().map(|(name, about)| json!({ "name": name, "description": about })).collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Likeness",
            "version": "1",
            "summary": "Photos of a person become a trained portrait model, and that model makes pictures.",
            "description": "Photos of a person become a trained portrait model, and that model makes pictures. Ids and \
                numbers are the caller's own, so that every call may be repeated when its answer was lost. What was \
                refused is told by a problem document (RFC 9457), whose `code` stays the same between releases.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
            "contact": { "name": "The operator of this deployment" },
        },
        "servers": [{ "url": "/", "description": "The deployment that this description was fetched from." }],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "The admin token, a server token (`lks_…`) or an avatar's capability (`lkc_…`).",
            } },
            "schemas": schemas::schemas(),
            "parameters": calls::parameters(),
            "headers": answers::headers(),
            "responses": answers::refusals(),
        },
    });
    document["components"]["examples"] = pointed_at(&document);
    document
}

/// Collects the examples that the document points at. The others are shown field by field.
fn pointed_at(document: &Value) -> Value {
    let text = document.to_string();
    let all = examples::examples().into_iter();
    let used = all.filter(|(name, _)| text.contains(&component("examples", name).to_string()));
    used.map(|(name, value)| (name.to_owned(), json!({ "value": value }))).collect::<Map<_, _>>().into()
}

/// Names the roles that may make a call, in the order of the table's columns.
fn roles(roles: &[Role]) -> Vec<String> {
    roles.iter().map(|role| format!("{role:?}").to_ascii_lowercase()).collect()
}

/// Writes the document as the file has it: a line for each call and each component, and no space between words.
fn written(document: &Value) -> String {
    let part = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let lines = |all: Map<String, Value>, write: &dyn Fn(&Value) -> String| {
        let all = all.iter().map(|(name, value)| format!("{}:{}", json!(name), write(value)));
        format!("{{\n{}\n}}", all.collect::<Vec<_>>().join(",\n"))
    };
    let plain = |value: &Value| value.to_string();
    let nested = |value: &Value| lines(part(value), &plain);
    let all = part(document).into_iter().map(|(name, value)| {
        let text = match name.as_str() {
            "components" | "paths" => lines(part(&value), &nested),
            _ => plain(&value),
        };
        format!("{}:{text}", json!(name))
    });
    format!("{{\n{}\n}}\n", all.collect::<Vec<_>>().join(",\n"))
}

/// Makes a reference to a component.
fn component(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

/// Makes a reference to an example by its name.
fn example(name: &str) -> Value {
    let all: BTreeMap<_, _> = examples::examples();
    all.get(name).cloned().unwrap_or_else(|| panic!("no example is called {name}"))
}

/// Compares the file with what the table and the types make. Where they differ, `scripts/write-openapi` writes the file
/// anew from this test's output.
#[test]
fn the_description_is_that_of_the_table_and_the_types() {
    let made = written(&made());
    let known = String::from_utf8(text()).expect("text");
    assert!(known == made, "core/src/api/openapi.json should be:\n<<<<\n{made}>>>>");
}
