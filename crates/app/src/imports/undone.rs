//! What taking an import back would do, before anybody does it.

use attractor_store::imports::{self, ImportState};
use attractor_store::{Error, ImportId, events};
use serde::Serialize;
use utoipa::ToSchema;

use super::origin::origin;
use super::{confirmed, one};
use crate::App;
use crate::refusal::Refusal;

/// Later imports that are looked at.
const LATER: i64 = 500;

/// What taking an import back would do. Nothing is changed
#[derive(Debug, Serialize, ToSchema)]
pub struct UndoForecast {
    /// Messages that would be deleted
    pub messages: u64,
    /// Leads of which nothing else is known: they would be gone. Counted by keys, so that visitors tied to several
    /// people count once
    pub leads_gone: u64,
    /// Leads that would stay, as if the import had never come
    pub leads_changed: u64,
    /// Later imports that found messages of this one stored already: they go with it, and come back only if the later
    /// list is imported again
    pub confirmed_by: Vec<ConfirmingImport>,
}

/// A later import that found messages of this one stored already
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfirmingImport {
    #[schema(value_type = i64)]
    pub id: ImportId,
    pub files: String,
    /// How many of them it found
    pub known: i64,
}

/// Looks at what taking an import back would do.
///
/// # Errors
/// There is no such import, or it is taken back already.
pub async fn forecast(app: &App, id: ImportId) -> Result<UndoForecast, Refusal> {
    let import = one(app, id).await?;
    if import.state == ImportState::Undone {
        return Err(Refusal::Conflict(format!("import {id} was undone already")));
    }
    let found = app.readers.read(move |connection| {
        let of = events::of_origin(connection, &origin(id))?;
        let later = imports::latest(connection, ImportId(i64::MAX), LATER)?;
        let may_confirm = |import: &imports::Import| {
            import.id > id && import.progress.known > 0 && import.state != ImportState::Undone
        };
        let mut confirmed_by = Vec::new();
        for import in later.into_iter().filter(may_confirm) {
            if let Some(known) = confirmed::of(connection, import.id)?.remove(&id.0) {
                confirmed_by.push(ConfirmingImport { id: import.id, files: import.name, known });
            }
        }
        Ok::<_, Error>(UndoForecast {
            messages: of.events,
            leads_gone: of.leads_alone,
            leads_changed: of.leads_shared,
            confirmed_by,
        })
    });
    Ok(found.await?)
}
