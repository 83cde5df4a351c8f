//! What marketers do in a history, and what the cadence does by itself.

use std::collections::{BTreeMap, BTreeSet};

use attractor_app::BroadcastId;
use attractor_app::sending::drafts::{Decision, DraftDecision, decide};
use attractor_app::sending::list::OutboxItem;
use attractor_engine::time::Instant;
use attractor_store::moves::{self, Move, MoveKind};
use attractor_store::paces::{self, PaceChange, PaceOf};
use attractor_store::{LeadId, PaceChangeId};
use serde_json::Value;

use super::World;
use crate::playbook::{ADAPTS_WITHIN, PEOPLE, SHORTEST_AND_LONGEST};
use crate::{campaign, corrections};

/// Among so few people, there are never more changes.
const MANY: i64 = 10_000;

impl World {
    /// A broadcast is started, or the last one is paused, resumed or cancelled.
    pub fn campaign(&mut self) -> Result<(), String> {
        let app = self.living().app.clone();
        let World { runtime, dice, broadcasts, .. } = self;
        let done = match broadcasts.last().copied().filter(|_| dice.chance(60)) {
            Some(id) => runtime.block_on(campaign::change(&app, id, dice)).map(|()| None),
            None => runtime.block_on(campaign::begin(&app, dice)),
        };
        broadcasts.extend(done.map_err(|why| format!("{why:?}"))?);
        Ok(())
    }

    /// What follows from one of the broadcasts is started.
    pub fn follow(&mut self) -> Result<(), String> {
        if self.broadcasts.is_empty() {
            return Ok(());
        }
        let app = self.living().app.clone();
        let World { runtime, dice, broadcasts, .. } = self;
        let of = *dice.pick(broadcasts);
        let begun = runtime.block_on(campaign::follow(&app, of, dice)).map_err(|why| format!("{why:?}"))?;
        self.figures.following += begun.len() as u64;
        self.following.extend(begun.iter().map(|id| (*id, of)));
        self.broadcasts.extend(begun);
        Ok(())
    }

    /// Somebody says that the clicks of some days were a scanner's, or a person's after all.
    pub fn correct(&mut self) -> Result<(), String> {
        let app = self.living().app.clone();
        let World { runtime, dice, now, .. } = self;
        let corrected = runtime.block_on(corrections::correct(&app, *now, dice)).map_err(|why| format!("{why:?}"))?;
        self.figures.corrected += corrected as u64;
        // Points and moves of anybody may be others now.
        self.touched.extend(PEOPLE.map(|user| (user.to_owned(), self.now)));
        self.mail_at = Some(self.now);
        Ok(())
    }

    /// Somebody releases some of the drafts of sequences in review, or rejects them.
    pub fn review(&mut self) -> Result<(), String> {
        let mut drafts = self.outbox();
        drafts.retain(|item| item.copy.state == "draft" && self.dice.chance(80));
        let copies: Vec<String> = drafts.into_iter().map(|item| item.copy.send_id).collect();
        if copies.is_empty() {
            return Ok(());
        }
        let decision = if self.dice.chance(70) { Decision::Release } else { Decision::Reject };
        let asked = DraftDecision { decision, copies, sequence: None };
        let app = self.living().app.clone();
        let decided =
            self.runtime.block_on(decide(&app, &campaign::marketer(), asked)).map_err(|why| format!("{why:?}"))?;
        match decision {
            Decision::Release => self.figures.released += decided.decided as u64,
            Decision::Reject => self.figures.rejected += decided.decided as u64,
        }
        self.mail_at = Some(self.now);
        Ok(())
    }

    /// The cadence is asked whether it is right, once a day.
    pub fn adapt(&mut self) -> Result<(), String> {
        if self.adapts() && self.adapt_at <= self.now {
            self.adapt_at = self.living().adapting.step().map_err(|why| format!("the cadence: {why:?}"))?;
        }
        Ok(())
    }

    /// How many enrollments a reply has ended.
    pub fn ended_by_replies(&self, items: &[OutboxItem]) -> u64 {
        let leads: BTreeSet<LeadId> = items.iter().map(|item| LeadId(item.lead.parse().unwrap())).collect();
        let leads: Vec<LeadId> = leads.into_iter().collect();
        let location = attractor_app::location(&self.settings(), &self.folder.path().join("data"));
        let all = moves::of_leads(&mut location.reader().unwrap(), &leads).unwrap();
        let is_end = |one: &&Move| one.kind == MoveKind::Sequence && one.became != "enrolled";
        all.iter().filter(is_end).filter(|one| self.replies.contains(&one.because)).count() as u64
    }

    /// The changes of paces, the newest first.
    fn paces(&self) -> Vec<PaceChange> {
        let location = attractor_app::location(&self.settings(), &self.folder.path().join("data"));
        paces::changes(&mut location.reader().unwrap(), PaceChangeId(i64::MAX), MANY).unwrap()
    }

    /// Whether any interval was adapted from an instant on.
    pub fn has_adapted(&self, since: Instant) -> bool {
        self.adapts() && self.paces().first().is_some_and(|change| change.at >= since.0)
    }

    /// No pace changes twice for the same reason within `adapt.over`, and none leaves its bounds.
    pub fn paces_keep_within_bounds(&mut self) -> Result<(), String> {
        let mut last: BTreeMap<(PaceOf, &str), i64> = BTreeMap::new();
        let changes = self.paces();
        for change in changes.iter().rev() {
            let before = last.insert((change.of.clone(), change.direction.name()), change.at);
            let document: Value = serde_json::from_str(&change.document).unwrap();
            let after = document["interval_after"].as_i64().unwrap();
            let is_bounded = (SHORTEST_AND_LONGEST[0].0..=SHORTEST_AND_LONGEST[1].0).contains(&after);
            if !is_bounded || before.is_some_and(|before| change.at - before < ADAPTS_WITHIN.0) {
                return Err(format!("a pace changed too far or too soon: {changes:#?}"));
            }
        }
        self.figures.adapted += changes.len() as u64;
        Ok(())
    }

    /// Whatever follows from a broadcast goes only to people who got that one, or may have got it.
    pub fn follows_from_what_was_got(&self, items: &[OutboxItem]) -> Result<(), String> {
        let of = |id: BroadcastId| {
            let ending = format!("/broadcast/{id}");
            items.iter().filter(move |item| item.copy.send_id.ends_with(&ending))
        };
        for (new, first) in &self.following {
            let got = of(*first).filter(|item| ["sent", "in_doubt"].contains(&item.copy.state));
            let got: BTreeSet<&String> = got.map(|item| &item.lead).collect();
            if let Some(item) = of(*new).find(|item| !got.contains(&item.lead)) {
                return Err(format!("{item:?} follows from the broadcast {first}, which its lead did not get"));
            }
        }
        Ok(())
    }
}
