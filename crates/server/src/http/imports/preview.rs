//! `POST /api/imports/{id}/preview`: what an import would bring, before it is started.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::ImportId;
use attractor_app::imports::{self, Preview};
use axum::Json;
use axum::extract::State;

use crate::http::extract::Path;
use crate::http::problem::Problem;

/// Look at an import whose files have come and that is not started: its columns, and who would stand where by its files
/// alone under the playbook in force. Nothing is stored
#[utoipa::path(post, path = "/api/imports/{id}/preview", params(("id" = i64, Path)),
    responses((status = 200, body = Preview), (status = 409, description = "A file is missing, or it has begun"),
        (status = 422, description = "The files cannot be read, or the map does not fit them")))]
pub async fn preview(State(app): State<Arc<App>>, Path(id): Path<ImportId>) -> Result<Json<Preview>, Problem> {
    Ok(Json(imports::preview(&app, id).await?))
}
