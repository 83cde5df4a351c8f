//! `Idempotency-Key`: a POST that is made twice is done once.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::repeated::{self, Begun, RepeatableRequest};
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::body::WholeBody;
use super::problem::Problem;

const HEADER: &str = "idempotency-key";
/// What is posted there changes nothing, and is done again as often as it is asked: its answers need not be kept.
const READING: [&str; 5] =
    ["/api/leads/query", "/api/playbook/check", "/api/conditions/check", "/api/hooks/try", "/api/imports/known"];
/// Says that the answer is that of an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// In characters.
const LONGEST: usize = 255;
/// Of an answer, in bytes.
const LARGEST: usize = 16 << 20;

/// Does a POST under a key once; whoever asks again is answered as before.
pub async fn once(State(app): State<Arc<App>>, request: Request, next: Next) -> Result<Response, Problem> {
    let Some(asked) = asked(&request)? else { return Ok(next.run(request).await) };
    let (parts, body) = request.into_parts();
    let WholeBody(body) = WholeBody::from_request(Request::from_parts(parts.clone(), body), &app).await?;
    match repeated::begin(&app, &asked, &body).await? {
        Begun::New => finish(&app, &asked, next.run(Request::from_parts(parts, Body::from(body))).await).await,
        Begun::Done(status, body) => Ok(again(status, body)),
        Begun::Differs => {
            let why = "this Idempotency-Key was used with another request: take a new one";
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why))
        }
        Begun::Open => {
            let why = "the request with this Idempotency-Key is under way, or it is not known how it ended: look what \
                       came of it before you ask with a new key";
            Err(Problem::new(StatusCode::CONFLICT, why))
        }
    }
}

fn asked(request: &Request) -> Result<Option<RepeatableRequest>, Problem> {
    let Some(actor) = request.extensions().get::<Actor>() else { return Ok(None) };
    let Some(word) = word(request.headers())? else { return Ok(None) };
    let pattern = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if request.method() != Method::POST || READING.contains(&pattern) {
        return Ok(None);
    }
    let (route, target) = (format!("POST {pattern}"), request.uri().to_string());
    Ok(Some(RepeatableRequest { who: actor.who.clone(), word, route, target }))
}

fn word(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let word = value.to_str().unwrap_or_default();
    if word.is_empty() || word.len() > LONGEST {
        return Err(Problem::bad(format!("an Idempotency-Key has between 1 and {LONGEST} ASCII characters")));
    }
    Ok(Some(word.to_owned()))
}

async fn finish(app: &App, asked: &RepeatableRequest, response: Response) -> Result<Response, Problem> {
    if !is_an_end(response.status()) {
        repeated::forget(app, asked).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, LARGEST)
        .await
        .map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "it was done, but its answer is too large"))?;
    repeated::finish(app, asked, parts.status.as_u16(), &body).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Whether the same request would be answered so again, or may do better later.
fn is_an_end(status: StatusCode) -> bool {
    let passing = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::CONFLICT,
        StatusCode::PRECONDITION_FAILED,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    !status.is_server_error() && !passing.contains(&status)
}

fn again(status: u16, body: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let media = if status.is_success() { "application/json" } else { "application/problem+json" };
    let has_body = !body.is_empty();
    let mut response = (status, body).into_response();
    if has_body {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
