//! `GET /api/outbox/ahead`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::cursor::limit;
use attractor_app::sending::ahead::list::{self, OutboxAhead};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::extract::Query;
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AheadQuery {
    /// How many days ahead, 1 to 31; 14 if absent
    days: Option<i64>,
    /// How many copies at most, up to 500; 50 if absent
    limit: Option<usize>,
    /// `copies.next` of the previous page
    cursor: Option<String>,
}

/// What leaves in the days to come if nothing happens: per day, and for each copy when, or what keeps it back until when
///
/// Copies that sequences will ask for within this time are among them. Every instant is exact to the millisecond unless
/// somebody does something or `estimate` says why it may be another.
#[utoipa::path(get, path = "/api/outbox/ahead", params(AheadQuery), responses((status = 200, body = OutboxAhead)))]
pub async fn show(State(app): State<Arc<App>>, Query(part): Query<AheadQuery>) -> Result<Json<OutboxAhead>, Problem> {
    let limit = limit(part.limit)?;
    Ok(Json(list::page(&app, part.days, part.cursor, limit).await?))
}
