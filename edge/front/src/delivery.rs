//! An admitted call at the objects that answer it, and the bytes that they want moved. Calls over HTTP come here, and
//! those of chats.

use std::{cell::Cell, rc::Rc};

use futures_util::{FutureExt as _, StreamExt as _, future::LocalBoxFuture};
use http::StatusCode;
use js_sys::Uint8Array;
use likeness_core::{
    api::{ApiProblem, Call, Deployment, Operation, Place, Problem, Reply, avatars_view, overview},
    avatar::AvatarId,
    error::{Error, StorageErrorKind},
    http as plain,
    limits::TRANSFER_TIMEOUT,
    storage::{Asked, MAX_REFUSAL_BYTES, head_of},
};
use likeness_platform::{Deadline, fixed_length, header_map, outgoing, tell};
use serde_json::Value;
use wasm_bindgen::JsValue;
use web_sys::ReadableStream;
use worker::{Context, Env, Fetch, Response, Result};

use crate::{
    outcome::{Answer, Outcome},
    rpc::{self, Answered, Head, ObjectCall, ObjectReply, Refused, call_object},
};

/// The file that comes with a call.
#[derive(Default)]
pub(crate) struct Upload<'a> {
    pub(crate) body: Option<ReadableStream>,
    pub(crate) length: Option<u64>,
    /// Context of a call over HTTP, which the platform ends when its caller goes away.
    pub(crate) context: Option<&'a Context>,
}

/// Takes a call to the object that answers it. `call` was read from the message, and its caller may make it.
// Boxed, since what is awaited in two places is compiled twice.
pub(crate) fn deliver<'a>(
    call: &'a Call,
    object_call: ObjectCall,
    upload: Upload<'a>,
    env: &'a Env,
    deployment: &'a Deployment,
) -> LocalBoxFuture<'a, Answer> {
    Box::pin(async move {
        let id = match (call.operation.place(), call.params.avatar) {
            (Place::Here, _) => return Ok(Outcome::Reply(here(call.operation, deployment))),
            // One arm, for the same reason.
            (place @ (Place::Budget | Place::Ledger), _) => {
                let mut reply = budget(env, &object_call).await?;
                if place == Place::Ledger {
                    let ledger: Value = call_object(&rpc::ledger(env)?, "overview", &()).await?;
                    reply = overview(reply, &ledger);
                }
                return Ok(Outcome::Reply(reply));
            }
            (Place::User, _) => {
                let user = call.params.user.as_ref().map(ToString::to_string).unwrap_or_default();
                let avatars: Vec<Value> =
                    call_object(&rpc::index(env, &format!("user:{user}"))?, "list", &()).await?;
                return Ok(Outcome::Reply(Reply::json(StatusCode::OK, &avatars_view(&avatars))));
            }
            (Place::Request, _) => {
                let request_id = call.params.request.as_ref().map(ToString::to_string).unwrap_or_default();
                let index = rpc::index(env, &format!("request:{request_id}"))?;
                let holder: Option<AvatarId> = call_object(&index, "holder", &()).await?;
                holder.ok_or(ApiProblem::NoRequest)?
            }
            (_, id) => id.ok_or(ApiProblem::NoRoute)?,
        };
        avatar(id, object_call, upload, env).await
    })
}

fn here(operation: Operation, deployment: &Deployment) -> Reply {
    match operation {
        Operation::Describe => Reply::described(),
        Operation::ShowOffer => Reply::json(StatusCode::OK, &deployment.offer()),
        _ => Reply::json(StatusCode::OK, &deployment.health(&[])),
    }
}

async fn budget(env: &Env, object_call: &ObjectCall) -> Answer<Reply> {
    let admission = match call_object(&rpc::budget(env)?, "call", object_call).await? {
        Answered::Reply(Head::Reply(reply)) => return Ok(reply),
        Answered::Admit(admission) => admission,
    };
    let (id, message) = (admission.avatar, (&admission, &object_call.origin));
    let admitted: std::result::Result<(), Problem> =
        call_object(&rpc::avatar(env, id)?, &format!("admit/{id}"), &message).await?;
    if let Err(problem) = admitted {
        call_object::<()>(&rpc::budget(env)?, "turn-away", &admission).await?;
        return Err(problem.into());
    }
    Ok(admission.reply())
}

