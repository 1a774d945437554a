//! The API over HTTP, for whoever is let in. What is answered is decided in the core; this moves the bytes.

mod answer;
mod drivers;
mod files;
mod ledger;
mod rounds;
mod uploads;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use likeness_core::{
    api::{Deployment, Way},
    storage::Bucket,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Mutex, Semaphore, watch},
    task::JoinSet,
};
use url::Url;

use self::{drivers::Drivers, ledger::Ledger, rounds::Rounds, uploads::Uploads};
use crate::{settings::SIMULATOR, shell::Shell, webhooks::Mailbox};

/// How many connections there are at a time; whoever comes then waits for one to end.
const MOST_CONNECTIONS: usize = 1000;

/// How many files and connections are asked for.
const MOST_FILES: u64 = 4096;

/// How many messages of fal's arrive at a time.
const MOST_MESSAGES: usize = 16;

/// How many calls look into the store at a time.
const MOST_LOOKS: usize = 8;

/// How long a caller may take to send its headers, also those of the next call on a connection.
const HEADERS_WITHIN: Duration = Duration::from_secs(15);

/// The longest that one connection lasts: a model takes a while on a slow line, and nobody takes for ever.
const CONNECTION_FOR: Duration = Duration::from_hours(1);

/// How long answers that are on their way may take once it is told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// What every connection shares.
#[derive(Debug)]
struct Server {
    shell: Shell,
    deployment: Arc<Deployment>,
    way: Option<Way>,
    ledger: Ledger,
    drivers: Arc<Drivers>,
    mailbox: Mailbox,
    /// One call at a time changes something in the store; a caller that is slow waits elsewhere.
    turn: Mutex<()>,
    /// So many look into it beside that.
    looks: Semaphore,
    /// One purchase at a time is reserved and made.
    purchases: Mutex<()>,
    uploads: Uploads,
    messages: Semaphore,
    closing: watch::Receiver<bool>,
}

/// Serves until `stop` comes back, and then until every purchase that is under way is answered and saved. `ready` is
/// told the real address, port 0 having become another.
pub(crate) async fn serve(
    listener: TcpListener,
    shell: Shell,
    deployment: Deployment,
    ready: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let shell = shell.telling(deployment.notify.clone());
    let way = way(&deployment);
    let deployment = Arc::new(deployment);
    let ledger = Ledger::new(Arc::clone(&shell.store));
    let drivers = Drivers::new(shell.clone(), Arc::clone(&deployment), way.clone(), ledger.clone());
    let (closing, told) = watch::channel(false);
    let rounds = Rounds {
        store: Arc::clone(&shell.store),
        drivers: Arc::clone(&drivers),
        notices: deployment.notify.is_some(),
    };
    let server = Arc::new(Server {
        shell,
        deployment,
        way,
        ledger,
        drivers: Arc::clone(&drivers),
        mailbox: Mailbox::default(),
        turn: Mutex::default(),
        looks: Semaphore::new(MOST_LOOKS),
        purchases: Mutex::default(),
        uploads: Uploads::default(),
        messages: Semaphore::new(MOST_MESSAGES),
        closing: told.clone(),
    });
    ready(address);
    let rounds = tokio::spawn(rounds.go(told));

    let mut connections = JoinSet::new();
    let room = Arc::new(Semaphore::new(connections_for(open_files())));
    tokio::pin!(stop);
    loop {
        let accepted = async {
            // It is never closed.
            let place = Arc::clone(&room).acquire_owned().await.map_err(io::Error::other)?;
            listener.accept().await.map(|(stream, _)| (stream, place))
        };
        tokio::select! {
            () = &mut stop => break,
            accepted = accepted => match accepted {
                Ok((stream, place)) => {
                    let server = Arc::clone(&server);
                    connections.spawn(async move {
                        connection(server, stream).await;
                        drop(place);
                    });
                }
                // Too many open files, for example: some will be closed soon.
                Err(error) => {
                    log::warn!("no connection could be accepted: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    log::info!("stopping: what is under way is answered and saved");
    closing.send_replace(true);
    let rest = async { while connections.join_next().await.is_some() {} };
    // What is left then is cut; what it ordered is saved, and carried on by the next start.
    let (_, (), _) = tokio::join!(tokio::time::timeout(GRACE, rest), drivers.stop(), rounds);
    Ok(())
}

/// How many files and connections this process may open: as many as the system lets it.
fn open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX).min(MOST_FILES);
    let now = limit.current.unwrap_or(u64::MAX);
    let more = Rlimit { current: Some(most), maximum: limit.maximum };
    if now < most && setrlimit(Resource::Nofile, more).is_ok() { most } else { now }
}

/// Where few can be opened, half of them are for whoever works on the avatars.
fn connections_for(files: u64) -> usize {
    usize::try_from(files / 2).unwrap_or(MOST_CONNECTIONS).clamp(16, MOST_CONNECTIONS)
}

/// Where avatars are bought and kept.
fn way(deployment: &Deployment) -> Option<Way> {
    if deployment.test_mode {
        deployment.test_way(&Url::parse(SIMULATOR).ok()?, None::<Bucket>)
    } else {
        deployment.way()
    }
}

async fn connection(server: Arc<Server>, stream: TcpStream) {
    let mut closing = server.closing.clone();
    let service = service_fn(|request| answer::answer(Arc::clone(&server), request));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::time::timeout(CONNECTION_FOR, async {
        tokio::select! {
            ended = &mut connection => return ended,
            _ = closing.wait_for(|closing| *closing) => {}
        }
        connection.as_mut().graceful_shutdown();
        connection.await
    });
    match ended.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::debug!("a connection ended early: {error}"),
        Err(_) => log::debug!("a connection lasted too long"),
    }
}
