//! `GET /api/leads/{id}/moves`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::cursor::{Page, limit};
use attractor_app::leads::past;
use attractor_app::moves::MoveItem;
use axum::Json;
use axum::extract::State;

use super::PageQuery;
use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;

/// A lead's moves, the newest first; those taken back later are marked
#[utoipa::path(get, path = "/api/leads/{id}/moves", params(("id" = String, Path), PageQuery),
    responses((status = 200, body = Page<MoveItem>), (status = 404, description = "The lead does not exist"),
        (status = 409, description = "What it is called means several leads; the answer says how each is written")))]
pub async fn list(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(part): Query<PageQuery>,
) -> Result<Json<Page<MoveItem>>, Problem> {
    let limit = limit(part.limit)?;
    Ok(Json(app.read(move |view| past::moves(view, &id, part.cursor.as_deref(), limit)).await?))
}
