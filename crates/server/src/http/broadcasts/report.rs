//! `GET /api/broadcasts/{id}/report`, and what follows from it.

use std::sync::Arc;

use attractor_app::sending::broadcasts::report::{self, BroadcastReport};
use attractor_app::{App, BroadcastId};
use axum::Json;
use axum::extract::State;

use crate::http::extract::Path;
use crate::http::problem::Problem;

/// What came of a broadcast: five numbers that add up to its audience, and whom its topics pulled
#[utoipa::path(get, path = "/api/broadcasts/{id}/report", params(("id" = i64, Path)), responses(
    (status = 200, body = BroadcastReport), (status = 404, description = "The broadcast does not exist")))]
pub async fn show(State(app): State<Arc<App>>, Path(id): Path<BroadcastId>) -> Result<Json<BroadcastReport>, Problem> {
    Ok(Json(app.read(move |view| report::report(view, id)).await?))
}
