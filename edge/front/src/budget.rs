//! The one object that keeps the budget: every purchase is reserved here first.

use likeness_core::{
    api::{ApiProblem, Bureau, BureauAnswer, Deployment, MessageId, Problem},
    budget::{Budget, Stored, TokenDigest},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use worker::{DurableObject, Env, Error, Request, Response, Result, State, durable_object};

use crate::{
    passing::{Outcome, Passed, Reservation, Told, message_id, said},
    rows::Rows,
    settings,
};

/// What a call to the budget leads to.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answered {
    /// This.
    Told(Told),
    /// An avatar that was let in.
    Admit(Box<likeness_core::api::Admission>),
}

/// A refusal on its way.
#[derive(Serialize, Deserialize)]
pub(crate) struct Denied {
    status: u16,
    code: String,
    detail: String,
    advice: String,
    retry_after: Option<u64>,
}

impl From<Problem> for Denied {
    fn from(problem: Problem) -> Self {
        let Problem { status, code, detail, advice, retry_after, .. } = problem;
        Self { status: status.as_u16(), code, detail, advice, retry_after }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let Denied { status, code, detail, advice, retry_after } = denied;
        let status = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, code, detail, advice, retry_after, allow: None }
    }
}

/// The budget's object.
#[durable_object]
#[expect(missing_debug_implementations, reason = "the platform's handles have none")]
pub struct BudgetObject {
    state: State,
    env: Env,
}

impl DurableObject for BudgetObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let deployment = settings::deployment(&self.env).map_err(|error| Error::from(error.to_string()))?;
        let message = message_id(&request);
        match request.path().as_str() {
            "/call" => {
                let passed: Passed = request.json().await?;
                let (call, _) = match passed.read() {
                    Ok(read) => read,
                    Err(problem) => {
                        return said(&Answered::Told(Told::from(likeness_core::api::Reply::from(problem))));
                    }
                };
                let given = passed.given(message);
                let answer = Rows::open(&self.state).remembering(|recent| {
                    self.change(&deployment, |bureau, budget| {
                        bureau.answer_once(budget, recent, &call, &given)
                    })
                })?;
                said(&match answer {
                    BureauAnswer::Reply(reply) => Answered::Told(reply.into()),
                    BureauAnswer::Admit(admission) => Answered::Admit(admission),
                })
            }
            "/who" => {
                let digest: TokenDigest = request.json().await?;
                let known = self.change(&deployment, |bureau, budget| {
                    let known = budget.who(&digest, bureau.now).is_some();
                    (budget, known)
                })?;
                said(&known)
            }
            "/reserve" => {
                let reservation: Reservation = request.json().await?;
                let reserved = self.once(&deployment, message, |bureau, budget| {
                    let Reservation { avatar, purchase, .. } = reservation;
                    bureau.reserve(budget, avatar, purchase, reservation.payer()).map_err(Denied::from)
                })?;
                said(&reserved)
            }
            "/spent" => {
                let Outcome { avatar, order, spent } = request.json().await?;
                self.once(&deployment, message, |_, budget| spent.tell(budget, avatar, order))?;
                said(&())
            }
            "/turn-away" => {
                let admission: likeness_core::api::Admission = request.json().await?;
                self.once(&deployment, message, |_, budget| admission.turn_away(budget))?;
                said(&())
            }
            "/forget" => {
                let avatar = request.json().await?;
                self.change(&deployment, |_, mut budget| {
                    budget.forget(avatar);
                    (budget, ())
                })?;
                said(&())
            }
            _ => Response::error("no such message", 404),
        }
    }
}

impl BudgetObject {
    /// Changes the budget, once for each message.
    fn once<T: Serialize + DeserializeOwned>(
        &self,
        deployment: &Deployment,
        message: Option<MessageId>,
        change: impl FnOnce(&Bureau<'_>, &mut Budget) -> T,
    ) -> Result<T> {
        Rows::open(&self.state).remembering(|recent| {
            self.change(deployment, |bureau, mut budget| {
                let told = recent.once(message, bureau.now, || Ok(change(bureau, &mut budget)));
                (budget, told)
            })?
        })
    }

    /// Loads the budget, lets it change and saves it, without letting anything in between.
    fn change<T>(
        &self,
        deployment: &Deployment,
        change: impl FnOnce(&Bureau<'_>, Budget) -> (Budget, T),
    ) -> Result<T> {
        let rows = Rows::open(&self.state);
        let bureau = Bureau { deployment, now: settings::now() };
        let unreadable = |error: &dyn std::fmt::Display| Error::from(format!("the budget: {error}"));
        let before = rows.text("budget")?;
        let budget = match &before {
            Some(text) => Stored::read(text).map_err(|error| unreadable(&error))?,
            None => Budget::new(settings::entropy()?, bureau.now),
        };
        // Asking stores nothing.
        let (after, told) = change(&bureau, budget.clone());
        if after != budget {
            rows.set_text("budget", &Stored::write(&after).map_err(|error| unreadable(&error))?)?;
        }
        Ok(told)
    }
}

/// That something here broke.
pub(crate) fn broken() -> Problem {
    ApiProblem::Internal.into()
}
