//! Messages between the front and its objects: a call with its caller, and an answer that may ask for bytes to be
//! moved.
//!
//! Each of these messages may arrive twice. The platform repeats one whose answer it lost
//! ([page](https://developers.cloudflare.com/durable-objects/best-practices/automatic-retries/)), and its own memory,
//! by which it tells the two apart, dies with the object's instance. So each has an id:
//!
//! | To | Message | When it comes again |
//! |---|---|---|
//! | An avatar | `call`, which changes something | [`AvatarApi::answer_once`](likeness_core::api::AvatarApi::answer_once) |
//! | | `call`, which only shows; `admit`; `webhook` | does nothing more |
//! | The budget | `call`, which changes something | [`BudgetApi::answer_once`](likeness_core::api::BudgetApi::answer_once) |
//! | | `reserve`, `spent`, `turn-away` | [`Recent::once`](likeness_core::api::Recent::once) |
//! | | `who`, `forget`; `call`, which only shows | does nothing more |
//! | A list | `note` | [`Recent::once`](likeness_core::api::Recent::once): an older line would bring back who was erased |
//! | | `claim`, `holder`, `list` | does nothing more |
//! | The ledger | `tell` | [`reported`](likeness_core::api::reported): as with a list |
//! | | `overview` | does nothing more |
//!
//! (`/test/…` is not a message: it is HTTP for the simulated fal.ai and bucket, which take a repeat as real ones do.)

use http::{
    HeaderMap, HeaderName, Method,
    header::{CONTENT_LENGTH, IF_NONE_MATCH, IF_RANGE, RANGE},
};
use likeness_core::{
    api::{Admission, ApiProblem, Call, Caller, Given, MessageId, Reply, Spent},
    avatar::{AvatarId, OrderKey},
    budget::{Payer, Purchase},
    chat::ApiCall,
    error::{Error, StorageError},
    http::{self as plain, wire},
    json,
    telegram::ChatId,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use wasm_bindgen::JsValue;
use web_sys::RequestInit;
use worker::{Env, Headers, Request, Response, ResponseBuilder, Result, Stub};

use crate::settings::{entropy, now};

/// A call on its way to an object.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ObjectCall {
    #[serde(with = "wire::method")]
    method: Method,
    target: String,
    #[serde(with = "wire::header_list")]
    headers: HeaderMap,
    #[serde(rename = "who")]
    pub(crate) caller: Caller,
    /// Origin of the front, such as `http://127.0.0.1:8787`.
    pub(crate) origin: String,
    body: Vec<u8>,
    /// Success or failure of receiving the call's file.
    received: Option<std::result::Result<(), Refused>>,
}

/// The reason why a file was not received.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Refused {
    /// A file larger than announced or allowed.
    TooLarge { max: u64 },
    /// A bucket that did not take the file.
    Storage(StorageError),
}

/// An object's answer to a message.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ObjectReply {
    /// A reply to send.
    Reply(Reply),
    /// A destination to which to stream the call's body, before coming back.
    Receive { to: plain::Request, max_bytes: u64 },
    /// A file to stream.
    File { from: plain::Request, head: Head },
}

/// A reply beside something else, written as [`ObjectReply::Reply`] is.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Head {
    Reply(Reply),
}

/// An avatar's question to the budget for a purchase.
#[derive(Serialize, Deserialize)]
pub(crate) struct Reservation {
    pub(crate) avatar: AvatarId,
    pub(crate) purchase: Purchase,
    pub(crate) by_server: bool,
}

/// An avatar's report of a purchase's end to the budget.
#[derive(Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) avatar: AvatarId,
    pub(crate) order: OrderKey,
    pub(crate) spent: Spent,
}

/// An avatar's line for the list of its user.
#[derive(Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) avatar: String,
    /// Shown part of the line; `None` once the avatar is taken out.
    pub(crate) view: Option<Value>,
}

/// An update of Telegram's for its chat.
#[derive(Serialize, Deserialize)]
pub(crate) struct ChatUpdate {
    /// Update as Telegram wrote it.
    pub(crate) update: String,
    /// Origin of the front, under which the chat's own calls are made.
    pub(crate) origin: String,
}

/// The answer to a call to the budget.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answered {
    /// An answer for the caller.
    #[serde(rename = "told")]
    Reply(Head),
    /// An avatar that was admitted, to be created.
    Admit(Box<Admission>),
}

impl Reservation {
    pub(crate) fn payer(&self) -> Payer {
        if self.by_server { Payer::Server } else { Payer::Avatar }
    }
}

