//! Schemas: derived from the types, with additions that only the checking code knows.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    component, example,
    texts::{self, CAPABILITY, INVITE, REQUEST_ID, SERVER_TOKEN_OR_INVITE, TEXT},
};
use crate::{
    api::{
        avatar_api::{Creation, orders, photos::Described},
        budget_api::{InviteShown, NewInvite, NewToken, Redemption},
        health::Health,
        offer::Offer,
        overview::OverviewView,
        problem::Document,
        views::{
            AddressView, AvatarView, AvatarsView, CapabilityView, ErasedView, InvitationView, InvitesView,
            ListedAvatar, MintedView, PhotosView, PicturesView, RedeemedView, TokensView,
        },
    },
    avatar::PictureSettings,
    budget::BudgetView,
    fal::{
        generate::{GUIDANCE_SCALE, IMAGES, INFERENCE_STEPS, SCALE},
        trainers::portrait::{LEARNING_RATE, STEPS},
    },
    limits::{MAX_CAPTION_BYTES, MAX_NAME, MAX_PHOTOS, MAX_PROMPT, MAX_TRIGGER},
};

/// Makes all schemas, by name.
pub(super) fn schemas() -> Map<String, Value> {
    let mut schemas = of_types();
    for (schema, field, more) in beyond_types() {
        extend(&mut schemas, schema, field, more);
    }
    // The field is the deployment's own setting: callers may only give null, and clients trip over such a field.
    let config = schemas["TrainingConfig"]["properties"].as_object_mut();
    config.and_then(|all| all.remove("webhook_url")).expect("a field");
    for (name, required) in REQUIRED_BESIDES {
        schemas[*name]["required"] = json!(required);
    }
    split_settlement(&mut schemas);
    let either = |one, other| json!({ "oneOf": [component("schemas", one), component("schemas", other)] });
    // The answer is the photo where the photo is there already.
    schemas.insert("AddressOrPhoto".to_owned(), either("Address", "Photo"));
    // The answer depends on the order that the request was for.
    schemas.insert("StatusOrPicturesStatus".to_owned(), either("Status", "PicturesStatus"));
    schemas.insert(
        "Description".to_owned(),
        json!({
            "type": "object",
            "description": "An OpenAPI document.",
            "required": ["openapi", "info", "paths"],
            "properties": {
                "openapi": { "type": "string", "pattern": r"^3\.1\.[0-9]+$", "examples": ["3.1.0"] },
                "info": {
                    "type": "object",
                    "required": ["title", "version"],
                    "properties": { "title": { "type": "string" }, "version": { "type": "string" } },
                },
                "paths": { "type": "object", "additionalProperties": {
                    "type": "object",
                    "description": "The calls at this path, by method.",
                    "additionalProperties": {
                        "type": "object",
                        "required": ["operationId", "summary"],
                        "properties": { "operationId": { "type": "string" }, "summary": { "type": "string" } },
                    },
                } },
            },
        }),
    );
    illustrate(&mut schemas);
    schemas
}

/// Derives the schemas that the types themselves give.
fn of_types() -> Map<String, Value> {
    let settings =
        |settings: SchemaSettings| settings.with(|all| all.definitions_path = "/components/schemas".into());
    let mut parsed = settings(SchemaSettings::draft2020_12()).into_generator();
    take::<Creation>(&mut parsed);
    take::<Described>(&mut parsed);
    take::<orders::TrainingOrder>(&mut parsed);
    take::<PictureSettings>(&mut parsed);
    take::<orders::Settlement>(&mut parsed);
    take::<Redemption>(&mut parsed);
    take::<InviteShown>(&mut parsed);
    take::<NewToken>(&mut parsed);
    take::<NewInvite>(&mut parsed);
    let mut answered = settings(SchemaSettings::draft2020_12().for_serialize()).into_generator();
    take::<Document>(&mut answered);
    take::<Health>(&mut answered);
    take::<Offer>(&mut answered);
    take::<AvatarView>(&mut answered);
    take::<ListedAvatar>(&mut answered);
    take::<AvatarsView>(&mut answered);
    take::<PhotosView>(&mut answered);
    take::<AddressView>(&mut answered);
    take::<PicturesView>(&mut answered);
    take::<ErasedView>(&mut answered);
    take::<CapabilityView>(&mut answered);
    take::<RedeemedView>(&mut answered);
    take::<InvitationView>(&mut answered);
    take::<MintedView>(&mut answered);
    take::<TokensView>(&mut answered);
    take::<InvitesView>(&mut answered);
    take::<BudgetView>(&mut answered);
    take::<OverviewView>(&mut answered);
    let mut all = Map::new();
    // Parsed types come last: of `TrainingConfig`, which is answered as well, no field is required.
    for (name, schema) in answered.take_definitions(true) {
        all.insert(name, left_out(plain(schema)));
    }
    for (name, schema) in parsed.take_definitions(true) {
        all.insert(name, plain(schema));
    }
    all
}

fn take<T: JsonSchema>(generator: &mut SchemaGenerator) {
    generator.subschema_for::<T>();
}

