//! Which crate may know which: `server → app → live → store`, `import`, `intake`, `replay` and `sample → engine` at most,
//! `engine → nothing`. Inside the server: commands and workers → app, HTTP → app alone.

use serde_json::Value;

use super::repository::{File, metadata, rust};
use super::tokens::{self, lines_of};

/// Each crate of ours with those of ours that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("attractor-engine", &[]),
    ("attractor-import", &["attractor-engine"]),
    ("attractor-insight", &[]),
    ("attractor-intake", &["attractor-engine"]),
    ("attractor-mail", &["attractor-engine"]),
    ("attractor-replay", &["attractor-engine"]),
    ("attractor-sample", &["attractor-engine"]),
    (
        "attractor-app",
        &[
            "attractor-engine",
            "attractor-import",
            "attractor-insight",
            "attractor-intake",
            "attractor-live",
            "attractor-mail",
            "attractor-replay",
            "attractor-sample",
            "attractor-store",
        ],
    ),
    ("attractor-live", &["attractor-engine", "attractor-intake", "attractor-store"]),
    ("attractor-store", &["attractor-engine"]),
    ("attractor-trial", &[]),
    (
        "attractor-server",
        &[
            "attractor-app",
            "attractor-engine",
            "attractor-import",
            "attractor-intake",
            "attractor-live",
            "attractor-replay",
            "attractor-sample",
            "attractor-store",
        ],
    ),
];

/// In tests alone.
const TESTS_MAY_USE: &[(&str, &[&str])] = &[
    ("attractor-engine", &["attractor-sample"]),
    ("attractor-live", &["attractor-sample", "attractor-trial"]),
    ("attractor-mail", &["attractor-sample"]),
    ("attractor-server", &["attractor-trial"]),
    ("attractor-store", &["attractor-trial"]),
];

/// What a folder does not know, and what to do instead.
const NOT_HERE: &[(&str, &[&str], &str)] = &[
    (
        "crates/server/src/http/",
        &["attractor_store"],
        "ask a use case of the crate app, through `app.read` or by its name",
    ),
    ("crates/server/src/http/", &["attractor_live"], "ask a use case of the crate app"),
    ("crates/server/src/http/", &["crate", ":", ":", "commands"], "commands call HTTP, never the other way"),
    ("crates/server/src/work/", &["crate", ":", ":", "http"], "workers and HTTP never call each other"),
    ("crates/server/src/commands/", &["attractor_store"], "ask a use case of the crate app"),
    ("crates/server/src/commands/", &["attractor_live"], "ask a use case of the crate app"),
    ("crates/app/src/", &["axum"], "HTTP is the server's"),
    ("crates/app/src/", &["clap"], "the command line is the server's"),
    ("crates/app/src/", &["thread"], "`Machine::work` lends a thread"),
    ("crates/app/src/", &["spawn_blocking"], "`Host::done` does work on a thread"),
    ("crates/app/src/", &["tokio", ":", ":", "spawn"], "`Host::begin` begins a task"),
    ("crates/app/src/", &["tokio", ":", ":", "time"], "`Host::within` and `Machine::sleep` wait"),
    ("crates/app/src/", &["SystemTime"], "the clock is the server's; `app.clock` and `app.machine` say the time"),
    ("crates/app/src/", &["from_env"], "`Machine::zones` gives the time zones"),
    ("crates/store/src/", &["serde_json"], "the store knows rows, not what they mean"),
];

fn strays(file: &File) -> Vec<String> {
    let tokens = tokens::of(file, false);
    let rules = NOT_HERE.iter().filter(|(folder, ..)| file.path.starts_with(folder));
    let found = rules.flat_map(|(_, words, instead)| {
        lines_of(&tokens, words).into_iter().map(move |line| (line, words.concat(), instead))
    });
    found.map(|(line, word, instead)| format!("{}:{line}: `{word}` has no place here; {instead}", file.path)).collect()
}

fn allowed(table: &[(&str, &'static [&'static str])], name: &str) -> Option<&'static [&'static str]> {
    table.iter().find(|(crate_name, _)| *crate_name == name).map(|(_, uses)| *uses)
}

fn offences(metadata: &Value) -> Vec<String> {
    metadata["packages"].as_array().into_iter().flatten().flat_map(offences_of).collect()
}

fn offences_of(package: &Value) -> Vec<String> {
    let name = package["name"].as_str().unwrap_or_default();
    let Some(uses) = allowed(MAY_USE, name) else {
        return vec![format!("{name}: a crate without arrows; say in the table of arrows.rs which crates it may use")];
    };
    let in_tests = allowed(TESTS_MAY_USE, name).unwrap_or_default();
    let mut offences = Vec::new();
    for dependency in package["dependencies"].as_array().into_iter().flatten() {
        let other = dependency["name"].as_str().unwrap_or_default();
        let fits = uses.contains(&other) || dependency["kind"] == "dev" && in_tests.contains(&other);
        if allowed(MAY_USE, other).is_some() && !fits {
            offences.push(format!(
                "{name} uses {other}: no arrow goes there; move what is needed down into {name} or up into the server"
            ));
        }
    }
    offences
}

#[test]
fn crates_use_only_crates_below_them() {
    super::none(offences(&metadata()));
}

#[test]
fn folders_know_only_what_lies_below_them() {
    super::none(rust().iter().flat_map(strays).collect());
}

#[test]
fn a_folder_that_knows_too_much_is_found() {
    let found = |path: &str, text: &str| strays(&File::new(path, text));
    super::one(
        found("crates/server/src/http/x.rs", "\nuse attractor_store::leads;"),
        &["x.rs:2", "attractor_store", "app.read"],
    );
    super::one(found("crates/app/src/x.rs", "fn f() { tokio::spawn(g()) }"), &["tokio::spawn", "Host::begin"]);
    super::none(found("crates/server/src/work/x.rs", "use attractor_store::leads;"));
}

#[test]
fn every_arrow_of_the_table_is_of_a_crate_that_exists() {
    let metadata = metadata();
    let names: Vec<_> = metadata["packages"].as_array().into_iter().flatten().map(|p| p["name"].as_str()).collect();
    let gone = MAY_USE.iter().filter(|(name, _)| !names.contains(&Some(name)));
    super::none(gone.map(|(name, _)| format!("{name}: there is no such crate; take it out of the table")).collect());
}

#[test]
fn an_arrow_back_is_found() {
    let with = |name: &str, other: &str, kind: Option<&str>| serde_json::json!({"packages": [{"name": name, "dependencies": [{"name": other, "kind": kind}]}]});
    super::one(
        offences(&with("attractor-engine", "attractor-server", None)),
        &["attractor-engine uses attractor-server"],
    );
    super::one(offences(&with("attractor-engine", "attractor-sample", None)), &["no arrow"]);
    super::one(offences(&with("attractor-new", "serde", None)), &["without arrows"]);
    super::none(offences(&with("attractor-engine", "attractor-sample", Some("dev"))));
    super::none(offences(&with("attractor-server", "attractor-engine", None)));
}
