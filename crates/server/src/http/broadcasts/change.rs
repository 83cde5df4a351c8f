//! `/api/broadcasts/{id}`: one broadcast.

use std::sync::Arc;

use attractor_app::actor::Actor;
use attractor_app::sending::broadcasts::item::{self, BroadcastItem};
use attractor_app::sending::broadcasts::{BroadcastSettings, control};
use attractor_app::{App, BroadcastId};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};

use crate::http::body::JsonBody;
use crate::http::extract::Path;
use crate::http::problem::Problem;

/// One broadcast
#[utoipa::path(get, path = "/api/broadcasts/{id}", params(("id" = i64, Path)), responses(
    (status = 200, body = BroadcastItem), (status = 404, description = "The broadcast does not exist")))]
pub async fn show(State(app): State<Arc<App>>, Path(id): Path<BroadcastId>) -> Result<Json<BroadcastItem>, Problem> {
    Ok(Json(app.read(move |view| item::show(view, id)).await?))
}

/// Change a draft: all its settings at once
///
/// What is left out is as if it had never been set.
#[utoipa::path(put, path = "/api/broadcasts/{id}", params(("id" = i64, Path)), request_body = BroadcastSettings, responses(
    (status = 200, body = BroadcastItem), (status = 404, description = "The broadcast does not exist"),
    (status = 409, description = "It is not a draft any more"),
    (status = 422, description = "A setting is not right, or names what the playbook does not have")))]
pub async fn change(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<BroadcastId>,
    JsonBody(settings): JsonBody<BroadcastSettings>,
) -> Result<Json<BroadcastItem>, Problem> {
    Ok(Json(control::change(&app, &actor, id, settings).await?))
}

/// Delete a draft
#[utoipa::path(delete, path = "/api/broadcasts/{id}", params(("id" = i64, Path)), responses(
    (status = 204, description = "It is gone"), (status = 404, description = "The broadcast does not exist"),
    (status = 409, description = "It is not a draft any more")))]
pub async fn remove(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<BroadcastId>,
) -> Result<StatusCode, Problem> {
    control::remove(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
