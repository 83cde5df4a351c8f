//! `/api/session`: signing in and out.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::access::sessions::{self, Signed};
use attractor_app::settings::Settings;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::JsonBody;
use super::peer::Address;
use super::problem::Problem;

const NAME: &str = "attractor_session";
/// Where the world comes by HTTPS. Browsers take a cookie of this name only from this very host and only with `Secure`:
/// neither a site beside it nor plain HTTP can plant one.
const HOST_NAME: &str = "__Host-attractor_session";

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    email: String,
    password: String,
}

#[derive(Serialize, ToSchema)]
pub struct Session {
    /// `user:ID`
    who: String,
    email: String,
    name: String,
    /// `viewer`, `sales`, `marketer` or `owner`
    role: String,
    /// Every change that comes with the cookie brings it in the header `X-CSRF-Token`
    csrf_token: String,
}

impl From<&Signed> for Session {
    fn from(signed: &Signed) -> Session {
        let Signed { user, csrf, .. } = signed;
        Session {
            who: format!("user:{}", user.id),
            email: user.email.clone(),
            name: user.name.clone(),
            role: user.role.clone(),
            csrf_token: csrf.clone(),
        }
    }
}

/// Sign in: sets the cookie `attractor_session`, or `__Host-attractor_session` if `public_url` is https
#[utoipa::path(post, path = "/api/session", request_body = Credentials, responses(
    (status = 200, body = Session), (status = 401, description = "The address or the password is wrong"),
    (status = 429, description = "Tried too often")))]
pub async fn begin(
    State(app): State<Arc<App>>,
    Address(address): Address,
    headers: HeaderMap,
    JsonBody(credentials): JsonBody<Credentials>,
) -> Result<impl IntoResponse, Problem> {
    refuse_other_sites(&headers)?;
    let signed = sessions::sign_in(&app, address, &credentials.email, credentials.password).await?;
    // The server knows when a session that is not used ends; the browser keeps it until it ends in any case.
    let cookie = cookie(&app.settings, &signed.token, sessions::longest(&app.settings) / 1000);
    Ok(([(SET_COOKIE, cookie), (CACHE_CONTROL, "no-store".to_owned())], Json(Session::from(&signed))))
}

/// Your session, with its CSRF token
#[utoipa::path(get, path = "/api/session", responses(
    (status = 200, body = Session), (status = 404, description = "You came without a session, by a key or a command")))]
pub async fn show(signed: Option<Extension<Signed>>) -> Result<impl IntoResponse, Problem> {
    let Extension(signed) = signed.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "you came without a session"))?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(Session::from(&signed))))
}

/// Sign out
#[utoipa::path(delete, path = "/api/session", responses((status = 204, description = "The session has ended")))]
pub async fn end(State(app): State<Arc<App>>, signed: Option<Extension<Signed>>) -> Result<impl IntoResponse, Problem> {
    if let Some(Extension(signed)) = signed {
        sessions::sign_out(&app, &signed.token).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie(&app.settings, "", 0))]))
}

/// Browsers say when a request comes from another site: nobody is to be signed in as somebody else unawares.
pub fn refuse_other_sites(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get("sec-fetch-site") {
        Some(site) if site == "cross-site" => {
            Err(Problem::new(StatusCode::FORBIDDEN, "this request was made by another site"))
        }
        _ => Ok(()),
    }
}

fn is_https(settings: &Settings) -> bool {
    settings.public_url.starts_with("https://")
}

fn cookie(settings: &Settings, token: &str, seconds: i64) -> String {
    let (name, secure) = if is_https(settings) { (HOST_NAME, "; Secure") } else { (NAME, "") };
    format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

/// The token in the session's cookie.
pub fn token<'h>(headers: &'h HeaderMap, settings: &Settings) -> Option<&'h str> {
    let wanted = if is_https(settings) { HOST_NAME } else { NAME };
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, token)| token).filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use attractor_app::settings;

    #[test]
    fn the_token_is_found_among_other_cookies() {
        let http = settings::defaults().unwrap();
        let https = Settings { public_url: "https://leads.example.org".into(), ..http.clone() };
        for (cookies, plain, secure) in [
            (vec![], None, None),
            (vec!["a=1; not_attractor_session=2"], None, None),
            (vec!["a=1", "b=2;attractor_session=tok; c=3"], Some("tok"), None),
            (vec!["attractor_session="], None, None),
            (vec!["attractor_session=planted; __Host-attractor_session=ours"], Some("planted"), Some("ours")),
        ] {
            let mut headers = HeaderMap::new();
            for value in &cookies {
                headers.append(COOKIE, value.parse().unwrap());
            }
            assert_eq!((token(&headers, &http), token(&headers, &https)), (plain, secure), "{cookies:?}");
        }
    }
}
