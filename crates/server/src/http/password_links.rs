//! `POST /api/password-links`: for whoever has forgotten a password.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::team::links::ask_for_link;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::JsonBody;
use super::peer::Address;
use super::problem::Problem;
use super::session::refuse_other_sites;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedPasswordLink {
    /// Of the account
    email: String,
}

/// Ask for an e-mail with a link that sets a new password
///
/// The answer is the same whether there is such an account. The link works once, within two hours; the present password
/// works until then. It needs a mail server (`smtp`).
#[utoipa::path(post, path = "/api/password-links", request_body = WantedPasswordLink, responses(
    (status = 202, description = "If there is such an account, the e-mail is on its way"),
    (status = 429, description = "Tried too often")))]
pub async fn ask(
    State(app): State<Arc<App>>,
    Address(address): Address,
    headers: HeaderMap,
    JsonBody(wanted): JsonBody<WantedPasswordLink>,
) -> Result<StatusCode, Problem> {
    refuse_other_sites(&headers)?;
    ask_for_link(&app, address, &wanted.email)?;
    Ok(StatusCode::ACCEPTED)
}
