//! Transitions of an order: the state that follows an event.

use super::{
    Accepted, Bought, Cancel, Doubt, LONGEST_QUEUE, Order, Plan, Product, Search, Seen, Stage, Unexplained,
    Uploaded,
};
use crate::{
    avatar::{
        Moment,
        status::percent,
        task::{OrderStep, Outcome, TokenHash},
    },
    error::{Error, NetworkError, StorageError, StorageErrorKind},
    fal::{
        CallError, RequestId,
        cancel::{self, Cancelled},
        status::{self, QueueStatus},
        submit::{self, Submitted, Unclear},
    },
    http::{Answer, NoAnswer},
    limits::EXPIRY_AT_FAL,
    retry::RetryState,
};

/// An event in the life of an order.
#[derive(Debug)]
pub(in crate::avatar) enum Happened {
    /// The start of a step.
    Began { step: OrderStep, token: Option<TokenHash> },
    /// The loss of a step: the shell died with it, or it took longer than it may.
    Lost { step: OrderStep, why: Unclear },
    /// The end of a step.
    Ended {
        step: OrderStep,
        outcome: Outcome,
        /// The requests that orders of the same avatar hold.
        held: Vec<RequestId>,
    },
    /// Trouble outside of the order's steps that may pass.
    Troubled(Error),
    /// Proof that the order cannot work, before anything was bought.
    Unworkable(Error),
    /// A person's request to see how the order stands.
    LookAsked,
    /// A person's request to call the order off.
    CancelAsked,
    /// A request that fal's webhook named.
    Named { request_id: RequestId, token: Option<TokenHash> },
    /// A request that a person named as the one that the order became.
    Resolved(RequestId),
    /// A person's finding that fal took nothing.
    NotAccepted,
}

impl<G: Product> Order<G> {
    /// Applies an event and returns the order's next state.
    pub(in crate::avatar) fn after(self, happened: Happened, plan: &Plan<'_>, moment: &Moment) -> Self {
        match happened {
            Happened::Began { step: OrderStep::Submit, token } if matches!(self.stage, Stage::Planned) => {
                let stage = Stage::Submitting { since: moment.now, hint: None };
                Self { stage, token, ..self }
            }
            Happened::Began { step: OrderStep::Compare | OrderStep::Prove, .. } => self.asking(),
            Happened::Lost { step: OrderStep::Submit, why }
                if matches!(self.stage, Stage::Submitting { .. }) =>
            {
                self.unclear(why, moment)
            }
            Happened::Began { .. } | Happened::Lost { .. } => self,
            Happened::Ended { step, outcome, held } => self.ended_step(step, outcome, &held, plan, moment),
            Happened::Troubled(_) if self.ended() => self,
            Happened::Troubled(error) => self.retried_after(error, moment),
            Happened::Unworkable(error) => self.failed(error, moment),
            Happened::LookAsked => self.look_asked(moment),
            Happened::CancelAsked => self.cancel_asked(moment),
            Happened::Named { request_id, token } => self.named(&request_id, token, moment),
            Happened::Resolved(request_id) => self.resolved(&request_id, moment),
            Happened::NotAccepted => self.not_accepted(moment),
        }
    }

    /// Applies the outcome of a step. An outcome that comes too late changes nothing, but for an accepted submit, which
    /// is always kept.
    fn ended_step(
        self,
        step: OrderStep,
        outcome: Outcome,
        held: &[RequestId],
        plan: &Plan<'_>,
        moment: &Moment,
    ) -> Self {
        match (step, outcome) {
            (OrderStep::Upload, Outcome::Sent(sent)) if matches!(self.stage, Stage::Planned) => match sent {
                Ok(url) => {
                    let until = Some(moment.now.plus(EXPIRY_AT_FAL));
                    Self { upload: Some(Uploaded { url, until }), retry: None, ..self }
                }
                Err(error) => self.not_sent(error, moment),
            },
            (OrderStep::Submit, Outcome::Answered { answer, .. }) => {
                self.submitted(submit::parse(answer), moment)
            }
            (OrderStep::Search, Outcome::Answered { answer, .. }) => {
                self.searched(answer, held, plan, moment)
            }
            (OrderStep::Compare, Outcome::Answered { answer, .. }) => self.compared(answer, plan, moment),
            (OrderStep::Prove, Outcome::Answered { answer, held_elsewhere }) => {
                self.proved(answer, held_elsewhere, held, moment)
            }
            (OrderStep::Look, Outcome::Answered { answer, .. }) => self.looked(answer, plan, moment),
            (OrderStep::Collect, Outcome::Answered { answer, .. }) => self.collected(answer, moment),
            (OrderStep::Cancel, Outcome::Answered { answer, .. }) => self.cancel_answered(answer, moment),
            (OrderStep::Keep(index), Outcome::Fetched(Ok(file))) => match &mut self.stage.clone() {
                Stage::Keeping { request_id, product, kept, .. } if kept.len() == index => {
                    kept.push(file);
                    self.kept(request_id.clone(), product.clone(), std::mem::take(kept), moment)
                }
                _ => self,
            },
            (OrderStep::Keep(_), Outcome::Fetched(Err(error))) => self.not_kept(error, moment),
            _ => self,
        }
    }

