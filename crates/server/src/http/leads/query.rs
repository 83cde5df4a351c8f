//! `POST /api/leads/query`: leads of whom a condition holds.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::cursor::limit;
use attractor_app::leads::list::{self, LeadSelection, MatchingLeads, Sort};
use attractor_app::schemas::AnyCondition;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::body::JsonBody;
use crate::http::problem::Problem;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadQuery {
    /// Any condition of the playbook's language
    #[schema(value_type = AnyCondition)]
    condition: Value,
    /// Only who is there: `segment:ID` or `stage:LADDER:STAGE`
    place: Option<String>,
    /// Only who is of this company
    company: Option<String>,
    #[serde(default)]
    sort: Sort,
    /// How many at most, up to 500; 50 if absent
    limit: Option<usize>,
    /// `next` of the previous page
    cursor: Option<String>,
}

/// Leads of whom a condition holds now
///
/// A page may be short, even empty, while there is a `next`: a request looks at some thousand leads.
#[utoipa::path(post, path = "/api/leads/query", request_body = LeadQuery,
    responses((status = 200, body = MatchingLeads), (status = 422, description = "The condition is not right")))]
pub async fn list(
    State(app): State<Arc<App>>,
    JsonBody(wanted): JsonBody<LeadQuery>,
) -> Result<Json<MatchingLeads>, Problem> {
    let limit = limit(wanted.limit)?;
    let LeadQuery { condition, place, company, sort, cursor, .. } = wanted;
    let condition = condition.to_string();
    let asked = LeadSelection { sort, place, company, condition: Some(condition.clone()), cursor, limit };
    Ok(Json(app.read(move |view| list::matching(view, &condition, &asked)).await?))
}
