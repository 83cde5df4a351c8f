//! Folders of demos that were killed: nobody else removes them, and they hold a whole store.

use std::fs;
use std::path::Path;

use attractor_app::folder::Folder;

use super::say;
use crate::clock;

/// The beginning of the names of demos' folders.
pub const PREFIX: &str = "attractor-demo-";

/// Removes the folders of demos that no longer run. A demo holds the lock of its data folder as long as it runs.
pub fn remove(among: &Path) {
    for entry in fs::read_dir(among).into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        // A folder without data belongs to a demo that has only just begun.
        let is_a_demos = name.to_string_lossy().starts_with(PREFIX) && path.join("data").is_dir();
        if !is_a_demos {
            continue;
        }
        let Ok(held) = Folder::hold(&path.join("data"), clock::now()) else { continue };
        if fs::remove_dir_all(&path).is_ok() {
            say(format_args!("attractor: removed {}, which a killed demo left behind", path.display()));
        }
        drop(held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_demo_left_goes_and_what_is_in_use_stays() {
        let outer = tempfile::tempdir().unwrap();
        let folder = |name: &str| outer.path().join(name);
        for name in ["attractor-demo-dead/data", "attractor-demo-alive/data", "attractor-demo-new", "other/data"] {
            fs::create_dir_all(folder(name)).unwrap();
        }
        let alive = Folder::hold(&folder("attractor-demo-alive/data"), clock::now()).unwrap();
        remove(outer.path());
        let left = |name: &str| folder(name).exists();
        assert!(!left("attractor-demo-dead"));
        assert!(left("attractor-demo-alive") && left("attractor-demo-new") && left("other/data"));
        drop(alive);
        remove(&folder("nowhere"));
    }
}
