//! Refusals of the API itself, and advice for its caller.

use std::borrow::Cow;

use super::Language;
use crate::{
    api::{ApiProblem, BodyError, Fault, MOST_LEVELS, NotJson, Wanted},
    text::clean,
};

displayed! {
    ApiProblem => problem;
    BodyError => body;
}

impl ApiProblem {
    /// Says what to do next.
    #[must_use]
    pub fn advice(&self) -> Cow<'static, str> {
        advice(Language::English, self)
    }
}

/// Says what is wrong with a call.
#[must_use]
pub fn problem(language: Language, problem: &ApiProblem) -> String {
    match language {
        Language::English => match problem {
            ApiProblem::NoRoute => "there is nothing at this path".to_owned(),
            ApiProblem::Method { allowed } => format!("this path knows only {allowed}"),
            ApiProblem::Path { part, why } => format!("the {part} in the path cannot be right: {why}"),
            ApiProblem::Unauthorized => {
                "who calls is not known: a token is missing, wrong, ended or revoked".to_owned()
            }
            ApiProblem::Forbidden => "this token may not do that".to_owned(),
            ApiProblem::Body { why } => format!("the body cannot be used: {why}"),
            ApiProblem::TooLarge { max } => format!("the body is larger than {max} bytes"),
            ApiProblem::NoLength => {
                "the length of the body must be announced (Content-Length)".to_owned()
            }
            ApiProblem::Malformed => "what arrived is not a call as HTTP/1.1 wants it".to_owned(),
            ApiProblem::UriTooLong => "the address of the call is too long".to_owned(),
            ApiProblem::HeadTooLarge => "the call has too many or too long headers".to_owned(),
            ApiProblem::NoAvatar => "there is no such avatar".to_owned(),
            ApiProblem::AvatarTaken => "another person's avatar has this id".to_owned(),
            ApiProblem::Erased => "this avatar was erased".to_owned(),
            ApiProblem::NoPhoto => "there is no such photo".to_owned(),
            ApiProblem::PhotosInUse => {
                "the photos belong to a training that is being placed; they can be changed once fal.ai has taken it"
                    .to_owned()
            }
            ApiProblem::NoConsent => {
                "nobody has confirmed yet that the photos show a person who agreed".to_owned()
            }
            ApiProblem::TooManyPhotos { max } => format!("{max} photos are there already"),
            ApiProblem::PhotosMixed => {
                "this avatar has uploaded photos; a training of it is bought from these, or from keys, not from both"
                    .to_owned()
            }
            ApiProblem::NoBucketHere => {
                "photos cannot be PUT straight into a bucket here, since there is none".to_owned()
            }
            ApiProblem::Key { key, why } => format!("the key `{key}` cannot be used: {why}"),
            ApiProblem::KeysForbidden => "only a server token may name keys of the bucket".to_owned(),
            ApiProblem::BeyondInvite { setting, most } => {
                format!("whoever was invited may set `{setting}` to {most} at most")
            }
            ApiProblem::NoRequest => "no order of this deployment has this request id".to_owned(),
            ApiProblem::NotAtFal { request } => format!("fal.ai knows no request `{request}` of this kind"),
            ApiProblem::OtherOrder => "another order of this avatar has this request id".to_owned(),
            ApiProblem::FalNotAsked { why } => {
                format!("fal.ai cannot be asked about this request now, so nothing was settled: {why}")
            }
            ApiProblem::NoTraining => "there is no training of this number".to_owned(),
            ApiProblem::NoPictures => "there are no pictures of this number".to_owned(),
            ApiProblem::WrongNumber { next } => format!("the next number is {next}"),
            ApiProblem::Different => "this number was used for something else".to_owned(),
            ApiProblem::NotAgain { .. } => {
                "this number cannot be asked for again: its order was placed, or may have been, or a later number follows"
                    .to_owned()
            }
            ApiProblem::Busy => "an earlier training of this avatar is not over".to_owned(),
            ApiProblem::NoModel => "this avatar has no model yet".to_owned(),
            ApiProblem::NoFile { there: None } => "there is no such file yet".to_owned(),
            ApiProblem::NoFile { there: Some(1) } => "there is no such file: there is one".to_owned(),
            ApiProblem::NoFile { there: Some(files) } => {
                format!("there is no such file: there are {files}")
            }
            ApiProblem::NotUnclear => {
                "it is not unclear whether fal.ai took it, so there is nothing to settle".to_owned()
            }
            ApiProblem::NoKey => {
                "this deployment cannot buy anything: it has no key at fal.ai, and is not in test mode".to_owned()
            }
            ApiProblem::NoSimulator => {
                "this deployment is in test mode, and was built without the simulator".to_owned()
            }
            ApiProblem::BadSetting { setting } => {
                format!("the deployment's setting {setting} cannot be used")
            }
            ApiProblem::NoBucket => "this deployment has no bucket, so `photo_urls` names nothing here".to_owned(),
            ApiProblem::NoAdmin => "nobody has been let in yet: ADMIN_TOKEN is not set".to_owned(),
            ApiProblem::OtherSettings { why } => {
                format!("this avatar was bought under other settings: {why}")
            }
            ApiProblem::Repeated => {
                "this call arrived a second time, and what it did was undone in between".to_owned()
            }
            ApiProblem::Exists => "it is there already, and the call says `If-None-Match: *`".to_owned(),
            ApiProblem::Range { length } => {
                format!("the file has {length} bytes, and none of those that were asked for")
            }
            ApiProblem::RateLimited => "too many calls at once".to_owned(),
            ApiProblem::Internal => "something in this deployment broke".to_owned(),
        },
    }
}

