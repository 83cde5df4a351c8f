//! Who is where in a sequence: how many leads are at each step, and what each of them waits for.

use std::collections::BTreeMap;

use attractor_engine::explain::{EnrollmentNow, StepWait, enrollment};
use attractor_engine::lead::{Lead, ShownEnrollment, shown_enrollments};
use attractor_engine::step::{Sends, Stepper};
use attractor_engine::time::Instant;
use attractor_live::Under;
use attractor_store::broadcasts::START;
use attractor_store::copies::{self, CopySource, MailCopy};
use attractor_store::{LeadId, leads};
use serde::Serialize;
use utoipa::ToSchema;

use super::enrollment::{StepItem, steps};
use super::who::{self, LeadNames};
use crate::cursor::{self, Page};
use crate::refusal::Refusal;
use crate::segments::in_force;
use crate::sending::copy_words::CopyWords;
use crate::view::View;

/// How many leads are looked at together.
const PIECE: i64 = 1_000;

/// Who is in a sequence, by step
#[derive(Debug, Serialize, ToSchema)]
pub struct SequenceEnrollments {
    /// How many leads are in it
    pub enrolled: i64,
    /// In the order of the playbook; those that are no longer in it are behind the others
    pub steps: Vec<StepCount>,
    /// Those at the step that was named, or all
    pub leads: Page<EnrolledLead>,
}

/// How many leads are at a step
#[derive(Debug, Serialize, ToSchema)]
pub struct StepCount {
    #[serde(flatten)]
    pub step: StepItem,
    pub leads: i64,
    /// How many of them wait for a copy that was asked for; the others wait for time or a condition
    pub waiting_for_copy: i64,
}

/// A lead in a sequence
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrolledLead {
    /// The lead's id
    pub lead: String,
    #[serde(flatten)]
    pub names: LeadNames,
    #[schema(format = DateTime)]
    pub began: String,
    /// The id of the step that it is at; null where it is behind the last one
    pub step: Option<String>,
    /// Since when it is there
    #[schema(format = DateTime)]
    pub since: String,
    /// What it waits for, in English
    pub waits: String,
    /// Until when, as far as that is known
    #[schema(format = DateTime)]
    pub until: Option<String>,
}

/// Where a lead is in the list.
type Place = (i64, LeadId);

/// Which part of a list of enrollments.
pub struct EnrolledFilter<'a> {
    /// The sequence's id.
    pub sequence: &'a str,
    /// Only those at this step.
    pub step: Option<&'a str>,
    pub after: Option<&'a str>,
    pub limit: usize,
}

/// Who is in a sequence of the playbook in force.
pub fn page(view: &mut View, asked: &EnrolledFilter) -> Result<SequenceEnrollments, Refusal> {
    let program = in_force(&view.versions()?)?;
    let missing = || Refusal::Missing(format!("the playbook in force has no sequence `{}`", asked.sequence));
    let steps = steps(program.playbook(), asked.sequence).ok_or_else(missing)?;
    if let Some(step) = asked.step.filter(|step| steps.iter().all(|known| known.id != *step)) {
        let known: Vec<&str> = steps.iter().map(|step| step.id.as_str()).collect();
        let known = known.join(", ");
        return Err(Refusal::Malformed(format!("`step` is `{step}`; expected one of {known}")));
    }
    let after: Option<Place> = cursor::read(asked.after)?;
    let (mut counts, mut found, mut last) = (BTreeMap::new(), Vec::new(), START);
    loop {
        let rows = leads::enrolled_after(view.connection, last, PIECE)?;
        let Some(end) = rows.last() else { break };
        last = (end.id.bucket(), end.id);
        for (row, enrollment) in rows.into_iter().filter_map(|row| enrolled_in(row, asked.sequence, view.now)) {
            let count: &mut (i64, i64) = counts.entry(enrollment.step.clone()).or_default();
            *count = (count.0 + 1, count.1 + i64::from(enrollment.sending));
            let is_asked = asked.step.is_none() || enrollment.step.as_deref() == asked.step;
            if is_asked && after.is_none_or(|after| place(&row) > after) && found.len() <= asked.limit {
                found.push((row, enrollment));
            }
        }
    }
    let enrolled = counts.values().map(|(leads, _)| leads).sum();
    let page = Page::cut(found, asked.limit, |(row, _)| place(row));
    let leads = Page { items: items(view, asked.sequence, page.items)?, next: page.next };
    Ok(SequenceEnrollments { enrolled, steps: counted(steps, counts), leads })
}

