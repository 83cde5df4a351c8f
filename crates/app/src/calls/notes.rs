//! Calls as mails to the team show them.

use attractor_engine::time::Instant;
use attractor_store::Error;
use attractor_store::calls::Call;
use jiff::tz::TimeZone;

use super::desk::{Desk, shown};
use super::document::CallDocument;
use super::lead::KnownLead;
use super::rank::is_late;
use crate::leads::heading::heading;
use crate::team::calls::CallNote;

/// A call of a lead with this heading and phone.
pub(crate) fn note(
    call: &Call,
    (heading, phone): (String, Option<String>),
    (desk, zone): (&Desk, &TimeZone),
    now: Instant,
) -> Result<CallNote, Error> {
    let reasons = CallDocument::of(call)?.reasons.into_iter().map(|reason| reason.say).collect();
    Ok(CallNote {
        heading,
        phone,
        reasons,
        owner: call.owner.clone(),
        due: shown(Instant(call.due_at), zone),
        is_late: is_late(call, now),
        link: format!("{}/api/leads/id:{}", desk.address, call.lead),
    })
}

/// A call of a lead of whom this is known.
pub(super) fn of_lead(
    call: &Call,
    lead: &KnownLead,
    place: (&Desk, &TimeZone),
    now: Instant,
) -> Result<CallNote, Error> {
    let heading = heading(&lead.profile, lead.email.as_deref()).unwrap_or_else(|| lead.row.name.clone());
    note(call, (heading, lead.text("phone")), place, now)
}
