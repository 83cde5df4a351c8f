//! What runs beside requests: the lane's thread, that of the imports, and that which keeps the store's log short.

pub mod bell;
pub mod checkpoint;
pub mod figures;
pub mod imports;
pub mod inbox;
pub mod lane;
pub mod webhooks;

pub use lane::{Lane, LaneHandle};
