//! What runs beside requests, each a `Worker` on a thread of its own: the lane, the imports, the judge, the sender, the check of its domain, what adapts the cadence, what keeps the store's log
//! short, and what renews the hold of the database. Webhooks are a task, because they wait for the network.
//!
//! Workers hold no logic: they call use cases and say when they go on.

mod affordable;
pub mod broadcasts;
pub mod cadence;
pub mod calls;
pub mod checkpoint;
pub mod domain;
pub mod figures;
pub mod folder;
pub mod hold;
pub mod imports;
pub mod inbox;
pub mod judge;
pub mod lane;
pub mod mail;
mod room;
pub mod team;
mod turns;
pub mod webhooks;
pub mod worker;
