//! All SQL: SQLite and PostgreSQL behind one set of methods. It knows rows, not what they mean.
//!
//! Everything is synchronous: the writer is one thread with one connection, and readers have connections of their own.

pub mod access;
pub mod addressed;
pub mod assets;
pub mod audit;
pub mod broadcasts;
pub mod called;
pub mod calls;
pub mod companies;
mod connection;
pub mod contents;
pub mod copies;
pub mod deals;
mod dialect;
pub mod directory;
pub mod draft;
mod effort;
pub mod erasures;
mod error;
pub mod events;
pub mod feed;
pub mod form_requests;
pub mod forms;
pub mod gone_copies;
pub mod holder;
pub mod hooks;
pub mod identities;
mod identity_kind;
mod ids;
pub mod imports;
pub mod lane;
pub mod leads;
pub mod letters;
pub mod link_keys;
pub mod mail_requests;
mod migrate;
pub mod moves;
pub mod nonces;
pub mod outbox;
pub mod paces;
mod place_key;
mod postgresql;
mod random;
mod reason;
pub mod senders;
mod series;
mod sqlite;
pub mod suppressions;
mod tls;
pub mod transfer;
pub mod unmatched_mails;
mod value;
pub mod versions;
pub mod webhooks;

pub use connection::{Connection, Fault, Location};
pub use effort::Effort;
pub use error::{Error, Kind};
pub use identity_kind::IdentityKind;
pub use ids::{
    BroadcastId, CallId, ClaimNumber, DeliveryNumber, DraftNumber, EntryNumber, IdentityId, ImportId, KeyId, LeadId,
    LetterNumber, MoveNumber, PaceChangeId, Received, UserId, VersionNumber, WebhookId,
};
pub use place_key::{PlaceKey, PlaceKind};
pub use sqlite::Checkpointer;
pub use value::{Row, Value};
