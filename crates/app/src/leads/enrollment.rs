//! One enrollment as it is: where the lead is in a sequence and since when, what was done, what comes next and when, why not
//! sooner, and what would end it.

use attractor_engine::condition::Names;
use attractor_engine::explain::{
    Changed, EndedBy, EnrollmentNow, Missing, Move, StepWait, StepWords, enrollment, steps_of,
};
use attractor_engine::lead::{Lead, ShownTrack, shown_enrollments};
use attractor_engine::message::{Message, Wanted};
use attractor_engine::playbook::{Playbook, While};
use attractor_engine::step::{Change, MoveKind, Sends, Stepper};
use attractor_engine::time::{Duration, Instant};
use attractor_engine::vocabulary::kind;
use attractor_store::copies::{self, CopySource, CopyState, MailCopy};
use attractor_store::{leads, moves};
use serde::Serialize;
use utoipa::ToSchema;

use super::explained::{ComingItem, MissingItem};
use super::happened;
use super::joined::with_predecessors;
use super::one::{self, LeadAsOf, as_of, coming_of};
use super::who::{self, LeadNames};
use super::whole::CopyItem;
use crate::App;
use crate::closed_lists::EndedByName;
use crate::refusal::Refusal;
use crate::sending::ahead::foreseen::{ForeseenCopy, ForeseenHold};
use crate::sending::ahead::list::{CopyAhead, HoldAhead, items};
use crate::sending::ahead::read::Forecast;
use crate::sending::ahead::words::{hold_words, sentence};
use crate::sending::copy_words::CopyWords;
use crate::sending::paused;
use crate::view::View;

/// How far copies are foreseen.
const AHEAD: Duration = Duration(14 * Duration::DAY.0);

/// A lead's last enrollment in a sequence
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrollmentPage {
    /// The lead's id
    pub lead: String,
    #[serde(flatten)]
    pub names: LeadNames,
    /// The sequence's id
    pub sequence: String,
    pub sequence_name: String,
    /// The instant as of which all of this is
    #[schema(format = DateTime)]
    pub at: String,
    pub state: EnrollmentState,
    /// Where it is, in one sentence, in English; of one that somebody began by hand a second one says what does not end it
    pub what: String,
    #[schema(format = DateTime)]
    pub began: Option<String>,
    /// Somebody enrolled the lead by hand; said also when it is over
    pub by_hand: bool,
    /// The step that it is at; null where it is over
    pub step: Option<StepItem>,
    /// Since when it is at that step
    #[schema(format = DateTime)]
    pub since: Option<String>,
    /// What it has done, in order
    pub done: Vec<EnrollmentFact>,
    /// What comes next, as far as time alone decides it; null where nothing does
    pub next: Option<NextOfEnrollment>,
    /// What would end it
    pub ends: Vec<EndItem>,
    /// Those of `ahead` of the lead that are of this sequence: every copy is taken to be over at once
    pub ahead: Vec<ComingItem>,
    /// The copies that this sequence sends within 14 days, with the gate and the cadence asked ahead
    pub copies_ahead: Vec<CopyAhead>,
}

/// Whether an enrollment goes on
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EnrollmentState {
    GoingOn,
    /// It ended: by its goal, stopped or finished
    Over,
    /// The lead was kept out, for comparison
    HeldOut,
}

/// A step of a sequence
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StepItem {
    /// Its id, or its position
    pub id: String,
    /// What it does, in English
    pub what: String,
}

/// Something that an enrollment did
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrollmentFact {
    #[schema(format = DateTime)]
    pub at: String,
    /// In English, with what became of it
    pub what: String,
    /// The id of the step; null of its beginning and its end
    pub step: Option<String>,
    /// The copy that was asked for; null where it is not about one
    pub copy: Option<CopyItem>,
}

/// What comes next in an enrollment
#[derive(Debug, Serialize, ToSchema)]
pub struct NextOfEnrollment {
    /// Null where a person or the lead decides when
    #[schema(format = DateTime)]
    pub at: Option<String>,
    /// In English
    pub what: String,
    /// Why it does not come sooner, in English, one reason after the other
    pub why_not_sooner: Vec<String>,
    /// The same about a copy that waits, for programs
    pub holds: Vec<HoldAhead>,
    /// What is missing for the condition that its step waits for; null where it waits for none
    pub missing: Option<MissingItem>,
}

