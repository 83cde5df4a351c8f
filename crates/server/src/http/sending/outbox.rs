//! `GET /api/outbox`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::cursor::{Page, limit};
use attractor_app::sending::list::{self, OutboxItem};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::extract::Query;
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OutboxQuery {
    /// Only copies in this state: `draft`, `waiting`, `claimed`, `sent`, `skipped`, `failed`, `in_doubt` or `withdrawn`
    state: Option<String>,
    /// How many at most, up to 500; 50 if absent
    limit: Option<usize>,
    /// `next` of the previous page
    cursor: Option<String>,
}

/// Copies of e-mails: what waits and why, what left, and what became of the others
///
/// Those that were asked for last come first.
#[utoipa::path(get, path = "/api/outbox", params(OutboxQuery), responses((status = 200, body = Page<OutboxItem>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Query(part): Query<OutboxQuery>,
) -> Result<Json<Page<OutboxItem>>, Problem> {
    let limit = limit(part.limit)?;
    let state = part.state.unwrap_or_default();
    Ok(Json(app.read(move |view| list::page(view, &state, part.cursor.as_deref(), limit)).await?))
}
