//! What whoever keeps leads asks of them beside `step`: where they stand, and their enrollments. Enrollments are facts,
//! not a cache; they are written by the ids of sequences and steps, so that they outlive the format of the state.

use serde::{Deserialize, Serialize};

use super::{Enrollment, FormerTrack, Hand, Lead, StoppedEnrollment, Track};
use crate::ask::{Asking, Curves};
use crate::misread::said_of;
use crate::program::{Does, Operation, Program};
use crate::replay::strengths;
use crate::time::Instant;

/// A copy that an enrollment waits for: sequence, when the enrollment began, and the operation.
pub type Awaited = (u32, Instant, u32);

#[derive(Serialize, Deserialize)]
struct Record {
    sequence: String,
    held: bool,
    last_began: Option<Instant>,
    // Stores spell it with one l.
    #[serde(rename = "enrolment")]
    enrollment: Option<EnrollmentRecord>,
    /// Rows that were written before this was kept have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stopped: Option<StoppedEnrollment>,
}

#[derive(Serialize, Deserialize)]
struct EnrollmentRecord {
    began: Instant,
    by_hand: bool,
    step: StepRecord,
    since: Instant,
    sending: bool,
    taken: u32,
    done: Vec<StepRecord>,
}

/// A step by its place and, where it is one that people see, its id.
#[derive(Serialize, Deserialize)]
struct StepRecord(u32, Option<String>);

impl Lead {
    /// The instant of its last input.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// Its first event that was not a machine's.
    pub fn first(&self) -> Option<Instant> {
        self.first
    }

    /// Under another name; a rebuild makes it true of the samples too.
    pub fn renamed(self, name: &str) -> Lead {
        Lead { name: name.to_owned(), ..self }
    }

    /// Ladder, stage, since when.
    pub fn stages(&self) -> impl Iterator<Item = (u32, u32, Instant)> {
        self.ladders.iter().map(|(ladder, standing)| (ladder, standing.stage, standing.since))
    }

