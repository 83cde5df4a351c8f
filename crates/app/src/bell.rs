//! What wakes a thread, and tells it to stop.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Debug, Default)]
pub struct Bell {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    rung: bool,
    stopping: bool,
}

impl Bell {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There is something to do.
    pub fn ring(&self) {
        self.state().rung = true;
        self.changed.notify_all();
    }

    /// Whether it rang since the last time, for whoever does not wait.
    pub fn take_ring(&self) -> bool {
        std::mem::take(&mut self.state().rung)
    }

    pub fn stop(&self) {
        self.state().stopping = true;
        self.changed.notify_all();
    }

    pub fn is_stopping(&self) -> bool {
        self.state().stopping
    }

    /// Sleeps until it rings; one that rang since the last time counts.
    pub fn wait(&self) {
        let state = self.changed.wait_while(self.state(), |state| !state.rung && !state.stopping);
        state.unwrap_or_else(PoisonError::into_inner).rung = false;
    }

    /// The same, but not for longer than this.
    pub fn wait_at_most(&self, time: Duration) {
        let state = self.changed.wait_timeout_while(self.state(), time, |state| !state.rung && !state.stopping);
        state.unwrap_or_else(PoisonError::into_inner).0.rung = false;
    }

    /// Sleeps for a time, or until it is told to stop.
    pub fn rest(&self, time: Duration) {
        drop(self.changed.wait_timeout_while(self.state(), time, |state| !state.stopping));
    }
}
