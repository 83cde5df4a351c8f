//! Alerts of sequences become letters, and are posted to webhooks.

use std::collections::BTreeSet;

use attractor_engine::condition::Names;
use attractor_engine::time::Instant;
use attractor_live::Deed;
use attractor_store::calls::Call;
use attractor_store::moves::{self, Alert, Move, MoveKind};
use attractor_store::{Connection, Error, leads};
use jiff::tz::TimeZone;

use super::alerted::AlertedLead;
use super::by_hand::{self, ByHand};
use super::calls::CallNote;
use super::letter::{LetterKind, ask, note_failed, to_all};
use super::raised;
use super::recipients::{lead, of_alert};
use super::words::{self, language};
use crate::calls::desk::Desk;
use crate::calls::opening::Opening;
use crate::calls::{Now, Reason, notes};
use crate::leads::heading::heading;
use crate::leads::{addresses, profiles};
use crate::moves::items;
use crate::playbook::present;
use crate::webhooks::ALERTS;
use crate::webhooks::happening::Listeners;

/// As many become letters in one transaction.
pub(super) const PORTION: i64 = 50;

/// Why an alert was not sent that reaches nobody.
const NOBODY: &str = "it reaches nobody: no list in `alert_lists` and no user has this name, and no user is an owner; make \
    one of these";

/// As many of a lead's last moves are told.
const MOVES: usize = 5;

/// To whom an alert goes that opens a call.
const SALES: &str = "sales";
const OWNER: &str = "owner";

/// Writes the letters of alerts that wait, asks for their deliveries to webhooks, and opens calls for those to sales and to
/// owners.
pub(super) fn mail(deed: &mut Deed, desk: &Desk, now: Now) -> Result<(), Error> {
    let connection = deed.connection();
    let alerts = moves::waiting_alerts(connection, PORTION)?;
    let language = language(connection)?;
    let names = present(connection)?.playbook().map(|playbook| Names::of(&playbook)).unwrap_or_default();
    let mut opening = Opening::begin(connection, desk, now)?;
    let listeners = Listeners::of(connection, ALERTS)?;
    for alert in &alerts {
        let Some(row) = lead(connection, alert.lead)? else { continue };
        let all = moves_of(connection, &row)?;
        let by_hand = by_hand::cause(connection, (alert, &row), &all, &names)?;
        let call = called(connection, &mut opening, (alert, by_hand.as_ref()), &row)?;
        raised::post(connection, &listeners, (alert, &row), opening.versions(), now)?;
        let people = people(connection, desk, (alert, &row), call.as_ref())?;
        let about = about(connection, &row, (all, by_hand), &names)?;
        let note = call.map(|call| note(desk, &opening.zone(), &call, &about, now.leads)).transpose()?;
        let content = words::alert(language, &alert.say, &about, note.as_ref());
        if people.is_empty() {
            let lost = to_all(LetterKind::Alert, std::slice::from_ref(&alert.to), &content, Some(row.id));
            lost.into_iter().try_for_each(|lost| note_failed(connection, lost, NOBODY, now.machine))?;
        }
        ask(connection, to_all(LetterKind::Alert, &people, &content, Some(row.id)), now.machine)?;
    }
    moves::mark_mailed(connection, &alerts)?;
    opening.finish(deed)
}

/// The call that an alert opens, or gives a reason.
fn called(
    connection: &mut Connection,
    opening: &mut Opening,
    (alert, by_hand): (&Alert, Option<&ByHand>),
    row: &leads::Lead,
) -> Result<Option<Call>, Error> {
    if ![SALES, OWNER].iter().any(|name| alert.to.trim().eq_ignore_ascii_case(name)) {
        return Ok(None);
    }
    let Alert { at, say, sequence, step, .. } = alert.clone();
    let by = by_hand.map(|by_hand| by_hand.by.clone());
    let reason = Reason { at, say, sequence: Some(sequence), step: Some(step), by };
    Ok(Some(opening.open(connection, row, reason, None)?))
}

