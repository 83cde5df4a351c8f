//! `attractor check`, as people and scripts run it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value as Json;

/// Standard output, standard error, exit status.
fn run(folder: &Path, args: &[&str]) -> (String, String, i32) {
    let binary = env!("CARGO_BIN_EXE_attractor");
    let output: Output = Command::new(binary).args(args).current_dir(folder).output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (text(output.stdout), text(output.stderr), output.status.code().unwrap_or(-1))
}

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, bytes) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    folder
}

#[test]
fn a_playbook_without_problems() {
    let text = b"playbook: p\ntopics: [{id: a}]\nemails: [{id: e, subject: S, body: m/e.mjml}, {id: f, subject: S, body: m/f.json}]\n";
    let mjml: &[u8] = b"<mjml><mj-body><mj-section><mj-column><mj-text>
        <a href='{{ \"https://a.example\" | attractor: \"a\" }}'>A</a></mj-text></mj-column></mj-section></mj-body></mjml>";
    let here = folder(&[("p/playbook.yaml", text), ("p/m/e.mjml", mjml), ("p/m/f.json", b"{\"blocks\": []}")]);
    for path in ["p", "p/", "./p/playbook.yaml", "p/playbook.yaml"] {
        assert_eq!(run(here.path(), &["check", path]), (String::new(), "no problems\n".into(), 0), "{path}");
    }
    assert_eq!(run(&here.path().join("p"), &["check", "playbook.yaml"]).2, 0);
    assert_eq!(run(&here.path().join("p"), &["check", "."]).2, 0);
}

#[test]
fn errors_are_results_and_end_with_2() {
    let text = b"playbook: p\nscorez: []\ncadence: {ladder: l, every: {}}\nsegments: [{id: a, enter: {event: X}, min_stay: 3}]\n";
    let here = folder(&[("p/playbook.yaml", text)]);
    let (out, err, code) = run(here.path(), &["check", "p"]);
    let lines = "p/playbook.yaml:2:1: unknown key `scorez` in a playbook; did you mean `scores`?\n\
        p/playbook.yaml:3:19: there is no ladder `l`; none is declared\n\
        p/playbook.yaml:4:49: `min_stay` wants a duration such as 90s, 15m, 48h, 30d or 8w, not the number `3`; for days write 3d\n";
    assert_eq!((out.as_str(), err.as_str(), code), (lines, "3 errors\n", 2));
}

#[test]
fn warnings_alone_end_with_0() {
    let text = b"playbook: p\ntopics: [{id: a}]\nsegments: [{id: a, enter: {any: []}}, {id: b, enter: {event: X}}]\n";
    let here = folder(&[("playbook.yaml", text)]);
    let (out, err, code) = run(here.path(), &["check", "playbook.yaml"]);
    let lines: Vec<&str> = out.lines().map(|line| &line[..line.find("warning:").expect("a mark")]).collect();
    assert_eq!(lines, ["playbook.yaml:2:15: ", "playbook.yaml:3:27: "]);
    assert_eq!((err.as_str(), code), ("2 warnings\n", 0));
}

#[test]
fn as_json() {
    let here = folder(&[("playbook.yaml", b"playbook: p\nxs: 1\ntopics: [{id: b, related: [c]}]\n")]);
    let (out, _, code) = run(here.path(), &["check", "playbook.yaml", "--json"]);
    let said: Json = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&said["errors"], &said["warnings"], code), (&Json::from(2), &Json::from(0), 2));
    let second = &said["problems"][1];
    assert_eq!((second["file"].as_str(), second["severity"].as_str()), (Some("playbook.yaml"), Some("error")));
    assert_eq!((second["line"].as_u64(), second["column"].as_u64()), (Some(3), Some(28)));
    assert_eq!(second["message"], "there is no topic `c`; declared are: b");
    let fine = folder(&[("playbook.yaml", b"playbook: p\n")]);
    let (out, _, code) = run(fine.path(), &["check", ".", "--json"]);
    let said: Json = serde_json::from_str(&out).expect("JSON");
    assert_eq!((said["problems"].as_array().map(Vec::len), code), (Some(0), 0));
}

#[test]
fn bodies_are_looked_for_and_into() {
    let text = b"playbook: p\ntopics: [{id: a}, {id: alone}]\nemails:\n\
        - {id: gone, subject: S, body: gone.mjml}\n\
        - {id: out, subject: S, body: ../out.mjml}\n\
        - {id: abs, subject: S, body: /etc/x.mjml}\n\
        - {id: dir, subject: S, body: dir.mjml}\n\
        - {id: bytes, subject: S, body: m/bytes.mjml}\n\
        - {id: json, subject: S, body: m/e.json}\n\
        - {id: link, subject: S, body: m/e.mjml}\n\
        - {id: again, subject: S, body: m/e.mjml}\n";
    let here = folder(&[
        ("p/playbook.yaml", text),
        ("out.mjml", b"<mjml/>"),
        ("p/dir.mjml/x", b""),
        ("p/m/bytes.mjml", b"<mjml>\n\xc3\xa4\xff"),
        ("p/m/e.json", b"{\n \"a\": }"),
        (
            "p/m/e.mjml",
            b"<mjml><mj-body><mj-section><mj-column><mj-text>\n<a href='{{ u | attractor: \"b\" }}'>B</a></mj-text>\n\
            <mj-txt/></mj-column></mj-section></mj-body></mjml>",
        ),
    ]);
    let (out, err, code) = run(here.path(), &["check", "p"]);
    let found: Vec<&str> = out.lines().collect();
    let no_path = |place: &str, path: &str| {
        format!(
            "p/playbook.yaml:{place}: the text `{path}` is no path in the playbook's folder to a .mjml or .json file; write one such as emails/welcome.mjml, or MJML that begins with `<`"
        )
    };
    assert_eq!(
        found,
        [
            "p/playbook.yaml:4:32: the body `gone.mjml` cannot be read: there is no such file; create it, or correct the path",
            &no_path("5:31", "../out.mjml"),
            &no_path("6:31", "/etc/x.mjml"),
            "p/playbook.yaml:7:31: the body `dir.mjml` cannot be read: it is a folder; name a file",
            "p/m/bytes.mjml:2:2: this is no UTF-8 text; save the file with the encoding UTF-8",
            "p/m/e.json:2:7: this is not valid JSON, at line 2, column 7: a value is missing or misspelt; a .json body is the block list of the visual editor",
            "p/m/e.mjml:2:17: a link stands for the topic `b`, which is not declared; declared are: a, alone",
            "p/m/e.mjml:3:1: `<mj-txt>` is not an element of MJML",
        ]
    );
    assert_eq!((err.as_str(), code), ("8 errors\n", 2));
}

