//! The API over HTTP. The core decides the answers; this module moves the bytes.

mod answer;
mod avatar;
mod chat_driver;
mod chats;
mod connections;
mod drivers;
mod erasures;
mod files;
mod health;
mod page;
mod polling;
mod postponed;
mod problem;
mod rounds;
mod server;
mod stored_budget;
mod telegram;
mod telegram_file;
pub(crate) mod trial;
pub(crate) mod webhooks;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::service::service_fn;
use likeness_core::{
    api::{ConnectionSettings, Deployment},
    storage::Bucket,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    net::TcpListener,
    sync::{Mutex, Semaphore, watch},
    task::JoinSet,
};
use url::Url;

use self::{
    chats::Chats,
    connections::{Connections, Limits, Pace, Places},
    drivers::Drivers,
    health::Health,
    postponed::PostponedErases,
    rounds::Rounds,
    server::Server,
    stored_budget::StoredBudget,
    webhooks::SharedVerifier,
};
use crate::{driver::shell::Shell, settings::SIMULATOR};

/// Number of files and connections that the system is asked for.
const MOST_FILES: u64 = 8192;

/// The most photos that may be on their way at a time, and the most of one avatar: a whole set at once.
const MOST_UPLOADS: usize = 64;
const MOST_UPLOADS_OF_ONE: usize = 20;

/// The most messages of fal's that arrive at a time. Behind a proxy all come from one address.
const MOST_MESSAGES: usize = 16;

/// The most calls that look into the store at a time.
const MOST_LOOKS: usize = 8;

/// The time that answers on their way may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// The way in which the bot's updates come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Updates {
    /// Telegram sends them to the webhook's address.
    Sent,
    /// The bot asks for them.
    Polled,
}

/// Serves until `stop` returns, and then until every purchase that is under way is answered and saved. `ready` is told
/// the real address, with the port that was chosen for port 0.
pub(crate) async fn serve(
    listener: TcpListener,
    shell: Shell,
    deployment: Deployment,
    updates: Updates,
    ready: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    if !page::checks_photos() {
        log::info!("the page's module is not in this program: photos are checked here, not in the browser");
    }
    let shell = shell.telling(deployment.notify.clone());
    let connection = connection(&deployment);
    let deployment = Arc::new(deployment);
    let budget = StoredBudget::new(Arc::clone(&shell.store));
    let drivers = Drivers::new(shell.clone(), Arc::clone(&deployment), connection.clone(), budget.clone());
    let (closing, told) = watch::channel(false);
    let rounds = Rounds {
        store: Arc::clone(&shell.store),
        drivers: Arc::clone(&drivers),
        notices: deployment.notify.is_some(),
    };
    let server = Arc::new(Server {
        shell,
        deployment,
        connection,
        budget,
        drivers: Arc::clone(&drivers),
        verifier: SharedVerifier::default(),
        health: Health::default(),
        turn: Mutex::default(),
        looks: Semaphore::new(MOST_LOOKS),
        purchases: Mutex::default(),
        uploads: Places::new(MOST_UPLOADS, MOST_UPLOADS_OF_ONE),
        messages: Places::new(MOST_MESSAGES, MOST_MESSAGES),
        porter: std::sync::Mutex::default(),
        pace: Pace::default(),
        chats: Chats::default(),
        postponed: PostponedErases::default(),
        closing: told.clone(),
    });
    ready(address);
    let rounds = tokio::spawn(rounds.go(told.clone()));
    let erasures = tokio::spawn(erasures::carry_on(Arc::clone(&server), told));
    server.wake_chats().await;
    let polling = (updates == Updates::Polled).then(|| tokio::spawn(polling::poll(Arc::clone(&server))));

    let connections = Connections::new(Limits::default().with_files(open_files()));
    let mut answering = JoinSet::new();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => {
                    let (server, connections) = (Arc::clone(&server), connections.clone());
                    let seat = connections.sit(address.into()).await;
                    answering.spawn(async move {
                        let closing = server.closing.clone();
                        let service = service_fn(|request| {
                            answer::answer(Arc::clone(&server), Arc::clone(&seat), request)
                        });
                        connections.serve(&seat, stream, service, closing).await;
                    });
                }
                // Too many open files, for example: some will be closed soon.
                Err(error) => {
                    log::warn!("no connection could be accepted: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = answering.join_next() => {}
        }
    }
    drop(listener);
    log::info!("stopping: what is under way is answered and saved");
    closing.send_replace(true);
    let rest = async { while answering.join_next().await.is_some() {} };
    // Calls that are left then are cut; their orders are saved, and carried on by the next start.
    // Chats first: they buy by way of the drivers.
    let polled = async {
        if let Some(polling) = polling {
            drop(polling.await);
        }
        server.chats.ended().await;
    };
    let (_, (), (), ..) =
        tokio::join!(tokio::time::timeout(GRACE, rest), drivers.stop(), polled, rounds, erasures);
    Ok(())
}

/// Returns the number of files and connections that this process may open: as many as the system permits.
fn open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX).min(MOST_FILES);
    let now = limit.current.unwrap_or(u64::MAX);
    let more = Rlimit { current: Some(most), maximum: limit.maximum };
    if now < most && setrlimit(Resource::Nofile, more).is_ok() { most } else { now }
}

/// Returns the account and bucket of avatars.
fn connection(deployment: &Deployment) -> Option<ConnectionSettings> {
    if deployment.test_mode {
        deployment.test_connection(&Url::parse(SIMULATOR).ok()?, None::<Bucket>)
    } else {
        deployment.connection()
    }
}
