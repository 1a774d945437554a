//! Answers of calls: statuses, headers, bodies.

use serde_json::{Map, Value, json};

use super::{component, example};
use crate::{
    api::route::{Entry, Operation, Role},
    limits::{MAX_BODY, PhotoLimits},
};

/// Describes the headers that answers have.
pub(super) fn headers() -> Value {
    let text = |about: &str, pattern: &str, example: &str| {
        json!({
            "description": about, "required": true,
            "schema": { "type": "string", "pattern": pattern }, "example": example,
        })
    };
    let seconds = |required: bool| {
        json!({
            "description": "After how many seconds asking again makes sense.", "required": required,
            "schema": { "type": "integer", "minimum": 0 }, "example": 10,
        })
    };
    let authenticate = |required: bool| {
        json!({
            "description": "The scheme of a credential.", "required": required,
            "schema": { "type": "string", "pattern": "^Bearer" }, "example": "Bearer",
        })
    };
    json!({
        "ETag": text(
            "The version of the document, for `If-None-Match`.",
            "^\"[0-9a-f]{24}\"$",
            "\"9f86d081884c7d659a2feaa0\"",
        ),
        "Location": text("The path of what was created or ordered.", "^/v1/", "/v1/avatars/3f0e8a52-7c7e-4c59-9d3c-0a4b8c2f6d11"),
        "Disposition": text("The file's name.", "^attachment; filename=\".+\"$", "attachment; filename=\"model.safetensors\""),
        "Length": {
            "description": "The file's length in bytes.", "required": true,
            "schema": { "type": "integer", "minimum": 0 }, "example": 89_745_224,
        },
        "Ranges": text("Whether parts of the file can be had.", "^bytes$", "bytes"),
        "ContentRange": text(
            "The part of the file, or its length alone where it has no such part.",
            r"^bytes ([0-9]+-[0-9]+|\*)/[0-9]+$",
            "bytes 0-99/89745224",
        ),
        "Allow": text("The methods that this path knows.", "^[A-Z]+(, [A-Z]+)*$", "PUT, GET, DELETE"),
        "WWW-Authenticate": authenticate(true),
        "MayAuthenticate": authenticate(false),
        "Retry-After": seconds(true),
        "MayRetryAfter": seconds(false),
    })
}

/// A refusal that several calls share: its name, its status, its occasion, its headers, and examples by their codes.
struct Refusal {
    name: &'static str,
    status: &'static str,
    about: &'static str,
    headers: &'static [(&'static str, &'static str)],
    examples: &'static [&'static str],
}

const fn refusal(
    name: &'static str,
    status: &'static str,
    about: &'static str,
    headers: &'static [(&'static str, &'static str)],
    examples: &'static [&'static str],
) -> Refusal {
    Refusal { name, status, about, headers, examples }
}

const MAY_RETRY: &[(&str, &str)] = &[("Retry-After", "MayRetryAfter")];

const REFUSALS: &[Refusal] = &[
    refusal("BadRequest", "400", "The path, the query or the body cannot be used.", &[], &["api.body"]),
    refusal(
        "Unauthorized",
        "401",
        "A credential is missing, wrong, ended or another avatar's.",
        &[("WWW-Authenticate", "WWW-Authenticate")],
        &["api.unauthorized"],
    ),
    refusal("Forbidden", "403", "The credential does not allow that.", &[], &["api.forbidden"]),
    refusal("NotFound", "404", "It is not there.", &[], &["avatar.not_found"]),
    refusal(
        "MethodNotAllowed",
        "405",
        "The path knows other methods.",
        &[("Allow", "Allow")],
        &["api.method"],
    ),
    refusal("Conflict", "409", "It does not fit how things are now.", MAY_RETRY, &["order.wrong_number"]),
    refusal("Gone", "410", "The avatar was erased.", &[], &["avatar.erased"]),
    refusal("LengthRequired", "411", "The body's length was not announced.", &[], &["api.no_length"]),
    refusal("Exists", "412", "What is only to be made if it is not there is there.", &[], &["api.exists"]),
    refusal("TooLarge", "413", "The body is too large.", &[], &["api.body_too_large"]),
    refusal("UriTooLong", "414", "The address of the call is too long.", &[], &["api.uri_too_long"]),
    refusal(
        "NoSuchPart",
        "416",
        "The file has none of these bytes.",
        &[("Content-Range", "ContentRange")],
        &["api.range"],
    ),
    refusal(
        "Unprocessable",
        "422",
        "What fal.ai could not train from, or does not know: nothing was bought, and the number is not spent.",
        &[],
        &["data.too_few_photos"],
    ),
    refusal(
        "TooManyRequests",
        "429",
        "Too many calls at once, or no more is bought today.",
        &[("Retry-After", "Retry-After")],
        &["api.rate_limited", "budget.daily_cap"],
    ),
    refusal(
        "HeadTooLarge",
        "431",
        "The call has too many or too long headers.",
        &[],
        &["api.head_too_large"],
    ),
    refusal("InternalError", "500", "Something in this deployment broke.", MAY_RETRY, &["api.internal"]),
    refusal(
        "BadGateway",
        "502",
        "The bucket or fal.ai answered otherwise than they should.",
        MAY_RETRY,
        &["network.page"],
    ),
    refusal("Unavailable", "503", "This deployment cannot do it now.", MAY_RETRY, &["storage.busy"]),
];