    /// Ends the pause before the next look, since a person asked for one.
    fn look_asked(mut self, moment: &Moment) -> Self {
        match &mut self.stage {
            Stage::Accepted(accepted) => accepted.look_at = moment.now,
            Stage::Unclear { search, .. } => search.at = moment.now,
            Stage::Failed { doubt: Some(doubt), .. } => (doubt.asking, doubt.asked_at) = (true, moment.now),
            _ => {}
        }
        if let Some(retry) = &mut self.retry {
            retry.until = moment.now;
        }
        self
    }

    /// Calls the order off. An order that was not bought is off at once; a bought one is off when fal says so.
    fn cancel_asked(mut self, moment: &Moment) -> Self {
        match self.stage {
            Stage::Preparing | Stage::Planned => self.cancelled(None, moment),
            Stage::Submitting { .. } | Stage::Unclear { .. } | Stage::Accepted(_)
                if self.cancel != Cancel::Asked =>
            {
                // Told once and asked for again: fal may not have heard.
                self.cancel = Cancel::Asked;
                self.retry = None;
                self
            }
            _ => self,
        }
    }

    /// Notes an error after which the step is tried again.
    pub(super) fn retried_after(mut self, error: Error, moment: &Moment) -> Self {
        let earlier = self.retry.take();
        let asked = match &error {
            Error::Api(error) => error.wait(),
            _ => None,
        };
        self.retry = Some(RetryState::after(earlier.as_ref(), error, asked, moment.seed(), moment.now));
        self
    }

    /// Fails the order before anything was bought.
    fn failed(self, error: Error, moment: &Moment) -> Self {
        let stage = Stage::Failed { error, at: moment.now, bought: Bought::Nothing, doubt: None };
        Self { stage, retry: None, ..self }
    }

    /// Takes the order as bought under the request that fal named, whatever else was believed.
    pub(super) fn accepted(self, request_id: RequestId, moment: &Moment) -> Self {
        let now = moment.now;
        let seen = Seen::Queued { position: None };
        let (ended_at, said_to_have_failed) = (None, false);
        let stage = Stage::Accepted(Accepted {
            request_id,
            at: now,
            look_at: now,
            seen,
            ended_at,
            said_to_have_failed,
            unexplained: None,
        });
        // The earlier cancel was sent for another request.
        let cancel = if self.cancel == Cancel::Sent { Cancel::Asked } else { self.cancel };
        Self { stage, retry: None, cancel, ..self }
    }

    pub(super) fn cancelled(self, request_id: Option<RequestId>, moment: &Moment) -> Self {
        Self { stage: Stage::Cancelled { at: moment.now, request_id }, retry: None, ..self }
    }

    fn unclear(self, why: Unclear, moment: &Moment) -> Self {
        let (since, candidate) = match &self.stage {
            Stage::Submitting { since, hint } => (*since, hint.clone()),
            _ => (moment.now, None),
        };
        let search = Search { rounds: 0, cursor: None, pages: 0, at: moment.now };
        let stage = Stage::Unclear { since, why, candidate, compared: false, asked: None, search };
        Self { stage, retry: None, ..self }
    }

    fn not_sent(self, error: Error, moment: &Moment) -> Self {
        let waits = error.may_pass() || matches!(error, Error::Storage(_));
        if waits { self.retried_after(error, moment) } else { self.failed(error, moment) }
    }

    fn submitted(self, submitted: Submitted, moment: &Moment) -> Self {
        let open = match &self.stage {
            Stage::Submitting { .. } | Stage::Unclear { .. } => true,
            // A person ended the order in the meantime, or it was taken for another request: only the proof that it was
            // bought after all counts.
            _ => false,
        };
        // fal's own message, with our token in its address, has shown that it took the order: a repetition of the call
        // on the way may have been answered with a refusal, which does not count.
        let named = matches!(
            &self.stage,
            Stage::Submitting { hint: Some(_), .. } | Stage::Unclear { candidate: Some(_), .. }
        );
        match submitted {
            Submitted::Accepted(request_id) if self.request_id() == Some(&request_id) => self,
            // Files that arrived whole are not given up for a late answer.
            Submitted::Accepted(_) if matches!(self.stage, Stage::Keeping { .. } | Stage::Done { .. }) => {
                self
            }
            Submitted::Accepted(request_id) => self.accepted(request_id, moment),
            Submitted::Refused(_) | Submitted::TryAgain { .. } | Submitted::NotSent(_) if named => {
                match self.stage {
                    Stage::Submitting { .. } => self.unclear(Unclear::Interrupted, moment),
                    _ => self,
                }
            }
            _ if !open => self,
            Submitted::Unclear(why) if matches!(self.stage, Stage::Submitting { .. }) => {
                self.unclear(why, moment)
            }
            Submitted::Unclear(_) => self,
            Submitted::Refused(_) | Submitted::TryAgain { .. } | Submitted::NotSent(_)
                if self.cancel == Cancel::Asked =>
            {
                self.cancelled(None, moment)
            }
            Submitted::Refused(error) => self.failed(Error::Api(error), moment),
            Submitted::TryAgain { why, .. } => {
                Self { stage: Stage::Planned, ..self }.retried_after(Error::Api(why), moment)
            }
            Submitted::NotSent(why) => {
                let error = NetworkError::NoAnswer(why);
                Self { stage: Stage::Planned, ..self }.retried_after(Error::Network(error), moment)
            }
        }
    }

