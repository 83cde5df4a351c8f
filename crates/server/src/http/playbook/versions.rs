//! `/api/playbook/versions`: everything that was ever published.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_engine::time::Instant;
use attractor_store::versions::{self, Version};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::tag;
use crate::app::App;
use crate::app::playbook::version;
use crate::http::problem::Problem;

#[derive(Serialize, ToSchema)]
pub struct Published {
    version: i64,
    at: String,
    author: String,
    note: String,
}

impl From<&Version> for Published {
    fn from(version: &Version) -> Published {
        Published {
            version: version.number,
            at: Instant(version.at).to_string(),
            author: version.author.clone(),
            note: version.note.clone(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Versions {
    /// The newest first
    items: Vec<Published>,
    /// Where the next page begins
    next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
pub struct Page {
    /// At most so many, 50 unless told, 500 at most
    limit: Option<i64>,
    /// `next` of the page before
    cursor: Option<String>,
}

/// All versions, the newest first
#[utoipa::path(get, path = "/api/playbook/versions", params(Page), responses((status = 200, body = Versions)))]
pub async fn list(State(app): State<Arc<App>>, Query(page): Query<Page>) -> Result<Json<Versions>, Problem> {
    let limit = page.limit.unwrap_or(50).clamp(1, 500);
    let before = match page.cursor.as_deref().map(str::parse) {
        None => i64::MAX,
        Some(Ok(before)) => before,
        Some(Err(_)) => return Err(Problem::bad("`cursor` is none that this list gave; leave it out to begin anew")),
    };
    let found = app.readers.read(move |connection| versions::page(connection, before, limit)).await?;
    let next = found.last().filter(|_| found.len() as i64 == limit).map(|last| last.number.to_string());
    Ok(Json(Versions { items: found.iter().map(Published::from).collect(), next }))
}

#[derive(Serialize, ToSchema)]
pub struct WithFiles {
    #[serde(flatten)]
    version: Published,
    /// Text by path in the playbook's folder
    files: BTreeMap<String, String>,
}

/// One version with its files
#[utoipa::path(get, path = "/api/playbook/versions/{number}", params(("number" = i64, Path)),
    responses((status = 200, body = WithFiles)))]
pub async fn show(State(app): State<Arc<App>>, Path(number): Path<i64>) -> Result<impl IntoResponse, Problem> {
    let (found, files) = app.readers.read(move |connection| version(connection, number)).await?;
    Ok((tag(number), Json(WithFiles { version: Published::from(&found), files })))
}
