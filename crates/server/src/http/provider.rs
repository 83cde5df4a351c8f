//! `POST /hooks/mail/{provider}`: what becomes of e-mails, as the provider that took them reports it.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::schemas::AnyJson;
use attractor_app::sending::incoming::provider::{self, Posted, ProviderTaken};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;

use super::body::WholeBody;
use super::problem::Problem;
use crate::http::extract::Path;

/// Report what became of e-mails, as a provider's webhook; the answer comes when it is stored
///
/// Amazon SES (through SNS), SendGrid, Postmark and Mailgun. Only requests that the provider has signed, or that bring the
/// password of the settings, are accepted. What is sent again counts once.
#[utoipa::path(post, path = "/hooks/mail/{provider}",
    params(("provider" = String, Path, description = "`ses`, `sendgrid`, `postmark` or `mailgun`")),
    request_body(content = AnyJson, description = "As the provider sends it"), responses((status = 200, body = ProviderTaken),
    (status = 400, description = "The body cannot be read"), (status = 401, description = "The signature is missing or wrong"),
    (status = 403, description = "The signature is too old, or another customer's of the provider"),
    (status = 404, description = "The settings have no key for this provider")))]
pub async fn take(
    State(app): State<Arc<App>>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Json<ProviderTaken>, Problem> {
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers = headers.iter().filter_map(header).collect();
    Ok(Json(provider::take(&app, Posted { provider, headers, body: body.to_vec() }).await?))
}
