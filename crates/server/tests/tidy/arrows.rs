//! Which crate may know which: `server → everything`, `import`, `intake` and `sample → engine` at most, `engine → nothing`.

use serde_json::Value;

use super::repository::metadata;

/// Each crate of ours with those of ours that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("attractor-engine", &[]),
    ("attractor-import", &["attractor-engine"]),
    ("attractor-insight", &[]),
    ("attractor-intake", &["attractor-engine"]),
    ("attractor-sample", &["attractor-engine"]),
    ("attractor-live", &["attractor-engine", "attractor-intake", "attractor-store"]),
    ("attractor-store", &["attractor-engine"]),
    ("attractor-trial", &[]),
    (
        "attractor-server",
        &[
            "attractor-engine",
            "attractor-import",
            "attractor-insight",
            "attractor-intake",
            "attractor-live",
            "attractor-sample",
            "attractor-store",
        ],
    ),
];

/// In tests alone.
const TESTS_MAY_USE: &[(&str, &[&str])] = &[
    ("attractor-engine", &["attractor-sample"]),
    ("attractor-live", &["attractor-sample", "attractor-trial"]),
    ("attractor-server", &["attractor-trial"]),
    ("attractor-store", &["attractor-trial"]),
];

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