async fn avatar(id: AvatarId, object_call: ObjectCall, upload: Upload<'_>, env: &Env) -> Answer {
    let (stub, what) = (rpc::avatar(env, id)?, format!("call/{id}"));
    let mut reply: ObjectReply = call_object(&stub, &what, &object_call).await?;
    if let ObjectReply::Receive { to, max_bytes } = reply {
        let Upload { body, length, context } = upload;
        let received = async move {
            let received = forward(body, length, &to, max_bytes).await;
            call_object(&stub, &what, &object_call.received(received)).await
        };
        reply = outliving(context, received).await?;
    }
    match reply {
        ObjectReply::Reply(reply) => Ok(Outcome::Reply(reply)),
        ObjectReply::File { from, head: Head::Reply(reply) } => file(&from, reply).await,
        ObjectReply::Receive { .. } => Err(ApiProblem::Internal.into()),
    }
}

/// Does work to its end. The platform ends a call without a word when its caller goes away, and the end of an upload
/// has to be reported nevertheless.
async fn outliving<T: 'static>(
    context: Option<&Context>,
    work: impl Future<Output = Result<T>> + 'static,
) -> Result<T> {
    let done = Rc::new(Cell::new(None));
    let outcome = Rc::clone(&done);
    let work = async move { outcome.set(Some(work.await)) }.shared();
    if let Some(context) = context {
        context.wait_until(work.clone());
    }
    work.await;
    done.take().unwrap_or_else(|| Err("what became of it is not known".into()))
}

/// Streams a call's file to its destination. Its bytes never enter this Worker's memory as a whole.
async fn forward(
    body: Option<ReadableStream>,
    length: Option<u64>,
    to: &plain::Request,
    max: u64,
) -> std::result::Result<(), Refused> {
    let length = length.filter(|length| *length <= max).ok_or(Refused::TooLarge { max })?;
    let asked = Asked::at(&to.url, THE_BUCKET);
    let readable: JsValue = match (body, fixed_length(length)) {
        (Some(body), Ok(stream)) => {
            let piped = body.pipe_to(&stream.writable());
            wasm_bindgen_futures::spawn_local(async move {
                // A body that breaks off breaks the request off, whose answer then gives the reason.
                let _ = wasm_bindgen_futures::JsFuture::from(piped).await;
            });
            stream.readable().into()
        }
        (None, _) => Uint8Array::new_with_length(0).into(),
        (_, Err(_)) => return Err(Refused::Storage(asked.error(StorageErrorKind::Unreachable))),
    };
    let error = match tell(to, &readable, Deadline::after(TRANSFER_TIMEOUT)).await {
        Ok(answer) if asked.is_given(answer.status, &answer.headers) => return Ok(()),
        Ok(answer) => answer.refusal(&asked).await,
        Err(why) => {
            worker::console_warn!("[FAL AI] WARNING an upload was not taken: {why}");
            asked.error(StorageErrorKind::Unreachable)
        }
    };
    worker::console_warn!("[FAL AI] WARNING an upload was not taken: {error}");
    Err(Refused::Storage(error))
}

async fn file(from: &plain::Request, reply: Reply) -> Answer {
    let asked = Asked::at(&from.url, THE_BUCKET);
    let error = match Fetch::Request(outgoing(from).map_err(worker::Error::from)?.into()).send().await {
        Ok(mut body) => {
            let status = StatusCode::from_u16(body.status_code()).unwrap_or(StatusCode::BAD_GATEWAY);
            let headers = header_map(&body.headers().0);
            // The answer may be a part of the file, where one was asked for.
            if status != reply.status || !asked.is_given(status, &headers) {
                asked.refused(status, &headers, &beginning(&mut body).await)
            } else if head_of(&headers).length.is_none_or(|now| Some(now) == head_of(&reply.headers).length) {
                return Ok(Outcome::File { reply, body });
            } else {
                asked.error(StorageErrorKind::Changed)
            }
        }
        Err(_) => asked.error(StorageErrorKind::Unreachable),
    };
    worker::console_warn!("[FAL AI] WARNING a file was not given: {error}");
    Err(Problem::from(&Error::Storage(error)).into())
}

/// The name of the bucket in answers to callers: its address is the operator's business.
const THE_BUCKET: &str = "the bucket";

/// Reads as much of an answer as is needed to judge a refusal.
async fn beginning(response: &mut Response) -> Vec<u8> {
    let mut body = Vec::new();
    if let Ok(mut stream) = response.stream() {
        while body.len() < MAX_REFUSAL_BYTES
            && let Some(Ok(chunk)) = stream.next().await
        {
            body.extend(chunk);
        }
    }
    body
}
