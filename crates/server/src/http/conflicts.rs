//! `GET /api/conflicts`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::conflicts::{self, ConflictItem};
use attractor_app::cursor::{Page, limit};
use axum::Json;
use axum::extract::State;

use super::leads::PageQuery;
use super::problem::Problem;
use crate::http::extract::Query;

/// E-mails that came with the users of two leads, each with the `alias` that would join the two
#[utoipa::path(get, path = "/api/conflicts", params(PageQuery), responses((status = 200, body = Page<ConflictItem>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Query(part): Query<PageQuery>,
) -> Result<Json<Page<ConflictItem>>, Problem> {
    let limit = limit(part.limit)?;
    Ok(Json(app.read(move |view| conflicts::page(view, part.cursor.as_deref(), limit)).await?))
}
