//! What the cadence is judged by: copies that left lately, and what their readers did with them.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::cadence::{LAST, StageFigures};
use attractor_engine::time::{Duration, Instant};
use attractor_mail::gate::Class;
use attractor_store::copies::{self, CopyState, MailCopy};
use attractor_store::{Connection, Error, LeadId, paces};

use super::paced;
use crate::leads::joined::{predecessors, present};
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
    /// Of its last four copies of which that is known, which it answered by a click or a choice; the earliest first.
    pub answered: Vec<bool>,
}

/// What the copies of a bucket say.
#[derive(Debug, Default)]
pub struct Evidence {
    pub stages: BTreeMap<String, StageFigures>,
    pub leads: Vec<PacedLead>,
}

/// What the copies of a bucket say that were sent within a time. Copies to leads that are one with others now say it of
/// these, in whatever bucket they are: such a lead may be found from several buckets.
pub fn of_bucket(
    connection: &mut Connection,
    rules: &Rules,
    bucket: i64,
    over: Duration,
    now: Instant,
) -> Result<Evidence, Error> {
    let looked = Looked { bucket, since: (now - over).0, now };
    let recent = paces::left_since(connection, bucket, looked.since)?;
    let got: Vec<LeadId> = recent.iter().map(|copy| copy.lead).collect::<BTreeSet<_>>().into_iter().collect();
    let mut leads: BTreeSet<LeadId> = BTreeSet::new();
    for some in got.chunks(TOGETHER) {
        leads.extend(present(connection, &some.iter().copied().collect())?.values().map(|row| row.id));
    }
    let leads: Vec<LeadId> = leads.into_iter().collect();
    let mut evidence = Evidence::default();
    for some in leads.chunks(TOGETHER) {
        evidence.add(connection, rules, looked, some)?;
    }
    Ok(evidence)
}

/// What is looked at. The instants are those between which stages are judged.
#[derive(Clone, Copy)]
struct Looked {
    bucket: i64,
    /// Milliseconds since 1970.
    since: i64,
    now: Instant,
}

impl Looked {
    /// Whether a copy counts for its stage here: it counts in its own bucket.
    fn counts(self, copy: &MailCopy) -> bool {
        copy.lead.bucket() == self.bucket && self.is_since(copy)
    }

    fn is_since(self, copy: &MailCopy) -> bool {
        copy.dispatch.sent_at.is_some_and(|at| at >= self.since)
    }
}

impl Evidence {
    fn add(
        &mut self,
        connection: &mut Connection,
        rules: &Rules,
        looked: Looked,
        leads: &[LeadId],
    ) -> Result<(), Error> {
        let asked = asked(connection, looked, leads)?;
        // One copy of each, for what is known of its lead.
        let one = asked.iter().filter_map(|(lead, copies)| Some(MailCopy { lead: *lead, ..copies.last()?.clone() }));
        let one: Vec<MailCopy> = one.collect();
        let situation = Situation::read(connection, rules, looked.now, &one)?;
        let all: Vec<MailCopy> = asked.values().flatten().cloned().collect();
        let mut facts = of_sent(connection, &all)?.into_iter();
        for copy in &one {
            let mut answered = Vec::new();
            for sent in &asked[&copy.lead] {
                let Some(facts) = facts.next() else { break };
                if looked.counts(sent) {
                    self.count(&facts);
                }
                answered.extend(is_answered(&facts));
            }
            let stage = situation.lead(copy).and_then(|lead| lead.paced_stage());
            let Some((ladder, stage)) = stage else { continue };
            answered.drain(..answered.len().saturating_sub(LAST));
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

/// By lead, its copies that are to be judged, as itself or as somebody who is one with it now; the earliest first.
fn asked(
    connection: &mut Connection,
    looked: Looked,
    leads: &[LeadId],
) -> Result<BTreeMap<LeadId, Vec<MailCopy>>, Error> {
    let before = predecessors(connection, leads.iter().copied())?;
    let all: Vec<LeadId> = leads.iter().chain(before.keys()).copied().collect();
    let mut asked: BTreeMap<LeadId, Vec<MailCopy>> = BTreeMap::new();
    for copy in copies::of_leads(connection, &all)?.into_iter().filter(is_paced) {
        asked.entry(before.get(&copy.lead).copied().unwrap_or(copy.lead)).or_default().push(copy);
    }
    for copies in asked.values_mut() {
        copies.sort_by_key(|copy| copy.dispatch.sent_at);
        let last = copies.len().saturating_sub(LAST);
        let mut place = 0..;
        copies.retain(|copy| place.next().is_some_and(|place| place >= last) || looked.is_since(copy));
    }
    Ok(asked)
}

/// Whether a lead answered a copy by a click or a choice; `None` where that cannot be known: the copy was not measured, and
/// nothing was chosen on our pages. Who is not tracked must not pass for somebody who never answers.
fn is_answered(facts: &CopyFacts) -> Option<bool> {
    let has_chosen = !facts.chosen.is_empty();
    (facts.measured || has_chosen).then_some(facts.clicked || has_chosen)
}

/// Whether a copy left, and counts for the cadence.
fn is_paced(copy: &MailCopy) -> bool {
    copy.state == CopyState::Sent && matches!(class(copy), Class::Marketing | Class::Answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_was_not_measured_counts_for_its_lead_where_something_was_chosen_alone() {
        let chosen = || BTreeSet::from(["shirts".to_owned()]);
        for (measured, clicked, has_chosen, expected) in [
            (true, false, false, Some(false)),
            (true, true, false, Some(true)),
            (true, false, true, Some(true)),
            (false, false, false, None),
            (false, true, false, None),
            (false, false, true, Some(true)),
        ] {
            let chosen = if has_chosen { chosen() } else { BTreeSet::new() };
            let facts = CopyFacts { measured, clicked, chosen, ..CopyFacts::default() };
            assert_eq!(is_answered(&facts), expected, "{facts:?}");
        }
    }

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
