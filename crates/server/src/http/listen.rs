//! Listening: on the network, and on a socket in the data folder for the commands of its owner.

use std::convert::Infallible;
use std::fs::{self, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use attractor_app::App;
use attractor_app::settings::Settings;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Request, Response};
use axum::middleware::from_fn_with_state;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tower::ServiceExt;
use tower_http::timeout::TimeoutBody;

use super::farewell::{self, Farewell};
use super::peer::Via;
use super::room::{Limits, Room, Waiting};
use super::watched::{Incoming, Outgoing, Socket};
use crate::clock::Stopwatch;

/// A server that stops goes on taking connections until none has come for this time.
const QUIET: Duration = Duration::from_millis(50);
/// But not for longer than this.
const LONGEST_QUIET: Duration = Duration::from_secs(1);
/// As many ports behind one that is taken are tried for a free one.
const PORTS_BESIDE: u16 = 20;
/// How long answers to requests that are broken off may take to be sent.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Where requests come in: an address of the network and a socket in the data folder.
pub struct Listeners {
    tcp: TcpListener,
    unix: UnixListener,
    socket: PathBuf,
    asked: StopSignals,
}

/// The signals that ask a program to stop.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl Listeners {
    /// Opens them, and listens for signals from here on: whoever knows the address may stop the program decently. A
    /// socket that a server left behind when it was killed is removed: the folder's lock is ours. `elsewhere` says how to
    /// listen on another address, for an address that is taken.
    pub async fn open(
        address: SocketAddr,
        socket: &Path,
        elsewhere: impl FnOnce(SocketAddr) -> String,
    ) -> Result<Listeners, String> {
        let asked = StopSignals::listen().map_err(|error| format!("signals: {error}"))?;
        let tcp = TcpListener::bind(address).await.map_err(|error| not_bound(address, &error, elsewhere))?;
        let unix = owners_socket(socket).map_err(|error| format!("{}: {error}", socket.display()))?;
        Ok(Listeners { tcp, unix, socket: socket.to_owned(), asked })
    }

    /// The signals again, for whoever works before anything is served.
    pub fn asked_to_stop(&self) -> Result<StopSignals, String> {
        StopSignals::listen().map_err(|error| format!("signals: {error}"))
    }

    /// Where it listens on the network; the port is the true one.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Answers until the program is told to stop, then as long as the settings allow for what is under way. What takes
    /// longer is answered 503.
    pub async fn serve(self, app: &Arc<App>, router: Router) {
        let (over, is_over) = watch::channel(false);
        let router = router.layer(from_fn_with_state(Farewell { app: app.clone(), is_over }, farewell::bid));
        let mut serving = JoinSet::new();
        serving.spawn(network(self.tcp, app.clone(), router.clone()));
        serving.spawn(owner(self.unix, app.clone(), router.layer(Extension(Via::Owner))));
        self.asked.stop(app).await;
        app.stop();
        if !all_end(&mut serving, Duration::from_secs(app.settings.stop_seconds)).await {
            tracing::warn!("some requests took longer than `stop_seconds`; they are answered 503");
            over.send_replace(true);
            all_end(&mut serving, LAST_WORDS).await;
        }
        // It is in nobody's way if it stays.
        let _ = fs::remove_file(&self.socket);
    }
}

fn not_bound(address: SocketAddr, error: &io::Error, elsewhere: impl FnOnce(SocketAddr) -> String) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => match free_beside(address) {
            Some(free) => format!(
                "{address} is used by another program; stop it, or listen on port {}, which is free: {}",
                free.port(),
                elsewhere(free)
            ),
            None => {
                format!("{address} is used by another program; stop it, or listen on another address with --listen")
            }
        },
        io::ErrorKind::PermissionDenied => {
            format!("{address}: this user may not listen on port {}; take one from 1024 on", address.port())
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("{address}: this machine does not have that address; listen on 127.0.0.1 or 0.0.0.0")
        }
        _ => format!("{address}: {error}"),
    }
}

/// The next free port of the same address, otherwise any free one.
fn free_beside(address: SocketAddr) -> Option<SocketAddr> {
    let next = (1..=PORTS_BESIDE).filter_map(|step| address.port().checked_add(step));
    let others = next.chain([0]).map(|port| SocketAddr::new(address.ip(), port));
    others.filter_map(|other| std::net::TcpListener::bind(other).ok()).find_map(|free| free.local_addr().ok())
}

/// Whether all have ended within this time.
async fn all_end(serving: &mut JoinSet<()>, within: Duration) -> bool {
    timeout(within, async { while serving.join_next().await.is_some() {} }).await.is_ok()
}

