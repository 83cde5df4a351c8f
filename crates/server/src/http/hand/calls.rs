//! `POST /api/leads/{id}/note`, `/call`: what was said.

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
pub struct OneNote {
    text: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OneCall {
    /// How it ended, in a word that rules may ask for
    outcome: String,
    note: Option<String>,
}

/// Writes a note
#[utoipa::path(post, path = "/api/leads/{id}/note", params(("id" = String, Path)), request_body = OneNote,
    responses((status = 200, body = WholeLead)))]
pub async fn note(hand: Hand, JsonBody(body): JsonBody<OneNote>) -> Result<Json<WholeLead>, Problem> {
    hand.does(Deed::Note(body.text)).await
}

/// Logs a call that nobody had planned
#[utoipa::path(post, path = "/api/leads/{id}/call", params(("id" = String, Path)), request_body = OneCall,
    responses((status = 200, body = WholeLead),
    (status = 409, description = "The lead has an open call: log it with `POST /api/calls/{id}/log`")))]
pub async fn call(hand: Hand, JsonBody(body): JsonBody<OneCall>) -> Result<Json<WholeLead>, Problem> {
    hand.does(Deed::Call { outcome: body.outcome, note: body.note }).await
}
