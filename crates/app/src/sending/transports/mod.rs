//! The ways of e-mails out of this server, as people set them over the API. What the settings say goes before: the file belongs
//! to whoever installs the server.

mod item;
mod wanted;

use std::sync::Arc;

use attractor_live::Lane;
use attractor_store::{Connection, Error};
use serde_json::json;

pub use item::{DEFAULT, FailedTransportTest, TransportItem, TransportList, TransportState, TransportTest};
use wanted::Described;
pub use wanted::WantedTransport;

use super::account::{self, Account, StoredAccount, TransportPlace};
use super::failed_test::{FailedTest, failed_test, forget_failed_test, forget_tests, is_untested, note_untested};
use super::halt::{end_login_pause, refused_login};
use super::smtp_url::SmtpServer;
use super::transport::present;
use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::refusal::Refusal;
use crate::team::notices::NotedTransport;

/// In the audit.
const SUBJECT: &str = "transport:default";
/// As many tests may be asked for in a minute: each may bring the provider nearer to locking the account.
const TESTS: u32 = 6;

/// What a transaction gives: it was done, or why it was not.
type Done = Result<Result<(), Refusal>, Error>;

/// All ways of e-mails.
pub async fn list(app: &App) -> Result<TransportList, Refusal> {
    Ok(TransportList { items: vec![one(app).await?] })
}

/// The one that there is.
async fn one(app: &App) -> Result<TransportItem, Refusal> {
    let account = app.account.current();
    app.read(move |view| {
        let stored = StoredAccount::read(view.connection)?;
        let refused = refused_login(view.connection)?;
        let (failed, untested) = (failed_test(view.connection)?, is_untested(view.connection)?);
        Ok(TransportItem::of(account.as_deref(), stored.as_ref(), refused.as_ref(), failed.as_ref(), untested))
    })
    .await
}

/// Sets the mail server, from now on and without a restart. Where the last one did not accept its login and sending stopped for
/// that, e-mails leave again.
pub async fn put(app: &App, actor: &Actor, wanted: WantedTransport) -> Result<TransportItem, Refusal> {
    may_set(app)?;
    let server = completed(wanted.read()?, app.account.current().as_deref())?;
    let at = app.clock.now().0;
    let stored = StoredAccount::of(&server, &app.secrets, at, actor.who.clone()).map_err(Refusal::Failed)?;
    // A user is often somebody's address, and the audit holds none.
    let details = json!({"server": server.to_string(), "has_password": server.login.is_some()});
    let account = Account { server, place: TransportPlace::Api, locked: None };
    let (actor, noted, now) = (actor.clone(), noted(app, Some(&account)), app.machine.now());
    let store = move |connection: &mut Connection| -> Done {
        stored.save(connection)?;
        forget_failed_test(connection)?;
        note_untested(connection)?;
        note(connection, &actor, at, "transport set", SUBJECT, &details)?;
        if end_login_pause(connection)? {
            note(
                connection,
                &actor,
                at,
                "sending resumed",
                "sending",
                &json!({"was_paused": "the login was refused"}),
            )?;
        }
        noted.keep(connection, now, Some(&actor)).map(|_| Ok(()))
    };
    change(app, Some(account), store).await?;
    one(app).await
}

/// Removes what was set over the API: the settings count again, or e-mails are caught. A pause stays: what waits must not be
/// caught because somebody means to set another account.
pub async fn remove(app: &App, actor: &Actor) -> Result<(), Refusal> {
    let settings = app.account.current().filter(|account| account.place == TransportPlace::Settings);
    let left = settings.as_deref().cloned();
    let (actor, noted) = (actor.clone(), noted(app, left.as_ref()));
    let (at, now) = (app.clock.now().0, app.machine.now());
    let store = move |connection: &mut Connection| -> Done {
        if StoredAccount::read(connection)?.is_none() {
            let why = "no mail server is set over the API; GET /api/transports says where e-mails go";
            return Ok(Err(Refusal::Missing(why.into())));
        }
        account::forget(connection)?;
        forget_tests(connection)?;
        note(connection, &actor, at, "transport removed", SUBJECT, &json!({}))?;
        noted.keep(connection, now, Some(&actor)).map(|_| Ok(()))
    };
    change(app, left, store).await
}

