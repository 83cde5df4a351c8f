//! A mail server, spoken to over SMTP. Each stage of a dialogue is known, so that what becomes of a mail is said exactly:
//! in doubt is only what broke off behind the dot that ends it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use attractor_app::sending::smtp_url::{Encryption, SmtpServer};
use attractor_app::sending::transport::{Delivery, OutgoingMail, Transport};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{SmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use super::dialogue::{Ended, Open, dialogue};

/// How many mails one batch has, and over how many connections they go.
const BATCH: usize = 100;
const CONNECTIONS: usize = 4;
/// As many mails that could not be tried in a row end a batch: the others would only wait for the same server.
const PATIENCE: usize = 3;
/// Many servers take no more over one connection.
const MOST_OF_A_CONNECTION: usize = 100;

const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// A mail server.
pub struct Smtp {
    pub server: SmtpServer,
    /// What this machine calls itself.
    pub hello: String,
    /// How long each answer may take.
    pub timeout: Duration,
    /// Connections that wait for the next batch.
    idle: Mutex<Vec<Open>>,
}

impl Transport for Smtp {
    fn deliver(&self, mails: &[OutgoingMail], ended: &(dyn Fn(usize, Delivery) + Sync)) {
        let next = AtomicUsize::new(0);
        let speak = || {
            let mut line = Line { smtp: self, open: self.take_idle(), failed: 0, why: String::new() };
            while let Some((place, mail)) = take(&next, mails) {
                ended(place, line.deliver(mail));
            }
            self.keep(line.open);
        };
        thread::scope(|scope| {
            for _ in 1..CONNECTIONS.min(mails.len()) {
                scope.spawn(speak);
            }
            speak();
        });
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn is_real(&self) -> bool {
        true
    }

    fn rest(&self) {
        std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner))
            .into_iter()
            .for_each(Open::close);
    }
}

/// The next mail that nobody has taken.
fn take<'m>(next: &AtomicUsize, mails: &'m [OutgoingMail]) -> Option<(usize, &'m OutgoingMail)> {
    let place = next.fetch_add(1, Ordering::Relaxed);
    mails.get(place).map(|mail| (place, mail))
}

/// One connection after the other to the server.
struct Line<'s> {
    smtp: &'s Smtp,
    /// `None` before the first mail, and after an error.
    open: Option<Open>,
    /// How many mails in a row could not be tried.
    failed: usize,
    why: String,
}

impl Line<'_> {
    fn deliver(&mut self, mail: &OutgoingMail) -> Delivery {
        if self.failed >= PATIENCE {
            return self.put_off();
        }
        if let Some(open) = self.open.take_if(|open| open.mails >= MOST_OF_A_CONNECTION) {
            open.close();
        }
        // A connection that was kept may have been closed meanwhile: then the mail goes over a new one.
        if let Some(open) = self.open.take()
            && let Some(delivery) = self.speak(open, mail)
        {
            return delivery;
        }
        match self.smtp.connect() {
            Ok(open) => {
                self.failed = 0;
                self.speak(open, mail).unwrap_or_else(|| self.put_off())
            }
            Err(why) => {
                self.failed += 1;
                self.why = why;
                self.put_off()
            }
        }
    }

    fn put_off(&self) -> Delivery {
        Delivery::PutOff { answer: self.why.clone(), step: None }
    }

    /// Hands over a mail; `None` where the server had closed the connection before.
    fn speak(&mut self, mut open: Open, mail: &OutgoingMail) -> Option<Delivery> {
        open.mails += 1;
        match dialogue(&mut open, mail) {
            Ended::Closed(why) => {
                self.why = why;
                None
            }
            Ended::With { delivery, goes_on } => {
                // After a refusal the server waits for the end of a transaction that has none.
                if goes_on && (delivery == Delivery::Accepted || open.connection.command("RSET\r\n").is_ok()) {
                    self.open = Some(open);
                }
                Some(delivery)
            }
        }
    }
}

impl Smtp {
    pub fn new(server: SmtpServer, hello: String, timeout: Duration) -> Smtp {
        Smtp { server, hello, timeout, idle: Mutex::default() }
    }

    fn take_idle(&self) -> Option<Open> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, open: Option<Open>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(open);
    }

    /// Connects, encrypts and signs in. The error says what did not work, without secrets.
    fn connect(&self) -> Result<Open, String> {
        let SmtpServer { host, port, encryption, login } = &self.server;
        let say = |what: &str, why: &dyn std::fmt::Display| format!("{what} {}: {why}", self.server);
        let tls = TlsParameters::new(host.clone()).map_err(|why| say("no encryption for", &why))?;
        let implicit = (*encryption == Encryption::Implicit).then_some(&tls);
        let hello = ClientId::Domain(self.hello.clone());
        let address = (host.as_str(), *port);
        let mut connection = SmtpConnection::connect(address, Some(self.timeout), &hello, implicit, None)
            .map_err(|why| say("no connection to", &why))?;
        let offers = connection.can_starttls();
        match encryption {
            Encryption::Required if !offers => return Err(say("no encryption by", &"it does not offer STARTTLS")),
            Encryption::Required | Encryption::Offered if offers => {
                connection.starttls(&tls, &hello).map_err(|why| say("no encryption with", &why))?;
            }
            _ => {}
        }
        // What the library does not read of the answer is asked for once more.
        let hello =
            connection.command(format!("EHLO {}\r\n", self.hello)).map_err(|why| say("no greeting by", &why))?;
        let pipelines = hello.message().any(|line| line.trim().eq_ignore_ascii_case("PIPELINING"));
        if let Some((user, password)) = login {
            let credentials = Credentials::new(user.clone(), password.clone());
            connection.auth(&MECHANISMS, &credentials).map_err(|why| say("not signed in at", &why))?;
        }
        Ok(Open { connection, pipelines, mails: 0 })
    }
}
