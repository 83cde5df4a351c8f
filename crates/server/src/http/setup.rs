//! A link that sets a password once: the page that it opens, and `POST /api/setup`, which uses it up.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::access::users;
use attractor_app::access::users::UserItem;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::JsonBody;
use super::peer::Address;
use super::problem::Problem;
use super::session::refuse_other_sites;

const PAGE: &str = include_str!("../../assets/setup.html");
/// It talks to nobody else, and stands in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; \
                      form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The page. It uses nothing up: whoever previews a link in a mail or a chat leaves it as it was.
pub async fn page() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, PAGE)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// The `token` of the link
    token: String,
    /// The first owner's; of others it may be left out
    #[serde(default)]
    email: String,
    /// At least 12 characters
    password: String,
}

/// Set your password with a link that works once
#[utoipa::path(post, path = "/api/setup", request_body = Setup, responses(
    (status = 200, body = UserItem), (status = 401, description = "The link works no more"),
    (status = 422, description = "The password or the address will not do"),
    (status = 429, description = "Tried too often")))]
pub async fn set_up(
    State(app): State<Arc<App>>,
    Address(address): Address,
    headers: HeaderMap,
    JsonBody(setup): JsonBody<Setup>,
) -> Result<Json<UserItem>, Problem> {
    refuse_other_sites(&headers)?;
    let user = users::set_up(&app, address, &setup.token, &setup.email, setup.password).await?;
    Ok(Json(UserItem::from(user)))
}
