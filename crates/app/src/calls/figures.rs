//! How many calls there are, and how they went lately.

use std::collections::BTreeMap;

use attractor_engine::time::Duration;
use attractor_store::calls::{self, Call, CallState};
use attractor_store::{Error, LeadId};
use serde::Serialize;
use utoipa::ToSchema;

use super::document::{CallDocument, CallOutcome, Entry};
use super::rank::{is_late, is_snoozed};
use crate::leads::who::{self, LeadNames};
use crate::moves::instant;
use crate::refusal::Refusal;
use crate::view::View;

/// How far back logged calls are counted.
const COUNTED: i64 = 30 * Duration::DAY.0;
/// As many bad fits are listed.
const LISTED: usize = 50;

/// How many calls there are, and how they went in the last 30 days
#[derive(Debug, Serialize, ToSchema)]
pub struct CallFigures {
    /// Those that are to be made now: neither ended nor snoozed
    pub open: usize,
    /// Those of them that are late
    pub late: usize,
    /// Those of them that somebody has taken
    pub taken: usize,
    pub snoozed: usize,
    /// From this instant on, what was logged is counted
    #[schema(format = DateTime)]
    pub since: String,
    /// How often each outcome was logged
    pub logged: BTreeMap<&'static str, usize>,
    /// The leads that are not for sales, and why; the last one first, at most fifty
    pub bad_fits: Vec<BadFit>,
}

/// A lead that is a bad fit for sales
#[derive(Debug, Serialize, ToSchema)]
pub struct BadFit {
    /// The call's id
    pub call: String,
    /// The lead's id
    pub lead: String,
    #[serde(flatten)]
    pub names: LeadNames,
    #[schema(format = DateTime)]
    pub at: String,
    pub why: String,
}

/// The figures as of now.
pub fn show(view: &mut View) -> Result<CallFigures, Refusal> {
    let since = view.now.0 - COUNTED;
    let ahead = calls::ahead(view.connection, i64::MAX)?;
    let open: Vec<&Call> = ahead.iter().filter(|call| !is_snoozed(call, view.now)).collect();
    let logged = entries(calls::logged_since(view.connection, since)?, since)?;
    let mut counts: BTreeMap<&'static str, usize> = CallOutcome::ALL.map(|outcome| (outcome.name(), 0)).into();
    for (_, outcome, _) in &logged {
        *counts.entry(outcome.name()).or_default() += 1;
    }
    Ok(CallFigures {
        late: open.iter().filter(|call| is_late(call, view.now)).count(),
        taken: open.iter().filter(|call| call.state == CallState::Taken).count(),
        snoozed: ahead.len() - open.len(),
        open: open.len(),
        since: instant(since),
        logged: counts,
        bad_fits: bad_fits(view, logged)?,
    })
}

/// What was logged since an instant.
fn entries(logged: Vec<Call>, since: i64) -> Result<Vec<(Call, CallOutcome, Entry)>, Error> {
    let mut all = Vec::new();
    for call in logged {
        let log = CallDocument::of(&call)?.log.into_iter().filter(|entry| entry.at >= since);
        all.extend(log.filter_map(|entry| Some((call.clone(), entry.outcome?, entry))));
    }
    Ok(all)
}

fn bad_fits(view: &mut View, logged: Vec<(Call, CallOutcome, Entry)>) -> Result<Vec<BadFit>, Refusal> {
    let mut bad: Vec<_> = logged.into_iter().filter(|(_, outcome, _)| *outcome == CallOutcome::BadFit).collect();
    bad.sort_by_key(|(call, _, entry)| std::cmp::Reverse((entry.at, call.id)));
    bad.truncate(LISTED);
    let leads: Vec<LeadId> = bad.iter().map(|(call, ..)| call.lead).collect();
    let called = who::of(view.connection, leads)?;
    let item = |(call, _, entry): (Call, CallOutcome, Entry)| BadFit {
        call: call.id.to_string(),
        lead: call.lead.to_string(),
        names: called.get(&call.lead).cloned().unwrap_or_default(),
        at: instant(entry.at),
        why: entry.note.unwrap_or_default(),
    };
    Ok(bad.into_iter().map(item).collect())
}
