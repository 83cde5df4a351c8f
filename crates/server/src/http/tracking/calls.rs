//! `POST /v1/{call}`: messages in Segment's format. The answer comes when they are stored.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::intake::{Accepted, NotAccepted, Warning, accept};
use attractor_intake::{Rejected, Request};
use axum::Json;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::http::body::WholeBody;
use crate::http::peer::Address;
use crate::http::problem::Problem;

pub async fn take(
    State(app): State<Arc<App>>,
    Address(address): Address,
    uri: Uri,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Response {
    let header = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let request = Request {
        path: uri.path_and_query().map_or_else(|| uri.path(), |path| path.as_str()),
        content_encoding: header(CONTENT_ENCODING),
        authorization: header(AUTHORIZATION),
        agent: header(USER_AGENT),
        body: &body,
    };
    match accept(&app, &request, address).await {
        Ok(accepted) => answer(&accepted),
        Err(why) => problem(why).into_response(),
    }
}

fn answer(accepted: &Accepted) -> Response {
    let rejected: Vec<Value> = accepted.rejected.iter().map(rejection).collect();
    let success = accepted.stored > 0 || rejected.is_empty();
    let mut body = json!({"success": success});
    if !rejected.is_empty() {
        body["rejected"] = rejected.into();
    }
    if !accepted.warnings.is_empty() {
        body["warnings"] = accepted.warnings.iter().map(warning).collect();
    }
    (if success { StatusCode::OK } else { StatusCode::BAD_REQUEST }, Json(body)).into_response()
}

fn warning(warning: &Warning) -> Value {
    json!({"index": warning.index, "text": warning.text})
}

fn rejection(rejected: &Rejected) -> Value {
    json!({"index": rejected.index, "reason": rejected.reason})
}

fn problem(why: NotAccepted) -> Problem {
    match why {
        NotAccepted::Stranger(why) => Problem::new(StatusCode::UNAUTHORIZED, why),
        NotAccepted::Refused(refused) => {
            let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::BAD_REQUEST);
            Problem::new(status, refused.reason)
        }
        NotAccepted::TooMuch(seconds) => {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "this key has sent more than it may").retry_after(seconds)
        }
        NotAccepted::Turned(turned) => turned.into(),
    }
}
