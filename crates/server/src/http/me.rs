//! `/api/me`: who asks, and the user's own password.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::access::sessions::Signed;
use attractor_app::access::users;
use attractor_app::actor::Actor;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::JsonBody;
use super::peer::Address;
use super::problem::Problem;

#[derive(Serialize, ToSchema)]
pub struct Me {
    /// `user:ID`, `key:ID` or `command line (NAME)`
    who: String,
    /// `viewer`, `sales`, `marketer` or `owner`
    role: &'static str,
    /// Of a user
    email: Option<String>,
    /// Of a user
    name: Option<String>,
}

/// As whom you ask, and what you may do
#[utoipa::path(get, path = "/api/me", responses((status = 200, body = Me)))]
pub async fn show(Extension(actor): Extension<Actor>, signed: Option<Extension<Signed>>) -> Json<Me> {
    let (email, name) = signed.map(|Extension(signed)| (signed.user.email, signed.user.name)).unzip();
    Json(Me { role: actor.role.name(), who: actor.who, email, name })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnPassword {
    /// The present password
    old: String,
    /// The new one, at least 12 characters
    password: String,
}

/// Change your own password; your other sessions end
#[utoipa::path(put, path = "/api/me/password", request_body = OwnPassword, responses(
    (status = 204, description = "It is changed"), (status = 404, description = "You came without a session"),
    (status = 422, description = "The old password is wrong, or the new one is too weak"),
    (status = 429, description = "Tried too often")))]
pub async fn set_password(
    State(app): State<Arc<App>>,
    signed: Option<Extension<Signed>>,
    Address(address): Address,
    JsonBody(body): JsonBody<OwnPassword>,
) -> Result<StatusCode, Problem> {
    let Extension(signed) = signed.ok_or_else(sessionless)?;
    users::change_own(&app, address, &signed, body.old, body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The answer to a key or a command that asks for what only a user who signed in has.
pub fn sessionless() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "you came without a session: sign in first")
}