fn place(row: &leads::Lead) -> Place {
    (row.id.bucket(), row.id)
}

/// The enrollment of a lead in a sequence that goes on; those that cannot be read are left out.
fn enrolled_in(row: leads::Lead, sequence: &str, now: Instant) -> Option<(leads::Lead, ShownEnrollment)> {
    let all = shown_enrollments(row.enrollments.as_deref()?, now.max(Instant(row.at))).ok()?;
    let enrollment = all.into_iter().find(|track| track.sequence == sequence)?.enrollment?;
    Some((row, enrollment))
}

fn counted(steps: Vec<StepItem>, mut counts: BTreeMap<Option<String>, (i64, i64)>) -> Vec<StepCount> {
    let count = |step: StepItem, (leads, waiting_for_copy)| StepCount { step, leads, waiting_for_copy };
    let mut all: Vec<StepCount> = Vec::new();
    for step in steps {
        let found = counts.remove(&Some(step.id.clone())).unwrap_or_default();
        all.push(count(step, found));
    }
    let gone = |(id, found): (Option<String>, (i64, i64))| {
        let what = match &id {
            Some(_) => "The step is no longer in the playbook: its leads go on with the next one.",
            None => "Behind the last step.",
        };
        count(StepItem { id: id.unwrap_or_default(), what: what.to_owned() }, found)
    };
    all.extend(counts.into_iter().map(gone));
    all
}

fn items(
    view: &mut View,
    sequence: &str,
    found: Vec<(leads::Lead, ShownEnrollment)>,
) -> Result<Vec<EnrolledLead>, Refusal> {
    let ids: Vec<LeadId> = found.iter().map(|(row, _)| row.id).collect();
    let mut called = who::of(view.connection, ids.iter().copied())?;
    let versions = view.versions()?;
    let open = copies::open_of_leads(view.connection, &ids)?;
    let words = CopyWords::read(view, &open)?;
    let mut all = Vec::new();
    for (row, shown) in found {
        let now = versions.of(&row.name).and_then(|under| advanced(&row, &under, sequence, view.now));
        let copy = open.iter().find(|copy| copy.lead == row.id && is_of(copy, sequence, shown.began));
        let (waits, until) = waits(now.as_ref(), copy, &words);
        all.push(EnrolledLead {
            lead: row.id.to_string(),
            names: called.remove(&row.id).unwrap_or_default(),
            began: shown.began.to_string(),
            step: shown.step,
            since: shown.since.to_string(),
            waits,
            until: until.map(|until| until.to_string()),
        });
    }
    Ok(all)
}

fn advanced(row: &leads::Lead, under: &Under, sequence: &str, now: Instant) -> Option<EnrollmentNow> {
    let at = now.max(Instant(row.at));
    let lead = Lead::load(&row.head, &under.program).filter(|lead| lead.name() == row.name)?;
    let mut stepper = Stepper::new(&under.program, lead, Sends::Reported);
    stepper.advance(at);
    enrollment(&under.program, stepper.lead(), sequence, at)
}

fn is_of(copy: &MailCopy, sequence: &str, since: Instant) -> bool {
    matches!(&copy.source, CopySource::Sequence { sequence: id, began, .. } if id == sequence && *began == since.0)
}

/// What an enrollment waits for, and until when.
fn waits(now: Option<&EnrollmentNow>, copy: Option<&MailCopy>, words: &CopyWords) -> (String, Option<Instant>) {
    let Some(now) = now else { return ("The lead is being evaluated again.".to_owned(), None) };
    match (&now.waits, copy) {
        (Some(StepWait::Until(at)), _) => (format!("It waits until {}.", words.minute(at.0)), Some(*at)),
        (Some(StepWait::Condition { latest, .. }), _) => {
            let latest = *latest;
            (format!("It waits for a condition, until {} at the latest.", words.minute(latest.0)), Some(latest))
        }
        (Some(StepWait::Copy), Some(copy)) => {
            let until = copy.until.or(copy.dispatch.due).map(Instant);
            (format!("Its copy {}.", words.sentence(copy).trim_end_matches('.')), until)
        }
        (Some(StepWait::Copy) | None, _) => ("It goes on within moments.".to_owned(), None),
    }
}