/// What would end an enrollment
#[derive(Debug, Serialize, ToSchema)]
pub struct EndItem {
    #[schema(value_type = EndedByName)]
    pub by: &'static str,
    /// In English
    pub what: String,
}

/// The last enrollment of a lead in a sequence.
pub async fn show(app: &App, called: String, sequence: String) -> Result<EnrollmentPage, Refusal> {
    let mut forecast = Forecast::of(app)?;
    app.read(move |view| page(view, &mut forecast, &called, &sequence)).await
}

fn page(view: &mut View, forecast: &mut Forecast, called: &str, sequence: &str) -> Result<EnrollmentPage, Refusal> {
    let asked = as_of(view, called, None)?;
    let track = track(&asked.row, sequence, asked.at)?;
    let playbook = asked.under.program.playbook();
    let names = Names::of(playbook);
    let state = now(&asked)?;
    let found = state.as_ref().and_then(|lead| enrollment(&asked.under.program, lead, sequence, asked.at));
    let began = track.last_began.unwrap_or_default();
    let horizon = (asked.at, asked.at + AHEAD);
    let mut foreseen = forecast.foresee(view.connection, horizon, vec![asked.row.clone()])?;
    foreseen.retain(|one| is_of(&one.copy, sequence, None));
    let words = CopyWords::read(view, &[])?;
    let minute = |at: Instant| words.minute(at.0);
    let ahead = of_sequence(coming_of(view, &asked)?, sequence);
    let is_paused = paused(view.connection)?;
    let words = NextWords { names: &names, is_paused: is_paused.as_deref(), minute: &minute };
    let next = found.as_ref().and_then(|now| next(now, &foreseen, &ahead, &words));
    let called = who::of(view.connection, [asked.row.id])?.remove(&asked.row.id).unwrap_or_default();
    // Of one that goes on, the lead's state says how it began.
    let (by_hand, beginning) = match &track.enrollment {
        Some(enrollment) => (enrollment.by_hand, Vec::new()),
        None => {
            let beginning = beginning(view, &asked, sequence, began)?;
            (began_by_hand(&asked, &beginning, sequence, began), beginning)
        }
    };
    let state = match (&found, &track.enrollment) {
        (Some(_), _) | (None, Some(_)) => EnrollmentState::GoingOn,
        (None, None) if beginning.iter().any(|noted| noted.became == "held_out") => EnrollmentState::HeldOut,
        (None, None) => EnrollmentState::Over,
    };
    Ok(EnrollmentPage {
        lead: asked.row.id.to_string(),
        names: called,
        sequence: sequence.to_owned(),
        sequence_name: names.sequence(sequence).to_owned(),
        at: asked.at.to_string(),
        state,
        what: match (state, track.stopped) {
            (EnrollmentState::Over, Some(stopped)) => stopped_with_it(playbook, sequence, began, stopped, &minute),
            (EnrollmentState::GoingOn, _) if by_hand => {
                let stays = by_hand_words(playbook, sequence);
                format!("{} {stays}", where_it_is(found.as_ref(), state, began, &minute))
            }
            _ => where_it_is(found.as_ref(), state, began, &minute),
        },
        began: track.last_began.map(|at| at.to_string()),
        by_hand,
        since: found.as_ref().map(|now| now.since.to_string()),
        step: found.as_ref().and_then(|now| now.step.clone()).map(StepItem::from),
        done: done(view, &asked, sequence, began, &names)?,
        next,
        ends: found.map(|now| now.ends.into_iter().map(EndItem::from).collect()).unwrap_or_default(),
        ahead: ahead.iter().map(ComingItem::from).collect(),
        copies_ahead: items(view.connection, &foreseen, &names, &minute)?,
    })
}

/// What is kept of a lead's enrollments in a sequence.
fn track(row: &leads::Lead, sequence: &str, at: Instant) -> Result<ShownTrack, Refusal> {
    let wrong = |why| Refusal::Failed(format!("the enrollments of the lead cannot be read: {why}"));
    let all = row.enrollments.as_deref().map_or(Ok(Vec::new()), |text| shown_enrollments(text, at)).map_err(wrong)?;
    let track = all.into_iter().find(|track| track.sequence == sequence && track.last_began.is_some());
    track.ok_or_else(|| Refusal::Missing(format!("the lead was never enrolled in a sequence `{sequence}`")))
}