/// Rewrites a schema in the words that generators of clients know.
fn plain(schema: Value) -> Value {
    match schema {
        Value::Array(all) => all.into_iter().map(plain).collect(),
        Value::Object(all) => {
            let mut all: Map<String, Value> =
                all.into_iter().map(|(name, value)| (name, plain(value))).collect();
            bounded(&mut all);
            named(&mut all);
            // The description tells the default instead: generators take a field with a default for one that is always
            // present, and require it of callers.
            all.remove("default");
            // A title repeats the name; a link leads nowhere in the document.
            if all.get("title").is_some_and(Value::is_string) {
                all.remove("title");
            }
            if let Some(Value::String(about)) = all.get_mut("description") {
                *about = about.replace(['[', ']'], "").replace('\n', " ");
            }
            all.into()
        }
        other => other,
    }
}

/// Declares for an answer that a field which may be missing is never null instead.
fn left_out(mut schema: Value) -> Value {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, field) in fields.into_iter().flatten() {
        let may_be_missing = !required.iter().any(|one| one == name);
        if let Some(kinds) = field["type"].as_array().filter(|_| may_be_missing) {
            field["type"] = kinds.iter().find(|kind| **kind != "null").cloned().unwrap_or_default();
        }
    }
    schema
}

/// Gives the range of a whole number instead of its width in bits.
fn bounded(schema: &mut Map<String, Value>) {
    let most = match schema.get("format").and_then(Value::as_str) {
        Some("uint8") => json!(u8::MAX),
        Some("uint16") => json!(u16::MAX),
        Some("uint32") => json!(u32::MAX),
        // The largest whole number that every language counts exactly: 2^53 - 1.
        Some("uint" | "uint64") => json!(9_007_199_254_740_991_u64),
        _ => return,
    };
    schema.remove("format");
    schema.insert("minimum".to_owned(), json!(0));
    schema.insert("maximum".to_owned(), most);
}

/// Makes one enumeration of words of which each has a sentence.
fn named(schema: &mut Map<String, Value>) {
    let Some(Value::Array(all)) = schema.get("oneOf") else { return };
    let words = |one: &Value| match (&one["const"], &one["enum"]) {
        (Value::Null, Value::Array(words)) => Some(words.clone()),
        (Value::Null, _) => None,
        (word, _) => Some(vec![word.clone()]),
    };
    let Some(words) = all.iter().map(words).collect::<Option<Vec<_>>>() else { return };
    let mut about = schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (one, words) in all.iter().zip(&words) {
        if let (Some(sentence), [Value::String(word)]) = (one["description"].as_str(), words.as_slice()) {
            about = format!("{about} `{word}`: {sentence}");
        }
    }
    let words = words.concat();
    schema.remove("oneOf");
    schema.insert("type".to_owned(), json!("string"));
    schema.insert("enum".to_owned(), words.into());
    schema.insert("description".to_owned(), about.into());
}

/// Fields that must be present although their type has a default: without them the check refuses.
const REQUIRED_BESIDES: &[(&str, &[&str])] = &[("NewPictures", &["prompt"])];

