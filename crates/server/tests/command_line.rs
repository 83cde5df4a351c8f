//! The command line: what one sees who asks, errs, or pipes.

mod program;

use std::collections::BTreeSet;
use std::process::Stdio;

use program::{Files, Ran, feed, program, run};

/// The commands as `attractor help` lists them.
fn commands() -> Vec<String> {
    let help = run(&["help"]).out;
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let named = list.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    named.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn help_lists_the_commands_each_with_a_line() {
    let help = run(&["help"]);
    assert_eq!((help.code, help.err.as_str()), (0, ""));
    assert_eq!(help.out, run(&["--help"]).out);
    for command in ["replay", "simulate", "help"] {
        assert!(commands().iter().any(|known| known == command), "{command} is missing in:\n{}", help.out);
    }
}

#[test]
fn each_command_explains_itself_and_its_flags() {
    for command in commands().iter().filter(|command| *command != "help") {
        let help = run(&[command, "--help"]);
        assert_eq!((help.code, help.err.as_str()), (0, ""), "{command}");
        let about = help.out.lines().next().unwrap_or_default();
        assert!(about.len() > 20 && !about.starts_with("Usage"), "{command} does not say what it does: {about:?}");
        for (flag, explained) in flags(&help.out) {
            assert!(explained.len() > 8, "{command} {flag} does not say what it is");
        }
    }
}

/// What these say is what is asked for, not how: set for good, they would turn one command into another.
const BY_FLAG_ALONE: [&str; 8] =
    ["-h, --help", "-V, --version", "--undo <ID>", "--list", "--preview", "--public", "--server", "--api [<ROLE>]"];

/// Flags that several commands have and that mean one thing: the data folder, and settings of the server.
const SHARED: [&str; 4] = ["ATTRACTOR_DATA", "ATTRACTOR_DATABASE", "ATTRACTOR_LISTEN", "ATTRACTOR_TAKE_OVER"];

/// Every variable but `SHARED` and the settings. A new flag has one more, which stands here as well.
const OF_ONE_COMMAND: &str = "
    APPLY_DRY_RUN APPLY_ENROLL APPLY_FORCE APPLY_NOTE APPLY_PILOT APPLY_PROMOTE APPLY_WITHDRAW APPLY_YES
    BACKUP_REPLACE
    CHECK_JSON CHECK_SCHEMA CHECK_SENTENCES
    DEMO_DATABASE DEMO_END DEMO_LEADS DEMO_REPORT DEMO_SEED DEMO_SPEED
    DNS_CHECK DNS_JSON
    EMAIL_PREVIEW_DRAFT EMAIL_PREVIEW_HTML EMAIL_PREVIEW_JSON EMAIL_PREVIEW_LANGUAGE EMAIL_PREVIEW_LEAD
    EMAIL_PREVIEW_VARIANT EMAIL_TEST_LANGUAGE EMAIL_TEST_LEAD EMAIL_TEST_TO EMAIL_TEST_VARIANT
    EXPLAIN_AT EXPLAIN_EVENTS EXPLAIN_JSON EXPLAIN_LEAD EXPLAIN_PLAYBOOK
    EXPORT_AT EXPORT_FORMAT
    IMPORT_AS_OF IMPORT_CONSENT IMPORT_ERASED IMPORT_JSON IMPORT_MAP IMPORT_PLAYBOOK IMPORT_SHEET IMPORT_TO IMPORT_YES
    KEY_ADD_RATE KEY_ADD_REPLACE KEY_LIST_JSON
    MOVE_SWITCH MOVE_TO
    REPLAY_AT REPLAY_EVENTS REPLAY_LOG REPLAY_PLAYBOOK
    RESTORE_FORCE RESTORE_SETTINGS ROLLBACK_DRY_RUN ROLLBACK_YES
    SERVE_PRINT_SETTINGS
    SHOW_TO SHOW_VERSION
    SIMULATE_DAYS SIMULATE_END SIMULATE_LEADS SIMULATE_SEED
    USER_ADD_INVITE USER_ADD_LINK USER_ADD_NAME USER_ADD_ROLE USER_LIST_JSON USER_ROLE_ROLE";

/// A variable such as `ATTRACTOR_VERSION` or `ATTRACTOR_TO` may be set for other reasons, and would change what a command
/// does. So those of a single command carry its name.
#[test]
fn each_flag_is_a_variable_of_the_environment_that_names_its_command() {
    let mut calls: Vec<Vec<String>> =
        commands().into_iter().filter(|command| command != "help").map(|command| vec![command]).collect();
    for (command, parts) in [
        ("user", &["add", "passwd", "disable", "enable", "role", "link", "list"][..]),
        ("key", &["add", "revoke", "list"][..]),
        ("email", &["preview", "test"][..]),
    ] {
        calls.extend(parts.iter().map(|part| vec![command.to_owned(), (*part).to_owned()]));
    }
    let mut found = BTreeSet::new();
    for call in calls {
        let mut arguments: Vec<&str> = call.iter().map(String::as_str).collect();
        arguments.push("--help");
        for (flag, said) in flags(&run(&arguments).out) {
            let name = said.split_once("[env: ").and_then(|(_, rest)| rest.split(['=', ']']).next());
            assert_eq!(name.is_none(), BY_FLAG_ALONE.contains(&flag.as_str()), "{call:?} {flag}: {said}");
            let Some(name) = name else { continue };
            let long = flag.split("--").nth(1).unwrap().split(' ').next().unwrap();
            let own = format!("ATTRACTOR_{}_{long}", call.join("_")).replace('-', "_").to_uppercase();
            let shared = format!("ATTRACTOR_{long}").replace('-', "_").to_uppercase();
            assert!(name == own || name == shared && SHARED.contains(&name), "{call:?} {flag} is {name}; write {own}");
            found.extend((name == own).then(|| name["ATTRACTOR_".len()..].to_owned()));
        }
    }
    let listed: BTreeSet<String> = OF_ONE_COMMAND.split_whitespace().map(str::to_owned).collect();
    assert_eq!(found, listed, "the list of variables in this file, and docs/install.md if it names them");
}

#[test]
fn variables_that_others_set_change_nothing() {
    let files = Files::new("playbook: x\n", "");
    let data = files.path("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("attractor.toml"), "").unwrap();
    let mut show = program();
    show.arg("show").arg("--data").arg(&data);
    for (name, value) in [("VERSION", "0.1.0"), ("TO", "elsewhere"), ("FORCE", "1"), ("NAME", "web"), ("LOG", "debug")]
    {
        show.env(format!("ATTRACTOR_{name}"), value);
    }
    let shown = show.output().expect("it starts");
    assert_eq!(shown.status.code(), Some(0), "{}", String::from_utf8_lossy(&shown.stderr));
    assert!(String::from_utf8_lossy(&shown.stdout).contains("playbook: starter"));
    let mut named = program();
    let of_this = named.arg("show").arg("--data").arg(&data).env("ATTRACTOR_SHOW_VERSION", "9").output();
    assert_eq!(of_this.expect("it starts").status.code(), Some(2), "there is no version 9");
}

#[test]
fn each_command_shows_an_example_and_says_more_than_its_line() {
    for command in commands().iter().filter(|command| *command != "help") {
        let help = run(&[command, "--help"]).out;
        assert!(help.contains(&format!("\n  attractor {command} ")), "{command} shows no example:\n{help}");
    }
    assert!(run(&["simulate", "--help"]).out.contains("The same seed and end give the same bytes"));
    assert!(run(&["import", "--help"]).out.contains("are recognised"));
}

#[test]
fn a_switch_in_the_environment_is_on_or_off() {
    let playbook = concat!(env!("CARGO_MANIFEST_DIR"), "/../../playbooks/starter");
    for (value, json) in [("1", true), ("true", true), ("0", false), ("false", false), ("", false)] {
        let output =
            program().args(["check", playbook]).env("ATTRACTOR_CHECK_JSON", value).output().expect("it starts");
        assert_eq!((output.status.code(), output.stdout.starts_with(b"{")), (Some(0), json), "{value:?}");
    }
}

/// As in `attractor … 2>&1 | head -1`: the work is done all the same, and its status tells of nothing else.
#[test]
fn nobody_listening_to_standard_error_is_no_error() {
    let files = Files::new("playbook: x\nbogus: 1\n", "not json\n");
    files.write("good.yaml", "playbook: x\n");
    files.write("list.csv", "email\na@x.org\nnobody\n");
    let path = |name: &str| files.path(name).to_string_lossy().into_owned();
    let (list, to, events) = (path("list.csv"), path("out.ndjson"), path("events.ndjson"));
    let (bad, good) = (path("playbook.yaml"), path("good.yaml"));
    let cases: [(&[&str], i32); 4] = [
        (&["check", &bad], 2),
        (&["import", &list, "--to", &to], 1),
        (&["replay", "--playbook", &good, "--events", &events], 1),
        (&["explain", "--playbook", &good, "--events", &events, "--lead", "a"], 2),
    ];
    for (arguments, code) in cases {
        let mut command = program();
        let piped = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("it starts");
        drop(child.stderr.take());
        assert_eq!(child.wait().expect("it ends").code(), Some(code), "{arguments:?}");
    }
}

/// The flags of a help text with what is said about each.
fn flags(help: &str) -> Vec<(String, String)> {
    let mut flags: Vec<(String, String)> = Vec::new();
    for line in help.lines().skip_while(|line| *line != "Options:").skip(1) {
        if line.is_empty() {
            // Long help has blank lines between flags; what follows the flags begins at the margin.
            continue;
        }
        if !line.starts_with(' ') {
            break;
        }
        let text = line.trim_start();
        // A list of possible values begins with a hyphen and a blank.
        if text.starts_with('-') && !text.starts_with("- ") {
            let (flag, said) = text.split_once("  ").unwrap_or((text, ""));
            flags.push((flag.to_owned(), said.trim().to_owned()));
        } else if let Some((_, said)) = flags.last_mut() {
            said.push_str(text);
        }
    }
    flags
}

#[test]
fn flags_of_a_help_text_are_told_from_their_explanations() {
    let help = "About\n\nOptions:\n      --at <AT>  When\n                 and more\n\n  -h, --help\n          Print help\n\nExamples:\n  x --no\n";
    let flags = flags(help);
    let expected = [("--at <AT>", "Whenand more"), ("-h, --help", "Print help")];
    assert_eq!(flags, expected.map(|(flag, said)| (flag.to_owned(), said.to_owned())));
}

#[test]
fn what_is_no_command_is_refused_with_the_way_out() {
    for wrong in [
        &["replya"][..],
        &[],
        &["replay"],
        &["simulate", "--leads", "many"],
        &["simulate", "--leads", "-1"],
        &["simulate", "extra"],
    ] {
        let ran = run(wrong);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{wrong:?}");
        assert!(ran.err.contains("--help") || ran.err.contains("Usage"), "{wrong:?}: {}", ran.err);
    }
    assert!(run(&["replya"]).err.contains("'replay'"));
}

#[test]
fn the_version_is_the_packages() {
    // `make build` alone adds the commit.
    assert_eq!(run(&["--version"]).out, format!("attractor {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_flag_of_replay_is_an_environment_variable_too() {
    let event = r#"{"type": "page", "userId": "ann", "timestamp": "2026-01-05"}"#;
    let files = Files::new(include_str!("../../../bench/playbook.yaml"), event);
    let mut command = program();
    command
        .arg("replay")
        .env("ATTRACTOR_REPLAY_PLAYBOOK", files.path("playbook.yaml"))
        .env("ATTRACTOR_REPLAY_EVENTS", files.path("events.ndjson"));
    let output = command
        .env("ATTRACTOR_REPLAY_AT", "2026-02-01")
        .env("ATTRACTOR_REPLAY_LOG", "true")
        .output()
        .expect("the program starts");
    let flags = files.replay(&["--at", "2026-02-01", "--log"]);
    assert_eq!((output.status.code(), flags.code), (Some(0), 0));
    assert_eq!(String::from_utf8_lossy(&output.stdout), flags.out);
    assert!(flags.out.lines().count() > 1);
}

#[test]
fn a_playbook_is_a_folder_or_its_file() {
    let event = r#"{"type": "page", "userId": "ann", "timestamp": "2026-01-05"}"#;
    let files = Files::new(include_str!("../../../bench/playbook.yaml"), event);
    let (folder, events) = (files.path(""), files.path("events.ndjson"));
    let arguments = ["replay", "--playbook", &folder.to_string_lossy(), "--events", &events.to_string_lossy()];
    let ran = run(&arguments);
    assert_eq!((ran.code, ran.out), (0, files.replay(&[]).out));
}

#[test]
fn a_simulation_is_the_same_for_the_same_seed() {
    let of = |seed: &str| run(&["simulate", "--leads", "50", "--days", "60", "--seed", seed, "--end", "2026-06-30"]);
    let (one, again, other) = (of("1"), of("1"), of("2"));
    assert_eq!((one.code, one.err.as_str()), (0, ""));
    assert!(one.out.lines().count() > 300);
    assert!(one.out == again.out && one.out != other.out);
    let is_object = |line: &str| serde_json::from_str::<serde_json::Value>(line).is_ok_and(|value| value.is_object());
    assert!(one.out.lines().all(is_object));
}

#[test]
fn a_simulation_ends_now_unless_told_otherwise() {
    let last = |ran: Ran| -> String {
        let times = ran.out.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a message"));
        times.filter_map(|message| message["timestamp"].as_str().map(str::to_owned)).max().expect("a timestamp")
    };
    let now = attractor_server::clock::now();
    let ended = last(run(&["simulate", "--leads", "300", "--days", "30"]));
    let age = now - attractor_engine::time::Instant::parse(&ended).expect("an instant");
    assert!(age.0 < 86_400_000, "{ended} is more than a day before {now}");
    let told = last(run(&["simulate", "--leads", "300", "--days", "30", "--end", "2026-03-05T15:00:00Z"]));
    assert!(("2026-03-04".."2026-03-05T15:00").contains(&told.as_str()), "{told}");
    let wrong = run(&["simulate", "--end", "tomorrow"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("like 2026-06-30T00:00:00Z"), "{}", wrong.err);
}

#[test]
fn a_simulation_knows_its_limits() {
    assert_eq!(run(&["simulate", "--leads", "0", "--end", "2026-06-30"]).out, "");
    for days in ["0", "20001", "4294967296"] {
        let ran = run(&["simulate", "--days", days]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{days}");
        assert!(ran.err.contains("--days"), "{}", ran.err);
    }
}

#[test]
fn a_simulation_that_nobody_reads_on_ends_quietly() {
    let mut child =
        program().args(["simulate"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}

#[test]
fn what_is_simulated_replays_without_a_word_about_it() {
    let simulated = run(&["simulate", "--leads", "80", "--days", "90", "--end", "2026-06-30"]).out;
    let files = Files::new(include_str!("../../../bench/playbook.yaml"), "");
    let replay = files.replay_of("-".as_ref(), &[]);
    let ran = feed(replay, move |input| input.write_all(simulated.as_bytes()).expect("it is read"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.lines().count() >= 80);
    assert!(ran.err.lines().all(|line| line.contains(": conflict: ")), "{}", ran.err);
}
