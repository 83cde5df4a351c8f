//! The ways of e-mails out of this server, as the API shows them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::moves::instant;
use crate::sending::account::{Account, StoredAccount, TransportPlace};
use crate::sending::control::way;
use crate::sending::halt::RefusedLogin;
use crate::sending::smtp_url::TransportSecurity;
use crate::sending::transport::{TransportStage, Unreached};

/// The one account that there is.
pub const DEFAULT: &str = "default";

/// All ways of e-mails out of this server
#[derive(Debug, Serialize, ToSchema)]
pub struct TransportList {
    /// There is one, `default`
    pub items: Vec<TransportItem>,
}

/// How e-mails leave this server
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Transport)]
pub struct TransportItem {
    /// `default`
    pub id: String,
    pub set_in: TransportPlace,
    /// The name or the address of the mail server; null where e-mails are caught
    pub host: Option<String>,
    /// Null where e-mails are caught
    pub port: Option<u16>,
    /// Null where e-mails are caught
    pub security: Option<TransportSecurity>,
    /// Null where the mail server takes e-mails without a login, and where e-mails are caught
    pub user: Option<String>,
    /// Whether there is a password; it is never shown
    pub has_password: bool,
    pub state: TransportState,
    /// Since when the mail server does not accept the login; null where it is not known to refuse it
    #[schema(format = DateTime)]
    pub refused_since: Option<String>,
    /// What the mail server answered to the login that it does not accept; null otherwise
    pub answer: Option<String>,
    /// When it was set over the API; null otherwise
    #[schema(format = DateTime)]
    pub set_at: Option<String>,
    /// Who set it over the API, such as `user:3`; null otherwise
    pub set_by: Option<String>,
    /// All of this in English
    pub sentence: String,
}

/// How a way of e-mails is: `ok`; the mail server did not accept the login; the stored password cannot be opened, because
/// the key that sealed it is missing; or e-mails are caught, and nobody gets them
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransportState {
    Ok,
    LoginRefused,
    PasswordUnreadable,
    Caught,
}

impl TransportItem {
    /// The account in force; `stored` is what was set over the API, and `refused` the login that is not accepted.
    pub fn of(
        account: Option<&Account>,
        stored: Option<&StoredAccount>,
        refused: Option<&RefusedLogin>,
    ) -> TransportItem {
        let refused = refused.filter(|_| account.is_some_and(|account| account.locked.is_none()));
        let stored = stored.filter(|_| account.is_some_and(|account| account.place == TransportPlace::Api));
        let server = account.map(|account| &account.server);
        let is_locked = account.is_some_and(|account| account.locked.is_some());
        let login = server.and_then(|server| server.login.as_ref());
        let user = login.map(|(user, _)| user.as_str()).or_else(|| stored.and_then(StoredAccount::user));
        TransportItem {
            id: DEFAULT.to_owned(),
            set_in: account.map_or(TransportPlace::Nowhere, |account| account.place),
            host: server.map(|server| server.host.clone()),
            port: server.map(|server| server.port),
            security: server.map(|server| server.security),
            user: user.map(str::to_owned),
            has_password: login.is_some() || is_locked,
            state: state(account, refused),
            refused_since: refused.map(|refused| instant(refused.since)),
            answer: refused.map(|refused| refused.answer.clone()),
            set_at: stored.map(|stored| instant(stored.set_at)),
            set_by: stored.map(|stored| stored.set_by.clone()),
            sentence: sentence(account, user, refused),
        }
    }
}

fn state(account: Option<&Account>, refused: Option<&RefusedLogin>) -> TransportState {
    match account {
        None => TransportState::Caught,
        Some(account) if account.locked.is_some() => TransportState::PasswordUnreadable,
        Some(_) if refused.is_some() => TransportState::LoginRefused,
        Some(_) => TransportState::Ok,
    }
}

