//! A test of an e-mail: it goes to the user who asks, to nobody else, and leaves no trace at any lead.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use attractor_engine::time::{Duration, Instant};
use attractor_mail::message::Mailbox;
use attractor_mail::message::dkim::Signer;
use attractor_store::access::User;
use attractor_store::{Connection, LeadId, UserId, access};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::letter::{Letter, LetterRequest, Surroundings, looked_at};
use super::preview::surroundings;
use crate::App;
use crate::access::addresses::{find, plain};
use crate::access::{note, tokens};
use crate::actor::Actor;
use crate::refusal::Refusal;
use crate::sending::paused;
use crate::sending::signing::signer;
use crate::sending::test_mail::{By, test_mail};
use crate::sending::transport::{Delivery, OutgoingMail, present};
use crate::view::View;

/// As many tests one user may send within `WITHIN`.
const MOST: usize = 20;
const WITHIN: Duration = Duration::HOUR;

/// What became of a test
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TestMail {
    /// The address of the user who asks
    pub to: String,
    pub subject: String,
    /// `accepted`, `refused`, `put_off` (it is not tried again) or `unknown`
    pub result: &'static str,
    /// Whether it was only caught, because no mail server is set: nobody gets it, and `GET /api/caught` shows it
    pub caught: bool,
    /// What the mail server answered, where it did not accept
    pub answer: Option<String>,
}

/// When each user sent tests lately.
#[derive(Default)]
pub struct Trials(Mutex<BTreeMap<UserId, VecDeque<Instant>>>);

impl Trials {
    /// Lets a test pass, or says in how many seconds the next one may.
    fn pass(&self, user: UserId, now: Instant) -> Result<(), u64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, sent| sent.back().is_some_and(|last| now < *last + WITHIN));
        let sent = all.entry(user).or_default();
        while sent.front().is_some_and(|first| now >= *first + WITHIN) {
            sent.pop_front();
        }
        match sent.front() {
            Some(first) if sent.len() >= MOST => Err((first.0 + WITHIN.0 - now.0).unsigned_abs().div_ceil(1_000)),
            _ => {
                sent.push_back(now);
                Ok(())
            }
        }
    }
}

/// Sends the test that a request asks for. Only the command line, which has no address, names with `to` the user who asks.
pub async fn send(app: &App, actor: &Actor, to: Option<String>, request: LetterRequest) -> Result<TestMail, Refusal> {
    let asker = Asker::of(actor, to)?;
    let Some(transport) = app.transport.get().map(present) else {
        return Err(Refusal::Conflict("this program does not send; ask a server that runs".into()));
    };
    let around = surroundings(app)?;
    let sender_domain = around.sender.from.domain().to_owned();
    let signer = signer(&app.settings, app.folder.path(), &app.secrets, &sender_domain).map_err(Refusal::Conflict)?;
    let (email, is_real) = (request.email.clone().unwrap_or_default(), transport.is_real());
    let now = app.machine.now();
    let mail = app.read(move |view| {
        let user = asker.user(view.connection)?;
        Ok((user.id, composed(view, &user, request, &around, &signer, now)?))
    });
    let (user, (to, subject, outgoing)) = mail.await?;
    app.tests.pass(user, now).map_err(Refusal::too_often)?;
    let delivered = app.machine.done(move || {
        let ended = Mutex::new(None);
        transport.deliver(&[outgoing], &|_, delivery| {
            *ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(delivery);
        });
        ended.into_inner().unwrap_or_else(PoisonError::into_inner)
    });
    let delivery = delivered.await.flatten();
    let (result, answer) = match delivery {
        Some(Delivery::Accepted) => ("accepted", None),
        Some(Delivery::Refused { answer, .. }) => ("refused", Some(answer)),
        Some(Delivery::PutOff { answer, .. } | Delivery::LoginRefused { answer }) => ("put_off", Some(answer)),
        Some(Delivery::Unknown { why }) => ("unknown", Some(why)),
        None => ("unknown", Some("the transport did not say what became of it".into())),
    };
    let (actor, details) = (actor.clone(), json!({"result": result}));
    app.write(move |connection| {
        note(connection, &actor, now.0, "test e-mail sent", &format!("email:{email}"), &details).map(Ok)
    })
    .await?;
    Ok(TestMail { to, subject, result, caught: result == "accepted" && !is_real, answer })
}