/// Describes the refusals that calls point at.
pub(super) fn refusals() -> Map<String, Value> {
    let all = REFUSALS.iter().map(|refusal| {
        let examples = refusal.examples.iter().map(|code| (code.to_string(), component("examples", code)));
        let mut response = json!({
            "description": refusal.about,
            "content": { "application/problem+json": {
                "schema": component("schemas", "Problem"),
                "examples": examples.collect::<Map<_, _>>(),
            } },
        });
        with_headers(&mut response, refusal.headers);
        (refusal.name.to_owned(), response)
    });
    all.collect()
}

fn with_headers(response: &mut Value, headers: &[(&str, &str)]) {
    if !headers.is_empty() {
        let all = headers.iter().map(|(name, header)| ((*name).to_owned(), component("headers", header)));
        response["headers"] = all.collect::<Map<_, _>>().into();
    }
}

/// Lists the statuses of the refusals that a call can meet.
fn refused(entry: &Entry) -> Vec<&'static str> {
    use Operation as O;
    // These can answer any call, before it is known which operation is asked for.
    let mut all = vec!["400", "401", "405", "413", "414", "429", "431", "500", "503"];
    if !entry.roles.contains(&Role::Anyone) {
        all.push("403");
    }
    all.extend_from_slice(match entry.operation {
        O::Health
        | O::Describe
        | O::ShowOffer
        | O::FalWebhook
        | O::ListTokens
        | O::ListInvites
        | O::ShowBudget
        | O::ShowOverview
        | O::ListAvatars => &[],
        O::MintToken | O::MintInvite => &["409", "412"],
        O::RevokeToken | O::RevokeInvite | O::EraseAvatar => &["404"],
        O::Redeem => &["403", "409", "410", "422"],
        O::ShowInvite => &["403"],
        O::CreateAvatar => &["409", "410", "412", "422"],
        O::IssueCapability
        | O::ShowRequest
        | O::ShowAvatar
        | O::ListPhotos
        | O::ShowPhoto
        | O::ShowTraining
        | O::CancelTraining
        | O::ListPictures
        | O::ShowPictures
        | O::CancelPictures => &["404", "410"],
        O::UploadPhoto => &["404", "409", "410", "411", "412", "422", "502"],
        O::StartTraining => &["404", "409", "410", "412", "422"],
        O::OrderPictures => &["404", "409", "410", "412"],
        O::ResolveTraining | O::ResolvePictures => &["404", "409", "410", "422"],
        O::DownloadModel | O::DownloadPicture => &["404", "410", "416", "502"],
        O::AddressPhoto | O::CheckPhoto | O::RemovePhoto => &["404", "409", "410"],
    });
    all
}

/// Describes the answers of a call.
pub(super) fn responses(entry: &Entry) -> Value {
    if entry.operation == Operation::FalWebhook {
        return of_webhook();
    }
    let mut responses = Map::new();
    for (status, about) in done(entry.operation) {
        responses.insert((*status).to_owned(), good(entry.operation, status, about));
    }
    // For a document without a tag, `If-None-Match: *` is the only value that matches.
    if entry.method == "GET" {
        let mut response = json!({ "description": "Nothing has changed since." });
        if waits(entry.operation) || is_file(entry.operation) {
            with_headers(&mut response, &[("ETag", "ETag")]);
        }
        responses.insert("304".to_owned(), response);
    }
    for status in refused(entry) {
        let refusal = REFUSALS.iter().find(|refusal| refusal.status == status).expect("a refusal");
        responses.insert(status.to_owned(), component("responses", refusal.name));
    }
    responses.into()
}

/// Describes the answers to a webhook. fal.ai looks at the status alone.
fn of_webhook() -> Value {
    let empty = |about: &str| json!({ "description": about });
    let mut responses = json!({
        "200": empty("It was taken."),
        "400": empty("A header is missing, or the body names another request."),
        "401": empty("It is not signed by fal.ai, or was signed too long ago."),
        "413": empty("It is larger than any message of fal.ai's."),
        "503": empty("fal.ai's keys cannot be had: send it again."),
    });
    // A call that is refused before it is routed gets a problem document, with the headers of one.
    let may_authenticate = &[("WWW-Authenticate", "MayAuthenticate")];
    with_headers(&mut responses["401"], may_authenticate);
    with_headers(&mut responses["503"], MAY_RETRY);
    for (status, name) in [
        ("405", "MethodNotAllowed"),
        ("414", "UriTooLong"),
        ("429", "TooManyRequests"),
        ("431", "HeadTooLarge"),
        ("500", "InternalError"),
    ] {
        responses[status] = component("responses", name);
    }
    responses
}

