//! `/api/playbook/draft/edits`: an edit more, an edit less.

use std::sync::Arc;

use attractor_app::actor::Actor;
use attractor_app::playbook::draft::change::DraftChange;
use attractor_app::playbook::draft::{add as add_edit, undo as undo_edit};
use attractor_app::{App, DraftNumber};
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Draft, Shown, expected, shown};
use crate::http::body::JsonBody;
use crate::http::extract::Path;
use crate::http::problem::Problem;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDraftEdit {
    /// Made together, in this order: the playbook must be usable after the last of them
    changes: Vec<DraftChange>,
}

/// Adds an edit to the draft, which begins with it where there is none. The whole playbook must pass the check after it;
/// otherwise nothing is stored, and the 422 says what is wrong
#[utoipa::path(post, path = "/api/playbook/draft/edits", request_body = NewDraftEdit, params(
    ("if-match" = String, Header, description = "The `ETag` of the draft as it was read")),
    responses((status = 200, body = Draft), (status = 409, description = "The draft is in conflict"),
        (status = 412, description = "The draft or the version in force is another one by now"),
        (status = 428, description = "`If-Match` is missing")))]
pub async fn add(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    headers: HeaderMap,
    JsonBody(edit): JsonBody<NewDraftEdit>,
) -> Result<Shown, Problem> {
    Ok(shown(add_edit(&app, &actor, expected(&headers)?, edit.changes).await?))
}

/// Takes one edit of the draft back. One that a later edit builds on is refused; the 409 names that edit
#[utoipa::path(delete, path = "/api/playbook/draft/edits/{number}", params(("number" = i64, Path),
    ("if-match" = String, Header, description = "The `ETag` of the draft as it was read")),
    responses((status = 200, body = Draft), (status = 409, description = "A later edit builds on it"),
        (status = 412, description = "The draft or the version in force is another one by now"),
        (status = 428, description = "`If-Match` is missing")))]
pub async fn undo(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(number): Path<DraftNumber>,
    headers: HeaderMap,
) -> Result<Shown, Problem> {
    Ok(shown(undo_edit(&app, &actor, expected(&headers)?, number).await?))
}
