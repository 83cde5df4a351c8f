//! `POST /api/imports`: an import whose files come next.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::imports::item::{ImportItem, shown};
use attractor_app::imports::{self, ImportRequest};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};

use crate::http::body::JsonBody;
use crate::http::problem::Problem;

/// Begin an import: say what comes, send each file, then start it
#[utoipa::path(post, path = "/api/imports", request_body = ImportRequest,
    responses((status = 201, body = ImportItem), (status = 422, description = "The map, the date or the consent is wrong")))]
pub async fn begin(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(wish): JsonBody<ImportRequest>,
) -> Result<(StatusCode, Json<ImportItem>), Problem> {
    let import = imports::begin(&app, &actor, wish).await?;
    Ok((StatusCode::CREATED, Json(shown(&app, import).await)))
}
