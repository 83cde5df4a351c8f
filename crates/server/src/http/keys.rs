//! `/api/keys`: the keys of programs.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::KeyId;
use attractor_app::access::keys::{self, KeyItem, Kind, NewKey};
use attractor_app::actor::{Actor, Role};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::JsonBody;
use super::problem::Problem;
use crate::http::extract::Path;

#[derive(Serialize, ToSchema)]
pub struct Keys {
    keys: Vec<KeyItem>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum KindName {
    /// For site scripts
    Public,
    /// For servers: it may send everything
    Server,
    /// For `/api`
    Api,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RoleName {
    Viewer,
    Sales,
    Marketer,
    Owner,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Role {
        match name {
            RoleName::Viewer => Role::Viewer,
            RoleName::Sales => Role::Sales,
            RoleName::Marketer => Role::Marketer,
            RoleName::Owner => Role::Owner,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedKey {
    name: String,
    kind: KindName,
    /// Of an api key; `viewer` where it is left out
    role: Option<RoleName>,
    /// Messages a minute
    rate: Option<i64>,
    /// Revoke the key that has this name, and make this one in its place
    #[serde(default)]
    replace: bool,
}

#[derive(Serialize, ToSchema)]
pub struct MadeKey {
    /// The key itself. It is shown this once
    key: String,
    #[serde(flatten)]
    about: KeyItem,
}

/// All keys, revoked ones too, without the keys themselves
#[utoipa::path(get, path = "/api/keys", responses((status = 200, body = Keys)))]
pub async fn list(State(app): State<Arc<App>>) -> Result<Json<Keys>, Problem> {
    let keys = keys::list(&app).await?.into_iter().map(KeyItem::from).collect();
    Ok(Json(Keys { keys }))
}

/// Make a key
#[utoipa::path(post, path = "/api/keys", request_body = WantedKey, responses(
    (status = 201, body = MadeKey), (status = 409, description = "A key has this name already, and `replace` is not true")))]
pub async fn add(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(wanted): JsonBody<WantedKey>,
) -> Result<impl IntoResponse, Problem> {
    let kind = match (wanted.kind, wanted.role) {
        (KindName::Public, None) => Kind::Public,
        (KindName::Server, None) => Kind::Server,
        (KindName::Api, role) => Kind::Api(role.map_or(Role::Viewer, Role::from)),
        (_, Some(_)) => return Err(Problem::bad("only api keys have a role").at("/role", "leave it out")),
    };
    let new = NewKey { name: wanted.name, kind, rate: wanted.rate, replaces: wanted.replace };
    let (about, key) = keys::add(&app, &actor, new).await?;
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(MadeKey { key, about: about.into() })))
}

/// Revoke a key: it opens nothing any more
#[utoipa::path(delete, path = "/api/keys/{id}", params(("id" = i64, Path)), responses(
    (status = 204, description = "It is revoked"), (status = 404, description = "The key does not exist")))]
pub async fn revoke(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<KeyId>,
) -> Result<StatusCode, Problem> {
    keys::revoke(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
