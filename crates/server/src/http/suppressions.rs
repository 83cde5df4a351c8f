//! `/api/suppressions`: addresses that are not written to.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::suppressions::{self, BindingSuppressions, NewSuppression};
use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::JsonBody;
use super::problem::Problem;
use crate::http::extract::Query;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// The address, however it is written
    email: String,
}

/// What binds an address: the scopes in which it is not written to, each with its reason
///
/// The list is empty where nothing binds the address. It says nothing of the consent of leads.
#[utoipa::path(get, path = "/api/suppressions", params(Which), responses((status = 200, body = BindingSuppressions)))]
pub async fn show(
    State(app): State<Arc<App>>,
    Query(which): Query<Which>,
) -> Result<Json<BindingSuppressions>, Problem> {
    Ok(Json(suppressions::of(&app, which.email).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSuppressions {
    /// Between 1 and 10,000
    suppressions: Vec<NewSuppression>,
}

#[derive(Serialize, ToSchema)]
pub struct Added {
    added: usize,
}

/// Adds addresses that are not to be written to, such as another tool's list of opt-outs
///
/// All of them are added, or none. Only hashes of the addresses are kept.
#[utoipa::path(post, path = "/api/suppressions", request_body = NewSuppressions,
    responses((status = 200, body = Added), (status = 422, description = "An address, scope, kind or instant is wrong")))]
pub async fn add(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(new): JsonBody<NewSuppressions>,
) -> Result<Json<Added>, Problem> {
    Ok(Json(Added { added: suppressions::add(&app, &actor, new.suppressions).await? }))
}
