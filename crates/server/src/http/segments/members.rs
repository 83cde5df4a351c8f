//! `GET /api/segments/{id}/members`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::problem::Problem;
use attractor_app::App;
use attractor_app::cursor::{Page, limit};
use attractor_app::leads::list::{self, Asked, LeadItem, Sort};
use attractor_app::refusal::Refusal;
use attractor_app::segments;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Part {
    sort: Option<Sort>,
    /// At most so many, up to 500; 50 where absent
    limit: Option<usize>,
    /// `next` of the page before
    cursor: Option<String>,
}

/// Who is in a segment now
#[utoipa::path(get, path = "/api/segments/{id}/members", params(("id" = String, Path), Part),
    responses((status = 200, body = Page<LeadItem>), (status = 404, description = "There is no such segment")))]
pub async fn list(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(part): Query<Part>,
) -> Result<Json<Page<LeadItem>>, Problem> {
    let limit = limit(part.limit)?;
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let page = app.readers.read(move |connection| -> Result<_, Refusal> {
        let versions = programs.now(connection)?;
        segments::declared(&versions, &id)?;
        let place = Some(format!("segment:{id}"));
        let sort = part.sort.unwrap_or_default();
        list::page(connection, &versions, &Asked { sort, place, cursor: part.cursor, limit, ..Asked::default() }, now)
    });
    Ok(Json(page.await?))
}
