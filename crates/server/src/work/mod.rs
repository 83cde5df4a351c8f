//! What runs beside requests: the lane's thread.

pub mod figures;
pub mod inbox;
pub mod lane;
pub mod webhooks;

pub use lane::{Lane, LaneHandle};
