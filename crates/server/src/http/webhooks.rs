//! `/api/webhooks`: who is told of moves, and the log of what was told.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::cursor::{self, Page, limit};
use attractor_app::webhooks::fields::Fields;
use attractor_app::webhooks::item::{DeliveryItem, WebhookItem};
use attractor_app::webhooks::{self as app_webhooks, Filter, NewWebhook, WebhookChange};
use attractor_app::{DeliveryNumber, WebhookId};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::JsonBody;
use super::leads::PageQuery;
use super::problem::Problem;
use crate::http::extract::{Path, Query};

#[derive(Serialize, ToSchema)]
pub struct Webhooks {
    items: Vec<WebhookItem>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedWebhook {
    /// Where to post to
    url: String,
    #[serde(default)]
    note: String,
    /// `stage`, `segment`, `sequence`, `interest`; none: all of these. `call`, for what happens with calls, and
    /// `alert`, for alerts of sequences, are in no empty list
    #[serde(default)]
    kinds: Vec<String>,
    /// Ids of ladders, segments and sequences that exist, and `primary` for the primary interest; alerts go by their sequence,
    /// calls by none; none: all
    #[serde(default)]
    subjects: Vec<String>,
    /// Why moves happened: `live`, `late`, `join`, `import`, `verdict`, `unmerge`, `undo`, `erasure`, `keys`, `version`; none:
    /// all but those that come in bulk, which are `import`, `undo`, `erasure`, `keys` and `version`
    #[serde(default)]
    reasons: Vec<String>,
    /// What each delivery says of its lead, under the names of your system: `{"lead_score": "score.engagement"}`. Allowed are
    /// `score.ID`, `stage.LADDER`, `attribute.NAME`, `owner`, `interest` and `email`
    #[serde(default)]
    fields: Fields,
}

impl From<WantedWebhook> for NewWebhook {
    fn from(wanted: WantedWebhook) -> NewWebhook {
        let WantedWebhook { url, note, kinds, subjects, reasons, fields } = wanted;
        NewWebhook { url, note, filter: Filter { kinds, subjects, reasons, fields } }
    }
}

/// What is to change; what is left out stays as it is
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedWebhook {
    /// Where to post to
    url: Option<String>,
    note: Option<String>,
    /// `stage`, `segment`, `sequence`, `interest`; the empty list: all of these. `call`, for what happens with calls,
    /// and `alert`, for alerts of sequences, are not among them
    kinds: Option<Vec<String>>,
    /// Ids of ladders, segments and sequences that exist, and `primary` for the primary interest; alerts go by their sequence,
    /// calls by none; the empty list: all
    subjects: Option<Vec<String>>,
    /// Why moves happened; the empty list: all but those that come in bulk
    reasons: Option<Vec<String>>,
    /// What each delivery says of its lead; the empty object: nothing more
    fields: Option<Fields>,
    /// `false` stops it; `true` lets it begin anew with what comes
    enabled: Option<bool>,
}

impl From<ChangedWebhook> for WebhookChange {
    fn from(changed: ChangedWebhook) -> WebhookChange {
        let ChangedWebhook { url, note, kinds, subjects, reasons, fields, enabled } = changed;
        WebhookChange { url, note, kinds, subjects, reasons, fields, enabled }
    }
}

#[derive(Serialize, ToSchema)]
pub struct MadeWebhook {
    /// What its signatures are made with, `whsec_…`. It is shown this once
    secret: String,
    #[serde(flatten)]
    about: WebhookItem,
}

/// All webhooks, without their secrets
#[utoipa::path(get, path = "/api/webhooks", responses((status = 200, body = Webhooks)))]
pub async fn list(State(app): State<Arc<App>>) -> Result<Json<Webhooks>, Problem> {
    Ok(Json(Webhooks { items: app_webhooks::list(&app).await?.into_iter().map(WebhookItem::from).collect() }))
}

/// Make a webhook: it is told of what moves from now on
#[utoipa::path(post, path = "/api/webhooks", request_body = WantedWebhook, responses(
    (status = 201, body = MadeWebhook), (status = 422, description = "The address will not do, or the filter names what does not exist: the answer lists what does")))]
