//! `/api/counts/{id}`: a count of all leads, under way or over; `segments/count.rs` begins it.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::counts::CountItem;
use axum::extract::State;
use axum::{Extension, Json};

use super::problem::Problem;
use crate::http::extract::Path;

/// How far a count is, or what it found
#[utoipa::path(get, path = "/api/counts/{id}", params(("id" = String, Path)),
    responses((status = 200, body = CountItem), (status = 404, description = "The count does not exist")))]
pub async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<CountItem>, Problem> {
    Ok(Json(app.counts.one(&id)?))
}

/// End a count that you began; an owner may end any
#[utoipa::path(delete, path = "/api/counts/{id}", params(("id" = String, Path)),
    responses((status = 200, body = CountItem), (status = 403, description = "Somebody else began it"),
    (status = 404, description = "The count does not exist")))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Json<CountItem>, Problem> {
    Ok(Json(app.counts.cancel(&id, &actor)?))
}
