//! Transitions of an order when fal is asked for its result.
//!
//! fal's own reason ends a request at once. An answer like a refusal whose reason is not readable ends the request when
//! fal has signed the answer with a request id, or when the answer came again and again while fal called the request
//! completed. The result of such a request is asked for once more at each look that a person asks for.

use std::time::Duration;

use super::{Accepted, Bought, Cancel, Doubt, LONGEST_QUEUE, Order, Product, Seen, Stage, Unexplained};
use crate::{
    avatar::Moment,
    error::{Error, NetworkError},
    fal::{ApiError, CallError, error::ErrorKind, result::ResultError},
    http::Answer,
};

/// Number of times that the same answer without a reason must come before it is believed, over [`BELIEVED_AFTER`].
const BELIEVED_TIMES: u32 = 3;
const BELIEVED_AFTER: Duration = Duration::from_mins(10);

impl<G: Product> Order<G> {
    /// Applies fal's answer to the question for the result.
    pub(super) fn collected(self, answer: Answer, moment: &Moment) -> Self {
        match self.stage.clone() {
            Stage::Accepted(accepted) => self.result_of(accepted, G::parse(answer), moment),
            Stage::Failed { error, at, bought: Bought::Ran(request_id), doubt: Some(doubt) } => {
                let (error, doubt) = match G::parse(answer) {
                    Ok(product) => return self.kept(request_id, product, Vec::new(), moment),
                    Err(ResultError::Failed(reason)) => (Error::Api(reason), None),
                    Err(_) => (error, Some(Doubt { asking: false, ..doubt })),
                };
                Self { stage: Stage::Failed { error, at, bought: Bought::Ran(request_id), doubt }, ..self }
            }
            _ => self,
        }
    }

    fn result_of(self, accepted: Accepted, result: Result<G, ResultError>, moment: &Moment) -> Self {
        let request_id = accepted.request_id.clone();
        match result {
            Ok(product) => self.kept(request_id, product, Vec::new(), moment),
            Err(ResultError::NotReady) => {
                let seen = Seen::Queued { position: None };
                let look_at = moment.now.plus(moment.poll);
                let stage = Stage::Accepted(Accepted { look_at, seen, unexplained: None, ..accepted });
                Self { stage, ..self }
            }
            Err(ResultError::Failed(error))
                if self.cancel != Cancel::NotAsked && error.kind == ErrorKind::ClientCancelled =>
            {
                self.cancelled(Some(request_id), moment)
            }
            Err(ResultError::Failed(error)) => {
                let bought = Bought::Ran(request_id);
                let stage = Stage::Failed { error: Error::Api(error), at: moment.now, bought, doubt: None };
                Self { stage, retry: None, ..self }
            }
            Err(ResultError::Unexplained { error, signed }) => {
                self.unexplained(accepted, error, signed, moment)
            }
            // An error of the call looks like the request's own failure. It is believed at once when the request's
            // status called it a failure, and any other lack of a result after a day, though fal answers.
            Err(ResultError::Retry(CallError::Api(error)))
                if accepted.said_to_have_failed
                    && !matches!(error.status, 401..=403 | 407 | 408 | 425 | 429)
                    || long_ended(&accepted, moment) =>
            {
                self.without_result(&accepted, error, moment)
            }
            Err(ResultError::Retry(error)) => self.retried_after(error.into(), moment),
        }
    }

    /// Notes an answer that may be fal's last word on the request, or a stranger's on the way.
    fn unexplained(self, accepted: Accepted, error: ApiError, signed: bool, moment: &Moment) -> Self {
        let now = moment.now;
        let earlier = accepted.unexplained.as_ref().filter(|earlier| earlier.is_same(&error));
        let (since, times) = earlier.map_or((now, 1), |one| (one.since, one.times.saturating_add(1)));
        let again_and_again = times >= BELIEVED_TIMES && now.since(since) >= BELIEVED_AFTER;
        if signed || again_and_again || accepted.said_to_have_failed || long_ended(&accepted, moment) {
            return self.without_result(&accepted, error, moment);
        }
        let unreadable = NetworkError::Unreadable { status: error.status };
        let unexplained = Some(Box::new(Unexplained { error, since, times, confirmed: false }));
        let stage = Stage::Accepted(Accepted { unexplained, ..accepted });
        Self { stage, ..self }.retried_after(Error::Network(unreadable), moment)
    }

    /// Ends the order without a result. fal may still have one later.
    fn without_result(self, accepted: &Accepted, error: ApiError, moment: &Moment) -> Self {
        let (at, bought) = (moment.now, Bought::Ran(accepted.request_id.clone()));
        let doubt = Some(Doubt { taken_at: accepted.at, asked_at: at, asking: false });
        Self { stage: Stage::Failed { error: Error::Api(error), at, bought, doubt }, retry: None, ..self }
    }
}

impl Unexplained {
    fn is_same(&self, error: &ApiError) -> bool {
        let of = |error: &ApiError| (error.status, error.kind);
        of(&self.error) == of(error) && self.error.message == error.message
    }
}

/// Tells whether fal has called the request ended for so long that its result will not come any more.
fn long_ended(accepted: &Accepted, moment: &Moment) -> bool {
    accepted.ended_at.is_some_and(|ended| moment.now.since(ended) >= LONGEST_QUEUE)
}
