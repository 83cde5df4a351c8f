//! Between the server and PostgreSQL: passes everything on, and breaks off a connection where a test wants it.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::thread;

use tempfile::TempDir;

use super::until;

/// What happens to the next commit.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Cut {
    Nothing,
    /// It never arrives.
    Commit,
    /// It is done, and its answer is lost.
    Answer,
    /// It is done when the one who asked for it has gone on with another connection as far as it can.
    Late,
}

/// With this a writer begins, on each connection once.
const HOLD: &[u8] = b"UPDATE lane SET epoch";

pub struct Proxy {
    folder: TempDir,
    armed: Arc<Armed>,
}

#[derive(Default)]
struct Armed {
    /// A [`Cut`].
    next: AtomicU8,
    /// Connections on which a writer has begun.
    writers: AtomicUsize,
}

impl Proxy {
    /// Before a server that listens on this socket.
    pub fn start(to: &Path) -> Proxy {
        let folder = TempDir::new().unwrap();
        let listener = UnixListener::bind(folder.path().join(to.file_name().unwrap())).unwrap();
        let armed = Arc::new(Armed::default());
        let (to, shared) = (to.to_owned(), armed.clone());
        thread::spawn(move || listener.incoming().flatten().for_each(|client| join(client, &to, &shared)));
        Proxy { folder, armed }
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgresql:///{database}?host={}&user=postgres&sslmode=disable", self.folder.path().display())
    }

    pub fn cut(&self, what: Cut) {
        self.armed.next.store(what as u8, Ordering::SeqCst);
    }

    pub fn has_cut(&self) -> bool {
        self.armed.next.load(Ordering::SeqCst) == Cut::Nothing as u8
    }
}

/// Nobody is there: the client hears it by the end of its connection.
fn join(client: UnixStream, to: &PathBuf, armed: &Arc<Armed>) {
    let Ok(server) = UnixStream::connect(to) else { return };
    let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut answers, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let armed = armed.clone();
    thread::spawn(move || {
        ask(&client, &server, &armed);
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Write);
    });
}

fn ask(mut client: &UnixStream, mut server: &UnixStream, armed: &Armed) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = client.read(&mut bytes) {
        let asked = &bytes[..count];
        if has(asked, HOLD) {
            armed.writers.fetch_add(1, Ordering::SeqCst);
        }
        let cut = if has(asked, b"COMMIT\0") { armed.next.swap(Cut::Nothing as u8, Ordering::SeqCst) } else { 0 };
        if cut == Cut::Commit as u8 {
            return;
        }
        // Before the commit is passed on, so that its answer finds nobody.
        let writers = armed.writers.load(Ordering::SeqCst);
        if cut != Cut::Nothing as u8 {
            let _ = client.shutdown(Shutdown::Both);
        }
        if cut == Cut::Late as u8 {
            until("somebody writes again", || armed.writers.load(Ordering::SeqCst) > writers);
        }
        if server.write_all(asked).is_err() || cut != Cut::Nothing as u8 {
            return;
        }
    }
}

fn has(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}
