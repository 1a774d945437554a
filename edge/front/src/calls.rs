//! A call from its arrival to its answer: the caller, the object that answers, and the bytes that the object wants
//! moved.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use futures_util::{FutureExt as _, StreamExt as _};
use http::{HeaderMap, StatusCode};
use js_sys::Uint8Array;
use likeness_core::{
    api::{
        ApiProblem, Call, Caller, Credential, Deployment, Operation, Origin, Place, Porter, Problem, Reply,
        Shown, avatars_view, overview,
    },
    avatar::AvatarId,
    budget::TokenText,
    error::{Error, StorageErrorKind},
    http as plain,
    limits::{PhotoLimits, TRANSFER_TIMEOUT},
    storage::{Asked, MAX_REFUSAL_BYTES, head_of},
};
use likeness_platform::{Deadline, fixed_length, header_map, memory, outgoing, tell};
use serde_json::Value;
use wasm_bindgen::JsValue;
use worker::{Context, Env, Fetch, Method, Request, Response, ResponseBuilder, Result};

use crate::{
    drain::drain,
    page,
    response::{respond, stream},
    rpc::{self, Answered, Head, ObjectCall, ObjectReply, Refused, call_object},
    settings::{self, now},
    webhook,
};

/// Answers a call.
pub(crate) async fn answer(request: Request, env: Env, context: &Context) -> Result<Response> {
    let headers = header_map(&request.headers().0);
    let deployment = match settings::deployment(&env) {
        Ok(deployment) => deployment,
        Err(error) => {
            worker::console_error!("[FAL AI] ERROR {error}");
            return respond(ApiProblem::BadSetting { setting: error.setting }.into(), false);
        }
    };
    if request.method() == Method::Options {
        return respond(deployment.cors.preflight(&headers), false);
    }
    let head = request.method() == Method::Head;
    let path = request.path();
    if deployment.test_mode && path.starts_with("/test/") {
        return test_box(request, &env, &path).await;
    }
    if let Some(response) = page::answer(&request, &env, &deployment).await {
        return response;
    }
    let body = request.inner().body();
    let answered = answered(request, &env, context, &deployment, &headers).await;
    let outcome = answered.unwrap_or_else(|Refusal(problem)| Outcome::Reply(problem.into()));
    if let Outcome::Reply(reply) = &outcome
        && reply.status.is_client_error()
    {
        drain(body).await;
    }
    match outcome {
        Outcome::Reply(reply) => respond(deployment.cors.apply(&headers, reply), head),
        Outcome::File { reply, body } => stream(&deployment.cors.apply(&headers, reply), body, head),
    }
}

enum Outcome {
    Reply(Reply),
    File { reply: Reply, body: Response },
}

/// The reason why a call is not answered: a problem of the call, or a fault of this Worker, which is in the log.
struct Refusal(Problem);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<ApiProblem> for Refusal {
    fn from(problem: ApiProblem) -> Self {
        Self(problem.into())
    }
}

impl From<worker::Error> for Refusal {
    fn from(error: worker::Error) -> Self {
        worker::console_error!("[FAL AI] ERROR {error}");
        ApiProblem::Internal.into()
    }
}

type Answer<T = Outcome> = std::result::Result<T, Refusal>;

async fn answered(
    request: Request,
    env: &Env,
    context: &Context,
    deployment: &Deployment,
    headers: &HeaderMap,
) -> Answer {
    let url = request.url()?;
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let method = http::Method::from_bytes(request.method().to_string().as_bytes());
    let method = method.map_err(|_| ApiProblem::NoRoute)?;
    let call = Call::parse(&method, &target, headers, now())?;
    let message = ObjectCall::new(method, target, headers, url.origin().ascii_serialization());
    let arrived = Arrived { call, address: address(headers), message, env, context, deployment };
    Ok(match arrived.answer(request).await? {
        Outcome::Reply(reply) => Outcome::Reply(arrived.call.unless_known(reply)),
        file @ Outcome::File { .. } => file,
    })
}

thread_local! {
    /// Credentials that were admitted and refused a moment ago, as far as this isolate knows.
    static PORTER: RefCell<Porter> = RefCell::new(Porter::default());
}

