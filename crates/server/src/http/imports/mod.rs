//! `/api/imports`: lists of leads, deals and events into the store.

pub mod begin;
pub mod known;
pub mod list;
pub mod preview;
pub mod rejected;
pub mod show;
pub mod start;
pub mod undo;
pub mod upload;

use attractor_engine::time::Instant;
use attractor_store::imports::Import;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;
use attractor_app::imports::{NotDone, UNDONE, names};

/// One import and how far it is.
#[derive(Serialize, ToSchema)]
pub struct Shown {
    id: i64,
    files: Vec<String>,
    /// `uploading`, `waiting`, `reading`, `storing`, `done`, `failed`, `undoing` or `undone`
    state: String,
    /// Messages in all; null until the files are read
    messages: Option<i64>,
    /// Messages that are in the ledger by this import
    new: i64,
    /// Messages that were there already: they changed nothing
    known: i64,
    /// Rows and messages that could not be taken
    rejected: i64,
    /// Messages of consent that took no effect: the address withdrew, complained, bounced or was erased before
    suppressed: i64,
    /// What was understood of the files
    report: String,
    /// Why it failed
    why: Option<String>,
    by: String,
    #[schema(format = DateTime)]
    made_at: String,
    #[schema(format = DateTime)]
    started_at: Option<String>,
    #[schema(format = DateTime)]
    finished_at: Option<String>,
}

impl From<Import> for Shown {
    fn from(import: Import) -> Shown {
        let instant = |at: i64| Instant(at).to_string();
        let is_left = import.state != UNDONE;
        Shown {
            id: import.id,
            files: names(&import),
            messages: (!import.report.is_empty()).then_some(import.messages),
            new: if is_left { import.progress.stored } else { 0 },
            known: import.progress.known,
            rejected: import.progress.rejected,
            suppressed: import.progress.suppressed,
            state: import.state,
            report: import.report,
            why: import.why,
            by: import.author,
            made_at: instant(import.made_at),
            started_at: import.started_at.map(instant),
            finished_at: import.finished_at.map(instant),
        }
    }
}

impl From<NotDone> for Problem {
    fn from(why: NotDone) -> Problem {
        match why {
            NotDone::Missing(id) => {
                let detail =
                    format!("there is no import {id}; `attractor import --list` and GET /api/imports list them");
                Problem::new(StatusCode::NOT_FOUND, detail)
            }
            NotDone::Wrong(place, why) => {
                let detail = "the import is not as it should be";
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).at(place, why)
            }
            NotDone::Conflict(why) => Problem::new(StatusCode::CONFLICT, why),
            NotDone::Disk(error) => {
                tracing::error!(%error, "a file of an import could not be written or read");
                let detail = format!("the server could not write or read a file: {}", error.kind());
                Problem::new(StatusCode::INSUFFICIENT_STORAGE, detail)
            }
            NotDone::Turned(turned) => turned.into(),
            NotDone::Store(error) => error.into(),
        }
    }
}
