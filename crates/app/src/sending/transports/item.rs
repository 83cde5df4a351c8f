//! The ways of e-mails out of this server, as the API shows them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::moves::instant;
use crate::sending::account::{Account, StoredAccount, TransportPlace};
use crate::sending::control::way;
use crate::sending::failed_test::FailedTest;
use crate::sending::halt::RefusedLogin;
use crate::sending::smtp_url::TransportSecurity;
use crate::sending::transport::{TransportStage, Unreached, Usable, UsedEncryption, UsedLogin};

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
    /// The last test, if it failed; null where it worked, and where this mail server has not been tested since it was set
    pub failed_test: Option<FailedTransportTest>,
    /// When it was set over the API; null otherwise
    #[schema(format = DateTime)]
    pub set_at: Option<String>,
    /// Who set it over the API, such as `user:3`; null otherwise
    pub set_by: Option<String>,
    /// All of this in English
    pub sentence: String,
}

/// The last test of a mail server, which failed
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FailedTransportTest {
    /// When it was made
    #[schema(format = DateTime)]
    pub at: String,
    /// What failed first
    pub failed_at: TransportStage,
    /// What was found, and what to do
    pub message: String,
}

impl FailedTransportTest {
    fn of(failed: &FailedTest) -> FailedTransportTest {
        let FailedTest { at, stage, message } = failed;
        FailedTransportTest { at: instant(*at), failed_at: *stage, message: message.clone() }
    }

    /// With what to do next.
    fn sentence(&self) -> String {
        let FailedTransportTest { at, failed_at, message } = self;
        let stage = failed_at.name();
        format!(
            "The last test, at {at}, failed at `{stage}`: {message} Then test again: POST /api/transports/default/test."
        )
    }
}

/// How a way of e-mails is: `ok`; untested, where it was set over the API, and since then no test has worked and no e-mail to a
/// lead has left by it; its last test failed; the mail server did not accept the login when an e-mail was to leave;
/// the stored password cannot be opened, because the key that sealed it is missing; or e-mails are caught, and nobody gets
/// them
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransportState {
    Ok,
    Untested,
    TestFailed,
    LoginRefused,
    PasswordUnreadable,
    Caught,
}

impl TransportItem {
    /// The account in force; `stored` is what was set over the API, `refused` the login that is not accepted, and `failed` the
    /// last test where it failed. `untested`: nothing has shown yet that what was set over the API works.
    pub fn of(
        account: Option<&Account>,
        stored: Option<&StoredAccount>,
        refused: Option<&RefusedLogin>,
        failed: Option<&FailedTest>,
        untested: bool,
    ) -> TransportItem {
        let is_open = account.is_some_and(|account| account.locked.is_none());
        let refused = refused.filter(|_| is_open);
        let failed = failed.filter(|_| is_open).map(FailedTransportTest::of);
        let stored = stored.filter(|_| account.is_some_and(|account| account.place == TransportPlace::Api));
        let server = account.map(|account| &account.server);
        let is_locked = account.is_some_and(|account| account.locked.is_some());
        let login = server.and_then(|server| server.login.as_ref());
        let user = login.map(|(user, _)| user.as_str()).or_else(|| stored.and_then(StoredAccount::user));
        let state = state(account, refused, failed.as_ref(), untested);
        TransportItem {
            id: DEFAULT.to_owned(),
            set_in: account.map_or(TransportPlace::Nowhere, |account| account.place),
            host: server.map(|server| server.host.clone()),
            port: server.map(|server| server.port),
            security: server.map(|server| server.security),
            user: user.map(str::to_owned),
            has_password: login.is_some() || is_locked,
            state,
            refused_since: refused.map(|refused| instant(refused.since)),
            answer: refused.map(|refused| refused.answer.clone()),
            set_at: stored.map(|stored| instant(stored.set_at)),
            set_by: stored.map(|stored| stored.set_by.clone()),
            sentence: sentence(account, user, refused, failed.as_ref(), state),
            failed_test: failed,
        }
    }
}