/// Says what the caller, or the deployment's operator, can do next.
#[must_use]
pub fn advice(language: Language, problem: &ApiProblem) -> Cow<'static, str> {
    let advice = match language {
        Language::English => match problem {
            ApiProblem::NotAgain { next } => {
                return format!("Look at how it stands; to buy another one, use the next number, {next}.")
                    .into();
            }
            ApiProblem::NoRoute | ApiProblem::Method { .. } | ApiProblem::Path { .. } => {
                "GET /openapi.json lists every call."
            }
            ApiProblem::Unauthorized => {
                "Send `Authorization: Bearer TOKEN` with a server token or a capability."
            }
            ApiProblem::Forbidden => "The table of routes and roles in docs/api.md says which token may.",
            ApiProblem::Body { .. } => "Compare the body with the call's schema in /openapi.json.",
            ApiProblem::TooLarge { .. } => "Send less.",
            ApiProblem::NoLength => "Send the body in one piece, with its length.",
            ApiProblem::Malformed => {
                "Call with an HTTP client; behind a proxy, look at what the proxy sends."
            }
            ApiProblem::UriTooLong => "Send a shorter address: at most 65,534 bytes.",
            ApiProblem::HeadTooLarge => "Send at most 100 headers, and 128 KiB of them together.",
            ApiProblem::NoAvatar => "Create it first: PUT /v1/avatars/{avatar}.",
            ApiProblem::AvatarTaken | ApiProblem::Erased => "Choose another id, such as a new random UUID.",
            ApiProblem::NoPhoto => "Add it first: PUT /v1/avatars/{avatar}/photos/{photo}.",
            ApiProblem::NoConsent => "Ask the person, then redeem the invite again with `consent`: true.",
            ApiProblem::PhotosInUse => "Wait until the training has a request_id, or cancel it.",
            ApiProblem::TooManyPhotos { .. } => "Remove one first.",
            ApiProblem::PhotosMixed => "Remove the uploaded photos, or leave out photo_urls.",
            ApiProblem::NoBucketHere => "PUT the file itself: PUT /v1/avatars/{avatar}/photos/{photo}.",
            ApiProblem::Key { .. } => "Name a key of the deployment's bucket, outside of likeness/.",
            ApiProblem::KeysForbidden => "Upload the photos, or have a backend with a server token ask.",
            ApiProblem::BeyondInvite { .. } => "Ask for less, or have a backend with a server token ask.",
            ApiProblem::NoRequest => "Compare it with the request_id of the order's status document.",
            ApiProblem::NotAtFal { .. } => {
                "Copy the id from fal.ai's list of requests; if the order is not there, settle it with `not_accepted`."
            }
            ApiProblem::OtherOrder => "Compare it with the request_id of the avatar's other orders.",
            ApiProblem::FalNotAsked { .. } => "Make the same call again later.",
            ApiProblem::NoTraining => "Buy it first: PUT /v1/avatars/{avatar}/trainings/1.",
            ApiProblem::NoPictures => "Buy them first: PUT /v1/avatars/{avatar}/pictures/1.",
            ApiProblem::WrongNumber { .. } => "Numbers count up from 1: use the next one for something new.",
            ApiProblem::Different => {
                "Ask for exactly the same again, or use the next number for something new."
            }
            ApiProblem::Busy => "Wait for its end, or cancel it.",
            ApiProblem::NoModel => "Wait until a training is completed.",
            ApiProblem::NoFile { there: None } => "Wait until its status is completed.",
            ApiProblem::NoFile { there: Some(_) } => {
                "Ask for one of `files` in its status; they count from 1."
            }
            ApiProblem::NotUnclear => "Look at its status.",
            ApiProblem::NoKey => "Set FAL_KEY, or AVATAR_TEST_MODE=true to try without buying.",
            ApiProblem::NoSimulator => {
                "Deploy the front with the simulator (docs/edge.md, Test mode), or take AVATAR_TEST_MODE away and set FAL_KEY."
            }
            ApiProblem::BadSetting { .. } => "Correct it; the deployment's log says what is wrong with it.",
            ApiProblem::NoBucket => {
                "Upload the photos; for keys, the deployment's operator sets MINIO_ENDPOINT, MINIO_BUCKET, \
                 MINIO_ACCESS_KEY and MINIO_SECRET_KEY."
            }
            ApiProblem::NoAdmin => "Set ADMIN_TOKEN to a long random text, then mint a token with it.",
            ApiProblem::OtherSettings { .. } => "Set them as they were then, or create another avatar.",
            ApiProblem::Repeated => "Look at how things are now; if it is still wanted, make the call again.",
            ApiProblem::Exists => "Look at what is there, or leave `If-None-Match` out.",
            ApiProblem::Range { .. } => "Ask for bytes below its length, or for all of it.",
            ApiProblem::RateLimited => "Wait a few seconds.",
            ApiProblem::Internal => "Try again; if it stays, look at the deployment's log.",
        },
    };
    advice.into()
}

