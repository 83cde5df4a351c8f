//! What runs beside requests: the lane's thread, and that of the imports.

pub mod figures;
pub mod imports;
pub mod inbox;
pub mod lane;
pub mod webhooks;

pub use lane::{Lane, LaneHandle};
