//! How the description is made from the table of calls.

use serde_json::{Map, Value, json};

use super::description;
use crate::api::route::{Entry, Operation, ROUTES, Role};
#[cfg(target_arch = "wasm32")]
use crate::test;

/// The description.
fn made() -> Value {
    let mut paths = Map::new();
    for entry in ROUTES {
        let path = paths.entry(entry.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(entry.method.to_ascii_lowercase(), call(entry));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Likeness",
            "version": "1",
            "description": "Photos of a person become a trained portrait model, and that model makes pictures.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas(),
        },
    })
}

fn call(entry: &Entry) -> Value {
    let mut call = json!({
        "operationId": format!("{:?}", entry.operation),
        "summary": entry.summary,
        "x-roles": entry.roles.iter().map(|role| format!("{role:?}").to_ascii_lowercase()).collect::<Vec<_>>(),
        "responses": responses(entry.operation),
    });
    let mut parameters: Vec<Value> = entry.path.split('/').filter_map(parameter).collect();
    parameters.extend(queries(entry.operation));
    if let Some(call) = call.as_object_mut() {
        if !entry.roles.contains(&Role::Anyone) {
            call.insert("security".to_owned(), json!([{ "bearer": [] }]));
        }
        if !parameters.is_empty() {
            call.insert("parameters".to_owned(), parameters.into());
        }
        if let Some(body) = body(entry.operation) {
            call.insert("requestBody".to_owned(), body);
        }
    }
    call
}

fn parameter(part: &str) -> Option<Value> {
    let name = part.strip_prefix('{')?.strip_suffix('}')?;
    let schema = match name {
        "avatar" => json!({ "type": "string", "format": "uuid" }),
        "number" | "file" => json!({ "type": "integer", "minimum": 1 }),
        "photo" => json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" }),
        "request_id" => json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$" }),
        _ => json!({ "type": "string" }),
    };
    Some(json!({ "name": name, "in": "path", "required": true, "schema": schema }))
}

fn queries(operation: Operation) -> Vec<Value> {
    let query = |name: &str, what: &str| json!({ "name": name, "in": "query", "description": what, "schema": { "type": "string" } });
    let header = |name: &str, what: &str| json!({ "name": name, "in": "header", "description": what, "schema": { "type": "string" } });
    match operation {
        Operation::UploadPhoto => {
            vec![
                query("name", "The photo's name, as its owner knows it."),
                query("caption", "What it shows."),
            ]
        }
        _ if waits(operation) => vec![
            header("If-None-Match", "The ETag that is known already: 304 while nothing changed."),
            header("Prefer", "`wait=25`: with If-None-Match, answer when something changed, within 25 s."),
        ],
        _ => Vec::new(),
    }
}

/// Whether its answer has an ETag, and can be waited for.
fn waits(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::ShowAvatar
            | Operation::ListPhotos
            | Operation::ShowPhoto
            | Operation::ShowRequest
            | Operation::ShowTraining
            | Operation::ListPictures
            | Operation::ShowPictures
    )
}

fn body(operation: Operation) -> Option<Value> {
    let named = |name: &str| Some(json!({ "required": true, "content": { "application/json": of(name) } }));
    match operation {
        Operation::CreateAvatar => named("NewAvatar"),
        Operation::StartTraining => named("NewTraining"),
        Operation::OrderPictures => named("NewPictures"),
        Operation::ResolveTraining | Operation::ResolvePictures => named("Settlement"),
        Operation::AddressPhoto => named("NewPhoto"),
        Operation::Redeem => named("Redemption"),
        Operation::MintToken => named("NewToken"),
        Operation::MintInvite => named("NewInvite"),
        Operation::UploadPhoto => {
            let file = json!({ "schema": { "type": "string", "format": "binary" } });
            Some(json!({ "required": true, "content": { "application/octet-stream": file } }))
        }
        _ => None,
    }
}

fn of(name: &str) -> Value {
    json!({ "schema": { "$ref": format!("#/components/schemas/{name}") } })
}