/// Says why a body cannot be used, with the place in it.
#[must_use]
pub(crate) fn body(language: Language, error: &BodyError) -> String {
    let BodyError { place, fault } = error;
    let field = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    let subject = if place.is_empty() { "it".to_owned() } else { format!("`{}`", shown(place)) };
    match language {
        Language::English => match fault {
            Fault::Empty => "it is missing; it must be a JSON object".to_owned(),
            Fault::NotJson { what, line, column } => {
                let at = format!("line {line}, column {column}");
                match what {
                    NotJson::Grammar => format!("it is not JSON ({at})"),
                    NotJson::Number => format!("it has a number that is too large ({at})"),
                    NotJson::Surrogate => {
                        format!("it has half a character (an escape such as \\ud800 alone; {at})")
                    }
                    NotJson::Utf8 => format!("it is not UTF-8 ({at})"),
                }
            }
            Fault::Late => "it did not come in time".to_owned(),
            Fault::BrokenOff => {
                "it broke off before its end, or its pieces are not as HTTP wants them".to_owned()
            }
            Fault::TooDeep => format!("it has more than {MOST_LEVELS} levels"),
            Fault::Kind { wanted, found } => format!("{subject} must be {}, not {found}", kind(*wanted)),
            Fault::Missing(name) => format!("`{}` is missing", field(name)),
            Fault::Unknown { field: name, known } => {
                // Known, to be refused with a reason of its own.
                let taken: Vec<&str> = known.iter().copied().filter(|name| *name != "webhook_url").collect();
                let only = match &taken[..] {
                    [] => "no field is".to_owned(),
                    [one] => format!("only `{one}` is"),
                    several => format!("only {} are", listed(several)),
                };
                format!("`{}` is not known here; {only}", shown(&field(name)))
            }
            Fault::Word { known } => {
                // The older name of `high`.
                let today: Vec<&str> = known.iter().copied().filter(|word| *word != "quality").collect();
                format!("{subject} must be one of {}", listed(&today))
            }
            Fault::Twice(name) => format!("`{}` is there twice", shown(&field(name))),
            Fault::Nul => format!("{subject} holds the character U+0000"),
            Fault::Other(why) if place.is_empty() => why.clone(),
            Fault::Other(why) => format!("`{}`: {why}", shown(place)),
        },
    }
}

/// Makes a name that the caller chose fit to show.
fn shown(name: &str) -> String {
    clean(name, 100)
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn kind(wanted: Wanted) -> String {
    match wanted {
        Wanted::Object => "an object".to_owned(),
        Wanted::List => "a list".to_owned(),
        Wanted::Text => "a text".to_owned(),
        Wanted::Bool => "true or false".to_owned(),
        Wanted::Number => "a number".to_owned(),
        Wanted::Null => "null".to_owned(),
        Wanted::Whole { least, most } => format!("a whole number from {least} to {most}"),
    }
}
