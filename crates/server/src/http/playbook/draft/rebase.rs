//! `POST /api/playbook/draft/rebase`: the draft on the version in force.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::playbook::draft;
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;

use super::{Draft, Shown, expected, shown};
use crate::http::problem::Problem;

/// Bases the draft on the version in force. All of its edits must apply there and write over nothing; the 409 names those
/// that do not
#[utoipa::path(post, path = "/api/playbook/draft/rebase", params(
    ("if-match" = String, Header, description = "The `ETag` of the draft as it was read")),
    responses((status = 200, body = Draft), (status = 409, description = "An edit does not apply"),
        (status = 412, description = "The draft or the version in force is another one by now"),
        (status = 428, description = "`If-Match` is missing")))]
pub async fn rebase(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    headers: HeaderMap,
) -> Result<Shown, Problem> {
    Ok(shown(draft::rebase(&app, &actor, expected(&headers)?).await?))
}
