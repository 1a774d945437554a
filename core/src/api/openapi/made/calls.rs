//! Calls of the description: parameters, bodies, roles, and explanations.

use serde_json::{Value, json};

use super::{
    answers::{bytes, is_file, largest, responses, shown, waits},
    component,
    examples::{AVATAR, REQUEST},
    roles,
    texts::{self, PHOTO_ID, REQUEST_ID, TOKEN_ID},
};
use crate::{
    api::route::{Entry, Operation, Role},
    limits::{MAX_CAPTION_BYTES, MAX_NAME},
};

/// Describes a call.
pub(super) fn call(entry: &Entry) -> Value {
    let operation = entry.operation;
    let anyone = entry.roles.contains(&Role::Anyone);
    let mut parameters: Vec<Value> = entry.path.split('/').filter_map(in_path).collect();
    parameters.extend(besides(operation));
    let mut call = json!({
        "operationId": format!("{operation:?}"),
        "tags": [tag(operation)],
        "summary": entry.summary,
        "description": description(entry),
        "security": if anyone { json!([]) } else { json!([{ "bearer": [] }]) },
        "responses": responses(entry),
        "x-roles": roles(entry.roles),
    });
    if !parameters.is_empty() {
        call["parameters"] = parameters.into();
    }
    if let Some(content) = body(operation) {
        call["requestBody"] = json!({ "required": true, "content": content });
    }
    call
}

/// Describes the parameters that several calls share.
pub(super) fn parameters() -> Value {
    let path = |name: &str, about: &str, schema: Value, example: Value| {
        json!({
            "name": name, "in": "path", "required": true, "description": about, "schema": schema, "example": example,
        })
    };
    let number = || json!({ "type": "integer", "format": "int64", "minimum": 1, "maximum": u32::MAX });
    let header = |name: &str, about: &str, example: &str| {
        json!({
            "name": name, "in": "header", "description": about, "schema": { "type": "string" }, "example": example,
        })
    };
    json!({
        "avatar": path("avatar", "The avatar's id, a UUID of the caller's choice.",
            json!({ "type": "string", "format": "uuid" }), json!(AVATAR)),
        "photo": path("photo", "The photo's id, of the caller's choice.",
            json!({ "type": "string", "pattern": PHOTO_ID }), json!("p1")),
        "number": path("number", "The order's number: trainings are counted from 1, and pictures on their own.",
            number(), json!(1)),
        "file": path("file", "The picture's place in its order, counted from 1.", number(), json!(1)),
        "id": path("id", "The id of a token or an invite, of the operator's choice.",
            json!({ "type": "string", "pattern": TOKEN_ID }), json!("web")),
        "user": path("user", "The user's id at the backend, percent-encoded.",
            json!({ "type": "string", "minLength": 1, "maxLength": MAX_NAME, "pattern": texts::name() }),
            json!("user-1")),
        "request_id": path("request_id", "fal.ai's id of the order.",
            json!({ "type": "string", "pattern": REQUEST_ID }), json!(REQUEST)),
        "If-None-Match": header("If-None-Match", "The ETag that is known already: 304 while nothing has changed.",
            "\"9f86d081884c7d659a2feaa0\""),
        "Prefer": header("Prefer", "`wait=25`: with If-None-Match, answer when something has changed, within 25 s.",
            "wait=25"),
        "OnlyNew": header("If-None-Match", "`*`: only if it is not there yet, else 412.", "*"),
        "Range": header("Range", "`bytes=0-99`, `bytes=100-` or `bytes=-100`: that part alone, with 206.",
            "bytes=0-99"),
        "If-Range": header("If-Range", "The ETag of which the part must be; of another version all is given.",
            "\"9f86d081884c7d659a2feaa0\""),
    })
}

fn in_path(part: &str) -> Option<Value> {
    let name = part.strip_prefix('{')?.strip_suffix('}')?;
    Some(component("parameters", name))
}

