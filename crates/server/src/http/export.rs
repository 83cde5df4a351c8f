//! `GET /api/export/{what}`: everything out again, row after row.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::access::note_leaving;
use attractor_app::actor::Actor;
use attractor_app::exports::{self, ExportKind, Format};
use attractor_app::refusal::Refusal;
use axum::Extension;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::instant::instant;
use super::peer::{Via, patience};
use super::problem::Problem;
use super::streamed::body_of;
use crate::http::extract::{Path, Query};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    #[serde(default)]
    format: Format,
    /// Leads as they stood, or will stand, at this instant; now where absent
    at: Option<String>,
}

/// Leads, events in the order received, deals, the members of segments, or suppressions
///
/// Events as NDJSON are what was stored: a replay of them gives the same leads.
#[utoipa::path(get, path = "/api/export/{what}",
    params(("what" = String, Path, description = "`leads`, `events`, `deals`, `segments` or `suppressions`"), ExportQuery),
    responses((status = 200, content_type = "application/x-ndjson", body = String)))]
pub async fn write(
    State(app): State<Arc<App>>,
    Path(what): Path<String>,
    via: Option<Extension<Via>>,
    Extension(actor): Extension<Actor>,
    Query(how): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let subject = format!("export:{what}");
    let what = match what.as_str() {
        "leads" => ExportKind::Leads,
        "events" => ExportKind::Events,
        "deals" => ExportKind::Deals,
        "segments" => ExportKind::Segments,
        "suppressions" => ExportKind::Suppressions,
        _ => {
            return Err(Refusal::Missing(
                "leads, events, deals, segments and suppressions are what can be exported".into(),
            )
            .into());
        }
    };
    let at = how.at.as_deref().map(instant).transpose()?;
    note_leaving(&app, &actor, "exported", &subject).await;
    let taken = exports::stream(&app, what, how.format, at, patience(via, &app.settings));
    let body = body_of(taken);
    Ok(([(CONTENT_TYPE, how.format.media())], body).into_response())
}
