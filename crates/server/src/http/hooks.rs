//! `POST /hooks/{id}`: what other systems send. `/api/hooks`: who may, and how it is read.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::hooks::{self as app_hooks, HookChange, HookItem, MappingItem, NewHook, Posted, Proof};
use attractor_app::schemas::AnyJson;
use attractor_app::stored::stored;
use attractor_intake::Rejected;
use attractor_intake::webhook::Mapping;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::body::{JsonBody, WholeBody};
use super::problem::Problem;
use crate::http::extract::{Path, Query};

#[derive(Deserialize)]
pub struct Address {
    token: Option<String>,
}

/// What became of a delivery
#[derive(Serialize, ToSchema)]
pub struct HookTaken {
    /// How many messages were stored
    stored: usize,
    /// The ids of the leads that they belong to
    leads: Vec<String>,
    /// Items that are not messages
    rejected: Vec<Rejection>,
}

/// Send a delivery to an inbound webhook; the answer comes when it is stored and its leads are updated
///
/// The address is one that `POST /api/hooks` made. The body is JSON of the sender's own, or the fields of a form; the hook's
/// mapping says how it is read. It is proved by the `token` or by the signature in a header.
#[utoipa::path(post, path = "/hooks/{id}",
    params(("id" = String, Path, description = "The hook's address"), ("token" = Option<String>, Query, description = "Where the hook's proof is `token`")),
    request_body(content = AnyJson), responses((status = 200, body = HookTaken),
    (status = 400, description = "The body cannot be read, or holds nothing that is a message"),
    (status = 401, description = "The proof is missing or wrong"), (status = 404, description = "The hook does not exist")))]
pub async fn take(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(address): Query<Address>,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Response, Problem> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let content_type = header(CONTENT_TYPE.as_str());
    let posted = Posted {
        hook: &id,
        token: address.token.as_deref(),
        header: &header,
        content_type: content_type.as_deref(),
        body: &body,
    };
    let done = app_hooks::take(&app, &posted).await?;
    let leads = done.leads.iter().map(ToString::to_string).collect();
    let nothing = done.stored == 0 && !done.rejected.is_empty();
    let status = if nothing { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let answer = HookTaken { stored: done.stored, leads, rejected: rejections(done.rejected) };
    Ok((status, Json(answer)).into_response())
}

/// An item that is not a message
#[derive(Serialize, ToSchema)]
pub struct Rejection {
    /// Its place in the body, from 0
    index: usize,
    /// What is wrong, and what would be right
    reason: String,
}

fn rejections(rejected: Vec<Rejected>) -> Vec<Rejection> {
    rejected.into_iter().map(|one| Rejection { index: one.index, reason: one.reason }).collect()
}

#[derive(Serialize, ToSchema)]
pub struct Hooks {
    items: Vec<HookItem>,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HookProof {
    /// `?token=…` in the address
    #[default]
    Token,
    /// HMAC-SHA256 of the body in a header
    Hmac,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedHook {
    name: String,
    /// Which field of the body means what: docs/operate.md
    #[schema(value_type = MappingItem)]
    mapping: Mapping,
    #[serde(default)]
    proof: HookProof,
    /// Of an `hmac`; `x-signature` where it is left out
    #[serde(default)]
    header: String,
}

#[derive(Serialize, ToSchema)]
pub struct MadeHook {
    /// The token, or the secret of the HMAC. It is shown this once
    secret: String,
    #[serde(flatten)]
    about: HookItem,
}

/// All inbound webhooks, without their secrets
#[utoipa::path(get, path = "/api/hooks", responses((status = 200, body = Hooks)))]
pub async fn list(State(app): State<Arc<App>>) -> Result<Json<Hooks>, Problem> {
    Ok(Json(Hooks { items: app_hooks::list(&app).await?.into_iter().map(HookItem::from).collect() }))
}

/// Make an inbound webhook
#[utoipa::path(post, path = "/api/hooks", request_body = WantedHook, responses(
    (status = 201, body = MadeHook), (status = 422, description = "The mapping will not do")))]
pub async fn add(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(wanted): JsonBody<WantedHook>,
) -> Result<impl IntoResponse, Problem> {
    let proof = match wanted.proof {
        HookProof::Token => Proof::Token,
        HookProof::Hmac => Proof::Hmac(wanted.header),
    };
    let new = NewHook { name: wanted.name, mapping: wanted.mapping };
    let (about, secret) = app_hooks::add(&app, &actor, new, proof).await?;
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(MadeHook { secret, about: about.into() })))
}

/// What is to change; what is left out stays as it is
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedHook {
    name: Option<String>,
    /// As a whole
    #[schema(value_type = Option<MappingItem>)]
    mapping: Option<Mapping>,
}

/// Change its name, its mapping or both; what is left out stays as it is
#[utoipa::path(put, path = "/api/hooks/{id}", params(("id" = String, Path)), request_body = ChangedHook, responses(
    (status = 204, description = "It is changed"), (status = 404, description = "The hook does not exist")))]
pub async fn change(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    JsonBody(changed): JsonBody<ChangedHook>,
) -> Result<StatusCode, Problem> {
    app_hooks::change(&app, &actor, id, HookChange { name: changed.name, mapping: changed.mapping }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove it: its address answers no more
#[utoipa::path(delete, path = "/api/hooks/{id}", params(("id" = String, Path)), responses(
    (status = 204, description = "It is gone"), (status = 404, description = "The hook does not exist")))]
pub async fn remove(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    app_hooks::remove(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    #[schema(value_type = MappingItem)]
    mapping: Mapping,
    /// What would be posted: JSON, or a text as it would come
    #[schema(value_type = AnyJson)]
    body: Value,
    /// `application/x-www-form-urlencoded` where it is a form
    content_type: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Outcome {
    /// The messages, as they would be stored
    #[schema(value_type = Vec<AnyJson>)]
    messages: Vec<Value>,
    rejected: Vec<Rejection>,
}

/// See what a mapping makes of a body; nothing is stored
#[utoipa::path(post, path = "/api/hooks/try", request_body = Trial, responses(
    (status = 200, body = Outcome), (status = 422, description = "The mapping or the body will not do")))]
pub async fn try_out(State(app): State<Arc<App>>, JsonBody(trial): JsonBody<Trial>) -> Result<Json<Outcome>, Problem> {
    let text = match trial.body {
        Value::String(text) => text,
        value => value.to_string(),
    };
    let (messages, rejected) =
        app_hooks::try_out(&app, &trial.mapping, trial.content_type.as_deref(), text.as_bytes())?;
    let messages = messages.iter().map(|json| stored(json)).collect();
    Ok(Json(Outcome { messages, rejected: rejections(rejected) }))
}
