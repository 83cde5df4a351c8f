//! `/api/caught`: e-mails that were caught, where no mail server is set.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::cursor::{Page, limit};
use attractor_app::sending::caught::{self, CaughtItem, CaughtMail};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CaughtQuery {
    /// Only those in whose addresses, subject or text this occurs
    search: Option<String>,
    /// How many at most, up to 500; 50 if absent
    limit: Option<usize>,
    /// `next` of the previous page
    cursor: Option<String>,
}

/// Caught e-mails, the newest first
#[utoipa::path(get, path = "/api/caught", params(CaughtQuery), responses((status = 200, body = Page<CaughtItem>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Query(part): Query<CaughtQuery>,
) -> Result<Json<Page<CaughtItem>>, Problem> {
    let limit = limit(part.limit)?;
    Ok(Json(caught::page(&app, part.search.unwrap_or_default(), part.cursor, limit).await?))
}

/// A caught e-mail
#[utoipa::path(get, path = "/api/caught/{id}", params(("id" = String, Path)),
    responses((status = 200, body = CaughtMail), (status = 404, description = "No caught e-mail has this id")))]
pub async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<CaughtMail>, Problem> {
    Ok(Json(caught::one(&app, id).await?))
}

/// Deletes a caught e-mail
#[utoipa::path(delete, path = "/api/caught/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 404, description = "No caught e-mail has this id")))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    caught::delete(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
pub struct Deleted {
    deleted: usize,
}

/// Deletes all caught e-mails
#[utoipa::path(delete, path = "/api/caught", responses((status = 200, body = Deleted)))]
pub async fn delete_all(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Deleted>, Problem> {
    Ok(Json(Deleted { deleted: caught::delete_all(&app, &actor).await? }))
}
