//! `GET /api/emails/{id}`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::emails::list::{self, WholeEmail};
use axum::Json;
use axum::extract::State;

use super::list::EmailsQuery;
use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;

/// An e-mail of the playbook with its texts in each language and variant
#[utoipa::path(get, path = "/api/emails/{id}", params(("id" = String, Path), EmailsQuery), responses(
    (status = 200, body = WholeEmail), (status = 404, description = "The playbook has no e-mail of this id")))]
pub async fn show(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(part): Query<EmailsQuery>,
) -> Result<Json<WholeEmail>, Problem> {
    Ok(Json(list::shown(&app, id, part.draft).await?))
}
