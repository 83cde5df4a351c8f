//! `GET /api/playbook/draft`: the draft.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::playbook::draft;
use axum::extract::State;

use super::{Draft, Shown, shown};
use crate::http::problem::Problem;

/// The draft: its edits, what they change, and the playbook with them. Its `ETag` is the `If-Match` of every change
#[utoipa::path(get, path = "/api/playbook/draft", responses((status = 200, body = Draft)))]
pub async fn show(State(app): State<Arc<App>>) -> Result<Shown, Problem> {
    Ok(shown(draft::shown(&app).await?))
}