/// Lists the parameters beside path and body.
fn besides(operation: Operation) -> Vec<Value> {
    match operation {
        Operation::UploadPhoto => vec![
            json!({
                "name": "name", "in": "query", "description": "The photo's name, as its owner knows it.",
                "schema": { "type": "string", "minLength": 1, "maxLength": MAX_NAME, "pattern": texts::name() },
                "example": "beach.jpg",
            }),
            json!({
                "name": "caption", "in": "query",
                "description": format!("What the photo shows, at most {MAX_CAPTION_BYTES} bytes of UTF-8."),
                "schema": { "type": "string", "maxLength": MAX_CAPTION_BYTES, "pattern": texts::caption() },
                "example": "Anna at the beach",
            }),
            component("parameters", "OnlyNew"),
        ],
        Operation::FalWebhook => [
            ("Request-Id", "The request's id.", REQUEST_ID, REQUEST),
            ("User-Id", "fal.ai's id of the account.", "^[!-~]+$", "github|1234567"),
            ("Timestamp", "When it was signed, in seconds since 1970.", "^[0-9]{1,18}$", "1795500000"),
            ("Signature", "The Ed25519 signature, in hexadecimal digits.", "^[0-9a-f]{128}$", SIGNATURE),
        ]
        .map(|(name, about, pattern, example)| {
            json!({
                "name": format!("X-Fal-Webhook-{name}"), "in": "header", "required": true, "description": about,
                "schema": { "type": "string", "pattern": pattern }, "example": example,
            })
        })
        .to_vec(),
        _ if waits(operation) => {
            vec![component("parameters", "If-None-Match"), component("parameters", "Prefer")]
        }
        _ if is_file(operation) => {
            ["If-None-Match", "Range", "If-Range"].map(|name| component("parameters", name)).to_vec()
        }
        _ if operation.entry().method == "PUT" => vec![component("parameters", "OnlyNew")],
        _ => Vec::new(),
    }
}

const SIGNATURE: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\
    00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn body(operation: Operation) -> Option<Value> {
    use Operation as O;
    let name = match operation {
        O::CreateAvatar => "NewAvatar",
        O::StartTraining => "NewTraining",
        O::OrderPictures => "NewPictures",
        O::ResolveTraining | O::ResolvePictures => "Settlement",
        O::AddressPhoto => "NewPhoto",
        O::Redeem => "Redemption",
        O::ShowInvite => "InviteShown",
        O::MintToken => "NewToken",
        O::MintInvite => "NewInvite",
        O::UploadPhoto => return Some(json!({ "application/octet-stream": bytes() })),
        O::FalWebhook => {
            let properties = json!({
                "request_id": { "type": "string", "pattern": REQUEST_ID }, "status": { "type": "string" },
            });
            return Some(json!({ "application/json": {
                "schema": { "type": "object", "required": ["request_id"], "properties": properties },
                "example": { "request_id": REQUEST, "status": "OK" },
            } }));
        }
        _ => return None,
    };
    Some(json!({ "application/json": shown(name) }))
}

fn tag(operation: Operation) -> &'static str {
    use Operation as O;
    match operation {
        O::Health | O::Describe | O::ShowOffer | O::ShowOverview => "Deployment",
        O::FalWebhook => "Webhooks",
        O::ListTokens | O::MintToken | O::RevokeToken => "Tokens",
        O::ListInvites | O::MintInvite | O::RevokeInvite | O::ShowBudget | O::Redeem | O::ShowInvite => {
            "Invites"
        }
        O::IssueCapability | O::ListAvatars | O::CreateAvatar | O::ShowAvatar | O::EraseAvatar => "Avatars",
        O::ListPhotos | O::UploadPhoto | O::AddressPhoto | O::CheckPhoto | O::ShowPhoto | O::RemovePhoto => {
            "Photos"
        }
        O::StartTraining | O::ShowTraining | O::CancelTraining | O::ResolveTraining | O::DownloadModel => {
            "Trainings"
        }
        O::ShowRequest
        | O::ListPictures
        | O::OrderPictures
        | O::ShowPictures
        | O::CancelPictures
        | O::ResolvePictures
        | O::DownloadPicture => "Pictures",
    }
}