/// Returns the caller's address, as Cloudflare names it.
fn address(headers: &HeaderMap) -> Option<&str> {
    headers.get("cf-connecting-ip")?.to_str().ok()
}

/// A call that has arrived, with all that its answer needs but the body.
struct Arrived<'a> {
    call: Call,
    address: Option<&'a str>,
    /// The message that takes the call to its object.
    message: ObjectCall,
    env: &'a Env,
    context: &'a Context,
    deployment: &'a Deployment,
}

impl Arrived<'_> {
    async fn answer(&self, request: Request) -> Answer {
        if self.comes_in_a_burst().await {
            return Err(ApiProblem::RateLimited.into());
        }
        let mut shown = Shown::of(&self.call, b"");
        self.refuse(shown)?;
        let answered = self.admitted(request, &mut shown).await;
        let outcome = answered.unwrap_or_else(|Refusal(problem)| Outcome::Reply(problem.into()));
        let (Outcome::Reply(reply) | Outcome::File { reply, .. }) = &outcome;
        PORTER.with_borrow_mut(|porter| porter.answered(&self.call, shown, self.origin(), reply, now()));
        Ok(outcome)
    }

    fn origin(&self) -> Option<Origin> {
        self.address.and_then(Origin::parse)
    }

    /// Refuses a call that can be refused without a question.
    fn refuse(&self, shown: Option<Shown>) -> Answer<()> {
        let refused = |porter: &mut Porter| porter.refuses(&self.call, shown, self.origin(), now());
        PORTER.with_borrow_mut(refused).map_or(Ok(()), |problem| Err(problem.into()))
    }

    /// Answers a call that was not refused at once.
    async fn admitted(&self, mut request: Request, shown: &mut Option<Shown>) -> Answer {
        let (call, env) = (&self.call, self.env);
        let credential = self.deployment.credential(call)?;
        if let Credential::Known(caller) = credential {
            call.admit(caller)?;
        }
        let max = call.max_body(&PhotoLimits::default())?;
        // The body comes before any question: a body that does not arrive must not occupy an object.
        let body = match request.inner().body() {
            Some(_) if !call.operation.takes_a_file() => read(&mut request, max).await?,
            _ => Vec::new(),
        };
        if call.operation.shows_an_invite() {
            *shown = Shown::of(call, &body);
            self.refuse(*shown)?;
        }
        let caller = caller(credential, *shown, env).await?;
        call.admit(caller)?;
        if call.operation.place() == Place::Webhook {
            return Ok(Outcome::Reply(webhook::answer(&request, &body, env, self.deployment).await?));
        }
        let object_call = self.message.with(caller, body);
        match (call.operation.place(), call.params.avatar) {
            (Place::Here, _) => Ok(Outcome::Reply(here(call.operation, self.deployment))),
            // One arm, since what is awaited twice is compiled twice.
            (place @ (Place::Budget | Place::Ledger), _) => {
                let mut reply = budget(env, &object_call).await?;
                if place == Place::Ledger {
                    let ledger: Value = call_object(&rpc::ledger(env)?, "overview", &()).await?;
                    reply = overview(reply, &ledger);
                }
                Ok(Outcome::Reply(reply))
            }
            (Place::User, _) => {
                let user = call.params.user.as_ref().map(ToString::to_string).unwrap_or_default();
                let avatars: Vec<Value> =
                    call_object(&rpc::index(env, &format!("user:{user}"))?, "list", &()).await?;
                Ok(Outcome::Reply(Reply::json(StatusCode::OK, &avatars_view(&avatars))))
            }
            (Place::Request, _) => {
                let request_id = call.params.request.as_ref().map(ToString::to_string).unwrap_or_default();
                let index = rpc::index(env, &format!("request:{request_id}"))?;
                let holder: Option<AvatarId> = call_object(&index, "holder", &()).await?;
                let id = holder.ok_or(ApiProblem::NoRequest)?;
                avatar(request, env, self.context, id, object_call).await
            }
            (_, Some(id)) => avatar(request, env, self.context, id, object_call).await,
            _ => Err(ApiProblem::NoRoute.into()),
        }
    }

    /// Applies the platform's limit of bursts, where one is bound, to each token and to each address. Callers who
    /// cannot be told apart share one limit.
    async fn comes_in_a_burst(&self) -> bool {
        let Ok(limiter) = self.env.rate_limiter("BURSTS") else { return false };
        let token = self.call.credential.as_ref();
        let token = token.and_then(|credential| TokenText::parse(credential.expose()).ok());
        let token = token.map(|token| serde_json::to_string(&token.hash()).unwrap_or_default());
        // The address is counted as well, or a caller who makes tokens up would never reach a limit.
        let mut keys: Vec<String> = self.address.map(str::to_owned).into_iter().chain(token).collect();
        if keys.is_empty() {
            keys.push(String::new());
        }
        for key in keys {
            if !limiter.limit(key).await.is_ok_and(|outcome| outcome.success) {
                return true;
            }
        }
        false
    }
}

