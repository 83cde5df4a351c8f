//! Nothing in here knows the machine it was written on, or where its packages came from.

use super::repository::{File, files};

/// Folders of somebody's machine; put together here so that this file names none.
const FOLDERS: [&str; 6] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
    concat!("/tm", "p/"),
    concat!("/m", "nt/"),
];

/// Hosts and settings of package registries: clients know theirs.
const REGISTRIES: [&str; 9] = [
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("py", "pi.org"),
    concat!("python", "hosted.org"),
    concat!("npm", "js.org"),
    concat!("deb.", "debian.org"),
    concat!("--index", "-url"),
    concat!("PIP_", "INDEX"),
    concat!("replace", "-with"),
];

fn known_places(file: &File) -> Vec<String> {
    let mut offences = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        for folder in FOLDERS.iter().filter(|folder| begins_with_folder(line, folder)) {
            offences.push(format!("{}:{number}: `{folder}` is a place of one machine; start from the repository, or from a temporary folder asked for", file.path));
        }
        for registry in REGISTRIES.iter().filter(|registry| line.contains(**registry)) {
            offences.push(format!(
                "{}:{number}: `{registry}`; which registry is used is each machine's own setting",
                file.path
            ));
        }
    }
    offences
}

/// Whether the folder stands at the beginning of a path, not inside one.
fn begins_with_folder(line: &str, folder: &str) -> bool {
    let before = |at: usize| line[..at].chars().next_back();
    line.match_indices(folder).any(|(at, _)| before(at).is_none_or(|c| !c.is_alphanumeric() && !".-_~*}/".contains(c)))
}

#[test]
fn nothing_names_a_machine_or_a_registry() {
    super::none(files().iter().flat_map(known_places).collect());
}

#[test]
fn a_place_of_one_machine_is_found() {
    let found = |text: &str| known_places(&File::new("x.rs", text));
    for folder in FOLDERS {
        super::one(found(&format!("\nlet a = \"{folder}x\";")), &["x.rs:2", folder]);
        super::none(found(&format!("`crates/server{folder}x`, https://example.org{folder}")));
    }
    for registry in REGISTRIES {
        super::one(found(&format!("fetch {registry} now")), &["x.rs:1", registry]);
    }
}
