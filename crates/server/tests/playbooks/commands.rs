//! The commands that the sample company speaks through, as people run them.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn attractor(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attractor"));
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    attractor(arguments).output().expect("the program runs")
}

#[test]
fn what_is_simulated_replays_without_a_word() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let simulated = attractor(&["simulate", "--leads", "200", "--days", "120", "--end", "2026-06-30"])
        .stdout(file.reopen().expect("the file again"))
        .status()
        .expect("the program runs");
    assert!(simulated.success());
    let events = file.path().to_str().expect("a path of text");
    for name in ["starter", "sample"] {
        let playbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../playbooks").join(name);
        let replayed = run(&["replay", "--playbook", playbook.to_str().expect("text"), "--events", events]);
        let complaints = String::from_utf8_lossy(&replayed.stderr);
        assert!(replayed.status.success() && complaints.is_empty(), "{name}: {complaints}");
        assert!(replayed.stdout.len() > 10_000);
    }
}

#[test]
fn the_demo_is_the_same_for_the_same_seed_and_says_that_it_is_made_up() {
    let demo = |seed: &str| run(&["demo", "--report", "--leads", "80", "--seed", seed]);
    let (first, again, other) = (demo("1"), demo("1"), demo("2"));
    assert!(first.status.success() && first.stderr.is_empty());
    assert_eq!(first.stdout, again.stdout);
    assert_ne!(first.stdout, other.stdout);
    assert!(String::from_utf8_lossy(&first.stdout).contains("sample data"));
}

#[test]
fn readers_who_have_seen_enough_are_no_failure() {
    for command in [["simulate"].as_slice(), &["demo", "--report"]] {
        let mut child =
            attractor(&[command, &["--leads", "400"]].concat()).stdout(Stdio::piped()).spawn().expect("it runs");
        let mut few = [0; 16];
        child.stdout.take().expect("its output").read_exact(&mut few).expect("a beginning");
        assert!(child.wait().expect("an end").success(), "{command:?}");
    }
}

#[test]
fn numbers_out_of_range_are_refused_in_words() {
    for (arguments, words) in [(["demo", "--leads", "60000"], "50000"), (["simulate", "--days", "0"], "1..=")] {
        let refused = run(&arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        let complaint = String::from_utf8_lossy(&refused.stderr);
        assert!(complaint.contains(words), "{complaint}");
    }
}
