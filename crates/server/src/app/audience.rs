//! Whom a condition holds of. Each lead is asked under the version of the playbook that it lives under; its state answers
//! where it keeps everything that the condition names, else its events do.

use std::collections::BTreeMap;

use attractor_engine::audience::Audience;
use attractor_engine::condition::{Condition, Names};
use attractor_engine::lead::Lead;
use attractor_engine::playbook;
use attractor_engine::time::Instant;
use attractor_live::history::{histories, sources_of};
use attractor_live::{Under, Versions};
use attractor_store::{Connection, Error, Kind, leads};

use super::refusal::Refusal;

/// How many leads' events are held at once.
const AT_ONCE: usize = 50;

/// A condition, ready to be asked of any lead.
pub struct Question {
    versions: Versions,
    text: String,
    sentence: String,
    /// By version; `None` where the condition means nothing under it: a pilot may have dropped what it names.
    audiences: BTreeMap<i64, Option<Audience>>,
    /// Whether states are asked at all; a test asks events alone.
    pub by_states: bool,
}

impl Question {
    /// Reads a condition, JSON, under the playbook in force.
    pub fn read(versions: Versions, text: &str) -> Result<Question, Refusal> {
        let in_force = versions.in_force.and_then(|now| Some((now.version, versions.compiled(now.version)?.clone())));
        let (version, program) = in_force.ok_or_else(|| Refusal::Bad("no playbook is published yet".into()))?;
        let condition = playbook::condition(text, program.playbook()).map_err(Refusal::Invalid)?;
        let audience = Audience::new(&program, &condition, versions.zones()).map_err(Refusal::Bad)?;
        let sentence = condition.outline(&Names::of(program.playbook()));
        let audiences = BTreeMap::from([(version, Some(audience))]);
        Ok(Question { versions, text: text.to_owned(), sentence, audiences, by_states: true })
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
        let sources = some.iter().map(|(place, _)| (rows[*place].id, sources_of(&rows[*place]))).collect();
        let events = histories(connection, sources)?;
        for (place, under) in some {
            let row = &rows[*place];
            let Some(audience) = self.under(under) else { continue };
            let past = events.get(&row.id).map_or(&[][..], Vec::as_slice);
            let messages = past.iter().map(|past| (Instant(past.at), past.message.as_str()));
            let wrong = |why| Error::new(Kind::Other, format!("a stored message of lead {}: {why}", row.id));
            holds[*place] = audience.of_messages(&row.name, messages, at).map_err(wrong)?;
        }
        Ok(())
    }

    fn under(&mut self, under: &Under) -> Option<&Audience> {
        let Question { versions, text, audiences, .. } = self;
        let made = audiences.entry(under.version).or_insert_with(|| {
            let condition: Condition = playbook::condition(text, under.program.playbook()).ok()?;
            Audience::new(&under.program, &condition, versions.zones()).ok()
        });
        made.as_ref()
    }
}
