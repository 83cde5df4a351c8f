//! `GET /api/audit`: who did what.

use std::sync::Arc;

use attractor_engine::time::Instant;
use attractor_store::audit;
use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;
use attractor_app::App;
use attractor_app::access::Denied;
use attractor_app::stored::stored;

const USUAL: i64 = 100;
const MOST: i64 = 1_000;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// The `next` of the page before
    cursor: Option<String>,
    /// At most so many entries, 1,000 at the most
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub struct Entry {
    at: String,
    /// `user:ID`, `key:ID` or `command line (NAME)`
    who: String,
    what: String,
    /// To what it was done: `key:7`
    subject: String,
    #[schema(value_type = Object)]
    details: Value,
}

#[derive(Serialize, ToSchema)]
pub struct Audit {
    /// The newest first
    entries: Vec<Entry>,
    /// The cursor of the next page; null behind the last
    next: Option<String>,
}

/// Who did what, the newest first
#[utoipa::path(get, path = "/api/audit", params(Page), responses((status = 200, body = Audit)))]
pub async fn list(State(app): State<Arc<App>>, Query(page): Query<Page>) -> Result<Json<Audit>, Problem> {
    let before = match &page.cursor {
        Some(cursor) => i64::from_str_radix(cursor, 36).map_err(|_| Problem::bad("`cursor` is none of ours"))?,
        None => i64::MAX,
    };
    let limit = page.limit.unwrap_or(USUAL).clamp(1, MOST);
    let read = app.readers.read(move |connection| Ok::<_, Denied>(audit::latest(connection, before, limit)?));
    let found = read.await?;
    let is_full = found.len() as i64 == limit;
    let next = found.last().filter(|_| is_full).map(|last| in_36(last.number));
    Ok(Json(Audit { entries: found.into_iter().map(entry).collect(), next }))
}

fn entry(entry: audit::Entry) -> Entry {
    let audit::Entry { at, who, what, subject, details, .. } = entry;
    let details = stored(&details);
    Entry { at: Instant(at).to_string(), who, what, subject, details }
}

fn in_36(mut number: i64) -> String {
    let mut digits = Vec::new();
    while number > 0 {
        digits.extend(char::from_digit((number % 36) as u32, 36));
        number /= 36;
    }
    digits.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_were_written() {
        for number in [1, 35, 36, 1_000_000, i64::MAX] {
            assert_eq!(i64::from_str_radix(&in_36(number), 36), Ok(number));
        }
    }
}
