//! What a row only counts or mentions has no date of its own and takes one from the row's dates. Where the cell with that
//! date cannot be read, or lies in the future, nobody knows when it was: it is left out and named. The date of the import
//! in its place would make an old lead an active one.

use std::collections::BTreeSet;

use attractor_engine::vocabulary::kind;

use super::{Facts, MAX_COUNT};
use crate::exports::generic;
use crate::keys::ColumnKey;

impl Facts {
    /// Leaves out the events whose date stood in a cell that was not understood.
    pub(super) fn leave_out_undated(&mut self) {
        if self.misdated.is_empty() {
            return;
        }
        let undated: BTreeSet<String> = self.without_own_date().filter(|event| self.is_undated(event)).collect();
        let counted = undated.iter().map(|event| (event.clone(), self.times(event))).filter(|(_, times)| *times > 0);
        self.undated = counted.collect();
        self.counts.retain(|(event, _)| !undated.contains(event));
        self.done.retain(|(event, _)| !undated.contains(event));
        self.activity.take_if(|activity| undated.contains(&generic::activity_kind(activity)));
        if undated.contains(kind::WEBINAR_ATTENDED) {
            self.attendance.attended = Some(false);
        }
    }

    /// Kinds of events that the row counts or mentions.
    fn without_own_date(&self) -> impl Iterator<Item = String> {
        let counted = self.counts.iter().map(|(event, _)| event.clone());
        let done = self.done.iter().map(|(event, _)| event.clone());
        let came = self.came_at_some_time().then(|| kind::WEBINAR_ATTENDED.to_owned());
        counted.chain(done).chain(self.activity.as_deref().map(generic::activity_kind)).chain(came)
    }

    fn came_at_some_time(&self) -> bool {
        self.attendance.attended == Some(true) && self.attendance.joined.is_none()
    }

    /// Whether the date of such events stood in a cell that was not understood: in the one of their kind, or in whichever
    /// was the row's last, of which only the day on which the lead became known is left.
    fn is_undated(&self, event: &str) -> bool {
        let is_dated = self.dated.iter().any(|dated| dated.kind == event);
        let is_own = |key: &ColumnKey| match key {
            ColumnKey::At(own) => own == event,
            ColumnKey::Joined => event == kind::WEBINAR_ATTENDED,
            _ => false,
        };
        !is_dated && (self.misdated.iter().any(is_own) || self.last() <= self.created)
    }

    /// How many events of a kind would be made of what the row counts and mentions.
    fn times(&self, event: &str) -> u64 {
        let of_kind = self.counts.iter().filter(|(counted, _)| counted == event);
        let counted = of_kind.map(|(_, count)| (*count).min(MAX_COUNT)).max().unwrap_or_default();
        let done = self.done.iter().filter(|(done, _)| done == event).count();
        let is_last = self.activity.as_deref().is_some_and(|activity| generic::activity_kind(activity) == event);
        let came = event == kind::WEBINAR_ATTENDED && self.came_at_some_time();
        counted.max(done as u64 + u64::from(is_last)).max(u64::from(came))
    }
}