    /// Topics whose strength is at least the playbook's minimum at an instant that is not before its last input: the primary
    /// interest first, then the stronger before the weaker.
    pub fn interests<'p>(&self, program: &'p Program, at: Instant) -> Vec<&'p str> {
        let mut curves = Curves::new(program);
        let mut asking = Asking { program, lead: self, at, curves: &mut curves, began: at };
        let mut all = strengths(program, self, &mut asking);
        let is_primary = |topic: u32| self.primary == Some(topic);
        all.sort_by(|(a, one), (b, other)| {
            is_primary(*b).cmp(&is_primary(*a)).then(other.total_cmp(one)).then(a.cmp(b))
        });
        all.into_iter().map(|(topic, _)| program.playbook().topics[topic as usize].id.as_str()).collect()
    }

    /// The id of its primary interest.
    pub fn primary_interest<'p>(&self, program: &'p Program) -> Option<&'p str> {
        Some(program.playbook().topics.get(self.primary? as usize)?.id.as_str())
    }

    /// What a hand decided and did not release: the ids of the segments that it is pinned to, and of the ladders on which its
    /// stage is set.
    pub fn held_by_hand<'p>(&self, program: &'p Program) -> (Vec<&'p str>, Vec<&'p str>) {
        let playbook = program.playbook();
        let pinned = self.segments.iter().filter(|(_, member)| member.hand == Some(Hand::Pinned));
        let set = self.ladders.iter().filter(|(_, standing)| standing.set);
        (
            pinned.filter_map(|(segment, _)| Some(playbook.segments.get(segment as usize)?.id.as_str())).collect(),
            set.filter_map(|(ladder, _)| Some(playbook.ladders.get(ladder as usize)?.id.as_str())).collect(),
        )
    }

    /// The segments it is in, and since when.
    pub fn memberships(&self) -> impl Iterator<Item = (u32, Instant)> {
        self.segments.iter().filter_map(|(segment, member)| Some((segment, member.since?)))
    }

    /// A score by its place, at an instant not before its last input.
    pub fn score(&self, program: &Program, score: u32, at: Instant) -> f64 {
        let mut curves = Curves::new(program);
        Asking { program, lead: self, at, curves: &mut curves, began: at }.curve(score).value()
    }

    /// The copies that its enrollments wait for.
    pub fn awaited(&self) -> impl Iterator<Item = Awaited> {
        let enrollments =
            self.sequences.iter().filter_map(|(number, track)| Some((number, track.enrollment.as_ref()?)));
        enrollments.filter(|(_, enrollment)| enrollment.sending).map(|(number, e)| (number, e.began, e.step))
    }

    /// Steps of an enrollment that are over though it did not take them itself: they are passed over.
    pub fn pass_over(&mut self, sequence: u32, began: Instant, steps: impl Iterator<Item = u32>) {
        let enrollment = self.sequences.get(sequence).and_then(|track| track.enrollment.as_ref());
        if enrollment.is_none_or(|enrollment| enrollment.began != began) {
            return;
        }
        let Some(enrollment) = &mut self.sequences.entry(sequence).enrollment else { return };
        for step in steps.filter(|step| !enrollment.done.contains(step)).collect::<Vec<_>>() {
            enrollment.done.push(step);
            enrollment.sending &= enrollment.step != step;
        }
    }

    /// The sequences it is in: sequence, when the enrollment began, the operation it is at.
    pub fn enrolled(&self) -> impl Iterator<Item = Awaited> {
        let enrollments =
            self.sequences.iter().filter_map(|(number, track)| Some((number, track.enrollment.as_ref()?)));
        enrollments.map(|(number, e)| (number, e.began, e.step))
    }

    /// Its enrollments as JSON, by ids; `None` where it never had any.
    pub fn write_enrollments(&self, program: &Program) -> Option<String> {
        let mut records: Vec<Record> =
            self.sequences.iter().map(|(number, track)| record(program, number as usize, track)).collect();
        for former in &self.former {
            match records.iter_mut().find(|record| record.sequence == former.sequence) {
                Some(record) if record.last_began == Some(former.last_began) => record.stopped = former.stopped.clone(),
                // Another enrollment began since.
                Some(_) => {}
                None => records.push(Record::of(former)),
            }
        }
        (!records.is_empty()).then(|| serde_json::to_string(&records).unwrap_or_default())
    }

    /// A lead of whom nothing is known but the enrollments that `write_enrollments` gave: what `rebuild` wants.
    pub fn with_enrollments(name: &str, program: &Program, json: &str) -> Result<Lead, String> {
        let mut lead = Lead::new(name);
        let records: Vec<Record> =
            serde_json::from_str(json).map_err(|error| format!("enrollments of {name}: {}", said_of(&error)))?;
        for record in records {
            let number = program.sequence(&record.sequence);
            if let Some(former) = record.former().filter(|former| number.is_none() || former.stopped.is_some()) {
                lead.keep_former(former);
            }
            if let Some(number) = number {
                lead.sequences.insert(number, track(&program.sequences[number as usize].steps, record));
            }
        }
        Ok(lead)
    }

    /// The same as of an instant: which of the enrollments had begun by then, and were at the step that they are at. At
    /// which step the others were is not known.
    pub fn with_enrollments_until(name: &str, program: &Program, json: &str, until: Instant) -> Result<Lead, String> {
        let mut lead = Lead::with_enrollments(name, program, json)?;
        let all: Vec<(u32, Track)> = lead.sequences.iter().map(|(number, track)| (number, track.clone())).collect();
        for (number, mut track) in all {
            if track.last_began.is_some_and(|began| began > until) {
                lead.sequences.remove(number);
            } else {
                track.enrollment = track.enrollment.filter(|enrollment| enrollment.since <= until);
                lead.sequences.insert(number, track);
            }
        }
        lead.former.retain(|former| former.last_began <= until);
        Ok(lead)
    }

    /// Takes over the enrollments of a lead that it is now one with: its own stay, the other's end. Returns what is
    /// asked for on behalf of those that end.
    pub fn join(&mut self, other: &Lead) -> Vec<Awaited> {
        let mut ended = Vec::new();
        for (number, theirs) in other.sequences.iter() {
            let mut joined = self.sequences.get(number).cloned().unwrap_or_default();
            match (&joined.enrollment, &theirs.enrollment) {
                (Some(_), Some(enrollment)) if enrollment.sending => {
                    ended.push((number, enrollment.began, enrollment.step))
                }
                (None, Some(enrollment)) => joined.enrollment = Some(enrollment.clone()),
                _ => {}
            }
            joined.held |= theirs.held;
            joined.last_began = joined.last_began.max(theirs.last_began);
            self.sequences.insert(number, joined);
        }
        self.join_former(other);
        ended
    }
}

