//! The simulated fal, served over HTTP: for other clients, in any language, and for the other shell.

mod answer;
mod files;
mod server;
mod spool;
#[cfg(test)]
mod tests;
mod webhooks;

use std::{
    env, fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Serialize;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
    task::JoinSet,
};
use url::Url;

use self::{server::Server, spool::Spool};
use crate::transport::{Simulated, SimulatorStore};

/// The options of the simulator's server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Address in the simulator's answers, where clients reach it by another than the one it listens at.
    pub base: Option<Url>,
    /// Largest body that is taken, in bytes.
    pub max_body_bytes: u64,
    /// Folder in which a private one is made for bodies and uploads. Folders that a killed server left there are
    /// removed.
    pub spool_in: PathBuf,
    /// Time that answers on their way may take once the server is told to stop.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        // A ZIP without the ZIP64 records ends at 4 GiB.
        Self { base: None, max_body_bytes: 4 << 30, spool_in: env::temp_dir(), grace: Duration::from_secs(2) }
    }
}

/// The message that the server is ready, with its address. Shown as `listening on http://127.0.0.1:8089`; as JSON an
/// object with `listening`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listening {
    #[serde(rename = "listening")]
    base: String,
    /// Folder of uploads until the server ends.
    uploads: PathBuf,
}

impl Listening {
    /// Returns the address without a slash at its end, as it is put into `FAL_BASE_URL`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Returns the private folder in which uploads lie until the server ends.
    #[must_use]
    pub fn uploads(&self) -> &Path {
        &self.uploads
    }
}

impl fmt::Display for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "listening on {}", self.base)
    }
}

/// The reason why the simulator could not be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A missing place for bodies and uploads.
    #[error("no private folder can be made in {folder}: {cause}")]
    Spool {
        /// Folder in which the place should have been made.
        folder: PathBuf,
        /// Error of the system.
        cause: io::Error,
    },
    /// An address that could not be listened at, or a state that could not be kept.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Serves the simulator in `store` until `stop` returns. `ready` is told the real address, with the port that was
/// chosen for port 0. Webhooks are delivered as they fall due. Each call is one line of the log, without the query,
/// which may hold a token.
pub async fn serve(
    listener: TcpListener,
    store: Arc<dyn SimulatorStore>,
    options: Options,
    ready: impl FnOnce(&Listening),
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let base = match options.base {
        Some(base) => base,
        None => base_of(listener.local_addr()?)?,
    };
    let folder = options.spool_in;
    let spool = Spool::new(&folder).map_err(|cause| ServeError::Spool { folder, cause })?;
    let address = base.as_str().trim_end_matches('/').to_owned();
    let listening = Listening { base: address, uploads: spool.path().to_owned() };
    let simulated = Simulated::new(store, Arc::new(crate::clock::now));
    simulated.change(move |simulator, _| simulator.move_to(base)).await?;
    let server =
        Arc::new(Server { simulated, spool, max_body_bytes: options.max_body_bytes, changed: Notify::new() });
    ready(&listening);

    let (closing, told) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut deliveries = JoinSet::new();
    deliveries.spawn(webhooks::deliver(Arc::clone(&server)));
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(Arc::clone(&server), stream, told.clone()));
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
    closing.send_replace(true);
    let rest = async { while connections.join_next().await.is_some() {} };
    // Answers that are left then are cut.
    let _ = tokio::time::timeout(options.grace, rest).await;
    // Tasks that use the spool end before it is removed.
    connections.shutdown().await;
    deliveries.shutdown().await;
    Ok(())
}

/// Returns an address that clients on this machine can use, also when the server listens on every interface.
fn base_of(address: SocketAddr) -> io::Result<Url> {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let base = format!("http://{}", SocketAddr::new(ip, address.port()));
    Url::parse(&base).map_err(io::Error::other)
}

async fn connection(server: Arc<Server>, stream: TcpStream, mut told: watch::Receiver<bool>) {
    let service = service_fn(|request| answer::answer(Arc::clone(&server), request));
    let connection =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let closing = async { drop(told.wait_for(|closing| *closing).await) };
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = closing => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        log::debug!("a connection ended early: {error}");
    }
}
