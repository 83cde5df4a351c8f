//! `POST /api/leads/{id}/pin`, `/ban`, `/release`: a segment decided by hand.

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
pub struct InSegment {
    /// Its id
    segment: String,
}

/// Puts a lead in a segment until it is released
#[utoipa::path(post, path = "/api/leads/{id}/pin", params(("id" = String, Path)), request_body = InSegment,
    responses((status = 200, body = WholeLead)))]
pub async fn pin(hand: Hand, JsonBody(body): JsonBody<InSegment>) -> Result<Json<WholeLead>, Problem> {
    hand.does(Deed::Pin(body.segment)).await
}

/// Keeps a lead out of a segment until it is released
#[utoipa::path(post, path = "/api/leads/{id}/ban", params(("id" = String, Path)), request_body = InSegment,
    responses((status = 200, body = WholeLead)))]
pub async fn ban(hand: Hand, JsonBody(body): JsonBody<InSegment>) -> Result<Json<WholeLead>, Problem> {
    hand.does(Deed::Ban(body.segment)).await
}

/// Lets the rules decide about a segment again
#[utoipa::path(post, path = "/api/leads/{id}/release", params(("id" = String, Path)), request_body = InSegment,
    responses((status = 200, body = WholeLead)))]
pub async fn release(hand: Hand, JsonBody(body): JsonBody<InSegment>) -> Result<Json<WholeLead>, Problem> {
    hand.does(Deed::Release(body.segment)).await
}
