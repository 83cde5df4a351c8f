//! `POST /api/leads/{id}/merge`, `/unmerge`: two leads are one person, or were taken for one.

use attractor_app::hand::person;
use attractor_app::leads::whole::{JoinedLead, WholeLead};
use axum::Json;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Hand;
use crate::http::body::JsonBody;
use crate::http::problem::Problem;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Other {
    /// The lead into which it goes: its id, user id or e-mail, bare or as `user:414`
    into: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OneAlias {
    /// The id of its message
    alias: String,
}

/// Joins a lead with another one, into which it goes, by an `alias`
#[utoipa::path(post, path = "/api/leads/{id}/merge", params(("id" = String, Path)), request_body = Other,
    responses((status = 200, body = JoinedLead)))]
pub async fn merge(hand: Hand, JsonBody(other): JsonBody<Other>) -> Result<Json<JoinedLead>, Problem> {
    Ok(Json(person::merge(&hand.app, &hand.actor, hand.whom, other.into).await?))
}

/// Takes an `alias` back
#[utoipa::path(post, path = "/api/leads/{id}/unmerge", params(("id" = String, Path)), request_body = OneAlias,
    responses((status = 200, body = WholeLead)))]
pub async fn unmerge(hand: Hand, JsonBody(one): JsonBody<OneAlias>) -> Result<Json<WholeLead>, Problem> {
    Ok(Json(person::unmerge(&hand.app, &hand.actor, hand.whom, one.alias).await?))
}
