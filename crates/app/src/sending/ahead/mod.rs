//! What leaves in the days to come if nothing happens: the same steps, the same gate and the same budgets that decide when
//! the time has come, asked ahead. On a silent clock it comes true to the millisecond; what depends on more than time is
//! marked as an estimate.

pub(crate) mod foreseen;
mod future;
pub mod kept;
pub mod list;
pub(crate) mod read;
pub mod summary;
pub(crate) mod words;