pub async fn add(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(wanted): JsonBody<WantedWebhook>,
) -> Result<impl IntoResponse, Problem> {
    let (about, secret) = app_webhooks::add(&app, &actor, wanted.into()).await?;
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(MadeWebhook { secret, about: about.into() })))
}

/// One webhook
#[utoipa::path(get, path = "/api/webhooks/{id}", params(("id" = i64, Path)), responses(
    (status = 200, body = WebhookItem), (status = 404, description = "The webhook does not exist")))]
pub async fn show(State(app): State<Arc<App>>, Path(id): Path<WebhookId>) -> Result<Json<WebhookItem>, Problem> {
    Ok(Json(app_webhooks::one(&app, id).await?.into()))
}

/// Change a webhook, stop it, or let it begin anew; what is left out stays as it is
#[utoipa::path(put, path = "/api/webhooks/{id}", params(("id" = i64, Path)), request_body = ChangedWebhook, responses(
    (status = 200, body = WebhookItem), (status = 404, description = "The webhook does not exist"),
    (status = 422, description = "The address will not do, or the filter names what does not exist: the answer lists what does")))]
pub async fn change(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<WebhookId>,
    JsonBody(changed): JsonBody<ChangedWebhook>,
) -> Result<Json<WebhookItem>, Problem> {
    Ok(Json(app_webhooks::change(&app, &actor, id, changed.into()).await?.into()))
}

/// Remove a webhook and its log
#[utoipa::path(delete, path = "/api/webhooks/{id}", params(("id" = i64, Path)), responses(
    (status = 204, description = "It is gone"), (status = 404, description = "The webhook does not exist")))]
pub async fn remove(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<WebhookId>,
) -> Result<StatusCode, Problem> {
    app_webhooks::remove(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What was told, the newest first
#[utoipa::path(get, path = "/api/webhooks/{id}/deliveries", params(("id" = i64, Path), PageQuery), responses(
    (status = 200, body = Page<DeliveryItem>), (status = 404, description = "The webhook does not exist")))]
pub async fn log(
    State(app): State<Arc<App>>,
    Path(id): Path<WebhookId>,
    Query(part): Query<PageQuery>,
) -> Result<Json<Page<DeliveryItem>>, Problem> {
    let limit = limit(part.limit)?;
    let before = cursor::read(part.cursor.as_deref())?.unwrap_or(DeliveryNumber::MAX);
    let found = app_webhooks::log(&app, id, before, limit as i64 + 1).await?;
    let page = Page::cut(found, limit, |last| last.number);
    Ok(Json(Page { items: page.items.into_iter().map(DeliveryItem::from).collect(), next: page.next }))
}

/// Send something that is no move, to see whether it arrives
#[utoipa::path(post, path = "/api/webhooks/{id}/test", params(("id" = i64, Path)), responses(
    (status = 202, body = DeliveryItem), (status = 409, description = "The webhook is disabled")))]
pub async fn test(State(app): State<Arc<App>>, Path(id): Path<WebhookId>) -> Result<impl IntoResponse, Problem> {
    Ok((StatusCode::ACCEPTED, Json(DeliveryItem::from(app_webhooks::test(&app, id).await?))))
}

/// Send a delivery again, with the same id
#[utoipa::path(post, path = "/api/webhooks/{id}/deliveries/{number}/replay",
    params(("id" = i64, Path), ("number" = i64, Path)), responses(
    (status = 202, body = DeliveryItem), (status = 404, description = "The delivery does not exist")))]
pub async fn replay(
    State(app): State<Arc<App>>,
    Path((id, number)): Path<(WebhookId, DeliveryNumber)>,
) -> Result<impl IntoResponse, Problem> {
    Ok((StatusCode::ACCEPTED, Json(DeliveryItem::from(app_webhooks::replay(&app, id, number).await?))))
}
