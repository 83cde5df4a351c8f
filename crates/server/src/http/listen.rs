//! Listening: on the network, and on a socket in the data folder for the commands of its owner.

use std::fs::{self, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;

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
struct Asked {
    terminate: Signal,
    interrupt: Signal,
}

impl Doors {
    /// Opens them, and listens for signals from here on: whoever knows the address may stop the program decently. A
    /// socket that a server left behind when it was killed is removed: the folder's lock is ours.
    pub async fn open(address: SocketAddr, socket: &Path) -> Result<Doors, String> {
        let asked = Asked::listen().map_err(|error| format!("signals: {error}"))?;
        let tcp = TcpListener::bind(address).await.map_err(|error| format!("{address}: {error}"))?;
        let unix = owners_socket(socket).map_err(|error| format!("{}: {error}", socket.display()))?;
        Ok(Doors { tcp, unix, socket: socket.to_owned(), asked })
    }

    /// Where it listens on the network; the port is the true one.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Answers until the program is told to stop, then as long as the settings allow for what is under way.
    pub async fn serve(self, app: &Arc<App>, router: Router) {
        let mut serving = JoinSet::new();
        let network = router.clone().into_make_service_with_connect_info::<SocketAddr>();
        let stop = |app: Arc<App>| async move { app.stopped().await };
        serving.spawn(axum::serve(self.tcp, network).with_graceful_shutdown(stop(app.clone())).into_future());
        let owners = router.layer(Extension(Via::Owner));
        serving.spawn(axum::serve(self.unix, owners).with_graceful_shutdown(stop(app.clone())).into_future());
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

    async fn stop(mut self, app: &App) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            () = app.stopped() => {}
        }
    }
}
