//! `/api/broadcasts`: one e-mail to many leads.

pub mod audience;
pub mod change;
pub mod list;
pub mod report;
pub mod steps;
