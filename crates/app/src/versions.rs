//! Versions of the playbook.

use std::collections::BTreeMap;

use attractor_engine::time::Instant;
use attractor_live::Lane;
use attractor_store::versions::{self, Version};
use attractor_store::{Error, Kind, VersionNumber};
use include_dir::{Dir, include_dir};

static STARTER: Dir = include_dir!("$CARGO_MANIFEST_DIR/../../playbooks/starter");

/// The author of what nobody has published: the starter playbook.
pub const PROGRAM: &str = "attractor";

/// The starter playbook: text by path.
pub fn starter() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    gather(&STARTER, &mut files);
    files
}

/// Adds the files of a folder: text by path.
pub fn gather(folder: &Dir, files: &mut BTreeMap<String, String>) {
    for file in folder.files() {
        if let Some(text) = file.contents_utf8() {
            files.insert(file.path().to_string_lossy().into_owned(), text.to_owned());
        }
    }
    for inner in folder.dirs() {
        gather(inner, files);
    }
}

/// Publishes the starter playbook as version 1 where there is no version yet.
pub fn begin(lane: &mut Lane, now: Instant) -> Result<(), Error> {
    if !lane.write(versions::all)?.is_empty() {
        return Ok(());
    }
    let files = serde_json::to_string(&starter()).map_err(|error| Error::new(Kind::Other, error.to_string()))?;
    let (author, note) = (PROGRAM.to_owned(), "The starter playbook".to_owned());
    lane.publish(&Version { number: VersionNumber::NONE.next(), at: now.0, author, note, files }, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_playbook_is_in_the_program() {
        assert!(starter()["playbook.yaml"].contains("scores:"));
    }
}
