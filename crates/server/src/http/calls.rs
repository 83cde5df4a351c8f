//! `/api/calls`: calls that sales is to make.

use std::sync::Arc;

use attractor_app::actor::Actor;
use attractor_app::calls::CallOutcome;
use attractor_app::calls::act::{self, LoggedCall, NewCall};
use attractor_app::calls::figures::{self, CallFigures};
use attractor_app::calls::list::{self, CallItem, CallSelection};
use attractor_app::cursor::{Page, limit};
use attractor_app::{App, CallId};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;
use crate::http::body::JsonBody;
use crate::http::extract::{Path, Query};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CallsQuery {
    /// Only those of the user who asks
    #[serde(default)]
    mine: bool,
    state: Option<CallSelection>,
    /// How many at most, up to 500; 50 if absent
    limit: Option<usize>,
    /// `next` of the previous page
    cursor: Option<String>,
}

/// Calls in the order in which they are to be made: late ones first, then those that are due sooner, those of higher stages
/// and of higher scores. Those that have ended: the last one first
#[utoipa::path(get, path = "/api/calls", params(CallsQuery), responses((status = 200, body = Page<CallItem>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Query(part): Query<CallsQuery>,
) -> Result<Json<Page<CallItem>>, Problem> {
    let limit = limit(part.limit)?;
    let (state, mine) = (part.state.unwrap_or_default(), Some(actor).filter(|_| part.mine));
    let cursor = part.cursor;
    Ok(Json(app.read(move |view| list::page(view, (state, mine.as_ref()), cursor.as_deref(), limit)).await?))
}

/// How many calls there are, and how they went in the last 30 days
#[utoipa::path(get, path = "/api/calls/figures", responses((status = 200, body = CallFigures)))]
pub async fn figures(State(app): State<Arc<App>>) -> Result<Json<CallFigures>, Problem> {
    Ok(Json(app.read(figures::show).await?))
}

/// One call
#[utoipa::path(get, path = "/api/calls/{id}", params(("id" = i64, Path)), responses(
    (status = 200, body = CallItem), (status = 404, description = "The call does not exist")))]
pub async fn show(State(app): State<Arc<App>>, Path(id): Path<CallId>) -> Result<Json<CallItem>, Problem> {
    Ok(Json(app.read(move |view| list::one(view, id)).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedCall {
    /// The lead's id, user id, e-mail or visitor's id
    lead: String,
    /// Why the lead is to be called; required, because whoever calls reads it first
    note: String,
    /// The address of a user; where it is absent, the owner is found as for an alert
    owner: Option<String>,
}

/// Open a call. If the lead has one that has not ended, that one gets another reason
#[utoipa::path(post, path = "/api/calls", request_body = WantedCall, responses(
    (status = 201, body = CallItem), (status = 404, description = "There is no such lead"),
    (status = 422, description = "The note is empty, or the owner may not make calls")))]
pub async fn add(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(wanted): JsonBody<WantedCall>,
) -> Result<impl IntoResponse, Problem> {
    let WantedCall { lead, note, owner } = wanted;
    Ok((StatusCode::CREATED, Json(act::open(&app, &actor, NewCall { lead, note, owner }).await?)))
}

/// Take a call: the user who asks will make it, and owns the lead from then on
#[utoipa::path(post, path = "/api/calls/{id}/take", params(("id" = i64, Path)), responses(
    (status = 200, body = CallItem), (status = 404, description = "The call does not exist"),
    (status = 409, description = "Somebody else has taken it, or it has ended"),
    (status = 422, description = "A key cannot take a call")))]
pub async fn take(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<CallId>,
) -> Result<Json<CallItem>, Problem> {
    Ok(Json(act::take(&app, &actor, id).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OneLog {
    outcome: CallOutcome,
    /// What was said; why, if the lead is a bad fit
    note: Option<String>,
    /// When the lead is to be called again, after `not_now` or `no_answer`
    #[schema(format = DateTime)]
    until: Option<String>,
}

/// Log how a call went. It is an event of the lead, `Call Logged`, which rules and segments may ask for
///
/// `reached`, `meeting` and `bad_fit` end the call. `not_now` ends it, or puts it off with `until`. After `no_answer` it is due
/// again: after `until`, or as many working hours later as a new call. A user who logs a call that goes on has taken it; what
/// a key logs leaves it open.
#[utoipa::path(post, path = "/api/calls/{id}/log", params(("id" = i64, Path)), request_body = OneLog, responses(
    (status = 200, body = CallItem), (status = 404, description = "The call does not exist"),
    (status = 409, description = "It has ended"),
    (status = 422, description = "A bad fit without a note, or an instant that has passed")))]
pub async fn log(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<CallId>,
    JsonBody(body): JsonBody<OneLog>,
) -> Result<Json<CallItem>, Problem> {
    let OneLog { outcome, note, until } = body;
    Ok(Json(act::log(&app, &actor, id, LoggedCall { outcome, note, until }).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OneSnooze {
    #[schema(format = DateTime)]
    until: String,
}

/// Put a call off until an instant
#[utoipa::path(post, path = "/api/calls/{id}/snooze", params(("id" = i64, Path)), request_body = OneSnooze, responses(
    (status = 200, body = CallItem), (status = 404, description = "The call does not exist"),
    (status = 409, description = "It has ended"), (status = 422, description = "The instant has passed")))]
pub async fn snooze(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<CallId>,
    JsonBody(body): JsonBody<OneSnooze>,
) -> Result<Json<CallItem>, Problem> {
    Ok(Json(act::snooze(&app, &actor, id, body.until).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OneGift {
    /// The address of a user
    to: String,
}

/// Hand a call over to a user, who gets a mail and owns the lead from then on
#[utoipa::path(post, path = "/api/calls/{id}/give", params(("id" = i64, Path)), request_body = OneGift, responses(
    (status = 200, body = CallItem), (status = 404, description = "The call does not exist"),
    (status = 409, description = "It has ended"), (status = 422, description = "No user with this address may make calls")))]
pub async fn give(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<CallId>,
    JsonBody(body): JsonBody<OneGift>,
) -> Result<Json<CallItem>, Problem> {
    Ok(Json(act::give(&app, &actor, id, body.to).await?))
}
