//! Small files: exits, rejected rows, what is said of what is wrong.

use attractor_store::ImportId;
use std::fs;

use attractor_store::imports::{self, Import, ImportState, Progress};

use super::running::{Place, SERVER_KEY};
use super::seen::{client, count, import, same, seen, show};

const LIST: &str = "email,name,visits,created at\na@x.org,Ada,2,2024-01-02\nb@x.org,Bob,0,2024-01-03\n";

#[test]
fn it_is_stored_once_and_leaves_nothing_when_taken_back() {
    Place::each(|place| {
        let server = place.with_keys(None).start();
        let message = r#"{"userId": "other", "event": "Form Submitted", "messageId": "m", "timestamp": "2024-01-01"}"#;
        assert_eq!(server.post(SERVER_KEY, "/v1/track", message).status, 200);
        let message = r#"{"userId": "7", "traits": {"email": "a@x.org", "name": "A."}, "messageId": "n"}"#;
        assert_eq!(server.post(SERVER_KEY, "/v1/identify", message).status, 200);
        let before = seen(place);
        place.write("list.csv", LIST);
        let ran = import(place, &["list.csv", "--consent", "at the fair"]);
        assert_eq!((ran.code, ran.out.as_str()), (0, "import 1: 6 new, 0 there already, 0 rejected\n"), "{}", ran.err);
        assert!(
            ran.err.contains("consent is recorded for 2 people, except those who opted out here before")
                && ran.err.contains("--undo 1"),
            "{}",
            ran.err
        );
        assert!(!ran.err.contains('\r'), "no bar where nobody watches: {}", ran.err);
        let after = seen(place);
        assert_eq!(server.figure("attractor_events_accepted_total"), 8.0, "two by HTTP, six by the import");
        assert!(after.iter().any(|line| line.contains("at the fair")), "{after:#?}");
        assert_eq!(count(place, "leads WHERE became IS NULL"), 3, "the user's e-mail is known");
        let again = import(place, &["list.csv", "--consent", "at the fair"]);
        assert_eq!((again.code, again.out.as_str()), (0, "import 2: 0 new, 6 there already, 0 rejected\n"));
        same("imported again", &after, &seen(place));
        let asked = import(place, &["--undo", "1"]);
        assert_eq!((asked.code, asked.out.as_str()), (2, ""), "nobody can be asked: {}", asked.err);
        for said in
            ["taking import 1 back deletes 6 messages; ", "import 2 (list.csv) found 6 messages", "--undo 1 --yes"]
        {
            assert!(asked.err.contains(said), "{said}: {}", asked.err);
        }
        same("only asked", &after, &seen(place));
        let undone = import(place, &["--undo", "1", "--yes"]);
        let said = "import 1 is taken back: its messages are deleted, and leads are as if these had never come\n";
        assert_eq!((undone.code, undone.out.as_str()), (0, said));
        assert!(undone.err.contains("stays unsubscribed"), "{}", undone.err);
        same("taken back", &before, &seen(place));
        let twice = import(place, &["--undo", "import:1", "--yes"]);
        assert!(twice.code == 2 && twice.err.contains("undone already"), "{}", twice.err);
        server.stop();
    });
}

/// A later list that has nothing of the one that is taken back loses nothing.
#[test]
fn an_undo_names_only_imports_that_found_its_messages() {
    let place = Place::sqlite();
    place.with_keys(None);
    place.write("a.csv", LIST);
    place.write("b.csv", "email,name\nother@x.org,Other\n");
    for list in ["a.csv", "b.csv", "b.csv", "a.csv"] {
        assert_eq!(import(&place, &[list]).code, 0);
    }
    for (undone, named, others) in
        [("1", "import 4 (a.csv) found ", "import 3"), ("2", "import 3 (b.csv) found ", "import 4")]
    {
        let asked = import(&place, &["--undo", undone]).err;
        assert!(asked.contains(named) && !asked.contains(others), "{asked}");
    }
}

/// A misspelt subscription would be a scope that no e-mail has.
#[test]
fn a_subscription_that_is_left_must_be_declared() {
    let place = Place::sqlite();
    place.with_keys(None);
    place.write("list.csv", "email,Gone\na@x.org,yes\n");
    for more in [&[][..], &["--preview"]] {
        let refused = import(&place, &[&["list.csv", "--map", "Gone=left:newsleter"][..], more].concat());
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{}", refused.err);
        let wanted = "the playbook declares no subscription `newsleter`; declared are newsletter";
        assert_eq!(refused.err.matches(wanted).count(), 1, "{}", refused.err);
    }
    assert_eq!(count(&place, "imports"), 0);
    assert_eq!(import(&place, &["list.csv", "--map", "Gone=left:newsletter"]).code, 0);
}

