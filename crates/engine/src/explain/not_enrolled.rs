//! Why somebody who enrolls a lead by hand would not have it enrolled (contract §4.10, 11), found by the same step that
//! decides.

use super::Explaining;
use super::why_not::Missing;
use crate::ask::{Asking, Curves};
use crate::condition::Names;
use crate::lead::Lead;
use crate::playbook::While;
use crate::program::{Event, Program};
use crate::step::{Change, Sends, Stepper, What};
use crate::time::Instant;

/// What keeps a lead out of a sequence that somebody enrolls it in by hand.
#[derive(Clone, Debug, PartialEq)]
pub enum NotEnrolled {
    /// It is in the sequence, since this instant.
    AlreadyIn(Instant),
    /// Up to and including this instant, what is known of it is history, which enrolls nobody.
    History(Instant),
    /// The goal of the sequence holds already; its sentence.
    GoalReached(String),
    /// Its `while` does not hold: what is missing.
    WhileFails(Missing),
}

/// Why an event that enrolls the lead in a sequence, by the sequence's id, would not do so; `None` where it would. The event
/// is not earlier than the lead's last input.
pub fn not_enrolled(program: &Program, lead: &Lead, id: &str, event: &Event) -> Option<NotEnrolled> {
    let place = program.playbook().sequences.iter().position(|sequence| sequence.id == id)?;
    let number = u32::try_from(place).ok()?;
    let mut stepper = Stepper::new(program, lead.clone(), Sends::Reported);
    stepper.advance(event.at);
    let enrollment = stepper.lead.sequences.get(number).and_then(|track| track.enrollment.as_ref());
    let before = enrollment.map(|enrollment| enrollment.began);
    stepper.effects.clear();
    stepper.event(event);
    let enrolled = What::Sequence { sequence: number, change: Change::Enrolled };
    if stepper.effects.iter().any(|effect| effect.what == enrolled) {
        return None;
    }
    before.map(NotEnrolled::AlreadyIn).or_else(|| reason(program, &stepper.lead, place, event.at))
}

fn reason(program: &Program, lead: &Lead, place: usize, at: Instant) -> Option<NotEnrolled> {
    if let Some(until) = lead.history_until.filter(|until| at <= *until) {
        return Some(NotEnrolled::History(until));
    }
    let (declared, sequence) = (&program.playbook().sequences[place], &program.sequences[place]);
    let mut curves = Curves::new(program);
    let mut asking = Asking { program, lead, at, curves: &mut curves, began: at };
    let names = Names::of(program.playbook());
    if let (Some(goal), Some(said)) = (&sequence.goal, &declared.goal)
        && asking.ask(goal).holds
    {
        return Some(NotEnrolled::GoalReached(said.sentence(&names)));
    }
    match &declared.while_ {
        While::Condition(said) if !asking.ask(&sequence.stay_by_hand).holds => {
            let mut explaining = Explaining { program, names, asking };
            Some(NotEnrolled::WhileFails(explaining.missing(&sequence.stay_by_hand, said, true)))
        }
        _ => None,
    }
}

impl Missing {
    /// In one line: “has no won deal (the deal is won); is in Warm (is in Cold)”.
    pub fn in_a_line(&self) -> String {
        let joined = |parts: &[Missing], between: &str| {
            let parts: Vec<String> = parts.iter().map(Missing::in_a_line).collect();
            parts.join(between)
        };
        match self {
            Missing::Clause(clause) => {
                let wanted = clause.wanted.split_whitespace().collect::<Vec<_>>().join(" ");
                if clause.found.is_empty() { wanted } else { format!("{wanted} ({})", clause.found) }
            }
            Missing::All(parts) => joined(parts, "; "),
            Missing::OneOf(parts) => joined(parts, ", or "),
            Missing::Held(why) => why.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZoneDatabase;

    use super::*;
    use crate::message::{Message, Wanted};
    use crate::playbook::read;

    const TEXT: &str = "playbook: shop
sequences:
  - {id: open, enroll: {event: Form Submitted}, steps: [{wait: 3d}]}
  - {id: german, enroll: {event: Form Submitted}, while: {attribute: country, eq: DE}, steps: [{wait: 3d}]}
  - {id: done, enroll: {event: Form Submitted}, goal: {attribute: country, eq: US}, steps: [{wait: 3d}]}
";

    fn event(program: &Program, at: &str, body: &str) -> Event {
        let json = format!(r#"{{"userId": "ada", "timestamp": "1970-01-01T00:00:0{at}Z", {body}}}"#);
        let mut event = Event::default();
        program.distill(&Message::parse(&json, &Wanted::Everything).unwrap(), &mut event);
        event
    }

    fn enrolled(program: &Program, sequence: &str, at: &str) -> Event {
        let properties = format!(r#""properties": {{"sequence": "{sequence}"}}"#);
        event(program, at, &format!(r#""type": "track", "event": "Sequence Entered", {properties}"#))
    }

    #[test]
    fn what_keeps_a_lead_out_is_named() {
        let program = Program::new(read(TEXT).playbook.unwrap(), &TimeZoneDatabase::bundled()).unwrap();
        let country = |known: &str, context: &str| {
            event(
                &program,
                "1",
                &format!(r#""type": "identify", "traits": {{"country": "{known}"}}, "context": {context}"#),
            )
        };
        let after = |events: &[Event]| {
            let mut stepper = Stepper::new(&program, Lead::new("ada"), Sends::Reported);
            events.iter().for_each(|event| stepper.event(event));
            stepper.into_lead()
        };
        let american = after(&[country("US", "{}")]);
        let why = |lead: &Lead, sequence: &str, at: &str| {
            not_enrolled(&program, lead, sequence, &enrolled(&program, sequence, at))
        };
        assert_eq!(why(&american, "open", "2"), None);
        assert_eq!(why(&american, "none", "2"), None, "another check names what is not declared");
        assert_eq!(why(&after(&[country("DE", "{}")]), "german", "2"), None);
        let Some(NotEnrolled::WhileFails(missing)) = why(&american, "german", "2") else { panic!("it is not German") };
        assert!(missing.in_a_line().contains("DE") && missing.in_a_line().contains("US"), "{}", missing.in_a_line());
        assert!(matches!(why(&american, "done", "2"), Some(NotEnrolled::GoalReached(goal)) if goal.contains("US")));
        let inside = after(&[country("US", "{}"), enrolled(&program, "open", "2")]);
        assert_eq!(why(&inside, "open", "3"), Some(NotEnrolled::AlreadyIn(Instant(2_000))));
        let past = after(&[country("US", r#"{"history": true}"#)]);
        assert_eq!(why(&past, "open", "1"), Some(NotEnrolled::History(Instant(1_000))));
        assert_eq!(why(&past, "open", "2"), None);
    }
}
