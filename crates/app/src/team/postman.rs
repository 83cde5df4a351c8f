//! Sends letters to the team. It has no thread of its own; whoever calls it says when it goes on.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use attractor_engine::time::{Duration, Instant};
use attractor_live::Lane;
use attractor_mail::message::dkim::Signer;
use attractor_mail::message::{Automatic, Headers, Mailbox, Message, MessageId};
use attractor_store::copies::CAUGHT;
use attractor_store::letters::{self, Letter, LetterState};
use attractor_store::{Connection, Error, moves};

use super::alerts::{self, PORTION};
use super::letter::{Content, LINK, LetterKind, WAITING, id_source};
use super::links::PURPOSE;
use crate::App;
use crate::access::tokens;
use crate::calls::Now;
use crate::calls::desk::Desk;
use crate::lane::Stop;
use crate::location;
use crate::sending::backoff::short;
use crate::sending::paused;
use crate::sending::sender::Sender;
use crate::sending::signing::signer_at_start;
use crate::sending::transport::{Delivery, OutgoingMail, Transport, present};

/// As many letters are sent in one turn.
const BATCH: i64 = 20;
/// A letter that no server took for so long has failed.
const PATIENCE: i64 = 3 * Duration::DAY.0;
/// After the first try, and at most: each time twice as long.
const FIRST_PAUSE: i64 = 60_000;
const LONGEST_PAUSE: i64 = Duration::HOUR.0;
/// How long letters are kept after they have ended: what somebody replied is among them.
const KEPT: i64 = 30 * Duration::DAY.0;
/// How often old letters are looked for.
const TIDYING: i64 = Duration::HOUR.0;
const ENDED: &str = "the server ended while it was being sent";

/// Sends what is due.
pub struct Postman {
    app: Arc<App>,
    transport: Arc<dyn Transport>,
    desk: Arc<Desk>,
    sender: Sender,
    signer: Signer,
    /// `None` until it is needed, and after an error.
    reader: Option<Connection>,
    /// What could not be reported yet.
    unreported: Vec<Letter>,
    /// When old letters are looked for next.
    tidy_at: i64,
}

impl Postman {
    /// A postman for a server; the error is what is wrong in the settings.
    pub fn new(app: &Arc<App>, transport: Arc<dyn Transport>) -> Result<Postman, String> {
        let sender = Sender::of(&app.settings).map_err(|why| format!("`sender_email`: {why}"))?;
        let folder: &Path = app.folder.path();
        let signer = signer_at_start(&app.settings, folder, &app.secrets, sender.from.domain())?;
        Ok(Postman {
            app: app.clone(),
            transport,
            desk: Arc::new(Desk::of(app)?),
            sender,
            signer,
            reader: None,
            unreported: Vec::new(),
            tidy_at: i64::MIN,
        })
    }

    /// Whatever a server before this one was sending is in doubt.
    pub fn begin(&self) -> Result<(), Stop> {
        let now = self.app.machine.now().0;
        let ended = (LetterState::Claimed, LetterState::InDoubt);
        let doubtful = self.in_lane(move |connection| letters::end_all(connection, ended, ENDED, now))?;
        if doubtful > 0 {
            tracing::warn!(letters = doubtful, "mails to the team were being sent when the server ended");
        }
        Ok(())
    }

    /// One batch. Whether there may be more.
    pub fn turn(&mut self) -> Result<bool, Stop> {
        self.report()?;
        self.tidy()?;
        let (has_alerts, due) = self.look()?;
        if has_alerts {
            self.mail_alerts()?;
            return Ok(true);
        }
        if due.is_empty() {
            return Ok(false);
        }
        let claimed = self.in_lane(move |connection| claim(connection, due))?;
        self.deliver(claimed);
        self.report()?;
        Ok(true)
    }

    /// Writes the letters of alerts that wait, and opens their calls.
    fn mail_alerts(&self) -> Result<(), Stop> {
        let (desk, now) = (self.desk.clone(), Now::of(&self.app));
        let work = move |lane: &mut Lane| lane.deed(now.leads, |deed| alerts::mail(deed, &desk, now));
        self.app.lane.run_here(work)??;
        self.app.calls.ring();
        self.app.nudged.notify_one();
        Ok(())
    }

    /// Whether alerts wait, and the letters that are due.
    fn look(&mut self) -> Result<(bool, Vec<Letter>), Stop> {
        let now = self.app.machine.now().0;
        let mut connection = match self.reader.take() {
            Some(connection) => connection,
            None => location(&self.app.settings, self.app.folder.path()).reader()?,
        };
        let found = connection.snapshot(|connection| {
            let has_alerts = !moves::waiting_alerts(connection, PORTION)?.is_empty();
            let is_paused = paused(connection)?.is_some();
            // Those that wait for the end of a pause must not stand before the others.
            let but: &[LetterKind] = if is_paused { &WAITING } else { &[] };
            Ok((has_alerts, letters::due(connection, but, now, BATCH)?))
        })?;
        self.reader = Some(connection);
        Ok(found)
    }

