//! `attractor replay` as somebody runs it, on files good and bad.

mod program;

use std::process::{Command, Stdio};

use attractor_engine::playbook;
use attractor_engine::program::Program;
use attractor_engine::replay::{Replay, replay};
use attractor_engine::time::Instant;
use attractor_sample::Company;

use program::{Files, deaf, feed, run};

const PLAYBOOK: &str = include_str!("../../../bench/playbook.yaml");

/// A page view of `lead` on the given day of January 2026.
fn view(lead: &str, day: u32) -> String {
    format!(
        r#"{{"type": "page", "messageId": "{lead}-{day}", "userId": "{lead}", "timestamp": "2026-01-{day:02}T10:00:00Z", "properties": {{"path": "/pricing"}}}}"#
    )
}

/// What is no valid message, and words of what is said about it.
const BAD: &[(&str, &[&str])] = &[
    ("{", &["not valid JSON", "column 1"]),
    (r#"{"type": "page", "userId": "a", "timestamp": "2026-01-05"} {}"#, &["not valid JSON", "trailing"]),
    (r#"{"type": "page", "userId": "a\"#, &["not valid JSON"]),
    ("not json at all", &["not valid JSON"]),
    ("\u{1}", &["not valid JSON"]),
    ("[1, 2]", &["not a JSON object"]),
    ("null", &["not a JSON object"]),
    ("42", &["not a JSON object"]),
    (r#"{"userId": "a", "timestamp": "2026-01-05"}"#, &["no `type`", "identify, track"]),
    (r#"{"type": "visit", "userId": "a", "timestamp": "2026-01-05"}"#, &["unknown type `visit`"]),
    (r#"{"type": "batch", "batch": []}"#, &["`batch`", "one a line"]),
    (r#"{"type": "page", "timestamp": "2026-01-05"}"#, &["names nobody", "`userId`"]),
    (r#"{"type": "page", "userId": ["a"], "timestamp": "2026-01-05"}"#, &["names nobody"]),
    (r#"{"type": "page", "userId": "", "timestamp": "2026-01-05"}"#, &["names nobody"]),
    (r#"{"type": "page", "userId": "a"}"#, &["no `timestamp`"]),
    (r#"{"type": "page", "userId": "a", "timestamp": 1767225600}"#, &["`timestamp` is not text"]),
    (
        r#"{"type": "page", "userId": "a", "timestamp": "yesterday"}"#,
        &["“yesterday” is no instant", "2026-03-09T14:30:00Z"],
    ),
    (r#"{"type": "page", "userId": "a", "timestamp": "2026-01-05T10:00:00+99:00"}"#, &["is no instant"]),
    (r#"{"type": "page", "userId": "a", "timestamp": "2026-02-30"}"#, &["is no instant"]),
    (
        r#"{"type": "page", "userId": "a", "timestamp": "2026-01-05", "properties": []}"#,
        &["`properties` is not an object"],
    ),
    (
        r#"{"type": "page", "userId": "a", "timestamp": "2026-01-05", "context": "web"}"#,
        &["`context` is not an object"],
    ),
    (r#"{"type": "identify", "userId": "a", "timestamp": "2026-01-05", "traits": 5}"#, &["`traits` is not an object"]),
    (r#"{"type": "track", "userId": "a", "timestamp": "2026-01-05"}"#, &["without a text `event`"]),
    (r#"{"type": "track", "userId": "a", "timestamp": "2026-01-05", "event": 7}"#, &["without a text `event`"]),
    (r#"{"type": "alias", "userId": "a", "timestamp": "2026-01-05"}"#, &["`previousId`"]),
    (r#"{"type": "page", "userId": "\ud80", "timestamp": "2026-01-05"}"#, &["not valid JSON"]),
];

#[test]
fn each_bad_line_is_named_and_nothing_good_is_lost() {
    let good = Files::new(PLAYBOOK, format!("{}\n{}\n", view("ann", 1), view("bob", 2))).replay(&["--log"]);
    assert_eq!((good.code, good.err.as_str()), (0, ""));
    for (bad, words) in BAD {
        let files = Files::new(PLAYBOOK, format!("{}\n{bad}\n{}\n", view("ann", 1), view("bob", 2)));
        let ran = files.replay(&["--log"]);
        assert_eq!(ran.out, good.out, "{bad}");
        assert_eq!(ran.code, 1, "{bad}");
        let place = format!("{}:2: ", files.path("events.ndjson").display());
        let said = ran.err.lines().next().unwrap_or_default();
        assert!(said.starts_with(&place), "{bad}: {said}");
        assert!(words.iter().all(|word| said.contains(word)), "{bad}: {said}");
        assert!(ran.err.ends_with("1 of 3 messages rejected\n"), "{}", ran.err);
    }
}

#[test]
fn bytes_that_are_no_text_are_named() {
    for (bad, word) in [
        (&b"\0\0\0"[..], "not valid JSON"),
        (b"{\"type\": \"\xff\"}", "not valid UTF-8 at byte 11"),
        (b"\xff\xfe{\0", "not valid UTF-8 at byte 1"),
    ] {
        let mut events = view("ann", 1).into_bytes();
        events.extend([b"\n", bad, b"\n", view("bob", 2).as_bytes()].concat());
        let ran = Files::new(PLAYBOOK, events).replay(&[]);
        assert_eq!((ran.code, ran.out.lines().count()), (1, 2), "{bad:?}");
        assert!(ran.err.contains(":2: ") && ran.err.contains(word), "{}", ran.err);
    }
}

#[test]
fn brackets_without_end_do_not_overflow() {
    let deep = format!(
        r#"{{"type": "page", "userId": "a", "timestamp": "2026-01-05", "properties": {{"x": {}"#,
        "[".repeat(1_000_000)
    );
    let ran = Files::new(PLAYBOOK, format!("{deep}\n{}\n", view("ann", 1))).replay(&[]);
    assert_eq!((ran.code, ran.out.lines().count()), (1, 1));
    assert!(ran.err.contains(":1: not valid JSON"), "{}", ran.err);
}

#[test]
fn a_list_is_pointed_to_its_own_command() {
    let ran = Files::new(PLAYBOOK, "email,name\nada@acme.com,Ada\n").replay(&[]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains(": the first line is not JSON; `attractor import` reads lists"), "{}", ran.err);
    assert!(ran.err.ends_with("2 of 2 messages rejected\n"), "{}", ran.err);
}

#[test]
fn many_bad_lines_are_named_in_order() {
    let lines: Vec<String> =
        (1..=5_000).map(|n| if n % 2 == 0 { format!("bad {n}") } else { view(&format!("lead-{n}"), 1) }).collect();
    let ran = Files::new(PLAYBOOK, lines.join("\n")).replay(&[]);
    assert_eq!((ran.code, ran.out.lines().count()), (1, 2_500));
    let number = |line: &str| line.split(':').nth(1).and_then(|n| n.parse::<u32>().ok());
    let numbers: Vec<u32> = ran.err.lines().filter(|line| line.contains(": not valid")).filter_map(number).collect();
    assert_eq!(numbers, (1..=2_500).map(|n| 2 * n).collect::<Vec<u32>>());
    assert!(ran.err.ends_with("2500 of 5000 messages rejected\n"));
}

#[test]
fn line_ends_marks_and_blank_lines_change_nothing() {
    let (ann, bob) = (view("ann", 1), view("bob", 2));
    let plain = Files::new(PLAYBOOK, format!("{ann}\n{bob}\n")).replay(&["--log"]);
    assert_eq!(plain.code, 0);
    for other in [
        format!("{ann}\n{bob}"),
        format!("{ann}\r\n{bob}\r\n"),
        format!("\u{feff}{ann}\n{bob}\n"),
        format!("\n\n{ann}\n  \t \r\n{bob}\n\n\n"),
        format!("\u{feff}\r\n{ann}\r\n{bob}"),
    ] {
        let ran = Files::new(PLAYBOOK, &other).replay(&["--log"]);
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, plain.out.as_str(), ""), "{other:?}");
    }
}

#[test]
fn nothing_in_is_nothing_out() {
    for empty in ["", "\n", "\u{feff}", "\r\n\r\n"] {
        let ran = Files::new(PLAYBOOK, empty).replay(&["--log"]);
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""), "{empty:?}");
    }
}

/// Runs under a limit of address space, so that a program which holds too much fails.
fn within_megabytes(files: &Files, megabytes: u32) -> Command {
    let mut command = deaf(Command::new("sh"));
    let script = format!("ulimit -v {}; exec \"$@\"", u64::from(megabytes) * 1024);
    let inner = files.replay_of("-".as_ref(), &[]);
    command.args(["-c", &script, "sh"]).arg(inner.get_program()).args(inner.get_args());
    command
}

/// A message whose one property has this many megabytes.
fn long_message(out: &mut dyn std::io::Write, megabytes: usize) -> std::io::Result<()> {
    let filler = vec![b'x'; 1 << 20];
    write!(
        out,
        r#"{{"type": "page", "userId": "long", "timestamp": "2026-01-05", "properties": {{"path": "/", "x": ""#
    )?;
    for _ in 0..megabytes {
        out.write_all(&filler)?;
    }
    writeln!(out, "\"}}}}")
}

#[test]
fn a_line_of_100_megabytes_is_read_in_bounded_memory() {
    let files = Files::new(PLAYBOOK, "");
    let ran = feed(within_megabytes(&files, 2_048), |input| {
        writeln!(input, "{}", view("ann", 1)).expect("it is read");
        long_message(input, 100).expect("it is read");
        writeln!(input, "{}", view("bob", 2)).expect("it is read");
    });
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let leads: Vec<&str> = ran.out.lines().filter_map(|line| line.split('"').nth(3)).collect();
    assert_eq!(leads, ["ann", "bob", "long"]);
}

#[test]
fn a_line_that_is_too_long_is_named_and_nothing_good_is_lost() {
    let files = Files::new(PLAYBOOK, "");
    let ran = feed(within_megabytes(&files, 2_048), |input| {
        writeln!(input, "{}", view("ann", 1)).expect("it is read");
        long_message(input, 700).expect("it is read");
        writeln!(input, "{}", view("bob", 2)).expect("it is read");
    });
    assert_eq!((ran.code, ran.out.lines().count()), (1, 2), "{}", ran.err);
    assert!(ran.err.contains("-:2: longer than 256 MiB"), "{}", ran.err);
}

#[test]
fn standard_input_gives_the_same_as_a_file() {
    let lines = format!("{}\n{}\n", view("ann", 1), view("bob", 2));
    let files = Files::new(PLAYBOOK, &lines);
    let fed = feed(files.replay_of("-".as_ref(), &["--log"]), move |input| {
        input.write_all(lines.as_bytes()).expect("it is read")
    });
    assert_eq!((fed.code, fed.out), (0, files.replay(&["--log"]).out));
}

#[test]
fn what_cannot_be_done_says_why() {
    let files = Files::new(PLAYBOOK, "");
    let why = |playbook: &str, events: &str| {
        let (playbook, events) = (files.path(playbook), files.path(events));
        let ran = run(&["replay", "--playbook", &playbook.to_string_lossy(), "--events", &events.to_string_lossy()]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
        ran.err
    };
    let gone = why("playbook.yaml", "gone.ndjson");
    assert!(gone.contains("gone.ndjson: there is no such file; create it, or correct the path"), "{gone}");
    let folder = why("playbook.yaml", "");
    assert!(folder.contains("directory"), "{folder}");
    let gone = why("gone.yaml", "events.ndjson");
    assert!(gone.contains("gone.yaml: ") && gone.to_lowercase().contains("no such file"), "{gone}");
    files.write("wrong.yaml", "playbook: x\nscores:\n  - {id: s, rules: [{id: r, event: E, pionts: 5}]}\n");
    let wrong = why("wrong.yaml", "events.ndjson");
    assert!(wrong.contains("wrong.yaml:3:") && wrong.contains("pionts") && wrong.contains("points"), "{wrong}");
    files.write("bytes.yaml", b"playbook: \xff\n");
    let bytes = why("bytes.yaml", "events.ndjson");
    assert!(bytes.contains("bytes.yaml:1:11: ") && bytes.contains("UTF-8"), "{bytes}");
}

#[test]
fn an_unknown_time_zone_is_named_where_it_stands() {
    let files = Files::new("playbook: x\ntimezone: Mars/Olympus\n", view("ann", 1));
    let ran = files.replay(&[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("playbook.yaml:2:11: ") && ran.err.contains("Mars/Olympus"), "{}", ran.err);
}

#[test]
fn an_instant_that_is_none_is_refused() {
    let files = Files::new(PLAYBOOK, view("ann", 1));
    for at in ["noon", "2026-13-01", "", "2026-01-01T25:00:00Z"] {
        let ran = files.replay(&["--at", at]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{at}");
        assert!(ran.err.contains("2026-03-09T14:30:00Z"), "{at}: {}", ran.err);
    }
}

#[test]
fn what_comes_after_the_instant_is_not_read() {
    let files = Files::new(PLAYBOOK, format!("{}\n{}\n", view("ann", 1), view("bob", 20)));
    let ran = files.replay(&["--at", "2026-01-10"]);
    assert_eq!((ran.code, ran.out.lines().count()), (0, 1));
    assert!(ran.out.starts_with(r#"{"lead": "ann", "at": "2026-01-10T00:00:00.000Z""#), "{}", ran.out);
}

#[test]
fn a_conflict_is_told_and_changes_no_exit_status() {
    let identify = |user: &str, day: u32| {
        format!(
            r#"{{"type": "identify", "userId": "{user}", "timestamp": "2026-01-{day:02}", "traits": {{"email": "Ann@Example.org "}}}}"#
        )
    };
    let files = Files::new(PLAYBOOK, format!("{}\n{}\n", identify("one", 1), identify("two", 2)));
    let ran = files.replay(&[]);
    assert_eq!((ran.code, ran.out.lines().count()), (0, 2));
    let told = r#":2: conflict: ann@example.org came with `two` but belongs to `one`; to make the two one, send {"type": "alias", "previousId": "two", "userId": "one"}"#;
    assert_eq!(ran.err.trim_end(), format!("{}{told}", files.path("events.ndjson").display()));
}

/// Half a year of a few hundred leads, with all that the sample company does.
fn simulated(leads: u32) -> Vec<String> {
    Company::ending(leads, 180, 11).messages().map(|message| message.json).collect()
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    let files = Files::new(PLAYBOOK, simulated(300).join("\n"));
    let mut child =
        files.command(&["--log"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!said.contains("panicked") && !said.contains("Broken pipe"), "{said}");
}

fn in_memory(lines: &[String], at: Option<&str>) -> Replay {
    let playbook = playbook::read(PLAYBOOK).playbook.expect("the bench's playbook is valid");
    let program =
        Program::new(playbook, &jiff::tz::TimeZoneDatabase::from_env()).expect("the bench's playbook is valid");
    replay(&program, lines, at.and_then(Instant::parse), true)
}

/// The program's streaming replay gives what the engine gives in memory.
#[track_caller]
fn same_as_in_memory(lines: &[String], at: Option<&str>) {
    let files = Files::new(PLAYBOOK, lines.join("\n"));
    let mut arguments = vec!["--log"];
    arguments.extend(at.iter().flat_map(|at| ["--at", *at]));
    let ran = files.replay(&arguments);
    let expected = in_memory(lines, at);
    let first = ran.out.lines().zip(expected.output.lines()).find(|(ours, theirs)| ours != theirs);
    assert_eq!(first, None);
    assert_eq!(ran.out.len(), expected.output.len());
    let events = files.path("events.ndjson");
    let told = expected
        .rejected
        .iter()
        .chain(&expected.conflicts)
        .map(|(line, why)| format!("{}:{line}: {why}", events.display()));
    let said: Vec<&str> = ran.err.lines().filter(|line| !line.ends_with("messages rejected")).collect();
    assert_eq!(said, told.collect::<Vec<_>>());
    assert_eq!(ran.code, i32::from(!expected.rejected.is_empty()));
}

#[test]
fn streaming_gives_what_memory_gives() {
    let lines = simulated(400);
    assert!(lines.len() > 10_000);
    same_as_in_memory(&lines, None);
    same_as_in_memory(&lines, Some("2026-04-01"));
}

/// A number below `below` that looks like chance and is the same in each run.
fn scattered(number: usize, below: usize) -> usize {
    ((number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) as usize % below.max(1)
}

#[test]
fn streaming_gives_what_memory_gives_of_damaged_lines_too() {
    let mut lines = simulated(100);
    for (number, line) in lines.iter_mut().enumerate().filter(|(number, _)| number % 3 == 0) {
        let at = scattered(number, line.len());
        let damage = ["\"", "}", ",", "0", "\\", " ", "null", "[", "\u{0}"][scattered(number + 1, 9)];
        if line.is_char_boundary(at) && line.is_char_boundary(at + 1) {
            line.replace_range(at..=at, damage);
        }
    }
    same_as_in_memory(&lines, None);
}

#[test]
fn the_order_of_lines_does_not_matter_where_instants_differ() {
    let lead = |n: usize| format!("lead-{}", n % 40);
    let lines: Vec<String> = (0..600).map(|n| view(&lead(n), 1 + (n / 40) as u32)).collect();
    let mut shuffled = lines.clone();
    for place in (1..shuffled.len()).rev() {
        shuffled.swap(place, scattered(place, place + 1));
    }
    assert_ne!(lines, shuffled);
    let ran = |lines: &[String]| Files::new(PLAYBOOK, lines.join("\n")).replay(&["--log"]).out;
    assert_eq!(ran(&lines), ran(&shuffled));
}

#[test]
fn one_core_gives_the_same_bytes_as_all() {
    let files = Files::new(PLAYBOOK, simulated(300).join("\n"));
    let all = files.replay(&["--log"]);
    let inner = files.command(&["--log"]);
    let mut command = deaf(Command::new("taskset"));
    let Ok(one) = command.args(["-c", "0"]).arg(inner.get_program()).args(inner.get_args()).output() else {
        eprintln!("!!! one core was NOT tried: there is no `taskset` here");
        return;
    };
    assert_eq!(one.status.code(), Some(all.code), "{}", String::from_utf8_lossy(&one.stderr));
    assert!(one.stdout == all.out.as_bytes() && one.stderr == all.err.as_bytes());
}
