//! `/api/transports`: how e-mails leave this server.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::sending::transports::{self, TransportItem, TransportList, TransportTest, WantedTransport};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};

use super::body::JsonBody;
use super::problem::Problem;

/// How e-mails leave this server: the one mail server, or that they are caught
///
/// The password is never shown.
#[utoipa::path(get, path = "/api/transports", responses((status = 200, body = TransportList)))]
pub async fn list(State(app): State<Arc<App>>) -> Result<Json<TransportList>, Problem> {
    Ok(Json(transports::list(&app).await?))
}

/// Set the mail server
///
/// It counts at once, without a restart. Where sending had stopped because the mail server did not accept the login, e-mails
/// leave again. E-mails that are being sent at this moment still leave by the mail server of before.
#[utoipa::path(put, path = "/api/transports/default", request_body = WantedTransport, responses(
    (status = 200, body = TransportItem),
    (status = 409, description = "The settings set the mail server and go before, or `sender_email` is not set"),
    (status = 422, description = "A field will not do, or the password is not known")))]
pub async fn put(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(wanted): JsonBody<WantedTransport>,
) -> Result<Json<TransportItem>, Problem> {
    Ok(Json(transports::put(&app, &actor, wanted).await?))
}

/// Remove the mail server that was set over the API: that of the settings counts again, or e-mails are caught
///
/// E-mails that wait are caught too as soon as they are due. A pause of sending stays: pause first to keep them until another
/// mail server is set.
#[utoipa::path(delete, path = "/api/transports/default", responses(
    (status = 204, description = "It is gone"), (status = 404, description = "None is set over the API")))]
pub async fn remove(State(app): State<Arc<App>>, Extension(actor): Extension<Actor>) -> Result<StatusCode, Problem> {
    transports::remove(&app, &actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Test the mail server: connect, encrypt, sign in, and send no e-mail
///
/// Each test is a try to sign in, so there are at most 6 in a minute: many tries with a wrong password make providers lock
/// the account.
#[utoipa::path(post, path = "/api/transports/default/test", responses(
    (status = 200, body = TransportTest), (status = 409, description = "No mail server is set")))]
pub async fn test(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<TransportTest>, Problem> {
    Ok(Json(transports::test(&app, &actor).await?))
}
