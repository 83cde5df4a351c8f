//! The data folder: for its owner alone, and for one server at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A data folder that this process holds. Its lock goes with the value.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

/// Why the folder is not ours.
#[derive(Debug)]
pub enum NotOurs {
    /// Another process holds it: which, where it says so.
    Held(Option<u32>),
    Failed(io::Error),
}

impl From<io::Error> for NotOurs {
    fn from(error: io::Error) -> NotOurs {
        NotOurs::Failed(error)
    }
}

impl NotOurs {
    /// A sentence for people.
    pub fn say(&self, path: &Path) -> String {
        let path = path.display();
        match self {
            NotOurs::Held(Some(pid)) => {
                format!("{path} is in use by the attractor with process id {pid}: stop that one first")
            }
            NotOurs::Held(None) => format!("{path} is in use by another attractor: stop that one first"),
            NotOurs::Failed(error) => format!("{path}: {error}"),
        }
    }
}

impl Folder {
    /// Makes the folder where there is none, closes it to others, and locks it.
    pub fn hold(path: &Path) -> Result<Folder, NotOurs> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o700))?;
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join("attractor.lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(NotOurs::Held(holder(&mut lock))),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        lock.set_len(0)?;
        lock.rewind()?;
        writeln!(lock, "{}", std::process::id())?;
        Ok(Folder { path: path.to_owned(), _lock: lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the server listens for commands of the folder's owner.
    pub fn socket(&self) -> PathBuf {
        socket(&self.path)
    }
}

/// The socket in a data folder.
pub fn socket(folder: &Path) -> PathBuf {
    folder.join("attractor.sock")
}

fn holder(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_for_one_at_a_time_and_for_its_owner() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("deep/data");
        let held = Folder::hold(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let refused = Folder::hold(&path).unwrap_err().say(&path);
        assert!(refused.contains(&format!("process id {}", std::process::id())), "{refused}");
        drop(held);
        Folder::hold(&path).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_said() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("file");
        fs::write(&path, "").unwrap();
        let refused = Folder::hold(&path).unwrap_err();
        assert!(matches!(refused, NotOurs::Failed(_)) && refused.say(&path).contains("file: "));
    }
}
