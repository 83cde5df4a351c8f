//! `GET /api/playbook/parsed`: a version, parsed.

use std::sync::Arc;

use attractor_app::playbook::parsed::{self, ParsedVersion};
use attractor_app::{App, VersionNumber};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::IntoParams;

use super::tag;
use crate::http::extract::Query;
use crate::http::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ParsedQuery {
    /// A published version; absent: the one in force
    #[param(value_type = Option<i64>)]
    version: Option<VersionNumber>,
}

/// A version of the playbook, parsed: its definitions as JSON, and every part with its name and its sentence
#[utoipa::path(get, path = "/api/playbook/parsed", params(ParsedQuery), responses((status = 200, body = ParsedVersion)))]
pub async fn show(State(app): State<Arc<App>>, Query(part): Query<ParsedQuery>) -> Result<impl IntoResponse, Problem> {
    let parsed = app.read(move |view| parsed::version(view, part.version)).await?;
    Ok((tag(parsed.version), Json(parsed)))
}
