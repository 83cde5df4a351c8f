//! Notices about accounts and the installation.

use attractor_engine::time::{Duration, Instant};
use attractor_store::{Connection, Error, lane, letters};
use serde::{Deserialize, Serialize};

pub use super::doer::Doer;
use super::letter::{LetterKind, NewLetter, ask, to_all};
pub use super::news::{News, TransportPart};
use super::recipients::with_role;
use super::words::{self, language};
use crate::App;
use crate::access::addresses::find;
use crate::access::names::ActorNames;
use crate::access::tokens;
use crate::actor::{Actor, Role};
use crate::secrets::{Secrets, hex};
use crate::sending::control::way;
use crate::sending::failed_test::forget_failed_test;
use crate::sending::forget_refused_login;
use crate::sending::smtp_url::SmtpServer;

/// In the table `state`: what takes e-mails, as the owners know it.
const TRANSPORT: &str = "transport";
/// In what is stored, between what takes e-mails and who they come from.
const SENDER: &str = "; the sender is ";

/// Tells everybody who owns the installation.
pub fn tell_owners(connection: &mut Connection, news: &News, now: Instant) -> Result<(), Error> {
    let people = with_role(connection, Role::Owner)?;
    tell(connection, &people, news, now)
}

/// Tells one person.
pub fn tell_one(connection: &mut Connection, email: &str, news: &News, now: Instant) -> Result<(), Error> {
    tell(connection, &[email.to_owned()], news, now)
}

fn tell(connection: &mut Connection, people: &[String], news: &News, now: Instant) -> Result<(), Error> {
    let content = news.content(language(connection)?);
    ask(connection, to_all(LetterKind::Notice, people, &content, None), now)
}

/// What the team calls somebody who acts: the name of a user or a key.
pub fn called(connection: &mut Connection, actor: &Actor) -> Result<String, Error> {
    let names = ActorNames::read(connection)?;
    Ok(names.of(&actor.who).unwrap_or_else(|| actor.who.clone()))
}

/// Tells somebody that the account was tried too often: at most once a day, and without anybody waiting for it.
pub fn tell_of_lockout(app: &App, email: String) {
    let (lane, now) = (app.lane.clone(), app.machine.now());
    // Each try that is refused is not worth a look at the store.
    let account = hex(&tokens::hash(&email));
    if !app.access.refusals.is_new(&account, LetterKind::Lockout.name(), now.0) {
        return;
    }
    app.machine.begin(async move {
        let told = lane.run(move |lane| lane.write(|connection| locked_out(connection, &email, now))).await;
        if !matches!(told, Ok(Ok(()))) {
            tracing::warn!("somebody could not be told that an account was tried too often");
        }
    });
}

fn locked_out(connection: &mut Connection, email: &str, now: Instant) -> Result<(), Error> {
    let Some(user) = find(connection, email)?.filter(|user| user.disabled_at.is_none()) else {
        return Ok(());
    };
    let kind = LetterKind::Lockout;
    if letters::count_to(connection, kind, &user.email, now.0 - Duration::DAY.0)? > 0 {
        return Ok(());
    }
    let content = words::lockout(language(connection)?);
    ask(connection, vec![NewLetter { kind, to: user.email, content, sealed: None, lead: None }], now)
}

/// What takes e-mails, as it is stored; an earlier version stored `transport` alone, as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NotedTransport {
    /// In words, with the sender.
    transport: String,
    /// The key that the login is hashed with.
    #[serde(default)]
    key: String,
    /// The hash: whoever has the store alone cannot try passwords on it.
    #[serde(default)]
    login: String,
}

impl NotedTransport {
    /// A mail server, or none, and who e-mails come from.
    pub fn of(server: Option<&SmtpServer>, sender: &str, secrets: &Secrets) -> NotedTransport {
        let (user, password) = server.and_then(|server| server.login.clone()).unwrap_or_default();
        NotedTransport {
            transport: format!("{}{SENDER}{sender}", way(server)),
            key: secrets.id(),
            login: hex(&secrets.fingerprint(format!("smtp\0{user}\0{password}").as_bytes())),
        }
    }

    fn read(stored: &str) -> NotedTransport {
        let earlier = |_| NotedTransport { transport: stored.to_owned(), ..NotedTransport::default() };
        serde_json::from_str(stored).unwrap_or_else(earlier)
    }

