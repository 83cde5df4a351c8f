//! Companies of which people in two roles are active: a call is worth more when several of those who decide look at the
//! same time.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::playbook::{DEFAULT_ACTIVITY, Playbook};
use attractor_engine::time::{Duration, Instant};
use attractor_engine::vocabulary::kind;
use attractor_live::history::{Past, history};
use attractor_live::{Deed, Versions};
use attractor_store::{Connection, Error, calls, companies, leads};
use serde_json::Value;

use super::Now;
use super::desk::Desk;
use super::document::Reason;
use super::lead::{KnownLead, known};
use super::notes;
use super::opening::Opening;
use crate::companies::{DEPARTMENT, SENIORITY};
use crate::imports::origin::import_of;
use crate::stored::of_row;
use crate::team::calls::hand_over;

/// Both roles are active within this time.
const ACTIVE: Duration = Duration(14 * Duration::DAY.0);
/// A company is noticed once within this time.
const ONCE: Duration = Duration(30 * Duration::DAY.0);
/// As many of a company's people are looked at.
const PEOPLE: i64 = 50;
/// As many companies get a call in one transaction.
const MOST: usize = 20;
/// What becomes known later than this after its instant is history: it opens no call.
const LATE: Duration = Duration::HOUR;
/// Who gives a call to its owner.
const BY: &str = "Attractor";

/// A company that is worth a call.
pub(super) struct Active {
    company: String,
    /// Of those who are active, the lead with the highest score.
    row: leads::Lead,
    say: String,
}

/// Companies of which people in two roles are active, and that were not noticed lately.
pub(super) fn active(
    connection: &mut Connection,
    desk: &Desk,
    versions: &Versions,
    now: Instant,
) -> Result<Vec<Active>, Error> {
    let Some(program) = versions.program_in_force() else { return Ok(Vec::new()) };
    let activity = activity(program.playbook());
    let since = now.0 - ACTIVE.0;
    let mut found = Vec::new();
    for company in companies::seen_since(connection, since)? {
        let was_noticed = calls::noticed(connection, &company)?.is_some_and(|at| at > now.0 - ONCE.0);
        if was_noticed || desk.is_own(&company) {
            continue;
        }
        let people = people(connection, versions, &company, since)?;
        found.extend(of_company(connection, company, &people, (&activity, since))?);
        if found.len() == MOST {
            break;
        }
    }
    Ok(found)
}

/// The kinds of events by which a lead is active.
fn activity(playbook: &Playbook) -> BTreeSet<String> {
    let usual = || DEFAULT_ACTIVITY.iter().map(|kind| (*kind).to_owned()).collect();
    playbook.activity.as_ref().map_or_else(usual, |kinds| kinds.iter().cloned().collect())
}

/// Those of a company's people of whom anything happened, the highest score first.
fn people(
    connection: &mut Connection,
    versions: &Versions,
    company: &str,
    since: i64,
) -> Result<Vec<KnownLead>, Error> {
    let ids = companies::people(connection, company, PEOPLE)?;
    let mut rows = leads::load(connection, &ids)?;
    rows.retain(|row| row.seen.is_some_and(|seen| seen >= since));
    let mut all = known(connection, versions, &rows)?;
    Ok(ids.iter().filter_map(|id| all.remove(id)).collect())
}

fn of_company(
    connection: &mut Connection,
    company: String,
    people: &[KnownLead],
    (activity, since): (&BTreeSet<String>, i64),
) -> Result<Option<Active>, Error> {
    let roles: BTreeSet<String> = people.iter().filter_map(role).collect();
    let mut active: BTreeMap<String, &KnownLead> = BTreeMap::new();
    let mut first = None;
    for lead in people.iter().filter(|_| roles.len() >= 2) {
        let Some(role) = role(lead).filter(|role| !active.contains_key(role)) else { continue };
        if history(connection, &lead.row)?.iter().any(|past| past.at >= since && is_active(past, activity)) {
            active.insert(role, lead);
            first.get_or_insert(lead);
        }
    }
    let Some(first) = first.filter(|_| active.len() >= 2) else { return Ok(None) };
    let named: Vec<String> = active.iter().map(|(role, lead)| format!("{} ({role})", lead.called())).collect();
    let own = first.profile.company_name();
    let name = own.or_else(|| people.iter().find_map(|lead| lead.profile.company_name())).unwrap_or(&company);
    let say = format!("Several roles at {name} are active: {}", named.join(", "));
    Ok(Some(Active { company, row: first.row.clone(), say }))
}

/// What somebody does: the department, else the seniority.
fn role(lead: &KnownLead) -> Option<String> {
    lead.text(DEPARTMENT).or_else(|| lead.text(SENIORITY))
}

/// Whether a lead did something itself, and that was known when it happened.
fn is_active(past: &Past, activity: &BTreeSet<String>) -> bool {
    let Ok(message) = of_row::<Value>(&past.message, "events", &past.id) else { return false };
    let kind = match message["type"].as_str() {
        Some("page") => Some(kind::PAGE_VIEWED),
        Some("screen") => Some(kind::SCREEN_VIEWED),
        _ => message["event"].as_str(),
    };
    let is_history = past.received_at - past.at > LATE.0 || import_of(&past.origin).is_some();
    let is_machine = message["context"]["machine"] == true;
    kind.is_some_and(|kind| activity.contains(kind)) && !is_history && !is_machine
}

/// Opens calls for these companies, and mails their owners.
pub(super) fn open(deed: &mut Deed, desk: &Desk, found: Vec<Active>, now: Now) -> Result<(), Error> {
    let connection = deed.connection();
    let versions = desk.versions(connection)?;
    let mut opening = Opening::begin(connection, desk, now)?;
    let zone = opening.zone();
    for Active { company, row, say } in found {
        let reason = Reason { at: now.leads.0, say, ..Reason::default() };
        let call = opening.open(connection, &row, reason, None)?;
        calls::notice(connection, &company, now.leads.0)?;
        let leads = known(connection, &versions, std::slice::from_ref(&row))?;
        if let Some((lead, owner)) = leads.get(&row.id).zip(call.owner.clone()) {
            let note = notes::of_lead(&call, lead, (desk, &zone), now.leads)?;
            hand_over(connection, (row.id, &note), (&owner, BY), now.machine)?;
        }
    }
    opening.finish(deed)
}
