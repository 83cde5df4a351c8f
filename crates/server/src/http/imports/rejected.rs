//! `GET /api/imports/{id}/rejected`: the rows that could not be taken.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::ImportId;
use attractor_app::imports;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::http::extract::Path;
use crate::http::problem::Problem;
use crate::http::streamed::streamed;

/// The rejected rows as CSV: file, row, why, content
#[utoipa::path(get, path = "/api/imports/{id}/rejected", params(("id" = i64, Path)),
    responses((status = 200, body = String, content_type = "text/csv")))]
pub async fn show(State(app): State<Arc<App>>, Path(id): Path<ImportId>) -> Result<Response, Problem> {
    let file = imports::rejected(&app, id).await?;
    let name = format!("attachment; filename=\"import-{id}.rejected.csv\"");
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, file.map_or_else(Body::empty, streamed)).into_response())
}
