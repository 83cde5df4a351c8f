//! What became of copies that the sender had: how each ends, what it counts for, and what happened to its lead.

use attractor_engine::time::Instant;
use attractor_live::{CopyKey, Outcome, Report};
use attractor_mail::inbound::{self, Step, reason_of_reply};
use attractor_mail::reputation::Counts;
use attractor_store::{ClaimNumber, Connection, Error};

use super::backoff::{put_off, short};
use super::messages::{Event, TriedCopy, messages};
use super::plan::Candidate;
use super::transport::Delivery;
use super::trouble::Trouble;
use crate::leads::joined::present;
use crate::leads::key::LeadKey;

/// A copy that the sender has.
pub struct Claimed {
    pub candidate: Candidate,
    pub number: ClaimNumber,
}

/// What became of a copy that the sender had.
#[derive(Clone)]
pub struct Ending {
    pub key: CopyKey,
    claim: ClaimNumber,
    outcome: Outcome,
    /// What happened to the lead, if anything did.
    event: Option<Event>,
    /// The server refused it because of us.
    is_refusal: bool,
    /// What the server answered to a login that it does not accept.
    login_refused: Option<String>,
    /// The server took the mail, by the account that is in force.
    was_accepted: bool,
    copy: TriedCopy,
}

/// What became of a copy when its mail was delivered so, at an instant.
pub fn ending(one: Claimed, (delivery, at): (Delivery, Instant)) -> Ending {
    let Claimed { candidate: Candidate { copy, composed, .. }, number } = one;
    let is_first_try = copy.dispatch.tries == 0;
    let login_refused = match &delivery {
        Delivery::LoginRefused { answer } => Some(short(answer)),
        _ => None,
    };
    let was_accepted = matches!(delivery, Delivery::Accepted);
    let (outcome, event, is_refusal) = match delivery {
        Delivery::Accepted => (Outcome::Sent { at }, Some(Event::Left), false),
        Delivery::PutOff { answer, step } => {
            let trouble = Trouble::of(&answer, step);
            let outcome = put_off(&copy, &answer, trouble, at);
            let event = given_up(&outcome, trouble);
            (outcome, event, trouble == Trouble::Policy && is_first_try)
        }
        Delivery::Refused { answer, step } => {
            let is_refusal = Trouble::of(&answer, Some(step)) == Trouble::Policy;
            (Outcome::Failed { answer: short(&answer) }, bounced(&answer, step), is_refusal)
        }
        // Nothing is wrong with the copy: it keeps its tries and its three days.
        Delivery::LoginRefused { .. } => (Outcome::Released, None, false),
        Delivery::Unknown { why } => (Outcome::InDoubt { why: short(&why) }, None, false),
    };
    let tried = TriedCopy {
        email: copy.email.clone().unwrap_or_default(),
        send_id: copy.send_id(),
        address: composed.content.address,
        measured: composed.measured,
        at,
    };
    let key = (copy.lead, copy.source);
    Ending { key, claim: number, outcome, event, is_refusal, login_refused, was_accepted, copy: tried }
}

impl Ending {
    /// The same, whatever it says of the account.
    pub fn without_account(self) -> Ending {
        Ending { login_refused: None, was_accepted: false, ..self }
    }
}

/// Whether the account in force has been seen to work.
pub fn account_works(endings: &[Ending]) -> bool {
    endings.iter().any(|ending| ending.was_accepted)
}

/// What a server answered to a login that it does not accept; `None` where all could sign in.
pub fn login_refused(endings: &[Ending]) -> Option<String> {
    endings.iter().find_map(|ending| ending.login_refused.clone())
}

/// What an ending counts for; `None` where it says nothing of the address and nothing of us.
pub fn counts(ending: &Ending) -> Option<(Instant, Counts)> {
    let one = Counts { sent: 1, ..Counts::default() };
    let counts = match ending.event {
        Some(Event::Left) => one,
        Some(Event::Bounced { permanent }) => Counts { hard_bounces: u64::from(permanent), ..one },
        None if ending.is_refusal => Counts { refusals: 1, ..one },
        None => return None,
    };
    Some((ending.copy.at, counts))
}

