//! An import as the API shows it.

use attractor_engine::time::Instant;
use attractor_store::ImportId;
use attractor_store::imports::{Import, ImportState};
use serde::Serialize;
use utoipa::ToSchema;

use super::names;

/// One import and how far it is.
#[derive(Serialize, ToSchema)]
#[schema(as = Shown)]
pub struct ImportItem {
    #[schema(value_type = i64)]
    id: ImportId,
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

impl From<Import> for ImportItem {
    fn from(import: Import) -> ImportItem {
        let instant = |at: i64| Instant(at).to_string();
        let is_left = import.state != ImportState::Undone;
        ImportItem {
            id: import.id,
            files: names(&import),
            messages: (!import.report.is_empty()).then_some(import.messages),
            new: if is_left { import.progress.stored } else { 0 },
            known: import.progress.known,
            rejected: import.progress.rejected,
            suppressed: import.progress.suppressed,
            state: import.state.name().to_owned(),
            report: import.report,
            why: import.why,
            by: import.author,
            made_at: instant(import.made_at),
            started_at: import.started_at.map(instant),
            finished_at: import.finished_at.map(instant),
        }
    }
}
