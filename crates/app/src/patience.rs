//! How long work that goes through all leads puts up with errors that pass.

use std::time::Duration;

use attractor_store::Error;

/// At the same place.
const TRIES: usize = 60;
const PAUSE: Duration = Duration::from_secs(1);

/// Of one piece of work.
#[derive(Default)]
pub struct Patience {
    tries: usize,
}

impl Patience {
    /// The pause after which the work is tried again; `None` ends it. Where it `moved` since the last error, it is as
    /// patient as at first.
    pub fn after(&mut self, error: &Error, moved: bool) -> Option<Duration> {
        self.tries = if moved { 1 } else { self.tries + 1 };
        (error.passes() && self.tries <= TRIES).then_some(PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use attractor_store::Kind;

    use super::*;

    #[test]
    fn an_error_that_passes_is_put_up_with_for_a_time_at_each_place() {
        let mut patience = Patience::default();
        let gone = Error::new(Kind::Gone, "the connection is lost");
        for _ in 0..2 {
            assert!(patience.after(&gone, true).is_some());
            assert!((1..TRIES).all(|_| patience.after(&gone, false).is_some()));
            assert!(patience.after(&gone, false).is_none());
        }
        let wrong = Error::new(Kind::Other, "there is no such table");
        assert!(patience.after(&wrong, true).is_none());
    }
}
