//! Whom a broadcast goes to, and when: asked of some leads at a time, by the count before and by the freezing alike.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::condition::sampled;
use attractor_engine::time::Instant;
use attractor_live::Versions;
use attractor_store::broadcasts::Broadcast;
use attractor_store::copies::{self, CopySource, CopyState, Dispatch, MailCopy};
use attractor_store::{BroadcastId, Connection, Error, LeadId, leads};
use jiff::tz::TimeZone;

use super::report::facts::not_opened;
use super::schedule::{Schedule, SendTime};
use super::settings::{Document, Understood};
use crate::audience::AudienceQuery;
use crate::leads::joined::predecessors;
use crate::leads::{addresses, profiles};
use crate::refusal::Refusal;
use crate::sending::best::is_had;
use crate::sending::zone::zone_of;

/// The class of every copy of a broadcast.
const CLASS: &str = "marketing";

/// A broadcast, ready to be asked of any lead whether and when it gets it.
pub struct Recipients {
    id: BroadcastId,
    email: String,
    holdout: f64,
    query: AudienceQuery,
    /// Who gets it first, where not everybody does.
    early: Option<AudienceQuery>,
    resend_of: Option<BroadcastId>,
    pub schedule: Schedule,
    versions: Versions,
    /// When the copies are asked for.
    asked_at: Instant,
}

/// Somebody who gets a broadcast.
#[derive(Clone, Debug)]
pub struct Recipient {
    pub lead: LeadId,
    /// In canonical form.
    pub address: String,
    pub time: SendTime,
    /// No time zone of the lead is known: the account's stands in.
    pub is_zone_unknown: bool,
    /// It gets it before the rest.
    pub is_early: bool,
}

/// Those among some leads who get a broadcast.
#[derive(Debug, Default)]
pub struct Recipiency {
    /// How many leads the condition holds of.
    pub matching: i64,
    pub without_address: i64,
    pub held_out: i64,
    /// In the order of the leads that were asked about.
    pub recipients: Vec<Recipient>,
}

/// How many leads get the e-mail of a broadcast from another source too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// They have had it.
    pub had: i64,
    /// Another copy waits for them or is a draft, and they have not had it.
    pub waiting: i64,
}

impl Recipients {
    /// A broadcast that is, or would be, started at an instant.
    pub fn of(
        versions: Versions,
        broadcast: &Broadcast,
        document: &Document,
        understood: &Understood,
        started_at: Instant,
    ) -> Result<Recipients, Refusal> {
        let early = understood.early.as_ref().map(|(text, _)| AudienceQuery::read(versions.clone(), text));
        Ok(Recipients {
            id: broadcast.id,
            email: understood.email.clone(),
            holdout: understood.holdout,
            query: AudienceQuery::read(versions.clone(), &understood.audience)?,
            early: early.transpose()?,
            resend_of: document.resend_of,
            schedule: Schedule::of(understood, started_at),
            versions,
            asked_at: started_at,
        })
    }

    /// Who of these leads gets it, as they are at an instant.
    pub fn among(
        &mut self,
        connection: &mut Connection,
        rows: Vec<leads::Lead>,
        at: Instant,
    ) -> Result<Recipiency, Error> {
        let rows = self.matching(connection, rows, at)?;
        let mut addresses = addresses::of(connection, &rows)?;
        let early = self.early_of(connection, &rows, at)?;
        let zones = self.zones_of(connection, &rows)?;
        let mut found = Recipiency { matching: rows.len() as i64, ..Recipiency::default() };
        for row in rows {
            let Some(address) = addresses.remove(&row.id) else {
                found.without_address += 1;
                continue;
            };
            if sampled(self.holdout, &format!("broadcast/{}", self.id), &row.name) {
                found.held_out += 1;
                continue;
            }
            let zone = zones.get(&row.id);
            let is_early = early.contains(&row.id);
            let time = self.schedule.send_time(zone.unwrap_or(&self.account_zone(&row)), is_early);
            let is_zone_unknown = self.schedule.is_local() && zone.is_none();
            found.recipients.push(Recipient { lead: row.id, address, time, is_zone_unknown, is_early });
        }
        Ok(found)
    }

