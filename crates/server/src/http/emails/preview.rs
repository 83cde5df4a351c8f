//! `POST /api/emails/preview` and `POST /api/emails/{id}/preview`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::emails::Sample;
use attractor_app::emails::preview::{self, EmailPreview, GivenContent, LetterRequest};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::body::JsonBody;
use crate::http::extract::Path;
use crate::http::problem::Problem;

/// Somebody made up
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SampleReader {
    /// Of whom what is usual is known
    #[default]
    Known,
    /// Of whom nothing but the address is known
    Unknown,
}

/// A text in place of the e-mail's own
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailContent {
    subject: Option<String>,
    preheader: Option<String>,
    /// MJML, or a block list as a text
    body: Option<String>,
}

/// What is to be shown, and to whom
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailView {
    /// Whether the e-mail of the draft; otherwise that of the version in force
    #[serde(default)]
    draft: bool,
    /// What is absent is the e-mail's own
    #[serde(default)]
    content: EmailContent,
    /// By its id, user id, e-mail or visitor's id; absent: `sample`
    lead: Option<String>,
    /// Sees every block that has a condition
    #[serde(default)]
    sample: SampleReader,
    /// Absent, as `variant`: what the reader gets
    language: Option<String>,
    variant: Option<String>,
    /// Whether as a copy that is measured. Absent: as a copy to the lead would be, and to a sample as one that is measured
    measured: Option<bool>,
}

impl EmailView {
    /// The same for an e-mail of the playbook, or for none.
    pub fn of(self, email: Option<String>) -> LetterRequest {
        let EmailContent { subject, preheader, body } = self.content;
        LetterRequest {
            email,
            is_draft: self.draft,
            content: GivenContent { subject, preheader, body },
            lead: self.lead,
            sample: match self.sample {
                SampleReader::Known => Sample::Known,
                SampleReader::Unknown => Sample::Unknown,
            },
            language: self.language,
            variant: self.variant,
            measured: self.measured,
        }
    }
}

/// How an e-mail would look, and what to look at before it leaves
///
/// A preview changes nothing and counts nowhere. None of its links is personal.
#[utoipa::path(post, path = "/api/emails/{id}/preview", params(("id" = String, Path)), request_body = EmailView,
    responses((status = 200, body = EmailPreview), (status = 404, description = "No such e-mail or lead"),
    (status = 422, description = "The e-mail cannot be shown: why")))]
pub async fn show(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    JsonBody(view): JsonBody<EmailView>,
) -> Result<Json<EmailPreview>, Problem> {
    Ok(Json(preview::preview(&app, view.of(Some(id))).await?))
}

/// How an e-mail would look that the playbook does not have: `content` has its subject and body
#[utoipa::path(post, path = "/api/emails/preview", request_body = EmailView,
    responses((status = 200, body = EmailPreview), (status = 404, description = "No such lead"),
    (status = 422, description = "The e-mail cannot be shown: why")))]
pub async fn try_out(
    State(app): State<Arc<App>>,
    JsonBody(view): JsonBody<EmailView>,
) -> Result<Json<EmailPreview>, Problem> {
    Ok(Json(preview::preview(&app, view.of(None)).await?))
}
