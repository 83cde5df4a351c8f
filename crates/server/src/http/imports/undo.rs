//! `POST /api/imports/{id}/undo`: its messages are deleted; `GET` says beforehand what goes.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::ImportId;
use attractor_app::actor::Actor;
use attractor_app::imports;
use attractor_app::imports::item::{ImportItem, shown};
use attractor_app::imports::undone::{self, UndoForecast};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};

use crate::http::extract::Path;
use crate::http::problem::Problem;

/// What taking an import back would do: how many messages and leads would go. Nothing is changed
#[utoipa::path(get, path = "/api/imports/{id}/undo", params(("id" = i64, Path)),
    responses((status = 200, body = UndoForecast), (status = 409, description = "It was undone already")))]
pub async fn forecast(State(app): State<Arc<App>>, Path(id): Path<ImportId>) -> Result<Json<UndoForecast>, Problem> {
    Ok(Json(undone::forecast(&app, id).await?))
}

/// Take an import back as a whole, in the background: leads are as if it had never been
///
/// An import that failed before anything of it was stored is removed at once, and the answer says `undone`; its number may be
/// given again.
#[utoipa::path(post, path = "/api/imports/{id}/undo", params(("id" = i64, Path)),
    responses((status = 202, body = ImportItem), (status = 409, description = "It was undone already")))]
pub async fn undo(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<ImportId>,
) -> Result<(StatusCode, Json<ImportItem>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(shown(&app, imports::undo(&app, &actor, id).await?).await)))
}