fn state(
    account: Option<&Account>,
    refused: Option<&RefusedLogin>,
    failed: Option<&FailedTransportTest>,
    untested: bool,
) -> TransportState {
    match account {
        None => TransportState::Caught,
        Some(account) if account.locked.is_some() => TransportState::PasswordUnreadable,
        Some(_) if refused.is_some() => TransportState::LoginRefused,
        Some(_) if failed.is_some() => TransportState::TestFailed,
        Some(account) if untested && account.place == TransportPlace::Api => TransportState::Untested,
        Some(_) => TransportState::Ok,
    }
}

fn sentence(
    account: Option<&Account>,
    user: Option<&str>,
    refused: Option<&RefusedLogin>,
    failed: Option<&FailedTransportTest>,
    state: TransportState,
) -> String {
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
    let tested = match failed {
        Some(failed) => format!(" {}", failed.sentence()),
        None if state == TransportState::Untested => {
            " Nothing has shown yet that it works. Test it: POST /api/transports/default/test.".to_owned()
        }
        None => String::new(),
    };
    format!("E-mails go {way}, {encryption}, {login}. This is set {place}.{trouble}{tested}")
}

/// What came of a test of the mail server
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TransportTest {
    /// Whether the mail server can be used
    pub works: bool,
    /// What failed first; null where it works
    pub failed_at: Option<TransportStage>,
    /// How the connection was encrypted; null where the test failed
    pub encryption: Option<UsedEncryption>,
    /// Whether the mail server accepted the login; false where none is set
    pub signed_in: bool,
    /// What was found, and what to do
    pub message: String,
}

impl TransportTest {
    /// What came of the test of an account.
    pub fn of(account: &Account, tried: Result<Usable, Unreached>) -> TransportTest {
        match tried {
            Ok(usable) => TransportTest {
                works: true,
                failed_at: None,
                encryption: Some(usable.encryption),
                signed_in: usable.login == UsedLogin::SignedIn,
                message: usable_words(account, usable),
            },
            Err(unreached) => TransportTest {
                works: false,
                failed_at: Some(unreached.stage),
                encryption: None,
                signed_in: unreached.stage == TransportStage::Noop && account.server.login.is_some(),
                message: unreached_words(account, &unreached),
            },
        }
    }
}

fn usable_words(account: &Account, usable: Usable) -> String {
    let encryption = match usable.encryption {
        UsedEncryption::Tls => "is encrypted by TLS from its start",
        UsedEncryption::Starttls => "is encrypted by STARTTLS",
        UsedEncryption::None => "is not encrypted",
    };
    let login = match usable.login {
        UsedLogin::SignedIn => "The login was accepted.",
        UsedLogin::NotOffered => "No login is set, and the server offers none.",
        UsedLogin::NotUsed => {
            "No login is set, although the server offers one (AUTH): if it refuses e-mails, set `user` and `password`."
        }
    };
    format!("The mail server {} can be used. The connection {encryption}. {login} No e-mail was sent.", account.server)
}

