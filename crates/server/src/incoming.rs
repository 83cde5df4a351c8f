//! The door for mail to return paths: a small SMTP and LMTP server. A mail is answered after what it means is stored.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use attractor_app::App;
use attractor_app::sending::incoming::{Meaning, ReceivedMail, Session, Step, Stored, mailbox_of, receive};
use attractor_app::settings::Settings;
use attractor_app::tally::network;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// As many may be open; others wait.
const CONNECTIONS: usize = 50;
/// As many of them may be one network's: a stranger alone does not take all places.
const OF_NETWORK: usize = 10;
/// How long the other side may be silent, and how long it may take to take an answer in.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long it may be silent while others wait for a place.
const CROWDED: Duration = Duration::from_secs(10);
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
        let (places, guests) = (Arc::new(Semaphore::new(CONNECTIONS)), Arc::<Guests>::default());
        tokio::select! {
            () = self.accept(&app, &places, &guests) => {}
            () = app.stopped() => {}
        }
        drop(self);
        // Dialogues end by themselves when the server stops; a mail that is whole is answered before.
        let _ = places.acquire_many(CONNECTIONS as u32).await;
    }

    async fn accept(&self, app: &Arc<App>, places: &Arc<Semaphore>, guests: &Arc<Guests>) {
        while let Ok(place) = places.clone().acquire_owned().await {
            match self.listener.accept().await {
                Ok((stream, from)) => match guests.admit(from.ip()) {
                    Some(guest) => {
                        let (app, places) = (app.clone(), places.clone());
                        drop(tokio::spawn(talk(stream, app, places, (place, guest))));
                    }
                    None => {
                        tracing::debug!("a network has too many connections with mail already");
                        drop(tokio::spawn(turn_away(stream, app.settings.bounce_domain.clone(), place)));
                    }
                },
                Err(error) => {
                    tracing::warn!(%error, "a connection with mail could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

/// How many connections each network has.
#[derive(Default)]
struct Guests(Mutex<BTreeMap<IpAddr, usize>>);

/// A connection that counts for its network until it ends.
struct Guest {
    guests: Arc<Guests>,
    network: IpAddr,
}

impl Guests {
    /// Counts a connection; `None` where its network has enough. A relay on this machine or in its private network hands over
    /// everybody's mail, and has no limit.
    fn admit(self: &Arc<Guests>, address: IpAddr) -> Option<Guest> {
        let network = network(address);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(network).or_default();
        if *count >= OF_NETWORK && !is_near(address.to_canonical()) {
            return None;
        }
        *count += 1;
        Some(Guest { guests: self.clone(), network })
    }
}

fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut counts = self.guests.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.network);
            }
        }
    }
}

/// One connection, which has its place until it ends.
async fn talk(stream: TcpStream, app: Arc<App>, places: Arc<Semaphore>, place: (OwnedSemaphorePermit, Guest)) {
    let dialogue = Dialogue { session: Session::new(&app.settings.bounce_domain), stream, app, places };
    // That the other side went away is its business: it tries again.
    if let Err(error) = dialogue.run().await {
        tracing::debug!(%error, "a connection with mail broke off");
    }
    drop(place);
}

/// Says to a connection that it has no place, and closes it: its server tries again.
async fn turn_away(mut stream: TcpStream, host: String, place: OwnedSemaphorePermit) {
    let line = Session::new(&host).no_place("Too many connections from your network");
    // The line fits into what the system keeps for a new connection, so nobody can hold the place.
    let _ = timeout(PAUSE, stream.write_all(line.as_bytes())).await;
    drop(place);
}

struct Dialogue {
    session: Session,
    stream: TcpStream,
    app: Arc<App>,
    /// Those that are free.
    places: Arc<Semaphore>,
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
                read = patiently(&self.places, self.stream.read(&mut chunk)) => read,
                () = self.app.stopped() => return self.leave("The server stops").await,
            };
            let Some(read) = read else { return self.leave("It was silent for too long").await };
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

/// Waits for what the other side sends: for less time while others wait for a place. `None`: it was silent for too long.
async fn patiently<T>(places: &Semaphore, sent: impl Future<Output = T>) -> Option<T> {
    let mut sent = pin!(sent);
    let rounds = PATIENCE.as_secs() / CROWDED.as_secs();
    for _ in 0..rounds {
        match timeout(CROWDED, &mut sent).await {
            Ok(sent) => return Some(sent),
            Err(_) if places.available_permits() == 0 => return None,
            Err(_) => {}
        }
    }
    None
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_without_a_place_is_told_so_before_it_is_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let places = Arc::new(Semaphore::new(1));
        let place = places.clone().acquire_owned().await.unwrap();
        turn_away(stream, "bounce.acme.test".into(), place).await;
        let mut line = String::new();
        client.read_to_string(&mut line).await.unwrap();
        assert_eq!(line, "421 4.7.0 bounce.acme.test Too many connections from your network; try again later\r\n");
        assert_eq!(places.available_permits(), 1);
    }

    #[test]
    fn one_network_has_a_share_of_the_places_and_this_machine_has_no_limit() {
        let guests = Arc::<Guests>::default();
        let of = |text: &str| guests.admit(text.parse().unwrap());
        let mut open: Vec<Guest> = (0..60).filter_map(|_| of("203.0.113.7")).collect();
        assert_eq!(open.len(), OF_NETWORK);
        assert!(of("203.0.113.8").is_some(), "others go on");
        open.pop();
        assert!(of("203.0.113.7").is_some() && of("2001:db8::1").is_some());
        for near in ["127.0.0.1", "::ffff:127.0.0.1", "172.17.0.2", "::1", "fd00::1"] {
            assert_eq!((0..60).filter_map(|_| of(near)).collect::<Vec<_>>().len(), 60, "{near}");
        }
        // Where one socket takes both, other networks of IPv4 still have places of their own.
        let mapped: Vec<Guest> = (0..60).filter_map(|_| of("::ffff:198.51.100.7")).collect();
        assert_eq!(mapped.len(), OF_NETWORK);
        assert!(of("::ffff:198.51.100.8").is_some());
        drop(mapped);
        drop(open);
        assert!(guests.0.lock().unwrap().is_empty(), "nobody is counted for ever");
    }
}
