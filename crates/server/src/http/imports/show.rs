//! `GET /api/imports/{id}`: one import and how far it is.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::ImportId;
use attractor_app::imports;
use attractor_app::imports::item::{ImportItem, shown};
use axum::Json;
use axum::extract::State;

use crate::http::extract::Path;
use crate::http::problem::Problem;

/// How far an import is
#[utoipa::path(get, path = "/api/imports/{id}", params(("id" = i64, Path)), responses((status = 200, body = ImportItem)))]
pub async fn show(State(app): State<Arc<App>>, Path(id): Path<ImportId>) -> Result<Json<ImportItem>, Problem> {
    Ok(Json(shown(&app, imports::one(&app, id).await?).await))
}
