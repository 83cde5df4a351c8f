//! A lead's state and profile: stepped, rebuilt, kept.

pub mod advance;
pub mod anew;
pub mod attributes;
pub mod called;
pub mod company;
pub mod history;
pub mod plan;
pub mod profile;
pub mod recent;
pub mod repeated;
pub mod standing;
pub mod titles;
pub mod visits;
