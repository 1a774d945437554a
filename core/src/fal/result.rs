//! The result of a request, or the reason of its failure.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::{
    Account, ApiError, CallError, Endpoint, RequestId,
    error::{error_type, object},
};
use crate::{
    http::{Answer, Method, Request, Response, without_query},
    limits::READ_TIMEOUT,
    text::clean,
};

/// A trained model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainedModel {
    /// LoRA weights (`diffusers_lora_file`).
    pub lora: File,
    /// Settings of the training (`config_file`).
    pub config: Option<File>,
}

/// A file at fal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Address of the file, until it expires there.
    pub url: Url,
    /// File name, if fal gives one; a text to show, not a path to write to.
    pub name: Option<String>,
    /// Media type of the file.
    pub content_type: Option<String>,
    /// Length in bytes.
    pub size: Option<u64>,
}

/// Generated pictures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pictures {
    /// Pictures in fal's order.
    pub images: Vec<Image>,
    /// Seed that makes the pictures again; a seed can exceed 2^53.
    pub seed: Option<u64>,
    /// Prompt as the model saw it.
    pub prompt: Option<String>,
}

/// One picture at fal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Address of the picture, until it expires there.
    pub url: Url,
    /// Media type of the picture.
    pub content_type: Option<String>,
    /// Width in pixels.
    pub width: Option<u32>,
    /// Height in pixels.
    pub height: Option<u32>,
    /// Length in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// True if fal's safety filter made the picture black (`has_nsfw_concepts`). It is paid for all the same.
    pub blanked: bool,
}

/// The reason why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ResultError {
    /// The request has not ended yet.
    #[error("fal has not finished yet")]
    NotReady,
    /// The request has failed; this is final.
    #[error("{0}")]
    Failed(ApiError),
    /// The answer is that of a request that failed (400, 410 or 422), without a readable reason.
    #[error("{error}")]
    Unexplained {
        /// Error by the status and the words that were found.
        error: ApiError,
        /// True if the answer carries fal's name of a request (`x-fal-request-id`), which no proxy's page does.
        signed: bool,
    },
    /// The result could not be fetched, which says nothing about the request itself.
    #[error("{0}")]
    Retry(CallError),
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "file {}", without_query(&self.url))
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "image {}{}", without_query(&self.url), if self.blanked { ", blanked" } else { "" })
    }
}

const NAME_LENGTH: usize = 200;
const PROMPT_LENGTH: usize = 10_000;
/// The most pictures that are read. fal makes at most four in one request; a few more are tolerated.
const MOST_IMAGES: usize = 64;

/// Asks for the result, which makes sense only once the [status](super::status) says completed: fal's answer before
/// that is not documented.
#[must_use]
pub fn request(account: &Account, endpoint: &Endpoint, id: &RequestId) -> Request {
    account.queue(Method::GET, &format!("{}/requests/{id}", endpoint.app()), READ_TIMEOUT)
}

/// Reads a training's result. A success without the LoRA's address is [`ResultError::Retry`] with
/// [`CallError::Unreadable`]: something was paid for, so its loss is not decided here.
pub fn parse_model(answer: Answer) -> Result<TrainedModel, ResultError> {
    read(answer, |body| {
        let lora = file(body.get("diffusers_lora_file")?)?;
        Some(TrainedModel { lora, config: body.get("config_file").and_then(file) })
    })
}

