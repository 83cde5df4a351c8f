//! `POST /api/emails/{id}/test`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::emails::trial::{self, TestMail};
use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;

use super::preview::EmailView;
use crate::http::body::JsonBody;
use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TestQuery {
    /// For the command line, which has no address of its own: that of the user who asks
    to: Option<String>,
}

/// Send an e-mail to yourself, to see it in a mailbox
///
/// It goes to the address of the user who asks, and to nobody else. It has `[Test]` in its subject, no pixel and no personal
/// links, and leaves no trace at any lead.
#[utoipa::path(post, path = "/api/emails/{id}/test", params(("id" = String, Path), TestQuery),
    request_body = EmailView,
    responses((status = 200, body = TestMail), (status = 404, description = "No such e-mail, lead or user"),
    (status = 409, description = "A key asks, which has no address, somebody else is named, or sending is paused"),
    (status = 422, description = "The e-mail cannot be shown: why"), (status = 429, description = "Too many tests")))]
pub async fn send(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Query(query): Query<TestQuery>,
    JsonBody(view): JsonBody<EmailView>,
) -> Result<Json<TestMail>, Problem> {
    Ok(Json(trial::send(&app, &actor, query.to, view.of(Some(id))).await?))
}
