//! `GET /api/moves`: what moved, of all leads.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::cursor::{Page, limit};
use attractor_app::moves::{self, MoveFilter, MoveItem};
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
    /// Only `stage`, `segment`, `sequence` or `interest`
    kind: Option<String>,
    /// Only of this ladder, segment or sequence
    subject: Option<String>,
    /// Only of this lead: its id, user id, e-mail or visitor's id, bare or as `user:414`
    lead: Option<String>,
    /// Numbers above this one, in order: to follow
    after: Option<i64>,
    /// Numbers below this one, the newest first
    before: Option<i64>,
    /// How many at most, up to 500; 50 if absent
    limit: Option<usize>,
}

/// Moves of all leads, or of one: the newest first or, with `after`, in order
///
/// `next` is what `before`, or `after`, is to be for the next part. `GET /api/leads/{id}/moves` has one lead's by when
/// they happened.
#[utoipa::path(get, path = "/api/moves", params(Filters), responses((status = 200, body = Page<MoveItem>),
    (status = 404, description = "The lead does not exist"),
        (status = 409, description = "What it is called means several leads; the answer says how each is written")))]
pub async fn list(
    State(app): State<Arc<App>>,
    Query(filters): Query<Filters>,
) -> Result<Json<Page<MoveItem>>, Problem> {
    let limit = limit(filters.limit)?;
    let Filters { kind, subject, lead, after, before, .. } = filters;
    let wanted =
        MoveFilter { kind: kind.unwrap_or_default(), subject: subject.unwrap_or_default(), lead, after, before };
    Ok(Json(app.read(move |view| moves::page(view, &wanted, limit)).await?))
}
