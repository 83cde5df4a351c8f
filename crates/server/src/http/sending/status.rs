//! `/api/sending`: whether e-mails leave.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::sending::control::{self, SendingStatus};
use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::body::JsonBody;
use crate::http::problem::Problem;

/// Whether e-mails leave, and where they go
#[utoipa::path(get, path = "/api/sending", responses((status = 200, body = SendingStatus)))]
pub async fn show(State(app): State<Arc<App>>) -> Result<Json<SendingStatus>, Problem> {
    Ok(Json(control::status(&app).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Why, for colleagues
    why: Option<String>,
}

/// Pauses sending: no e-mail leaves until somebody resumes
///
/// E-mails that a mail server is taking at this moment still leave.
#[utoipa::path(post, path = "/api/sending/pause", request_body = Pause,
    responses((status = 200, body = SendingStatus), (status = 422, description = "`why` is too long")))]
pub async fn pause(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(pause): JsonBody<Pause>,
) -> Result<Json<SendingStatus>, Problem> {
    Ok(Json(control::pause_by(&app, &actor, pause.why).await?))
}

/// Resumes sending, also after a restore
///
/// After a restore, make sure first that the server that the backup came from sends no more: otherwise people get the same
/// e-mails from both.
#[utoipa::path(post, path = "/api/sending/resume", responses((status = 200, body = SendingStatus)))]
pub async fn resume(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<SendingStatus>, Problem> {
    Ok(Json(control::resume(&app, &actor).await?))
}
