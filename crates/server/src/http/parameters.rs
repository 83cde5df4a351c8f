//! Query parameters that a route does not have: whoever sends one expects something of it, so it is refused instead of
//! ignored. What a route has is what its description says.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use serde_json::Value;

use super::extract::sent;
use super::problem::Problem;

/// The query parameters of each route under `/api`, by method in lower case and path.
pub type Parameters = BTreeMap<(String, String), Vec<String>>;

/// Reads them from the OpenAPI description.
pub fn of(description: &Value) -> Arc<Parameters> {
    let mut all = Parameters::new();
    for (path, methods) in description["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let names = parameters.filter(|one| one["in"] == "query").filter_map(|one| one["name"].as_str());
            all.insert((method.clone(), path.clone()), names.map(str::to_owned).collect());
        }
    }
    Arc::new(all)
}

/// Refuses a request with a query parameter that its route does not have.
pub async fn refuse_unknown(
    State(all): State<Arc<Parameters>>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if let Some(path) = path {
        let method =
            if request.method() == Method::HEAD { "get".into() } else { request.method().as_str().to_lowercase() };
        if let Some(known) = all.get(&(method, path.as_str().to_owned())) {
            refuse(request.uri(), known)?;
        }
    }
    Ok(next.run(request).await)
}

fn refuse(uri: &axum::http::Uri, known: &[String]) -> Result<(), Problem> {
    let sent = sent(uri);
    let Some((unknown, _)) = sent.iter().find(|(name, _)| !known.contains(name)) else { return Ok(()) };
    let unknown: String = unknown.chars().take(40).collect();
    let there_are = match known {
        [] => "there are none here".to_owned(),
        known => format!("there are {}", known.join(", ")),
    };
    Err(Problem::bad(format!("`{unknown}` is not a query parameter of this route; {there_are}")))
}
