//! `DELETE /api/playbook/draft`: all edits taken back.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::playbook::draft;
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;

use super::{Draft, Shown, expected, shown};
use crate::http::problem::Problem;

/// Takes all edits of the draft back
#[utoipa::path(delete, path = "/api/playbook/draft", params(
    ("if-match" = String, Header, description = "The `ETag` of the draft as it was read")),
    responses((status = 200, body = Draft),
        (status = 412, description = "The draft or the version in force is another one by now"),
        (status = 428, description = "`If-Match` is missing")))]
pub async fn discard(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    headers: HeaderMap,
) -> Result<Shown, Problem> {
    Ok(shown(draft::discard(&app, &actor, expected(&headers)?).await?))
}
