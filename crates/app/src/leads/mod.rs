//! Leads, read.

mod acts;
pub mod addresses;
pub mod consent;
pub mod enrolled;
pub mod enrollment;
pub mod explained;
pub mod find;
pub mod happened;
pub mod heading;
pub mod hearing;
pub mod joined;
pub(crate) mod joining;
pub mod kept;
pub mod key;
pub mod list;
pub mod one;
pub mod past;
pub mod profiles;
pub mod who;
pub mod whole;
