//! `POST /t/v`: what the site's script reports of the visit behind a click.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::clicks::visitor::{Seen, report as reported};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::form::SmallBody;
use crate::http::problem::Problem;

/// A report. The script sends it as text, so that browsers need not ask first.
#[derive(Deserialize)]
struct Report {
    token: String,
    #[serde(rename = "anonymousId")]
    anonymous_id: String,
    seen: String,
}

/// Report the visit behind a click; sent by the site's script
///
/// The body is JSON with `token`, `anonymousId` and `seen`: `loaded`, `went_on` or `acted`. A token has one visitor.
#[utoipa::path(post, path = "/t/v", responses((status = 204, description = "It is taken, or it is of no use any more")))]
pub async fn report(State(app): State<Arc<App>>, SmallBody(body): SmallBody) -> Result<StatusCode, Problem> {
    let report = serde_json::from_slice::<Report>(&body).ok();
    let report = report.and_then(|report| Some((Seen::named(&report.seen)?, report)));
    let Some((seen, report)) = report else {
        return Err(Problem::bad("expected JSON with `token`, `anonymousId` and `seen`: loaded, went_on or acted"));
    };
    // Whether it was of use is not said: a token is nobody's to try out.
    reported(&app, &report.token, &report.anonymous_id, seen).await?;
    Ok(StatusCode::NO_CONTENT)
}