/// Explains a call beyond its summary: the roles that may make it, and notes on its body.
fn description(entry: &Entry) -> String {
    let operation = entry.operation;
    let mut sentences = vec![about(operation).to_owned()];
    sentences.push(if entry.roles.contains(&Role::Anyone) {
        "Anybody may call it, without a credential.".to_owned()
    } else {
        let names = entry.roles.iter().map(|role| match role {
            Role::Admin => "the admin token",
            Role::Server => "a server token",
            _ => "the avatar's capability",
        });
        format!("Needs {}.", names.collect::<Vec<_>>().join(" or "))
    });
    let (photo, json) = largest();
    match operation {
        Operation::UploadPhoto => sentences.push(format!("The body has at most {photo} bytes.")),
        Operation::FalWebhook => {}
        _ if operation.takes_nothing() => sentences
            .push("It takes no body: one that is neither empty nor `{}` is refused with 400.".to_owned()),
        _ if entry.method == "GET" => sentences.push("A body is not looked at.".to_owned()),
        _ => {
            sentences.push(format!("The body has at most {json} bytes; a field of another name is refused."));
        }
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}

fn about(operation: Operation) -> &'static str {
    use Operation as O;
    match operation {
        O::Health => {
            "For probes: it answers 200 also where nothing can be bought, which `able` says, or where something fails, which \
             `failing` names. 503 means that nothing works."
        }
        O::Describe => "The same text for everybody.",
        O::ShowOffer => "Prices are those of 2026-11, and approximate, unless the operator set one.",
        O::FalWebhook => {
            "Only fal.ai calls it. The message is believed by its signature, and only wakes the order that it names."
        }
        O::ListTokens | O::ListInvites => "Ended ones are listed for a while.",
        O::MintToken => {
            "The same id on the same terms gives the same token again; on other terms it is refused."
        }
        O::RevokeToken => "It counts no more from the next call on.",
        O::MintInvite => {
            "The same id on the same terms gives the same invite again; on other terms it is refused."
        }
        O::RevokeInvite => "Its avatars stay, and buy nothing more.",
        O::ShowBudget => "The day is one of UTC.",
        O::ShowOverview => {
            "Of the last 90 days, by ids, times and codes: nobody's name is in it but the labels of invites. At the edge an avatar \
             is in it a moment after its change."
        }
        O::ShowInvite => {
            "Takes no use of it. The invite is in the body, so that it stands in no log of addresses."
        }
        O::Redeem => {
            "Creates the avatar; the same invite and avatar give the same capability again. A consent that was left out \
             is confirmed by asking once more."
        }
        O::IssueCapability => "Whoever holds it acts for this avatar alone.",
        O::ListAvatars => "Erased ones are not among them.",
        O::ShowRequest => "The same document as at the order's own path.",
        O::CreateAvatar => {
            "Asked again with the same body it shows the avatar; with another body it is refused."
        }
        O::ShowAvatar => "Its photos, trainings and pictures are listed whole.",
        O::EraseAvatar => "What runs is cancelled. The id stays used. Asked again it answers the same.",
        O::ListPhotos => "Photos that were only given an address are among them.",
        O::UploadPhoto => {
            "JPEG, PNG, WebP or HEIC; an id that is there already shows that photo. Content-Length is needed."
        }
        O::AddressPhoto => "The address counts for ten minutes; asking again gives a new one.",
        O::CheckPhoto => "Call it after the PUT at the address.",
        O::ShowPhoto => "A rejected photo says why, and what to do.",
        O::RemovePhoto => "A photo that is not there is as good as removed.",
        O::StartTraining => {
            "Spends money, unless the deployment is in test mode. Trainings are numbered 1, 2, 3: a number that was used \
             with the same body shows that training and buys nothing. `again` asks once more for one that ended without \
             an order. `photo_urls` needs a server token."
        }
        O::ShowTraining | O::ShowPictures => "Poll it until `status` is neither `in_progress` nor `unknown`.",
        O::CancelTraining | O::CancelPictures => {
            "At once before fal.ai has taken the order, else when fal.ai says so."
        }
        O::ResolveTraining | O::ResolvePictures => {
            "Name the request that fal.ai took, or say that there was none. fal.ai is asked whether it knows the request."
        }
        O::DownloadModel => "The file is there once the training is `completed`.",
        O::ListPictures => "Each is a whole status document.",
        O::OrderPictures => {
            "Spends money, unless the deployment is in test mode. Orders are numbered 1, 2, 3: a number that was used \
             with the same body shows that order and buys nothing."
        }
        O::DownloadPicture => "The media type is the file's own.",
    }
}
