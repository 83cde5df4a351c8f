//! `GET /api/leads/{id}/enrollments/{sequence}` and `GET /api/sequences/{id}/enrollments`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::cursor::limit;
use attractor_app::leads::enrolled::{self, EnrolledFilter, SequenceEnrollments};
use attractor_app::leads::enrollment::{self, EnrollmentPage};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;

/// A lead's last enrollment in a sequence: where it is, what it has done, what comes next and why not sooner
#[utoipa::path(get, path = "/api/leads/{id}/enrollments/{sequence}",
    params(("id" = String, Path), ("sequence" = String, Path)),
    responses((status = 200, body = EnrollmentPage),
        (status = 404, description = "The lead does not exist, or was never enrolled in this sequence"),
        (status = 409, description = "What it is called means several leads; the answer says how each is written")))]
pub async fn show(
    State(app): State<Arc<App>>,
    Path((id, sequence)): Path<(String, String)>,
) -> Result<Json<EnrollmentPage>, Problem> {
    Ok(Json(enrollment::show(&app, id, sequence).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EnrolledQuery {
    /// Only leads at this step, by its id
    step: Option<String>,
    /// How many leads at most, up to 500; 50 if absent
    limit: Option<usize>,
    /// `leads.next` of the previous page
    cursor: Option<String>,
}

/// Who is in a sequence: how many leads are at each step, and what each of them waits for
#[utoipa::path(get, path = "/api/sequences/{id}/enrollments", params(("id" = String, Path), EnrolledQuery),
    responses((status = 200, body = SequenceEnrollments),
        (status = 404, description = "The playbook in force has no such sequence")))]
pub async fn list(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(part): Query<EnrolledQuery>,
) -> Result<Json<SequenceEnrollments>, Problem> {
    let limit = limit(part.limit)?;
    let found = app.read(move |view| {
        let (step, after) = (part.step.as_deref(), part.cursor.as_deref());
        enrolled::page(view, &EnrolledFilter { sequence: &id, step, after, limit })
    });
    Ok(Json(found.await?))
}
