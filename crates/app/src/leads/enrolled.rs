//! Who is where in a sequence: how many leads are at each step, and what each of them waits for.

use std::collections::BTreeMap;

use attractor_engine::explain::{EnrollmentNow, StepWait, enrollment};
use attractor_engine::lead::{Lead, ShownEnrollment, shown_enrollments};
use attractor_engine::step::{Sends, Stepper};
use attractor_engine::time::Instant;
use attractor_live::{Under, Unreadable};
use attractor_store::broadcasts::START;
use attractor_store::copies::{self, CopySource, MailCopy};
use attractor_store::leads::{self, StoredEnrollments};
use attractor_store::{Connection, Error, LeadId};
use serde::Serialize;
use utoipa::ToSchema;

use super::enrollment::{StepItem, steps};
use super::hearing::{UnheardLeads, unheard};
use super::who::{self, LeadNames};
use crate::cursor::{self, Page};
use crate::figures;
use crate::refusal::Refusal;
use crate::segments::in_force;
use crate::sending::copy_words::CopyWords;
use crate::view::View;

/// How many leads are looked at together where all are counted.
const PIECE: i64 = 1_000;

/// Who hears nothing is counted only where at most so many leads are in a sequence: it is counted anew each time.
const MOST_ASKED: usize = 10_000;

/// Who is in a sequence, by step
#[derive(Debug, Serialize, ToSchema)]
pub struct SequenceEnrollments {
    /// How many leads are in it; counted for the first page, null on further ones
    pub enrolled: Option<i64>,
    /// In the order of the playbook; those that are no longer in it are behind the others. Counted for the first page, null
    /// on further ones
    pub steps: Option<Vec<StepCount>>,
    /// Those in it who hear nothing of it; counted for the first page, null on further ones and where more than 10,000 leads
    /// are in it
    pub unheard: Option<UnheardLeads>,
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
    /// Somebody enrolled it by hand
    pub by_hand: bool,
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
    let mut everybody = Vec::new();
    let (counts, found) = look(view.connection, view.now, asked, after, &mut everybody)?;
    let is_asked = counts.is_some() && everybody.len() <= MOST_ASKED;
    let playbook = (program.playbook(), asked.sequence);
    let unheard = is_asked.then(|| unheard(view, playbook, &everybody, PIECE as usize)).transpose()?;
    let page = Page::cut(found, asked.limit, |(lead, _)| place(*lead));
    let leads = Page { items: items(view, asked.sequence, page.items)?, next: page.next };
    let enrolled = counts.as_ref().map(|counts| counts.values().map(|(leads, _)| leads).sum::<i64>());
    Ok(SequenceEnrollments { enrolled, steps: counts.map(|counts| counted(steps, counts)), unheard, leads })
}

/// By step, how many leads are at it, and how many of them wait for a copy.
type Counts = BTreeMap<Option<String>, (i64, i64)>;

/// Leads, each with its enrollment.
type Found = Vec<(LeadId, ShownEnrollment)>;

/// The leads of a page and the one behind it. Only the first page counts, and looks at all leads for that; a further one ends
/// where it is full. `everybody` gathers the leads that are counted.
fn look(
    connection: &mut Connection,
    now: Instant,
    asked: &EnrolledFilter,
    after: Option<Place>,
    everybody: &mut Vec<LeadId>,
) -> Result<(Option<Counts>, Found), Error> {
    let mut counts = after.is_none().then(Counts::new);
    let piece = if counts.is_some() { PIECE } else { asked.limit as i64 + 1 };
    let named = format!("\"{}\"", asked.sequence);
    let (mut found, mut last) = (Vec::new(), after.unwrap_or(START));
    while counts.is_some() || found.len() <= asked.limit {
        let rows = leads::enrollments_after(connection, &named, last, piece)?;
        let Some(end) = rows.last() else { break };
        last = place(end.lead);
        for (lead, enrollment) in rows.iter().filter_map(|row| enrolled_in(row, asked.sequence, now)) {
            if let Some(counts) = &mut counts {
                let count = counts.entry(enrollment.step.clone()).or_default();
                *count = (count.0 + 1, count.1 + i64::from(enrollment.sending));
                everybody.push(lead);
            }
            let is_asked = asked.step.is_none() || enrollment.step.as_deref() == asked.step;
            if is_asked && found.len() <= asked.limit {
                found.push((lead, enrollment));
            }
        }
    }
    Ok((counts, found))
}

fn place(lead: LeadId) -> Place {
    (lead.bucket(), lead)
}

/// The enrollment of a lead in a sequence that goes on; those that cannot be read are counted, logged and left out.
fn enrolled_in(row: &StoredEnrollments, sequence: &str, now: Instant) -> Option<(LeadId, ShownEnrollment)> {
    let all = shown_enrollments(&row.enrollments, now.max(Instant(row.at)));
    let note = |why| figures::unreadable(&[Unreadable { what: "enrollments", lead: row.lead, why }]);
    let all = all.map_err(note).ok()?;
    let enrollment = all.into_iter().find(|track| track.sequence == sequence)?.enrollment?;
    Some((row.lead, enrollment))
}

