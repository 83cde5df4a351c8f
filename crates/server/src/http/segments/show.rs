//! `GET /api/segments/{id}`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::segments::{self, SegmentItem};
use axum::Json;
use axum::extract::State;

use crate::http::extract::Path;
use crate::http::problem::Problem;

/// A segment with its sentence, size, arrivals and departures
#[utoipa::path(get, path = "/api/segments/{id}", params(("id" = String, Path)),
    responses((status = 200, body = SegmentItem), (status = 404, description = "The segment does not exist")))]
pub async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<SegmentItem>, Problem> {
    Ok(Json(app.read(move |view| segments::one(view, &id)).await?))
}
