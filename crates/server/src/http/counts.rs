//! `/api/counts/{id}`: a count of all leads, under way or over.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};

use super::problem::Problem;
use crate::app::App;
use crate::app::counts::CountItem;

/// How far a count is, or what it found
#[utoipa::path(get, path = "/api/counts/{id}", params(("id" = String, Path)),
    responses((status = 200, body = CountItem), (status = 404, description = "There is no such count")))]
pub async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<CountItem>, Problem> {
    Ok(Json(app.counts.one(&id)?))
}

/// Ends a count
#[utoipa::path(delete, path = "/api/counts/{id}", params(("id" = String, Path)),
    responses((status = 200, body = CountItem), (status = 404, description = "There is no such count")))]
pub async fn cancel(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<CountItem>, Problem> {
    Ok(Json(app.counts.cancel(&id)?))
}
