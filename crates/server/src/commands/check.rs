//! `attractor check`, and the reading of a playbook that other commands start with.

use std::fs;
use std::path::{Path, PathBuf};

use attractor_engine::playbook::{self, Playbook};

/// Reads the playbook of a folder or a file; else every problem as `FILE:LINE:COL: what is wrong, what would be right`.
pub fn load(path: &Path) -> Result<Playbook, Vec<String>> {
    let file = file_of(path);
    let text = fs::read_to_string(&file).map_err(|error| vec![format!("{}: {error}", file.display())])?;
    let reading = playbook::read(&text);
    let problems = || reading.problems.iter().filter(|problem| problem.is_error());
    reading.playbook.clone().ok_or_else(|| problems().map(|problem| format!("{}:{problem}", file.display())).collect())
}

/// The playbook's own file in its folder.
fn file_of(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("playbook.yaml") } else { path.to_owned() }
}
