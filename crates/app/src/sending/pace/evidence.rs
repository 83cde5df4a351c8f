//! What the cadence is judged by: copies that left lately, and what their readers did with them.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::cadence::{LAST, StageFigures};
use attractor_engine::time::{Duration, Instant};
use attractor_mail::gate::Class;
use attractor_store::copies::{self, CopyState, MailCopy};
use attractor_store::{Connection, Error, LeadId, paces};

use super::paced;
use crate::sending::broadcasts::report::facts::{CopyFacts, of_sent};
use crate::sending::compose::class;
use crate::sending::situation::{Rules, Situation};

/// How many leads are looked at together.
const TOGETHER: usize = 200;

/// A lead by its last copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacedLead {
    pub lead: LeadId,
    /// Its stage now, as LADDER/STAGE.
    pub stage: String,
    /// Of its last four copies, which it answered by a click or a choice; the earliest first.
    pub answered: Vec<bool>,
}

/// What the copies of a bucket say.
#[derive(Debug, Default)]
pub struct Evidence {
    pub stages: BTreeMap<String, StageFigures>,
    pub leads: Vec<PacedLead>,
}

/// What was sent to the leads of a bucket within a time says.
pub fn of_bucket(
    connection: &mut Connection,
    rules: &Rules,
    bucket: i64,
    over: Duration,
    now: Instant,
) -> Result<Evidence, Error> {
    let since = (now - over).0;
    let recent = paces::left_since(connection, bucket, since)?;
    let leads: Vec<LeadId> = recent.iter().map(|copy| copy.lead).collect::<BTreeSet<_>>().into_iter().collect();
    let mut evidence = Evidence::default();
    for some in leads.chunks(TOGETHER) {
        evidence.add(connection, rules, some, since, now)?;
    }
    Ok(evidence)
}

impl Evidence {
    fn add(
        &mut self,
        connection: &mut Connection,
        rules: &Rules,
        leads: &[LeadId],
        since: i64,
        now: Instant,
    ) -> Result<(), Error> {
        let mut by_lead: BTreeMap<LeadId, Vec<MailCopy>> = BTreeMap::new();
        for copy in copies::of_leads(connection, leads)?.into_iter().filter(is_paced) {
            by_lead.entry(copy.lead).or_default().push(copy);
        }
        let mut asked: Vec<MailCopy> = Vec::new();
        for copies in by_lead.values_mut() {
            copies.sort_by_key(|copy| copy.dispatch.sent_at);
            let last = copies.len().saturating_sub(LAST);
            let (older, last) = copies.split_at(last);
            asked.extend(older.iter().filter(|copy| is_since(copy, since)).chain(last).cloned());
        }
        let situation = Situation::read(connection, rules, now, &asked)?;
        let facts = of_sent(connection, &asked)?;
        let mut answered: BTreeMap<LeadId, Vec<bool>> = BTreeMap::new();
        for (copy, facts) in asked.iter().zip(&facts) {
            if is_since(copy, since) {
                self.count(facts);
            }
            answered.entry(copy.lead).or_default().push(facts.clicked || !facts.chosen.is_empty());
        }
        for copies in by_lead.into_values() {
            let Some(copy) = copies.first() else { continue };
            let stage = situation.lead(copy).and_then(|lead| lead.paced_stage());
            let Some((ladder, stage)) = stage else { continue };
            let answered = answered.remove(&copy.lead).unwrap_or_default();
            self.leads.push(PacedLead { lead: copy.lead, stage: paced(ladder, stage), answered });
        }
        Ok(())
    }

    /// A copy whose opening cannot be known counts on neither side.
    fn count(&mut self, facts: &CopyFacts) {
        let is_known = facts.measured && !facts.bounced && (facts.is_used() || !facts.loaded);
        let Some(stage) = facts.stage.as_ref().filter(|_| is_known) else { return };
        let figures = self.stages.entry(stage.clone()).or_default();
        figures.delivered += 1;
        figures.opened += u64::from(facts.is_used());
    }
}

/// Whether a copy left, and counts for the cadence.
fn is_paced(copy: &MailCopy) -> bool {
    copy.state == CopyState::Sent && matches!(class(copy), Class::Marketing | Class::Answer)
}

fn is_since(copy: &MailCopy, since: i64) -> bool {
    copy.dispatch.sent_at.is_some_and(|at| at >= since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_measured_copies_of_which_it_can_be_known_count_for_a_stage() {
        let facts = |change: fn(&mut CopyFacts)| {
            let mut facts = CopyFacts { measured: true, stage: Some("life/hot".into()), ..CopyFacts::default() };
            change(&mut facts);
            facts
        };
        for (facts, delivered, opened) in [
            (facts(|_| ()), 1, 0),
            (facts(|facts| facts.opened = true), 1, 1),
            (facts(|facts| facts.clicked = true), 1, 1),
            (facts(|facts| facts.loaded = true), 0, 0),
            (facts(|facts| (facts.loaded, facts.clicked) = (true, true)), 1, 1),
            (facts(|facts| facts.bounced = true), 0, 0),
            (facts(|facts| (facts.opened, facts.measured) = (true, false)), 0, 0),
            (facts(|facts| facts.stage = None), 0, 0),
        ] {
            let mut evidence = Evidence::default();
            evidence.count(&facts);
            let found = evidence.stages.get("life/hot").copied().unwrap_or_default();
            assert_eq!(found, StageFigures { delivered, opened }, "{facts:?}");
        }
    }
}
