//! `GET /api/letters`: mails to members of the team.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::cursor::{Page, limit};
use attractor_app::team::list::{self, LetterItem};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::problem::Problem;
use crate::http::extract::Query;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LettersQuery {
    /// How many at most, up to 500; 50 if absent
    limit: Option<usize>,
    /// `next` of the previous page
    cursor: Option<String>,
}

/// Mails to members of the team, the newest first: alerts, forwarded replies, notices, invitations and password links
///
/// What they say is not shown. They are kept for 30 days after they have left or failed.
#[utoipa::path(get, path = "/api/letters", params(LettersQuery), responses((status = 200, body = Page<LetterItem>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Query(part): Query<LettersQuery>,
) -> Result<Json<Page<LetterItem>>, Problem> {
    let limit = limit(part.limit)?;
    Ok(Json(app.read(move |view| list::page(view, part.cursor.as_deref(), limit)).await?))
}
