//! What is done with a broadcast once it was started.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_app::actor::Actor;
use attractor_app::sending::broadcasts::control;
use attractor_app::sending::broadcasts::follow::{self, FollowUps};
use attractor_app::sending::broadcasts::item::BroadcastItem;
use attractor_app::sending::broadcasts::subjects::NewSubjects;
use attractor_app::{App, BroadcastId};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::body::JsonBody;
use crate::http::extract::Path;
use crate::http::problem::Problem;

/// Undo a start until its `leaves_at`: the broadcast is a draft again
///
/// That is a minute after the start, or the time that `when` names if it comes later. From then on the start cannot be undone,
/// even if no copy has left because all of them are held.
#[utoipa::path(post, path = "/api/broadcasts/{id}/undo", params(("id" = i64, Path)), responses(
    (status = 200, body = BroadcastItem), (status = 404, description = "The broadcast does not exist"),
    (status = 409, description = "It was not started, its start was undone already, or its `leaves_at` has passed")))]
pub async fn undo(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<BroadcastId>,
) -> Result<Json<BroadcastItem>, Problem> {
    Ok(Json(control::undo(&app, &actor, id).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BroadcastPause {
    /// Why, for colleagues
    why: Option<String>,
}

/// Pause a broadcast: no more of its copies leave until it is resumed
///
/// Copies that a mail server is taking at this moment still leave.
#[utoipa::path(post, path = "/api/broadcasts/{id}/pause", params(("id" = i64, Path)), request_body = BroadcastPause,
    responses((status = 200, body = BroadcastItem), (status = 404, description = "The broadcast does not exist"),
    (status = 409, description = "It is not under way")))]
pub async fn pause(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<BroadcastId>,
    JsonBody(pause): JsonBody<BroadcastPause>,
) -> Result<Json<BroadcastItem>, Problem> {
    Ok(Json(control::pause(&app, &actor, id, pause.why).await?))
}

/// Resume a broadcast: copies whose turn has passed leave at once, unless it is too late for them
#[utoipa::path(post, path = "/api/broadcasts/{id}/resume", params(("id" = i64, Path)), responses(
    (status = 200, body = BroadcastItem), (status = 404, description = "The broadcast does not exist"),
    (status = 409, description = "It is not paused")))]
pub async fn resume(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<BroadcastId>,
) -> Result<Json<BroadcastItem>, Problem> {
    Ok(Json(control::resume(&app, &actor, id).await?))
}

/// Correct a broadcast: copies that have not left get the e-mail as the playbook in force has it
///
/// Without it they get the e-mail as it was when the broadcast started.
#[utoipa::path(post, path = "/api/broadcasts/{id}/correct", params(("id" = i64, Path)), responses(
    (status = 200, body = BroadcastItem), (status = 404, description = "The broadcast does not exist"),
    (status = 409, description = "It is not under way"),
    (status = 422, description = "The playbook in force does not have its e-mail")))]
pub async fn correct(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<BroadcastId>,
) -> Result<Json<BroadcastItem>, Problem> {
    Ok(Json(control::correct(&app, &actor, id).await?))
}

/// Cancel a broadcast: what has not left is withdrawn
#[utoipa::path(post, path = "/api/broadcasts/{id}/cancel", params(("id" = i64, Path)), responses(
    (status = 200, body = BroadcastItem), (status = 404, description = "The broadcast does not exist"),
    (status = 409, description = "It is not under way")))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<BroadcastId>,
) -> Result<Json<BroadcastItem>, Problem> {
    Ok(Json(control::cancel(&app, &actor, id).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BroadcastRepetition {
    /// The subject in the playbook's language, which is another one than the e-mail's
    subject: String,
    /// A subject for each other language of the e-mail, such as `{"de": "…"}`; another one than the e-mail's, too
    #[serde(default)]
    subjects: BTreeMap<String, String>,
}

/// Make the draft of a repetition under another subject, for those who provably did not open the broadcast
///
/// A broadcast is repeated once, when nothing of it waits. Nobody gets the repetition whose copy was not measured, or of whom
/// it cannot be known.
#[utoipa::path(post, path = "/api/broadcasts/{id}/resend", params(("id" = i64, Path)), request_body = BroadcastRepetition,
    responses((status = 201, body = BroadcastItem), (status = 404, description = "The broadcast does not exist"),
    (status = 409, description = "It is not over, or was repeated already"),
    (status = 422, description = "A subject is missing in a language of the e-mail, or is one of the e-mail's own")))]
pub async fn resend(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<BroadcastId>,
    JsonBody(repetition): JsonBody<BroadcastRepetition>,
) -> Result<(StatusCode, Json<BroadcastItem>), Problem> {
    let BroadcastRepetition { subject, subjects } = repetition;
    let subjects = NewSubjects { subject, subjects };
    Ok((StatusCode::CREATED, Json(follow::resend(&app, &actor, id, subjects).await?)))
}

/// Make a draft for each topic that pulled people, for those people and for those of topics that name it as related
#[utoipa::path(post, path = "/api/broadcasts/{id}/follow-ups", params(("id" = i64, Path)), responses(
    (status = 200, body = FollowUps), (status = 404, description = "The broadcast does not exist"),
    (status = 409, description = "It was not started yet")))]
pub async fn follow_up(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<BroadcastId>,
) -> Result<Json<FollowUps>, Problem> {
    Ok(Json(follow::follow_ups(&app, &actor, id).await?))
}
