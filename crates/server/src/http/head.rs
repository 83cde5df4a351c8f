//! What every request's head must have, and what every answer's head says.

use axum::Extension;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, HOST, X_CONTENT_TYPE_OPTIONS};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::peer::Via;
use super::problem::Problem;

/// Refuses a request that names no host, several, or something that is not a host. Proxies in front of the server
/// could understand it in another way than the server does.
pub async fn demand_host(via: Option<Extension<Via>>, request: Request, next: Next) -> Result<Response, Problem> {
    if via.is_none() {
        judge(request.headers())
            .map_err(|why| Problem::bad(format!("{why}; send the header `Host` once, such as `Host: example.org`")))?;
    }
    Ok(next.run(request).await)
}

/// HTTP/1.0 may leave the host out, but nothing that still speaks it needs to.
fn judge(headers: &HeaderMap) -> Result<(), &'static str> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => Err("the request names no host"),
        (Some(_), Some(_)) => Err("the request names more than one host"),
        (Some(host), None) if host.is_empty() || Authority::try_from(host.as_bytes()).is_ok() => Ok(()),
        (Some(_), None) => Err("the request names a host that is not one"),
    }
}

/// Browsers guess no types, and nobody keeps what the API answers.
pub async fn harden(request: Request, next: Next) -> Response {
    let is_private = request.uri().path().starts_with("/api");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if is_private {
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_one_host() {
        for (hosts, good) in [
            (&["example.org"][..], true),
            (&["[::1]:8080"], true),
            (&[""], true),
            (&[], false),
            (&["a", "b"], false),
            (&["a", "a"], false),
            (&["a b"], false),
            (&["a/../b"], false),
        ] {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, host.parse().unwrap());
            }
            assert_eq!(judge(&headers).is_ok(), good, "{hosts:?}");
        }
    }
}
