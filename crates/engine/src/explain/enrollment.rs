//! Where an enrollment is, what it waits for, and what would end it, in words.

use super::Explaining;
use super::why_not::Missing;
use crate::ask::{Asking, Curves};
use crate::condition::{Condition, Names};
use crate::lead::{Enrollment, Lead};
use crate::playbook::sentences::step_line;
use crate::playbook::{Action, Playbook, Sequence, Step, While};
use crate::program::{Does, Program};
use crate::time::Instant;

/// A step of a sequence, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepWords {
    /// Its id, or its position.
    pub id: String,
    /// What it does: “Wait 3 days.”
    pub words: String,
}

/// What an enrollment waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum StepWait {
    /// Its step is a copy that was asked for and is not over.
    Copy,
    /// Time.
    Until(Instant),
    /// A condition, or time where that comes first.
    Condition { missing: Missing, latest: Instant },
}

/// What may end an enrollment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// Its goal.
    Goal,
    /// Its `while`.
    While,
    /// A deal of the lead.
    Buyer,
    /// Its last step.
    LastStep,
}

impl EndedBy {
    pub const ALL: [EndedBy; 4] = [EndedBy::Goal, EndedBy::While, EndedBy::Buyer, EndedBy::LastStep];

    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            EndedBy::Goal => "goal",
            EndedBy::While => "while",
            EndedBy::Buyer => "buyer",
            EndedBy::LastStep => "last_step",
        }
    }
}

/// An enrollment that goes on, as it is at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct EnrollmentNow {
    pub began: Instant,
    pub by_hand: bool,
    /// `None` where it is behind its last step.
    pub step: Option<StepWords>,
    /// Since when it is at that step.
    pub since: Instant,
    pub waits: Option<StepWait>,
    /// What would end it, each with its sentence.
    pub ends: Vec<(EndedBy, String)>,
}

/// The steps of a sequence with those inside its branches, in the order in which they are written.
///
/// ```
/// use attractor_engine::explain::steps_of;
/// use attractor_engine::playbook::read;
///
/// let text = "playbook: shop\nsequences: [{id: hi, enroll: {event: Page Viewed}, steps: [{id: pause, wait: 3d}]}]";
/// let playbook = read(text).playbook.unwrap();
/// let steps = steps_of(&playbook, &playbook.sequences[0]);
/// assert_eq!((steps[0].id.as_str(), steps[0].words.as_str()), ("pause", "Wait 3 days."));
/// ```
pub fn steps_of(playbook: &Playbook, sequence: &Sequence) -> Vec<StepWords> {
    let mut all = Vec::new();
    put_steps(&sequence.steps, "", &Names::of(playbook), &mut all);
    all
}

fn put_steps(steps: &[Step], prefix: &str, names: &Names, all: &mut Vec<StepWords>) {
    for (place, step) in steps.iter().enumerate() {
        let position = format!("{prefix}{place}");
        let id = step.id.clone().unwrap_or_else(|| position.clone());
        all.push(StepWords { id, words: step_line(step, names) + "." });
        if let Action::Branch { then, otherwise, .. } = &step.action {
            put_steps(then, &format!("{position}.then."), names, all);
            put_steps(otherwise, &format!("{position}.else."), names, all);
        }
    }
}

/// The enrollment of a lead in a sequence, by the sequence's id, at an instant that is not before the lead's last input;
/// `None` where the lead is not in the sequence.
pub fn enrollment(program: &Program, lead: &Lead, id: &str, at: Instant) -> Option<EnrollmentNow> {
    let place = program.playbook().sequences.iter().position(|sequence| sequence.id == id)?;
    let enrollment = lead.sequences.get(u32::try_from(place).ok()?)?.enrollment.as_ref()?;
    let declared = &program.playbook().sequences[place];
    let step = program.sequences[place].steps.get(enrollment.step as usize).map(|operation| operation.id.clone());
    let words = |id: String| steps_of(program.playbook(), declared).into_iter().find(|step| step.id == id);
    Some(EnrollmentNow {
        began: enrollment.began,
        by_hand: enrollment.by_hand,
        step: step.and_then(words),
        since: enrollment.since,
        waits: waits(program, lead, place, enrollment, at),
        ends: ends(program.playbook(), declared, enrollment.by_hand),
    })
}

