//! `attractor apply` and `attractor show`, beside a server and without one.

use std::fs;

use serde_json::{Value, json};

use super::running::Place;
use super::shop::{BODY, PLAYBOOK, Shop};

#[test]
fn what_is_shown_and_applied_again_is_the_same_to_the_byte() {
    Place::each_owned(|place| {
        let shop = Shop::new(place);
        let (code, out, err) = shop.apply(&["--yes"]);
        assert_eq!(code, 0, "{out}{err}");
        assert!(out.contains("version 2 is in force"), "{out}");
        assert!(fs::read_to_string(shop.path(".attractor-version")).unwrap().starts_with("2 "));
        let copy = shop.path("copy").to_string_lossy().into_owned();
        assert_eq!(shop.command(&["show", "--to", &copy]).0, 0);
        assert_eq!(fs::read_to_string(shop.path("copy/playbook.yaml")).unwrap(), PLAYBOOK);
        assert_eq!(fs::read_to_string(shop.path("copy/emails/hello.mjml")).unwrap(), BODY);
        let (code, out, _) = shop.command(&["apply", &copy, "--yes"]);
        assert_eq!((code, out.as_str()), (0, "nothing changed: version 2 is in force\n"));
        let (_, out, err) = shop.command(&["show"]);
        assert_eq!(out, PLAYBOOK);
        assert!(err.contains("1 more file"), "{err}");
    });
}

