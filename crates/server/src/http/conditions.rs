//! `POST /api/conditions/check`: what a condition says, without counting.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::conditions::{self, CheckedCondition};
use attractor_app::schemas::AnyCondition;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::body::JsonBody;
use super::problem::Problem;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckableCondition {
    /// Any condition of the playbook's language
    #[schema(value_type = AnyCondition)]
    condition: Value,
}

/// What a condition says and how it is written, or all that is wrong with it; nobody is counted
#[utoipa::path(post, path = "/api/conditions/check", request_body = CheckableCondition,
    responses((status = 200, body = CheckedCondition)))]
pub async fn check(
    State(app): State<Arc<App>>,
    JsonBody(asked): JsonBody<CheckableCondition>,
) -> Result<Json<CheckedCondition>, Problem> {
    let text = asked.condition.to_string();
    Ok(Json(app.read(move |view| conditions::check(view, &text)).await?))
}
