//! `POST /api/leads/{id}/attributes`: what is known of a lead, set by hand.

use attractor_app::hand::set as set_attributes;
use attractor_app::leads::whole::WholeLead;
use attractor_app::schemas::AnyJson;
use axum::Json;
use serde_json::{Map, Value};

use super::Hand;
use crate::http::body::JsonBody;
use crate::http::problem::Problem;

/// Sets attributes, the members of the body; null removes one
#[utoipa::path(post, path = "/api/leads/{id}/attributes", params(("id" = String, Path)), request_body = BTreeMap<String, AnyJson>,
    responses((status = 200, body = WholeLead)))]
pub async fn set(hand: Hand, JsonBody(traits): JsonBody<Map<String, Value>>) -> Result<Json<WholeLead>, Problem> {
    Ok(Json(set_attributes(&hand.app, &hand.actor, hand.whom, traits).await?))
}
