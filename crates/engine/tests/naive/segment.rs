//! Segments: in or out.

use super::book::Segment;
use super::condition::id_of;
use super::ladder::asked;
use super::life::{Cause, Life};
use serde_json::json;

/// Whether a lead is in a segment.
#[derive(Clone, Default)]
pub struct Membership {
    pub inside: bool,
    pub since: i64,
    /// Pinned (true) or banned (false) by hand, and not released.
    pub set: Option<bool>,
}

impl Life<'_> {
    pub fn settle_segments(&mut self, cause: Cause) {
        let book = self.book;
        for (number, segment) in book.segments.iter().enumerate() {
            if let Some(set) = self.segment_by_hand(segment, cause) {
                self.segments[number].set = set;
            }
            let state = &self.segments[number];
            let inside = match state.set {
                Some(inside) => inside,
                None if self.is_due(segment.when) => self.is_inside(number, segment),
                None => state.inside,
            };
            if inside != state.inside {
                self.segments[number].inside = inside;
                self.segments[number].since = self.now;
                let change = if inside { "entered" } else { "left" };
                self.log(json!({"kind": "segment", "segment": segment.id, "change": change}), cause);
            }
        }
    }

    /// What the event at hand says of a segment: pinned, banned, or (`Some(None)`) released.
    fn segment_by_hand(&self, segment: &Segment, cause: Cause) -> Option<Option<bool>> {
        let event = cause.by_hand(self)?;
        if id_of(event, "segment")? != segment.id {
            return None;
        }
        match event.kind.as_deref()? {
            "Segment Pinned" => Some(Some(true)),
            "Segment Banned" => Some(Some(false)),
            "Segment Released" => Some(None),
            _ => None,
        }
    }

    /// Whether the rules have the lead in.
    fn is_inside(&self, number: usize, segment: &Segment) -> bool {
        let state = &self.segments[number];
        if !state.inside {
            return self.holds(&segment.enter) && !segment.own_leave.as_ref().is_some_and(|leave| self.holds(leave));
        }
        let stayed = self.now - state.since >= asked(segment.min_stay, segment.when);
        !(stayed && self.holds(&segment.leave))
    }
}
