//! Errors as `application/problem+json` (RFC 9457): what is wrong, where, and what would be right.

use std::any::Any;
use std::error::Error;
use std::iter;
use std::sync::Arc;

use attractor_app::App;
use attractor_engine::misread::said_of;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, MatchedPath, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::LengthLimitError;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};
use tower_http::timeout::TimeoutError;

use super::nul;

const MEDIA: &str = "application/problem+json";
/// Of an error's own text, as much as is kept.
const LONGEST: usize = 4096;

/// An error answer.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    /// JSON pointers into the body, each with what is wrong there.
    errors: Vec<(String, String)>,
    /// Seconds.
    retry_after: Option<u64>,
    /// What else there is to tell.
    more: Vec<(&'static str, Value)>,
}

impl Problem {
    /// `detail` is a sentence for people, without personal data.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem { status, detail: detail.into(), errors: Vec::new(), retry_after: None, more: Vec::new() }
    }

    pub fn bad(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, detail)
    }

    /// What is wrong at a place of the body, a JSON pointer.
    pub fn at(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Problem {
        self.errors.push((pointer.into(), detail.into()));
        self
    }

    /// When it may be tried again, in seconds.
    pub fn retry_after(mut self, seconds: u64) -> Problem {
        self.retry_after = Some(seconds);
        self
    }

    /// A member beside the usual ones.
    pub fn with(mut self, name: &'static str, value: Value) -> Problem {
        self.more.push((name, value));
        self
    }

    fn json(&self) -> Value {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let mut json = json!({"title": title, "status": self.status.as_u16(), "detail": self.detail});
        if !self.errors.is_empty() {
            let error = |(pointer, detail): &(String, String)| json!({"pointer": pointer, "detail": detail});
            json["errors"] = self.errors.iter().map(error).collect();
        }
        self.more.iter().for_each(|(name, value)| json[*name] = value.clone());
        json
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.json().to_string()).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA));
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// In bytes: what a stranger may send, who is not known yet.
const STRANGERS: usize = 16 << 10;
/// In bytes, where all that is sent are names, addresses and the like.
const SMALL: usize = 64 << 10;
/// Routes, or how they begin, whose bodies are small.
const SMALL_ROUTES: [&str; 4] = ["/api/me", "/api/users", "/api/keys", "/api/webhooks"];

/// How large a body may be on a route, in bytes. `usual` is the setting.
fn most(route: &str, usual: usize) -> usize {
    let limit = match route {
        "/api/session" | "/api/setup" => STRANGERS,
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

/// A JSON body. What does not fit is named by its JSON pointer.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<JsonBody<T>, Problem> {
        demand_json(request.headers())?;
        let WholeBody(bytes) = WholeBody::from_request(request, app).await?;
        if nul::is_in(&bytes) {
            return Err(nul::problem());
        }
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let pointer = pointer(error.path());
            misread(&bytes, pointer, &error.into_inner())
        })?;
        reader.end().map_err(|_| Problem::bad("the body is more than one JSON value; send one"))?;
        Ok(JsonBody(value))
    }
}

/// Why a body cannot be read: it is not JSON, or not what is expected at a place in it.
fn misread(body: &[u8], pointer: String, error: &serde_json::Error) -> Problem {
    match serde_json::from_slice::<IgnoredAny>(body).err() {
        None => {
            // A number where one of several words is expected is an error of the syntax for serde_json.
            let why = if error.is_data() {
                said_of(error)
            } else {
                "expected one of the words that are possible here".into()
            };
            Problem::bad("the body is not what is expected here").at(pointer, why)
        }
        Some(_) if body.iter().all(u8::is_ascii_whitespace) => {
            Problem::bad("the body is empty; send JSON, as the description of the API says")
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

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let step = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } | Segment::Enum { variant: key } => {
            format!("/{}", key.replace('~', "~0").replace('/', "~1"))
        }
        Segment::Unknown => String::new(),
    };
    path.iter().map(step).collect()
}

pub async fn not_found(uri: Uri) -> Problem {
    let detail = if uri.path().starts_with("/api") {
        "there is nothing here; GET /api/openapi.json lists what there is"
    } else {
        "there is nothing here"
    };
    Problem::new(StatusCode::NOT_FOUND, detail)
}

pub async fn wrong_method(method: Method) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("{method} is not answered here; the header `allow` says what is"),
    )
}

/// What a handler that failed answers. The log has the rest.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request failed by a fault of the program; please report it");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed; this is a fault of the program").into_response()
}

/// Gives every error this form, also those of the layers below that answer with plain text.
pub async fn explain(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let is_text = response.headers().get(CONTENT_TYPE).is_none_or(|media| media.as_bytes().starts_with(b"text/plain"));
    if !(is_error && is_text) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = text(body).await;
    let detail = if text.is_empty() { default_detail(status) } else { text };
    let mut explained = Problem::new(status, detail).into_response();
    for (name, value) in
        parts.headers.iter().filter(|(name, _)| !["content-type", "content-length"].contains(&name.as_str()))
    {
        explained.headers_mut().append(name.clone(), value.clone());
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        explained.headers_mut().entry(RETRY_AFTER).or_insert(HeaderValue::from_static("5"));
    }
    explained
}

fn default_detail(status: StatusCode) -> String {
    let detail = match status {
        StatusCode::SERVICE_UNAVAILABLE => "it took too long",
        StatusCode::PAYLOAD_TOO_LARGE => "the body is too large",
        _ => status.canonical_reason().unwrap_or("the request failed"),
    };
    detail.to_owned()
}

async fn text(body: Body) -> String {
    let bytes = to_bytes(body, LONGEST).await.unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
