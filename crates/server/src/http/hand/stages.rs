//! `POST /api/leads/{id}/stage`, `/stage/release`: a stage set by hand.

use attractor_app::hand::deed::Deed;
use attractor_app::leads::whole::WholeLead;
use axum::Json;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Hand;
use crate::http::body::JsonBody;
use crate::http::problem::Problem;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnStage {
    /// Its id
    ladder: String,
    /// Its id
    stage: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnLadder {
    /// Its id
    ladder: String,
}

/// Sets a stage until it is released
#[utoipa::path(post, path = "/api/leads/{id}/stage", params(("id" = String, Path)), request_body = OnStage,
    responses((status = 200, body = WholeLead)))]
pub async fn set(hand: Hand, JsonBody(body): JsonBody<OnStage>) -> Result<Json<WholeLead>, Problem> {
    hand.does(Deed::SetStage { ladder: body.ladder, stage: body.stage }).await
}

/// Lets the rules decide about a ladder again
#[utoipa::path(post, path = "/api/leads/{id}/stage/release", params(("id" = String, Path)), request_body = OnLadder,
    responses((status = 200, body = WholeLead)))]
pub async fn release(hand: Hand, JsonBody(body): JsonBody<OnLadder>) -> Result<Json<WholeLead>, Problem> {
    hand.does(Deed::ReleaseStage { ladder: body.ladder }).await
}