/// Reads a generation's result.
pub fn parse_pictures(answer: Answer) -> Result<Pictures, ResultError> {
    read(answer, |body| {
        let flags =
            body.get("has_nsfw_concepts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        // Numbered before any is left out, since the flags are by position in fal's own list.
        let images = body.get("images")?.as_array()?.iter().take(MOST_IMAGES).enumerate();
        let images: Vec<_> = images
            .filter_map(|(index, image)| {
                Some(Image {
                    url: address(image)?,
                    content_type: text(image, "content_type"),
                    width: side(image, "width"),
                    height: side(image, "height"),
                    size: image.get("file_size").and_then(Value::as_u64),
                    blanked: flags.get(index).and_then(Value::as_bool).unwrap_or(false),
                })
            })
            .collect();
        let prompt = body.get("prompt").and_then(Value::as_str).map(|prompt| clean(prompt, PROMPT_LENGTH));
        let seed = body.get("seed").and_then(Value::as_u64);
        (!images.is_empty()).then_some(Pictures { images, seed, prompt })
    })
}

fn read<T>(answer: Answer, parse: impl FnOnce(&Map<String, Value>) -> Option<T>) -> Result<T, ResultError> {
    let response = answer.map_err(|why| ResultError::Retry(CallError::NoAnswer(why)))?;
    if !response.status.is_success() {
        return Err(failure(&response));
    }
    let body = object(&response);
    match body.as_ref().and_then(parse) {
        Some(result) => Ok(result),
        None if body.as_ref().is_some_and(is_pending) => Err(ResultError::NotReady),
        None => Err(ResultError::Retry(CallError::unreadable(&response))),
    }
}

/// Tells what an answer without success means for the request.
///
/// fal answers for a failed request with the model's status and body. The costly mistake would be to take a passing
/// problem of the call for the failure of a paid training. So problems of the key (401, 402, 403), an unknown
/// request (404), a proxy's (407) and 408, 425, 429 are the call's; a 5xx is the request's only when fal names a
/// type or sends its retry header, which its gateway's own pages lack.
fn failure(response: &Response) -> ResultError {
    if is_pending_page(response) {
        return ResultError::NotReady;
    }
    let status = response.status.as_u16();
    let body = object(response).unwrap_or_default();
    let explained = ApiError::with_detail(response).filter(ApiError::is_explained);
    if matches!(status, 400 | 410 | 422) && explained.is_none() {
        let signed = response.header("x-fal-request-id").is_some_and(|id| id.parse::<RequestId>().is_ok());
        return ResultError::Unexplained { error: ApiError::unexplained(response), signed };
    }
    match CallError::of(response) {
        CallError::Api(error) => {
            let of_call = matches!(error.status, 401..=404 | 407 | 408 | 425 | 429);
            let typed = error.retryable.is_some()
                || error_type(response, &body).is_some()
                || error.details.iter().any(|detail| !detail.kind.is_empty());
            if !of_call && body.contains_key("detail") && (error.status < 500 || typed) {
                ResultError::Failed(error)
            } else {
                ResultError::Retry(CallError::Api(error))
            }
        }
        other => ResultError::Retry(other),
    }
}

/// Tells whether the body holds a status instead of a result.
fn is_pending(body: &Map<String, Value>) -> bool {
    let status = body.get("status").and_then(Value::as_str);
    matches!(status, Some("IN_QUEUE" | "IN_PROGRESS"))
        || ["detail", "error", "message"].iter().any(|name| body.get(*name).is_some_and(is_pending_text))
}

fn is_pending_text(value: &Value) -> bool {
    value.as_str().is_some_and(says_pending)
}

/// Finds `Request is still in progress`, which users of other clients have reported.
fn says_pending(text: &str) -> bool {
    text.to_ascii_lowercase().contains("still in progress")
}

fn is_pending_page(response: &Response) -> bool {
    match object(response) {
        Some(body) => is_pending(&body),
        None => {
            str::from_utf8(response.body.get(..MAX_PAGE).unwrap_or(&response.body)).is_ok_and(says_pending)
        }
    }
}

/// The number of bytes that are searched of an answer that is not JSON.
const MAX_PAGE: usize = 1024;

fn file(value: &Value) -> Option<File> {
    let size = value.get("file_size").and_then(Value::as_u64);
    Some(File {
        url: address(value)?,
        name: text(value, "file_name"),
        content_type: text(value, "content_type"),
        size,
    })
}

fn address(value: &Value) -> Option<Url> {
    let url: Url = value.get("url")?.as_str()?.parse().ok()?;
    (matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none())
        .then_some(url)
}

fn text(value: &Value, name: &str) -> Option<String> {
    value
        .get(name)
        .and_then(Value::as_str)
        .map(|text| clean(text, NAME_LENGTH))
        .filter(|text| !text.is_empty())
}

fn side(value: &Value, name: &str) -> Option<u32> {
    value.get(name)?.as_u64()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ResultError, parse_model, parse_pictures, request};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        fal::{
            CallError, ErrorKind,
            fixtures::{account, answer, described, id, javascript, made, python, trainer, with, without},
        },
        http::NoAnswer,
    };

    #[test]
    fn it_is_what_fals_clients_send() {
        let ours = described(&request(&account(), &trainer(), &id()));
        assert_eq!(ours, without(javascript("result").remove(0), "content-type"));
        // The Python client asks for the status first.
        assert_eq!(ours, with(python("result").remove(1), "accept", "application/json"));
    }

    #[test]
    fn a_sub_path_is_dropped_as_fals_client_does() {
        let endpoint = "fal-ai/flux-lora/image-to-image".parse().expect("an endpoint");
        let ours = described(&request(&account(), &endpoint, &id()));
        assert_eq!(ours, without(javascript("result_of_a_sub_path").remove(0), "content-type"));
    }

    #[test]
    fn a_model_is_read() {
        let model = parse_model(Ok(answer("result_model"))).expect("a model");
        assert!(model.lora.url.path().ends_with("_pytorch_lora_weights.safetensors"));
        assert_eq!(model.lora.name.as_deref(), Some("pytorch_lora_weights.safetensors"));
        assert_eq!(model.lora.size, Some(89_745_224));
        assert_eq!(model.config.expect("a config").size, Some(452));
        let bare = made(200, &json!({"diffusers_lora_file": {"url": "https://a.b/c"}}));
        assert!(parse_model(Ok(bare)).is_ok());
    }

    #[test]
    fn pictures_are_read_with_their_whole_seed() {
        let pictures = parse_pictures(Ok(answer("result_pictures"))).expect("pictures");
        assert_eq!(pictures.seed, Some(196_619_188_014_358_660));
        assert_eq!(pictures.images.iter().map(|image| image.blanked).collect::<Vec<_>>(), [false, true]);
        assert_eq!((pictures.images[0].width, pictures.images[0].height), (Some(1024), Some(768)));
        assert_eq!(pictures.prompt.as_deref(), Some("ohwx_anna in a garden"));
    }

    #[test]
    fn a_success_without_what_was_bought_decides_nothing() {
        for body in [
            json!({}),
            json!({"diffusers_lora_file": null, "images": []}),
            json!({"diffusers_lora_file": {"url": "data:,x"}, "images": [{"url": "file:///etc/passwd"}]}),
            json!({"diffusers_lora_file": {"url": "https://u:p@a/b"}}),
        ] {
            let unreadable = ResultError::Retry(CallError::Unreadable { status: 200 });
            assert_eq!(parse_model(Ok(made(200, &body))), Err(unreadable.clone()));
            assert_eq!(parse_pictures(Ok(made(200, &body))), Err(unreadable));
        }
    }

    #[test]
    fn before_the_end_it_is_not_ready() {
        for name in ["result_pending", "result_pending_as_status", "status_in_queue"] {
            assert_eq!(parse_model(Ok(answer(name))), Err(ResultError::NotReady), "{name}");
        }
    }

    #[test]
    fn a_failed_request_is_final() {
        for (name, kind) in [
            ("archive_too_small", ErrorKind::ArchiveFileCountBelowMinimum),
            ("archive_invalid", ErrorKind::InvalidArchive),
            ("steps_too_many", ErrorKind::InvalidInput),
            ("model_failed", ErrorKind::InternalServerError),
            ("fields_of_old", ErrorKind::InvalidInput),
            ("detail_as_text", ErrorKind::InvalidInput),
            ("request_timed_out", ErrorKind::RequestTimeout),
            ("runner_gone", ErrorKind::RunnerFailed),
            ("cancelled", ErrorKind::ClientCancelled),
        ] {
            match parse_model(Ok(answer(name))) {
                Err(ResultError::Failed(error)) => assert_eq!(error.kind, kind, "{name}"),
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_refusal_without_a_reason_is_the_end_only_when_fal_signed_it() {
        let page = |status: u16, body: &str, signed: bool| {
            let mut response = made(status, &json!({}));
            response.body = body.as_bytes().to_vec();
            if signed {
                response.headers.insert("x-fal-request-id", "764cabcf-b745-4b3e".parse().expect("a value"));
            }
            parse_model(Ok(response))
        };
        let bodies = [
            "",
            "{}",
            "[]",
            "<html>Bad Request</html>",
            r#"{"detail":null}"#,
            r#"{"detail":[]}"#,
            r#"{"detail":""}"#,
            r#"{"detail":{"a":1}}"#,
            r#"{"error":{"type":"t","message":"m"}}"#,
        ];
        for body in bodies {
            for status in [400, 410, 422] {
                for really in [true, false] {
                    match page(status, body, really) {
                        Err(ResultError::Unexplained { error, signed }) => {
                            assert_eq!((error.status, signed), (status, really), "{body}");
                        }
                        other => panic!("{status} {body}: {other:?}"),
                    }
                }
            }
            for status in [401, 402, 403, 404, 407, 408, 425, 429, 500, 502, 503] {
                let answer = page(status, body, true);
                assert!(matches!(answer, Err(ResultError::Retry(_))), "{status} {body}: {answer:?}");
            }
        }
        for body in ["Request is still in progress", r#"{"error":"Request is still in progress"}"#] {
            assert_eq!(page(400, body, true), Err(ResultError::NotReady));
        }
        let Err(ResultError::Unexplained { error, .. }) = page(422, r#"{"message":"no faces"}"#, true) else {
            panic!("an answer without detail")
        };
        assert_eq!(
            error.to_string(),
            "fal gives no result, and no reason that can be read. fal says: no faces"
        );
        let Err(ResultError::Unexplained { error, .. }) = page(410, "", true) else { panic!("no answer") };
        assert!(error.to_string().ends_with("Its answer has HTTP status 410."), "{error}");
    }

    #[test]
    fn trouble_with_the_call_does_not_fail_the_request() {
        for name in [
            "key_unknown",
            "balance_exhausted",
            "request_unknown",
            "application_unknown",
            "too_many_requests",
            "gateway_page",
            "proxy_page",
            "redirected",
        ] {
            assert!(matches!(parse_model(Ok(answer(name))), Err(ResultError::Retry(_))), "{name}");
        }
        let untyped = made(500, &json!({"detail": "Internal Server Error"}));
        assert!(matches!(parse_model(Ok(untyped)), Err(ResultError::Retry(CallError::Api(_)))));
        let lost = ResultError::Retry(CallError::NoAnswer(NoAnswer::Interrupted));
        assert_eq!(parse_pictures(Err(NoAnswer::Interrupted)), Err(lost));
    }
}
