//! `/api/outbox`, `/api/sending`, `/api/caught` and `/api/inbound`: what leaves, whether it leaves and in the name of which
//! domain, what was caught instead, and what came back and could not be used.

pub mod again;
pub mod ahead;
pub mod caught;
pub mod domain;
pub mod drafts;
pub mod inbound;
pub mod mail;
pub mod outbox;
pub mod status;
