//! A playbook as a folder: its files, and the version that they were made from.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use attractor_app::VersionNumber;
use attractor_app::playbook::PLAYBOOK;
use attractor_engine::playbook;
use sha2::{Digest, Sha256};

use super::check::file_of;
use super::unread;

/// Where a folder keeps the version that it was made from.
const VERSION: &str = ".attractor-version";

/// The files of a playbook by their paths in its folder: the playbook, and the bodies that it names. They have been
/// checked before.
pub fn files(path: &Path) -> Result<BTreeMap<String, String>, String> {
    let file = file_of(path)?;
    let folder = folder_of(path);
    let read =
        |file: &Path| fs::read_to_string(file).map_err(|error| format!("{}: {}", file.display(), unread(&error)));
    let text = read(&file)?;
    let bodies = playbook::read(&text).body_files();
    let mut files = BTreeMap::from([(PLAYBOOK.to_owned(), text)]);
    for body in bodies {
        let text = read(&folder.join(&body.path))?;
        files.insert(body.path, text);
    }
    Ok(files)
}

/// The folder that a playbook stands in.
pub fn folder_of(path: &Path) -> PathBuf {
    if path.is_dir() { path.to_owned() } else { path.parent().map_or_else(PathBuf::new, Path::to_owned) }
}

/// The version that a folder was made from. Numbers count from 1 in every installation, so the files count too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub number: VersionNumber,
    /// `None` where an earlier program noted the number alone.
    fingerprint: Option<String>,
}

impl Origin {
    /// Whether this installation's version of the number is it; `None` where there is no such version.
    pub fn is_of(&self, files: Option<&BTreeMap<String, String>>) -> bool {
        let is_same =
            |of: &BTreeMap<String, String>| self.fingerprint.as_ref().is_none_or(|own| *own == fingerprint(of));
        files.is_some_and(is_same)
    }
}

/// The same for the same files.
fn fingerprint(files: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    for text in files.iter().flat_map(|(path, text)| [path, text]) {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The version that a folder was made from; `None` where it does not say so.
pub fn origin(folder: &Path) -> Result<Option<Origin>, String> {
    let file = folder.join(VERSION);
    let Ok(text) = fs::read_to_string(&file) else { return Ok(None) };
    let mut words = text.split_whitespace();
    let number = words.next().unwrap_or_default().parse();
    let number = number.map_err(|_| format!("{}: this is not the number of a version", file.display()))?;
    Ok(Some(Origin { number, fingerprint: words.next().map(str::to_owned) }))
}

/// Notes that a folder was made from a version, which has these files.
pub fn note_origin(folder: &Path, number: VersionNumber, files: &BTreeMap<String, String>) -> Result<(), String> {
    let file = folder.join(VERSION);
    let text = format!("{number} {}\n", fingerprint(files));
    fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))
}

/// Writes a version as a folder. `known` are the files that the folder was made from: what differs from them and from
/// what is to be written holds somebody's changes, and nothing is written.
pub fn write(
    folder: &Path,
    files: &BTreeMap<String, String>,
    known: &BTreeMap<String, String>,
    version: VersionNumber,
) -> Result<(), String> {
    let changed = |path: &&String| {
        let there = fs::read_to_string(folder.join(path)).ok();
        there.is_some_and(|text| Some(&text) != files.get(*path) && Some(&text) != known.get(*path))
    };
    let changed: Vec<&str> = files.keys().filter(changed).map(String::as_str).collect();
    if !changed.is_empty() {
        return Err(format!(
            "{} has changes that no version holds: {}; publish them with `attractor apply`, or name another folder",
            folder.display(),
            changed.join(", ")
        ));
    }
    for (path, text) in files {
        let file = folder.join(path);
        let made = file.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&file, text)).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    note_origin(folder, version, files)
}
