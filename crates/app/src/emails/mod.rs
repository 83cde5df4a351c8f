//! E-mails as people look at them: those of the playbook before they leave, and copies as they left.

mod finding;
mod letter;
pub mod list;
pub mod preview;
mod reader;
mod source;

pub use finding::FindingItem;
pub use reader::Sample;
