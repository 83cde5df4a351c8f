//! `attractor demo`: half a year of the sample company, lived through in memory under its playbook, and a report of it
//! for people. `story` lives it, `figures` counts, `chosen` picks three leads, `report` writes; `words` and `people`
//! say things in plain English.

mod chosen;
mod figures;
mod people;
mod report;
mod story;
mod words;

pub use report::write;
pub use story::Story;
