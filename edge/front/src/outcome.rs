//! The outcome of a call, and the reason why there is none.

use likeness_core::api::{ApiProblem, Problem, Reply};
use worker::Response;

/// The outcome of a call.
pub(crate) enum Outcome {
    /// A whole reply.
    Reply(Reply),
    /// A reply whose body is that of another response.
    File { reply: Reply, body: Response },
}

/// The reason why a call is not answered: a problem of the call, or a fault of this Worker, which is in the log.
pub(crate) struct Refusal(pub(crate) Problem);

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

/// An answer to a call, or the reason why there is none.
pub(crate) type Answer<T = Outcome> = std::result::Result<T, Refusal>;
