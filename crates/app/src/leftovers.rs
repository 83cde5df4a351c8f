//! What processes that were killed have left behind, such as the archive of a restore that never ended. It is removed at
//! the next start, because it may hold people who were erased since.

use std::fs;
use std::path::Path;

use super::{archived, secrets};
use crate::settings;

/// Files that are written beside themselves and then renamed.
const FILES: [&str; 3] = [settings::FILE, secrets::FILE, archived::BEFORE];

/// Removes temporary files from a data folder whose lock this process has. What cannot be removed is in nobody's way, and
/// is tried again at the next start.
pub fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && entry.file_name().to_str().is_some_and(is_temporary) {
            tracing::info!(file = %entry.path().display(), "removing what a process that was killed has left");
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Files of ours that never outlive the work they are for.
fn is_temporary(name: &str) -> bool {
    let is_unnamed = name.strip_prefix(".tmp").is_some_and(|rest| rest.len() == 6 && rest.is_ascii());
    let is_new = name.strip_suffix(".new").is_some_and(|name| FILES.contains(&name));
    is_unnamed || is_new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_files_go_and_everything_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let gone = [".tmpAb12xY", "secret.key.new", "attractor.toml.new"];
        let stays = ["attractor.db", ".tmp", ".tmpAb12xYz", "secret.key", "attractor.toml", "list.new", "a.tmp"];
        for name in gone.iter().chain(&stays) {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        fs::create_dir(folder.path().join(".tmpFolder")).unwrap();
        sweep(folder.path());
        let is_there = |name: &&str| folder.path().join(name).exists();
        assert_eq!(gone.iter().filter(|name| is_there(name)).count(), 0);
        assert_eq!(stays.iter().filter(|name| is_there(name)).count(), stays.len());
        assert!(folder.path().join(".tmpFolder").exists());
    }
}
