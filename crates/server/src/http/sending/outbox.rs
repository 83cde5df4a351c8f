//! `GET /api/outbox`.

use std::sync::Arc;

use attractor_app::cursor::{Page, limit};
use attractor_app::sending::list::{self, OutboxCopy, OutboxItem, OutboxSelection};
use attractor_app::{App, BroadcastId};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OutboxQuery {
    /// Only copies in this state: `draft`, `waiting`, `claimed` (being sent at this moment), `sent`, `skipped`, `failed`,
    /// `in_doubt` or `withdrawn`
    state: Option<String>,
    /// Only copies of the broadcast with this id
    #[param(value_type = Option<i64>)]
    broadcast: Option<BroadcastId>,
    /// Only copies to this lead: its id, user id, e-mail or visitor's id, bare or as `user:414`
    lead: Option<String>,
    /// Only copies of the e-mail with this id
    email: Option<String>,
    /// Only copies that a step of the sequence with this id asked for
    sequence: Option<String>,
    /// How many at most, up to 500; 50 if absent
    limit: Option<usize>,
    /// `next` of the previous page
    cursor: Option<String>,
}

/// One copy: how it is, and why it is this e-mail where the best unread one was chosen
///
/// In the path, each `/` of the id is written as `%2F`.
#[utoipa::path(get, path = "/api/outbox/{send_id}", params(("send_id" = String, Path)), responses(
    (status = 200, body = OutboxCopy), (status = 404, description = "There is no such copy, or it was erased")))]
pub async fn show(State(app): State<Arc<App>>, Path(send_id): Path<String>) -> Result<Json<OutboxCopy>, Problem> {
    Ok(Json(app.read(move |view| list::one_copy(view, &send_id)).await?))
}

/// Copies of e-mails: what waits and why, what left, and what became of the others
///
/// Drafts here are single e-mails that sequences in review ask for, each with its `sequence`; drafts of broadcasts, such as
/// follow-ups, are in `GET /api/broadcasts`.
///
/// Those that were asked for last come first. Of several parameters, all hold: `broadcast=7&state=skipped` are those who did
/// not get a broadcast, each with `why`.
#[utoipa::path(get, path = "/api/outbox", params(OutboxQuery), responses((status = 200, body = Page<OutboxItem>),
    (status = 404, description = "The lead or the broadcast does not exist"),
    (status = 409, description = "What the lead is called means several leads; the answer says how each is written")))]
pub async fn list(
    State(app): State<Arc<App>>,
    Query(part): Query<OutboxQuery>,
) -> Result<Json<Page<OutboxItem>>, Problem> {
    let limit = limit(part.limit)?;
    let OutboxQuery { state, broadcast, lead, email, sequence, cursor, .. } = part;
    let wanted = OutboxSelection { state: state.unwrap_or_default(), broadcast, lead, email, sequence };
    Ok(Json(app.read(move |view| list::page(view, &wanted, cursor.as_deref(), limit)).await?))
}
