//! `/api/playbook/versions`: everything that was ever published.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_app::App;
use attractor_app::VersionNumber;
use attractor_app::cursor::{Page, limit};
use attractor_app::playbook::{VersionItem, one, published};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::tag;
use crate::http::extract::{Path, Query};
use crate::http::leads::PageQuery;
use crate::http::problem::Problem;

/// All versions, the newest first
#[utoipa::path(get, path = "/api/playbook/versions", params(PageQuery), responses((status = 200, body = Page<VersionItem>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Query(part): Query<PageQuery>,
) -> Result<Json<Page<VersionItem>>, Problem> {
    let limit = limit(part.limit)?;
    Ok(Json(app.read(move |view| published(view, part.cursor.as_deref(), limit)).await?))
}

#[derive(Serialize, ToSchema)]
pub struct WithFiles {
    #[serde(flatten)]
    version: VersionItem,
    /// Text by path in the playbook's folder
    files: BTreeMap<String, String>,
}

/// One version with its files
#[utoipa::path(get, path = "/api/playbook/versions/{number}", params(("number" = i64, Path)),
    responses((status = 200, body = WithFiles)))]
pub async fn show(
    State(app): State<Arc<App>>,
    Path(number): Path<VersionNumber>,
) -> Result<impl IntoResponse, Problem> {
    let (version, files) = app.read(move |view| one(view, number)).await?;
    Ok((tag(number), Json(WithFiles { version, files })))
}
