//! A call from its arrival to its answer: the caller, the question, the core's answer.

use std::{
    convert::Infallible,
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};

use http_body_util::{Either, Full};
use hyper::{
    Method, Request, Response,
    body::{Bytes, Incoming},
    http::request::Parts,
};
use likeness_core::{
    api::{
        ApiProblem, BudgetAnswer, BudgetApi, Call, Caller, Credential, Given, Operation, Place, Porter,
        Problem, Reply, Shown, WebhookIntake, avatars_view, listed, overview,
    },
    budget::{Budget, Question},
    error::{StorageError, StorageErrorKind},
    fal::Origins,
    http::StatusCode,
    limits::PhotoLimits,
    telegram::WEBHOOK_PATH,
};

use super::{
    connections::{Pace, Paced, Seat},
    files, page,
    problem::{shown, too_slow, unfinished},
    server::Server,
};
use crate::{clock, files::store::Store, output::log::of_job, streamed::Streamed};

/// The time that a caller may take to send a body that is not a file.
const BODY_WITHIN: Duration = Duration::from_secs(15);

/// The time that a call waits for other users of the store.
const PATIENCE: Duration = Duration::from_secs(5);

type Body = Either<Full<Bytes>, Streamed>;

/// Answers in a task of its own: a caller that goes away in the middle leaves nothing half done.
pub(super) async fn answer(
    server: Arc<Server>,
    seat: Arc<Seat>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let (is_head, headers) = (head.method == Method::HEAD, head.headers.clone());
    let deployment = Arc::clone(&server.deployment);
    let answered = if head.method == Method::OPTIONS {
        Answered::Reply(deployment.cors.preflight(&headers))
    } else {
        let answering = async move {
            let _busy = seat.busy();
            Box::pin(server.answer(&seat, &head, body)).await
        };
        let (answered, unread) = tokio::spawn(answering).await.unwrap_or_else(|error| {
            log::error!("a call could not be answered: {error}");
            (Answered::Reply(ApiProblem::Internal.into()), None)
        });
        if let Some(body) = unread {
            // Beside the answer, which a caller hears while it still sends.
            drop(tokio::spawn(files::drain(body)));
        }
        answered
    };
    let (reply, body) = match answered {
        Answered::Reply(reply) => (reply, None),
        Answered::File(reply, body) => (reply, Some(body)),
    };
    let Reply { status, headers, body: whole } = deployment.cors.apply(&headers, reply);
    let mut response = Response::new(match body {
        Some(body) if !is_head => Either::Right(body),
        Some(_) => Either::Left(Full::default()),
        // For HEAD only the length of the answer is sent.
        None => Either::Left(Full::new(whole.into())),
    });
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// An answer on its way.
pub(super) enum Answered {
    Reply(Reply),
    /// A file, with the reply that precedes it.
    File(Reply, Streamed),
}

impl Server {
    /// Answers a call. The unread rest of its body is returned.
    async fn answer(
        self: &Arc<Self>,
        seat: &Seat,
        head: &Parts,
        body: Incoming,
    ) -> (Answered, Option<Incoming>) {
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        if let Some(reply) =
            page::answer(&self.deployment, &head.method, head.uri.path(), &head.headers).await
        {
            return (Answered::Reply(reply), Some(body));
        }
        if head.uri.path() == WEBHOOK_PATH {
            let mut body = Some(body);
            let reply = self.telegram_webhook(seat, head, &mut body).await;
            return (Answered::Reply(reply), body);
        }
        let call = match Call::parse(&head.method, target, &head.headers, clock::now()) {
            Ok(call) => call,
            Err(problem) => {
                log::debug!("{} of an unknown path: {}", head.method, problem.code());
                return (Answered::Reply(problem.into()), Some(body));
            }
        };
        let avatar = call.params.avatar.map(|id| id.to_string());
        let answering = async {
            let mut body = Some(body);
            let mut shown = Shown::of(&call, b"");
            let admitted = match self.refused(&call, shown, seat) {
                None => self.admitted(&call, seat, head, &mut body, &mut shown).await,
                Some(problem) => Err(problem),
            };
            let answered = admitted.unwrap_or_else(|problem| {
                log::debug!("{:?} is refused: {}", call.operation, problem.code);
                Answered::Reply(problem.into())
            });
            let answered = match answered {
                Answered::Reply(reply) => Answered::Reply(call.unless_known(reply)),
                file @ Answered::File(..) => file,
            };
            let (Answered::Reply(reply) | Answered::File(reply, _)) = &answered;
            self.porter().answered(&call, shown, Some(seat.origin()), reply, clock::now());
            // Neither the path nor its query, which may hold names.
            log::debug!("{:?} {}", call.operation, reply.status.as_u16());
            (answered, body)
        };
        match avatar {
            Some(avatar) => Box::pin(of_job(avatar, answering)).await,
            None => answering.await,
        }
    }

    /// Answers a call that was not refused at once. A body that is not needed is left unread.
    async fn admitted(
        &self,
        call: &Call,
        seat: &Seat,
        head: &Parts,
        body: &mut Option<Incoming>,
        shown: &mut Option<Shown>,
    ) -> Result<Answered, Problem> {
        let credential = self.deployment.credential(call)?;
        if let Credential::Known(caller) = credential {
            known(caller, seat);
            call.admit(caller)?;
        }
        let max = call.max_body(&PhotoLimits::default())?;
        // Before the body, which may take a while: nobody who has a token gives way meanwhile.
        let looked = match credential {
            Credential::Known(_) => None,
            Credential::Token(_) => {
                let look = |budget: &Budget| credential.caller(budget, clock::now());
                Some(self.look(|_| self.budget.look(credential.question(), look)).await)
            }
        };
        if let Some(Ok(Ok(caller))) = &looked {
            known(*caller, seat);
        } else if shown.is_some_and(|shown| self.porter().knows_well(shown, clock::now())) {
            seat.is_known();
        }
        let mut given = Given::default();
        if !call.operation.takes_a_file() {
            let _reading = seat.reading();
            let body = body.take().ok_or(ApiProblem::Internal)?;
            given.body = match call.operation.place() {
                // An unknown caller may send the largest messages here: not many at a time.
                Place::Webhook => {
                    let place = self.messages.take(seat.origin()).ok_or(ApiProblem::RateLimited)?;
                    tokio::select! {
                        body = read(body, max, self.pace) => body?,
                        () = place.lost() => return Err(ApiProblem::RateLimited.into()),
                    }
                }
                _ => match tokio::time::timeout(BODY_WITHIN, read(body, max, self.pace)).await {
                    Ok(body) => body?,
                    Err(_) => return Err(too_slow()),
                },
            };
        }
        if call.operation.shows_an_invite() {
            *shown = Shown::of(call, &given.body);
            if let Some(problem) = self.refused(call, *shown, seat) {
                return Err(problem);
            }
        }
        let caller = match (credential, looked) {
            (Credential::Known(caller), _) => caller,
            (Credential::Token(_), looked) => {
                let caller = looked.ok_or(ApiProblem::Internal)???;
                self.porter().let_in(*shown, clock::now());
                call.admit(caller)?;
                caller
            }
        };
        match call.operation.place() {
            Place::Here if call.operation == Operation::Describe => Ok(Answered::Reply(Reply::described())),
            Place::Here if call.operation == Operation::ShowOffer => Ok(json(&self.deployment.offer())),
            Place::Here => {
                let failing = self.health.look(&self.shell, self.deployment.bucket.is_some()).await;
                Ok(json(&self.deployment.health(&failing.map_err(self::shown)?)))
            }
            Place::Webhook => Ok(Answered::Reply(self.webhook(head, &given.body).await)),
            Place::User => self.avatars(call).await,
            Place::Budget => self.budget_call(call, &given).await,
            Place::Ledger => self.overview(call, &given).await,
            Place::Avatar => self.avatar(call, Some(seat), caller, given, body).await,
            Place::Request => self.request(call, seat, caller).await,
        }
    }

    /// Refuses a call that can be refused without a question.
    fn refused(&self, call: &Call, shown: Option<Shown>, seat: &Seat) -> Option<Problem> {
        self.porter().refuses(call, shown, Some(seat.origin()), clock::now())
    }

    /// Locks the porter, also after a panic elsewhere: its content is right after every step.
    fn porter(&self) -> MutexGuard<'_, Porter> {
        self.porter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the avatar that holds the request.
    async fn request(&self, call: &Call, seat: &Seat, caller: Caller) -> Result<Answered, Problem> {
        let request = call.params.request.clone().ok_or(ApiProblem::NoRequest)?;
        let holder = self.look(|store| store.holder(&request)).await?.ok_or(ApiProblem::NoRequest)?;
        let call = call.clone().of_avatar(holder);
        self.avatar(&call, Some(seat), caller, Given::default(), &mut None::<Incoming>).await
    }

    async fn webhook(&self, head: &Parts, body: &[u8]) -> Reply {
        let origins = match &self.connection {
            Some(connection) => connection.account.origins().clone(),
            None => Origins::fal(),
        };
        let Ok(transport) = self.shell.http() else { return ApiProblem::Internal.into() };
        let message = WebhookIntake::new(&head.headers, &head.uri.to_string(), body);
        let (status, woken) = self.verifier.take(&self.shell, &transport, &origins, message).await;
        if let Some(id) = woken {
            self.drivers.wake(id);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            return shown(busy()).into();
        }
        Reply::empty(status)
    }

    async fn avatars(&self, call: &Call) -> Result<Answered, Problem> {
        let user = call.params.user.as_ref().ok_or(ApiProblem::NoRoute)?;
        let avatars = self.look(|store| store.avatars_of(user)).await?;
        Ok(json(&avatars_view(&avatars.iter().map(listed).collect::<Vec<_>>())))
    }

    async fn overview(&self, call: &Call, given: &Given) -> Result<Answered, Problem> {
        let now = clock::now();
        let api = BudgetApi { deployment: &self.deployment, now };
        let standing = self.look(|_| {
            self.budget
                .look(Question::of_call(call, given), |budget| api.answer(budget.clone(), call, given).1)
        });
        let BudgetAnswer::Reply(standing) = standing.await? else { return Err(ApiProblem::Internal.into()) };
        let ledger = self.look(|store| store.overview(now)).await?;
        Ok(Answered::Reply(overview(standing, &ledger)))
    }

    pub(super) async fn budget_call(&self, call: &Call, given: &Given) -> Result<Answered, Problem> {
        let api = BudgetApi { deployment: &self.deployment, now: clock::now() };
        match self.budget(Question::of_call(call, given), |budget| api.answer(budget, call, given)).await? {
            BudgetAnswer::Reply(reply) => Ok(Answered::Reply(reply)),
            BudgetAnswer::Admit(admission) => {
                let id = admission.avatar;
                let admitted = self.update(id, |api, avatar| api.redeemed(avatar, &admission)).await?;
                if let Err(problem) = admitted {
                    self.budget(Question::turn_away(&admission), |mut budget| {
                        admission.turn_away(&mut budget);
                        (budget, ())
                    })
                    .await?;
                    return Err(problem);
                }
                Ok(Answered::Reply(admission.reply()))
            }
        }
    }

    pub(super) async fn budget<T>(
        &self,
        question: Question,
        change: impl FnOnce(Budget) -> (Budget, T),
    ) -> Result<T, Problem> {
        self.change(|_| self.budget.change(question, change)).await
    }

    /// Changes something in the store, one call after the other. A caller that waits for too long is told to come
    /// again.
    pub(super) async fn change<T>(
        &self,
        change: impl FnOnce(&Store) -> Result<T, StorageError>,
    ) -> Result<T, Problem> {
        let turn = tokio::time::timeout(PATIENCE, self.turn.lock()).await;
        let _turn = turn.map_err(|_| shown(busy()))?;
        change(&self.shell.store).map_err(shown)
    }

    /// Looks into the store, beside other looks and a change.
    pub(super) async fn look<T>(
        &self,
        look: impl FnOnce(&Store) -> Result<T, StorageError>,
    ) -> Result<T, Problem> {
        let place = tokio::time::timeout(PATIENCE, self.looks.acquire()).await;
        let _place = place.map_err(|_| shown(busy()))?;
        look(&self.shell.store).map_err(shown)
    }
}

/// Notes that a connection is of a caller who has a token.
fn known(caller: Caller, seat: &Seat) {
    if matches!(caller, Caller::Admin | Caller::Server) {
        seat.is_known();
    }
}

fn busy() -> StorageError {
    StorageError::new(StorageErrorKind::Busy, "other calls")
}

fn json(document: &serde_json::Value) -> Answered {
    Answered::Reply(Reply::json(StatusCode::OK, document))
}

/// Reads a body that is not a file.
async fn read(body: Incoming, most: u64, pace: Pace) -> Result<Vec<u8>, Problem> {
    let whole = Paced::new(body, pace).whole(most).await.map_err(unfinished)?;
    whole.ok_or_else(|| ApiProblem::TooLarge { max: most }.into())
}
