//! A mail server, spoken to over SMTP. Each stage of a dialogue is known, so that what becomes of a mail is said exactly:
//! in doubt is only what broke off behind the dot that ends it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use attractor_app::sending::smtp_url::{Encryption, SmtpServer};
use attractor_app::sending::transport::{Delivery, OutgoingMail, Step, Transport};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{SmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::{ClientId, Extension};

/// How many mails one batch has, and over how many connections they go.
const BATCH: usize = 20;
const CONNECTIONS: usize = 4;
/// As many mails that could not be tried in a row end a batch: the others would only wait for the same server.
const PATIENCE: usize = 3;

const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// A mail server.
pub struct Smtp {
    pub server: SmtpServer,
    /// What this machine calls itself.
    pub hello: String,
    /// How long each answer may take.
    pub timeout: Duration,
}

impl Transport for Smtp {
    fn deliver(&self, mails: &[OutgoingMail], ended: &(dyn Fn(usize, Delivery) + Sync)) {
        let next = AtomicUsize::new(0);
        let speak = || {
            let mut line = Line { smtp: self, connection: None, failed: 0, why: String::new() };
            while let Some((place, mail)) = take(&next, mails) {
                ended(place, line.deliver(mail));
            }
            line.close();
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
    connection: Option<SmtpConnection>,
    /// How many mails in a row could not be tried.
    failed: usize,
    why: String,
}

impl Line<'_> {
    fn deliver(&mut self, mail: &OutgoingMail) -> Delivery {
        if self.failed >= PATIENCE {
            return Delivery::PutOff { answer: self.why.clone() };
        }
        let mut connection = match self.connection.take().map_or_else(|| self.smtp.connect(), Ok) {
            Ok(connection) => connection,
            Err(why) => {
                self.failed += 1;
                self.why = why;
                return Delivery::PutOff { answer: self.why.clone() };
            }
        };
        self.failed = 0;
        let (delivery, goes_on) = dialogue(&mut connection, mail);
        // After a refusal the server waits for the end of a transaction that has none.
        let goes_on = goes_on && (delivery == Delivery::Accepted || connection.command("RSET\r\n").is_ok());
        if goes_on {
            self.connection = Some(connection);
        }
        delivery
    }

    fn close(mut self) {
        if let Some(connection) = &mut self.connection {
            // The mails have left; nobody needs the answer.
            let _ = connection.quit();
        }
    }
}

impl Smtp {
    /// Connects, encrypts and signs in. The error says what did not work, without secrets.
    fn connect(&self) -> Result<SmtpConnection, String> {
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
        if let Some((user, password)) = login {
            let credentials = Credentials::new(user.clone(), password.clone());
            connection.auth(&MECHANISMS, &credentials).map_err(|why| say("not signed in at", &why))?;
        }
        Ok(connection)
    }
}

/// One mail over a connection: what became of it, and whether the connection can be used again.
fn dialogue(connection: &mut SmtpConnection, mail: &OutgoingMail) -> (Delivery, bool) {
    let needs_8bit = !mail.bytes.is_ascii();
    let offers = |connection: &SmtpConnection, what| connection.server_info().supports_feature(what);
    if mail.needs_smtputf8 && !offers(connection, Extension::SmtpUtfEight) {
        let answer = "the mail server does not take addresses with letters beyond ASCII (SMTPUTF8)".into();
        return (Delivery::Refused { answer, step: Step::From }, true);
    }
    let utf8 = if mail.needs_smtputf8 { " SMTPUTF8" } else { "" };
    let eight = if needs_8bit && offers(connection, Extension::EightBitMime) { " BODY=8BITMIME" } else { "" };
    let commands = [
        (Step::From, format!("MAIL FROM:<{}>{utf8}{eight}\r\n", mail.from)),
        (Step::To, format!("RCPT TO:<{}>\r\n", mail.to)),
        (Step::Data, "DATA\r\n".to_owned()),
    ];
    for (step, command) in commands {
        match connection.command(command).map_err(|error| before_the_dot(&error, step)) {
            Ok(_) => {}
            // That the sender is refused is for the settings to change, and no copy's fault.
            Err((Delivery::Refused { answer, step: Step::From }, goes_on)) => {
                return (Delivery::PutOff { answer }, goes_on);
            }
            Err(ended) => return ended,
        }
    }
    // The end of the data brings a line break of its own.
    let bytes = mail.bytes.strip_suffix(b"\r\n").unwrap_or(&mail.bytes);
    let mut is_whole = false;
    let mut parts = [bytes].into_iter();
    let parts = std::iter::from_fn(|| {
        let next = parts.next();
        // Nothing is asked for behind the last part but the dot that ends it.
        is_whole |= next.is_none();
        next
    });
    match connection.message_iter(parts) {
        Ok(_) => (Delivery::Accepted, true),
        Err(error) if error.status().is_some() || !is_whole => before_the_dot(&error, Step::Data),
        Err(error) => (Delivery::Unknown { why: format!("the connection broke off behind the mail: {error}") }, false),
    }
}

/// An error of which it is certain that the server does not have the mail.
fn before_the_dot(error: &lettre::transport::smtp::Error, step: Step) -> (Delivery, bool) {
    let answer = answer(error);
    match error.status() {
        Some(_) if error.is_permanent() => (Delivery::Refused { answer, step }, true),
        // 421 announces that the server closes the connection.
        Some(code) => (Delivery::PutOff { answer }, u16::from(code) != 421),
        None => (Delivery::PutOff { answer }, false),
    }
}

/// The server's answer: its code and its words.
fn answer(error: &lettre::transport::smtp::Error) -> String {
    let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    match error.status() {
        Some(code) => format!("{code} {words}"),
        None => error.to_string(),
    }
}
