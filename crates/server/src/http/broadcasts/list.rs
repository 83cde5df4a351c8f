//! `GET` and `POST /api/broadcasts`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::cursor::{Page, limit};
use attractor_app::sending::broadcasts::item::{self, BroadcastItem};
use attractor_app::sending::broadcasts::{BroadcastSettings, control};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::body::JsonBody;
use crate::http::extract::Query;
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct BroadcastsQuery {
    /// How many at most, up to 500; 50 if absent
    limit: Option<usize>,
    /// `next` of the previous page
    cursor: Option<String>,
}

/// Broadcasts, the newest first
#[utoipa::path(get, path = "/api/broadcasts", params(BroadcastsQuery),
    responses((status = 200, body = Page<BroadcastItem>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Query(part): Query<BroadcastsQuery>,
) -> Result<Json<Page<BroadcastItem>>, Problem> {
    let limit = limit(part.limit)?;
    Ok(Json(app.read(move |view| item::page(view, part.cursor.as_deref(), limit)).await?))
}

/// Make a broadcast. It is a draft: nothing leaves until it is started
#[utoipa::path(post, path = "/api/broadcasts", request_body = BroadcastSettings, responses(
    (status = 201, body = BroadcastItem), (status = 422, description = "A setting is not right, or names what the playbook does not have")))]
pub async fn add(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(settings): JsonBody<BroadcastSettings>,
) -> Result<impl IntoResponse, Problem> {
    Ok((StatusCode::CREATED, Json(control::add(&app, &actor, settings).await?)))
}
