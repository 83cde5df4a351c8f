//! A playbook as a folder: its files, and the version that they were made from.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use attractor_engine::playbook;
use attractor_live::PLAYBOOK;

use super::check::file_of;

/// Where a folder keeps the number of the version that it was made from.
const VERSION: &str = ".attractor-version";

/// The files of a playbook by their paths in its folder: the playbook, and the bodies that it names. They have been
/// checked before.
pub fn files(path: &Path) -> Result<BTreeMap<String, String>, String> {
    let file = file_of(path)?;
    let folder = folder_of(path);
    let read = |file: &Path| fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()));
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

/// The version that a folder was made from; `None` where it does not say so.
pub fn version(folder: &Path) -> Result<Option<i64>, String> {
    let file = folder.join(VERSION);
    let Ok(text) = fs::read_to_string(&file) else { return Ok(None) };
    let number = text.trim().parse();
    number.map(Some).map_err(|_| format!("{}: this is not the number of a version", file.display()))
}

pub fn note_version(folder: &Path, version: i64) -> Result<(), String> {
    let file = folder.join(VERSION);
    fs::write(&file, format!("{version}\n")).map_err(|error| format!("{}: {error}", file.display()))
}

/// Writes a version as a folder. `known` are the files that the folder was made from: what differs from them and from
/// what is to be written holds somebody's changes, and nothing is written.
pub fn write(
    folder: &Path,
    files: &BTreeMap<String, String>,
    known: &BTreeMap<String, String>,
    version: i64,
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
    note_version(folder, version)
}
