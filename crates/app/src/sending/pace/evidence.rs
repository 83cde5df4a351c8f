//! What the cadence is judged by: copies that left lately, and what their readers did with them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use attractor_engine::cadence::{LAST, StageFigures, TIME_TO_READ};
use attractor_engine::time::{Duration, Instant};
use attractor_live::Versions;
use attractor_mail::frozen::FrozenLink;
use attractor_store::copies::{self, CopyState, MailCopy};
use attractor_store::{Connection, Error, LeadId, contents, leads};

use super::paced;
use crate::leads::joined::predecessors;
use crate::sending::broadcasts::report::facts::{CopyFacts, of_sent};
use crate::sending::compose::is_budgeted;
use crate::sending::situation;
use crate::stored::of_row;

/// Which copies are judged at an instant, by when they left, in milliseconds since 1970. All of these count for stages; for
/// leads, earlier ones too.
pub fn judged(over: Duration, now: Instant) -> Range<i64> {
    // The end is not in a range, and a copy that left exactly then is judged.
    (now - over).0..(now - TIME_TO_READ).0 + 1
}

/// A lead by its last copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacedLead {
    pub lead: LeadId,
    /// Its stage now, as LADDER/STAGE.
    pub stage: String,
    /// Of its last four copies of which that is known, which it answered by a click or a choice; the earliest first.
    pub answered: Vec<bool>,
}

/// What copies say.
#[derive(Debug, Default)]
pub struct Evidence {
    pub stages: BTreeMap<String, StageFigures>,
    pub leads: Vec<PacedLead>,
}

/// What the copies of some leads say; those to leads that became one with them say it of these. `judged` is as the
/// function of this name has it.
pub fn of_leads(
    connection: &mut Connection,
    versions: &Versions,
    rows: &BTreeMap<LeadId, leads::Lead>,
    judged: &Range<i64>,
) -> Result<Evidence, Error> {
    let asked = asked(connection, rows, judged)?;
    let all: Vec<MailCopy> = asked.values().flatten().cloned().collect();
    let facts = of_sent(connection, &all)?;
    let asking = asking(connection, &facts)?;
    let mut facts = facts.into_iter();
    let mut evidence = Evidence::default();
    for (lead, copies) in asked {
        let mut answered = Vec::new();
        for (copy, facts) in copies.iter().zip(&mut facts) {
            if left_at(copy).is_some_and(|at| judged.contains(&at)) {
                evidence.count(&facts);
            }
            answered.extend(is_answered(&facts, &asking));
        }
        let Some(stage) = rows.get(&lead).and_then(|row| paced_stage(versions, row)) else { continue };
        answered.drain(..answered.len().saturating_sub(LAST));
        evidence.leads.push(PacedLead { lead, stage, answered });
    }
    Ok(evidence)
}

/// The stage of a lead that the cadence goes by, as LADDER/STAGE.
fn paced_stage(versions: &Versions, row: &leads::Lead) -> Option<String> {
    let under = versions.of(&row.name)?;
    let (ladder, stage) = situation::paced_stage(row, &under)?;
    Some(paced(ladder, stage))
}

fn left_at(copy: &MailCopy) -> Option<i64> {
    copy.dispatch.sent_at
}

impl Evidence {
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
    rows: &BTreeMap<LeadId, leads::Lead>,
    judged: &Range<i64>,
) -> Result<BTreeMap<LeadId, Vec<MailCopy>>, Error> {
    let before = predecessors(connection, rows.keys().copied())?;
    let all: Vec<LeadId> = rows.keys().chain(before.keys()).copied().collect();
    let mut asked: BTreeMap<LeadId, Vec<MailCopy>> = BTreeMap::new();
    for copy in copies::of_leads(connection, &all)?.into_iter().filter(is_paced) {
        asked.entry(before.get(&copy.lead).copied().unwrap_or(copy.lead)).or_default().push(copy);
    }
    for copies in asked.values_mut() {
        keep_judged(copies, judged);
    }
    Ok(asked)
}

/// Leaves of a lead's copies those that are judged: for its stage, and its last ones. The earliest is the first one then.
fn keep_judged(copies: &mut Vec<MailCopy>, judged: &Range<i64>) {
    copies.retain(|copy| left_at(copy).is_some_and(|at| at < judged.end));
    copies.sort_by_key(left_at);
    let last = copies.len().saturating_sub(LAST);
    let mut place = 0..;
    let is_of_stage = |copy: &MailCopy| left_at(copy).is_some_and(|at| at >= judged.start);
    copies.retain(|copy| place.next().is_some_and(|place| place >= last) || is_of_stage(copy));
}

/// Whether a lead answered a copy by a click or a choice; `None` where that cannot be known: the copy is not measured and
/// nothing was chosen, and either it once was measured or none of its links asks for a choice. Who is not tracked must not pass for somebody who never answers, nor
/// for somebody who always does. `asking`, the links among which one leads to such a page.
fn is_answered(facts: &CopyFacts, asking: &BTreeSet<String>) -> Option<bool> {
    let has_chosen = !facts.chosen.is_empty();
    let is_known = facts.measured || has_chosen || (leads_to_our_pages(facts) && asking.contains(&facts.link_set));
    is_known.then_some(facts.clicked || has_chosen)
}

