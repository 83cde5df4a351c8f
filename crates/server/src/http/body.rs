//! The bodies of requests: how large they may be, and JSON read as what a handler expects.

use std::error::Error;
use std::iter;
use std::sync::Arc;

use attractor_app::App;
use attractor_engine::misread::said_of;
use axum::body::to_bytes;
use axum::extract::{FromRequest, MatchedPath, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use http_body_util::LengthLimitError;
use serde::de::{DeserializeOwned, IgnoredAny};
use tower_http::timeout::TimeoutError;

use super::misread::{self, Misread};
use super::nul;
use super::problem::Problem;

/// In bytes: what a stranger may send, who is not known yet.
const STRANGERS: usize = 16 << 10;
/// In bytes, where all that is sent are names, addresses and the like.
const SMALL: usize = 64 << 10;
/// Routes, or how they begin, whose bodies are small.
const SMALL_ROUTES: [&str; 5] = ["/api/me", "/api/users", "/api/keys", "/api/webhooks", "/api/transports"];

/// What a request without a body says, where that is enough.
const NO_FIELDS: &str = "{}";
/// What is said of it elsewhere.
const EMPTY: &str = "the body is empty; send JSON with `-H 'Content-Type: application/json' -d '{…}'`; \
    /api/openapi.json describes it";

/// How large a body may be on a route, in bytes. `usual` is the setting.
fn most(route: &str, usual: usize) -> usize {
    let limit = match route {
        "/api/session" | "/api/setup" | "/api/password-links" => STRANGERS,
        _ if SMALL_ROUTES.iter().any(|small| route.starts_with(small)) => SMALL,
        _ => usual,
    };
    limit.min(usual)
}

/// The whole body, whatever it is.
pub struct WholeBody(pub Bytes);

impl FromRequest<Arc<App>> for WholeBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<WholeBody, Problem> {
        let usual = app.settings.body_limit;
        let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let limit = most(route, usual);
        let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: usize| length > limit) {
            return Err(too_large(limit, usual));
        }
        to_bytes(request.into_body(), limit).await.map(WholeBody).map_err(|error| unread(&error, limit, usual))
    }
}

/// A JSON body. Everything that does not fit is named by its JSON pointer. Where every field may be left out, a request
/// without a body leaves out all of them.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<JsonBody<T>, Problem> {
        demand_json(request.headers())?;
        let WholeBody(bytes) = WholeBody::from_request(request, app).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return serde_json::from_str(NO_FIELDS).map(JsonBody).map_err(|_| Problem::bad(EMPTY));
        }
        if nul::is_in(&bytes) {
            return Err(nul::problem());
        }
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let pointer = misread::pointer(error.path());
            unreadable::<T>(&bytes, pointer, &error.into_inner())
        })?;
        reader.end().map_err(|_| Problem::bad("the body is more than one JSON value; send one"))?;
        Ok(JsonBody(value))
    }
}

/// Why a body cannot be read: it is not JSON, or not what is expected at some places in it.
fn unreadable<T: DeserializeOwned>(body: &[u8], pointer: String, error: &serde_json::Error) -> Problem {
    match serde_json::from_slice::<IgnoredAny>(body).err() {
        None => {
            // A number where one of several words is expected is an error of the syntax for serde_json.
            let why = if error.is_data() {
                said_of(error)
            } else {
                "expected one of the words that are possible here".into()
            };
            let found = misread::all::<T>(body, Misread { pointer, why });
            let detail = format!("the body is not what is expected here: {}", found[0].why);
            found.into_iter().fold(Problem::bad(detail), |problem, wrong| problem.at(wrong.pointer, wrong.why))
        }
        Some(error) => Problem::bad(format!("the body is {}", said_of(&error))),
    }
}

fn unread(error: &axum::Error, limit: usize, usual: usize) -> Problem {
    let mut causes = iter::successors(error.source(), |error: &&(dyn Error + 'static)| (*error).source());
    if causes.clone().any(|error| error.is::<TimeoutError>()) {
        return Problem::new(StatusCode::REQUEST_TIMEOUT, "the rest of the body did not come in time");
    }
    if causes.any(|error| error.is::<LengthLimitError>()) {
        return too_large(limit, usual);
    }
    Problem::bad("the body broke off; send the request again")
}

fn too_large(limit: usize, usual: usize) -> Problem {
    let detail = if limit == usual {
        format!(
            "the body is larger than {limit} bytes, the setting `body_limit`; send it in parts, or set a higher limit"
        )
    } else {
        format!("the body is larger than {limit} bytes, the most that is read here")
    };
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
}

/// JSON, or nothing said: a form or a text that a page of another site may send without asking is refused.
fn demand_json(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let media = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media == "application/json" || media.starts_with("application/") && media.ends_with("+json") {
        return Ok(());
    }
    let detail = "the body must be JSON; send it with the header `Content-Type: application/json`";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}
