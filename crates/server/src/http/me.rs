//! `GET /api/me`: who asks.

use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::access::sessions::Signed;
use crate::app::actor::Actor;

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
