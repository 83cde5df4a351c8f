//! `POST /api/leads/{id}/consent`: what somebody has said about being written to.

use attractor_app::hand::deed::{Consent, Deed};
use attractor_app::leads::whole::WholeLead;
use axum::Json;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Hand;
use crate::http::body::JsonBody;
use crate::http::problem::Problem;

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Granted,
    Withdrawn,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OneConsent {
    state: State,
    /// When, where and to what text it was given; without it nothing is granted
    proof: Option<String>,
    /// Of this subscription alone
    subscription: Option<String>,
    /// Of this topic alone
    topic: Option<String>,
}

/// Notes consent that was given or withdrawn; with neither subscription nor topic, of everything
#[utoipa::path(post, path = "/api/leads/{id}/consent", params(("id" = String, Path)), request_body = OneConsent,
    responses((status = 200, body = WholeLead),
        (status = 409, description = "It was withdrawn: only the person's own act brings it back")))]
pub async fn set(hand: Hand, JsonBody(body): JsonBody<OneConsent>) -> Result<Json<WholeLead>, Problem> {
    let OneConsent { state, proof, subscription, topic } = body;
    let proof = match state {
        // An empty proof is refused by its name.
        State::Granted => Some(proof.unwrap_or_default()),
        State::Withdrawn => None,
    };
    hand.does(Deed::Consent(Consent { proof, subscription, topic })).await
}
