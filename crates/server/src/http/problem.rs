//! Errors as `application/problem+json` (RFC 9457): what is wrong, where, and what would be right.

use std::any::Any;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

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
