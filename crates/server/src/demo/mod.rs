//! `attractor demo`. `alive` is the sample company in a server. The others are the report of half a year that is lived
//! through in memory under its playbook: `story` lives it, `figures` counts, `chosen` picks three leads, `report` writes;
//! `words` and `people` say things in plain English.

mod alive;
mod chosen;
mod figures;
mod people;
mod report;
mod story;
mod words;

pub use alive::{Alive, Looks};
pub use report::write;
pub use story::Story;
