//! What runs beside requests: the lane's thread, that of the imports, that which keeps the store's log short, and that
//! which renews the hold of the database.

pub mod checkpoint;
pub mod figures;
pub mod hold;
pub mod imports;
pub mod inbox;
pub mod lane;
mod turns;
pub mod webhooks;