fn unreached_words(account: &Account, unreached: &Unreached) -> String {
    let has_login = account.server.login.is_some() || account.locked.is_some();
    let (failed, remedy) = match unreached.stage {
        TransportStage::Connection => (
            "cannot be reached",
            "Check `host` and `port`, and whether a firewall keeps this server from connecting to it",
        ),
        TransportStage::Encryption => (
            "is reached, and the encryption fails",
            "Check `security` with `port`; for a certificate from an authority of your own, set `smtp_ca` in the settings",
        ),
        TransportStage::Login if !has_login => ("takes no e-mails without a login", "Set `user` and `password`"),
        TransportStage::Login => ("does not let this server sign in", "Check `user` and `password`"),
        TransportStage::Noop if !has_login => ("accepts the connection and then fails", "Ask who runs it"),
        TransportStage::Noop => ("accepts the login and then fails", "Ask who runs it"),
    };
    format!("The mail server {} {failed}: {}. {remedy}.", account.server, unreached.why.trim_end_matches('.'))
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
            let item = TransportItem::of(account, None, None, None, false);
            assert_eq!(item.failed_test, None);
            assert_eq!(item.state, state, "{item:?}");
            assert!(item.sentence.contains(words) && !format!("{item:?}").contains("s3cret"), "{item:?}");
            assert_eq!(item.has_password, account.is_some(), "{item:?}");
        }
    }

    #[test]
    fn what_was_set_over_the_api_is_untested_until_something_shows_that_it_works() {
        let server = SmtpServer::parse("smtps://ada:s3cret@mail.x.example").unwrap();
        let account = |place| Account { server: server.clone(), place, locked: None };
        let (settings, api) = (account(TransportPlace::Settings), account(TransportPlace::Api));
        for (account, untested, state) in [
            (Some(&api), true, TransportState::Untested),
            (Some(&api), false, TransportState::Ok),
            (Some(&settings), true, TransportState::Ok),
            (None, true, TransportState::Caught),
        ] {
            let item = TransportItem::of(account, None, None, None, untested);
            assert_eq!(item.state, state, "{item:?}");
            let is_said = item.sentence.ends_with("Test it: POST /api/transports/default/test.");
            assert_eq!(is_said, state == TransportState::Untested, "{item:?}");
        }
    }

    #[test]
    fn a_test_that_failed_is_said_of_an_account_that_can_be_opened() {
        let server = SmtpServer::parse("smtps://ada:s3cret@mail.x.example").unwrap();
        let open = Account { server, place: TransportPlace::Api, locked: None };
        let locked = Account { locked: Some("the key is gone".into()), ..open.clone() };
        let failed = FailedTest { at: 5_000, stage: TransportStage::Login, message: "No. Check `user`.".into() };
        for (account, state, is_said) in [
            (Some(&open), TransportState::TestFailed, true),
            (Some(&locked), TransportState::PasswordUnreadable, false),
            (None, TransportState::Caught, false),
        ] {
            let item = TransportItem::of(account, None, None, Some(&failed), true);
            assert_eq!((item.state, item.failed_test.is_some()), (state, is_said), "{item:?}");
            let words = "failed at `login`: No. Check `user`. Then test again";
            assert_eq!(item.sentence.contains(words), is_said, "{item:?}");
        }
    }

    #[test]
    fn a_test_names_the_encryption_and_the_login() {
        let account =
            |url: &str| Account { server: SmtpServer::parse(url).unwrap(), place: TransportPlace::Api, locked: None };
        let (with, without) = (account("smtps://ada:s3cret@mail.x.example"), account("smtps://mail.x.example"));
        let locked = Account { locked: Some("the key is gone".into()), ..without.clone() };
        let used = |encryption, login| Ok(Usable { encryption, login });
        let failed = |stage| Err(Unreached { stage, why: "530 no".into() });
        for (account, tried, signed_in, words) in [
            (
                &with,
                used(UsedEncryption::Tls, UsedLogin::SignedIn),
                true,
                "by TLS from its start. The login was accepted.",
            ),
            (&with, used(UsedEncryption::Starttls, UsedLogin::SignedIn), true, "is encrypted by STARTTLS. The login"),
            (
                &without,
                used(UsedEncryption::None, UsedLogin::NotOffered),
                false,
                "is not encrypted. No login is set, and",
            ),
            (&without, used(UsedEncryption::Tls, UsedLogin::NotUsed), false, "the server offers one (AUTH)"),
            (&without, failed(TransportStage::Login), false, "takes no e-mails without a login: 530 no. Set `user`"),
            (&locked, failed(TransportStage::Login), false, "does not let this server sign in: 530 no. Check `user`"),
            (&without, failed(TransportStage::Noop), false, "accepts the connection and then fails: 530 no. Ask"),
            (&with, failed(TransportStage::Noop), true, "accepts the login and then fails: 530 no. Ask"),
        ] {
            let encryption = tried.as_ref().ok().map(|usable: &Usable| usable.encryption);
            let test = TransportTest::of(account, tried);
            assert_eq!((test.encryption, test.signed_in), (encryption, signed_in), "{test:?}");
            assert!(test.message.contains(words), "{test:?}");
        }
    }
}
