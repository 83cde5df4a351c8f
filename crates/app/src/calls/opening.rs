//! How a call is opened, or gains a reason where its lead has one ahead.

use attractor_engine::time::Instant;
use attractor_engine::vocabulary::kind;
use attractor_live::{Arrived, Deed, Taken, Versions};
use attractor_store::calls::{self, Call, CallState};
use attractor_store::{Connection, Error, LeadId, leads};
use serde_json::{Map, json};

use super::Now;
use super::desk::Desk;
use super::document::{CallAction, CallDocument, Entry, Reason};
use super::lead::{KnownLead, known};
use super::owners::{Looking, counts};
use super::posted::{CallEvent, post};
use super::rank::is_snoozed;
use crate::hand::message::Writer;
use crate::leads::joined::with_predecessors;
use crate::team::recipients::users;

/// The author of what the server does by itself.
const BY: &str = "calls";

/// Opens calls in one transaction. What follows for their leads is taken in at its end ([`Opening::finish`]), because until
/// then profiles are read from the store.
pub(crate) struct Opening<'o> {
    desk: &'o Desk,
    versions: Versions,
    now: Now,
    messages: Vec<Arrived>,
}

impl<'o> Opening<'o> {
    pub fn begin(connection: &mut Connection, desk: &'o Desk, now: Now) -> Result<Opening<'o>, Error> {
        Ok(Opening { desk, versions: desk.versions(connection)?, now, messages: Vec::new() })
    }

    /// Where sales works.
    pub fn zone(&self) -> jiff::tz::TimeZone {
        self.desk.zone(&self.versions)
    }

    /// The playbooks that leads live under.
    pub fn versions(&self) -> &Versions {
        &self.versions
    }

    /// Opens the call of a lead, or gives the one that it has another reason. `owner` is the address of a user, where somebody
    /// says whose it is.
    pub fn open(
        &mut self,
        connection: &mut Connection,
        row: &leads::Lead,
        reason: Reason,
        owner: Option<String>,
    ) -> Result<Call, Error> {
        if let Some(call) = ahead_of(connection, row)? {
            return self.again(connection, row, call, reason);
        }
        let leads = known(connection, &self.versions, std::slice::from_ref(row))?;
        let lead = leads.get(&row.id);
        let of_lead = lead.map(|lead| self.owners(connection, lead)).transpose()?;
        let (own, found) = of_lead.unwrap_or_default();
        let owner = owner.or(found);
        if let Some(owner) = owner.as_ref().filter(|owner| Some(*owner) != own.as_ref()) {
            self.messages.extend(owned(connection, row, owner, BY, self.now.leads)?);
        }
        let mut document = CallDocument::default();
        document.add([reason]);
        let call = Call {
            id: calls::next_id(connection)?,
            lead: row.id,
            state: CallState::Open,
            owner,
            opened_at: self.now.leads.0,
            due_at: self.due(),
            snoozed_until: None,
            escalated_at: None,
            logged_at: None,
            ended_at: None,
            outcome: None,
            document: document.text()?,
        };
        calls::save(connection, &call)?;
        post(connection, CallEvent::Opened, &call, lead, self.now)?;
        Ok(call)
    }

    /// Gives a call another reason. One that was put off comes back as if it had just been opened: whoever put it off did
    /// not know of this. One that somebody is seeing to goes on as it is.
    fn again(
        &self,
        connection: &mut Connection,
        row: &leads::Lead,
        mut call: Call,
        reason: Reason,
    ) -> Result<Call, Error> {
        let mut document = CallDocument::of(&call)?;
        document.add([reason]);
        let is_back = is_snoozed(&call, self.now.leads);
        if is_back {
            document.note(Entry::new(CallAction::Reopened, self.now.leads.0, None));
            call = reopened(call, self.due());
        }
        call.document = document.text()?;
        calls::save(connection, &call)?;
        if is_back {
            let leads = known(connection, &self.versions, std::slice::from_ref(row))?;
            post(connection, CallEvent::Opened, &call, leads.get(&row.id), self.now)?;
        }
        Ok(call)
    }

    /// When a call is due that is opened now.
    fn due(&self) -> i64 {
        self.desk.due(self.now.leads, &self.zone()).0
    }

    /// Who owns the lead, and whose its call is.
    fn owners(&self, connection: &mut Connection, lead: &KnownLead) -> Result<(Option<String>, Option<String>), Error> {
        let (users, calls) = (users(connection)?, counts(connection)?);
        let (profile, primary_interest) = (&lead.profile, lead.primary_interest());
        let looking = Looking { profile, primary_interest, users: &users, calls: &calls };
        Ok((looking.of_lead(), looking.owner(&self.desk.rules)))
    }

    /// Takes in whose leads are whose now.
    pub fn finish(self, deed: &mut Deed) -> Result<(), Error> {
        take(deed, &self.messages)
    }
}

/// A call that is put off no more: it waits for its owner like a new one, and escalates like one.
fn reopened(call: Call, due_at: i64) -> Call {
    Call { state: CallState::Open, due_at, snoozed_until: None, escalated_at: None, ..call }
}

/// Takes messages about leads in; one that is refused is logged, because what was noted of calls is true without it.
pub(super) fn take(deed: &mut Deed, messages: &[Arrived]) -> Result<(), Error> {
    for taken in deed.take(messages)? {
        if let Taken::Refused(why) = taken {
            tracing::error!(why, "what was done with a call could not be noted of its lead");
        }
    }
    Ok(())
}

/// The call of a lead that has not ended: the oldest one.
pub fn ahead_of(connection: &mut Connection, row: &leads::Lead) -> Result<Option<Call>, Error> {
    Ok(all_ahead(connection, row.id)?.into_iter().next())
}

/// The calls of a lead that have not ended, the oldest one first.
pub(super) fn all_ahead(connection: &mut Connection, lead: LeadId) -> Result<Vec<Call>, Error> {
    let mut ahead = Vec::new();
    for lead in with_predecessors(connection, lead)? {
        ahead.extend(calls::of_lead(connection, lead)?.into_iter().filter(|call| call.ended_at.is_none()));
    }
    ahead.sort_by_key(|call| call.id);
    Ok(ahead)
}

/// The messages that say whose a lead is.
pub(super) fn owned(
    connection: &mut Connection,
    row: &leads::Lead,
    owner: &str,
    by: &str,
    now: Instant,
) -> Result<Vec<Arrived>, Error> {
    let writer = Writer { lead: row, by, at: now.max(Instant(row.at)) };
    let properties = Map::from_iter([("owner".to_owned(), json!(owner))]);
    writer.track(connection, kind::OWNER_SET, properties)
}
