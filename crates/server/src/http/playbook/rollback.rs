//! `POST /api/playbook/rollback`: an older version again.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::VersionNumber;
use attractor_app::actor::Actor;
use attractor_app::playbook::number;
use attractor_app::playbook::publish::roll_back;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;

use super::publish::Published;
use super::{if_match, tag};
use crate::http::body::JsonBody;
use crate::http::problem::Problem;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Older {
    #[schema(value_type = i64)]
    version: VersionNumber,
}

/// Publishes what an older version was, as a new one. With `If-Match` only where that version is in force
#[utoipa::path(post, path = "/api/playbook/rollback", request_body = Older, responses((status = 200, body = Published)))]
pub async fn roll(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    headers: HeaderMap,
    JsonBody(older): JsonBody<Older>,
) -> Result<impl IntoResponse, Problem> {
    let in_force = app.read(number).await?;
    let based_on = if_match(&headers, in_force)?.unwrap_or(in_force);
    let done = roll_back(&app, &actor, older.version, based_on).await?;
    Ok((tag(done.in_force), Json(Published::from(done))))
}