/// The lead as the lane keeps it, with what time has changed since; `None` where it is evaluated again.
fn now(asked: &LeadAsOf) -> Result<Option<Lead>, Refusal> {
    let head = Lead::load(&asked.row.head, &asked.under.program).filter(|lead| lead.name() == asked.row.name);
    Ok(head.map(|lead| {
        let mut stepper = Stepper::new(&asked.under.program, lead, Sends::Reported);
        stepper.advance(asked.at);
        stepper.into_lead()
    }))
}

fn is_of(copy: &MailCopy, sequence: &str, since: Option<Instant>) -> bool {
    let CopySource::Sequence { sequence: id, began, .. } = &copy.source else { return false };
    id == sequence && since.is_none_or(|since| since.0 == *began)
}

fn of_sequence(ahead: Vec<Move>, sequence: &str) -> Vec<Move> {
    let is_its = |one: &Move| {
        let kinds = [Changed::Move(MoveKind::Sequence), Changed::Send, Changed::Alert, Changed::Withdrawn];
        kinds.contains(&one.moved.kind) && one.moved.subject.0 == sequence
    };
    ahead.into_iter().filter(is_its).collect()
}

/// The moves of a sequence at the instant at which an enrollment began.
fn beginning(view: &mut View, asked: &LeadAsOf, sequence: &str, began: Instant) -> Result<Vec<moves::Move>, Refusal> {
    let mut noted = moves::of_leads(view.connection, &[asked.row.id])?;
    noted.retain(|noted| noted.subject == sequence && noted.at == began.0);
    Ok(noted)
}

/// Whether somebody began an enrollment by hand that has ended: of such a one the store keeps its move and its event.
fn began_by_hand(asked: &LeadAsOf, beginning: &[moves::Move], sequence: &str, began: Instant) -> bool {
    let enrolled = beginning.iter().find(|noted| noted.became == Change::Enrolled.name());
    // The log of a lead that became one with another says what happened to that one; its events are all here.
    let cause = enrolled.map(|noted| noted.because.as_str());
    let mut past = asked.past.iter().filter(|past| past.at == began.0 || Some(past.id.as_str()) == cause);
    past.any(|past| enters(&past.message, sequence))
}

/// Whether a stored message enrolls its lead in a sequence by hand.
fn enters(message: &str, sequence: &str) -> bool {
    let wanted = Wanted::only(["sequence"]);
    Message::parse(message, &wanted).is_ok_and(|message| {
        !message.machine
            && message.event_kind() == Some(kind::SEQUENCE_ENTERED)
            && message.id("sequence").as_deref() == Some(sequence)
    })
}

/// What does not end an enrollment that somebody began by hand (contract §4.10, 13).
fn by_hand_words(playbook: &Playbook, sequence: &str) -> &'static str {
    let declared = playbook.sequences.iter().find(|declared| declared.id == sequence);
    match declared.map(|declared| &declared.while_) {
        Some(While::Enrolled) => {
            "Somebody enrolled this lead by hand: it goes on even if the condition of `enroll` does not hold or the lead has \
             a deal."
        }
        _ => "Somebody enrolled this lead by hand: it goes on even if the lead has a deal.",
    }
}

fn where_it_is(
    now: Option<&EnrollmentNow>,
    state: EnrollmentState,
    began: Instant,
    minute: &dyn Fn(Instant) -> String,
) -> String {
    let began = minute(began);
    match (now, state) {
        (_, EnrollmentState::HeldOut) => format!("The lead was kept out on {began}, for comparison."),
        (_, EnrollmentState::Over) => format!("The enrollment of {began} is over."),
        (None, EnrollmentState::GoingOn) => {
            format!("The enrollment of {began} goes on, and the lead is being evaluated again.")
        }
        (Some(now), EnrollmentState::GoingOn) => match &now.step {
            Some(StepWords { id, words }) => {
                let words = words.trim_end_matches('.');
                format!("It began on {began} and has been at {} since {}: {words}.", step_called(id), minute(now.since))
            }
            None => format!("It began on {began}, and its last step was over on {}.", minute(now.since)),
        },
    }
}

