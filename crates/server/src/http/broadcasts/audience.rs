//! Who a broadcast would reach, and its start for exactly those.

use std::sync::Arc;

use attractor_app::actor::Actor;
use attractor_app::sending::broadcasts::audience::{self, AudienceTag, BroadcastAudience};
use attractor_app::sending::broadcasts::control::{self, Start};
use attractor_app::sending::broadcasts::item::BroadcastItem;
use attractor_app::{App, BroadcastId};
use axum::extract::State;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::{Extension, Json};
use serde_json::json;

use crate::http::extract::Path;
use crate::http::problem::Problem;

fn etag(tag: &AudienceTag) -> [(HeaderName, HeaderValue); 1] {
    let value = HeaderValue::from_str(&format!("\"{}\"", tag.0));
    [(ETAG, value.unwrap_or(HeaderValue::from_static("\"0\"")))]
}

/// The audience that `If-Match` names, which must be there.
fn seen(headers: &HeaderMap) -> Result<AudienceTag, Problem> {
    let Some(value) = headers.get(IF_MATCH) else {
        let detail = "`If-Match` is missing; send the `ETag` of GET /api/broadcasts/{id}/audience, so that the broadcast goes \
                      to the audience that you have seen";
        return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, detail));
    };
    let text = value.to_str().unwrap_or_default().trim();
    Ok(AudienceTag(text.trim_start_matches("W/").trim_matches('"').to_owned()))
}

/// Why a start with this tag goes nowhere.
fn another(seen: &AudienceTag) -> String {
    match seen.is_of_a_count() {
        true => {
            "the audience is another one than the one that you have seen; look at it, and start with its `etag`".into()
        }
        false => format!(
            "`{}` is not the tag of a count; send the `ETag` header of GET /api/broadcasts/{{id}}/audience as `If-Match`, \
             with its quotes. The audience is below, with its `etag`",
            seen.0
        ),
    }
}

/// Who a broadcast would reach if it were started now: who gets it, who gets it later and why, who does not and why
///
/// The rules are those by which the sender decides when each copy's turn comes. The `ETag` names this audience; a start
/// names it as `If-Match`.
#[utoipa::path(get, path = "/api/broadcasts/{id}/audience", params(("id" = i64, Path)), responses(
    (status = 200, body = BroadcastAudience), (status = 404, description = "The broadcast does not exist"),
    (status = 409, description = "Its start is being taken back"),
    (status = 422, description = "The playbook in force does not have what the broadcast names")))]
pub async fn show(
    State(app): State<Arc<App>>,
    Path(id): Path<BroadcastId>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<BroadcastAudience>), Problem> {
    let counted = audience::count(&app, id).await?;
    Ok((etag(&counted.tag), Json(counted.audience)))
}

/// Start a broadcast for the audience that was seen. Nothing leaves within a minute, in which it can be undone
#[utoipa::path(post, path = "/api/broadcasts/{id}/start", params(("id" = i64, Path),
    ("if-match" = String, Header, description = "The `ETag` of the audience as it was seen")), responses(
    (status = 200, body = BroadcastItem), (status = 404, description = "The broadcast does not exist"),
    (status = 409, description = "The audience is another one by now: `audience` has it, and `etag` names it. Or the broadcast is not a draft, or its instant has passed"),
    (status = 428, description = "`If-Match` is missing")))]
pub async fn start(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<BroadcastId>,
    headers: HeaderMap,
) -> Result<Json<BroadcastItem>, Problem> {
    let seen = seen(&headers)?;
    let another = another(&seen);
    match control::start(&app, &actor, id, seen).await? {
        Start::Started(item) => Ok(Json(*item)),
        Start::AnotherAudience(audience, tag) => {
            let problem = Problem::new(StatusCode::CONFLICT, another);
            Err(problem.with("audience", json!(audience)).with("etag", json!(format!("\"{}\"", tag.0))))
        }
    }
}