fn counted(steps: Vec<StepItem>, mut counts: Counts) -> Vec<StepCount> {
    let count = |step: StepItem, (leads, waiting_for_copy)| StepCount { step, leads, waiting_for_copy };
    let mut all: Vec<StepCount> = Vec::new();
    for step in steps {
        let found = counts.remove(&Some(step.id.clone())).unwrap_or_default();
        all.push(count(step, found));
    }
    let gone = |(id, found): (Option<String>, (i64, i64))| {
        let what = match &id {
            Some(_) => "The step is no longer in the playbook: its leads go on with the next one.",
            None => "After the last step.",
        };
        count(StepItem { id: id.unwrap_or_default(), what: what.to_owned() }, found)
    };
    all.extend(counts.into_iter().map(gone));
    all
}

fn items(view: &mut View, sequence: &str, found: Found) -> Result<Vec<EnrolledLead>, Refusal> {
    let ids: Vec<LeadId> = found.iter().map(|(lead, _)| *lead).collect();
    let rows = leads::load(view.connection, &ids)?.into_iter().map(|row| (row.id, row));
    let rows: BTreeMap<LeadId, leads::Lead> = rows.collect();
    let mut called = who::of(view.connection, ids.iter().copied())?;
    let versions = view.versions()?;
    let open = copies::open_of_leads(view.connection, &ids)?;
    let words = CopyWords::read(view, &open)?;
    let mut all = Vec::new();
    for (lead, shown) in found {
        let now = rows.get(&lead).and_then(|row| advanced(row, &versions.of(&row.name)?, sequence, view.now));
        let copy = open.iter().find(|copy| copy.lead == lead && is_of(copy, sequence, shown.began));
        let (waits, until) = waits(now.as_ref(), copy, &words);
        all.push(EnrolledLead {
            lead: lead.to_string(),
            names: called.remove(&lead).unwrap_or_default(),
            began: shown.began.to_string(),
            by_hand: shown.by_hand,
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
            let copy = &words.as_it_waits(copy.clone());
            let until = copy.until.or(copy.dispatch.due).map(Instant);
            (format!("Its copy {}.", words.sentence(copy).trim_end_matches('.')), until)
        }
        (Some(StepWait::Copy) | None, _) => ("It goes on in a moment.".to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use attractor_store::{IdentityKind, Location, VersionNumber};

    use super::*;

    fn lead(id: i64, enrollments: String) -> leads::Lead {
        leads::Lead {
            id: LeadId(id),
            name: format!("user-{id}"),
            kind: IdentityKind::User,
            sources: "[]".into(),
            email: None,
            first_at: None,
            at: 5,
            seen: None,
            wake: None,
            version: VersionNumber(1),
            head: Vec::new(),
            enrollments: Some(enrollments),
            score: None,
            became: None,
        }
    }

    fn at_step(sequence: &str, step: &str) -> String {
        format!(
            r#"[{{"sequence":"{sequence}","held":false,"last_began":1,"enrolment":{{"began":1,"by_hand":false,
            "step":[0,"{step}"],"since":1,"sending":true,"taken":1,"done":[]}}}}]"#
        )
    }

    #[test]
    fn a_further_page_looks_at_no_more_than_it_shows() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        let of = |number: i64| match number % 3 {
            0 => at_step("other", "hello"),
            1 => at_step("welcome", "hello"),
            _ => at_step("welcome", "guide"),
        };
        // All in one bucket, so that their ids are their order.
        let all: Vec<leads::Lead> = (0..600).map(|number| lead(256 * (number + 1), of(number))).collect();
        leads::save(&mut connection, &all).unwrap();
        leads::save(&mut connection, &[lead(256 * 1_000, "\"welcome\"".into())]).unwrap();
        let mut page = |step, after, limit| {
            let asked = EnrolledFilter { sequence: "welcome", step, after: None, limit };
            let before = connection.effort();
            let (counts, found) = look(&mut connection, Instant(9), &asked, after, &mut Vec::new()).unwrap();
            let leads: Vec<i64> = found.iter().map(|(lead, _)| lead.0 / 256 - 1).collect();
            (counts, leads, (connection.effort() - before).found)
        };
        let (counts, leads, looked_at) = page(None, None, 3);
        let step = |id: &str| Some(id.to_owned());
        assert_eq!(counts, Some(BTreeMap::from([(step("hello"), (200, 200)), (step("guide"), (200, 200))])));
        assert_eq!((leads, looked_at), (vec![1, 2, 4, 5], 401));
        let after = Some(place(LeadId(256 * 3)));
        assert_eq!(page(None, after, 3), (None, vec![4, 5, 7, 8], 4));
        assert_eq!(page(Some("guide"), after, 3).1, [5, 8, 11, 14]);
        assert_eq!(page(None, Some(place(LeadId(256 * 599))), 3), (None, vec![599], 2));
    }
}