/// What is known of a lead's enrollments in one sequence, by ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownTrack {
    pub sequence: String,
    /// The lead is kept out, for comparison.
    pub held: bool,
    pub last_began: Option<Instant>,
    /// The one that goes on.
    pub enrollment: Option<ShownEnrollment>,
    /// When the last one ended because a version of the playbook did not have the sequence; `None`: it did not end so.
    pub stopped: Option<Instant>,
}

/// An enrollment that goes on. A step that had no id when it was written is `None`, and left out of `done`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownEnrollment {
    pub began: Instant,
    pub by_hand: bool,
    pub step: Option<String>,
    /// Since when it is at this step.
    pub since: Instant,
    /// It waits for a copy that was asked for.
    pub sending: bool,
    pub done: Vec<String>,
}

/// What `write_enrollments` gave, for people and programs. Those that began after `until` are left out. The error is why
/// it cannot be read.
pub fn shown_enrollments(json: &str, until: Instant) -> Result<Vec<ShownTrack>, String> {
    let records: Vec<Record> = serde_json::from_str(json).map_err(|error| said_of(&error))?;
    let begun = records.into_iter().filter(|record| record.last_began.is_none_or(|began| began <= until));
    Ok(begun.map(|record| record.shown(until)).collect())
}

impl Record {
    /// Of a sequence that is gone.
    fn of(former: &FormerTrack) -> Record {
        Record {
            sequence: former.sequence.clone(),
            held: false,
            last_began: Some(former.last_began),
            enrollment: None,
            stopped: former.stopped.clone(),
        }
    }

    fn former(&self) -> Option<FormerTrack> {
        let (sequence, stopped) = (self.sequence.clone(), self.stopped.clone());
        Some(FormerTrack { sequence, last_began: self.last_began?, stopped })
    }

    fn shown(self, until: Instant) -> ShownTrack {
        let Record { sequence, held, last_began, enrollment, stopped } = self;
        let stopped = stopped.map(|stopped| stopped.at).filter(|at| *at <= until);
        ShownTrack { sequence, held, last_began, enrollment: enrollment.map(EnrollmentRecord::shown), stopped }
    }
}

impl EnrollmentRecord {
    fn shown(self) -> ShownEnrollment {
        ShownEnrollment {
            began: self.began,
            by_hand: self.by_hand,
            step: self.step.1,
            since: self.since,
            sending: self.sending,
            done: self.done.into_iter().filter_map(|step| step.1).collect(),
        }
    }
}

fn record(program: &Program, number: usize, track: &Track) -> Record {
    let steps = &program.sequences[number].steps;
    let step = |place: u32| StepRecord(place, visible(steps, place).map(|operation| operation.id.clone()));
    let enrollment = track.enrollment.as_ref().map(|e| EnrollmentRecord {
        began: e.began,
        by_hand: e.by_hand,
        step: step(e.step),
        since: e.since,
        sending: e.sending,
        taken: e.taken,
        done: e.done.iter().map(|place| step(*place)).collect(),
    });
    let sequence = program.playbook().sequences[number].id.clone();
    Record { sequence, held: track.held, last_began: track.last_began, enrollment, stopped: None }
}

fn track(steps: &[Operation], record: Record) -> Track {
    let place = |StepRecord(place, id): StepRecord| match id {
        Some(id) if visible(steps, place).is_none_or(|operation| operation.id != id) => {
            let found = (0..steps.len() as u32).find(|other| visible(steps, *other).is_some_and(|step| step.id == id));
            found.unwrap_or(place)
        }
        _ => place,
    };
    let enrollment = record.enrollment.map(|e| Enrollment {
        began: e.began,
        by_hand: e.by_hand,
        step: place(e.step),
        since: e.since,
        sending: e.sending,
        taken: e.taken,
        done: e.done.into_iter().map(place).collect(),
    });
    Track { held: record.held, last_began: record.last_began, enrollment }
}

/// The operation at a place; a jump is none that people see.
fn visible(steps: &[Operation], place: u32) -> Option<&Operation> {
    steps.get(place as usize).filter(|operation| !matches!(operation.does, Does::Jump(_)))
}
