//! `/api/senders`: who e-mails come from that name one.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::senders::{self, NewSender, SenderChange, SenderItem, SenderList};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::JsonBody;
use super::problem::Problem;
use crate::http::extract::Path;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedSender {
    /// What `from` of an e-mail is to name: small letters, digits and hyphens
    id: String,
    /// What readers see
    #[serde(default)]
    name: String,
    address: String,
    /// Where answers go; absent for `address`
    reply_to: Option<String>,
    /// Shown in the e-mails; absent for that of the settings
    postal_address: Option<String>,
}

/// What is to change; what is left out stays as it is, and an empty text takes `reply_to` or `postal_address` away
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedSender {
    name: Option<String>,
    address: Option<String>,
    reply_to: Option<String>,
    postal_address: Option<String>,
}

/// All senders
#[utoipa::path(get, path = "/api/senders", responses((status = 200, body = SenderList)))]
pub async fn list(State(app): State<Arc<App>>) -> Result<Json<SenderList>, Problem> {
    Ok(Json(senders::list(&app).await?))
}

/// One sender
#[utoipa::path(get, path = "/api/senders/{id}", params(("id" = String, Path)), responses(
    (status = 200, body = SenderItem), (status = 404, description = "The sender does not exist")))]
pub async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<SenderItem>, Problem> {
    Ok(Json(senders::one(&app, id).await?))
}

/// Make a sender
#[utoipa::path(post, path = "/api/senders", request_body = WantedSender, responses((status = 201, body = SenderItem),
    (status = 409, description = "There is one of this id"), (status = 422, description = "An address or a name will not do")))]
pub async fn add(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(wanted): JsonBody<WantedSender>,
) -> Result<(StatusCode, Json<SenderItem>), Problem> {
    let WantedSender { id, name, address, reply_to, postal_address } = wanted;
    let made = senders::add(&app, &actor, NewSender { id, name, address, reply_to, postal_address }).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Change a sender; copies that are composed from then on are as it says
#[utoipa::path(put, path = "/api/senders/{id}", params(("id" = String, Path)), request_body = ChangedSender, responses(
    (status = 200, body = SenderItem), (status = 404, description = "The sender does not exist"),
    (status = 422, description = "An address or a name will not do")))]
pub async fn change(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    JsonBody(changed): JsonBody<ChangedSender>,
) -> Result<Json<SenderItem>, Problem> {
    let ChangedSender { name, address, reply_to, postal_address } = changed;
    Ok(Json(senders::change(&app, &actor, id, SenderChange { name, address, reply_to, postal_address }).await?))
}

/// Remove a sender that no e-mail of the playbook names
#[utoipa::path(delete, path = "/api/senders/{id}", params(("id" = String, Path)), responses(
    (status = 204, description = "It is gone"), (status = 404, description = "The sender does not exist"),
    (status = 409, description = "E-mails name it")))]
pub async fn remove(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    senders::remove(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