#[cfg(unix)]
#[test]
fn a_body_behind_a_link_that_leads_out_is_refused() {
    let text = b"playbook: p\nemails: [{id: e, subject: S, body: e.mjml}, {id: f, subject: S, body: m/f.mjml}]\n";
    let here = folder(&[("p/playbook.yaml", text), ("secret.mjml", b"<mjml/>"), ("p/m/g.mjml", b"<mjml/>")]);
    std::os::unix::fs::symlink("../secret.mjml", here.path().join("p/e.mjml")).expect("a link");
    std::os::unix::fs::symlink("g.mjml", here.path().join("p/m/f.mjml")).expect("a link");
    let (out, _, code) = run(here.path(), &["check", "p"]);
    let refused = "p/playbook.yaml:2:36: the body `e.mjml` cannot be read: it leads out of the playbook's folder; put the file itself there\n";
    assert_eq!((out.as_str(), code), (refused, 2));
}

#[test]
fn what_cannot_be_read_at_all() {
    let here =
        folder(&[("empty/x", b""), ("yml/playbook.yml", b"playbook: p"), ("utf16/playbook.yaml", b"\xff\xfep\0")]);
    let said = |path: &str| run(here.path(), &["check", path]);
    let gone = "attractor: gone: there is no such file; create it, or correct the path\n";
    assert_eq!(said("gone"), (String::new(), gone.into(), 2));
    let empty = "attractor: empty: this folder has no playbook.yaml; name the folder that has one, or a file\n";
    assert_eq!(said("empty"), (String::new(), empty.into(), 2));
    assert_eq!(said("yml").1, "attractor: yml: this folder has no playbook.yaml; rename playbook.yml\n");
    let utf16 = "utf16/playbook.yaml:1:1: this is no UTF-8 text; save the file with the encoding UTF-8\n";
    assert_eq!(said("utf16"), (utf16.into(), "1 error\n".into(), 2));
    assert_eq!(run(here.path(), &["check"]).2, 2);
}

#[test]
fn the_schema_is_printed() {
    let here = folder(&[]);
    let (out, _, code) = run(here.path(), &["check", "--schema"]);
    let published = concat!(env!("CARGO_MANIFEST_DIR"), "/../../playbooks/schema.json");
    assert_eq!((out, code), (fs::read_to_string(published).expect("the published schema"), 0));
}

#[test]
fn the_rules_are_printed_in_plain_english() {
    let starter = concat!(env!("CARGO_MANIFEST_DIR"), "/../../playbooks/starter");
    let here = folder(&[("wrong/playbook.yaml", b"playbook: p\nxs: 1\n")]);
    let (out, err, code) = run(here.path(), &["check", "--sentences", starter]);
    assert_eq!((err.as_str(), code), ("", 0));
    for words in ["# ", "Evaluating seriously", "has viewed a page whose path starts with \u{201c}/pricing\u{201d}"] {
        assert!(out.contains(words), "{words}: {out}");
    }
    let (out, err, code) = run(here.path(), &["check", "--sentences", "wrong"]);
    assert_eq!((out.as_str(), code), ("", 2));
    assert!(err.contains("wrong/playbook.yaml:2:1: unknown key"), "{err}");
}

/// Other commands name the errors of a playbook too, but look for no bodies.
#[test]
fn replay_needs_no_bodies_and_names_errors() {
    let events = b"{\"type\":\"track\",\"event\":\"X\",\"userId\":\"u\",\"timestamp\":\"2024-01-01\"}\n";
    let here = folder(&[
        ("p/playbook.yaml", b"playbook: p\nemails: [{id: e, subject: S, body: e.mjml}]\n"),
        ("q/playbook.yaml", b"playbook: p\ntopics: [{id: A}]\nxs: 1\n"),
        ("events.ndjson", events),
    ]);
    let replay = |playbook: &str| run(here.path(), &["replay", "--playbook", playbook, "--events", "events.ndjson"]);
    let (out, err, code) = replay("p");
    assert_eq!((out.lines().count(), err.as_str(), code), (1, "", 0));
    let (out, err, code) = replay("q");
    assert_eq!((out.as_str(), code), ("", 2));
    assert!(err.contains("q/playbook.yaml:2:15: `id` wants an id") && err.contains("q/playbook.yaml:3:1: unknown key"));
    let gone = "attractor: the playbook cannot be used:\ngone: there is no such file; create it, or correct the path\n";
    assert_eq!(replay("gone").1, gone);
}
