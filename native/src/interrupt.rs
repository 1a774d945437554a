//! Ctrl-C and SIGTERM: the first asks the command to stop and tidy up, the second ends the process.

use std::{
    io::{self, Write as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::exit::{Exit, Failure};

/// Whether someone asked to stop. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt {
    asked: watch::Receiver<bool>,
    turn: Arc<Semaphore>,
}

impl Interrupt {
    /// Begins to listen. Must be called inside the runtime.
    pub(crate) fn listen() -> Self {
        let (asked, listening) = watch::channel(false);
        tokio::spawn(async move {
            signal().await;
            if ASKING.load(Ordering::Relaxed) > 0 {
                // The cursor stands behind the question.
                let _ = writeln!(io::stderr(), "\ninterrupted: nothing was done");
                std::process::exit(Exit::Interrupted.number().into());
            }
            asked.send_replace(true);
            signal().await;
            std::process::exit(Exit::Interrupted.number().into());
        });
        Self { asked: listening, turn: Arc::new(Semaphore::new(1)) }
    }

    /// An error once someone asked to stop, for work that runs on threads.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if *self.asked.borrow() { Err(failure()) } else { Ok(()) }
    }

    /// Comes back when someone asked to stop.
    pub(crate) async fn wait(&self) -> Failure {
        if self.asked.clone().wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
        failure()
    }

    /// The same, but not while someone is [holding](Self::hold).
    pub(crate) async fn wait_unless_held(&self) -> Failure {
        let failure = self.wait().await;
        // The semaphore is never closed; if it were, nobody would be holding.
        let _turn = self.turn.acquire().await;
        failure
    }

    /// Until this is dropped, the first Ctrl-C does not end the command: it ends itself when it is ready to.
    pub(crate) async fn hold(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turn).acquire_owned().await.ok()
    }
}

/// How many questions wait for a person's answer. Reading one blocks the thread that would see the interrupt.
static ASKING: AtomicUsize = AtomicUsize::new(0);

/// While this lives, the first Ctrl-C ends the process.
pub(crate) struct Asking(());

/// A question begins to wait for its answer.
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

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};

    let listening =
        signal(SignalKind::interrupt()).and_then(|one| Ok((one, signal(SignalKind::terminate())?)));
    match listening {
        Ok((mut interrupt, mut terminate)) => {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        }
        Err(_) => std::future::pending().await,
    }
}