#[test]
fn a_folder_made_from_another_version_is_refused_with_the_difference() {
    let shop = Shop::new(Place::sqlite());
    let server = shop.place.start();
    assert_eq!(shop.apply(&["--yes"]).0, 0);
    let copy = shop.path("copy").to_string_lossy().into_owned();
    assert_eq!(shop.command(&["show", "--to", &copy]).0, 0);
    shop.write("playbook.yaml", &PLAYBOOK.replace("gte: 20", "gte: 25"));
    assert_eq!(shop.apply(&["--yes"]).0, 0);
    fs::write(shop.path("copy/playbook.yaml"), PLAYBOOK.replace("points: 5", "points: 4")).unwrap();
    let (code, out, err) = shop.command(&["apply", &copy, "--yes"]);
    assert_eq!(code, 2, "{out}{err}");
    assert!(out.contains("~ score lead, rule visit") && out.contains("~ segment hot"), "{out}");
    assert!(err.contains("based on version 2") && err.contains("version 3 is in force"), "{err}");
    assert_eq!(shop.get("/api/playbook")["version"], 3);
    let (code, out, _) = shop.command(&["show", "--to", &copy]);
    assert_eq!(code, 2, "its changes are overwritten: {out}");
    let (code, out, err) = shop.command(&["apply", &copy, "--yes", "--force"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(fs::read_to_string(shop.path("copy/.attractor-version")).unwrap().starts_with("4 "));
    // A folder that does not say what it was made from is no better, once somebody has published.
    fs::remove_file(shop.path("copy/.attractor-version")).unwrap();
    fs::write(shop.path("copy/playbook.yaml"), PLAYBOOK).unwrap();
    for (more, code) in [(&["--yes"][..], 2), (&["--dry-run"], 0), (&["--dry-run", "--pilot", "5"], 0)] {
        let (ended, out, err) = shop.command(&[&["apply", copy.as_str()], more].concat());
        assert_eq!(ended, code, "{more:?}: {err}");
        let first = err.lines().next().unwrap();
        assert!(first.contains("this playbook was not made from the one in force"), "{more:?}: {err}");
        assert!(first.contains("no .attractor-version") && first.contains("--force publishes it"), "{more:?}: {err}");
        assert!(!err.contains("If-Match"), "{more:?}: {err}");
        assert!(out.contains("~ score lead, rule visit"), "the difference is shown too: {out}");
    }
    let (code, _, err) = shop.command(&["apply", &copy, "--dry-run", "--force"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(shop.command(&["apply", &copy, "--yes", "--force"]).0, 0);
    server.stop();
}

#[test]
fn without_a_terminal_nothing_is_published_unless_it_is_said() {
    let shop = Shop::new(Place::sqlite());
    for more in [&[][..], &["--pilot", "5"], &["--force"]] {
        let (code, out, err) = shop.apply(more);
        assert_eq!((code, out.as_str()), (2, ""), "{more:?}");
        assert!(err.contains("nothing was published") && err.contains("--yes"), "{more:?}: {err}");
    }
    assert!(shop.command(&["show"]).1.contains("playbook: starter"));
}

#[test]
fn problems_are_told_as_check_tells_them_and_nothing_is_published() {
    let shop = Shop::new(Place::sqlite());
    shop.write("playbook.yaml", &PLAYBOOK.replace("segment: hot}, steps", "segment: hott}, steps"));
    let (code, out, err) = shop.apply(&["--yes"]);
    let told = super::program::run(&["check", &shop.folder.path().to_string_lossy()]);
    assert_eq!((code, told.code, out.as_str()), (2, 2, ""));
    for line in told.out.lines() {
        assert!(err.contains(line), "{line} is not said in:\n{err}");
    }
    assert!(!shop.path(".attractor-version").exists());
    fs::remove_file(shop.path("emails/hello.mjml")).unwrap();
    shop.write("playbook.yaml", PLAYBOOK);
    assert!(shop.apply(&["--yes"]).2.contains("emails/hello.mjml"));
}

#[test]
fn a_dry_run_publishes_nothing() {
    let shop = Shop::new(Place::sqlite());
    let (code, out, err) = shop.apply(&["--dry-run"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("+ segment hot") && out.contains("there are no leads yet"), "{out}");
    assert!(!shop.path(".attractor-version").exists());
    assert!(shop.command(&["show"]).1.contains("playbook: starter"));
}

#[test]
fn a_pilot_is_ended_and_a_note_given_from_the_command_line() {
    let shop = Shop::new(Place::sqlite());
    assert_eq!(shop.apply(&["--yes", "--note", "the shop's first rules"]).0, 0);
    let (code, _, err) = shop.command(&["apply", "--promote"]);
    assert_eq!(code, 2);
    assert!(err.contains("pilot"), "{err}");
    shop.write("playbook.yaml", &PLAYBOOK.replace("gte: 20", "gte: 25"));
    assert_eq!(shop.apply(&["--yes", "--pilot", "50"]).0, 0);
    let (code, out, _) = shop.command(&["apply", "--withdraw"]);
    assert_eq!(
        (code, out.as_str()),
        (0, "the pilot of version 3 has ended; its leads live under the version in force\n")
    );
    assert_eq!(shop.apply(&["--yes", "--pilot", "50"]).0, 0);
    let (code, out, _) = shop.command(&["apply", "--promote"]);
    assert_eq!(code, 0);
    assert!(out.contains("is in force; the pilot has ended"), "{out}");
    for wrong in [&["apply"] as &[_], &["apply", "--promote", "--withdraw"], &["apply", ".", "--promote"]] {
        assert_eq!(shop.command(wrong).0, 2, "{wrong:?}");
    }
    let server = shop.place.start();
    let versions = shop.get("/api/playbook/versions");
    let notes: Vec<&str> =
        versions["items"].as_array().unwrap().iter().filter_map(|one| one["note"].as_str()).collect();
    assert!(notes.contains(&"the shop's first rules"), "{versions:#}");
    server.stop();
}

#[test]
fn a_folder_of_another_installation_overwrites_nobody_and_starts_a_new_one() {
    let (one, other) = (Shop::new(Place::sqlite()), Shop::new(Place::sqlite()));
    assert_eq!(one.apply(&["--yes"]).0, 0);
    // Both have a version 2 now, and it is not the same.
    other.write("playbook.yaml", &PLAYBOOK.replace("The shop's rules", "Somebody else's rules"));
    assert_eq!(other.apply(&["--yes"]).0, 0);
    let moved = one.path("").to_string_lossy().into_owned();
    let (code, _, err) = other.command(&["apply", moved.as_str(), "--yes"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("made from version 2 of another installation; --force publishes it"), "{err}");
    let new = Shop::new(Place::sqlite());
    let (code, out, err) = new.command(&["apply", moved.as_str(), "--yes"]);
    assert_eq!((code, out.contains("version 2 is in force")), (0, true), "the starter gives way: {err}");
    // An earlier program noted the number alone.
    fs::write(one.path(".attractor-version"), "2\n").unwrap();
    assert_eq!(one.apply(&["--yes"]).0, 0);
}

#[test]
fn files_that_are_in_force_need_no_answer_where_nobody_can_be_asked() {
    let shop = Shop::new(Place::sqlite());
    let (code, _, err) = shop.apply(&[]);
    assert!(code == 2 && err.contains("nobody can be asked"), "{err}");
    assert_eq!(shop.apply(&["--yes"]).0, 0);
    assert_eq!(shop.apply(&[]), (0, "nothing changed: version 2 is in force\n".to_owned(), String::new()));
    shop.write("playbook.yaml", &PLAYBOOK.replace("gte: 20", "gte: 25"));
    let (code, out, err) = shop.apply(&[]);
    assert!((code, out.as_str()) == (2, "") && err.contains("nobody can be asked"), "{out}{err}");
    let (_, out, _) = shop.apply(&["--dry-run"]);
    assert!(out.ends_with("`--dry-run --enroll` shows who would be\n"), "{out}");
    shop.write("playbook.yaml", &PLAYBOOK.replace("{id: hot,", "{id: hot, name: Hot ones,"));
    assert_eq!(shop.apply(&["--yes"]).0, 0);
    fs::remove_file(shop.path(".attractor-version")).unwrap();
    shop.write("playbook.yaml", PLAYBOOK);
    let (code, out, err) = shop.apply(&[]);
    assert!(code == 2 && err.contains("not made from the one in force"), "{err}");
    assert!(out.contains("segment hot") && !err.contains("nobody can be asked"), "{out}{err}");
}

#[test]
fn a_rollback_publishes_the_files_of_an_earlier_version_after_a_dry_run() {
    Place::each_owned(|place| {
        let shop = Shop::new(place);
        shop.write("playbook.yaml", &PLAYBOOK.replace("gte: 20", "gte: 25"));
        assert_eq!(shop.apply(&["--yes", "--note", "sooner"]).0, 0);
        shop.write("playbook.yaml", PLAYBOOK);
        assert_eq!(shop.apply(&["--yes"]).0, 0);
        let (code, out, err) = shop.command(&["rollback", "2", "--dry-run"]);
        assert_eq!(code, 0, "{err}");
        assert!(out.starts_with("compared with version 3:\n~ segment hot"), "{out}");
        let (code, out, err) = shop.command(&["rollback", "2"]);
        assert_eq!((code, out.as_str()), (2, ""), "nobody can be asked");
        assert!(err.contains("--yes publishes without asking"), "{err}");
        let (code, out, err) = shop.command(&["rollback", "2", "--yes"]);
        assert_eq!(code, 0, "{err}");
        assert!(out.ends_with("version 4 is in force, with the files of version 2\n"), "{out}");
        assert!(shop.command(&["show"]).1.contains("gte: 25"));
        let (code, out, _) = shop.command(&["rollback", "2", "--yes"]);
        let same = "nothing changed: version 4 is in force and has the files of version 2\n";
        assert_eq!((code, out.as_str()), (0, same));
        let (code, _, err) = shop.command(&["rollback", "99", "--yes"]);
        assert_eq!(code, 2);
        assert!(err.contains("no version has the number 99") && err.contains("rollback --list"), "{err}");
        let (code, out, err) = shop.command(&["rollback", "--list"]);
        assert_eq!(code, 0, "{err}");
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!((lines.len(), lines[0]), (5, "times in UTC"), "{out}");
        assert!(lines[1].trim_start().starts_with("4  2") && lines[1].ends_with("(in force)"), "{out}");
        assert!(lines[3].trim_start().starts_with("2  2") && lines[3].ends_with("  sooner"), "{out}");
        let more = PLAYBOOK.replace("segments:\n", "segments:\n  - {id: trial, name: Trial users, enter: {all: []}}\n");
        shop.write("playbook.yaml", &more);
        assert_eq!(shop.apply(&["--yes", "--force"]).0, 0);
        let (_, out, _) = shop.command(&["rollback", "2", "--dry-run"]);
        assert!(out.contains("- segment trial (\u{201c}Trial users\u{201d}): "), "{out}");
    });
}

#[test]
fn versions_name_the_key_that_published_them() {
    let shop = Shop::new(Place::sqlite());
    let server = shop.place.start();
    let (code, key, err) = shop.command(&["key", "add", "release pipeline", "--api", "marketer"]);
    assert_eq!(code, 0, "{err}");
    let bearer = format!("Bearer {}", key.trim_end());
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = json!({"files": Shop::files(PLAYBOOK), "note": "by git"}).to_string();
    let published = server.ask("PUT", "/api/playbook", &headers, body.as_bytes());
    assert!(published.status < 300, "{published:?}");
    let all = shop.get("/api/playbook/versions");
    assert_eq!(all["items"][0]["author_name"], "release pipeline", "{all:#}");
    assert!(all["items"][0]["author"].as_str().unwrap().starts_with("key:"), "{all:#}");
    assert_eq!((&all["items"][1]["author"], &all["items"][1]["author_name"]), (&json!("attractor"), &Value::Null));
    assert_eq!(shop.get("/api/playbook/versions/2")["author_name"], "release pipeline");
    let (_, out, err) = shop.command(&["rollback", "--list"]);
    assert!(out.contains("  release pipeline  by git  (in force)"), "{out}{err}");
    server.stop();
}

#[test]
fn a_published_version_is_published_where_its_folder_cannot_be_written() {
    let shop = Shop::new(Place::sqlite());
    fs::create_dir(shop.path(".attractor-version")).unwrap();
    let (code, out, err) = shop.apply(&["--yes", "--force"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("is in force"), "{out}");
    assert!(err.contains("the version is published, but") && err.contains(".attractor-version"), "{err}");
}

#[test]
fn a_dry_run_without_a_store_says_what_would_change_and_makes_none() {
    let shop = Shop::new(Place::sqlite());
    let nowhere = shop.path("nowhere");
    let playbook = shop.path("playbook.yaml").to_string_lossy().into_owned();
    let data = nowhere.to_string_lossy().into_owned();
    let ran = super::program::run(&["apply", &playbook, "--dry-run", "--data", &data]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.err.contains("there is no store in the folder") && !ran.err.contains("made a new store"),
        "{}",
        ran.err
    );
    assert!(ran.out.contains("segment hot") && !nowhere.exists(), "{}", ran.out);
}
