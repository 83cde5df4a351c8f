//! `POST /api/leads/{id}/tag`, `/untag`.

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
pub struct OneTag {
    tag: String,
}

/// Adds a tag
#[utoipa::path(post, path = "/api/leads/{id}/tag", params(("id" = String, Path)), request_body = OneTag,
    responses((status = 200, body = WholeLead)))]
pub async fn tag(hand: Hand, JsonBody(body): JsonBody<OneTag>) -> Result<Json<WholeLead>, Problem> {
    hand.does(Deed::Tag(body.tag)).await
}

/// Takes a tag away
#[utoipa::path(post, path = "/api/leads/{id}/untag", params(("id" = String, Path)), request_body = OneTag,
    responses((status = 200, body = WholeLead)))]
pub async fn untag(hand: Hand, JsonBody(body): JsonBody<OneTag>) -> Result<Json<WholeLead>, Problem> {
    hand.does(Deed::Untag(body.tag)).await
}