fn responses(operation: Operation) -> Value {
    let (status, schema) = answer(operation);
    let described = |about: &str| {
        let mut described = json!({ "description": about });
        let content = match operation {
            Operation::DownloadModel => Some(json!({ "application/octet-stream": {} })),
            Operation::DownloadPicture => {
                Some(json!({ "image/jpeg": {}, "image/png": {}, "image/webp": {} }))
            }
            _ => schema.map(|name| json!({ "application/json": of(name) })),
        };
        if let Some(content) = content {
            described["content"] = content;
        }
        described
    };
    let problem = json!({
        "description": "A problem document.",
        "content": { "application/problem+json": of("Problem") },
    });
    let mut responses = json!({ "default": problem });
    responses[status] = described("It is so.");
    match operation {
        _ if status == "201" => responses["200"] = described("It was so already."),
        // Only fal.ai calls it, and looks at the status alone.
        Operation::FalWebhook => responses["default"] = json!({ "description": "It was not taken." }),
        _ if waits(operation) => responses["304"] = json!({ "description": "Nothing has changed." }),
        _ => {}
    }
    responses
}

/// The status of a call that does what is asked, and the schema of its body.
fn answer(operation: Operation) -> (&'static str, Option<&'static str>) {
    use Operation as O;
    match operation {
        O::FalWebhook => ("200", None),
        O::Health
        | O::Describe
        | O::ShowBudget
        | O::DownloadModel
        | O::DownloadPicture
        | O::ListTokens
        | O::ListInvites
        | O::ListAvatars
        | O::ListPhotos
        | O::ListPictures => ("200", Some("Document")),
        O::MintToken | O::MintInvite => ("201", Some("Token")),
        O::IssueCapability | O::Redeem => ("200", Some("Token")),
        O::RevokeToken | O::RevokeInvite | O::RemovePhoto => ("204", None),
        O::CreateAvatar => ("201", Some("Avatar")),
        O::ShowAvatar => ("200", Some("Avatar")),
        O::EraseAvatar => ("202", Some("Document")),
        O::UploadPhoto | O::CheckPhoto => ("201", Some("Photo")),
        O::AddressPhoto => ("200", Some("AddressOrPhoto")),
        O::ShowPhoto => ("200", Some("Photo")),
        O::StartTraining | O::CancelTraining | O::ResolveTraining => ("202", Some("Status")),
        O::ShowRequest => ("200", Some("StatusOrPicturesStatus")),
        O::ShowTraining => ("200", Some("Status")),
        O::OrderPictures | O::CancelPictures | O::ResolvePictures => ("202", Some("PicturesStatus")),
        O::ShowPictures => ("200", Some("PicturesStatus")),
    }
}