/// Whoever owns the folder may take its time.
async fn owner(unix: UnixListener, app: Arc<App>, router: Router) {
    let stop = async move {
        app.stopped().await;
        // A command that has connected already has its request read.
        tokio::time::sleep(QUIET).await;
    };
    if let Err(error) = axum::serve(unix, router).with_graceful_shutdown(stop).await {
        tracing::error!(%error, "the socket in the data folder answers no more");
    }
}

/// The network is everybody's: who is slow, or silent, must not keep others out.
async fn network(tcp: TcpListener, app: Arc<App>, router: Router) {
    let mut room = Room::of(app.settings.connections);
    let mut answering = Answering::new(&app.settings, router, room.full());
    loop {
        let (place, stream, peer) = tokio::select! {
            next = room.next(&tcp) => next,
            () = app.stopped() => break,
        };
        answering.begin(stream, peer, place, room.is_ample());
    }
    // Whoever has connected already is answered, also beyond the number of connections.
    let watch = Stopwatch::start();
    let rest = || QUIET.min(LONGEST_QUIET.saturating_sub(watch.elapsed()));
    while let Ok(Ok((stream, peer))) = timeout(rest(), tcp.accept()).await {
        answering.begin(stream, peer, None, false);
    }
    drop(tcp);
    answering.end().await;
}

/// The connections that are open.
struct Answering {
    http: http1::Builder,
    /// For how long a request may be silent in its midst.
    limit: Duration,
    limits: Limits,
    router: Router,
    /// Whether all places are taken.
    full: watch::Receiver<bool>,
    /// Each connection has a receiver until it is closed.
    ending: watch::Sender<bool>,
}

impl Answering {
    fn new(settings: &Settings, router: Router, full: watch::Receiver<bool>) -> Answering {
        let limit = Duration::from_secs(settings.request_seconds);
        let limits = Limits { untaken: limit, crowded: Duration::from_secs(settings.crowded_seconds) };
        let mut http = http1::Builder::new();
        // It runs between requests as well: a connection that nobody uses is closed.
        http.timer(TokioTimer::new()).header_read_timeout(limit);
        Answering { http, limit, limits, router, full, ending: watch::Sender::new(false) }
    }

    /// Answers what comes on a connection, which holds its place as long as it is open.
    fn begin(&mut self, stream: TcpStream, peer: SocketAddr, place: Option<OwnedSemaphorePermit>, keep_alive: bool) {
        let (router, limit, waiting) = (self.router.clone(), self.limit, Arc::new(Waiting::default()));
        waiting.for_input(true);
        let watch = waiting.clone();
        let service = service_fn(move |request| answer(router.clone(), request, peer, limit, watch.clone()));
        self.http.keep_alive(keep_alive);
        let stream = TokioIo::new(Socket::new(stream, waiting.clone()));
        let connection = self.http.serve_connection(stream, service);
        let (ending, full, limits) = (self.ending.subscribe(), self.full.clone(), self.limits);
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            let mut outstayed = pin!(waiting.outstayed(full, limits));
            let is_open = tokio::select! {
                // Asked first, so that a request that has arrived is read before the connection is closed as unused.
                biased;
                // That somebody went away, or was too slow, is not our failure.
                _ = connection.as_mut() => false,
                () = outstayed.as_mut() => false,
                () = raised(ending.clone()) => true,
            };
            if is_open {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    done = connection => drop(done),
                    () = outstayed => {}
                }
            }
            drop((place, ending));
        });
    }

    /// Lets every connection end with the answer to its request; those without one are closed.
    async fn end(self) {
        self.ending.send_replace(true);
        self.ending.closed().await;
    }
}

/// Returns when the flag is up.
async fn raised(mut flag: watch::Receiver<bool>) {
    // Its sender outlives all that wait for it.
    let _ = flag.wait_for(|is_up| *is_up).await;
}

/// Answers one request. Where the rest of its body is not read, the answer says that the connection ends with it.
async fn answer(
    router: Router,
    request: Request<hyper::body::Incoming>,
    peer: SocketAddr,
    limit: Duration,
    waiting: Arc<Waiting>,
) -> Result<Response<Outgoing<Body>>, Infallible> {
    waiting.for_input(false);
    let (parts, body) = request.into_parts();
    let (body, is_read) = Incoming::new(body, waiting.clone());
    // A body that falls silent for so long is given up.
    let mut request = Request::from_parts(parts, Body::new(TimeoutBody::new(limit, body)));
    request.extensions_mut().insert(ConnectInfo(peer));
    let mut response = router.oneshot(request).await?;
    if !is_read.load(Ordering::Relaxed) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Outgoing::new(body, waiting)))
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

impl StopSignals {
    fn listen() -> io::Result<StopSignals> {
        Ok(StopSignals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
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
