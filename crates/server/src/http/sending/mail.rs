//! `GET /api/outbox/{send_id}/mail`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::emails::again::{self, SentMail};
use axum::Json;
use axum::extract::State;

use crate::http::extract::Path;
use crate::http::problem::Problem;

/// A copy shown again as its reader got it
///
/// Links lead where they led; those that were personal do nothing, and looking counts nowhere. In the path, each `/` of the id
/// is written as `%2F`.
#[utoipa::path(get, path = "/api/outbox/{send_id}/mail", params(("send_id" = String, Path)), responses(
    (status = 200, body = SentMail), (status = 404, description = "No such copy was composed, or it was erased")))]
pub async fn show(State(app): State<Arc<App>>, Path(send_id): Path<String>) -> Result<Json<SentMail>, Problem> {
    Ok(Json(again::shown(&app, send_id).await?))
}