    /// Notes it, and tells the owners where it is another one than before; `by` set it over the API. Whether it is another.
    pub fn keep(&self, connection: &mut Connection, now: Instant, by: Option<&Actor>) -> Result<bool, Error> {
        let text = serde_json::to_string(self).unwrap_or_default();
        let before = lane::state(connection, TRANSPORT)?;
        if before.as_ref() == Some(&text) {
            return Ok(false);
        }
        lane::set_state(connection, TRANSPORT, &text)?;
        let by = by.map(|actor| Doer::of(connection, actor)).transpose()?;
        let news = before.and_then(|before| self.news(&NotedTransport::read(&before), by));
        let Some(news) = news else { return Ok(false) };
        // What waits for the server or the login of before need not wait for them any more.
        letters::recall(connection, now.0)?;
        tell_owners(connection, &news, now)?;
        Ok(true)
    }

    /// What takes e-mails, and who they come from.
    fn parts(&self) -> (&str, &str) {
        self.transport.rsplit_once(SENDER).unwrap_or((self.transport.as_str(), ""))
    }

    /// What is news since the last time, and who did it over the API.
    fn news(&self, before: &NotedTransport, by: Option<Doer>) -> Option<News> {
        let transport = self.transport.clone();
        let ((way, sender), (way_before, sender_before)) = (self.parts(), before.parts());
        let part = match (way == way_before, sender == sender_before) {
            (true, true) => None,
            (true, false) => Some(TransportPart::Sender),
            (false, true) => Some(TransportPart::Server),
            (false, false) => Some(TransportPart::Both),
        };
        if let Some(part) = part {
            return Some(News::TransportChanged { part, transport, by });
        }
        // Hashes under two keys cannot be compared.
        (self.key == before.key && self.login != before.login).then_some(News::LoginChanged { transport, by })
    }
}

/// Tells the owners where the mail server, the login or the sender is another one than when the server ended.
pub fn note_transport(app: &App) -> Result<(), String> {
    let account = app.account.current();
    if account.as_ref().is_some_and(|account| account.locked.is_some()) {
        // Whether the password is another one cannot be seen.
        return Ok(());
    }
    let server = account.as_deref().map(|account| &account.server);
    let (noted, now) = (NotedTransport::of(server, &app.settings.sender_email, &app.secrets), app.machine.now());
    let done = app.lane.run_here(move |lane| {
        lane.write(|connection| match noted.keep(connection, now, None)? {
            true => forget_refused_login(connection).and_then(|()| forget_failed_test(connection)),
            false => Ok(()),
        })
    });
    done.map_err(|why| format!("{why:?}"))?.map_err(|why| why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(smtp: &str, sender: &str, key: &str) -> NotedTransport {
        let server = SmtpServer::parse(smtp).unwrap();
        NotedTransport::of(Some(&server), sender, &Secrets::parse(&key.repeat(64)).unwrap())
    }

    /// What was noted, the transport and the login now, and what is told of it.
    type Row<'r> = (&'r str, &'r str, &'r str, &'r dyn Fn(&NotedTransport) -> Option<News>);

    #[test]
    fn another_server_sender_user_or_password_is_news() {
        let before = noted("smtps://wanda:hunter2@mail.test", "news@acme.test", "1");
        let changed = |part: TransportPart| {
            move |noted: &NotedTransport| {
                Some(News::TransportChanged { part, transport: noted.transport.clone(), by: None })
            }
        };
        let (server, sender, both) =
            (changed(TransportPart::Server), changed(TransportPart::Sender), changed(TransportPart::Both));
        let login = |noted: &NotedTransport| Some(News::LoginChanged { transport: noted.transport.clone(), by: None });
        let none = |_: &NotedTransport| None;
        let table: [Row<'_>; 8] = [
            ("smtps://wanda:hunter2@mail.test", "news@acme.test", "1", &none),
            ("smtps://wanda:hunter2@other.test", "news@acme.test", "1", &server),
            ("smtps://wanda:hunter2@mail.test", "info@acme.test", "1", &sender),
            ("smtps://wanda:hunter2@other.test", "info@acme.test", "1", &both),
            ("smtps://bob:hunter2@mail.test", "news@acme.test", "1", &login),
            ("smtps://wanda:hunter3@mail.test", "news@acme.test", "1", &login),
            ("smtps://mail.test", "news@acme.test", "1", &login),
            ("smtps://wanda:hunter2@mail.test", "news@acme.test", "2", &none),
        ];
        for (smtp, from, key, expected) in table {
            let now = noted(smtp, from, key);
            assert_eq!(now.news(&before, None), expected(&now), "{smtp} {from}");
            let stored = serde_json::to_string(&now).unwrap();
            assert!(!stored.contains("hunter") && !stored.contains("wanda"), "{stored}");
            assert_eq!(NotedTransport::read(&stored), now);
        }
        // An earlier version noted no login.
        assert_eq!(before.news(&NotedTransport::read(&before.transport), None), None);
    }
}
