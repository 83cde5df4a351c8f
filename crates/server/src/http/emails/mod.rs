//! `/api/emails`: the e-mails of the playbook, and how they look before they leave.

pub mod blocks;
pub mod list;
pub mod preview;
pub mod show;
pub mod trial;
