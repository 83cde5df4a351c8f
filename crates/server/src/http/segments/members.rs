//! `GET /api/segments/{id}/members`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::cursor::{Page, limit};
use attractor_app::leads::list::{LeadItem, LeadSelection, Sort};
use attractor_app::segments;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct MembersQuery {
    sort: Option<Sort>,
    /// How many at most, up to 500; 50 if absent
    limit: Option<usize>,
    /// `next` of the previous page
    cursor: Option<String>,
}

/// Who is in a segment now
#[utoipa::path(get, path = "/api/segments/{id}/members", params(("id" = String, Path), MembersQuery),
    responses((status = 200, body = Page<LeadItem>), (status = 404, description = "The segment does not exist")))]
pub async fn list(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(part): Query<MembersQuery>,
) -> Result<Json<Page<LeadItem>>, Problem> {
    let limit = limit(part.limit)?;
    let asked =
        LeadSelection { sort: part.sort.unwrap_or_default(), cursor: part.cursor, limit, ..LeadSelection::default() };
    Ok(Json(app.read(move |view| segments::members(view, &id, asked)).await?))
}
