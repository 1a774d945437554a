//! Deadlines for requests and their steps.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    rc::Rc,
    task::Poll,
    time::Duration,
};

use likeness_core::{
    http::NoAnswer,
    limits::{TRANSFER_CEILING, TRANSFER_SILENCE},
};
use worker::{AbortController, AbortSignal, Delay};

/// The deadline of a transfer: one clock for its request and for its answer's body. A transfer that is still under way
/// then is broken off, so that nothing of it goes on unseen.
#[derive(Clone, Debug)]
pub struct Deadline {
    delay: Rc<RefCell<Pin<Box<Delay>>>>,
    abort: Rc<RefCell<Option<AbortController>>>,
    signal: AbortSignal,
    /// The longest that each step of a transfer may take: an answer's headers, or the next bytes.
    silence: Option<Duration>,
}

impl Deadline {
    /// Limits a transfer: by the silence between its bytes, and by six hours in all.
    #[must_use]
    pub fn of_transfer() -> Self {
        Self::after(TRANSFER_CEILING).with_silence(Some(TRANSFER_SILENCE))
    }

    /// Limits each step as well, or no longer. Both share one clock for the whole, and are broken off together.
    #[must_use]
    pub fn with_silence(&self, silence: Option<Duration>) -> Self {
        Self { silence, ..self.clone() }
    }

    /// Makes a deadline this much time from now.
    #[must_use]
    pub fn after(time: Duration) -> Self {
        let abort = AbortController::default();
        let signal = abort.signal();
        Self {
            delay: Rc::new(RefCell::new(Box::pin(Delay::from(time)))),
            abort: Rc::new(RefCell::new(Some(abort))),
            signal,
            silence: None,
        }
    }

    /// Returns the signal that breaks a request off with the deadline.
    #[must_use]
    pub fn signal(&self) -> &AbortSignal {
        &self.signal
    }

    /// Ends the transfer that is under way.
    pub fn end(&self) {
        if let Some(abort) = self.abort.borrow_mut().take() {
            abort.abort();
        }
    }

    /// Awaits the work, unless the time is up first. The work is one step: it may not be silent for longer than a step
    /// may.
    pub async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, NoAnswer> {
        let mut work = pin!(work);
        let mut quiet = self.silence.map(|silence| Box::pin(Delay::from(silence)));
        poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Ok(done));
            }
            let silent = quiet.as_mut().is_some_and(|quiet| quiet.as_mut().poll(context).is_ready());
            if silent || self.delay.borrow_mut().as_mut().poll(context).is_ready() {
                self.end();
                return Poll::Ready(Err(NoAnswer::TimedOut));
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(all(test, target_arch = "wasm32"))]
mod tests {
    use std::{future, time::Duration};

    use likeness_core::http::NoAnswer;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::Deadline;

    #[test]
    async fn what_is_not_done_in_time_is_broken_off() {
        let deadline = Deadline::after(Duration::from_millis(1));
        assert_eq!(deadline.within(future::pending::<()>()).await, Err(NoAnswer::TimedOut));
        assert!(deadline.signal().aborted());
        // A copy of the deadline has no time left either.
        assert_eq!(deadline.clone().within(future::pending::<()>()).await, Err(NoAnswer::TimedOut));
    }

    #[test]
    async fn what_is_silent_is_broken_off_and_what_moves_is_not() {
        let step = Duration::from_millis(200);
        let deadline = Deadline::after(Duration::from_mins(5)).with_silence(Some(step));
        // The steps together take longer than one step may.
        for _ in 0..6 {
            let moves = worker::Delay::from(Duration::from_millis(50));
            assert_eq!(deadline.within(moves).await, Ok(()));
        }
        assert!(!deadline.signal().aborted());
        assert_eq!(deadline.within(future::pending::<()>()).await, Err(NoAnswer::TimedOut));
        assert!(deadline.with_silence(None).signal().aborted());
    }

    #[test]
    async fn what_is_done_counts_and_breaks_nothing_off() {
        let deadline = Deadline::after(Duration::from_mins(5));
        assert_eq!(deadline.within(future::ready(7)).await, Ok(7));
        assert!(!deadline.signal().aborted());
        deadline.end();
        assert!(deadline.signal().aborted());
    }
}
