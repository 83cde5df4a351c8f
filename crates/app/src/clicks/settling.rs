//! When the judge has something to do next: known without looking, so that nothing is read while nothing is due.

use std::sync::{Arc, Mutex, PoisonError};

use attractor_engine::time::Instant;

use crate::bell::Bell;

/// What the judge's worker waits for.
pub struct Settling {
    bell: Arc<Bell>,
    /// When the first request settles; at first it must be looked up, which is due at once.
    next: Mutex<Option<Instant>>,
}

impl Settling {
    /// The bell wakes the worker.
    pub fn new(bell: Arc<Bell>) -> Settling {
        Settling { bell, next: Mutex::new(Some(Instant(i64::MIN))) }
    }

    /// What wakes the worker.
    pub fn bell(&self) -> Arc<Bell> {
        self.bell.clone()
    }

    /// Something settles at an instant. The worker is woken only where it would come too late.
    pub fn note(&self, at: Instant) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if next.is_none_or(|next| at < next) {
            *next = Some(at);
            self.bell.ring();
        }
    }

    /// When the worker is due; `None`: not before something is noted.
    pub fn next(&self) -> Option<Instant> {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before the worker looks in the store: whatever is noted from here on counts beside what it finds.
    pub fn begin_look(&self) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What the look found.
    pub fn end_look(&self, found: Option<Instant>) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next = (*next).into_iter().chain(found).min();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_counts_whether_noted_or_found() {
        let settling = Settling::new(Arc::default());
        assert_eq!(settling.next(), Some(Instant(i64::MIN)), "it is looked up once");
        for (found, noted, expected) in [
            (None, None, None),
            (Some(5), None, Some(5)),
            (None, Some(7), Some(7)),
            (Some(5), Some(7), Some(5)),
            (Some(9), Some(7), Some(7)),
        ] {
            settling.begin_look();
            noted.into_iter().for_each(|at| settling.note(Instant(at)));
            settling.end_look(found.map(Instant));
            assert_eq!(settling.next(), expected.map(Instant), "{found:?}, {noted:?}");
        }
        settling.note(Instant(8));
        assert_eq!(settling.next(), Some(Instant(7)), "a later one changes nothing");
    }
}
