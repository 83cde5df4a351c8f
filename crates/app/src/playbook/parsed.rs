//! A playbook parsed: its parts with names and sentences, so that no client reads YAML.

use attractor_engine::playbook::entries::{self, entries};
use attractor_engine::playbook::{Playbook, write};
use attractor_store::VersionNumber;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::differences::playbook_of;
use super::present;
use crate::refusal::Refusal;
use crate::schemas::WholePlaybook;
use crate::view::View;

/// A playbook, parsed
#[derive(Debug, Serialize, ToSchema)]
pub struct ParsedPlaybook {
    /// As playbooks are written: what is at its default is left out
    #[schema(value_type = WholePlaybook)]
    pub playbook: Value,
    /// Everything that it declares, each before its parts
    pub entries: Vec<PlaybookEntry>,
}

/// Something that a playbook declares
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaybookEntry {
    /// Where it is, as paths of edits are written: `/segments/hot`
    pub path: String,
    /// `topic`, `score`, `rule`, `ladder`, `stage`, `segment`, `subscription`, `e-mail`, `sequence` or `step`
    pub kind: &'static str,
    /// Its id; of a step without one its position, from 0
    pub id: String,
    /// What people call it; the id where it has no name
    pub name: String,
    /// What it does, in English; null where its parts say it
    pub sentence: Option<String>,
}

impl From<entries::Entry> for PlaybookEntry {
    fn from(entry: entries::Entry) -> PlaybookEntry {
        let entries::Entry { path, kind, id, name, sentence } = entry;
        PlaybookEntry { path, kind, id, name, sentence }
    }
}

impl ParsedPlaybook {
    pub fn of(playbook: &Playbook) -> ParsedPlaybook {
        let entries = entries(playbook).into_iter().map(PlaybookEntry::from).collect();
        ParsedPlaybook { playbook: write(playbook), entries }
    }
}

/// A published version, parsed
#[derive(Debug, Serialize, ToSchema)]
pub struct ParsedVersion {
    #[schema(value_type = i64)]
    pub version: VersionNumber,
    #[serde(flatten)]
    pub parsed: ParsedPlaybook,
}

/// A version, parsed; `None`: the one in force.
pub fn version(view: &mut View, number: Option<VersionNumber>) -> Result<ParsedVersion, Refusal> {
    let (version, files) = match number {
        Some(number) => (number, super::version(view.connection, number)?.1),
        None => {
            let now = present(view.connection)?;
            (now.in_force.version, now.files)
        }
    };
    Ok(ParsedVersion { version, parsed: ParsedPlaybook::of(&playbook_of(&files)) })
}
