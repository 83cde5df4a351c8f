//! Versions of the playbook.

use std::collections::BTreeMap;
use std::path::Path;

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

/// Adds the files of a folder: text by path. Hidden files are not the playbook's: `attractor apply` leaves one in the folder.
pub fn gather(folder: &Dir, files: &mut BTreeMap<String, String>) {
    let is_hidden = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    for file in folder.files().filter(|file| !is_hidden(file.path())) {
        if let Some(text) = file.contents_utf8() {
            files.insert(file.path().to_string_lossy().into_owned(), text.to_owned());
        }
    }
    for inner in folder.dirs().filter(|inner| !is_hidden(inner.path())) {
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

    #[test]
    fn what_is_hidden_in_a_folder_is_left_out_of_the_program() {
        use include_dir::{DirEntry, File};
        const FILES: &[DirEntry] = &[
            DirEntry::File(File::new(".attractor-version", b"2 26a5dad4a998670f")),
            DirEntry::File(File::new("playbook.yaml", b"playbook: p")),
            DirEntry::Dir(Dir::new(".git", &[DirEntry::File(File::new(".git/HEAD", b"ref"))])),
            DirEntry::Dir(Dir::new("emails", &[DirEntry::File(File::new("emails/a.mjml", b"<mjml/>"))])),
        ];
        let mut files = BTreeMap::new();
        gather(&Dir::new("", FILES), &mut files);
        assert_eq!(files.into_keys().collect::<Vec<_>>(), ["emails/a.mjml", "playbook.yaml"]);
    }
}
