//! `GET /api/imports`: all imports, the newest first.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::ImportId;
use attractor_app::imports;
use attractor_app::imports::item::{ImportItem, all_shown};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::extract::Query;
use crate::http::problem::Problem;

const USUAL: i64 = 50;
const MOST: i64 = 500;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ImportsQuery {
    /// How many at most, up to 500; 50 if absent
    limit: Option<i64>,
    /// `next` of the previous page
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Imports {
    items: Vec<ImportItem>,
    /// The cursor of the next page
    next: Option<String>,
}

/// All imports, the newest first
#[utoipa::path(get, path = "/api/imports", params(ImportsQuery), responses((status = 200, body = Imports)))]
pub async fn list(State(app): State<Arc<App>>, Query(page): Query<ImportsQuery>) -> Result<Json<Imports>, Problem> {
    let limit = page.limit.unwrap_or(USUAL).clamp(1, MOST);
    let before = match page.cursor.as_deref() {
        None => ImportId::MAX,
        Some(cursor) => {
            let wrong = || Problem::bad("`cursor` does not belong to this list; leave it out for the first page");
            cursor.strip_prefix('i').and_then(|number| number.parse().ok()).ok_or_else(wrong)?
        }
    };
    let mut found = imports::list(&app, before, limit + 1).await?;
    let is_more = found.len() as i64 > limit;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| is_more).map(|import| format!("i{}", import.id));
    Ok(Json(Imports { items: all_shown(&app, found).await, next }))
}
