//! `/api/cadence`: how often leads are written to, and what changed it.

use std::sync::Arc;

use attractor_app::actor::Actor;
use attractor_app::cursor::limit;
use attractor_app::sending::pace::control::{self, CadenceChange, CadenceStatus};
use attractor_app::{App, PaceChangeId};
use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CadenceQuery {
    /// At most so many changes, up to 500; 50 where absent
    limit: Option<usize>,
    /// `changes.next` of the previous page
    cursor: Option<String>,
}

/// How often leads are written to: the interval of each stage as it is adapted, and what changed intervals and why
#[utoipa::path(get, path = "/api/cadence", params(CadenceQuery), responses((status = 200, body = CadenceStatus)))]
pub async fn show(
    State(app): State<Arc<App>>,
    Query(part): Query<CadenceQuery>,
) -> Result<Json<CadenceStatus>, Problem> {
    let limit = limit(part.limit)?;
    Ok(Json(app.read(move |view| control::status(view, part.cursor.as_deref(), limit)).await?))
}

/// Undo a change of an interval
///
/// The same reason does not bring it back before the time has passed that `adapt.over` names.
#[utoipa::path(post, path = "/api/cadence/changes/{id}/undo", params(("id" = i64, Path)), responses(
    (status = 200, body = CadenceChange), (status = 404, description = "There is no such change"),
    (status = 409, description = "It was undone already")))]
pub async fn undo(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<PaceChangeId>,
) -> Result<Json<CadenceChange>, Problem> {
    Ok(Json(control::undo(&app, &actor, id).await?))
}