    fn tidy(&mut self) -> Result<(), Stop> {
        let now = self.app.machine.now().0;
        if now >= self.tidy_at {
            self.in_lane(move |connection| letters::forget(connection, now - KEPT))?;
            self.tidy_at = now + TIDYING;
        }
        Ok(())
    }

    /// Hands letters to the transport; what became of them waits to be reported.
    fn deliver(&mut self, claimed: Vec<Letter>) {
        // A letter is dated as copies are, by the leads' clock; how long it waits is measured by the machine's.
        let (now, date) = (self.app.machine.now(), self.app.clock.now());
        let transport = present(&self.transport);
        let is_real = transport.is_real();
        let (mut mails, mut under_way) = (Vec::new(), Vec::new());
        for letter in claimed {
            match self.mail(&letter, date, is_real) {
                Ok(mail) => {
                    mails.push(mail);
                    under_way.push(letter);
                }
                Err(why) => self.unreported.push(failed(letter, why, now)),
            }
        }
        let ended: Mutex<Vec<Option<Delivery>>> = Mutex::new(vec![None; mails.len()]);
        transport.deliver(&mails, &|place, delivery| {
            if let Some(slot) = ended.lock().unwrap_or_else(PoisonError::into_inner).get_mut(place) {
                *slot = Some(delivery);
            }
        });
        let ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
        let now = self.app.machine.now();
        let silent = || Delivery::Unknown { why: "the transport did not say what became of it".into() };
        let all = under_way.into_iter().zip(ended);
        let of_try = |(letter, delivery): (Letter, Option<Delivery>)| {
            after(letter, (delivery.unwrap_or_else(silent), is_real), now)
        };
        self.unreported.extend(all.map(of_try));
    }

    /// The mail of a letter, which leaves this machine or not. The error is why there is none.
    fn mail(&self, letter: &Letter, date: Instant, is_real: bool) -> Result<OutgoingMail, String> {
        let content: Content = serde_json::from_str(&letter.content).map_err(|_| "it cannot be read".to_owned())?;
        let text = match &letter.sealed {
            Some(_) if !is_real => return Err("no mail server is set".into()),
            Some(sealed) => {
                let link = self.app.secrets.unseal(PURPOSE, sealed)?;
                content.text.replace(LINK, &String::from_utf8_lossy(&link))
            }
            None => content.text,
        };
        let to = Mailbox::parse(&letter.recipient).map_err(|why| why.to_string())?;
        let reply_to = content.reply_to.and_then(|address| Mailbox::parse(&address).ok());
        let name = id_source(letter.number, letter.made_at);
        let message = Message {
            id: &MessageId::of_copy(&self.app.secrets.id(), &name, &self.sender.from),
            from: &self.sender.from,
            to: &to,
            subject: &content.subject,
            date,
            text: &text,
            html: None,
            attachments: &[],
            headers: Headers { reply_to: reply_to.as_ref(), automatic: Automatic::Generated, ..Headers::default() },
        };
        Ok(OutgoingMail {
            from: self.sender.from.address().to_owned(),
            to: to.address().to_owned(),
            needs_smtputf8: message.needs_smtputf8(),
            bytes: self.signer.sign(&message.write(), date).map_err(|why| why.to_string())?,
            made_at: date,
            tag: i64::from_be_bytes(tokens::random()),
        })
    }

    fn report(&mut self) -> Result<(), Stop> {
        if self.unreported.is_empty() {
            return Ok(());
        }
        let all = self.unreported.clone();
        self.in_lane(move |connection| all.iter().try_for_each(|letter| letters::save(connection, letter)))?;
        self.unreported.clear();
        Ok(())
    }

    fn in_lane<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Stop> {
        Ok(self.app.lane.run_here(move |lane: &mut Lane| lane.write(work))??)
    }
}

/// Notes that letters are under way. One that was erased meanwhile is not sent.
fn claim(connection: &mut Connection, due: Vec<Letter>) -> Result<Vec<Letter>, Error> {
    let numbers: Vec<_> = due.iter().map(|letter| letter.number).collect();
    let numbers = letters::not_begun(connection, &numbers)?;
    let there = due.into_iter().filter(|letter| numbers.contains(&letter.number));
    let claimed: Vec<Letter> =
        there.map(|letter| Letter { state: LetterState::Claimed, due: None, ..letter }).collect();
    claimed.iter().try_for_each(|letter| letters::save(connection, letter))?;
    Ok(claimed)
}