/// Lists the statuses of a call that succeeds, with the meaning of each.
fn done(operation: Operation) -> &'static [(&'static str, &'static str)] {
    use Operation as O;
    match operation {
        O::MintToken | O::MintInvite => &[
            ("201", "It was made."),
            ("200", "It was there already, on the same terms: the same text again."),
        ],
        O::RevokeToken | O::RevokeInvite => &[("204", "It does not count any more.")],
        O::RemovePhoto => &[("204", "It is not there any more.")],
        O::CreateAvatar => &[("201", "It was created."), ("200", "It was there already, the very same.")],
        O::UploadPhoto | O::CheckPhoto => {
            &[("201", "The photo was taken, and is looked at."), ("200", "The photo was there already.")]
        }
        O::AddressPhoto => &[("200", "The address; or the photo, where it is there already.")],
        O::EraseAvatar => &[("202", "The person is forgotten, and everything is being deleted.")],
        O::StartTraining | O::OrderPictures => {
            &[("202", "It was ordered, now or before: the status document shows how far it is.")]
        }
        O::CancelTraining | O::CancelPictures => &[("202", "It is being stopped.")],
        O::ResolveTraining | O::ResolvePictures => &[("202", "It is settled.")],
        O::DownloadModel | O::DownloadPicture => &[("200", "The file."), ("206", "A part of it.")],
        _ => &[("200", "The document.")],
    }
}

fn good(operation: Operation, status: &str, about: &str) -> Value {
    let mut response = json!({ "description": about });
    match operation {
        Operation::DownloadModel => response["content"] = json!({ "application/octet-stream": bytes() }),
        Operation::DownloadPicture => {
            // A file of another extension is sent without a type that says its format.
            let kinds = ["application/octet-stream", "image/jpeg", "image/png", "image/webp"];
            let all = kinds.map(|kind| (kind.to_owned(), bytes()));
            response["content"] = all.into_iter().collect::<Map<_, _>>().into();
        }
        _ => {
            if let Some(name) = body(operation) {
                response["content"] = json!({ "application/json": shown(name) });
            }
        }
    }
    with_headers(
        &mut response,
        match operation {
            _ if waits(operation) => &[("ETag", "ETag")],
            Operation::CreateAvatar => &[("Location", "Location")],
            _ if status == "202" && operation != Operation::EraseAvatar => &[("Location", "Location")],
            _ if is_file(operation) && status == "206" => {
                &[("Content-Length", "Length"), ("Content-Range", "ContentRange"), ("ETag", "ETag")]
            }
            _ if is_file(operation) => &[
                ("Accept-Ranges", "Ranges"),
                ("Content-Disposition", "Disposition"),
                ("Content-Length", "Length"),
                ("ETag", "ETag"),
            ],
            _ => &[],
        },
    );
    response
}

/// Tells whether the answer is a file, which has an ETag and parts.
pub(super) fn is_file(operation: Operation) -> bool {
    matches!(operation, Operation::DownloadModel | Operation::DownloadPicture)
}

/// Makes the schema of raw bytes.
pub(super) fn bytes() -> Value {
    json!({ "schema": { "type": "string", "format": "binary" } })
}

/// Returns the largest bodies, in bytes: of a photo, and of JSON.
pub(super) fn largest() -> (u64, u64) {
    (PhotoLimits::default().max_bytes, MAX_BODY)
}

/// Makes a media type of a schema with its example.
pub(super) fn shown(name: &str) -> Value {
    let _exists = example(name);
    json!({ "schema": component("schemas", name), "examples": { "shown": component("examples", name) } })
}

/// Tells whether the answer has an ETag, and can be waited for.
pub(super) fn waits(operation: Operation) -> bool {
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

/// Names the schema of the body of a call that succeeds.
fn body(operation: Operation) -> Option<&'static str> {
    use Operation as O;
    Some(match operation {
        O::Health => "Health",
        O::Describe => "Description",
        O::ShowOffer => "Offer",
        O::ShowBudget => "Budget",
        O::ShowOverview => "Overview",
        O::ListTokens => "Tokens",
        O::ListInvites => "Invites",
        O::ListAvatars => "Avatars",
        O::ListPhotos => "Photos",
        O::ListPictures => "Pictures",
        O::MintToken | O::MintInvite => "Token",
        O::IssueCapability => "Capability",
        O::Redeem => "Redeemed",
        O::ShowInvite => "Invitation",
        O::CreateAvatar | O::ShowAvatar => "Avatar",
        O::EraseAvatar => "Erased",
        O::UploadPhoto | O::CheckPhoto | O::ShowPhoto => "Photo",
        O::AddressPhoto => "AddressOrPhoto",
        O::StartTraining | O::CancelTraining | O::ResolveTraining | O::ShowTraining => "Status",
        O::ShowRequest => "StatusOrPicturesStatus",
        O::OrderPictures | O::CancelPictures | O::ResolvePictures | O::ShowPictures => "PicturesStatus",
        O::FalWebhook
        | O::DownloadModel
        | O::DownloadPicture
        | O::RevokeToken
        | O::RevokeInvite
        | O::RemovePhoto => return None,
    })
}