fn waits(program: &Program, lead: &Lead, place: usize, enrollment: &Enrollment, at: Instant) -> Option<StepWait> {
    let operation = program.sequences[place].steps.get(enrollment.step as usize)?;
    match &operation.does {
        Does::Send { .. } => enrollment.sending.then_some(StepWait::Copy),
        Does::Wait(length) => Some(StepWait::Until(enrollment.since + *length)),
        Does::Until { node, at_most } => {
            let condition = until_of(&program.playbook().sequences[place].steps, "", &operation.id)?;
            let mut curves = Curves::new(program);
            let asking = Asking { program, lead, at, curves: &mut curves, began: at };
            let names = Names::of(program.playbook());
            let missing = Explaining { program, names, asking }.missing(node, condition, true);
            Some(StepWait::Condition { missing, latest: enrollment.since + *at_most })
        }
        Does::Alert { .. } | Does::Branch { .. } | Does::Jump(_) => None,
    }
}

/// The condition that the step with this id waits for.
fn until_of<'p>(steps: &'p [Step], prefix: &str, id: &str) -> Option<&'p Condition> {
    steps.iter().enumerate().find_map(|(place, step)| {
        let position = format!("{prefix}{place}");
        let is_meant = step.id.as_deref().unwrap_or(&position) == id;
        match &step.action {
            Action::WaitUntil { until, .. } if is_meant => Some(until),
            Action::Branch { then, otherwise, .. } => until_of(then, &format!("{position}.then."), id)
                .or_else(|| until_of(otherwise, &format!("{position}.else."), id)),
            _ => None,
        }
    })
}

