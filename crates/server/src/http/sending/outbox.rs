//! `GET /api/outbox`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::cursor::{Page, limit};
use attractor_app::sending::list::{self, OutboxCopy, OutboxItem};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::extract::{Path, Query};
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

/// One copy: how it is, and why it is this e-mail where the best unread one was chosen
///
/// In the path, each `/` of the id is written as `%2F`.
#[utoipa::path(get, path = "/api/outbox/{send_id}", params(("send_id" = String, Path)), responses(
    (status = 200, body = OutboxCopy), (status = 404, description = "There is no such copy, or it was erased")))]
pub async fn show(State(app): State<Arc<App>>, Path(send_id): Path<String>) -> Result<Json<OutboxCopy>, Problem> {
    Ok(Json(app.read(move |view| list::one_copy(view, &send_id)).await?))
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
