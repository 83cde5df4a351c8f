//! `GET /api/leads`: leads in lists.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::cursor::{Page, limit};
use attractor_app::leads::list::{self, LeadItem, LeadSelection, Sort};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::extract::Query;
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Filters {
    /// The beginning of a user id, an e-mail, any word of the lead's or its company's name, or a visitor's id; in names,
    /// capital letters and accents do not count. The other filters and `sort` do not go with it
    q: Option<String>,
    /// Only who is there: `segment:ID` or `stage:LADDER:STAGE`
    place: Option<String>,
    /// Only who is of this company
    company: Option<String>,
    /// Only of whom this condition holds, JSON; the pages may be short. `POST /api/leads/query` takes long ones
    condition: Option<String>,
    sort: Option<Sort>,
    /// How many at most, up to 500; 50 if absent
    limit: Option<usize>,
    /// `next` of the previous page
    cursor: Option<String>,
}

/// Leads: all of them, or those wanted
#[utoipa::path(get, path = "/api/leads", params(Filters), responses((status = 200, body = Page<LeadItem>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Query(filters): Query<Filters>,
) -> Result<Json<Page<LeadItem>>, Problem> {
    let limit = limit(filters.limit)?;
    let Filters { q, place, company, condition, sort, cursor, .. } = filters;
    if let Some(q) = q {
        if place.is_some() || company.is_some() || condition.is_some() || sort.is_some() {
            return Err(Problem::bad("`q` goes with no other filter and no `sort`"));
        }
        return Ok(Json(app.read(move |view| list::search(view, &q, cursor.as_deref(), limit)).await?));
    }
    let asked = LeadSelection { sort: sort.unwrap_or_default(), place, company, condition, cursor, limit };
    Ok(Json(app.read(move |view| list::page(view, &asked)).await?))
}
