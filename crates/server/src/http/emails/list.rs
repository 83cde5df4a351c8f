//! `GET /api/emails`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::emails::list::{self, Emails};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::extract::Query;
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EmailsQuery {
    /// Whether those of the draft; otherwise those of the version in force
    #[serde(default)]
    pub draft: bool,
}

/// The e-mails of the playbook, in its order
#[utoipa::path(get, path = "/api/emails", params(EmailsQuery), responses((status = 200, body = Emails)))]
pub async fn list(State(app): State<Arc<App>>, Query(part): Query<EmailsQuery>) -> Result<Json<Emails>, Problem> {
    Ok(Json(app.read(move |view| list::all(view, part.draft)).await?))
}