impl ObjectCall {
    /// Makes the message of a call as the front received it, from a caller who is not known yet and without its body.
    pub(crate) fn new(method: Method, target: String, headers: &HeaderMap, origin: String) -> Self {
        let kept = [CONTENT_LENGTH, IF_NONE_MATCH, IF_RANGE, HeaderName::from_static("prefer"), RANGE];
        let kept = kept.into_iter().filter_map(|name| Some((name.clone(), headers.get(name)?.clone())));
        let (headers, caller, body) = (kept.collect(), Caller::Anyone, Vec::new());
        Self { method, target, headers, caller, origin, body, received: None }
    }

    /// Makes the message of a chat's call, with a file of this length where the call carries one.
    pub(crate) fn of_chat(call: &ApiCall, file: Option<u64>, origin: String) -> Self {
        let (method, target) = call.line();
        let headers = file.map(|length| (CONTENT_LENGTH, length.into())).into_iter().collect();
        Self {
            headers,
            caller: call.caller,
            body: call.body.clone(),
            ..Self::new(method.clone(), target.to_owned(), &HeaderMap::new(), origin)
        }
    }

    /// Adds the caller and the body.
    pub(crate) fn with(&self, caller: Caller, body: Vec<u8>) -> Self {
        Self { caller, body, ..self.clone() }
    }

    pub(crate) fn received(self, received: std::result::Result<(), Refused>) -> Self {
        Self { received: Some(received), ..self }
    }

    /// Parses the call for the object.
    pub(crate) fn read(&self) -> std::result::Result<Call, ApiProblem> {
        Call::parse(&self.method, &self.target, &self.headers, now())
    }

    /// Returns the input that comes with the call in this message.
    pub(crate) fn given(&self, message: Option<MessageId>) -> Given {
        let received = self.received.clone().map(|received| {
            received.map_err(|refused| match refused {
                Refused::TooLarge { max } => ApiProblem::TooLarge { max }.into(),
                Refused::Storage(error) => (&Error::Storage(error)).into(),
            })
        });
        Given { body: self.body.clone(), received, message, ..Given::default() }
    }
}

/// The header with a message's id.
const MESSAGE: &str = "x-message-id";

/// Reads the id of a message that arrived.
pub(crate) fn message_id(request: &Request) -> Option<MessageId> {
    MessageId::parse(&request.headers().get(MESSAGE).ok().flatten()?)
}

/// Makes a request with this body. (worker's own way to make one carries along all that Cloudflare lets a request say
/// of its cache.)
pub(crate) fn post(url: &str, headers: &Headers, body: &JsValue) -> Result<Request> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers.0);
    init.set_body(body);
    Ok(web_sys::Request::new_with_str_and_init(url, &init)?.into())
}

/// Sends a message to an object, and reads its answer.
pub(crate) async fn call_object<T: DeserializeOwned>(
    stub: &Stub,
    what: &str,
    message: &impl Serialize,
) -> Result<T> {
    let headers = Headers::new();
    headers.set(MESSAGE, &MessageId::new(entropy()?).to_string())?;
    let request = post(&format!("https://object/{what}"), &headers, &serde_json::to_string(message)?.into())?;
    let mut response = stub.fetch_with_request(request).await?;
    if response.status_code() != 200 {
        return Err(format!("an object answered {} to {what}", response.status_code()).into());
    }
    Ok(json::parse(&response.bytes().await?)?)
}

/// Reads a message of [`call_object`]. (`Request::json` would compile every message for a third reader.)
pub(crate) async fn heard<T: DeserializeOwned>(request: &mut Request) -> Result<T> {
    Ok(json::parse(&request.bytes().await?)?)
}

/// Makes an object's answer to [`call_object`].
pub(crate) fn object_answer(message: &impl Serialize) -> Result<Response> {
    ResponseBuilder::new().from_json(message)
}

/// Finds the one object that keeps the budget.
pub(crate) fn budget(env: &Env) -> Result<Stub> {
    env.durable_object("BUDGET")?.get_by_name("budget")
}

/// Finds the one object that keeps the operator's ledger.
pub(crate) fn ledger(env: &Env) -> Result<Stub> {
    env.durable_object("LEDGER")?.get_by_name("ledger")
}

/// Finds the object of an avatar.
pub(crate) fn avatar(env: &Env, id: AvatarId) -> Result<Stub> {
    env.durable_object("AVATAR")?.get_by_name(&id.to_string())
}

/// Finds the object of a chat.
pub(crate) fn chat(env: &Env, id: ChatId) -> Result<Stub> {
    env.durable_object("CHAT")?.get_by_name(&id.to_string())
}

/// Finds the object with the list of this name.
pub(crate) fn index(env: &Env, name: &str) -> Result<Stub> {
    env.durable_object("INDEX")?.get_by_name(name)
}

#[cfg(all(test, target_arch = "wasm32"))]
mod tests {
    use std::time::Duration;

    use http::{HeaderName, HeaderValue, Method, StatusCode, header::AUTHORIZATION};
    use likeness_core::{
        api::{Caller, Operation, Reply},
        budget::Payer,
    };
    use serde::{Serialize, de::DeserializeOwned};
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::{Answered, ChatUpdate, ObjectCall, ObjectReply, Outcome, Refused, Reservation};

