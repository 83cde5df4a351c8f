//! Mails to members of the team.

pub mod lists;