/// Who asks for a test, and gets it.
enum Asker {
    User {
        id: UserId,
        to: Option<String>,
    },
    /// Somebody at the command line, who is the user with this address.
    Named(String),
}

impl Asker {
    fn of(actor: &Actor, to: Option<String>) -> Result<Asker, Refusal> {
        if actor.is_command_line() {
            let why = "the command line has no address; name with `to` that of the user who asks";
            return to.map(Asker::Named).ok_or_else(|| Refusal::Conflict(why.into()));
        }
        let id = actor.who.strip_prefix("user:").and_then(|id| id.parse().ok()).map(UserId);
        let id = id.ok_or_else(|| {
            let why =
                "a test goes to the address of the user who asks, and a key has none; sign in as a user and ask again";
            Refusal::Conflict(why.into())
        })?;
        Ok(Asker::User { id, to })
    }

    fn user(&self, connection: &mut Connection) -> Result<User, Refusal> {
        match self {
            Asker::User { id, to } => {
                let gone = || Refusal::Missing("the user who asks is gone".into());
                let user = access::user_by_id(connection, *id)?.ok_or_else(gone)?;
                let is_own = to.as_deref().is_none_or(|to| plain(to) == plain(&user.email));
                is_own.then_some(user).ok_or_else(|| {
                    let why = "a test goes to the address of the user who asks alone; leave `to` out";
                    Refusal::Conflict(why.into())
                })
            }
            Asker::Named(to) => {
                let found = find(connection, to)?;
                found.filter(|user| user.disabled_at.is_none()).ok_or_else(|| {
                    Refusal::Missing(format!(
                        "a test goes to a user who may sign in, and `{to}` is not the address of one; \
                         `attractor user list` shows all"
                    ))
                })
            }
        }
    }
}

/// The test, with its address and its subject.
fn composed(
    view: &mut View,
    user: &User,
    request: LetterRequest,
    around: &Surroundings,
    signer: &Signer,
    now: Instant,
) -> Result<(String, String, OutgoingMail), Refusal> {
    if let Some(why) = paused(view.connection)? {
        return Err(Refusal::Conflict(format!(
            "sending is paused ({why}); resume it first (POST /api/sending/resume)"
        )));
    }
    let wrong = |why| Refusal::Conflict(format!("`{}`, the address of the user who asks: {why}", user.email));
    let to = Mailbox::parse(&user.email).map_err(wrong)?.named(&user.name);
    let letter = Letter::read(view, LetterRequest { measured: Some(false), ..request }, around)?;
    let rendered = letter.composing(|parts, kept| looked_at(parts, kept, &around.sender.public_url))?;
    let lead = letter.copy.lead;
    let tag = if lead == LeadId::NOBODY { i64::from_be_bytes(tokens::random()) } else { lead.0 };
    let by = By { settings: &around.sender, chosen: &letter.sender, signer };
    let (subject, outgoing) = test_mail(&to, by, &rendered, (now, tag)).map_err(Refusal::Failed)?;
    Ok((to.address().to_owned(), subject, outgoing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_sends_so_many_tests_an_hour() {
        let (trials, start) = (Trials::default(), Instant(1_000_000));
        let (ada, bea) = (UserId(1), UserId(2));
        for _ in 0..MOST {
            assert_eq!(trials.pass(ada, start), Ok(()));
        }
        assert_eq!(trials.pass(ada, start + Duration(1_000)), Err(3_599));
        assert_eq!(trials.pass(bea, start), Ok(()));
        assert_eq!(trials.pass(ada, start + WITHIN), Ok(()));
    }

    #[test]
    fn only_users_have_an_address_and_the_command_line_names_one() {
        use crate::actor::Role;
        let to = || Some("ada@acme.test".to_owned());
        let asks = |who: &str, to| Asker::of(&Actor { who: who.into(), role: Role::Owner }, to);
        assert!(matches!(asks("user:3", None), Ok(Asker::User { id: UserId(3), to: None })));
        assert!(matches!(asks("command line (ada)", to()), Ok(Asker::Named(named)) if named == "ada@acme.test"));
        for (who, to, expected) in [
            ("key:3", None, "sign in"),
            ("key:3", to(), "sign in"),
            ("user:x", to(), "sign in"),
            ("command line (ada)", None, "name with `to`"),
        ] {
            let Err(Refusal::Conflict(why)) = asks(who, to) else { panic!("{who}") };
            assert!(why.contains(expected), "{why}");
        }
    }
}
