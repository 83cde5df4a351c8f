//! `/api/companies`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::companies::{self, CompanyItem, CompanySort, WholeCompany};
use attractor_app::cursor::{Page, limit};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::problem::Problem;
use crate::http::extract::{Path, Query};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CompaniesQuery {
    sort: Option<CompanySort>,
    /// How many at most, up to 500; 50 if absent
    limit: Option<usize>,
    /// `next` of the previous page
    cursor: Option<String>,
}

/// Companies: leads joined by their `group`, or by the domain of their address
#[utoipa::path(get, path = "/api/companies", params(CompaniesQuery), responses((status = 200, body = Page<CompanyItem>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Query(part): Query<CompaniesQuery>,
) -> Result<Json<Page<CompanyItem>>, Problem> {
    let limit = limit(part.limit)?;
    let sort = part.sort.unwrap_or_default();
    Ok(Json(app.read(move |view| companies::page(view, sort, part.cursor.as_deref(), limit)).await?))
}

/// A company with its people
#[utoipa::path(get, path = "/api/companies/{id}", params(("id" = String, Path)),
    responses((status = 200, body = WholeCompany), (status = 404, description = "The company does not exist")))]
pub async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<WholeCompany>, Problem> {
    Ok(Json(app.read(move |view| companies::one(view, &id)).await?))
}
