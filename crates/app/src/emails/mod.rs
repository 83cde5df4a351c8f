//! E-mails as people look at them: those of the playbook before they leave, and copies as they left.

pub mod again;
mod finding;
mod letter;
pub mod list;
pub mod preview;
mod reader;
mod source;
pub mod trial;

pub use finding::FindingItem;
pub use preview::EmailAddress;
pub use reader::Sample;
