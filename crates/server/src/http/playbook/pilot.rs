//! `/api/playbook/pilot`: how a pilot ends.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::VersionNumber;
use attractor_app::actor::Actor;
use attractor_app::playbook::publish;
use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::body::JsonBody;
use crate::http::problem::Problem;

#[derive(Serialize, ToSchema)]
pub struct Ended {
    /// The pilot's version
    #[schema(value_type = i64)]
    version: VersionNumber,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromoteRequest {
    /// Let the moves that it causes enroll
    #[serde(default, alias = "enrol")]
    enroll: bool,
}

/// Puts the pilot's version in force for everybody
#[utoipa::path(post, path = "/api/playbook/pilot/promote", request_body = PromoteRequest, responses((status = 200, body = Ended)))]
pub async fn promote(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(how): JsonBody<PromoteRequest>,
) -> Result<Json<Ended>, Problem> {
    Ok(Json(Ended { version: publish::promote(&app, &actor, how.enroll).await? }))
}

/// Ends the pilot: its leads live under the version in force again
#[utoipa::path(post, path = "/api/playbook/pilot/withdraw", responses((status = 200, body = Ended)))]
pub async fn withdraw(State(app): State<Arc<App>>, Extension(actor): Extension<Actor>) -> Result<Json<Ended>, Problem> {
    Ok(Json(Ended { version: publish::withdraw(&app, &actor).await? }))
}
