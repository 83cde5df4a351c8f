//! Ladders: one stage of each at any time.

use super::book::{Ladder, When};
use super::condition::id_of;
use super::instant::HOUR;
use super::life::{Cause, Life};
use serde_json::json;

/// Where a lead stands on a ladder.
#[derive(Clone, Default)]
pub struct Standing {
    /// Before the first evaluation there is none.
    pub stage: Option<usize>,
    pub since: i64,
    /// Set by hand, and not released.
    pub set: bool,
}

impl Life<'_> {
    pub fn settle_ladders(&mut self, cause: Cause) {
        let book = self.book;
        for (number, ladder) in book.ladders.iter().enumerate() {
            let by_hand = self.stage_by_hand(number, ladder, cause);
            let state = &mut self.ladders[number];
            if let Some(set) = by_hand {
                state.set = set.is_some();
            }
            let present = state.stage;
            let to = match (by_hand.flatten(), present) {
                (Some(stage), _) => stage,
                (None, Some(stage)) if state.set => stage,
                (None, None) => self.ruled(number, ladder, 0),
                (None, Some(stage)) if self.is_due(ladder.when) => self.ruled(number, ladder, stage),
                (None, Some(stage)) => stage,
            };
            if Some(to) != present {
                let id = |stage: usize| &ladder.stages[stage].id;
                self.ladders[number].stage = Some(to);
                self.ladders[number].since = self.now;
                self.log(json!({"kind": "stage", "ladder": ladder.id, "from": present.map(id), "to": id(to)}), cause);
            }
        }
    }

    /// The stage that the event at hand sets, `Some(None)` where it releases the lead.
    fn stage_by_hand(&self, number: usize, ladder: &Ladder, cause: Cause) -> Option<Option<usize>> {
        let event = cause.by_hand(self)?;
        if id_of(event, "ladder")? != ladder.id {
            return None;
        }
        match event.kind.as_deref()? {
            "Stage Set" => {
                let stage = id_of(event, "stage")?;
                self.book.ladders[number].stages.iter().position(|other| other.id == stage).map(Some)
            }
            "Stage Released" => Some(None),
            _ => None,
        }
    }

    /// The stage that the rules give to a lead on a stage.
    fn ruled(&self, number: usize, ladder: &Ladder, present: usize) -> usize {
        let stages = &ladder.stages;
        let up = (present + 1..stages.len()).rev().find(|&stage| {
            self.holds(&stages[stage].enter) && !stages[stage].own_leave.as_ref().is_some_and(|leave| self.holds(leave))
        });
        if let Some(up) = up {
            return up;
        }
        if self.now - self.ladders[number].since < asked(ladder.min_stay, ladder.when) {
            return present;
        }
        let mut stage = present;
        while stage > 0 && self.holds(&stages[stage].leave) {
            stage -= 1;
        }
        stage
    }
}

/// The minimum stay as it is asked: with an hour's grace where evaluation is scheduled.
pub fn asked(min_stay: i64, when: When) -> i64 {
    if when == When::Live { min_stay } else { min_stay - HOUR }
}
