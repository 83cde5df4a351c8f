//! The cadence as people see it: the intervals that apply, what changed them and by which numbers; and how a change is undone.

use std::collections::BTreeSet;

use attractor_engine::cadence::{Change, interval};
use attractor_engine::condition::Names;
use attractor_engine::playbook::Cadence;
use attractor_engine::time::{Duration, Instant};
use attractor_store::paces::{self, PaceChange, PaceDirection, PaceOf};
use attractor_store::{Connection, Error, LeadId, PaceChangeId};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::applied::{self, Applied};
use super::{ChangeDocument, pace, paced, stage_levels, stored};
use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::closed_lists::PaceDirectionName;
use crate::cursor::{self, Page};
use crate::leads::find;
use crate::leads::who::{self, LeadNames};
use crate::moves::instant;
use crate::refusal::Refusal;
use crate::segments::in_force;
use crate::stored::of_row;
use crate::view::View;

/// How often leads are written to
#[derive(Debug, Serialize, ToSchema)]
pub struct CadenceStatus {
    /// Whether the playbook lets the cadence adapt
    pub adapts: bool,
    /// The stages of the cadence's ladder, in the order of the playbook
    pub stages: Vec<CadenceStage>,
    /// How many leads are written to less often than their stage
    pub slower_leads: i64,
    /// How many leads are written to more often, where their stage allows it
    pub faster_leads: i64,
    /// The changes, the newest first
    pub changes: Page<CadenceChange>,
}

/// A stage with its interval
#[derive(Debug, Serialize, ToSchema)]
pub struct CadenceStage {
    /// The id of the stage
    pub stage: String,
    pub stage_name: String,
    /// As the playbook says
    pub every: String,
    /// As it is adapted
    pub interval: String,
    /// How often the interval was multiplied by the playbook's `factor`; below zero, divided
    pub level: i32,
}

/// A change of an interval
#[derive(Debug, Serialize, ToSchema)]
pub struct CadenceChange {
    pub id: String,
    #[schema(format = DateTime)]
    pub at: String,
    /// The id of the ladder, where a stage's interval changed
    pub ladder: Option<String>,
    /// The id of the stage, where a stage's interval changed
    pub stage: Option<String>,
    pub stage_name: Option<String>,
    /// The lead's id, where a single lead's interval changed
    pub lead: Option<String>,
    #[serde(flatten)]
    pub names: LeadNames,
    #[schema(value_type = PaceDirectionName)]
    pub direction: &'static str,
    /// The lead's own interval before the change, or the stage's
    pub before: String,
    /// And after it
    pub after: String,
    /// Of a lead: the interval that applies to it now, which is the slowest of its stage's, its own and what it chose. Null
    /// where none does, and of a stage, whose interval is in `stages`
    pub applies: Option<String>,
    /// How many copies it was judged by: measured ones of the stage, or the lead's last ones, without those that were less
    /// than a day old
    pub copies: u64,
    /// How many of them were opened; of a lead, how many it answered by a click or a choice
    pub used: u64,
    /// In English
    pub because: String,
    #[schema(format = DateTime)]
    pub undone_at: Option<String>,
    pub undone_by: Option<String>,
}

/// The cadence as it is now, with a page of its changes.
pub fn status(view: &mut View, after: Option<&str>, limit: usize) -> Result<CadenceStatus, Refusal> {
    let program = in_force(&view.versions()?)?;
    let names = view.names()?;
    let levels = stage_levels(view.connection)?;
    let cadence = program.playbook().cadence.as_ref();
    let stage = |cadence: &Cadence, (stage, every): &(String, Duration)| {
        let level = levels.get(&paced(&cadence.ladder, stage)).copied().unwrap_or_default();
        let adapted = cadence.adapt.as_ref().map_or(*every, |adapt| interval(adapt, *every, level));
        CadenceStage {
            stage_name: names.stage(&cadence.ladder, stage).to_owned(),
            stage: stage.clone(),
            every: written(*every),
            interval: written(adapted),
            level,
        }
    };
    let stages = cadence.into_iter().flat_map(|cadence| cadence.every.iter().map(move |one| (cadence, one)));
    let stages = stages.map(|(cadence, one)| stage(cadence, one)).collect();
    let leads = paces::count_leads(view.connection)?;
    let adapts = cadence.is_some_and(|cadence| cadence.adapt.is_some());
    Ok(CadenceStatus {
        adapts,
        stages,
        slower_leads: leads.slower,
        faster_leads: leads.faster,
        changes: changes(view, after, limit)?,
    })
}

