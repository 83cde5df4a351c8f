//! `GET /api/ladders`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::cursor::Page;
use attractor_app::ladders::{self, LadderItem};
use axum::Json;
use axum::extract::State;

use super::problem::Problem;

/// The ladders as declared, with each stage's sentence and size
#[utoipa::path(get, path = "/api/ladders", responses((status = 200, body = Page<LadderItem>)))]
pub async fn list(State(app): State<Arc<App>>) -> Result<Json<Page<LadderItem>>, Problem> {
    Ok(Json(Page { items: app.read(ladders::all).await?, next: None }))
}
