//! `GET /api/topics`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::sending::topics::{self, TopicList};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::problem::Problem;

/// The topics: whom each draws, what the same people are drawn to, and what is offered in vain
///
/// People are counted in the background; the answer waits up to two seconds for the end. 202 where not everybody was asked
/// yet: ask again. A count that took longer answers requests for ten times as long as it took; `at` says as of when it is.
#[utoipa::path(get, path = "/api/topics", responses((status = 200, body = TopicList),
    (status = 202, description = "Not everybody was asked yet", body = TopicList)))]
pub async fn list(State(app): State<Arc<App>>) -> Result<(StatusCode, Json<TopicList>), Problem> {
    let found = topics::all(&app).await?;
    let status = if found.complete { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(found)))
}