fn changes(view: &mut View, after: Option<&str>, limit: usize) -> Result<Page<CadenceChange>, Refusal> {
    let before = cursor::read(after)?.unwrap_or(PaceChangeId(i64::MAX));
    let found = paces::changes(view.connection, before, limit as i64 + 1)?;
    let page = Page::cut(found, limit, |last| last.id);
    Ok(Page { items: items(view, page.items)?, next: page.next })
}

/// Changes as people see them, in their order.
fn items(view: &mut View, changes: Vec<PaceChange>) -> Result<Vec<CadenceChange>, Refusal> {
    let leads: BTreeSet<LeadId> = changes.iter().filter_map(lead).collect();
    let (versions, names) = (view.versions()?, view.names()?);
    let applied = applied::of_leads(view.connection, &versions, &leads)?;
    let called = who::of(view.connection, leads)?;
    let item = |change: PaceChange| {
        let lead = lead(&change);
        let called = lead.and_then(|lead| called.get(&lead).cloned());
        item(change, called.unwrap_or_default(), lead.and_then(|lead| applied.get(&lead)), &names)
    };
    let items: Result<Vec<CadenceChange>, Error> = changes.into_iter().map(item).collect();
    Ok(items?)
}

fn lead(change: &PaceChange) -> Option<LeadId> {
    match change.of {
        PaceOf::Lead(lead) => Some(lead),
        PaceOf::Stage(_) => None,
    }
}

fn item(
    change: PaceChange,
    called: LeadNames,
    applied: Option<&Applied>,
    names: &Names,
) -> Result<CadenceChange, Error> {
    let ChangeDocument { interval_before, interval_after, copies, used } =
        of_row(&change.document, "pace_changes", change.id)?;
    let because = match &change.of {
        PaceOf::Stage(_) => {
            format!("{used} of the {copies} measured copies that the stage had had for a day were opened.")
        }
        PaceOf::Lead(_) => {
            let all = applied.map(|applied| applied.words(Duration(interval_after))).unwrap_or_default();
            let last = format!("{used} of the last {copies} copies that it had had for a day");
            format!("The lead clicked or chose something in {last}{all}.")
        }
    };
    let lead = lead(&change).map(|lead| lead.to_string());
    let stage = match &change.of {
        PaceOf::Stage(stage) => stage.split_once('/'),
        PaceOf::Lead(_) => None,
    };
    let stage_name = stage.map(|(ladder, stage)| names.stage(ladder, stage).to_owned());
    let (ladder, stage) = stage.map(|(ladder, stage)| (ladder.to_owned(), stage.to_owned())).unzip();
    let (undone_at, undone_by) = change.undone.map(|(at, by)| (instant(at), by)).unzip();
    Ok(CadenceChange {
        id: change.id.to_string(),
        at: instant(change.at),
        ladder,
        stage,
        stage_name,
        lead,
        names: called,
        direction: change.direction.name(),
        before: written(Duration(interval_before)),
        after: written(Duration(interval_after)),
        applies: applied.map(|applied| written(applied.every)),
        copies,
        used,
        because,
        undone_at,
        undone_by,
    })
}