fn schemas() -> Value {
    let text = || json!({ "type": "string" });
    let maybe = || json!({ "type": ["string", "null"] });
    let config = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "quality": { "enum": ["fast", "balanced", "high", "quality", null] },
            "steps": { "type": ["integer", "null"], "minimum": 1, "maximum": 10000 },
            "learning_rate": { "type": ["number", "null"] },
            "trigger_phrase": maybe(),
            "multiresolution_training": { "type": ["boolean", "null"] },
            "subject_crop": { "type": ["boolean", "null"] },
            "create_masks": { "type": ["boolean", "null"] },
            "webhook_url": { "type": "null" },
            "min_photos": { "type": ["integer", "null"] },
            "max_photos": { "type": ["integer", "null"] },
        },
    });
    let status = json!({ "enum": ["in_progress", "completed", "error", "unknown"] });
    let token_terms = json!({ "label": text(), "expires_at": maybe() });
    json!({
        "Document": { "type": "object" },
        "Problem": object(&["type", "title", "status", "code", "detail", "advice"], json!({
            "type": text(), "title": text(), "status": { "type": "integer" }, "code": text(), "detail": text(),
            "advice": text(),
        })),
        "TrainingConfig": config,
        "NewAvatar": closed(&["user_id", "name"], json!({
            "user_id": text(), "name": text(), "gender": maybe(),
            "training_config": { "$ref": "#/components/schemas/TrainingConfig" },
        })),
        "Avatar": object(&["avatar_id", "created_at", "test_mode", "photos", "trainings", "pictures"], json!({
            "avatar_id": text(), "user_id": maybe(), "name": maybe(), "gender": maybe(), "created_at": text(),
            "test_mode": { "type": "boolean" },
            "photos": { "type": "array", "items": { "$ref": "#/components/schemas/Photo" } },
            "trainings": { "type": "array", "items": { "$ref": "#/components/schemas/Status" } },
            "pictures": { "type": "array", "items": { "$ref": "#/components/schemas/PicturesStatus" } },
        })),
        "NewPhoto": closed(&[], json!({ "name": text(), "caption": text() })),
        "Photo": object(&["photo_id", "name", "state"], json!({
            "photo_id": maybe(), "name": text(), "state": { "enum": ["expected", "waiting", "ready", "rejected"] },
            "width": { "type": "integer" }, "height": { "type": "integer" }, "bytes": { "type": "integer" },
            "changes": { "type": "array", "items": text() },
            "code": text(), "message": text(), "advice": text(), "duplicate_of": text(),
        })),
        "RejectedPhoto": object(&["photo", "code", "message", "advice"], json!({
            "photo": text(), "code": text(), "message": text(), "advice": text(), "duplicate_of": text(),
        })),
        "Address": object(&["photo_id", "method", "url", "expires_at", "max_bytes"], json!({
            "photo_id": text(), "method": { "const": "PUT" }, "url": text(), "expires_at": text(),
            "max_bytes": { "type": "integer" },
        })),
        // The photo, where it is there already.
        "AddressOrPhoto": { "oneOf": [
            { "$ref": "#/components/schemas/Address" }, { "$ref": "#/components/schemas/Photo" },
        ] },
        "NewTraining": closed(&[], json!({
            "photo_urls": { "type": "array", "items": text() },
            "training_config": { "$ref": "#/components/schemas/TrainingConfig" },
        })),
        "Status": object(
            &["status", "progress", "message", "created_at", "completed_at", "stage", "job", "request_id", "test_mode"],
            json!({
                "status": status, "progress": { "type": "integer", "minimum": 0, "maximum": 100 },
                "message": text(), "created_at": text(), "completed_at": maybe(), "stage": text(), "job": text(),
                "request_id": maybe(), "queue_position": { "type": ["integer", "null"] }, "code": maybe(),
                "test_mode": { "type": "boolean" }, "model": { "type": ["object", "null"] },
                "rejected_photos": { "type": "array", "items": { "$ref": "#/components/schemas/RejectedPhoto" } },
            }),
        ),
        "NewPictures": closed(&["prompt"], json!({
            "prompt": text(), "count": { "type": "integer", "minimum": 1, "maximum": 4 }, "image_size": text(),
            "steps": { "type": "integer" }, "guidance_scale": { "type": "number" },
            "lora_scale": { "type": "number" }, "seed": { "type": "integer" },
        })),
        "PicturesStatus": object(&["status", "message", "created_at", "stage", "number", "files"], json!({
            "status": status, "message": text(), "created_at": text(), "stage": text(),
            "number": { "type": "integer" }, "request_id": maybe(), "files": { "type": "array" },
            "blanked": { "type": "array", "items": { "type": "integer" } },
        })),
        // What the request was for.
        "StatusOrPicturesStatus": { "oneOf": [
            { "$ref": "#/components/schemas/Status" }, { "$ref": "#/components/schemas/PicturesStatus" },
        ] },
        "Settlement": { "oneOf": [
            closed(&["request_id"], json!({ "request_id": text() })),
            closed(&["not_accepted"], json!({ "not_accepted": { "const": true } })),
        ] },
        "Redemption": closed(&["invite", "avatar_id", "name"], json!({
            "invite": text(), "avatar_id": text(), "name": text(), "gender": maybe(),
            "training_config": { "$ref": "#/components/schemas/TrainingConfig" },
        })),
        "NewToken": closed(&[], token_terms),
        "NewInvite": closed(&["trainings", "pictures"], json!({
            "label": text(), "expires_at": maybe(), "uses": { "type": "integer" },
            "trainings": { "type": "integer" }, "pictures": { "type": "integer" },
        })),
        "Token": { "type": "object" },
    })
}

fn object(required: &[&str], properties: Value) -> Value {
    let mut schema = json!({ "type": "object", "required": required });
    schema["properties"] = properties;
    schema
}

fn closed(required: &[&str], properties: Value) -> Value {
    let mut schema = object(required, properties);
    schema["additionalProperties"] = json!(false);
    schema
}

/// Where it is not, `cargo test -p likeness-core --lib openapi -- --nocapture` shows what it should be.
#[test]
fn the_description_is_that_of_the_table() {
    let made = made();
    assert!(description() == made, "core/src/api/openapi.json should be:\n{made}");
}
