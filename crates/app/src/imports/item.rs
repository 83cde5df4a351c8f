//! An import as the API shows it.

use attractor_engine::time::Instant;
use attractor_store::ImportId;
use attractor_store::imports::{Import, ImportState};
use serde::Serialize;
use utoipa::ToSchema;

use super::file_names;
use crate::App;
use crate::access::names::{self, ActorNames};
use crate::closed_lists::ImportStateName;

/// One import and how far it is.
#[derive(Serialize, ToSchema)]
#[schema(as = Shown)]
pub struct ImportItem {
    #[schema(value_type = i64)]
    id: ImportId,
    files: Vec<String>,
    #[schema(value_type = ImportStateName)]
    state: String,
    /// Messages in all; null until the files are read
    messages: Option<i64>,
    /// Messages that are in the ledger by this import
    new: i64,
    /// Messages that were deleted again when it was taken back; 0 of an import that was not
    taken_back: i64,
    /// Messages that were there already: they changed nothing
    known: i64,
    /// Rows and messages that could not be taken
    rejected: i64,
    /// Messages of consent that took no effect: the address withdrew, complained, bounced or was erased, in
    /// these files or before
    suppressed: i64,
    /// What was understood of the files
    report: String,
    /// Why it failed
    why: Option<String>,
    /// Who began it: `user:3`, `key:2`, `command line (ada)`
    by: String,
    /// The name of that user or key; null where it has none, or the command line began it
    by_name: Option<String>,
    #[schema(format = DateTime)]
    made_at: String,
    #[schema(format = DateTime)]
    started_at: Option<String>,
    #[schema(format = DateTime)]
    finished_at: Option<String>,
}

/// An import as the API shows it. Where names cannot be read, it has none: what was done to the import is done.
pub async fn shown(app: &App, import: Import) -> ImportItem {
    ImportItem::of(import, &names::all(app).await.unwrap_or_default())
}

/// Imports as the API shows them.
pub async fn all_shown(app: &App, imports: Vec<Import>) -> Vec<ImportItem> {
    let actors = names::all(app).await.unwrap_or_default();
    imports.into_iter().map(|import| ImportItem::of(import, &actors)).collect()
}

impl ImportItem {
    /// As the API shows it; `actors` are the names of those who may have begun it.
    pub fn of(import: Import, actors: &ActorNames) -> ImportItem {
        let instant = |at: i64| Instant(at).to_string();
        let is_left = import.state != ImportState::Undone;
        ImportItem {
            id: import.id,
            files: file_names(&import),
            messages: (!import.report.is_empty()).then_some(import.messages),
            new: if is_left { import.progress.stored } else { 0 },
            taken_back: if is_left { 0 } else { import.progress.stored },
            known: import.progress.known,
            rejected: import.progress.rejected,
            suppressed: import.progress.suppressed,
            state: import.state.name().to_owned(),
            report: import.report,
            why: import.why,
            by_name: actors.of(&import.author),
            by: import.author,
            made_at: instant(import.made_at),
            started_at: import.started_at.map(instant),
            finished_at: import.finished_at.map(instant),
        }
    }
}
