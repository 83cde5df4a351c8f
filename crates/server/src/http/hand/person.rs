//! `POST /api/leads`, `DELETE /api/leads/{id}`, `GET /api/leads/{id}/export`: a person as a whole.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::access::note_leaving;
use attractor_app::actor::Actor;
use attractor_app::hand::person::{self, Keys};
use attractor_app::leads::whole::{PersonExport, WholeLead};
use attractor_app::schemas::AnyJson;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Hand;
use crate::http::problem::{JsonBody, Problem};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnePerson {
    user_id: Option<String>,
    /// A visitor that is this person from now on
    anonymous_id: Option<String>,
    /// What is known of it, such as `email`
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, AnyJson>)]
    attributes: Map<String, Value>,
}

/// Makes a lead known, or tells more of one that is
#[utoipa::path(post, path = "/api/leads", request_body = OnePerson, responses((status = 200, body = WholeLead)))]
pub async fn make(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(one): JsonBody<OnePerson>,
) -> Result<Json<WholeLead>, Problem> {
    let keys = Keys { user_id: one.user_id, anonymous_id: one.anonymous_id };
    Ok(Json(person::make(&app, &actor, keys, one.attributes).await?))
}

/// Erases a person, for good
#[utoipa::path(delete, path = "/api/leads/{id}", params(("id" = String, Path)), responses((status = 204)))]
pub async fn erase(hand: Hand) -> Result<StatusCode, Problem> {
    person::erase(&hand.app, &hand.actor, hand.whom).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Everything that is stored about a person
#[utoipa::path(get, path = "/api/leads/{id}/export", params(("id" = String, Path)),
    responses((status = 200, body = PersonExport)))]
pub async fn export(hand: Hand) -> Result<Json<PersonExport>, Problem> {
    note_leaving(&hand.app, &hand.actor, "exported", "lead").await;
    Ok(Json(person::export(&hand.app, hand.whom).await?))
}
