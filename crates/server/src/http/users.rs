//! `/api/users`: who may sign in.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::UserId;
use attractor_app::access::users::{self, NewUser, UserChange, UserItem, link_path};
use attractor_app::actor::Actor;
use attractor_app::team::links::{MailedInvitation, invite_by_mail};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::JsonBody;
use super::keys::RoleName;
use super::problem::Problem;
use crate::http::extract::Path;

#[derive(Serialize, ToSchema)]
pub struct Users {
    users: Vec<UserItem>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedUser {
    email: String,
    #[serde(default)]
    name: String,
    role: RoleName,
    /// Where it is left out, the answer has a link by which the user sets it
    password: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct MadeUser {
    /// Where the user sets its password, once, within seven days: a path of this server
    link: Option<String>,
    /// The same with the server's address: its `public_url`, otherwise where it listens
    url: Option<String>,
    #[serde(flatten)]
    about: UserItem,
}

/// What is to change; what is left out stays
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    name: Option<String>,
    role: Option<RoleName>,
    disabled: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub struct ChangedUser {
    /// The names of api keys that the user made and that were revoked, because the user may no longer do what they may
    revoked_keys: Vec<String>,
    /// The names of write keys that a disabled user made. They still send: revoke those that nobody else needs
    sending_keys: Vec<String>,
    #[serde(flatten)]
    about: UserItem,
}

#[derive(Serialize, ToSchema)]
pub struct Link {
    /// Where the user sets its password, once, within seven days: a path of this server
    link: String,
    /// The same with the server's address: its `public_url`, otherwise where it listens
    url: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Password {
    /// At least 12 characters
    password: String,
}

/// All users, disabled ones too
#[utoipa::path(get, path = "/api/users", responses((status = 200, body = Users)))]
pub async fn list(State(app): State<Arc<App>>) -> Result<Json<Users>, Problem> {
    let users = users::list(&app).await?.into_iter().map(UserItem::from).collect();
    Ok(Json(Users { users }))
}

/// Make a user
#[utoipa::path(post, path = "/api/users", request_body = WantedUser, responses(
    (status = 201, body = MadeUser), (status = 409, description = "The address is a user's already")))]
pub async fn add(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(wanted): JsonBody<WantedUser>,
) -> Result<impl IntoResponse, Problem> {
    let WantedUser { email, name, role, password } = wanted;
    let (user, token) = users::add(&app, &actor, NewUser { email, name, role: role.into(), password }).await?;
    let link = token.map(|token| link_path(&token));
    let made = MadeUser { url: link.as_ref().map(|path| app.settings.address() + path), link, about: user.into() };
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(made)))
}

/// Change a user's name or role, disable it or let it in again
///
/// Api keys that the user made are revoked if they may do more than the user may afterwards.
#[utoipa::path(patch, path = "/api/users/{id}", params(("id" = i64, Path)), request_body = Changes, responses(
    (status = 200, body = ChangedUser), (status = 409, description = "It is the last owner")))]
pub async fn change(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<UserId>,
    JsonBody(changes): JsonBody<Changes>,
) -> Result<Json<ChangedUser>, Problem> {
    let Changes { name, role, disabled } = changes;
    let changed = users::change(&app, &actor, id, UserChange { name, role: role.map(Into::into), disabled }).await?;
    let users::Changed { user, revoked, sending } = changed;
    Ok(Json(ChangedUser { revoked_keys: revoked, sending_keys: sending, about: user.into() }))
}

/// Make a link by which a user sets its password; older ones work no more
#[utoipa::path(post, path = "/api/users/{id}/link", params(("id" = i64, Path)), responses((status = 201, body = Link)))]
pub async fn link(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<UserId>,
) -> Result<impl IntoResponse, Problem> {
    let link = link_path(&users::link(&app, &actor, id).await?);
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(Link { url: app.settings.address() + &link, link })))
}

/// Mail a user a link that sets a password; older ones work no more
///
/// The link is in the e-mail alone. It works once, within seven days.
#[utoipa::path(post, path = "/api/users/{id}/invite", params(("id" = i64, Path)), responses(
    (status = 202, description = "It is on its way; GET /api/letters shows whether it left", body = MailedInvitation),
    (status = 404, description = "The user does not exist, or it is disabled"),
    (status = 409, description = "No mail server is set")))]
pub async fn invite(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<UserId>,
) -> Result<(StatusCode, Json<MailedInvitation>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(invite_by_mail(&app, &actor, id).await?)))
}

/// Set another user's password; its sessions end. Users change their own at `PUT /api/me/password`
#[utoipa::path(put, path = "/api/users/{id}/password", params(("id" = i64, Path)), request_body = Password, responses(
    (status = 204, description = "It is set"), (status = 409, description = "It is your own"), (status = 422, description = "It will not do")))]
pub async fn set_password(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<UserId>,
    JsonBody(body): JsonBody<Password>,
) -> Result<StatusCode, Problem> {
    users::set_password(&app, &actor, id, body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