    fn looked(self, answer: Answer, plan: &Plan<'_>, moment: &Moment) -> Self {
        let Stage::Accepted(accepted) = &self.stage else { return self };
        let (now, request_id) = (moment.now, accepted.request_id.clone());
        let since = match accepted.seen {
            Seen::Running { since, .. } => since,
            Seen::Queued { .. } | Seen::Ended => now,
        };
        let mut said_to_have_failed = false;
        let (seen, look_at) = match status::parse(answer) {
            Ok(QueueStatus::InQueue { position }) => (Seen::Queued { position }, now.plus(moment.poll)),
            Ok(QueueStatus::InProgress { logs }) => {
                let percent = plan
                    .steps
                    .and_then(|steps| percent(logs.iter().map(|line| line.message.as_str()), steps));
                (Seen::Running { since, percent }, now.plus(moment.poll))
            }
            Ok(QueueStatus::Completed { error, .. }) => {
                said_to_have_failed = error.is_some();
                (Seen::Ended, now)
            }
            Err(CallError::Api(error)) if error.status == 404 && self.cancel == Cancel::Sent => {
                return self.cancelled(Some(request_id), moment);
            }
            Err(error) => return self.retried_after(error.into(), moment),
        };
        let ended_at = (seen == Seen::Ended).then(|| accepted.ended_at.unwrap_or(now));
        let at = accepted.at;
        let unexplained = accepted.unexplained.clone().filter(|_| ended_at.is_some());
        let unexplained = unexplained.map(|one| Box::new(Unexplained { confirmed: true, ..*one }));
        // The pauses between answers without a reason go on growing, though the status arrives well in between.
        let retry = self.retry.filter(|_| unexplained.is_some());
        let stage = Stage::Accepted(Accepted {
            request_id,
            at,
            look_at,
            seen,
            ended_at,
            said_to_have_failed,
            unexplained,
        });
        Self { stage, retry, ..self }
    }

    pub(super) fn kept(
        self,
        request_id: RequestId,
        product: G,
        kept: Vec<crate::avatar::Kept>,
        moment: &Moment,
    ) -> Self {
        let taken_at = match &self.stage {
            Stage::Accepted(accepted) => accepted.at,
            Stage::Keeping { taken_at, .. } | Stage::Failed { doubt: Some(Doubt { taken_at, .. }), .. } => {
                *taken_at
            }
            _ => moment.now,
        };
        let stage = if kept.len() < product.files().len() {
            Stage::Keeping { request_id, product, kept, taken_at }
        } else {
            Stage::Done { request_id, product, kept, taken_at, at: moment.now }
        };
        Self { stage, retry: None, ..self }
    }

    /// Notes that a file could not be kept. A file that fal does not hand out, or not whole, is gone once its time at
    /// fal is over.
    fn not_kept(self, error: Error, moment: &Moment) -> Self {
        let Stage::Keeping { request_id, taken_at, .. } = &self.stage else { return self };
        let answered = matches!(
            error,
            Error::Network(
                NetworkError::Unreadable { .. }
                    | NetworkError::Page { .. }
                    | NetworkError::NotWhole(_)
                    | NetworkError::Redirected(_)
                    | NetworkError::NoAnswer(NoAnswer::Interrupted | NoAnswer::NotHttp)
            )
        );
        if answered && moment.now.since(*taken_at) >= EXPIRY_AT_FAL + LONGEST_QUEUE {
            let bought = Bought::Ran(request_id.clone());
            let error = NetworkError::Expired.into();
            let stage = Stage::Failed { error, at: moment.now, bought, doubt: None };
            return Self { stage, retry: None, ..self };
        }
        self.retried_after(error, moment)
    }

    fn cancel_answered(mut self, answer: Answer, moment: &Moment) -> Self {
        let Stage::Accepted(accepted) = &mut self.stage else { return self };
        match cancel::parse(answer) {
            Ok(Cancelled::Requested | Cancelled::AlreadyCompleted | Cancelled::NotFound) => {
                accepted.look_at = moment.now;
                Self { cancel: Cancel::Sent, retry: None, ..self }
            }
            Err(error) => self.retried_after(error.into(), moment),
        }
    }
}

/// Returns the error of an outcome that failed since the prepared photos are gone.
pub(in crate::avatar) fn lacks_files(outcome: &Outcome) -> Option<&StorageError> {
    let Outcome::Sent(Err(Error::Storage(error))) = outcome else { return None };
    matches!(error.kind, StorageErrorKind::Missing | StorageErrorKind::Changed).then_some(error)
}