/// A step by its id. One without has its position, from 0 on, in the place of an id.
fn step_called(id: &str) -> String {
    match id.parse::<u16>() {
        Ok(0) => "the first step".to_owned(),
        Ok(1) => "the second step".to_owned(),
        Ok(2) => "the third step".to_owned(),
        Ok(place) => format!("step {}", u32::from(place) + 1),
        Err(_) => format!("the step `{id}`"),
    }
}

/// An enrollment that ended because a version of the playbook did not have its sequence.
fn stopped_with_it(
    playbook: &Playbook,
    sequence: &str,
    began: Instant,
    stopped: Instant,
    minute: &dyn Fn(Instant) -> String,
) -> String {
    let why = match playbook.sequences.iter().any(|declared| declared.id == sequence) {
        true => "the playbook did not have this sequence for a while",
        false => "the playbook no longer has this sequence",
    };
    format!("The enrollment of {} was stopped on {}, because {why}.", minute(began), minute(stopped))
}

/// What it has done since it began: its beginning, its copies and alerts.
fn done(
    view: &mut View,
    asked: &LeadAsOf,
    sequence: &str,
    began: Instant,
    names: &Names,
) -> Result<Vec<EnrollmentFact>, Refusal> {
    let happened = happened::moves(view, &asked.row, asked.at, &asked.past, names)?;
    let mut facts: Vec<(Instant, EnrollmentFact)> = of_sequence(happened, sequence)
        .into_iter()
        .filter(|one| one.at >= began && one.moved.kind != Changed::Send)
        .map(|one| (one.at, fact(&one)))
        .collect();
    let leads = with_predecessors(view.connection, asked.row.id)?;
    let mut all = copies::of_leads(view.connection, &leads)?;
    all.retain(|copy| is_of(copy, sequence, Some(began)));
    let words = CopyWords::read(view, &all)?;
    for copy in &all {
        let CopySource::Sequence { step, .. } = &copy.source else { continue };
        let email = copy.email.as_deref().map_or("the best unread piece", |id| names.email(id));
        let fact = EnrollmentFact {
            at: Instant(copy.asked_at).to_string(),
            what: format!("{email} {}", words.sentence(copy)),
            step: Some(step.clone()),
            copy: Some(one::copy(&words.as_it_waits(copy.clone()), names)),
        };
        facts.push((Instant(copy.asked_at), fact));
    }
    facts.sort_by_key(|(at, fact)| (*at, fact.copy.is_none() && fact.step.is_none() && *at > began));
    Ok(facts.into_iter().map(|(_, fact)| fact).collect())
}

fn fact(one: &Move) -> EnrollmentFact {
    EnrollmentFact { at: one.at.to_string(), what: one.what.clone(), step: one.moved.step.clone(), copy: None }
}

/// What the sentences about what comes next are made with.
struct NextWords<'a> {
    names: &'a Names,
    /// Why no e-mail leaves.
    is_paused: Option<&'a str>,
    /// What clocks show in the playbook's time zone.
    minute: &'a dyn Fn(Instant) -> String,
}

fn next(now: &EnrollmentNow, foreseen: &[ForeseenCopy], ahead: &[Move], words: &NextWords) -> Option<NextOfEnrollment> {
    let minute = words.minute;
    let step = now.step.as_ref().map(|step| step.words.trim_end_matches('.').to_owned()).unwrap_or_default();
    let plainly = |at: Option<Instant>, what: String, why: String| NextOfEnrollment {
        at: at.map(|at| at.to_string()),
        what,
        why_not_sooner: vec![why],
        holds: Vec::new(),
        missing: None,
    };
    match now.waits.as_ref()? {
        StepWait::Copy => {
            let copy =
                foreseen.iter().find(|one| one.is_asked && is_of(&one.copy, sequence_of(one), Some(now.began)))?;
            Some(of_copy(copy, words))
        }
        StepWait::Until(at) => {
            let then = ahead.first().filter(|one| one.at == *at);
            let then = then.map_or("it goes on with its next step".to_owned(), |one| one.what.clone());
            let why = format!("Its step began on {}: {step}.", minute(now.since));
            Some(plainly(Some(*at), format!("On {}: {then}.", minute(*at)), why))
        }
        StepWait::Condition { missing, latest } => {
            let why = format!("Its step has waited since {}: {step}.", minute(now.since));
            let what =
                format!("It goes on when the condition of its step holds, on {} at the latest.", minute(*latest));
            let sooner = ahead.first().map(|one| one.at).filter(|at| at < latest);
            let next = plainly(Some(sooner.unwrap_or(*latest)), what, why);
            Some(NextOfEnrollment { missing: Some(missing_item(missing)), ..next })
        }
    }
}

