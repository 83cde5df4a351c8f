//! Calls that sales is to make: opened by alerts and by hand, owned, due, logged, and escalated where nobody answers.
//!
//! A call belongs to a lead. A lead has one call ahead at most: what asks for another one adds its reason to it.

pub mod act;
mod companies;
pub mod desk;
pub mod document;
pub mod figures;
pub mod kept;
pub(crate) mod lead;
pub mod list;
pub(crate) mod notes;
pub mod of_lead;
pub(crate) mod opening;
pub(crate) mod owners;
mod posted;
mod rank;
pub mod watch;
pub(crate) mod words;

use attractor_engine::time::Instant;

use crate::App;

pub use document::CallOutcome;
pub(crate) use document::Reason;

/// When something is done with a call, by both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// The leads' time, by which calls are due.
    pub leads: Instant,
    /// The machine's, by which mails and deliveries leave.
    pub machine: Instant,
}

impl Now {
    pub fn of(app: &App) -> Now {
        Now { leads: app.clock.now(), machine: app.machine.now() }
    }
}