    #[test]
    fn a_call_reaches_its_object_as_it_came_but_for_its_secret() {
        let target = "/v1/avatars/3f0e8a52-7c7e-4c59-9d3c-0a4b8c2f6d11/photos/p1?name=a%20b";
        let headers = [(AUTHORIZATION, "Bearer lks_secret"), (HeaderName::from_static("prefer"), "wait=5")];
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter();
        let origin = "https://likeness.test".to_owned();
        let arrived = ObjectCall::new(Method::PUT, target.to_owned(), &headers.collect(), origin);
        let object_call = arrived.with(Caller::Server, b"{}".to_vec());
        let text = serde_json::to_string(&object_call).expect("JSON");
        assert!(!text.contains("lks_secret"), "{text}");
        let object_call: ObjectCall = serde_json::from_str(&text).expect("the same");
        assert_eq!(object_call.origin, "https://likeness.test");
        let call = object_call.read().expect("a call");
        assert_eq!(call.wait, Some(Duration::from_secs(5)));
        assert_eq!((call.operation, object_call.caller.payer()), (Operation::UploadPhoto, Payer::Server));
        assert_eq!(object_call.given(None).body, b"{}");
        assert!(object_call.given(None).received.is_none());
        let refused = object_call.received(Err(Refused::TooLarge { max: 7 })).given(None);
        assert_eq!(refused.received.map(|received| received.is_ok()), Some(false));
    }

    #[test]
    fn a_reply_comes_back_as_it_was_given() {
        let reply = Reply::empty(StatusCode::ACCEPTED).with(http::header::LOCATION, "/v1/x");
        let reply = Reply { body: b"{\"a\":1}".to_vec(), ..reply };
        let text = serde_json::to_string(&ObjectReply::Reply(reply.clone())).expect("JSON");
        let back: ObjectReply = serde_json::from_str(&text).expect("the same");
        assert!(matches!(back, ObjectReply::Reply(back) if back == reply));
    }

    /// Holds the form of messages: during a deployment the front may be of this release and its objects still of the
    /// one before, or the other way.
    #[test]
    fn messages_do_not_change_between_releases() {
        fn is_written_as_it_was_read<T: Serialize + DeserializeOwned>(message: &str) {
            let read: T = serde_json::from_str(message).expect(message);
            assert_eq!(serde_json::to_string(&read).expect("JSON"), message);
        }
        let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        for (who, received) in [
            (r#""anyone""#.to_owned(), "null"),
            (r#""admin""#.to_owned(), r#"{"Ok":null}"#),
            (r#""server""#.to_owned(), r#"{"Err":{"too_large":{"max":7}}}"#),
            (
                format!(r#"{{"capability":"{digest}"}}"#),
                r#"{"Err":{"storage":{"kind":"unreachable","place":"the bucket"}}}"#,
            ),
        ] {
            is_written_as_it_was_read::<ObjectCall>(&format!(
                r#"{{"method":"PUT","target":"/v1/avatars?a=b","headers":[["prefer","wait=5"]],"who":{who},"origin":"https://likeness.test","body":[123,125],"received":{received}}}"#
            ));
        }
        let reply = r#"{"reply":{"status":202,"headers":[["location","/v1/x"]],"body":[123,125]}}"#;
        let signed = r#"{"method":"PUT","url":"https://minio.example.com/a?b=c","headers":{"if-match":"1"}}"#;
        is_written_as_it_was_read::<ObjectReply>(reply);
        is_written_as_it_was_read::<ObjectReply>(&format!(
            r#"{{"receive":{{"to":{signed},"max_bytes":7}}}}"#
        ));
        is_written_as_it_was_read::<ObjectReply>(&format!(
            r#"{{"file":{{"from":{signed},"head":{reply}}}}}"#
        ));
        is_written_as_it_was_read::<Answered>(&format!(r#"{{"told":{reply}}}"#));
        let avatar = "3f0e8a52-7c7e-4c59-9d3c-0a4b8c2f6d11";
        for spent in ["bought", "nothing"] {
            is_written_as_it_was_read::<Outcome>(&format!(
                r#"{{"avatar":"{avatar}","order":{{"training":1}},"spent":"{spent}"}}"#
            ));
        }
        is_written_as_it_was_read::<ChatUpdate>(r#"{"update":"{}","origin":"https://likeness.test"}"#);
        for purchase in [r#"{"training":1}"#, r#"{"pictures":{"number":2,"count":4}}"#] {
            is_written_as_it_was_read::<Reservation>(&format!(
                r#"{{"avatar":"{avatar}","purchase":{purchase},"by_server":true}}"#
            ));
        }
    }
}