fn failed(letter: Letter, why: String, now: Instant) -> Letter {
    tracing::error!(kind = letter.kind, number = letter.number.0, why, "a mail to the team could not be delivered");
    over(letter, LetterState::Failed, Some(why), now)
}

fn over(letter: Letter, state: LetterState, reason: Option<String>, now: Instant) -> Letter {
    Letter { state, reason, due: None, sealed: None, ended_at: Some(now.0), ..letter }
}

/// A letter after a try, by a transport whose mails leave this machine or not.
fn after(letter: Letter, (delivery, is_real): (Delivery, bool), now: Instant) -> Letter {
    let (answer, pause) = match delivery {
        Delivery::Accepted => {
            let reason = (!is_real).then(|| CAUGHT.to_owned());
            return over(letter, LetterState::Sent, reason, now);
        }
        Delivery::Refused { answer, .. } => return failed(letter, short(&answer), now),
        Delivery::Unknown { why } => return over(letter, LetterState::InDoubt, Some(short(&why)), now),
        Delivery::PutOff { answer, .. } => {
            (answer, FIRST_PAUSE.saturating_mul(1 << letter.tries.clamp(0, 10)).min(LONGEST_PAUSE))
        }
        Delivery::LoginRefused { answer } => (answer, pause_of_login(&letter)),
    };
    if now.0 - letter.made_at > PATIENCE {
        return failed(letter, short(&answer), now);
    }
    Letter {
        state: LetterState::Waiting,
        reason: Some(short(&answer)),
        due: Some(now.0 + pause),
        tries: letter.tries + 1,
        ..letter
    }
}

/// When a login is tried again that the server does not accept: each try brings the provider nearer to locking the account.
/// That sending has stopped because of the login is itself a notice, and must not be what goes on trying.
fn pause_of_login(letter: &Letter) -> i64 {
    if letter.kind == LetterKind::Notice.name() { Duration::DAY.0 } else { LONGEST_PAUSE }
}

#[cfg(test)]
mod tests {
    use attractor_store::LetterNumber;

    use super::*;
    use crate::sending::transport::Step;

    fn letter(tries: i64) -> Letter {
        Letter {
            number: LetterNumber(7),
            kind: LetterKind::Notice.name().to_owned(),
            recipient: "ada@acme.test".to_owned(),
            content: String::new(),
            sealed: Some(vec![1]),
            made_at: 0,
            state: LetterState::Claimed,
            reason: None,
            due: None,
            tries,
            ended_at: None,
            lead: None,
        }
    }

    #[test]
    fn each_answer_of_a_mail_server_means_one_thing() {
        let put_off = || Delivery::PutOff { answer: "450 later".into(), step: None };
        let login_refused = || Delivery::LoginRefused { answer: "535 no".into() };
        for (tries, delivery, now, state, due) in [
            (0, Delivery::Accepted, 5, LetterState::Sent, None),
            (0, Delivery::Refused { answer: "550 no".into(), step: Step::To }, 5, LetterState::Failed, None),
            (0, Delivery::Unknown { why: "it broke off".into() }, 5, LetterState::InDoubt, None),
            (0, put_off(), 5, LetterState::Waiting, Some(60_005)),
            (3, put_off(), 5, LetterState::Waiting, Some(480_005)),
            (60, put_off(), 5, LetterState::Waiting, Some(LONGEST_PAUSE + 5)),
            (60, put_off(), PATIENCE + 1, LetterState::Failed, None),
            (0, login_refused(), 5, LetterState::Waiting, Some(Duration::DAY.0 + 5)),
            (3, login_refused(), PATIENCE + 1, LetterState::Failed, None),
        ] {
            let after = after(letter(tries), (delivery, true), Instant(now));
            assert_eq!((after.state, after.due), (state, due), "{after:?}");
            assert_eq!(after.sealed.is_some(), due.is_some(), "a link is forgotten when its letter is over");
            assert_eq!(after.ended_at.is_none(), due.is_some());
        }
    }

    #[test]
    fn a_letter_that_no_mail_server_took_is_caught() {
        for is_real in [true, false] {
            let after = after(letter(0), (Delivery::Accepted, is_real), Instant(5));
            assert_eq!((after.state, after.is_caught()), (LetterState::Sent, !is_real));
        }
    }

    #[test]
    fn a_login_that_was_refused_is_tried_seldom_and_by_its_own_notice_once_a_day() {
        for kind in LetterKind::ALL {
            let expected = if kind == LetterKind::Notice { Duration::DAY } else { Duration::HOUR };
            for tries in [0, 1, 60] {
                let refused = Delivery::LoginRefused { answer: "535 no".into() };
                let letter = Letter { kind: kind.name().to_owned(), ..letter(tries) };
                let after = after(letter, (refused, true), Instant(5));
                assert_eq!(after.due, Some(expected.0 + 5), "{kind:?} after {tries}");
            }
        }
    }
}
