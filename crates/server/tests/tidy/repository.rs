//! What the rules look at: the files of the repository, and what Cargo says about it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A text file, by its path from the root of the repository.
pub struct File {
    pub path: String,
    pub text: String,
}

impl File {
    pub fn new(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    pub fn is(&self, extensions: &[&str]) -> bool {
        extensions.iter().any(|extension| self.path.ends_with(&format!(".{extension}")))
    }

    pub fn is_in(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }

    /// The syntax of a Rust file. One that does not parse does not compile either, so nothing is lost where it is empty.
    pub fn syntax(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or(syn::File { shebang: None, attrs: Vec::new(), items: Vec::new() })
    }
}

pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("the crate stands two folders below the root").to_owned()
}

/// Made by tools, or by whoever tries the program out.
const PASSED_OVER: [&str; 8] =
    [".git", "target", "node_modules", ".venv", "attractor-data", "artifacts", "coverage", "corpus"];

/// All text files of the repository, by path.
pub fn files() -> Vec<File> {
    let mut files = Vec::new();
    gather(&root(), "", &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

pub fn rust() -> Vec<File> {
    files().into_iter().filter(|file| file.is(&["rs"])).collect()
}

fn gather(folder: &Path, above: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository can be read").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if PASSED_OVER.contains(&name.as_str()) {
            continue;
        }
        let path = format!("{above}{name}");
        if entry.path().is_dir() {
            gather(&entry.path(), &format!("{path}/"), files);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            files.push(File { path, text });
        }
    }
}

/// What `cargo metadata` says of the crates of the workspace.
pub fn metadata() -> Value {
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().expect("cargo runs");
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}
