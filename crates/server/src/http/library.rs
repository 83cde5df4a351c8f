//! `GET /api/library`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::sending::library::{self, LibraryOverview};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::problem::Problem;

/// The library: the e-mails with a `format`, and where people have read everything that fits them
///
/// People are counted in the background; the answer waits up to two seconds for the end. 202 where not everybody was asked
/// yet: ask again. A count that took longer answers requests for ten times as long as it took; `at` says as of when it is.
#[utoipa::path(get, path = "/api/library", responses((status = 200, body = LibraryOverview),
    (status = 202, description = "Not everybody was asked yet", body = LibraryOverview)))]
pub async fn show(State(app): State<Arc<App>>) -> Result<(StatusCode, Json<LibraryOverview>), Problem> {
    let found = library::show(&app).await?;
    let status = if found.complete { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(found)))
}
