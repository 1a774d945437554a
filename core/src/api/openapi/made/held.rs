//! Rules of bodies that types cannot express: the schemas are held to the code that parses them.

use serde_json::{Map, Value, json};

use super::{examples::bodies, schemas::schemas};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    api::{
        avatar_api::{
            Creation,
            orders::{Settlement, TrainingOrder},
            photos::Described,
        },
        body::body,
        budget_api::{InviteShown, NewInvite, NewToken, Redemption},
    },
    avatar::{PictureSettings, TrainingSettings},
};

/// Tells whether the code takes a body of this schema, its checks included.
fn is_taken(name: &str, value: &Value) -> bool {
    let bytes = value.to_string().into_bytes();
    match name {
        "NewAvatar" => body::<Creation>(&bytes).is_ok(),
        "NewPhoto" => body::<Described>(&bytes).is_ok_and(|photo| photo.check().is_ok()),
        "NewTraining" => body::<TrainingOrder>(&bytes).is_ok(),
        "NewPictures" => body::<PictureSettings>(&bytes).is_ok_and(|all| all.check(None).is_ok()),
        "RequestIdSettlement" | "NotAcceptedSettlement" => {
            body::<Settlement>(&bytes).is_ok_and(Settlement::settles)
        }
        "Redemption" => body::<Redemption>(&bytes).is_ok(),
        "InviteShown" => body::<InviteShown>(&bytes).is_ok(),
        "NewToken" => body::<NewToken>(&bytes).is_ok(),
        "NewInvite" => body::<NewInvite>(&bytes).is_ok(),
        "TrainingConfig" => body::<TrainingSettings>(&bytes).is_ok_and(|all| all.check().is_ok()),
        _ => panic!("nothing parses {name}"),
    }
}

fn with(body: &Value, field: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[field] = value;
    body
}

fn without(body: &Value, field: &str) -> Value {
    let mut body = body.clone();
    body.as_object_mut().and_then(|all| all.remove(field));
    body
}

/// Lists each schema of a body whose fields are listed, with its example.
fn each() -> Vec<(&'static str, Map<String, Value>, Value, Value)> {
    let schemas = schemas();
    let all = bodies().into_iter().filter_map(|(name, example)| {
        let schema = schemas[name].clone();
        Some((name, schema["properties"].as_object()?.clone(), schema, example))
    });
    all.collect()
}

#[test]
fn each_example_has_every_field_and_is_taken() {
    for (name, fields, _, example) in each() {
        assert!(is_taken(name, &example), "{name}: {example}");
        for field in fields.keys() {
            assert!(example.get(field).is_some(), "{name}: its example has no {field}");
        }
    }
}

#[test]
fn a_field_may_be_missing_where_the_schema_says_so() {
    for (name, fields, schema, example) in each() {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for field in fields.keys() {
            let needed = required.iter().any(|one| one == field);
            assert_eq!(is_taken(name, &without(&example, field)), !needed, "{name} without {field}");
            // Generators take a field with a default for one that is always present.
            assert!(schema["properties"][field].get("default").is_none(), "{name}: the default of {field}");
        }
        assert!(!is_taken(name, &with(&example, "surprise", json!(1))), "{name}");
    }
}

#[test]
fn a_field_may_be_null_where_the_schema_says_so() {
    for (name, fields, _, example) in each() {
        for (field, schema) in fields {
            let nullable = schema["type"].as_array().is_some_and(|kinds| kinds.contains(&json!("null")))
                || schema["anyOf"].as_array().is_some_and(|all| all.contains(&json!({ "type": "null" })));
            assert_eq!(
                is_taken(name, &with(&example, &field, Value::Null)),
                nullable,
                "{name} with null for {field}"
            );
        }
    }
}

#[test]
fn numbers_end_where_the_schema_says_so() {
    for (name, fields, _, example) in each() {
        for (field, schema) in fields {
            let taken = |value: Value| is_taken(name, &with(&example, &field, value));
            // The two of a pair bound each other, so each is tried alone.
            let alone = |value: Value| is_taken(name, &json!({ &field: value }));
            let taken: &dyn Fn(Value) -> bool = if field.ends_with("_photos") { &alone } else { &taken };
            for (bound, beyond) in [("minimum", -1.0), ("maximum", 1.0)] {
                let Some(number) = schema[bound].as_f64() else { continue };
                assert!(taken(schema[bound].clone()), "{name}: {bound} of {field}");
                assert!(!taken(json!(number + beyond)), "{name}: beyond the {bound} of {field}");
            }
        }
    }
}

#[test]
fn texts_end_where_the_schema_says_so() {
    for (name, fields, _, example) in each() {
        for (field, schema) in fields {
            let taken = |length: u64| {
                let text = "a".repeat(usize::try_from(length).expect("short"));
                is_taken(name, &with(&example, &field, text.into()))
            };
            if let Some(most) = schema["maxLength"].as_u64() {
                assert!(taken(most) && !taken(most + 1), "{name}: the longest {field}");
            }
            if let Some(least) = schema["minLength"].as_u64() {
                assert!(taken(least) && !taken(least - 1), "{name}: the shortest {field}");
            }
        }
    }
}