/// Who gets an alert. The lead's owner is the call's: what says so is taken in at the end of the transaction.
fn people(
    connection: &mut Connection,
    desk: &Desk,
    (alert, row): (&Alert, &leads::Lead),
    call: Option<&Call>,
) -> Result<Vec<String>, Error> {
    match call.and_then(|call| call.owner.clone()) {
        Some(owner) if alert.to.trim().eq_ignore_ascii_case(OWNER) => Ok(vec![owner]),
        _ => of_alert(connection, &desk.lists, &alert.to, Some(row)),
    }
}

fn note(desk: &Desk, zone: &TimeZone, call: &Call, about: &AlertedLead, now: Instant) -> Result<CallNote, Error> {
    let (heading, phone) = (about.heading.clone(), about.phone.clone());
    notes::note(call, (heading, phone), (desk, zone), now)
}

/// The moves of a lead that nothing has taken back, in order.
fn moves_of(connection: &mut Connection, row: &leads::Lead) -> Result<Vec<Move>, Error> {
    let mut all = moves::of_leads(connection, &[row.id])?;
    all.retain(|noted| noted.revised.is_none());
    all.sort_by_key(|noted| (noted.at, noted.number));
    Ok(all)
}

fn about(
    connection: &mut Connection,
    row: &leads::Lead,
    (all, by_hand): (Vec<Move>, Option<ByHand>),
    names: &Names,
) -> Result<AlertedLead, Error> {
    let profile = profiles::of(connection, std::slice::from_ref(row))?.remove(&row.id).unwrap_or_default();
    let email = addresses::of(connection, std::slice::from_ref(row))?.remove(&row.id);
    let phone = profile.attribute("phone").and_then(|phone| Some(phone.value.as_str()?.to_owned()));
    Ok(AlertedLead {
        name: profile.display_name().or_else(|| email.clone()).unwrap_or_else(|| row.name.clone()),
        heading: heading(&profile, email.as_deref()).unwrap_or_else(|| row.name.clone()),
        phone,
        by_hand,
        moves: items(connection, telling(all), names)?,
    })
}

/// The last moves that say something about the lead itself, the latest first: sequences say what the installation does. A
/// segment that the lead has left and an interest that has changed since say nothing any more.
fn telling(all: Vec<Move>) -> Vec<Move> {
    let mut seen: BTreeSet<(MoveKind, String)> = BTreeSet::new();
    let is_telling = |noted: &Move| {
        let is_last = seen.insert((noted.kind, noted.subject.clone()));
        match noted.kind {
            MoveKind::Stage => true,
            MoveKind::Interest => is_last,
            MoveKind::Segment => is_last && noted.became == "entered",
            MoveKind::Sequence => false,
        }
    };
    all.into_iter().rev().filter(is_telling).take(MOVES).collect()
}

#[cfg(test)]
mod tests {
    use attractor_store::moves::MoveReason;
    use attractor_store::{LeadId, MoveNumber, VersionNumber};

    use super::*;

    #[test]
    fn what_is_not_so_any_more_is_left_out_of_what_changed_last() {
        let noted = |number: i64, kind: MoveKind, subject: &str, became: &str| Move {
            lead: LeadId(414),
            number: MoveNumber(number),
            at: number,
            known_at: number,
            kind,
            subject: subject.into(),
            was: None,
            became: became.into(),
            because: "time".into(),
            reason: MoveReason::Live,
            version: VersionNumber(1),
            revised: None,
        };
        let all = vec![
            noted(1, MoveKind::Segment, "back", "entered"),
            noted(2, MoveKind::Stage, "life", "cold"),
            noted(3, MoveKind::Segment, "vip", "entered"),
            noted(4, MoveKind::Segment, "back", "left"),
            noted(5, MoveKind::Interest, "primary", "shirts"),
            noted(6, MoveKind::Stage, "life", "hot"),
            noted(7, MoveKind::Sequence, "calls", "enrolled"),
            noted(8, MoveKind::Interest, "primary", "shoes"),
        ];
        let told: Vec<i64> = telling(all).iter().map(|noted| noted.number.0).collect();
        assert_eq!(told, [8, 6, 3, 2]);
    }
}
