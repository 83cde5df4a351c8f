//! `POST /api/playbook/draft/publish`: the draft as a new version.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::playbook::draft;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;

use super::expected;
use crate::http::body::JsonBody;
use crate::http::playbook::publish::Published;
use crate::http::playbook::tag;
use crate::http::problem::Problem;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftPublication {
    /// What changed and why, for those who come later; absent: what differs, as sentences
    #[serde(default)]
    note: String,
    /// Let the moves that it causes enroll
    #[serde(default, alias = "enrol")]
    enroll: bool,
}

/// Publishes the draft as a new version and ends it. Where another version is in force than the one that the draft is
/// based on, nothing is published, and the 412 holds the difference
#[utoipa::path(post, path = "/api/playbook/draft/publish", request_body = DraftPublication, params(
    ("if-match" = String, Header, description = "The `ETag` of the draft as it was read")),
    responses((status = 200, body = Published),
        (status = 412, description = "The draft or the version in force is another one by now"),
        (status = 428, description = "`If-Match` is missing")))]
pub async fn publish(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    headers: HeaderMap,
    JsonBody(how): JsonBody<DraftPublication>,
) -> Result<impl IntoResponse, Problem> {
    let done = draft::publish(&app, &actor, expected(&headers)?, how.note, how.enroll).await?;
    Ok((tag(done.in_force), Json(Published::from(done))))
}
