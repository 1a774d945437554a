//! A call from its arrival to its answer: the caller, the object that answers, and the bytes that the object wants
//! moved.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use futures_util::FutureExt as _;
use http::{HeaderMap, StatusCode};
use js_sys::Uint8Array;
use likeness_core::{
    api::{
        ApiProblem, Call, Caller, Credential, Deployment, Operation, Origin, Place, Porter, Problem, Reply,
        Shown, avatars_view,
    },
    avatar::AvatarId,
    budget::TokenText,
    error::{Error, StorageErrorKind},
    imager::SignedRequest,
    limits::{PhotoLimits, TRANSFER_TIMEOUT},
    storage::{Asked, MAX_REFUSAL_BYTES, head_of},
};
use likeness_platform::{Deadline, fixed_length, header_map, memory, outgoing, tell};
use serde_json::Value;
use wasm_bindgen::JsValue;
use worker::{Context, Env, Fetch, Method, Request, Response, ResponseBuilder, Result};

use crate::{
    drain::drain,
    response::{respond, stream},
    rpc::{self, Answered, Denied, ObjectCall, ObjectReply, Refused, call_object},
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
    let body = request.inner().body();
    let outcome = match answered(request, &env, context, &deployment, &headers).await {
        Ok(outcome) => outcome,
        Err(error) => {
            worker::console_error!("[FAL AI] ERROR {error}");
            Outcome::Reply(ApiProblem::Internal.into())
        }
    };
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

impl From<ApiProblem> for Outcome {
    fn from(problem: ApiProblem) -> Self {
        Self::Reply(problem.into())
    }
}

async fn answered(
    request: Request,
    env: &Env,
    context: &Context,
    deployment: &Rc<Deployment>,
    headers: &HeaderMap,
) -> Result<Outcome> {
    let url = request.url()?;
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let Ok(method) = http::Method::from_bytes(request.method().to_string().as_bytes()) else {
        return Ok(ApiProblem::NoRoute.into());
    };
    let call = match Call::parse(&method, &target, headers, now()) {
        Ok(call) => call,
        Err(problem) => return Ok(problem.into()),
    };
    Ok(match admitted(request, env, context, deployment, headers, &call).await? {
        Outcome::Reply(reply) => Outcome::Reply(call.unless_known(reply)),
        file @ Outcome::File { .. } => file,
    })
}

async fn admitted(
    request: Request,
    env: &Env,
    context: &Context,
    deployment: &Rc<Deployment>,
    headers: &HeaderMap,
    call: &Call,
) -> Result<Outcome> {
    if let Some(problem) = too_many(call, headers, env).await {
        return Ok(problem.into());
    }
    let (mut shown, origin) = (Shown::of(call, b""), origin(headers));
    if let Some(problem) = refused(call, shown, origin) {
        return Ok(Outcome::Reply(problem.into()));
    }
    let outcome = let_in(request, env, context, deployment, call, origin, &mut shown).await?;
    let (Outcome::Reply(reply) | Outcome::File { reply, .. }) = &outcome;
    PORTER.with_borrow_mut(|porter| porter.answered(call, shown, origin, reply, now()));
    Ok(outcome)
}

thread_local! {
    /// Credentials that were admitted and refused a moment ago, as far as this isolate knows.
    static PORTER: RefCell<Porter> = RefCell::new(Porter::default());
}

/// Returns the caller's address, as Cloudflare names it.
fn origin(headers: &HeaderMap) -> Option<Origin> {
    Origin::parse(headers.get("cf-connecting-ip")?.to_str().ok()?)
}

fn refused(call: &Call, shown: Option<Shown>, origin: Option<Origin>) -> Option<Problem> {
    PORTER.with_borrow_mut(|porter| porter.refuses(call, shown, origin, now()))
}

async fn let_in(
    mut request: Request,
    env: &Env,
    context: &Context,
    deployment: &Rc<Deployment>,
    call: &Call,
    origin: Option<Origin>,
    shown: &mut Option<Shown>,
) -> Result<Outcome> {
    let credential = match deployment.credential(call) {
        Ok(credential) => credential,
        Err(problem) => return Ok(problem.into()),
    };
    if let Credential::Known(caller) = credential
        && let Err(problem) = call.admit(caller)
    {
        return Ok(problem.into());
    }
    let most = call.max_body(PhotoLimits::default().max_bytes);
    if call.content_length.is_some_and(|length| length > most) {
        return Ok(ApiProblem::TooLarge { max: most }.into());
    }
    // The body comes before any question: a body that does not arrive must not occupy an object.
    let body = match request.inner().body() {
        Some(_) if !call.operation.takes_a_file() => match read(&mut request, most).await? {
            Some(body) => body,
            None => return Ok(ApiProblem::TooLarge { max: most }.into()),
        },
        _ => Vec::new(),
    };
    if call.operation == Operation::Redeem {
        *shown = Shown::of(call, &body);
        if let Some(problem) = refused(call, *shown, origin) {
            return Ok(Outcome::Reply(problem.into()));
        }
    }
    let caller = match caller(credential, *shown, env).await? {
        Ok(caller) => caller,
        Err(problem) => return Ok(problem.into()),
    };
    if let Err(problem) = call.admit(caller) {
        return Ok(problem.into());
    }
    if call.operation.place() == Place::Webhook {
        return webhook::answer(&request, &body, env, deployment).await.map(Outcome::Reply);
    }
    let object_call = ObjectCall::new(&request, caller, body)?;
    match (call.operation.place(), call.params.avatar) {
        (Place::Here, _) => Ok(Outcome::Reply(here(call.operation, deployment))),
        (Place::Budget, _) => budget(env, &object_call).await.map(Outcome::Reply),
        (Place::User, _) => {
            let user = call.params.user.as_ref().map(ToString::to_string).unwrap_or_default();
            let avatars: Vec<Value> =
                call_object(&rpc::index(env, &format!("user:{user}"))?, "list", &()).await?;
            Ok(Outcome::Reply(Reply::json(StatusCode::OK, &avatars_view(&avatars))))
        }
        (Place::Request, _) => {
            let request_id = call.params.request.as_ref().map(ToString::to_string).unwrap_or_default();
            let index = rpc::index(env, &format!("request:{request_id}"))?;
            match call_object::<Option<AvatarId>>(&index, "holder", &()).await? {
                Some(id) => avatar(request, env, context, id, object_call).await,
                None => Ok(ApiProblem::NoRequest.into()),
            }
        }
        (_, Some(id)) => avatar(request, env, context, id, object_call).await,
        _ => Ok(ApiProblem::NoRoute.into()),
    }
}

/// Finds the caller. Only for a server token the budget is asked, unless it was a moment ago.
async fn caller(
    credential: Credential,
    shown: Option<Shown>,
    env: &Env,
) -> Result<std::result::Result<Caller, ApiProblem>> {
    let digest = match credential {
        Credential::Known(caller) => return Ok(Ok(caller)),
        Credential::Token(digest) => digest,
    };
    if PORTER.with_borrow(|porter| porter.lets_in(shown, now())) {
        return Ok(Ok(Caller::Server));
    }
    // The answer counts from the moment of the question, which is when it was true for certain.
    let asked_at = now();
    let known: bool = call_object(&rpc::budget(env)?, "who", &digest).await?;
    if !known {
        return Ok(Err(ApiProblem::Unauthorized));
    }
    PORTER.with_borrow_mut(|porter| porter.let_in(shown, asked_at));
    Ok(Ok(Caller::Server))
}

/// Applies the platform's limit of bursts, where one is bound, to each token and to each address. Callers who cannot be
/// told apart share one limit.
async fn too_many(call: &Call, headers: &HeaderMap, env: &Env) -> Option<ApiProblem> {
    let limiter = env.rate_limiter("BURSTS").ok()?;
    let address = headers.get("cf-connecting-ip").and_then(|address| address.to_str().ok());
    let token = call.credential.as_ref().and_then(|credential| TokenText::parse(credential.expose()).ok());
    let token = token.map(|token| serde_json::to_string(&token.hash()).unwrap_or_default());
    // The address is counted as well, or a caller who makes tokens up would never reach a limit.
    let mut keys: Vec<String> = address.map(str::to_owned).into_iter().chain(token).collect();
    if keys.is_empty() {
        keys.push(String::new());
    }
    for key in keys {
        if !limiter.limit(key).await.is_ok_and(|outcome| outcome.success) {
            return Some(ApiProblem::RateLimited);
        }
    }
    None
}

fn here(operation: Operation, deployment: &Deployment) -> Reply {
    match operation {
        Operation::Describe => Reply::described(),
        _ => Reply::json(StatusCode::OK, &deployment.health(&[])),
    }
}

async fn budget(env: &Env, object_call: &ObjectCall) -> Result<Reply> {
    let answered: Answered = call_object(&rpc::budget(env)?, "call", object_call).await?;
    match answered {
        Answered::Reply(reply) => Ok(reply.reply().unwrap_or_else(|| ApiProblem::Internal.into())),
        Answered::Admit(admission) => {
            let id = admission.avatar;
            let reply = admission.reply();
            let message = (&admission, &object_call.origin);
            let admitted: std::result::Result<(), Denied> =
                call_object(&rpc::avatar(env, id)?, &format!("admit/{id}"), &message).await?;
            match admitted {
                Ok(()) => Ok(reply),
                Err(denied) => {
                    call_object::<()>(&rpc::budget(env)?, "turn-away", &admission).await?;
                    Ok(Problem::from(denied).into())
                }
            }
        }
    }
}

async fn avatar(
    request: Request,
    env: &Env,
    context: &Context,
    id: AvatarId,
    object_call: ObjectCall,
) -> Result<Outcome> {
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
        ObjectReply::File { from, head } => match head.reply() {
            Some(reply) => file(&from, reply).await,
            None => Ok(ApiProblem::Internal.into()),
        },
        reply => Ok(Outcome::Reply(reply.reply().unwrap_or_else(|| ApiProblem::Internal.into()))),
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
async fn forward(request: Request, to: &SignedRequest, max: u64) -> std::result::Result<(), Refused> {
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

async fn file(from: &SignedRequest, reply: Reply) -> Result<Outcome> {
    let asked = Asked::at(&from.url, THE_BUCKET);
    let error = match Fetch::Request(outgoing(from)?.into()).send().await {
        Ok(mut body) => {
            let status = StatusCode::from_u16(body.status_code()).unwrap_or(StatusCode::BAD_GATEWAY);
            let headers = header_map(&body.headers().0);
            // The answer may be a part of the file, where one was asked for.
            if status == reply.status && asked.is_given(status, &headers) {
                let promised = head_of(&reply.headers).length;
                if head_of(&headers).length.is_none_or(|length| Some(length) == promised) {
                    return Ok(Outcome::File { reply, body });
                }
                let error = asked.error(StorageErrorKind::Changed);
                worker::console_error!("[FAL AI] ERROR an object is not as long as what was kept: {error}");
                return Ok(Outcome::Reply(Problem::from(&Error::Storage(error)).into()));
            }
            asked.refused(status, &headers, &beginning(&mut body).await)
        }
        Err(_) => asked.error(StorageErrorKind::Unreachable),
    };
    worker::console_warn!("[FAL AI] WARNING a file was not given: {error}");
    Ok(Outcome::Reply(Problem::from(&Error::Storage(error)).into()))
}

/// The name of the bucket in answers to callers: its address is the operator's business.
const THE_BUCKET: &str = "the bucket";

/// Reads as much of an answer as is needed to judge a refusal.
async fn beginning(response: &mut Response) -> Vec<u8> {
    use futures_util::StreamExt as _;
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
async fn read(request: &mut Request, most: u64) -> Result<Option<Vec<u8>>> {
    use futures_util::StreamExt as _;
    let (mut stream, mut body) = (request.stream()?, Vec::new());
    while let Some(chunk) = stream.next().await {
        body.extend(chunk?);
        if body.len() as u64 > most {
            return Ok(None);
        }
    }
    Ok(Some(body))
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
