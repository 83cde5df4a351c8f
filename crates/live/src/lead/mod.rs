//! A lead's state and profile: stepped, rebuilt, kept.

pub mod advance;
pub mod anew;
pub mod attributes;
pub mod called;
pub mod changed;
pub mod chosen;
pub mod company;
pub mod concerned;
pub mod from_recent;
pub mod held;
pub mod history;
pub mod leads;
pub mod plan;
pub mod profile;
pub mod profiles;
pub mod quota;
pub mod recent;
pub mod repeated;
pub mod timing;
pub mod titles;
pub mod turn;
pub mod visits;
pub mod why;
