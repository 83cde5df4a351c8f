//! How far a call is, for people: its state, how it ended, and both in a sentence. A call that is put off has neither ended
//! nor is it to be made.

use attractor_engine::time::Instant;
use attractor_store::calls::{Call, CallState};

use super::document::CallOutcome;
use super::rank::{is_late, is_snoozed};

/// How far a call can be at an instant, as the API writes it.
pub const STATES: [&str; 4] = ["open", "taken", SNOOZED, "done"];

/// The state of a call that somebody put off. It is not stored: the snooze ends by itself.
const SNOOZED: &str = "snoozed";

/// How far a call is at an instant.
pub(super) fn state(call: &Call, now: Instant) -> &'static str {
    if is_snoozed(call, now) { SNOOZED } else { call.state.name() }
}

/// How a call ended; `None` while it has not.
pub(super) fn outcome(call: &Call) -> Option<String> {
    call.outcome.clone().filter(|_| call.ended_at.is_some())
}

/// What was logged of a call that goes on.
pub(super) fn last_outcome(call: &Call) -> Option<String> {
    call.outcome.clone().filter(|_| call.ended_at.is_none())
}

/// Until when it is put off; `None` where it is not, or has ended.
pub(super) fn snoozed_until(call: &Call, now: Instant) -> Option<i64> {
    call.snoozed_until.filter(|_| is_snoozed(call, now))
}

/// How far a call is, in a sentence; `minute` is what clocks show in the playbook's time zone.
pub(super) fn sentence(call: &Call, now: Instant, minute: &dyn Fn(Instant) -> String) -> String {
    let at = |at: i64| minute(Instant(at));
    let said = call.outcome.as_deref().and_then(CallOutcome::named).map(outcome_words);
    if let Some(ended) = call.ended_at {
        return format!("It ended on {}: {}.", at(ended), said.unwrap_or("no outcome was logged"));
    }
    let said = said.map(|said| format!("; last logged: {said}")).unwrap_or_default();
    let due = at(call.due_at);
    if let Some(until) = snoozed_until(call, now) {
        return format!("It is put off until {}, and due by {due}{said}.", at(until));
    }
    let whose = match (call.state, &call.owner) {
        (CallState::Taken, Some(owner)) => format!("{owner} has taken it"),
        (CallState::Taken, None) => "Somebody has taken it".to_owned(),
        (CallState::Open | CallState::Done, _) => "Nobody has taken it".to_owned(),
    };
    let is_due = if is_late(call, now) { "it was due on" } else { "it is due by" };
    format!("{whose}, and {is_due} {due}{said}.")
}

fn outcome_words(outcome: CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Reached => "the lead was spoken to",
        CallOutcome::Meeting => "a meeting was agreed",
        CallOutcome::NotNow => "the lead does not want to talk now",
        CallOutcome::BadFit => "the lead is a bad fit for sales",
        CallOutcome::NoAnswer => "nobody answered",
    }
}

#[cfg(test)]
mod tests {
    use attractor_store::{CallId, LeadId};

    use super::*;

    fn call(state: CallState, snoozed_until: Option<i64>, ended_at: Option<i64>, outcome: Option<&str>) -> Call {
        Call {
            id: CallId(1),
            lead: LeadId(414),
            state,
            owner: Some("ada@acme.test".into()),
            opened_at: 1,
            due_at: 90,
            snoozed_until,
            escalated_at: None,
            logged_at: None,
            ended_at,
            outcome: outcome.map(str::to_owned),
            document: String::new(),
        }
    }

    #[test]
    fn state_outcome_and_sentence_say_the_same() {
        use CallState::{Done, Open, Taken};
        for (call, now, shown, words) in [
            (call(Open, None, None, None), 10, "open", "Nobody has taken it, and it is due by 90."),
            (call(Open, None, None, None), 90, "open", "Nobody has taken it, and it was due on 90."),
            (call(Taken, None, None, None), 10, "taken", "ada@acme.test has taken it, and it is due by 90."),
            (
                call(Taken, None, None, Some("no_answer")),
                10,
                "taken",
                "ada@acme.test has taken it, and it is due by 90; last logged: nobody answered.",
            ),
            (call(Open, Some(80), None, None), 10, "snoozed", "It is put off until 80, and due by 90."),
            (
                call(Taken, Some(80), None, Some("not_now")),
                10,
                "snoozed",
                "It is put off until 80, and due by 90; last logged: the lead does not want to talk now.",
            ),
            (
                call(Taken, Some(80), None, Some("not_now")),
                80,
                "taken",
                "ada@acme.test has taken it, and it is due by 90; last logged: the lead does not want to talk now.",
            ),
            (
                call(Done, None, Some(20), Some("not_now")),
                30,
                "done",
                "It ended on 20: the lead does not want to talk now.",
            ),
            (call(Done, Some(80), Some(20), Some("reached")), 30, "done", "It ended on 20: the lead was spoken to."),
        ] {
            let now = Instant(now);
            assert_eq!(state(&call, now), shown, "{call:?}");
            assert_eq!(sentence(&call, now, &|at| at.0.to_string()), words);
            let (ended, going_on) = (outcome(&call), last_outcome(&call));
            assert_eq!(ended.is_some(), shown == "done", "{call:?}");
            assert_eq!(ended.or(going_on), call.outcome);
            assert!(STATES.contains(&shown));
        }
        assert!(CallState::ALL.iter().all(|state| STATES.contains(&state.name())));
    }
}