/// Finds the caller. Only for a server token the budget is asked, unless it was a moment ago.
async fn caller(credential: Credential, shown: Option<Shown>, env: &Env) -> Answer<Caller> {
    let digest = match credential {
        Credential::Known(caller) => return Ok(caller),
        Credential::Token(digest) => digest,
    };
    if PORTER.with_borrow(|porter| porter.lets_in(shown, now())) {
        return Ok(Caller::Server);
    }
    // The answer counts from the moment of the question, which is when it was true for certain.
    let asked_at = now();
    let known: bool = call_object(&rpc::budget(env)?, "who", &digest).await?;
    if !known {
        return Err(ApiProblem::Unauthorized.into());
    }
    PORTER.with_borrow_mut(|porter| porter.let_in(shown, asked_at));
    Ok(Caller::Server)
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

async fn avatar(
    request: Request,
    env: &Env,
    context: &Context,
    id: AvatarId,
    object_call: ObjectCall,
) -> Answer {
    let (stub, what) = (rpc::avatar(env, id)?, format!("call/{id}"));
    let mut reply: ObjectReply = call_object(&stub, &what, &object_call).await?;
    if let ObjectReply::Receive { to, max_bytes } = reply {
        let received = async move {
            let received = forward(request, &to, max_bytes).await;
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
    context: &Context,
    work: impl Future<Output = Result<T>> + 'static,
) -> Result<T> {
    let done = Rc::new(Cell::new(None));
    let outcome = Rc::clone(&done);
    let work = async move { outcome.set(Some(work.await)) }.shared();
    context.wait_until(work.clone());
    work.await;
    done.take().unwrap_or_else(|| Err("what became of it is not known".into()))
}

/// Streams the call's body to its destination. Its bytes never enter this Worker's memory as a whole.
async fn forward(request: Request, to: &plain::Request, max: u64) -> std::result::Result<(), Refused> {
    let length =
        request.headers().get("content-length").ok().flatten().and_then(|text| text.parse::<u64>().ok());
    let length = length.filter(|length| *length <= max).ok_or(Refused::TooLarge { max })?;
    let asked = Asked::at(&to.url, THE_BUCKET);
    let readable: JsValue = match (request.inner().body(), fixed_length(length)) {
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

/// Reads the body, unless it is longer than it may be.
async fn read(request: &mut Request, max: u64) -> Answer<Vec<u8>> {
    let (mut stream, mut body) = (request.stream()?, Vec::new());
    while let Some(chunk) = stream.next().await {
        body.extend(chunk?);
        if body.len() as u64 > max {
            return Err(ApiProblem::TooLarge { max }.into());
        }
    }
    Ok(body)
}

async fn test_box(request: Request, env: &Env, path: &str) -> Result<Response> {
    if path == "/test/memory" {
        return ResponseBuilder::new().from_json(&memory());
    }
    let id = path.split('/').nth(2).and_then(|id| id.parse::<AvatarId>().ok());
    match id {
        Some(id) => rpc::avatar(env, id)?.fetch_with_request(request).await,
        None => respond(ApiProblem::NoRoute.into(), false),
    }
}