    /// Those of whom the condition holds; of a repetition, those who provably did not open the original.
    fn matching(
        &mut self,
        connection: &mut Connection,
        mut rows: Vec<leads::Lead>,
        at: Instant,
    ) -> Result<Vec<leads::Lead>, Error> {
        rows.retain(|row| row.became.is_none() && row.first_at.is_some());
        if let Some(original) = self.resend_of {
            let unopened = not_opened(connection, original, &rows)?;
            rows.retain(|row| unopened.contains(&row.id));
            return Ok(rows);
        }
        let holds = self.query.of(connection, &rows, at)?;
        Ok(rows.into_iter().zip(holds).filter(|(_, holds)| *holds).map(|(row, _)| row).collect())
    }

    fn early_of(
        &mut self,
        connection: &mut Connection,
        rows: &[leads::Lead],
        at: Instant,
    ) -> Result<BTreeSet<LeadId>, Error> {
        let Some(query) = &mut self.early else { return Ok(BTreeSet::new()) };
        let holds = query.of(connection, rows, at)?;
        Ok(rows.iter().zip(holds).filter(|(_, holds)| *holds).map(|(row, _)| row.id).collect())
    }

    /// The zones of leads where the schedule asks for them.
    fn zones_of(&self, connection: &mut Connection, rows: &[leads::Lead]) -> Result<BTreeMap<LeadId, TimeZone>, Error> {
        if !self.schedule.is_local() {
            return Ok(BTreeMap::new());
        }
        let profiles = profiles::of(connection, rows)?;
        let zone = |(id, profile)| Some((id, zone_of(&profile, self.versions.zones())?));
        Ok(profiles.into_iter().filter_map(zone).collect())
    }

    /// The zone of the playbook that a lead lives under.
    fn account_zone(&self, row: &leads::Lead) -> TimeZone {
        let under = self.versions.of(&row.name);
        under.and_then(|under| self.versions.zones().get(under.program.zone()).ok()).unwrap_or(TimeZone::UTC)
    }

    /// How many of these leads get the e-mail from another source too, themselves or under an id that is theirs now;
    /// to none where it goes out again to those who did not open it.
    pub fn elsewhere(&self, connection: &mut Connection, leads: BTreeSet<LeadId>) -> Result<Elsewhere, Error> {
        if self.resend_of.is_some() || leads.is_empty() {
            return Ok(Elsewhere::default());
        }
        let before = predecessors(connection, leads.iter().copied())?;
        let all: Vec<LeadId> = leads.iter().chain(before.keys()).copied().collect();
        let this = CopySource::Broadcast(self.id.to_string());
        let mut others = copies::of_email(connection, &all, &self.email)?;
        others.retain(|copy| copy.source != this);
        let leads_of = |is_meant: &dyn Fn(&MailCopy) -> bool| -> BTreeSet<LeadId> {
            let meant = others.iter().filter(|copy| is_meant(copy));
            meant.map(|copy| before.get(&copy.lead).copied().unwrap_or(copy.lead)).collect()
        };
        let had = leads_of(&is_had);
        let waiting = leads_of(&|copy: &MailCopy| matches!(copy.state, CopyState::Draft | CopyState::Waiting));
        Ok(Elsewhere { had: had.len() as i64, waiting: waiting.difference(&had).count() as i64 })
    }

    /// The copy for somebody. In waves it has no turn until all are known.
    pub fn copy(&self, recipient: &Recipient, in_waves: bool) -> MailCopy {
        MailCopy {
            lead: recipient.lead,
            source: CopySource::Broadcast(self.id.to_string()),
            email: Some(self.email.clone()),
            class: CLASS.to_owned(),
            asked_at: self.asked_at.0,
            not_after: Some(recipient.time.not_after.0),
            state: CopyState::Waiting,
            reason: None,
            until: None,
            dispatch: Dispatch { due: (!in_waves).then_some(recipient.time.due.0), ..Dispatch::default() },
        }
    }
}