/// Changes a pace as if a change had not been made.
fn step_back(connection: &mut Connection, change: &PaceChange, now: Instant) -> Result<(), Error> {
    let direction = match change.direction {
        PaceDirection::Slower => Change::Slower,
        PaceDirection::Faster => Change::Faster,
    };
    match &change.of {
        PaceOf::Stage(stage) => {
            let known = paces::of_stages(connection)?.into_iter().find(|(other, _)| other == stage);
            let before = pace(known.map(|(_, stored)| stored).unwrap_or_default());
            paces::save_stage(connection, stage, stored(before.undone(direction, now)))
        }
        PaceOf::Lead(lead) => {
            // The pace of a lead that became one with another went to that one.
            let Some(lead) = find::row(connection, *lead)?.map(|row| row.id) else { return Ok(()) };
            let known = paces::of_leads(connection, &[lead])?.pop();
            let before = pace(known.map(|(_, stored)| stored).unwrap_or_default());
            paces::save_leads(connection, &[(lead, stored(before.undone(direction, now)))])
        }
    }
}

/// An interval in days and what is left of one: `14d`, `47d 6h`, `8d 21h 20m`.
fn written(interval: Duration) -> String {
    let mut rest = interval.0;
    let mut parts = Vec::new();
    for (unit, letter) in
        [(Duration::DAY, 'd'), (Duration::HOUR, 'h'), (Duration::MINUTE, 'm'), (Duration::SECOND, 's')]
    {
        let count = rest / unit.0;
        rest %= unit.0;
        parts.extend((count > 0).then(|| format!("{count}{letter}")));
    }
    parts.extend((rest > 0 || parts.is_empty()).then(|| Duration(rest).to_string()));
    parts.join(" ")
}

/// Undoes a change: the interval is as if it had not been made, and the same reason does not bring it back within the time
/// that the playbook looks at.
pub async fn undo(app: &App, actor: &Actor, id: PaceChangeId) -> Result<CadenceChange, Refusal> {
    let (actor, clock) = (actor.clone(), app.clock.clone());
    let undone = app.write(move |connection| {
        let now = clock.now();
        let Some(change) = paces::one(connection, id)? else {
            return Ok(Err(Refusal::Missing(format!("the cadence has no change {id}"))));
        };
        if !paces::set_undone(connection, id, now.0, &actor.who)? {
            return Ok(Err(Refusal::Conflict(format!("the change {id} was undone already"))));
        }
        step_back(connection, &change, now)?;
        note(connection, &actor, now.0, "cadence change undone", &format!("cadence:{id}"), &json!({}))?;
        Ok(Ok(()))
    });
    undone.await?;
    app.copies.ring();
    app.read(move |view| {
        let change = paces::one(view.connection, id)?;
        let missing = || Refusal::Missing(format!("the cadence has no change {id}"));
        items(view, change.into_iter().collect())?.pop().ok_or_else(missing)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_written_in_days_and_what_is_left() {
        for (millis, text) in [
            (14 * 86_400_000, "14d"),
            (47 * 86_400_000 + 6 * 3_600_000, "47d 6h"),
            (767_600_000 - 400_000, "8d 21h 6m 40s"),
            (90_000, "1m 30s"),
            (86_400_001, "1d 1ms"),
            (0, "0w"),
        ] {
            assert_eq!(written(Duration(millis)), text, "{millis}");
        }
    }

    #[test]
    fn a_change_whose_numbers_cannot_be_read_is_an_error_that_names_it() {
        let change = |document: &str| PaceChange {
            id: PaceChangeId(7),
            at: 5,
            of: PaceOf::Lead(LeadId(414)),
            direction: PaceDirection::Slower,
            document: document.to_owned(),
            undone: None,
        };
        let item = |document| item(change(document), LeadNames::default(), None, &Names::default());
        let whole = r#"{"interval_before": 86400000, "interval_after": 172800000, "copies": 6, "used": 0}"#;
        assert_eq!(item(whole).unwrap().before, "1d");
        let why = item("{").err().unwrap().text;
        assert!(why.starts_with("the row `7` of the table `pace_changes` cannot be read: "), "{why}");
    }

    #[test]
    fn intervals_are_written_in_days_and_the_rest() {
        for (hours, expected) in
            [(336, "14d"), (24, "1d"), (240, "10d"), (252, "10d 12h"), (1134, "47d 6h"), (20, "20h")]
        {
            assert_eq!(written(Duration(hours * Duration::HOUR.0)), expected);
        }
    }
}