fn sentence(account: Option<&Account>, user: Option<&str>, refused: Option<&RefusedLogin>) -> String {
    let Some(account) = account else {
        return format!("E-mails are {}. PUT /api/transports/default sets a mail server.", way(None));
    };
    let encryption = match account.server.security {
        TransportSecurity::Tls => "encrypted from the start",
        TransportSecurity::Starttls => "encrypted by STARTTLS",
        TransportSecurity::Offered => "encrypted if it offers that",
        TransportSecurity::None => "without encryption",
    };
    let login = user.map_or("without a login".to_owned(), |user| format!("signed in as {user}"));
    let place = match account.place {
        TransportPlace::Settings => "in `smtp` of the settings",
        _ => "over the API",
    };
    let way = way(Some(&account.server));
    let trouble = match (&account.locked, refused) {
        (Some(why), _) => format!(
            " Its password cannot be opened: {why}. E-mails wait. Bring the key back and restart the server, or set the \
             password again."
        ),
        (None, Some(refused)) => format!(
            " Since {} the mail server does not accept the login: {}.",
            instant(refused.since),
            refused.answer.trim_end_matches('.')
        ),
        (None, None) => String::new(),
    };
    format!("E-mails go {way}, {encryption}, {login}. This is set {place}.{trouble}")
}

/// What came of a test of the mail server
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TransportTest {
    /// Whether the mail server can be used
    pub works: bool,
    /// What failed first; null where it works
    pub failed_at: Option<TransportStage>,
    /// What was found, and what to do
    pub message: String,
}

impl TransportTest {
    /// `server` is what was tested, in words.
    pub fn of(server: &str, tried: Result<(), Unreached>) -> TransportTest {
        let Err(Unreached { stage, why }) = tried else {
            let message = format!(
                "The mail server {server} can be used: the connection, the encryption and the login that are set work. No \
                 e-mail was sent."
            );
            return TransportTest { works: true, failed_at: None, message };
        };
        let (failed, remedy) = match stage {
            TransportStage::Connection => (
                "cannot be reached",
                "Check `host` and `port`, and whether a firewall keeps this server from connecting to it",
            ),
            TransportStage::Encryption => (
                "is reached, and the encryption fails",
                "Check `security` with `port`; for a certificate from an authority of your own, set `smtp_ca` in the settings",
            ),
            TransportStage::Login => ("does not let this server sign in", "Check `user` and `password`"),
            TransportStage::Noop => ("accepts the login and then fails", "Ask who runs it"),
        };
        let message = format!("The mail server {server} {failed}: {}. {remedy}.", why.trim_end_matches('.'));
        TransportTest { works: false, failed_at: Some(stage), message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sending::smtp_url::SmtpServer;

    #[test]
    fn each_state_is_said_without_the_password() {
        let server = SmtpServer::parse("smtps://ada:s3cret@mail.x.example").unwrap();
        let account = |place, locked: Option<&str>| Account {
            server: SmtpServer { login: server.login.clone().filter(|_| locked.is_none()), ..server.clone() },
            place,
            locked: locked.map(str::to_owned),
        };
        let (settings, api) = (account(TransportPlace::Settings, None), account(TransportPlace::Api, None));
        let locked = account(TransportPlace::Api, Some("the key is gone"));
        for (account, state, words) in [
            (None, TransportState::Caught, "E-mails are caught: "),
            (Some(&settings), TransportState::Ok, "signed in as ada. This is set in `smtp` of the settings."),
            (
                Some(&api),
                TransportState::Ok,
                "E-mails go to the mail server mail.x.example:465, encrypted from the start",
            ),
            (Some(&locked), TransportState::PasswordUnreadable, "cannot be opened: the key is gone. E-mails wait."),
        ] {
            let item = TransportItem::of(account, None, None);
            assert_eq!(item.state, state, "{item:?}");
            assert!(item.sentence.contains(words) && !format!("{item:?}").contains("s3cret"), "{item:?}");
            assert_eq!(item.has_password, account.is_some(), "{item:?}");
        }
    }
}