/// Whether a copy that counts has left.
pub fn has_left((_, counts): &(Instant, Counts)) -> bool {
    counts.hard_bounces + counts.refusals == 0
}

/// What it says about the mailbox that a copy was given up: that it was full or asleep for three days, if it was. Everything
/// else is about us or about a server.
fn given_up(outcome: &Outcome, trouble: Trouble) -> Option<Event> {
    let is_over = matches!(outcome, Outcome::Failed { .. });
    (is_over && trouble == Trouble::Full).then_some(Event::Bounced { permanent: false })
}

/// What a refusal says about the mailbox: nothing, if it is about us or about the mail.
fn bounced(answer: &str, step: Step) -> Option<Event> {
    match reason_of_reply(answer, step).kind() {
        inbound::Kind::Hard => Some(Event::Bounced { permanent: true }),
        inbound::Kind::Full | inbound::Kind::Soft => Some(Event::Bounced { permanent: false }),
        _ => None,
    }
}

/// The reports of endings, with the messages of what happened; of a lead that is gone nothing is said.
pub fn reports(connection: &mut Connection, endings: Vec<Ending>) -> Result<Vec<Report>, Error> {
    let of_leads = endings.iter().filter(|ending| ending.event.is_some()).map(|ending| ending.key.0).collect();
    let rows = present(connection, &of_leads)?;
    let keys = LeadKey::of_all(connection, &rows.values().collect::<Vec<_>>())?;
    let report = |Ending { key, claim, outcome, event, copy, .. }: Ending| {
        let named = rows.get(&key.0).and_then(|row| keys.get(&row.id));
        let messages = event.zip(named).map(|(event, named)| messages(named, &copy, event)).unwrap_or_default();
        Report { key, claim: Some(claim), outcome, messages }
    };
    Ok(endings.into_iter().map(report).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sending::testing::copy;

    /// What becomes known of a lead whose copy is put off with the same answer until it is given up: nothing before.
    fn until_given_up(answer: &str, step: Option<Step>) -> Option<Event> {
        let (mut copy, mut now, trouble) = (copy("offer"), Instant(0), Trouble::of(answer, step));
        loop {
            let outcome = put_off(&copy, answer, trouble, now);
            let event = given_up(&outcome, trouble);
            let Outcome::Held { due: Some(due), trouble_since, .. } = outcome else { return event };
            assert_eq!(event, None, "{answer}");
            copy.dispatch.trouble_since = trouble_since.map(|since| since.0);
            copy.dispatch.tries += 1;
            now = due;
        }
    }

    #[test]
    fn a_mailbox_that_stays_full_has_bounced_and_nobody_else() {
        let bounced = Some(Event::Bounced { permanent: false });
        for (answer, step, event) in [
            ("452 4.2.2 Mailbox full", Some(Step::To), bounced),
            ("450 4.2.1 Mailbox has exceeded the limit", Some(Step::Data), bounced),
            ("451 4.7.1 Greylisting in action, please come back later", Some(Step::To), None),
            ("450 4.7.3 Too many messages, slow down", Some(Step::Data), None),
            ("451 4.3.0 Temporary server error", Some(Step::Data), None),
            ("no connection to mail.example:25: connection refused", None, None),
        ] {
            assert_eq!(until_given_up(answer, step), event, "{answer}");
        }
    }

    #[test]
    fn what_a_refusal_says_about_the_mailbox() {
        for (answer, step, event) in [
            ("550 5.1.1 No such user", Step::To, Some(Event::Bounced { permanent: true })),
            ("552 5.2.2 Mailbox full", Step::To, Some(Event::Bounced { permanent: false })),
            ("550 5.7.1 Message rejected due to local policy", Step::Data, None),
        ] {
            assert_eq!(bounced(answer, step), event, "{answer}");
        }
    }
}
