//! The one object that keeps the budget: every purchase is reserved here first.

use likeness_core::{
    api::{BudgetAnswer, BudgetApi, Inquiry, MessageId, Recent},
    budget::{Budget, Question, TokenDigest},
    time::Timestamp,
};
use serde::{Serialize, de::DeserializeOwned};
use worker::{DurableObject, Env, Error, Request, Response, Result, State, durable_object};

use crate::{
    entries::Entries,
    rpc::{Answered, Head, ObjectCall, Outcome, Reservation, heard, message_id, object_answer},
    settings,
};

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
        let api = BudgetApi { deployment: &deployment, now: settings::now() };
        let message = message_id(&request);
        match request.path().as_str() {
            "/call" => {
                let object_call: ObjectCall = heard(&mut request).await?;
                let call = match object_call.read() {
                    Ok(call) => call,
                    Err(problem) => return object_answer(&Answered::Reply(Head::Reply(problem.into()))),
                };
                let given = object_call.given(message);
                let kept = message.filter(|_| call.operation.changes_something());
                let inquiry = Inquiry::new(Question::of_call(&call, &given), kept, api.now);
                let answer =
                    self.answer(inquiry, |budget, recent| api.answer_once(budget, recent, &call, &given))?;
                object_answer(&match answer {
                    BudgetAnswer::Reply(reply) => Answered::Reply(Head::Reply(reply)),
                    BudgetAnswer::Admit(admission) => Answered::Admit(admission),
                })
            }
            "/who" => {
                let digest: TokenDigest = heard(&mut request).await?;
                let inquiry = Inquiry::new(Question::Who(digest), None, api.now);
                object_answer(&self.answer(inquiry, |budget, _| {
                    let known = budget.who(&digest, api.now).is_some();
                    (budget, known)
                })?)
            }
            "/reserve" => {
                let reservation: Reservation = heard(&mut request).await?;
                let (payer, Reservation { avatar, purchase, .. }) = (reservation.payer(), reservation);
                let question = Question::reserve(avatar, purchase, payer);
                object_answer(&self.once(question, message, api.now, |budget| {
                    api.reserve(budget, avatar, purchase, payer)
                })?)
            }
            "/spent" => {
                let Outcome { avatar, order, spent } = heard(&mut request).await?;
                let question = Question::spent(avatar, order);
                object_answer(
                    &self.once(question, message, api.now, |budget| spent.tell(budget, avatar, order))?,
                )
            }
            "/turn-away" => {
                let admission: likeness_core::api::Admission = heard(&mut request).await?;
                let question = Question::turn_away(&admission);
                object_answer(&self.once(question, message, api.now, |budget| admission.turn_away(budget))?)
            }
            "/forget" => {
                let avatar = heard(&mut request).await?;
                object_answer(
                    &self.once(Question::Forget(avatar), None, api.now, |budget| budget.forget(avatar))?,
                )
            }
            _ => Response::error("no such message", 404),
        }
    }
}

impl BudgetObject {
    /// Changes the budget, once for each message.
    fn once<T: Serialize + DeserializeOwned>(
        &self,
        question: Question,
        message: Option<MessageId>,
        now: Timestamp,
        change: impl FnOnce(&mut Budget) -> T,
    ) -> Result<T> {
        self.answer(Inquiry::new(question, message, now), |mut budget, recent| {
            let told = recent.once(message, now, || Ok::<_, Error>(change(&mut budget)));
            (budget, told)
        })?
    }

    /// Looks up what a question needs, answers it and saves what changed, without letting anything in between.
    fn answer<T>(
        &self,
        mut inquiry: Inquiry,
        work: impl FnOnce(Budget, &mut Recent) -> (Budget, T),
    ) -> Result<T> {
        let mut entries = Entries::open(&self.state)?;
        while let Some(want) = inquiry.wanted() {
            for (name, value) in entries.wanted(want)? {
                inquiry.found(name, value);
            }
        }
        let answered = inquiry.answer(settings::entropy()?, work);
        let (told, changes) = answered.map_err(|error| Error::from(format!("the budget: {error}")))?;
        entries.apply(changes)?;
        Ok(told)
    }
}
