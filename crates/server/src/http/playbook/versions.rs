//! `/api/playbook/versions`: everything that was ever published.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_engine::time::Instant;
use attractor_store::versions::{self, Version};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::tag;
use crate::http::leads::Part;
use crate::http::problem::Problem;
use attractor_app::App;
use attractor_app::cursor::{self, Page, limit};
use attractor_app::playbook::version;

#[derive(Serialize, ToSchema)]
pub struct VersionItem {
    version: i64,
    at: String,
    author: String,
    note: String,
}

impl From<&Version> for VersionItem {
    fn from(version: &Version) -> VersionItem {
        VersionItem {
            version: version.number,
            at: Instant(version.at).to_string(),
            author: version.author.clone(),
            note: version.note.clone(),
        }
    }
}

/// All versions, the newest first
#[utoipa::path(get, path = "/api/playbook/versions", params(Part), responses((status = 200, body = Page<VersionItem>)))]
pub async fn list(State(app): State<Arc<App>>, Query(part): Query<Part>) -> Result<Json<Page<VersionItem>>, Problem> {
    let limit = limit(part.limit)?;
    let before = cursor::read(part.cursor.as_deref())?.unwrap_or(i64::MAX);
    let found = app.readers.read(move |connection| versions::page(connection, before, limit as i64 + 1)).await?;
    let page = Page::cut(found, limit, |last| last.number);
    Ok(Json(Page { items: page.items.iter().map(VersionItem::from).collect(), next: page.next }))
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
pub async fn show(State(app): State<Arc<App>>, Path(number): Path<i64>) -> Result<impl IntoResponse, Problem> {
    let (found, files) = app.readers.read(move |connection| version(connection, number)).await?;
    Ok((tag(number), Json(WithFiles { version: VersionItem::from(&found), files })))
}
