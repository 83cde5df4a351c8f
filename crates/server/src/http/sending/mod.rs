//! `/api/outbox`, `/api/sending` and `/api/caught`: what leaves, whether it leaves and in the name of which domain, and what
//! was caught instead.

pub mod ahead;
pub mod caught;
pub mod domain;
pub mod drafts;
pub mod mail;
pub mod outbox;
pub mod status;
