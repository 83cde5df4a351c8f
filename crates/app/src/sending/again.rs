//! A copy of which it is not known whether it arrived, sent again by a person (contract §6 Copies 3).

use std::collections::BTreeSet;

use attractor_engine::time::Instant;
use attractor_live::{CopyKey, Lane};
use attractor_store::broadcasts::{self, Broadcast, BroadcastState};
use attractor_store::copies::{self, CopySource, CopyState, MailCopy};
use attractor_store::{Connection, Error, LeadId};
use serde_json::json;

use super::broadcasts::stop::broadcast_of;
use super::list::{self, OutboxCopy};
use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::leads::joined::present;
use crate::programs::{Programs, minute};
use crate::refusal::Refusal;
use crate::segments::in_force;

/// Sends a copy again that is in doubt: it waits for its turn, and the gate decides as for all e-mails. Shows it as it is then.
pub async fn send_again(app: &App, actor: &Actor, send_id: String) -> Result<OutboxCopy, Refusal> {
    let key = CopySource::of_send_id(&send_id).ok_or_else(|| missing(&send_id))?;
    let (actor, now, programs) = (actor.clone(), app.clock.now(), app.programs.clone());
    let run = move |lane: &mut Lane| {
        lane.deed(now, |deed| {
            if let Some(refusal) = refusal(deed.connection(), &programs, &key, now)? {
                return Ok(Err(refusal));
            }
            let id = key.1.send_id(key.0);
            if !deed.send_again(&key)? {
                return Ok(Err(Refusal::Conflict(format!("the copy `{id}` cannot be sent again"))));
            }
            note(deed.connection(), &actor, now.0, "copy sent again", &format!("copy {id}"), &json!({}))?;
            Ok(Ok(()))
        })
    };
    app.lane.run(run).await???;
    app.copies.ring();
    app.read(move |view| list::one_copy(view, &send_id)).await
}

fn missing(send_id: &str) -> Refusal {
    Refusal::Missing(format!("there is no copy `{send_id}`"))
}

/// Why a copy is not sent again; `None` where it may be.
fn refusal(
    connection: &mut Connection,
    programs: &Programs,
    (lead, source): &CopyKey,
    now: Instant,
) -> Result<Option<Refusal>, Error> {
    let found = copies::of_leads(connection, &[*lead])?.into_iter().find(|copy| copy.source == *source);
    let Some(copy) = found else { return Ok(Some(missing(&source.send_id(*lead)))) };
    let broadcast = match broadcast_of(source) {
        Some(id) => broadcasts::one(connection, id)?,
        None => None,
    };
    let heirs = present(connection, &BTreeSet::from([*lead]))?;
    let heir = heirs.get(lead).map(|row| row.id);
    let too_late = match passed(&copy, now) {
        Some(last) => Some(minute(in_force(&programs.now(connection)?).ok().as_deref(), last)),
        None => None,
    };
    Ok(barrier(&copy, heir, broadcast.as_ref(), too_late.as_deref()).map(Refusal::Conflict))
}

/// The instant before which a copy was to leave, where that has passed.
fn passed(copy: &MailCopy, now: Instant) -> Option<Instant> {
    copy.not_after.filter(|last| *last <= now.0).map(Instant)
}

/// What keeps a copy from being sent again, in English. Beside the copy: the lead that its own lead is now, and the broadcast
/// that asked for it; where it is too late for it, when it was to leave before, in the playbook's time zone.
fn barrier(
    copy: &MailCopy,
    heir: Option<LeadId>,
    broadcast: Option<&Broadcast>,
    too_late: Option<&str>,
) -> Option<String> {
    if copy.state != CopyState::InDoubt {
        return Some(format!("the copy is `{}`: only a copy that is `in_doubt` can be sent again", copy.state));
    }
    // A form's copy is for an address, whichever lead that is now.
    let is_form = matches!(copy.source, CopySource::Form(_));
    if heir.is_none_or(|heir| heir != copy.lead && !is_form) {
        return Some("the copy's lead is one with another lead now: nothing is sent in its name any more".to_owned());
    }
    // The gate would skip it as too late, and that it is in doubt would be lost.
    if let Some(last) = too_late {
        return Some(format!("it is too late to send the copy: it was to leave before {last}"));
    }
    let ended = broadcast.filter(|one| matches!(one.state, BroadcastState::Undoing | BroadcastState::Cancelled))?;
    Some(format!("the broadcast {} was stopped: none of its copies leaves any more", ended.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sending::broadcasts::control::testing::broadcast;
    use crate::sending::testing::copy;

    const NOW: Instant = Instant(1_800_000_000_000);

    /// At that instant, by a clock of its own.
    fn barrier_now(copy: &MailCopy, heir: Option<LeadId>, broadcast: Option<&Broadcast>) -> Option<String> {
        let too_late = passed(copy, NOW).map(|last| format!("minute {}", last.0));
        barrier(copy, heir, broadcast, too_late.as_deref())
    }

    #[test]
    fn only_a_copy_in_doubt_is_sent_again() {
        for state in CopyState::ALL {
            let copy = MailCopy { state, ..copy("offer") };
            let why = barrier_now(&copy, Some(copy.lead), None);
            let expected = (state != CopyState::InDoubt).then(|| format!("the copy is `{state}`: only a copy that is"));
            assert_eq!(why.is_some(), expected.is_some(), "{state}");
            assert!(why.unwrap_or_default().starts_with(&expected.unwrap_or_default()), "{state}");
        }
    }

    #[test]
    fn it_goes_to_its_own_lead_and_an_answer_to_a_form_to_its_address() {
        let doubted = |source: CopySource| MailCopy { source, state: CopyState::InDoubt, ..copy("offer") };
        let (own, other) = (Some(LeadId(414)), Some(LeadId(671)));
        let form = || CopySource::Form("m/1".into());
        for (source, heir, is_refused) in [
            (copy("offer").source, own, false),
            (copy("offer").source, other, true),
            (copy("offer").source, None, true),
            (form(), other, false),
            (form(), None, true),
        ] {
            let why = barrier_now(&doubted(source.clone()), heir, None);
            assert_eq!(why.is_some_and(|why| why.contains("is one with another lead now")), is_refused, "{source:?}");
        }
    }

    #[test]
    fn a_broadcast_that_was_stopped_sends_nothing_again() {
        let source = CopySource::Broadcast("7".into());
        let copy = MailCopy { source, state: CopyState::InDoubt, ..copy("offer") };
        for state in BroadcastState::ALL {
            let broadcast = Broadcast { state, ..broadcast(7) };
            let is_stopped = matches!(state, BroadcastState::Undoing | BroadcastState::Cancelled);
            let why = barrier_now(&copy, Some(copy.lead), Some(&broadcast));
            assert_eq!(why.is_some_and(|why| why.starts_with("the broadcast 7 was stopped")), is_stopped, "{state}");
        }
    }

    #[test]
    fn a_copy_for_which_it_is_too_late_stays_in_doubt() {
        for (not_after, is_refused) in [(None, false), (Some(NOW.0 + 1), false), (Some(NOW.0), true), (Some(5), true)] {
            let copy = MailCopy { not_after, state: CopyState::InDoubt, ..copy("offer") };
            let why = barrier_now(&copy, Some(copy.lead), None);
            let expected = "it is too late to send the copy: it was to leave before minute ";
            assert_eq!(why.is_some_and(|why| why.starts_with(expected)), is_refused, "{not_after:?}");
        }
    }
}
