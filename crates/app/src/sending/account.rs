//! The account at a mail server that e-mails leave by: set in the settings, else over the API, else none, and e-mails are
//! caught. It may change while the server runs: whoever needs it asks for the one in force.
//!
//! The account of the API is in the table `state`, with its password sealed. What it is sealed for names the host and the
//! user, so that nobody who can write to the database alone sends the password to another server.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use attractor_store::{Connection, Error, lane};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::failed_test::forget_tests;
use super::halt::forget_refused_login;
use super::smtp_url::{SmtpServer, TransportSecurity};
use crate::secrets::Secrets;
use crate::settings::Settings;
use crate::stored::of_row;

/// In the table `state`: the account that was set over the API, as JSON.
const STORED: &str = "mail account";

/// Where the account is set
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransportPlace {
    Settings,
    Api,
    Nowhere,
}

/// An account at a mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub server: SmtpServer,
    pub place: TransportPlace,
    /// Why the stored password cannot be opened. Then the server is known without a login, and takes nothing.
    pub locked: Option<String>,
}

/// The account in force, for all that send.
#[derive(Debug, Default)]
pub struct AccountInForce {
    current: Mutex<Option<Arc<Account>>>,
    /// Why it never changes here.
    kept: OnceLock<&'static str>,
}

impl AccountInForce {
    /// What a server begins with: the settings go before what was set over the API.
    pub fn of(
        settings: &Settings,
        secrets: &Secrets,
        stored: Option<&StoredAccount>,
    ) -> Result<AccountInForce, String> {
        let account = if settings.smtp.is_empty() {
            stored.map(|stored| stored.open(secrets))
        } else {
            let server = SmtpServer::parse(settings.smtp.reveal()).map_err(|why| format!("`smtp`: {why}"))?;
            Some(Account { server, place: TransportPlace::Settings, locked: None })
        };
        Ok(AccountInForce { current: Mutex::new(account.map(Arc::new)), kept: OnceLock::new() })
    }

    /// The account; `None` where e-mails are caught. It is the same one until it changes.
    pub fn current(&self) -> Option<Arc<Account>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether e-mails leave this machine.
    pub fn is_real(&self) -> bool {
        self.current().is_some()
    }

    /// Keeps it as it is from here on, for the reason that whoever wants to change it gets.
    pub fn keep(&self, why: &'static str) {
        // The first reason is as good as another.
        let _ = self.kept.set(why);
    }

    pub(super) fn kept(&self) -> Option<&'static str> {
        self.kept.get().copied()
    }

    /// Puts another one in force. Only the lane does, behind the commit: so what it stores of a dialogue belongs to the account
    /// of before or to this one, and never to both.
    pub(super) fn set(&self, account: Option<Account>) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = account.map(Arc::new);
    }
}

/// An account as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAccount {
    host: String,
    port: u16,
    security: TransportSecurity,
    user: Option<String>,
    /// Sealed, in base64.
    password: Option<String>,
    /// By the leads' clock.
    pub set_at: i64,
    /// For the audit, such as `user:3`.
    pub set_by: String,
}

impl StoredAccount {
    /// The account of a server, with its password sealed.
    pub fn of(server: &SmtpServer, secrets: &Secrets, set_at: i64, set_by: String) -> Result<StoredAccount, String> {
        let SmtpServer { host, port, security, login } = server;
        let seal = |(user, password): &(String, String)| secrets.seal(&purpose(host, user), password.as_bytes());
        let sealed = login.as_ref().map(seal).transpose()?;
        Ok(StoredAccount {
            host: host.clone(),
            port: *port,
            security: *security,
            user: login.as_ref().map(|(user, _)| user.clone()),
            password: sealed.map(|sealed| STANDARD.encode(sealed)),
            set_at,
            set_by,
        })
    }

    /// The account that was set over the API, whether or not the settings have another.
    pub fn read(connection: &mut Connection) -> Result<Option<StoredAccount>, Error> {
        lane::state(connection, STORED)?.map(|text| of_row(&text, "state", STORED)).transpose()
    }

    pub(super) fn save(&self, connection: &mut Connection) -> Result<(), Error> {
        lane::set_state(connection, STORED, &serde_json::to_string(self).unwrap_or_default())
    }

    /// The user, whether or not the password can be opened.
    pub(super) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    fn open(&self, secrets: &Secrets) -> Account {
        let login = self.login(secrets);
        let server = SmtpServer {
            host: self.host.clone(),
            port: self.port,
            security: self.security,
            login: login.as_ref().ok().cloned().flatten(),
        };
        Account { server, place: TransportPlace::Api, locked: login.err() }
    }

    /// The password as it is sealed, or why that cannot be read; `None` where none is stored.
    fn sealed(&self) -> Option<Result<Vec<u8>, String>> {
        let damaged = |_| {
            format!(
                "the row `{STORED}` of the table `state` is damaged: its `password` should be a sealed text in base64"
            )
        };
        self.password.as_ref().map(|text| STANDARD.decode(text).map_err(damaged))
    }

    fn login(&self, secrets: &Secrets) -> Result<Option<(String, String)>, String> {
        let (Some(user), Some(sealed)) = (&self.user, self.sealed()) else { return Ok(None) };
        let password = secrets.unseal(&purpose(&self.host, user), &sealed?)?;
        Ok(Some((user.clone(), String::from_utf8_lossy(&password).into_owned())))
    }
}

