//! A mail server, spoken to over SMTP. Each stage of a dialogue is known, so that what becomes of a mail is said exactly:
//! in doubt is only what broke off behind the dot that ends it.

use std::fmt::Display;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use attractor_app::sending::smtp_url::{SmtpServer, TransportSecurity};
use attractor_app::sending::transport::{
    Delivery, OutgoingMail, Transport, TransportStage, Unreached, Usable, UsedEncryption, UsedLogin,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::connection::{Connection, Failure, Tls, connected};
use super::dialogue::{Ended, Open, dialogue};

/// How many mails one batch has, and over how many connections they go.
const BATCH: usize = 100;
const CONNECTIONS: usize = 4;
/// As many mails that could not be tried in a row end a batch: the others would only wait for the same server.
const PATIENCE: usize = 3;
/// Many servers take no more over one connection.
const MOST_OF_A_CONNECTION: usize = 100;

/// How long each answer may take while a person waits for a test.
const LONGEST_TEST: Duration = Duration::from_secs(15);

/// The code of "authentication required" (RFC 4954).
const LOGIN_REQUIRED: u16 = 530;

/// A mail server.
pub struct Smtp {
    pub server: SmtpServer,
    /// The certificates (PEM) to trust instead of the public authorities.
    pub authority: Option<PathBuf>,
    /// What this machine calls itself.
    pub hello: String,
    /// How long each answer may take.
    pub timeout: Duration,
    /// Connections that wait for the next batch.
    idle: Mutex<Vec<Open>>,
}

impl Transport for Smtp {
    fn deliver(&self, mails: &[OutgoingMail], ended: &(dyn Fn(usize, Delivery) + Sync)) {
        let (next, refused) = (AtomicUsize::new(0), OnceLock::new());
        let speak = || {
            let open = self.take_idle();
            let mut line = Line { smtp: self, open, failed: 0, why: String::new(), refused: &refused };
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

    fn try_out(&self) -> Option<Result<Usable, Unreached>> {
        let timeout = self.timeout.min(LONGEST_TEST);
        let smtp = Smtp::new(self.server.clone(), self.authority.clone(), self.hello.clone(), timeout);
        Some(smtp.connect().map_err(Unreached::from).and_then(|mut open| {
            let usable = smtp.usable(&open.connection);
            if usable.login == UsedLogin::NotUsed {
                ask_without_login(&mut open.connection)?;
            }
            open.connection.command("NOOP\r\n").map_err(|error| unreached(TransportStage::Noop, &error))?;
            open.close();
            Ok(usable)
        }))
    }
}

/// Fails where the server takes no mails without a login, as far as it says so before it knows to whom they go. No mail is
/// sent.
fn ask_without_login(connection: &mut Connection) -> Result<(), Unreached> {
    match connection.command("MAIL FROM:<>\r\n") {
        Err(error) if error.code() == Some(LOGIN_REQUIRED) => Err(unreached(TransportStage::Login, &error)),
        // A mail without a sender counts as a bounce, which the server may refuse while it takes other mails.
        _ => connection.command("RSET\r\n").map(drop).map_err(|error| unreached(TransportStage::Noop, &error)),
    }
}

fn unreached(stage: TransportStage, why: &Failure) -> Unreached {
    Unreached { stage, why: why.to_string() }
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
    /// What the server answered to a login that it does not accept, over whichever connection. Nobody tries it again: a few
    /// more tries, and many providers lock the account.
    refused: &'s OnceLock<String>,
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
        if let Some(answer) = self.refused.get() {
            return Delivery::LoginRefused { answer: answer.clone() };
        }
        match self.smtp.connect() {
            Ok(open) => {
                self.failed = 0;
                self.speak(open, mail).unwrap_or_else(|| self.put_off())
            }
            Err(NoConnection::LoginRefused(answer)) => {
                Delivery::LoginRefused { answer: self.refused.get_or_init(|| answer).clone() }
            }
            Err(NoConnection::ForNow(_, why)) => {
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

/// Why there is no connection, without secrets.
enum NoConnection {
    /// The next try may be luckier: what failed, and why.
    ForNow(TransportStage, String),
    /// The server does not accept the login; its answer.
    LoginRefused(String),
}

impl From<NoConnection> for Unreached {
    fn from(why: NoConnection) -> Unreached {
        match why {
            NoConnection::ForNow(stage, why) => Unreached { stage, why },
            NoConnection::LoginRefused(why) => Unreached { stage: TransportStage::Login, why },
        }
    }
}

impl Smtp {
    pub fn new(server: SmtpServer, authority: Option<PathBuf>, hello: String, timeout: Duration) -> Smtp {
        Smtp { server, authority, hello, timeout, idle: Mutex::default() }
    }

    fn take_idle(&self) -> Option<Open> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, open: Option<Open>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(open);
    }

    /// Connects, encrypts and signs in.
    fn connect(&self) -> Result<Open, NoConnection> {
        let mut connection = self.encrypted()?;
        if let Some(login) = &self.server.login {
            connection.sign_in(&login.0, &login.1).map_err(|error| self.not_signed_in(&error, login))?;
        }
        Ok(Open { connection, mails: 0 })
    }

    /// How a connection came about.
    fn usable(&self, connection: &Connection) -> Usable {
        let encryption = match (connection.is_encrypted(), self.server.security) {
            (false, _) => UsedEncryption::None,
            (true, TransportSecurity::Tls) => UsedEncryption::Tls,
            (true, _) => UsedEncryption::Starttls,
        };
        let login = match &self.server.login {
            Some(_) => UsedLogin::SignedIn,
            None if connection.offers.has("AUTH") => UsedLogin::NotUsed,
            None => UsedLogin::NotOffered,
        };
        Usable { encryption, login }
    }

    /// A connection that is encrypted as the settings ask for.
    fn encrypted(&self) -> Result<Connection, NoConnection> {
        let SmtpServer { host, port, security, .. } = &self.server;
        let tls = if *security == TransportSecurity::None { None } else { Some(self.tls()?) };
        let implicit = tls.as_ref().filter(|_| *security == TransportSecurity::Tls);
        let stream = connected((host.as_str(), *port), self.timeout)
            .map_err(|why| self.failed(TransportStage::Connection, "no connection to", &why))?;
        let connection =
            Connection::over(stream, &self.hello, implicit).map_err(|why| self.no_answer(&why, implicit.is_some()))?;
        let offers = connection.offers.has("STARTTLS");
        match (security, &tls) {
            (TransportSecurity::Starttls, _) if !offers => {
                let why = "it does not offer STARTTLS";
                Err(self.failed(TransportStage::Encryption, "no encryption by", &why))
            }
            (TransportSecurity::Starttls | TransportSecurity::Offered, Some(tls)) if offers => connection
                .encrypted(tls, &self.hello)
                .map_err(|why| self.failed(TransportStage::Encryption, "no encryption with", &why)),
            _ => Ok(connection),
        }
    }

    /// Why there was no first answer.
    fn no_answer(&self, why: &Failure, is_encrypted: bool) -> NoConnection {
        let stage = unanswered(why, is_encrypted);
        match why {
            Failure::NotTls => self.failed(stage, "no connection to", &format_args!("{why}; try `starttls`")),
            _ => self.failed(stage, "no connection to", why),
        }
    }

    /// Whose certificates are trusted.
    fn tls(&self) -> Result<Tls, NoConnection> {
        let Some(path) = &self.authority else {
            return Tls::new(&self.server.host, None)
                .map_err(|why| self.failed(TransportStage::Encryption, "no encryption for", &why));
        };
        let wrong = |why: String| {
            NoConnection::ForNow(TransportStage::Encryption, format!("`smtp_ca`: {}: {why}", path.display()))
        };
        let pem = fs::read(path).map_err(|why| wrong(format!("its file cannot be read: {why}")))?;
        Tls::new(&self.server.host, Some(&pem)).map_err(wrong)
    }

    fn not_signed_in(&self, error: &Failure, login: &(String, String)) -> NoConnection {
        let answer = without_secrets(&error.to_string(), login);
        if error.is_permanent() {
            return NoConnection::LoginRefused(answer);
        }
        self.failed(TransportStage::Login, "not signed in at", &answer)
    }

    fn failed(&self, stage: TransportStage, what: &str, why: &dyn Display) -> NoConnection {
        NoConnection::ForNow(stage, format!("{what} {}: {why}", self.server))
    }
}

/// What failed before the first answer was read.
fn unanswered(why: &Failure, is_encrypted: bool) -> TransportStage {
    if is_encrypted && why.code().is_none() { TransportStage::Encryption } else { TransportStage::Connection }
}

/// An answer to a login, some of which repeat what they answer: without the password, plain or as it was sent.
fn without_secrets(answer: &str, (user, password): &(String, String)) -> String {
    let sent = [format!("\0{user}\0{password}"), password.clone()].map(|text| STANDARD.encode(text));
    let secrets = sent.iter().chain([password]);
    secrets.fold(answer.to_owned(), |answer, secret| answer.replace(secret.as_str(), "…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_to_a_login_is_kept_without_the_password() {
        let login = ("ada".to_owned(), "s3cret".to_owned());
        for (answer, expected) in [
            ("535 5.7.8 wrong", "535 5.7.8 wrong"),
            ("535 ada/s3cret?", "535 ada/…?"),
            ("501 AUTH PLAIN AGFkYQBzM2NyZXQ=: unknown", "501 AUTH PLAIN …: unknown"),
            ("501 czNjcmV0: unknown", "501 …: unknown"),
        ] {
            assert_eq!(without_secrets(answer, &login), expected);
        }
    }
}
