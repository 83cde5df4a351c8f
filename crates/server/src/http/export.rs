//! `GET /api/export/{what}`: everything out again, row after row.

use std::io;
use std::sync::Arc;

use attractor_engine::time::Instant;
use attractor_store::{Error, Kind};
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;

use super::problem::Problem;
use crate::app::App;
use crate::app::exports::{self, Format, What};
use crate::app::refusal::Refusal;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct How {
    #[serde(default)]
    format: Format,
    /// Leads as they stood, or will stand, at this instant; now where absent
    at: Option<String>,
}

/// Leads, events in the order received, deals, or the members of segments
///
/// Events as NDJSON are what was stored: a replay of them gives the same leads.
#[utoipa::path(get, path = "/api/export/{what}",
    params(("what" = String, Path, description = "`leads`, `events`, `deals` or `segments`"), How),
    responses((status = 200, content_type = "application/x-ndjson", body = String)))]
pub async fn write(
    State(app): State<Arc<App>>,
    Path(what): Path<String>,
    Query(how): Query<How>,
) -> Result<Response, Problem> {
    let what = match what.as_str() {
        "leads" => What::Leads,
        "events" => What::Events,
        "deals" => What::Deals,
        "segments" => What::Segments,
        _ => return Err(Refusal::Missing("leads, events, deals and segments are what can be exported".into()).into()),
    };
    let wrong = || Refusal::Bad("`at` is no instant; write it like 2026-03-09T14:30:00Z".into());
    let at = how.at.as_deref().map(|at| Instant::parse(at).ok_or_else(wrong)).transpose()?;
    let body = stream(&app, what, how.format, at.unwrap_or_else(|| app.clock.now()));
    Ok(([(CONTENT_TYPE, how.format.media())], body).into_response())
}

fn stream(app: &Arc<App>, what: What, format: Format, at: Instant) -> Body {
    let (pieces, mut waiting) = mpsc::channel::<io::Result<Bytes>>(4);
    let app = app.clone();
    tokio::spawn(async move {
        let (programs, out) = (app.programs.clone(), pieces.clone());
        let done = app.readers.read(move |connection| {
            let gone = |_| Error::new(Kind::Other, "whoever asked for the export is gone");
            let mut send = |piece: Vec<u8>| out.blocking_send(Ok(Bytes::from(piece))).map_err(gone);
            exports::write(connection, &programs, what, format, at, &mut send)
        });
        if let Err(error) = done.await {
            tracing::warn!(%error, "an export broke off");
            // A body that breaks off is how who reads it learns that it is not whole.
            let _ = pieces.send(Err(io::Error::other("the export broke off"))).await;
        }
    });
    Body::from_stream(futures_util::stream::poll_fn(move |context| waiting.poll_recv(context)))
}
