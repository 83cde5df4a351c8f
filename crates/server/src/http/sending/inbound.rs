//! `/api/inbound`: what came back and could not be used.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::cursor::{Page, limit};
use attractor_app::sending::incoming::failed::{self, FailedFile};
use attractor_app::sending::incoming::unmatched::{self, UnmatchedMails};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FailedQuery {
    /// How many at most, up to 500; 50 if absent
    limit: Option<usize>,
    /// `next` of the previous page
    cursor: Option<String>,
}

/// Files of `inbound_folder` that could not be read, those that were put aside last at first
#[utoipa::path(get, path = "/api/inbound/failed", params(FailedQuery),
    responses((status = 200, body = Page<FailedFile>)))]
pub async fn failed(
    State(app): State<Arc<App>>,
    Query(part): Query<FailedQuery>,
) -> Result<Json<Page<FailedFile>>, Problem> {
    let limit = limit(part.limit)?;
    Ok(Json(failed::page(&app, part.cursor, limit).await?))
}

/// Puts a file back, to be taken once more within seconds
///
/// What was stored of it before counts once. If it cannot be read again, it is listed again, under the same name if that is
/// free.
#[utoipa::path(post, path = "/api/inbound/failed/{id}/retry", params(("id" = String, Path)),
    responses((status = 204), (status = 404, description = "No such file could not be read")))]
pub async fn retry(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    failed::retry(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a file that could not be read
#[utoipa::path(delete, path = "/api/inbound/failed/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 404, description = "No such file could not be read")))]
pub async fn discard(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    failed::discard(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What came back in the last 30 days and is of no copy that is known
///
/// It counts nowhere: it names no e-mail of this installation, or proves nothing about it. The newest 200 are listed. Mails
/// themselves are not stored. What names a person who is erased is deleted with the person.
#[utoipa::path(get, path = "/api/inbound/unmatched", responses((status = 200, body = UnmatchedMails)))]
pub async fn unmatched(State(app): State<Arc<App>>) -> Result<Json<UnmatchedMails>, Problem> {
    Ok(Json(unmatched::list(&app).await?))
}