/// Connects to the mail server as for an e-mail, and sends none. A test that failed is shown until one works.
pub async fn test(app: &App, actor: &Actor) -> Result<TransportTest, Refusal> {
    let Some(account) = app.account.current() else {
        let why =
            "no mail server is set, so there is nothing to test: e-mails are caught, and GET /api/caught shows them";
        return Err(Refusal::Conflict(why.into()));
    };
    let Some(transport) = app.transport.get().map(present) else {
        return Err(Refusal::Conflict("this program does not send; ask a server that runs".into()));
    };
    app.transport_tests.pass(1, TESTS, app.machine.now()).map_err(Refusal::too_often)?;
    let tried = app.machine.done(move || transport.try_out()).await.flatten();
    let tried = tried.ok_or_else(|| Refusal::Failed("the test of the mail server has failed".into()))?;
    let test = TransportTest::of(&account, tried);
    let (actor, at, in_force) = (actor.clone(), app.clock.now().0, app.account.clone());
    let details = json!({"works": test.works, "failed_at": test.failed_at});
    app.write(move |connection| {
        // Another one may have been set meanwhile. A password that cannot be opened is said without a test.
        if account.locked.is_none() && in_force.current().is_some_and(|current| Arc::ptr_eq(&current, &account)) {
            keep(connection, &test, at)?;
        }
        note(connection, &actor, at, "transport tested", SUBJECT, &details)?;
        Ok(Ok(test))
    })
    .await
}

/// Keeps a test that failed in the place of the one before; one that works ends what was known.
fn keep(connection: &mut Connection, test: &TransportTest, at: i64) -> Result<(), Error> {
    match test.failed_at {
        Some(stage) => FailedTest { at, stage, message: test.message.clone() }.keep(connection),
        None => forget_tests(connection),
    }
}

/// Refuses what would have no effect, or would let e-mails leave that come from nobody.
fn may_set(app: &App) -> Result<(), Refusal> {
    let why = if let Some(why) = app.account.kept() {
        why
    } else if !app.settings.smtp.is_empty() {
        "the mail server is set in the settings of the server (`smtp`), which go before the API: change it there and restart \
         the server, or remove it there and set it here"
    } else if app.settings.sender_email.is_empty() {
        "`sender_email` is not set: set the address that e-mails come from in the settings first, and restart the server"
    } else {
        return Ok(());
    };
    Err(Refusal::Conflict(why.to_owned()))
}

/// A mail server with the password of the account in force, where that is to be kept.
fn completed(described: Described, account: Option<&Account>) -> Result<SmtpServer, Refusal> {
    let Described { server, keeps_password_of } = described;
    let Some(user) = keeps_password_of else { return Ok(server) };
    let same_host = account.filter(|account| account.server.host.eq_ignore_ascii_case(&server.host));
    if let Some(why) = same_host.and_then(|account| account.locked.as_ref()) {
        let why = format!("the password that is stored cannot be opened: {why}; send `password` too");
        return Err(Refusal::invalid("/password", why));
    }
    let login = same_host.and_then(|account| account.server.login.clone()).filter(|(own, _)| *own == user);
    let why = "no password is stored for this user at this host; send `password` too";
    let login = login.ok_or_else(|| Refusal::invalid("/password", why))?;
    Ok(SmtpServer { login: Some(login), ..server })
}

/// What the owners are told that e-mails leave by.
fn noted(app: &App, account: Option<&Account>) -> NotedTransport {
    NotedTransport::of(account.map(|account| &account.server), &app.settings.sender_email, &app.secrets)
}

/// Stores a change and puts it in force, as one job of the lane: nothing that is stored between the two would know which of
/// the accounts it belongs to.
async fn change(
    app: &App,
    account: Option<Account>,
    store: impl FnOnce(&mut Connection) -> Done + Send + 'static,
) -> Result<(), Refusal> {
    let in_force = app.account.clone();
    let work = move |lane: &mut Lane| -> Done {
        let done = lane.write(store)?;
        if done.is_ok() {
            in_force.set(account);
        }
        Ok(done)
    };
    app.lane.run(work).await???;
    app.copies.ring();
    app.domain.ring();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_kept_for_its_own_host_and_user_alone() {
        let server = SmtpServer::parse("smtps://ada:s3cret@mail.x.example").unwrap();
        let account = Account { server: server.clone(), place: TransportPlace::Api, locked: None };
        let locked = Account {
            server: SmtpServer { login: None, ..server },
            locked: Some("its key is missing".into()),
            ..account.clone()
        };
        for (host, user, account, keeps) in [
            ("mail.x.example", "ada", Some(&account), true),
            ("MAIL.x.example", "ada", Some(&account), true),
            ("mail.x.example", "eve", Some(&account), false),
            ("evil.x.example", "ada", Some(&account), false),
            ("mail.x.example", "ada", Some(&locked), false),
            ("mail.x.example", "ada", None, false),
        ] {
            let server = SmtpServer::parse(&format!("smtp://{host}")).unwrap();
            let found = completed(Described { server, keeps_password_of: Some(user.into()) }, account);
            let kept =
                found.as_ref().ok().and_then(|server| server.login.as_ref()).map(|(_, password)| password.as_str());
            assert_eq!(kept, keeps.then_some("s3cret"), "{host} {user}");
            assert!(keeps || matches!(&found, Err(Refusal::Invalid(wrong)) if wrong.places[0].0 == "/password"));
        }
    }
}
