//! Whom and what the rows speak of: each counted once, however many rows it has.

use std::collections::BTreeSet;

use attractor_engine::vocabulary::kind;
use serde_json::Value;

use super::messages::text_of;
use crate::report::Report;
use crate::tally::hash;

/// By hashes, so that a long list fits into memory.
#[derive(Default)]
pub(super) struct Counted {
    /// People who left, bounced or complained.
    pub left: BTreeSet<u128>,
    /// People who are granted consent, and those from whom it is held back.
    pub granted: BTreeSet<u128>,
    pub held_back: BTreeSet<u128>,
    pub deals: BTreeSet<u128>,
}

impl Counted {
    /// Those who left were counted before it was known who is who.
    pub fn fold(&mut self, person: impl Fn(u128) -> u128) {
        self.left = std::mem::take(&mut self.left).into_iter().map(person).collect();
    }

    /// Counts the deal of which an event tells. Without an id, a lead has one.
    pub fn event(&mut self, event: &str, properties: &Value, person: Option<u128>) {
        if matches!(event, kind::DEAL_CREATED | kind::DEAL_WON | kind::DEAL_LOST) {
            self.deals.extend(text_of(properties.get("deal_id")).map(|id| hash(&id)).or(person));
        }
    }

    pub fn report(&self, report: &mut Report) {
        report.opt_outs = self.left.len() as u64;
        report.consents = self.granted.len() as u64;
        report.held_back = self.held_back.difference(&self.granted).count() as u64;
        report.deals = self.deals.len() as u64;
    }
}