fn ends(playbook: &Playbook, sequence: &Sequence, by_hand: bool) -> Vec<(EndedBy, String)> {
    let names = &Names::of(playbook);
    let goal = sequence.goal.as_ref().map(|goal| {
        let text = format!("It has reached its goal when, by events after it began: {}.", goal.sentence(names));
        (EndedBy::Goal, text)
    });
    let stays = match (&sequence.while_, by_hand) {
        (While::Enrolled, false) => Some(&sequence.enroll),
        (While::Condition(condition), _) => Some(condition),
        (While::Enrolled, true) | (While::Always, _) => None,
    };
    let stays = stays.map(|condition| {
        (EndedBy::While, format!("It is stopped when this no longer holds: {}.", condition.sentence(names)))
    });
    let buyer = (!sequence.buyers && !by_hand).then(|| {
        let text = "It is stopped when the lead has an open or won deal, or one that was lost in the last 30 days.";
        (EndedBy::Buyer, text.to_owned())
    });
    let last = sequence
        .steps
        .last()
        .map(|step| (EndedBy::LastStep, format!("It is finished after its last step: {}.", step_line(step, names))));
    [goal, stays, buyer, last].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZoneDatabase;

    use super::*;
    use crate::message::{Message, Wanted};
    use crate::playbook::read;
    use crate::program::Event;
    use crate::step::{Input, Sends, Stepper};

    const TEXT: &str = "playbook: shop
scores: [{id: lead, rules: [{id: form, event: Form Submitted, points: 5}]}]
segments: [{id: keen, enter: {score: lead, gte: 20}}]
emails: [{id: hello, name: The hello, subject: Hi, body: <mjml/>}]
sequences:
  - id: welcome
    enroll: {event: Form Submitted}
    goal: {event: Demo Requested}
    steps:
      - {id: pause, wait: 3d}
      - {id: first, send: hello}
      - {id: keen, wait: {until: {segment: keen}, at_most: 2d}}
      - {branch: {if: {segment: keen}, then: [{send: hello}], else: [{id: rest, wait: 1d}]}}
";
    const DAY: i64 = 86_400_000;

    fn program() -> Program {
        Program::new(read(TEXT).playbook.unwrap(), &TimeZoneDatabase::bundled()).unwrap()
    }

    /// A lead that submitted the form at 0, at an instant; its copy is over as soon as it is asked for where `is_sent`.
    fn lead(program: &Program, by_hand: bool, at: i64, is_sent: bool) -> Lead {
        let kind = if by_hand { "Sequence Entered" } else { "Form Submitted" };
        let json = format!(
            r#"{{"type": "track", "userId": "ada", "event": "{kind}", "properties": {{"sequence": "welcome"}},
            "timestamp": "1970-01-01T00:00:00Z"}}"#
        );
        let mut event = Event::default();
        program.distill(&Message::parse(&json, &Wanted::Everything).unwrap(), &mut event);
        let sends = if is_sent { Sends::AtOnce } else { Sends::Reported };
        let mut stepper = Stepper::new(program, Lead::new("ada"), sends);
        stepper.input(Input::Event(&event));
        stepper.input(Input::Clock(Instant(at)));
        stepper.into_lead()
    }

    #[test]
    fn an_enrollment_says_where_it_is_what_it_waits_for_and_what_would_end_it() {
        let program = program();
        let now = |at, is_sent| {
            let lead = lead(&program, false, at, is_sent);
            enrollment(&program, &lead, "welcome", Instant(at)).unwrap()
        };
        for (at, is_sent, step, since, waits) in [
            (DAY, false, "pause", 0, Some(StepWait::Until(Instant(3 * DAY)))),
            (4 * DAY, false, "first", 3 * DAY, Some(StepWait::Copy)),
            (5 * DAY + DAY / 2, true, "rest", 5 * DAY, None),
        ] {
            let found = now(at, is_sent);
            let id = found.step.as_ref().map(|step| step.id.as_str());
            assert_eq!((id, found.since, found.began), (Some(step), Instant(since), Instant(0)), "{at}");
            if waits.is_some() {
                assert_eq!(found.waits, waits, "{at}");
            }
        }
        let Some(StepWait::Condition { missing: Missing::Clause(clause), latest }) = now(4 * DAY, true).waits else {
            panic!("it waits for a condition");
        };
        assert_eq!((latest, clause.found.as_str()), (Instant(5 * DAY), "the lead is not in it"));
        let ends: Vec<&str> = now(DAY, false).ends.iter().map(|(by, _)| by.name()).collect();
        assert_eq!(ends, ["goal", "while", "buyer", "last_step"]);
        assert!(now(DAY, false).ends.iter().all(|(_, text)| text.starts_with("It ") && text.ends_with('.')));
    }

    #[test]
    fn by_hand_neither_the_rule_nor_a_deal_ends_it_and_who_is_out_has_none() {
        let program = program();
        let by_hand = lead(&program, true, DAY, false);
        let found = enrollment(&program, &by_hand, "welcome", Instant(DAY)).unwrap();
        let ends: Vec<&str> = found.ends.iter().map(|(by, _)| by.name()).collect();
        assert_eq!((found.by_hand, ends), (true, vec!["goal", "last_step"]));
        assert_eq!(enrollment(&program, &Lead::new("bob"), "welcome", Instant(DAY)), None);
        assert_eq!(enrollment(&program, &by_hand, "gone", Instant(DAY)), None);
    }

    #[test]
    fn steps_in_branches_are_named_by_their_places() {
        let program = program();
        let steps = steps_of(program.playbook(), &program.playbook().sequences[0]);
        let ids: Vec<&str> = steps.iter().map(|step| step.id.as_str()).collect();
        assert_eq!(ids, ["pause", "first", "keen", "3", "3.then.0", "rest"]);
        assert_eq!(steps[1].words, "Send the e-mail “The hello”.");
    }
}
