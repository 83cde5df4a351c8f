//! Bytes of a request in, messages of the contract (section 2) out: pure, no clock and no I/O.
//!
//! [`read`] decodes a request of a tracking client and divides it into messages; [`normalise`] makes of each the one
//! line of JSON that is stored. [`webhook::Mapping`] makes messages of what other systems send, for the same
//! [`normalise`]. What one element of a batch gets wrong costs that element alone.

pub mod address;
mod agents;
mod body;
mod host;
mod members;
mod misspelt;
mod networks;
mod normalise;
mod placeholders;
pub mod request;
pub mod rights;
pub mod source;
mod timestamp;
mod write_key;

pub mod title;
pub mod webhook;

pub use agents::Agents;
pub use normalise::{NORMALISER, Normalised, Receipt, normalise};
pub use placeholders::placeholders;
pub use request::{Batch, Envelope, Limits, Raw, Refused, Rejected, Request, holds_nul, read, read_if};
pub use rights::Rights;
pub use source::VisitSource;
