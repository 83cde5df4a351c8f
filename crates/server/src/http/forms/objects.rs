//! `/api/forms`: forms as people set them up.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::forms::definition::FormDefinition;
use attractor_app::forms::{self as app_forms, FormItem};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::snippet;
use crate::http::body::JsonBody;
use crate::http::extract::Path;
use crate::http::problem::Problem;

#[derive(Serialize, ToSchema)]
pub struct Forms {
    items: Vec<FormItem>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewForm {
    /// Small letters, digits and `-`, such as `whitepaper`. It is a part of the form's address and stays
    id: String,
    form: FormDefinition,
}

/// The same body as that which made the form
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedForm {
    /// The form's id, which stays; it may be left out
    id: Option<String>,
    form: FormDefinition,
}

fn whole(mut item: FormItem) -> FormItem {
    item.snippet = snippet(&item.id, &item.form, &item.url);
    item
}

/// All forms, by id
#[utoipa::path(get, path = "/api/forms", responses((status = 200, body = Forms)))]
pub async fn list(State(app): State<Arc<App>>) -> Result<Json<Forms>, Problem> {
    Ok(Json(Forms { items: app_forms::list(&app).await?.into_iter().map(whole).collect() }))
}

/// One form
#[utoipa::path(get, path = "/api/forms/{id}", params(("id" = String, Path)), responses(
    (status = 200, body = FormItem), (status = 404, description = "The form does not exist")))]
pub async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<FormItem>, Problem> {
    Ok(Json(whole(app_forms::one(&app, id).await?)))
}

/// Make a form: its page is there at once
#[utoipa::path(post, path = "/api/forms", request_body = NewForm, responses((status = 201, body = FormItem),
    (status = 409, description = "There is a form of this id already"),
    (status = 422, description = "The form cannot be used; the answer lists everything that is wrong")))]
pub async fn add(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(new): JsonBody<NewForm>,
) -> Result<(StatusCode, Json<FormItem>), Problem> {
    let made = app_forms::add(&app, &actor, new.id, new.form).await?;
    Ok((StatusCode::CREATED, Json(whole(made))))
}

/// Change a form: it is then as it is written here
#[utoipa::path(put, path = "/api/forms/{id}", params(("id" = String, Path)), request_body = ChangedForm, responses(
    (status = 200, body = FormItem), (status = 404, description = "The form does not exist"),
    (status = 422, description = "The form cannot be used; the answer lists everything that is wrong")))]
pub async fn change(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    JsonBody(changed): JsonBody<ChangedForm>,
) -> Result<Json<FormItem>, Problem> {
    Ok(Json(whole(app_forms::change(&app, &actor, (id, changed.id), changed.form).await?)))
}

/// Delete a form. What was submitted stays with the leads
#[utoipa::path(delete, path = "/api/forms/{id}", params(("id" = String, Path)), responses(
    (status = 204, description = "It is gone"), (status = 404, description = "The form does not exist")))]
pub async fn remove(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    app_forms::remove(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
