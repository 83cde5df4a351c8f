//! Whether a lead that somebody enrolls by hand would be enrolled: what would have no effect is refused with the reason.

use attractor_engine::condition::Names;
use attractor_engine::explain::{NotEnrolled, not_enrolled};
use attractor_engine::message::{Message, Wanted};
use attractor_engine::program::Event;
use attractor_engine::time::Instant;
use attractor_live::{Arrived, Versions};
use attractor_store::{Connection, Error, leads};

use crate::leads::one::present_state;

/// Why the last of these messages would not enroll a lead in a sequence, with what would help; `None` where it would.
pub(super) fn refusal(
    connection: &mut Connection,
    versions: &Versions,
    row: &leads::Lead,
    sequence: &str,
    messages: &[Arrived],
) -> Result<Option<String>, Error> {
    let Some(under) = versions.of(&row.name) else { return Ok(None) };
    let (program, version) = (under.program.clone(), under.version);
    if program.playbook().sequences.iter().all(|declared| declared.id != sequence) {
        let why = format!("the lead lives under version {version} of the playbook, which has no sequence `{sequence}`");
        return Ok(Some(why));
    }
    let lead = present_state(connection, row, under)?;
    let message = messages.last().and_then(|last| Message::parse(&last.json, &Wanted::Everything).ok());
    let Some(message) = message else { return Ok(None) };
    let mut event = Event::default();
    program.distill(&message, &mut event);
    let minute = |at: Instant| program.minute_with_zone(at);
    let names = Names::of(program.playbook());
    let why = not_enrolled(&program, &lead, sequence, &event);
    Ok(why.map(|why| in_words(&why, names.sequence(sequence), &minute)))
}

fn in_words(why: &NotEnrolled, name: &str, minute: &dyn Fn(Instant) -> String) -> String {
    match why {
        NotEnrolled::AlreadyIn(began) => {
            let began = minute(*began);
            format!(
                "the lead has been in the sequence “{name}” since {began}; to begin it anew, stop it first (`stop`)"
            )
        }
        NotEnrolled::History(until) => {
            let until = minute(*until);
            format!(
                "what is known of the lead is history up to {until}, and history enrolls nobody; try again after that"
            )
        }
        NotEnrolled::GoalReached(goal) => {
            format!("the lead has reached the goal of the sequence “{name}” already: {goal}; no e-mail is left to send")
        }
        NotEnrolled::WhileFails(missing) => format!(
            "the sequence “{name}” would end at once for this lead, because its `while` does not hold; missing: {}. Enroll \
             the lead when this holds, or change `while` in the playbook",
            missing.in_a_line()
        ),
    }
}

#[cfg(test)]
mod tests {
    use attractor_engine::explain::{HeldReason, Missing};

    use super::*;

    #[test]
    fn each_reason_says_what_would_help() {
        let minute = |at: Instant| at.0.to_string();
        let missing = Missing::All(vec![Missing::Held(HeldReason::Banned), Missing::Held(HeldReason::ByHand)]);
        for (why, has) in [
            (NotEnrolled::AlreadyIn(Instant(5)), ["“Welcome” since 5", "stop it first"]),
            (NotEnrolled::History(Instant(7)), ["history up to 7", "try again after that"]),
            (NotEnrolled::GoalReached("has a won deal".into()), ["“Welcome” already: has a won deal", "no e-mail"]),
            (
                NotEnrolled::WhileFails(missing),
                ["missing: banned by hand and not released since; it is held by hand. Enroll", "change `while`"],
            ),
        ] {
            let words = in_words(&why, "Welcome", &minute);
            assert!(has.iter().all(|part| words.contains(part)), "{words}");
        }
    }
}
