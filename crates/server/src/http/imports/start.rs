//! `POST /api/imports/{id}/start`: its files have all come.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::ImportId;
use attractor_app::actor::Actor;
use attractor_app::imports;
use attractor_app::imports::item::{ImportItem, shown};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};

use crate::http::extract::Path;
use crate::http::problem::Problem;

/// Start an import; it goes on by itself, also after the server was stopped
#[utoipa::path(post, path = "/api/imports/{id}/start", params(("id" = i64, Path)),
    responses((status = 202, body = ImportItem), (status = 409, description = "A file is missing, or it has begun")))]
pub async fn start(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<ImportId>,
) -> Result<(StatusCode, Json<ImportItem>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(shown(&app, imports::start(&app, &actor, id).await?).await)))
}
