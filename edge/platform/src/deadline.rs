//! The time that something may take.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    rc::Rc,
    task::Poll,
    time::Duration,
};

use likeness_core::http::NoAnswer;
use worker::{AbortController, AbortSignal, Delay};

/// When a transfer is given up: one clock for its request and for its answer's body. What is still under way then is
/// broken off, so that nothing of it goes on unseen.
#[derive(Clone, Debug)]
pub struct Deadline {
    delay: Rc<RefCell<Pin<Box<Delay>>>>,
    abort: Rc<RefCell<Option<AbortController>>>,
    signal: AbortSignal,
}

impl Deadline {
    /// This much time from now on.
    #[must_use]
    pub fn after(time: Duration) -> Self {
        let abort = AbortController::default();
        let signal = abort.signal();
        Self {
            delay: Rc::new(RefCell::new(Box::pin(Delay::from(time)))),
            abort: Rc::new(RefCell::new(Some(abort))),
            signal,
        }
    }

    /// What a request is given, so that it ends with the time.
    #[must_use]
    pub fn signal(&self) -> &AbortSignal {
        &self.signal
    }

    /// Ends what is under way.
    pub fn end(&self) {
        if let Some(abort) = self.abort.borrow_mut().take() {
            abort.abort();
        }
    }

    /// What the work says, unless the time is up first.
    pub async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, NoAnswer> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Ok(done));
            }
            match self.delay.borrow_mut().as_mut().poll(context) {
                Poll::Ready(()) => {
                    self.end();
                    Poll::Ready(Err(NoAnswer::TimedOut))
                }
                Poll::Pending => Poll::Pending,
            }
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
        // Whoever has the same deadline has none left either.
        assert_eq!(deadline.clone().within(future::pending::<()>()).await, Err(NoAnswer::TimedOut));
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
