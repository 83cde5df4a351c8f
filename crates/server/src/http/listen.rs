//! Listening: on the network, and on a socket in the data folder for the commands of its owner.

use std::fs::{self, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::{Extension, Router};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tower::ServiceExt;
use tower_http::timeout::TimeoutBody;

use super::peer::Via;
use crate::app::App;

/// Both doors, open.
pub struct Doors {
    tcp: TcpListener,
    unix: UnixListener,
    socket: PathBuf,
    asked: Asked,
}

/// The signals that ask a program to stop.
pub struct Asked {
    terminate: Signal,
    interrupt: Signal,
}

impl Doors {
    /// Opens them, and listens for signals from here on: whoever knows the address may stop the program decently. A
    /// socket that a server left behind when it was killed is removed: the folder's lock is ours.
    pub async fn open(address: SocketAddr, socket: &Path) -> Result<Doors, String> {
        let asked = Asked::listen().map_err(|error| format!("signals: {error}"))?;
        let tcp = TcpListener::bind(address).await.map_err(|error| not_bound(address, &error))?;
        let unix = owners_socket(socket).map_err(|error| format!("{}: {error}", socket.display()))?;
        Ok(Doors { tcp, unix, socket: socket.to_owned(), asked })
    }

    /// The signals again, for whoever works before anything is served.
    pub fn asked_to_stop(&self) -> Result<Asked, String> {
        Asked::listen().map_err(|error| format!("signals: {error}"))
    }

    /// Where it listens on the network; the port is the true one.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Answers until the program is told to stop, then as long as the settings allow for what is under way.
    pub async fn serve(self, app: &Arc<App>, router: Router) {
        let mut serving = JoinSet::new();
        serving.spawn(network(self.tcp, app.clone(), router.clone()));
        serving.spawn(owner(self.unix, app.clone(), router.layer(Extension(Via::Owner))));
        self.asked.stop(app).await;
        app.stop();
        let all = async { while serving.join_next().await.is_some() {} };
        if tokio::time::timeout(Duration::from_secs(app.settings.stop_seconds), all).await.is_err() {
            tracing::warn!("some requests were still open and have been cut off");
        }
        // It is in nobody's way if it stays.
        let _ = fs::remove_file(&self.socket);
    }
}

fn not_bound(address: SocketAddr, error: &io::Error) -> String {
    let other = SocketAddr::new(address.ip(), address.port().checked_add(1).unwrap_or(8080));
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("{address} is used by another program; stop it, or listen elsewhere: --listen {other}")
        }
        io::ErrorKind::PermissionDenied => {
            format!("{address}: this user may not listen on port {}; take one from 1024 on", address.port())
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("{address}: this machine does not have that address; listen on 127.0.0.1 or 0.0.0.0")
        }
        _ => format!("{address}: {error}"),
    }
}

/// Whoever owns the folder may take its time.
async fn owner(unix: UnixListener, app: Arc<App>, router: Router) {
    let stop = async move { app.stopped().await };
    if let Err(error) = axum::serve(unix, router).with_graceful_shutdown(stop).await {
        tracing::error!(%error, "the socket in the data folder answers no more");
    }
}

/// The network is everybody's: who is slow, or silent, must not keep others out.
async fn network(tcp: TcpListener, app: Arc<App>, router: Router) {
    let limit = Duration::from_secs(app.settings.request_seconds);
    let mut http = http1::Builder::new();
    // It runs between requests as well: a connection that nobody uses is closed.
    http.timer(TokioTimer::new()).header_read_timeout(limit);
    let mut room = Room::of(app.settings.connections);
    let open = GracefulShutdown::new();
    loop {
        let (place, stream, peer) = tokio::select! {
            next = room.next(&tcp) => next,
            () = app.stopped() => break,
        };
        let router = router.clone();
        let service = service_fn(move |request| router.clone().oneshot(received(request, peer, limit)));
        http.keep_alive(room.is_ample());
        let answering = open.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // That somebody went away, or was too slow, is not our failure.
            drop(answering.await);
            drop(place);
        });
    }
    drop(tcp);
    open.shutdown().await;
}

/// A request as the routes take it. A body that falls silent for so long is given up.
fn received(request: Request<Incoming>, peer: SocketAddr, limit: Duration) -> Request<Body> {
    let mut request = request.map(|body| Body::new(TimeoutBody::new(limit, body)));
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

/// How many connections there may be, so that there are always files left to be opened for the data.
struct Room {
    places: Arc<Semaphore>,
    all: usize,
    was_full: bool,
}

impl Room {
    fn of(all: usize) -> Room {
        Room { places: Arc::new(Semaphore::new(all)), all, was_full: false }
    }

    /// Where it is half full, a connection ends with its answer and is not kept for a next request.
    fn is_ample(&self) -> bool {
        self.places.available_permits() > self.all / 2
    }

    /// The next connection, as soon as there is a place for it.
    async fn next(&mut self, tcp: &TcpListener) -> (Option<OwnedSemaphorePermit>, TcpStream, SocketAddr) {
        let is_full = self.places.available_permits() == 0;
        if is_full && !self.was_full {
            tracing::warn!(connections = self.all, "as many connections are open as may be; others wait");
        }
        self.was_full = is_full;
        let place = self.places.clone().acquire_owned().await.ok();
        loop {
            match tcp.accept().await {
                Ok((stream, peer)) => return (place, stream, peer),
                Err(error) if is_its_own(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be taken at present");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

/// Whether an error concerns the connection alone, that was about to be taken.
fn is_its_own(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// In a folder that is its owner's alone, so that it is never open to others.
fn owners_socket(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

impl Asked {
    fn listen() -> io::Result<Asked> {
        Ok(Asked { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for one of them.
    pub async fn signal(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    async fn stop(self, app: &App) {
        tokio::select! {
            () = self.signal() => {}
            () = app.stopped() => {}
        }
    }
}
