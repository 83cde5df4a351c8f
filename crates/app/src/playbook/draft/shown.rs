//! The draft as the API shows it.

use attractor_engine::playbook::Seen;
use attractor_engine::time::Instant;
use attractor_store::{DraftNumber, VersionNumber};
use jiff::tz::TimeZoneDatabase;
use serde::Serialize;
use utoipa::ToSchema;

use super::Draft;
use super::change::DraftChange;
use super::replay::{DraftEdit, Outcome, Replayed};
use super::tag::DraftTag;
use crate::playbook::check::usable;
use crate::playbook::differences::{DifferenceItem, between, between_read, playbook_of};
use crate::playbook::files::Files;
use crate::playbook::finding::Finding;
use crate::playbook::parsed::ParsedPlaybook;

/// An edit of the draft
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftEditItem {
    /// Under which it is undone
    #[schema(value_type = i64)]
    pub number: DraftNumber,
    #[schema(format = DateTime)]
    pub at: String,
    pub author: String,
    pub changes: Vec<DraftChange>,
    /// What differs by it, each with its sentence; empty where only the layout does, or it does not apply
    pub differences: Vec<DifferenceItem>,
    /// Whether it applies to the version in force and writes over nothing that somebody else published
    pub applies: bool,
    /// Why it does not
    pub why: Option<String>,
}

impl DraftEditItem {
    fn of(edit: &DraftEdit, outcome: Outcome) -> DraftEditItem {
        let why = outcome.made.err().map(|unmade| unmade.why());
        DraftEditItem {
            number: edit.number,
            at: Instant(edit.at).to_string(),
            author: edit.author.clone(),
            changes: edit.changes.clone(),
            differences: outcome.differences,
            applies: why.is_none(),
            why,
        }
    }
}

/// Another version came in force than the one that the draft is based on
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftConflict {
    /// What the version in force changed of the one that the draft is based on
    pub differences: Vec<DifferenceItem>,
    /// The numbers of the edits that do not apply to it: undo them, then rebase the draft
    #[schema(value_type = Vec<i64>)]
    pub edits: Vec<DraftNumber>,
}

/// The draft.
#[derive(Debug)]
pub struct DraftView {
    pub tag: DraftTag,
    pub base: Option<VersionNumber>,
    pub edits: Vec<DraftEditItem>,
    pub conflict: Option<DraftConflict>,
    /// What it would change of the version in force.
    pub differences: Vec<DifferenceItem>,
    /// The version in force with the edits that apply to it.
    pub files: Files,
    pub parsed: ParsedPlaybook,
    /// By the playbook alone; the dry run adds what the store knows.
    pub warnings: Vec<Finding>,
}

impl DraftView {
    pub(super) fn of(draft: &Draft, zones: &TimeZoneDatabase) -> DraftView {
        let Replayed { files, playbook, outcomes } = draft.replayed_now();
        let edits: Vec<DraftEditItem> =
            draft.edits.iter().zip(outcomes).map(|(edit, outcome)| DraftEditItem::of(edit, outcome)).collect();
        let conflict = draft.is_in_conflict().then(|| DraftConflict {
            differences: between(&draft.base, &draft.present.files),
            edits: edits.iter().filter(|edit| !edit.applies).map(|edit| edit.number).collect(),
        });
        let warnings = match usable(&files, &Seen::default(), zones) {
            Ok(usable) => usable.warnings,
            Err(findings) => findings,
        };
        DraftView {
            tag: draft.tag(),
            base: draft.row.base,
            edits,
            conflict,
            differences: between_read((&draft.present.files, &playbook_of(&draft.present.files)), (&files, &playbook)),
            parsed: ParsedPlaybook::of(&playbook),
            files,
            warnings,
        }
    }
}