#[test]
fn imports_are_listed_where_they_were_made() {
    let place = Place::sqlite();
    place.write("list.csv", LIST);
    place.write("more.csv", "email\nc@x.org\nnobody\n");
    let nothing = import(&place, &["--list"]);
    assert!(nothing.code == 2 && nothing.err.contains("there is no store in the folder"), "{}", nothing.err);
    place.with_keys(None);
    assert_eq!(import(&place, &["--list"]).out.lines().count(), 1, "none: the head alone");
    assert_eq!(import(&place, &["list.csv"]).code, 0);
    assert_eq!(import(&place, &["more.csv", "list.csv"]).code, 1);
    assert_eq!(import(&place, &["--undo", "1", "--yes"]).code, 0);
    let listed = import(&place, &["--list"]);
    let words: Vec<Vec<&str>> = listed.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!((listed.code, words.len()), (0, 3), "{}{}", listed.out, listed.err);
    assert_eq!((words[0][0], words[0][1], *words[0].last().unwrap()), ("id", "state", "files"));
    assert_eq!((words[1][0], words[1][1]), ("2", "done"), "the newest first");
    assert!(listed.out.lines().nth(1).unwrap().ends_with("more.csv, list.csv"), "{}", listed.out);
    assert_eq!((words[2][0], words[2][1]), ("1", "undone"));
    let json: serde_json::Value = serde_json::from_str(&import(&place, &["--list", "--json"]).out).unwrap();
    assert_eq!((&json[0]["id"], &json[0]["rejected"]), (&2.into(), &1.into()), "{json}");
    assert_eq!(
        (&json[0]["taken_back"], &json[1]["taken_back"], &json[1]["new"]),
        (&0.into(), &4.into(), &0.into()),
        "{json}"
    );
    for missing in ["9", "seven"] {
        let why = import(&place, &["--undo", missing, "--yes"]);
        assert!(why.code == 2 && why.err.contains("`attractor import --list`"), "{}", why.err);
    }
    for wrong in [&["--list", "list.csv"][..], &["--list", "--undo", "1"], &[]] {
        assert_eq!(import(&place, wrong).code, 2, "{wrong:?}");
    }
}

#[test]
fn a_file_without_a_name_is_refused() {
    let place = Place::sqlite();
    let server = place.start();
    let mut client = client(&place);
    for names in [serde_json::json!([""]), serde_json::json!(["a.csv", " "])] {
        let wish = serde_json::json!({"files": names});
        let why = client.json(axum::http::Method::POST, "/api/imports", &wish).unwrap().value().unwrap_err();
        assert!(why.starts_with("each file has a name") && why.ends_with("(/files)"), "{why}");
    }
    server.stop();
}

/// They hold rows of people, and an erasure reaches none that nobody could read.
#[test]
fn rejected_rows_are_kept_for_thirty_days() {
    let place = Place::sqlite();
    place.write("list.csv", "email\nnobody\nc@x.org\n");
    for _ in 0..2 {
        assert_eq!(import(&place, &["list.csv"]).code, 1);
    }
    let rejected = |id: i64| place.path().join(format!("imports/{id}/rejected.csv"));
    let days = |days: u64| std::time::Duration::from_secs(days * 86_400);
    let now = fs::metadata(rejected(1)).unwrap().modified().unwrap();
    for (id, age) in [(1, 29), (2, 31)] {
        fs::File::options().write(true).open(rejected(id)).unwrap().set_modified(now - days(age)).unwrap();
    }
    let server = place.start();
    assert!(rejected(1).exists() && !rejected(2).exists());
    assert!(!place.path().join("imports/2").exists());
    let mut left = Vec::new();
    client(&place).get("/api/imports/2/rejected").unwrap().copy_to(&mut left).unwrap();
    assert!(left.is_empty());
    server.stop();
}