/// Whether the attractors of a copy lead to our pages. Those of a copy that was measured redirect, and leave no trace once
/// its lead has declined.
fn leads_to_our_pages(facts: &CopyFacts) -> bool {
    !facts.was_measured
}

/// Of the links of copies that were made unmeasured and brought no choice, those among which one asks for a choice. Links that
/// are gone ask for nothing.
fn asking(connection: &mut Connection, facts: &[CopyFacts]) -> Result<BTreeSet<String>, Error> {
    let silent = facts.iter().filter(|facts| leads_to_our_pages(facts) && facts.chosen.is_empty());
    let ids: BTreeSet<&str> = silent.map(|facts| facts.link_set.as_str()).collect();
    let mut asking = BTreeSet::new();
    for (id, document) in contents::link_sets(connection, &ids)? {
        let links: Vec<FrozenLink> = of_row(&document, "link_sets", &id)?;
        if links.iter().any(|link| link.asks) {
            asking.insert(id);
        }
    }
    Ok(asking)
}

/// Whether a copy left, and counts for the cadence.
fn is_paced(copy: &MailCopy) -> bool {
    copy.state == CopyState::Sent && is_budgeted(copy)
}

#[cfg(test)]
mod tests {
    use attractor_store::Location;
    use attractor_store::copies::Dispatch;

    use super::*;
    use crate::sending::testing::copy;

    #[test]
    fn copies_that_left_within_a_day_are_not_judged_opened_or_not() {
        const HOUR: i64 = Duration::HOUR.0;
        let judged = judged(Duration(30 * Duration::DAY.0), Instant(1_000 * HOUR));
        for (left, expected) in [
            // Of the stage all of the last thirty days, and of the lead the last four, but none of the last 24 hours.
            (&[990, 976, 977, 1_000][..], &[976][..]),
            (&[975, 300, 290, 285, 280, 279], &[280, 285, 290, 300, 975]),
            (&[999, 998, 997, 100, 90, 80, 70, 60], &[70, 80, 90, 100]),
            (&[999], &[]),
        ] {
            let sent = |hours: &i64| Dispatch { sent_at: Some(hours * HOUR), ..Dispatch::default() };
            let mut copies: Vec<MailCopy> =
                left.iter().map(|hours| MailCopy { dispatch: sent(hours), ..copy("offer") }).collect();
            copies.push(copy("waits"));
            keep_judged(&mut copies, &judged);
            let kept: Vec<i64> = copies.iter().filter_map(left_at).map(|at| at / HOUR).collect();
            assert_eq!(kept, expected, "{left:?}");
        }
    }

    #[test]
    fn a_copy_that_is_not_measured_counts_for_its_lead_where_something_was_chosen_or_could_be() {
        let of = |text: &str| BTreeSet::from([text.to_owned()]);
        // What is measured is measured since the copy was made; who has declined since was measured then alone.
        for (measured, was_measured, clicked, has_chosen, by_asking, by_plain) in [
            (true, true, false, false, Some(false), Some(false)),
            (true, true, true, false, Some(true), Some(true)),
            (true, true, false, true, Some(true), Some(true)),
            (false, true, false, false, None, None),
            (false, true, true, false, None, None),
            (false, true, false, true, Some(true), Some(true)),
            (false, false, false, false, Some(false), None),
            (false, false, false, true, Some(true), Some(true)),
        ] {
            let chosen = if has_chosen { of("shirts") } else { BTreeSet::new() };
            let facts = CopyFacts { measured, was_measured, clicked, chosen, ..CopyFacts::default() };
            let links = |link_set: &str| CopyFacts { link_set: link_set.to_owned(), ..facts.clone() };
            let found = ["asking", "plain"].map(|set| is_answered(&links(set), &of("asking")));
            assert_eq!(found, [by_asking, by_plain], "{facts:?}");
        }
    }

    #[test]
    fn links_ask_where_one_of_them_leads_to_a_page_of_ours() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        let plain = FrozenLink { topic: Some("hats".into()), ..FrozenLink::default() };
        let asks = FrozenLink { asks: true, ..plain.clone() };
        let stored = |id: &str, links: &[FrozenLink]| (id.to_owned(), serde_json::to_string(links).unwrap());
        let broken = ("broken".to_owned(), "[{".to_owned());
        let sets = [stored("plain", std::slice::from_ref(&plain)), stored("asking", &[plain, asks]), broken];
        contents::put_link_sets(&mut connection, &sets).unwrap();
        let facts = |set: &str| CopyFacts { link_set: set.to_owned(), ..CopyFacts::default() };
        let chosen = CopyFacts { chosen: BTreeSet::from(["hats".to_owned()]), ..facts("broken") };
        let measured = CopyFacts { measured: true, was_measured: true, ..facts("broken") };
        let copies = [facts("plain"), facts("asking"), facts("asking"), facts("gone"), chosen, measured];
        assert_eq!(asking(&mut connection, &copies).unwrap(), BTreeSet::from(["asking".to_owned()]));
        let why = asking(&mut connection, &[facts("broken")]).unwrap_err().text;
        assert!(why.starts_with("the row `broken` of the table `link_sets` cannot be read: "), "{why}");
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