fn purpose(host: &str, user: &str) -> String {
    format!("smtp:{host}:{user}")
}

pub(super) fn forget(connection: &mut Connection) -> Result<(), Error> {
    lane::forget_state(connection, STORED)
}

/// The password of the account as it is sealed, or why that cannot be read; `None` where none is stored.
pub fn sealed_password(connection: &mut Connection) -> Result<Option<Result<Vec<u8>, String>>, Error> {
    Ok(StoredAccount::read(connection)?.and_then(|stored| stored.sealed()))
}

/// The account of this place, which an archive does not replace.
pub(crate) struct AccountOfPlace(Option<String>);

impl AccountOfPlace {
    pub fn read(connection: &mut Connection) -> Result<AccountOfPlace, Error> {
        Ok(AccountOfPlace(lane::state(connection, STORED)?))
    }

    /// Leaves it as it was, in the transaction of a restore: a copy must not send by the account of its original. Returns what
    /// the owner should know.
    pub fn stay(&self, connection: &mut Connection) -> Result<Option<String>, Error> {
        let brought = lane::state(connection, STORED)?.filter(|text| Some(text) != self.0.as_ref());
        match &self.0 {
            Some(own) => lane::set_state(connection, STORED, own)?,
            None => forget(connection)?,
        }
        forget_refused_login(connection)?;
        forget_tests(connection)?;
        let brought = brought.and_then(|text| of_row::<StoredAccount>(&text, "state", STORED).ok());
        Ok(brought.map(|StoredAccount { host, port, .. }| {
            format!(
                "The mail server {host}:{port}, which the archive's installation had from its API, is not set here. If this \
                 installation is the one that sends, set it again: PUT /api/transports/default."
            )
        }))
    }
}

#[cfg(test)]
mod tests {
    use attractor_store::Location;

    use super::*;
    use crate::settings::defaults;

    const URL: &str = "smtps://ada:s3cret@mail.x.example";

    fn secrets(digit: &str) -> Secrets {
        Secrets::parse(&digit.repeat(64)).unwrap()
    }

    fn stored(secrets: &Secrets) -> StoredAccount {
        StoredAccount::of(&SmtpServer::parse(URL).unwrap(), secrets, 5, "user:3".into()).unwrap()
    }

    fn current(settings: &Settings, secrets: &Secrets, stored: &StoredAccount) -> Arc<Account> {
        AccountInForce::of(settings, secrets, Some(stored)).unwrap().current().unwrap()
    }

    #[test]
    fn a_stored_account_opens_with_its_key_and_for_its_own_server_and_user_alone() {
        let (own, settings) = (secrets("1"), defaults().unwrap());
        let kept = stored(&own);
        let text = serde_json::to_string(&kept).unwrap();
        assert!(!text.contains("s3cret") && !text.contains(&STANDARD.encode("s3cret")), "{text}");
        let account = current(&settings, &own, &kept);
        assert_eq!((&account.server, account.place), (&SmtpServer::parse(URL).unwrap(), TransportPlace::Api));
        let elsewhere = StoredAccount { host: "evil.x.example".into(), ..kept.clone() };
        let another = StoredAccount { user: Some("eve".into()), ..kept.clone() };
        let damaged = StoredAccount { password: Some("s3cret!".into()), ..kept.clone() };
        for (keys, stored, why) in [
            (&own, &elsewhere, "it was changed, or put in the place of another"),
            (&own, &another, "it was changed, or put in the place of another"),
            (&secrets("2"), &kept, "it was sealed with the key "),
            (&own, &damaged, "the row `mail account` of the table `state` is damaged"),
        ] {
            let account = current(&settings, keys, stored);
            let locked = account.locked.as_deref().unwrap_or_default();
            assert!(locked.starts_with(why) && !locked.contains("s3cret"), "{account:?}");
            assert!(account.server.login.is_none(), "{account:?}");
        }
    }

    #[test]
    fn the_settings_go_before_what_was_set_over_the_api() {
        let mut settings = defaults().unwrap();
        assert!(!AccountInForce::of(&settings, &secrets("1"), None).unwrap().is_real());
        settings.smtp = serde_json::from_value("smtp://127.0.0.1:25".into()).unwrap();
        let account = current(&settings, &secrets("1"), &stored(&secrets("1")));
        assert_eq!((account.server.host.as_str(), account.place), ("127.0.0.1", TransportPlace::Settings));
    }

    #[test]
    fn a_restore_leaves_the_account_of_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        let own = StoredAccount { host: "own.x.example".into(), ..stored(&secrets("1")) };
        let nowhere = AccountOfPlace::read(&mut connection).unwrap();
        own.save(&mut connection).unwrap();
        let here = AccountOfPlace::read(&mut connection).unwrap();
        assert_eq!(here.stay(&mut connection).unwrap(), None, "the archive has the same");
        stored(&secrets("1")).save(&mut connection).unwrap();
        let remark = here.stay(&mut connection).unwrap().unwrap();
        assert!(remark.contains("mail.x.example:465"), "{remark}");
        assert_eq!(StoredAccount::read(&mut connection).unwrap(), Some(own));
        assert!(nowhere.stay(&mut connection).unwrap().is_some());
        assert_eq!(StoredAccount::read(&mut connection).unwrap(), None);
    }
}