#[test]
fn without_a_server_it_works_too() {
    let place = Place::sqlite();
    place.write("list.csv", LIST);
    let ran = import(&place, &["list.csv"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "import 1: 4 new, 0 there already, 0 rejected\n"), "{}", ran.err);
    let gone = format!("; {} leads are deleted", count(&place, "leads WHERE became IS NULL"));
    let asked = import(&place, &["--undo", "1"]);
    assert!(asked.code == 2 && asked.err.contains(&gone) && !asked.err.contains("stay"), "{}", asked.err);
    let undone = import(&place, &["--undo", "1", "--yes"]);
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert_eq!((count(&place, "events"), count(&place, "identities"), count(&place, "leads")), (0, 0, 0));
}

#[test]
fn rejected_rows_are_in_a_file_and_the_others_in_the_store() {
    let place = Place::sqlite();
    let server = place.start();
    let to_come = r#"{"type": "page", "userId": "u", "timestamp": "2999-01-01"}"#;
    let good = r#"{"type": "page", "userId": "u", "timestamp": "2024-01-01"}"#;
    let undated = r#"{"type": "page", "userId": "u", "sentAt": "2024-01-01"}"#;
    place.write("events.ndjson", &format!("{to_come}\n{good}\n{undated}\n"));
    place.write("list.csv", "email\nnobody\nc@x.org\n");
    let ran = import(&place, &["list.csv", "events.ndjson"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, "import 1: 2 new, 0 there already, 3 rejected\n"), "{}", ran.err);
    let rows = fs::read_to_string(place.path().join("import-1.rejected.csv")).unwrap();
    assert!(rows.starts_with("file,row,why,content\n") && rows.lines().count() == 4, "{rows}");
    assert!(rows.contains("nobody") && rows.contains("lies in the future"), "{rows}");
    assert!(rows.contains("no `timestamp`"), "{rows}");
    let left: Vec<_> = fs::read_dir(place.path().join("imports/1")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["rejected.csv"], "the files themselves go");
    server.stop();
}

