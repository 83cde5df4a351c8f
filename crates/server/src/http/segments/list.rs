//! `GET /api/segments`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::cursor::Page;
use attractor_app::segments::{self, SegmentItem};
use axum::Json;
use axum::extract::State;

use crate::http::problem::Problem;

/// The segments as declared, with their sentences, sizes, arrivals and departures
#[utoipa::path(get, path = "/api/segments", responses((status = 200, body = Page<SegmentItem>)))]
pub async fn list(State(app): State<Arc<App>>) -> Result<Json<Page<SegmentItem>>, Problem> {
    Ok(Json(Page { items: app.read(segments::all).await?, next: None }))
}
