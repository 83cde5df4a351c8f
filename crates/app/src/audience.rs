//! Whom a condition holds of. Each lead is asked under the version of the playbook that it lives under; its state answers
//! where it keeps everything that the condition names, else its events do.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::audience::Audience;
use attractor_engine::condition::{Condition, Names};
use attractor_engine::lead::Lead;
use attractor_engine::playbook;
use attractor_engine::program::Event;
use attractor_engine::time::Instant;
use attractor_live::history::{own_emails, pass, sources_of};
use attractor_live::{Slice, Under, Unreadable, Versions};
use attractor_store::{Connection, Error, LeadId, Received, VersionNumber, leads};

use super::refusal::Refusal;
use crate::figures;

/// How many leads' events are held at once, as far as they matter.
const AT_ONCE: usize = 100;

/// A condition, ready to be asked of any lead.
pub struct AudienceQuery {
    versions: Versions,
    text: String,
    sentence: String,
    /// By version; `None` where the condition means nothing under it: a pilot may have dropped what it names.
    audiences: BTreeMap<VersionNumber, Option<Audience>>,
    /// Whether states are asked at all; a test asks events alone.
    pub by_states: bool,
}

impl AudienceQuery {
    /// Reads a condition, JSON, under the playbook in force.
    pub fn read(versions: Versions, text: &str) -> Result<AudienceQuery, Refusal> {
        let in_force = versions.in_force.and_then(|now| Some((now.version, versions.compiled(now.version)?.clone())));
        let (version, program) = in_force.ok_or_else(|| Refusal::Malformed("no playbook is published yet".into()))?;
        let condition = playbook::condition(text, program.playbook()).map_err(Refusal::from)?;
        let audience = Audience::new(&program, &condition, versions.zones()).map_err(Refusal::Malformed)?;
        let sentence = condition.sentence(&Names::of(program.playbook()));
        let audiences = BTreeMap::from([(version, Some(audience))]);
        Ok(AudienceQuery { versions, text: text.to_owned(), sentence, audiences, by_states: true })
    }

    /// The same question, for another thread.
    pub fn again(&self) -> AudienceQuery {
        let AudienceQuery { versions, text, sentence, by_states, .. } = self;
        let (versions, text, sentence) = (versions.clone(), text.clone(), sentence.clone());
        AudienceQuery { versions, text, sentence, audiences: BTreeMap::new(), by_states: *by_states }
    }

