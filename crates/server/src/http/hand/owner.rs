//! `POST /api/leads/{id}/owner`: whose lead it is.

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
pub struct OneOwner {
    owner: String,
}

/// Says whose lead it is
#[utoipa::path(post, path = "/api/leads/{id}/owner", params(("id" = String, Path)), request_body = OneOwner,
    responses((status = 200, body = WholeLead)))]
pub async fn set(hand: Hand, JsonBody(body): JsonBody<OneOwner>) -> Result<Json<WholeLead>, Problem> {
    hand.does(Deed::Owner(body.owner)).await
}
