//! `/api/outbox`, `/api/sending` and `/api/caught`: what leaves, whether it leaves, and what was caught instead.

pub mod caught;
pub mod outbox;
pub mod status;