    /// What it says, in English.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// Of which of these leads it holds at an instant.
    pub fn of(&mut self, connection: &mut Connection, rows: &[leads::Lead], at: Instant) -> Result<Vec<bool>, Error> {
        let mut holds = vec![false; rows.len()];
        let mut unread = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let Some(under) = self.versions.of(&row.name) else { continue };
            match self.by_state(&under, row, at) {
                Some(answer) => holds[place] = answer,
                None => unread.push((place, under)),
            }
        }
        for some in unread.chunks(AT_ONCE) {
            self.by_events(connection, rows, some, at, &mut holds)?;
        }
        Ok(holds)
    }

    fn by_state(&mut self, under: &Under, row: &leads::Lead, at: Instant) -> Option<bool> {
        let by_states = self.by_states;
        let Some(audience) = self.under(under) else { return Some(false) };
        if !by_states || !audience.reads_states() {
            return None;
        }
        let state = Lead::load(&row.head, &under.program).filter(|lead| lead.name() == row.name)?;
        audience.of_state(&under.program, &state, at)
    }

    fn by_events(
        &mut self,
        connection: &mut Connection,
        rows: &[leads::Lead],
        some: &[(usize, Under)],
        at: Instant,
        holds: &mut [bool],
    ) -> Result<(), Error> {
        some.iter().for_each(|(_, under)| _ = self.under(under));
        let audience = |of: usize| self.audiences.get(&some[of].1.version).and_then(Option::as_ref);
        // Of a lead whose events cannot be read, nothing holds.
        let (mut unreadable, mut damaged) = (Vec::new(), vec![false; some.len()]);
        let mut note = |of: usize, what, why| {
            unreadable.push(Unreadable { what, lead: rows[some[of].0].id, why });
            damaged[of] = true;
        };
        let mut sources: Vec<Vec<Slice>> = Vec::with_capacity(some.len());
        for (of, (place, _)) in some.iter().enumerate() {
            sources.push(sources_of(&rows[*place]).unwrap_or_else(|error| {
                note(of, "sources", error.to_string());
                Vec::new()
            }));
        }
        let (mut heard, mut contested): (Vec<Vec<Heard>>, Vec<Contested>) = (Vec::new(), Vec::new());
        heard.resize_with(some.len(), Vec::new);
        pass(connection, &sources, |of, event| {
            let Some(audience) = audience(of) else { return Ok(()) };
            let mut asked = None;
            let has_email = |email: &str| {
                asked = Some(email.to_owned());
                true
            };
            match audience.read(event.message, Instant(event.at), has_email) {
                Ok(read) => {
                    let (lead, place) = (rows[some[of].0].id, heard[of].len());
                    contested.extend(asked.map(|email| Contested { of, lead, place, email }));
                    let id = (sources[of].len() > 1).then(|| event.message_id.to_owned());
                    heard[of].push(Heard { id, received: event.received, event: read });
                }
                Err(why) => note(of, "event", format!("the stored message {}: {why}", event.message_id)),
            }
            Ok(())
        })?;
        figures::unreadable(&unreadable);
        for Contested { of, place, .. } in of_others(connection, contested)? {
            if let Some(audience) = audience(of) {
                audience.without_email(&mut heard[of][place].event);
            }
        }
        for (of, mut heard) in heard.into_iter().enumerate() {
            let place = some[of].0;
            if damaged[of] {
                continue;
            }
            put_in_order(&mut heard);
            let events = heard.iter().map(|heard| &heard.event);
            holds[place] = audience(of).is_some_and(|audience| audience.of_events(&rows[place].name, events, at));
        }
        Ok(())
    }

    fn under(&mut self, under: &Under) -> Option<&Audience> {
        let AudienceQuery { versions, text, audiences, .. } = self;
        let made = audiences.entry(under.version).or_insert_with(|| {
            let condition: Condition = playbook::condition(text, under.program.playbook()).ok()?;
            Audience::new(&under.program, &condition, versions.zones()).ok()
        });
        made.as_ref()
    }
}

/// One of a lead's events, as far as a condition asks.
struct Heard {
    /// Where the lead's events stand under more than one identity: one id may be there twice.
    id: Option<String>,
    received: Received,
    event: Event,
}

/// A public event that gives an e-mail: its place among the leads that are asked and among its lead's events.
struct Contested {
    of: usize,
    lead: LeadId,
    place: usize,
    email: String,
}

/// Those whose e-mail belongs to another lead. Few leads have any, so the e-mails of all are not read.
fn of_others(connection: &mut Connection, mut contested: Vec<Contested>) -> Result<Vec<Contested>, Error> {
    let leads: BTreeSet<LeadId> = contested.iter().map(|event| event.lead).collect();
    let own = own_emails(connection, &leads.into_iter().collect::<Vec<_>>())?;
    contested.retain(|event| !own.contains(&(event.lead, event.email.clone())));
    Ok(contested)
}

/// Puts a lead's events in order; of several with one id the first received stays.
fn put_in_order(heard: &mut Vec<Heard>) {
    if heard.first().is_some_and(|first| first.id.is_some()) {
        heard.sort_by(|a, b| a.id.cmp(&b.id).then(a.received.cmp(&b.received)));
        heard.dedup_by(|later, first| later.id == first.id);
    }
    heard.sort_by_key(|heard| (heard.event.at, heard.received));
}
