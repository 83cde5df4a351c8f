//! `POST /api/segments/count`: how many leads a condition holds of.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::counts::{self, FirstCount};
use attractor_app::schemas::AnyCondition;
use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::body::JsonBody;
use crate::http::problem::Problem;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountRequest {
    /// Any condition of the playbook's language
    #[schema(value_type = AnyCondition)]
    condition: Value,
}

/// How many leads a condition holds of now: of a sample at once, of all in the background
#[utoipa::path(post, path = "/api/segments/count", request_body = CountRequest,
    responses((status = 200, body = FirstCount), (status = 422, description = "The condition is not right")))]
pub async fn begin(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(asked): JsonBody<CountRequest>,
) -> Result<Json<FirstCount>, Problem> {
    Ok(Json(counts::begin(&app, &actor, asked.condition.to_string()).await?))
}
