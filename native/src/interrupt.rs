//! Ctrl-C, SIGTERM, SIGHUP and SIGQUIT: the first asks the command to stop and tidy up, the second ends the process.

mod hangup;

use std::{
    io::{self, Write as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
};

use self::hangup::Terminal;
use crate::failure::{Exit, Failure};

/// The person's wish to stop. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt {
    asked: watch::Receiver<bool>,
    turn: Arc<Semaphore>,
}

impl Interrupt {
    /// Begins to listen. Must be called inside the runtime. `leave` is called before the process ends here.
    pub(crate) fn listen(leave: fn()) -> Self {
        let (asked, listening) = watch::channel(false);
        let mut signals = Signals::listen();
        tokio::spawn(async move {
            signals.first().await;
            if ASKING.load(Ordering::Relaxed) > 0 {
                leave();
                // The cursor stands behind the question.
                let _ = writeln!(io::stderr(), "\ninterrupted: nothing was done");
                std::process::exit(Exit::Interrupted.number().into());
            }
            asked.send_replace(true);
            signals.another().await;
            leave();
            std::process::exit(Exit::Interrupted.number().into());
        });
        Self { asked: listening, turn: Arc::new(Semaphore::new(1)) }
    }

    /// Fails once the person asked to stop, for work that runs on threads.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if *self.asked.borrow() { Err(failure()) } else { Ok(()) }
    }

    /// Returns when the person asked to stop.
    pub(crate) async fn wait(&self) -> Failure {
        if self.asked.clone().wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
        failure()
    }

    /// Returns when the person asked to stop and no part of the command is [holding](Self::hold).
    pub(crate) async fn wait_unless_held(&self) -> Failure {
        let failure = self.wait().await;
        // The semaphore is never closed; if it were, it would not be held.
        let _turn = self.turn.acquire().await;
        failure
    }

    /// Keeps the first Ctrl-C from ending the command until the result is dropped: the holder ends the command itself
    /// when ready.
    pub(crate) async fn hold(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turn).acquire_owned().await.ok()
    }
}

/// Number of questions that wait for a person's answer. Reading one blocks the thread that would see the interrupt.
static ASKING: AtomicUsize = AtomicUsize::new(0);

/// A mark that a question waits: the first Ctrl-C ends the process while this lives.
pub(crate) struct Asking(());

/// Marks that a question begins to wait for its answer.
pub(crate) fn asking() -> Asking {
    ASKING.fetch_add(1, Ordering::Relaxed);
    Asking(())
}

impl Drop for Asking {
    fn drop(&mut self) {
        ASKING.fetch_sub(1, Ordering::Relaxed);
    }
}

fn failure() -> Failure {
    Failure::new(Exit::Interrupted, "interrupted", "interrupted")
        .next("the same command carries on where this one stopped")
}

/// The signals that ask the program to end.
struct Signals {
    arriving: mpsc::UnboundedReceiver<SignalKind>,
    terminal: Terminal,
}

impl Signals {
    /// Listens from here on: a signal that comes before the first look is not lost.
    fn listen() -> Self {
        let (sender, arriving) = mpsc::unbounded_channel();
        let hangup = (!hangup::is_ignored()).then(SignalKind::hangup);
        let others = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::quit()];
        for kind in others.into_iter().chain(hangup) {
            // For a signal that cannot be listened to, the system ends the process as it always did.
            let Ok(mut one) = signal(kind) else { continue };
            let sender = sender.clone();
            tokio::spawn(async move { while one.recv().await.is_some() && sender.send(kind).is_ok() {} });
        }
        Self { arriving, terminal: Terminal::at_start() }
    }

    async fn first(&mut self) {
        self.next().await;
    }

    /// Returns at a signal that says more than the first. A terminal that closes sends SIGHUP twice: its shell passes
    /// one on and ends, and at that the system sends the next.
    async fn another(&mut self) {
        while self.next().await == SignalKind::hangup() && self.terminal.is_gone() {}
    }

    async fn next(&mut self) -> SignalKind {
        match self.arriving.recv().await {
            Some(kind) => kind,
            None => std::future::pending().await,
        }
    }
}