/// Lists the rules that only the code that checks a field knows: schema, field, and the rule.
fn beyond_types() -> Vec<(&'static str, &'static str, Value)> {
    let phrase = json!({ "minLength": 1, "maxLength": MAX_TRIGGER, "pattern": texts::phrase() });
    let range = |least: Value, most: Value| json!({ "minimum": least, "maximum": most });
    let capability = json!({ "pattern": CAPABILITY });
    let photos = range(json!(1), json!(MAX_PHOTOS));
    vec![
        ("TrainingConfig", "steps", range(json!(STEPS.start()), json!(STEPS.end()))),
        ("TrainingConfig", "learning_rate", range(json!(LEARNING_RATE.start()), json!(LEARNING_RATE.end()))),
        ("TrainingConfig", "trigger_phrase", phrase),
        ("TrainingConfig", "min_photos", photos.clone()),
        ("TrainingConfig", "max_photos", photos),
        ("Quality", "", json!({ "enum": ["fast", "balanced", "high", "quality"] })),
        (
            "NewPictures",
            "prompt",
            json!({ "minLength": 1, "maxLength": MAX_PROMPT, "pattern": texts::prompt() }),
        ),
        ("NewPictures", "count", range(json!(IMAGES.start()), json!(IMAGES.end()))),
        ("NewPictures", "steps", range(json!(INFERENCE_STEPS.start()), json!(INFERENCE_STEPS.end()))),
        ("NewPictures", "guidance_scale", range(json!(GUIDANCE_SCALE.start()), json!(GUIDANCE_SCALE.end()))),
        ("NewPictures", "lora_scale", range(json!(SCALE.start()), json!(SCALE.end()))),
        ("NewPhoto", "caption", json!({ "pattern": texts::caption(), "maxLength": MAX_CAPTION_BYTES })),
        (
            "NewTraining",
            "photo_urls",
            json!({
                "minItems": 1,
                "items": { "type": "string", "minLength": 1, "pattern": TEXT },
            }),
        ),
        ("Redemption", "invite", json!({ "pattern": INVITE })),
        ("InviteShown", "invite", json!({ "pattern": INVITE })),
        ("NewInvite", "steps", range(json!(STEPS.start()), json!(STEPS.end()))),
        ("Address", "method", json!({ "enum": ["PUT"] })),
        ("Address", "url", json!({ "format": "uri" })),
        ("Capability", "capability", capability.clone()),
        ("Redeemed", "capability", capability),
        ("Token", "token", json!({ "pattern": SERVER_TOKEN_OR_INVITE })),
        ("Health", "status", json!({ "enum": ["ok", "degraded"] })),
        ("Failing", "code", json!({ "pattern": CODE })),
        ("Problem", "type", json!({ "enum": ["about:blank"] })),
        ("Problem", "status", json!({ "minimum": 400, "maximum": 599 })),
        ("Problem", "code", json!({ "pattern": CODE })),
        ("Photo", "code", json!({ "pattern": CODE })),
        ("PhotoFinding", "code", json!({ "pattern": CODE })),
        ("PhotoFinding", "readable", json!({ "maximum": 99 })),
        ("RejectedPhoto", "code", json!({ "pattern": CODE })),
        ("Status", "code", json!({ "pattern": CODE, "examples": ["data.too_few_photos"] })),
        ("PicturesStatus", "code", json!({ "pattern": CODE, "examples": ["network.expired"] })),
        ("Status", "queue_position", json!({ "examples": [3] })),
        ("PicturesStatus", "queue_position", json!({ "examples": [3] })),
        ("ListedToken", "revoked_at", json!({ "examples": ["2026-12-01T06:00:00.000Z"] })),
        ("ListedInvite", "revoked_at", json!({ "examples": ["2026-12-01T06:00:00.000Z"] })),
        ("Status", "progress", json!({ "maximum": 100 })),
        ("Status", "request_id", json!({ "pattern": REQUEST_ID })),
        ("PicturesStatus", "request_id", json!({ "pattern": REQUEST_ID })),
        ("PicturesStatus", "number", json!({ "minimum": 1 })),
        ("Job", "number", json!({ "minimum": 1 })),
        ("Job", "code", json!({ "pattern": CODE, "examples": ["fal.invalid_input"] })),
        ("Job", "ended_at", json!({ "examples": ["2026-11-24T06:04:10.000Z"] })),
        ("Counted", "code", json!({ "pattern": CODE })),
        ("PicturesStatus", "prompt", json!({ "maxLength": MAX_PROMPT + MAX_TRIGGER + 2 })),
        ("Remains", "what", json!({ "enum": ["archive", "model", "pictures"] })),
        ("ModelStatus", "trigger_phrase", json!({ "maxLength": MAX_TRIGGER })),
        ("Photo", "name", json!({ "minLength": 1 })),
        ("ListedToken", "label", json!({ "maxLength": MAX_NAME })),
    ]
}

/// The pattern of a stable name for programs.
const CODE: &str = "^[a-z0-9_]+([.][a-z0-9_]+)*$";

/// Adds keywords to a field's schema, or to the schema itself.
fn extend(schemas: &mut Map<String, Value>, name: &str, field: &str, more: Value) {
    let schema = schemas.get_mut(name).unwrap_or_else(|| panic!("no schema is called {name}"));
    let place = if field.is_empty() { Some(schema) } else { schema["properties"].get_mut(field) };
    let place = place.and_then(Value::as_object_mut).unwrap_or_else(|| panic!("{name} has no {field}"));
    let Value::Object(more) = more else { panic!("words are an object") };
    place.extend(more);
}

/// Declares that exactly one of the two fields settles an order: the type has both, and its check refuses both and
/// none.
fn split_settlement(schemas: &mut Map<String, Value>) {
    let settlement = schemas.remove("Settlement").expect("a settlement");
    let mut ways = Vec::new();
    for (name, field, schema) in [
        ("RequestIdSettlement", "request_id", json!({ "type": "string" })),
        ("NotAcceptedSettlement", "not_accepted", json!({ "type": "boolean", "enum": [true] })),
    ] {
        let mut all = settlement.clone();
        let properties = all["properties"].as_object_mut().expect("properties");
        properties.retain(|name, _| name == field);
        all["required"] = json!([field]);
        let mut one = Map::from_iter([(name.to_owned(), all)]);
        extend(&mut one, name, field, schema);
        schemas.append(&mut one);
        ways.push(component("schemas", name));
    }
    let about = settlement["description"].clone();
    schemas.insert("Settlement".to_owned(), json!({ "description": about, "oneOf": ways }));
}

/// Adds to each field's schema the value that the example of the whole has there.
fn illustrate(schemas: &mut Map<String, Value>) {
    for (name, schema) in schemas.iter_mut() {
        if schema.get("properties").is_none() {
            continue;
        }
        let shown = example(name);
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { continue };
        for (field, schema) in properties {
            if let Some(value) =
                shown.get(field).filter(|value| !value.is_object() && !value.is_array() && !value.is_null())
                && let Some(schema) = schema.as_object_mut()
            {
                schema.insert("examples".to_owned(), json!([value]));
            }
        }
    }
}
