//! `/api/playbook`: what is in force, what a candidate would change, and publishing it.

pub mod check;
pub mod differences;
pub mod draft;
pub mod dry_run;
pub mod parsed;
pub mod pilot;
pub mod progress;
pub mod publish;
pub mod rollback;
pub mod show;
pub mod versions;

use attractor_app::VersionNumber;
use attractor_app::playbook::difference::Difference;
use attractor_app::playbook::finding::Finding as Found;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::problem::Problem;

/// Something that is wrong with a playbook, or hardly meant so
#[derive(Serialize, ToSchema)]
pub struct Finding {
    /// A path in the playbook's folder
    file: String,
    line: usize,
    /// In characters
    column: usize,
    /// `error`, `warning` or `note`
    severity: &'static str,
    message: String,
}

impl From<&Found> for Finding {
    fn from(finding: &Found) -> Finding {
        let problem = &finding.problem;
        Finding {
            file: finding.file.clone(),
            line: problem.line,
            column: problem.column,
            severity: problem.severity.name(),
            message: problem.message.clone(),
        }
    }
}

pub fn findings(all: &[Found]) -> Vec<Finding> {
    all.iter().map(Finding::from).collect()
}

/// What differs between two versions
#[derive(Serialize, ToSchema)]
pub struct Differs {
    /// Each piece of the rules that is new, gone or another one
    rules: Vec<RuleChangeItem>,
    /// Each file that is `new`, `gone` or `changed`
    files: Vec<FileChange>,
    /// Whether everybody is re-evaluated; otherwise nobody is
    reevaluates: bool,
    /// All of it as lines for people
    text: String,
}

#[derive(Serialize, ToSchema)]
pub struct RuleChangeItem {
    what: String,
    /// Null: there was none
    was: Option<String>,
    /// Null if it was removed
    now: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct FileChange {
    path: String,
    change: &'static str,
}

impl From<&Difference> for Differs {
    fn from(difference: &Difference) -> Differs {
        let change = |change: &attractor_engine::playbook::Change| RuleChangeItem {
            what: change.what.clone(),
            was: change.was.clone(),
            now: change.now.clone(),
        };
        let file = |(path, change): &(String, &'static str)| FileChange { path: path.clone(), change };
        Differs {
            rules: difference.rules.iter().map(change).collect(),
            files: difference.files.iter().map(file).collect(),
            reevaluates: difference.reevaluates,
            text: difference.to_string(),
        }
    }
}

pub fn unusable(all: &[Found]) -> Problem {
    let lines: Vec<String> = all.iter().map(Found::to_string).collect();
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "the playbook cannot be used");
    problem.with("problems", json!(findings(all))).with("text", lines.join("\n").into())
}

pub fn outdated(in_force: VersionNumber, based_on: Option<VersionNumber>, difference: &Difference) -> Problem {
    let detail = match based_on {
        Some(other) => format!("it is based on version {other}, but version {in_force} is in force"),
        None => format!("it does not say on which version it is based, as `If-Match`; version {in_force} is in force"),
    };
    Problem::new(StatusCode::PRECONDITION_FAILED, detail)
        .with("in_force", json!(in_force))
        .with("difference", json!(Differs::from(difference)))
}

/// The version that `If-Match` names; `*` is whatever is in force.
pub fn if_match(headers: &HeaderMap, in_force: VersionNumber) -> Result<Option<VersionNumber>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(Some(in_force));
    }
    let number = text.trim_start_matches("W/").trim_matches('"').parse();
    number.map(Some).map_err(|_| Problem::bad("`If-Match` is the number of a version, as the `ETag` gives it"))
}

/// The header that names a version.
pub fn tag(version: VersionNumber) -> [(HeaderName, HeaderValue); 1] {
    let value = HeaderValue::from_str(&format!("\"{version}\""));
    [(ETAG, value.unwrap_or(HeaderValue::from_static("\"0\"")))]
}

/// As an answer shows an instant.
pub fn instant(milliseconds: i64) -> Value {
    attractor_engine::time::Instant(milliseconds).to_string().into()
}
