//! A call over HTTP from its arrival to its answer: what it is, and who calls.

use std::cell::RefCell;

use http::HeaderMap;
use likeness_core::{
    api::{ApiProblem, Call, Caller, Credential, Deployment, Origin, Place, Porter, Shown},
    avatar::AvatarId,
    budget::TokenText,
    limits::PhotoLimits,
    telegram::WEBHOOK_PATH,
};
use likeness_platform::{header_map, memory};
use worker::{Context, Env, Method, Request, Response, ResponseBuilder, Result};

use crate::{
    body::{drain, read},
    delivery::{Upload, deliver},
    outcome::{Answer, Outcome, Refusal},
    page,
    response::{respond, stream},
    rpc::{self, ObjectCall, call_object},
    settings::{self, now},
    telegram, webhook,
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

async fn answered(
    request: Request,
    env: &Env,
    context: &Context,
    deployment: &Deployment,
    headers: &HeaderMap,
) -> Answer {
    let url = request.url()?;
    if url.path() == WEBHOOK_PATH {
        return telegram::answer(request, headers, env, deployment).await.map(Outcome::Reply);
    }
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
        let length = request.headers().get("content-length")?.and_then(|text| text.parse().ok());
        let upload = Upload { body: request.inner().body(), length, context: Some(self.context) };
        deliver(call, self.message.with(caller, body), upload, env, self.deployment).await
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