fn sequence_of(one: &ForeseenCopy) -> &str {
    match &one.copy.source {
        CopySource::Sequence { sequence, .. } => sequence,
        _ => "",
    }
}

fn missing_item(missing: &Missing) -> MissingItem {
    missing.into()
}

/// The copy that an enrollment waits for.
fn of_copy(one: &ForeseenCopy, words: &NextWords) -> NextOfEnrollment {
    let NextWords { names, is_paused, minute } = *words;
    let hold = |hold: &ForeseenHold| HoldAhead::of(hold, minute);
    let paused = is_paused.map(|why| format!("Sending is paused: {}.", why.trim_end_matches('.')));
    let is_draft = one.copy.state == CopyState::Draft;
    let draft = is_draft.then(|| "The sequence is in review: somebody must release the draft.".to_owned());
    NextOfEnrollment {
        at: one.at.map(|at| at.to_string()),
        what: sentence(one, names, minute),
        why_not_sooner: paused
            .into_iter()
            .chain(draft)
            .chain(one.holds.iter().map(|hold| hold_words(hold, minute)))
            .collect(),
        holds: one.holds.iter().map(hold).collect(),
        missing: None,
    }
}

/// The steps of a sequence of a playbook.
pub(super) fn steps(playbook: &Playbook, sequence: &str) -> Option<Vec<StepItem>> {
    let declared = playbook.sequences.iter().find(|declared| declared.id == sequence)?;
    Some(steps_of(playbook, declared).into_iter().map(StepItem::from).collect())
}

impl From<StepWords> for StepItem {
    fn from(StepWords { id, words }: StepWords) -> StepItem {
        StepItem { id, what: words }
    }
}

impl From<(EndedBy, String)> for EndItem {
    fn from((by, what): (EndedBy, String)) -> EndItem {
        EndItem { by: by.name(), what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_event_that_somebody_made_for_the_sequence_began_it_by_hand() {
        let event = |kind: &str, sequence: &str, context: &str| {
            format!(
                r#"{{"type": "track", "userId": "ada", "event": "{kind}", "properties": {{"sequence": "{sequence}"}},
                "context": {context}}}"#
            )
        };
        for (message, expected) in [
            (event("Sequence Entered", "welcome", "{}"), true),
            (event("Sequence Entered", "other", "{}"), false),
            (event("Sequence Entered", "welcome", r#"{"machine": true}"#), false),
            (event("Sequence Stopped", "welcome", "{}"), false),
            (event("Form Submitted", "welcome", "{}"), false),
            ("damaged".to_owned(), false),
        ] {
            assert_eq!(enters(&message, "welcome"), expected, "{message}");
        }
    }

    #[test]
    fn a_step_without_an_id_is_counted_from_the_first_on() {
        for (id, expected) in [("0", "the first step"), ("3", "step 4"), ("pause", "the step `pause`")] {
            assert_eq!(step_called(id), expected);
        }
    }

    #[test]
    fn what_does_not_end_an_enrollment_by_hand_depends_on_its_while() {
        let text = "playbook: test
sequences:
  - {id: plain, enroll: {event: A}, steps: [{wait: 3d}]}
  - {id: always, while: always, enroll: {event: A}, steps: [{wait: 3d}]}
  - {id: named, while: {event: B}, enroll: {event: A}, steps: [{wait: 3d}]}
";
        let playbook = attractor_engine::playbook::read(text).playbook.unwrap();
        for (sequence, names_enroll) in [("plain", true), ("always", false), ("named", false)] {
            let words = by_hand_words(&playbook, sequence);
            assert!(words.contains("`enroll`") == names_enroll && words.ends_with("the lead has a deal."), "{words}");
        }
    }
}
