//! What clients send: in through the lane, acknowledged when it is stored.

use crate::app::App;
use crate::work::inbox::Turned;
use crate::work::stub::{Arrived, Taken};

/// The messages of one request, stored. One answer for each.
pub async fn store(app: &App, messages: Vec<Arrived>) -> Result<Vec<Taken>, Turned> {
    app.lane.take(messages).await
}
