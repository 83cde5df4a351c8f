//! The calls that a lead has ahead, as the lead and its explanation show them.

use attractor_engine::printable::line;
use attractor_engine::time::Instant;
use attractor_store::calls::Call;
use attractor_store::{Connection, Error, LeadId};
use serde::Serialize;
use utoipa::ToSchema;

use super::document::{CallDocument, Reason};
use super::opening::all_ahead;
use super::rank::is_late;
use super::words;
use crate::closed_lists::CallStateName;
use crate::moves::instant;

/// A call that sales is to make to a lead
#[derive(Debug, Serialize, ToSchema)]
pub struct CallAhead {
    pub id: String,
    #[schema(value_type = CallStateName)]
    pub state: &'static str,
    /// How far it is, in one sentence, in English
    pub what: String,
    /// Why it is to be made, the first reason first, in the words of sequences and users
    pub reasons: Vec<String>,
    /// The address of the user whose call it is; null where there is nobody
    pub owner: Option<String>,
    #[schema(format = DateTime)]
    pub opened_at: String,
    /// Within working hours, and never before the end of a snooze
    #[schema(format = DateTime)]
    pub due_at: String,
    /// It is due
    pub late: bool,
    /// It was put off until then; null where it was not, or that is over
    #[schema(format = DateTime)]
    pub snoozed_until: Option<String>,
}

/// The calls of a lead that were opened by an instant and have not ended, the first one first; `minute` is what clocks show
/// in the playbook's time zone.
pub(crate) fn ahead(
    connection: &mut Connection,
    lead: LeadId,
    at: Instant,
    minute: &dyn Fn(Instant) -> String,
) -> Result<Vec<CallAhead>, Error> {
    let mut ahead = all_ahead(connection, lead)?;
    ahead.retain(|call| call.opened_at <= at.0);
    ahead.iter().map(|call| shown(call, at, minute)).collect()
}

fn shown(call: &Call, at: Instant, minute: &dyn Fn(Instant) -> String) -> Result<CallAhead, Error> {
    let CallDocument { reasons, .. } = CallDocument::of(call)?;
    Ok(CallAhead {
        id: call.id.to_string(),
        state: words::state(call, at),
        what: words::sentence(call, at, minute),
        reasons: reasons.into_iter().map(|Reason { say, .. }| say).collect(),
        owner: call.owner.clone(),
        opened_at: instant(call.opened_at),
        due_at: instant(call.due_at),
        late: is_late(call, at),
        snoozed_until: words::snoozed_until(call, at).map(instant),
    })
}

/// These calls as a part of an explanation; nothing where there are none.
pub(crate) fn text(ahead: &[CallAhead]) -> String {
    let mut text = String::new();
    for call in ahead {
        let owner = call.owner.as_ref().map_or_else(|| "nobody’s yet".to_owned(), |owner| format!("of {owner}"));
        let reasons = call.reasons.join("; ");
        text += &format!("  call {}, {}: {}\n    {}\n", call.id, line(&owner), line(&reasons), line(&call.what));
    }
    if text.is_empty() { text } else { format!("\nCalls\n{text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_told_with_its_owner_its_reasons_and_how_far_it_is() {
        let call = |owner: Option<&str>| CallAhead {
            id: "3".into(),
            state: "open",
            what: "Nobody has taken it, and it is due by 9.".into(),
            reasons: vec!["Asked for a demo".into(), "Turned\nhot".into()],
            owner: owner.map(str::to_owned),
            opened_at: "1".into(),
            due_at: "9".into(),
            late: false,
            snoozed_until: None,
        };
        let expected = "\nCalls\n  call 3, of ada@acme.test: Asked for a demo; Turned\\u000ahot\n    \
                        Nobody has taken it, and it is due by 9.\n";
        assert_eq!(text(&[call(Some("ada@acme.test"))]), expected);
        assert!(text(&[call(None)]).starts_with("\nCalls\n  call 3, nobody’s yet: Asked"), "{}", text(&[call(None)]));
        assert_eq!(text(&[]), "");
    }
}