#[test]
fn a_character_that_no_store_holds_costs_its_row_alone() {
    Place::each(|place| {
        let server = place.start();
        let page =
            |kind: &str| format!(r#"{{"type": "track", "event": "{kind}", "userId": "u", "timestamp": "2024-01-01"}}"#);
        place.write("events.ndjson", &format!("{}\n{}\n", page("a\\u0000"), page("b")));
        place.write("list.csv", "email,pe\0t\nc@x.org,cat\n");
        let ran = import(place, &["events.ndjson", "list.csv"]);
        assert_eq!((ran.code, ran.out.as_str()), (1, "import 1: 2 new, 0 there already, 1 rejected\n"), "{}", ran.err);
        let rows = fs::read_to_string(place.path().join("import-1.rejected.csv")).unwrap();
        assert_eq!(rows.matches("U+0000").count(), 1, "{rows}");
        server.stop();
    });
}

#[test]
fn what_cannot_be_imported_is_said_and_stores_nothing() {
    let place = Place::sqlite();
    let server = place.start();
    place.write("list.csv", LIST);
    place.write("none.csv", "Ada,12\nBob,13\n");
    let cases: [(&[&str], &str); 6] = [
        (&["absent.csv"], "absent.csv: "),
        (&["none.csv"], "none.csv: no column names the lead"),
        (&["list.csv", "--map", "E-Mial=email"], "there is no column `E-Mial`"),
        (&["list.csv", "--map", "no pairs"], "is not COLUMN=KEY"),
        (&["list.csv", "--as-of", "2999-01-01"], "lies in the future"),
        (&["--undo", "9", "--yes"], "there is no import 9"),
    ];
    for (arguments, wanted) in cases {
        let ran = import(&place, arguments);
        assert!(ran.code == 2 && ran.err.contains(wanted), "{arguments:?}: {} {}", ran.code, ran.err);
    }
    assert_eq!((count(&place, "events"), count(&place, "leads")), (0, 0));
    let mut client = client(&place);
    let list = client.get("/api/imports").unwrap().value().unwrap();
    assert_eq!(list["items"], serde_json::json!([]), "what was refused is not listed as an import");
    assert!(!place.path().join("imports/1").exists());
    // Two of those that were refused had a number, which no other import gets.
    for number in [3, 4] {
        let ran = import(&place, &["list.csv"]);
        assert!(ran.out.starts_with(&format!("import {number}: ")), "{} {}", ran.out, ran.err);
    }
    let list = client.get("/api/imports?limit=1").unwrap().value().unwrap();
    assert_eq!((list["items"].as_array().unwrap().len(), list["next"].as_str()), (1, Some("i4")), "{list}");
    let next = client.get("/api/imports?cursor=i4").unwrap().value().unwrap();
    assert_eq!((next["items"][0]["id"].as_i64(), &next["next"]), (Some(3), &serde_json::Value::Null));
    server.stop();
}

#[test]
fn an_import_whose_files_are_not_all_there_does_not_start() {
    let place = Place::sqlite();
    let server = place.start();
    let mut client = client(&place);
    let wish = serde_json::json!({"files": ["a.csv", "b.csv"]});
    let id = client.json(axum::http::Method::POST, "/api/imports", &wish).unwrap().value().unwrap()["id"].clone();
    assert_eq!(show(&mut client, 1)["by_name"], serde_json::Value::Null, "the command line has its name in `by`");
    client.stream(&format!("/api/imports/{id}/files/0"), "text/csv", LIST.as_bytes()).unwrap().value().unwrap();
    let mut refused = |path: &str| client.stream(path, "text/csv", LIST.as_bytes()).unwrap().value().unwrap_err();
    assert!(refused(&format!("/api/imports/{id}/start")).contains("b.csv is still missing"));
    assert!(refused(&format!("/api/imports/{id}/files/2")).contains("has 2 files"));
    assert!(refused("/api/imports/77/files/0").contains("there is no import 77"));
    drop(client);
    server.kill();
    let server = place.start();
    let mut client = super::seen::client(&place);
    let gone = client.get("/api/imports/1").unwrap().value().unwrap_err();
    assert!(gone.contains("there is no import 1"), "what was half there when the server ended is gone: {gone}");
    assert!(!place.path().join("imports/1").exists());
    server.stop();
}

/// As a server leaves it that was ended by what it read, so many times.
fn begun(place: &Place, times: usize) -> ImportId {
    let rules = serde_json::json!({"files": ["list.csv"]}).to_string();
    let import = Import {
        id: ImportId::default(),
        name: "list.csv".into(),
        state: ImportState::Reading,
        author: "command line: ada".into(),
        rules,
        made_at: 1_700_000_000_000,
        started_at: Some(1_700_000_000_000),
        finished_at: None,
        progress: Progress::default(),
        messages: 0,
        report: String::new(),
        why: None,
    };
    let id = imports::insert(&mut place.store(), &import).unwrap();
    place.write(&format!("imports/{id}/file-0"), LIST);
    place.write(&format!("imports/{id}/attempts"), &".".repeat(times));
    id
}

#[test]
fn files_that_ended_the_server_twice_are_not_read_a_third_time() {
    Place::each(|place| {
        place.with_keys(None);
        let (once, twice) = (begun(place, 1), begun(place, 2));
        let server = place.start();
        let mut client = client(place);
        let mut ended = |id: ImportId| loop {
            let import = show(&mut client, id.0);
            if ["done", "failed"].contains(&import["state"].as_str().unwrap()) {
                return import;
            }
            std::thread::yield_now();
        };
        let failed = ended(twice);
        assert_eq!(failed["state"], "failed", "{failed:#}");
        assert!(failed["why"].as_str().unwrap().contains("ended twice while it read these files"), "{failed:#}");
        let done = ended(once);
        assert_eq!(done["state"], "done", "others go on: {done:#}");
        let path = format!("/api/imports/{}", failed["id"]);
        let mut undo = || {
            let undone = client.json(axum::http::Method::POST, &format!("{path}/undo"), &serde_json::Value::Null);
            undone.unwrap().value()
        };
        assert_eq!(undo().unwrap()["state"], "undone", "it stored nothing");
        assert!(undo().unwrap_err().contains("there is no import"));
        server.stop();
    });
}

#[test]
fn an_import_is_done_where_its_rejected_rows_cannot_be_written() {
    let place = Place::sqlite();
    let server = place.start();
    place.write("list.csv", "email\nnobody\nc@x.org\n");
    fs::create_dir(place.path().join("import-1.rejected.csv")).unwrap();
    let ran = import(&place, &["list.csv"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, "import 1: 1 new, 0 there already, 1 rejected\n"), "{}", ran.err);
    assert!(ran.err.contains("GET /api/imports/1/rejected returns them"), "{}", ran.err);
    server.stop();
}
