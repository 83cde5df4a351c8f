//! The door for mail to return paths: a small SMTP and LMTP server. A mail is answered after what it means is stored.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use attractor_app::App;
use attractor_app::sending::incoming::{Meaning, ReceivedMail, Session, Step, Stored, mailbox_of, receive};
use attractor_app::settings::Settings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// As many may be open; others wait.
const CONNECTIONS: usize = 50;
/// How long the other side may be silent, and how long it may take to take an answer in.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes that are read at once.
const CHUNK: usize = 16 * 1024;
/// After a connection that could not be accepted, because there are too many open files, for example.
const PAUSE: Duration = Duration::from_secs(1);

/// The open door.
pub struct MailDoor {
    listener: TcpListener,
    address: SocketAddr,
}

impl MailDoor {
    /// Opens it where the settings name one; the error is why that is not possible.
    pub async fn open(settings: &Settings) -> Result<Option<MailDoor>, String> {
        if settings.inbound.is_empty() {
            return Ok(None);
        }
        if settings.bounce_domain.is_empty() {
            return Err("`inbound` is set, and `bounce_domain` is not: set the domain of the return addresses".into());
        }
        let not_bound =
            |error: io::Error| format!("`inbound`: {}: {error}; take another address or port", settings.inbound);
        let listener = TcpListener::bind(&settings.inbound).await.map_err(not_bound)?;
        let address = listener.local_addr().map_err(not_bound)?;
        tracing::info!(%address, domain = settings.bounce_domain, "mail to return addresses is taken");
        Ok(Some(MailDoor { listener, address }))
    }

    /// Takes mail on this runtime until the server stops.
    pub fn begin(self, app: &Arc<App>, runtime: &Runtime) -> JoinHandle<()> {
        // It is set once, because a server has one such door.
        let _ = app.inbound.set(self.address);
        runtime.spawn(self.serve(app.clone()))
    }

    async fn serve(self, app: Arc<App>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        tokio::select! {
            () = self.accept(&app, &places) => {}
            () = app.stopped() => {}
        }
        drop(self);
        // Dialogues end by themselves when the server stops; a mail that is whole is answered before.
        let _ = places.acquire_many(CONNECTIONS as u32).await;
    }

    async fn accept(&self, app: &Arc<App>, places: &Arc<Semaphore>) {
        while let Ok(place) = places.clone().acquire_owned().await {
            match self.listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(talk(stream, app.clone(), place))),
                Err(error) => {
                    tracing::warn!(%error, "a connection with mail could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

/// One connection, which has its place until it ends.
async fn talk(stream: TcpStream, app: Arc<App>, place: OwnedSemaphorePermit) {
    // That the other side went away is its business: it tries again.
    if let Err(error) = (Dialogue { session: Session::new(&app.settings.bounce_domain), stream, app }).run().await {
        tracing::debug!(%error, "a connection with mail broke off");
    }
    drop(place);
}

struct Dialogue {
    session: Session,
    stream: TcpStream,
    app: Arc<App>,
}

impl Dialogue {
    async fn run(mut self) -> io::Result<()> {
        let greeting = self.session.greeting();
        self.send(&greeting).await?;
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = tokio::select! {
                // Asked first, so that a mail that has arrived is stored.
                biased;
                read = timeout(PATIENCE, self.stream.read(&mut chunk)) => read,
                () = self.app.stopped() => return self.leave("The server stops").await,
            };
            let Ok(read) = read else { return self.leave("It was silent for too long").await };
            let read = read?;
            if read == 0 {
                return Ok(());
            }
            self.session.feed(&chunk[..read]);
            if !self.steps().await? {
                return Ok(());
            }
        }
    }

    /// Does all that follows from what came. Whether the connection goes on.
    async fn steps(&mut self) -> io::Result<bool> {
        let app = self.app.clone();
        let is_ours = move |recipient: &str| mailbox_of(&app, recipient).is_some();
        // Answers to commands that came together leave together.
        let mut replies = String::new();
        let mut goes_on = true;
        while let Some(step) = self.session.next(&is_ours) {
            match step {
                Step::Reply(reply) => replies += &reply,
                Step::Mail(mail) => {
                    let stored = stored(&self.app, mail).await;
                    replies += &self.session.answer(&stored);
                }
                Step::Close(reply) => {
                    replies += &reply;
                    goes_on = false;
                }
            }
        }
        self.send(&replies).await?;
        Ok(goes_on)
    }

    async fn leave(&mut self, why: &str) -> io::Result<()> {
        let farewell = self.session.farewell(why);
        self.send(&farewell).await
    }

    async fn send(&mut self, replies: &str) -> io::Result<()> {
        let silent = || io::Error::from(io::ErrorKind::TimedOut);
        timeout(PATIENCE, self.stream.write_all(replies.as_bytes())).await.map_err(|_| silent())?
    }
}

async fn stored(app: &App, mail: ReceivedMail) -> Vec<Stored> {
    let recipients = mail.recipients.clone();
    // A large mail takes a moment to read, and others wait for this thread.
    match tokio::task::spawn_blocking(move || Meaning::of(&mail)).await {
        Ok(meaning) => receive(app, &recipients, meaning).await,
        Err(error) => {
            tracing::error!(%error, "a mail could not be read; please report it");
            vec![Stored::Later; recipients.len()]
        }
    }
}
