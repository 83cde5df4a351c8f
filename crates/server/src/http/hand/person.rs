//! `POST /api/leads`, `DELETE /api/leads/{id}`, `DELETE /api/leads/{id}/measured`, `GET /api/leads/{id}/export`: a person as a whole.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::access::note_leaving;
use attractor_app::actor::Actor;
use attractor_app::hand::erasing::{self, ErasedPerson, Reach};
use attractor_app::hand::forgetting::{self, ForgottenMeasuring};
use attractor_app::hand::person::{self, Keys};
use attractor_app::leads::whole::{PersonExport, WholeLead};
use attractor_app::schemas::AnyJson;
use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::Hand;
use crate::http::body::JsonBody;
use crate::http::extract::Query;
use crate::http::problem::Problem;

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

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// What is erased besides the lead that is named; `address` if absent
    #[serde(default)]
    #[param(inline)]
    reach: Reach,
}

/// Erases a person, for good
///
/// Everything that is stored under an address of the person goes with it. The answer names the leads that still hold one:
/// people with a user id of their own who came with the same address. A bare number is read as the lead's id first, before it is
/// read as a user id: write `user:414` for the user id 414.
#[utoipa::path(delete, path = "/api/leads/{id}", params(("id" = String, Path), Erasure),
    responses((status = 200, body = ErasedPerson)))]
pub async fn erase(hand: Hand, Query(asked): Query<Erasure>) -> Result<Json<ErasedPerson>, Problem> {
    Ok(Json(erasing::erase(&hand.app, &hand.actor, hand.whom, asked.reach).await?))
}

/// Forgets what was measured of a person
///
/// Opens, clicks and what they caused are deleted, for good. The person, its consent and what it did on its own stay.
#[utoipa::path(delete, path = "/api/leads/{id}/measured", params(("id" = String, Path)),
    responses((status = 200, body = ForgottenMeasuring)))]
pub async fn forget_measured(hand: Hand) -> Result<Json<ForgottenMeasuring>, Problem> {
    Ok(Json(forgetting::forget(&hand.app, &hand.actor, hand.whom).await?))
}

/// Everything that is stored about a person
#[utoipa::path(get, path = "/api/leads/{id}/export", params(("id" = String, Path)),
    responses((status = 200, body = PersonExport)))]
pub async fn export(hand: Hand) -> Result<Json<PersonExport>, Problem> {
    note_leaving(&hand.app, &hand.actor, "exported", "lead").await;
    Ok(Json(person::export(&hand.app, hand.whom).await?))
}
