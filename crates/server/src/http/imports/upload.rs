//! `POST /api/imports/{id}/files/{number}`: one file of an import, of any size.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::ImportId;
use attractor_app::imports::Upload;
use attractor_app::schemas::FileBytes;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use http_body_util::BodyExt;

use crate::http::extract::Path;
use crate::http::problem::Problem;

/// Send a file of an import; sent again it replaces what was there
#[utoipa::path(post, path = "/api/imports/{id}/files/{number}",
    params(("id" = i64, Path), ("number" = usize, Path, description = "Its place among the names, from 0")),
    request_body(content = inline(FileBytes), content_type = "application/octet-stream"),
    responses((status = 204, description = "All of it is there")))]
pub async fn upload(
    State(app): State<Arc<App>>,
    Path((id, number)): Path<(ImportId, usize)>,
    mut body: Body,
) -> Result<StatusCode, Problem> {
    let upload = Upload::begin(&app, id, number).await?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Problem::bad(format!("the file broke off: {error}")))?;
        if let Ok(piece) = frame.into_data() {
            upload.add(piece).await;
        }
    }
    upload.end().await?;
    Ok(StatusCode::NO_CONTENT)
}
