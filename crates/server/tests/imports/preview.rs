//! A look before anything is stored: by the command beside a server and without a store, and by the API.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use axum::http::Method;
use serde_json::{Value, json};

use super::program::{program, ran};
use super::running::Place;
use super::seen::{client, count, import, same, seen};

const LIST: &str = "Email,Name,Visits,Shoe Size,Opt Out\n\
                    known@x.org,Kim,2,40,no\nnew@x.org,Nu,0,41,no\nleft@x.org,Lee,0,42,no\ngone@x.org,Gil,0,43,yes\nnobody,No,0,44,no\n";

fn files(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn nothing_is_stored_and_everything_is_said() {
    Place::each(|place| {
        let server = place.start();
        place.write("first.csv", "Email,Unsubscribed\nknown@x.org,no\nleft@x.org,yes\n");
        assert_eq!(import(place, &["first.csv"]).code, 0);
        place.write("list.csv", LIST);
        let (before, there) = (seen(place), files(&place.path()));
        let looked = import(place, &["list.csv", "--preview", "--json", "--consent", "at the fair"]);
        assert_eq!(looked.code, 1, "a row is rejected: {}", looked.err);
        let preview: Value = serde_json::from_str(&looked.out).unwrap();
        let consent = json!({
            "granted": 3, "asked": true, "withdrawn": 1, "withdrawn_from_all": 1, "withdrawn_in_part": 0, "bounced": 0,
            "complained": 0, "held_back": 1, "suppressed": 1, "suppressed_in_part": 0
        });
        assert_eq!((&preview["consent"], &preview["erased"]), (&consent, &json!(0)));
        assert_eq!(preview["leads"], json!({"total": 4, "new": 2, "known": 2}));
        assert_eq!(preview["people"], 4);
        assert_eq!(preview["playbook"], "version 1, in force");
        let of_stages = |ladder: &Value| ladder.as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>();
        assert!(preview["stages"].as_object().unwrap().values().all(|ladder| of_stages(ladder) == 4), "{preview:#}");
        let columns = preview["files"][0]["columns"].as_array().unwrap();
        assert_eq!(
            columns[3],
            json!({"name": "Shoe Size", "meaning": "attribute shoe_size as a number", "guessed": false,
            "samples": ["40", "41", "42"]})
        );
        assert_eq!(preview["files"][0]["first_rows"][0]["cells"][1], "Kim");
        assert_eq!((&preview["rejected"], &preview["rejected_rows"][0]["row"]), (&json!(1), &json!(6)));
        same("looked at", &before, &seen(place));
        assert_eq!(files(&place.path()), there);
        assert_eq!(count(place, "imports"), 1);
        server.stop();
    });
}

#[test]
fn without_a_store_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("list.csv"), LIST).unwrap();
    fs::write(
        folder.path().join("play.yaml"),
        "playbook: p\nsegments: [{id: big, enter: {attribute: shoe_size, gte: 42}}]\n",
    )
    .unwrap();
    let look = |arguments: &[&str]| {
        ran(program()
            .current_dir(folder.path())
            .args(["import", "list.csv", "--preview", "--data", "none"])
            .args(arguments))
    };
    let said = look(&[]);
    assert_eq!(said.code, 1, "{}", said.err);
    for wanted in [
        "list.csv: a list of leads, as its headers say",
        "Shoe Size → attribute shoe_size as a number: 40 | 41 | 42",
        "row 2: known@x.org | Kim | 2 | 40 | no",
        "people: 4, consent granted: 0 (without --consent for nobody), held back: 1 (no consent is recorded for them; those who did not opt out get e-mails only in the countries of the setting `consent_unknown`), withdrawn: 1\n",
        "under the playbook (the starter, since there is no store): 4\n",
        "list.csv, row 6: \u{201c}nobody\u{201d} is not an e-mail address",
        "nothing was stored",
    ] {
        assert!(said.out.contains(wanted), "{wanted}\n{}", said.out);
    }
    let own = look(&["--playbook", "play.yaml"]);
    assert!(own.out.contains("segments: big 2\n"), "{}{}", own.out, own.err);
    assert_eq!(files(folder.path()), ["list.csv", "play.yaml"].map(str::to_owned).into());
    let wrong = look(&["--map", "Shoe=size"]);
    assert!(wrong.code == 2 && wrong.err.contains("there is no column `Shoe`"), "{}", wrong.err);
    let future = look(&["--as-of", "2999-01-01"]);
    assert!(
        future.code == 2 && future.err.contains("--as-of: 2999-01-01T00:00:00.000Z lies in the future"),
        "{}",
        future.err
    );
    let sheet = look(&["--sheet", "Leads"]);
    assert!(sheet.code == 2 && sheet.err.contains("it is not a workbook"), "{}", sheet.err);
}

#[test]
fn the_api_shows_an_import_before_it_is_started() {
    let place = Place::sqlite();
    let server = place.start();
    let mut client = client(&place);
    let wish = json!({"files": ["list.csv"], "consent": "at the fair"});
    let id = client.json(Method::POST, "/api/imports", &wish).unwrap().value().unwrap()["id"].as_u64().unwrap();
    let path = format!("/api/imports/{id}/preview");
    let missing = client.json(Method::POST, &path, &Value::Null).unwrap().value().unwrap_err();
    assert!(missing.contains("list.csv is still missing"), "{missing}");
    let file = std::io::Cursor::new(LIST.as_bytes().to_vec());
    client.stream(&format!("/api/imports/{id}/files/0"), "application/octet-stream", file).unwrap().value().unwrap();
    let preview = client.json(Method::POST, &path, &Value::Null).unwrap().value().unwrap();
    assert_eq!((&preview["leads"]["new"], &preview["consent"]["granted"]), (&json!(4), &json!(3)));
    assert_eq!((count(&place, "events"), count(&place, "leads")), (0, 0));
    client.json(Method::POST, &format!("/api/imports/{id}/start"), &Value::Null).unwrap().value().unwrap();
    let begun = client.json(Method::POST, &path, &Value::Null).unwrap().value().unwrap_err();
    assert!(begun.contains("has begun already"), "{begun}");
    let many = json!({"names": vec!["x"; 1_001]});
    let refused = client.json(Method::POST, "/api/imports/known", &many).unwrap().value().unwrap_err();
    assert!(refused.contains("1001 are too many"), "{refused}");
    server.stop();
}

/// No import lifts that.
#[test]
fn people_who_left_a_subscription_here_are_counted_before_an_import_and_by_it() {
    let place = Place::sqlite();
    let server = place.start();
    let left = concat!(
        r#"{"type":"identify","userId":"k","messageId":"a","timestamp":"2026-01-01T00:00:00Z","traits":{"email":"known@x.org"}}"#,
        "\n",
        r#"{"type":"track","event":"Unsubscribed","userId":"k","messageId":"b","timestamp":"2026-01-02T00:00:00Z","properties":{"subscription":"newsletter"}}"#,
        "\n",
    );
    place.write("left.ndjson", left);
    assert_eq!(import(&place, &["left.ndjson"]).code, 0);
    place.write("list.csv", "Email\nknown@x.org\nnew@x.org\n");
    let note = "1 of these people has unsubscribed here, from a subscription or a topic, and stays unsubscribed\n";
    let list = ["list.csv", "--consent", "at the fair"];
    let looked = import(&place, &[&list[..], &["--preview"]].concat());
    assert!(looked.code == 0 && looked.out.contains(note), "{}{}", looked.out, looked.err);
    let looked = import(&place, &[&list[..], &["--preview", "--json"]].concat());
    let preview: Value = serde_json::from_str(&looked.out).unwrap();
    let consent = &preview["consent"];
    assert_eq!((&consent["suppressed"], &consent["suppressed_in_part"]), (&json!(0), &json!(1)), "{consent}");
    let stored = import(&place, &list);
    assert!(stored.code == 0 && stored.err.contains(note), "{}", stored.err);
    server.stop();
}

#[test]
fn imports_are_listed() {
    let place = Place::sqlite();
    place.write("list.csv", LIST);
    for _ in 0..2 {
        import(&place, &["list.csv"]);
    }
    let listed = import(&place, &["--list"]);
    assert!(listed.code == 0 && listed.out.lines().count() == 3, "{}{}", listed.out, listed.err);
    assert!(listed.out.lines().nth(1).unwrap().starts_with("2 "), "the newest first: {}", listed.out);
    let as_json: Value = serde_json::from_str(&import(&place, &["--list", "--json"]).out).unwrap();
    assert_eq!(as_json[1]["files"], json!(["list.csv"]));
}

#[test]
fn cells_that_are_not_like_the_rest_of_their_column_are_named_before_anything_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let list = "Email,Turnover\na@x.org,1200\nb@x.org,about two million\nc@x.org,2200\nd@x.org,3300\n";
    fs::write(folder.path().join("list.csv"), list).unwrap();
    let mut command = program();
    command.current_dir(folder.path()).args(["import", "list.csv", "--preview", "--data", "none"]);
    let looked = ran(&mut command);
    assert!(
        looked.out.contains("row 3: \u{201c}about two million\u{201d} in \u{201c}Turnover\u{201d}"),
        "{}",
        looked.out
    );
}

#[test]
fn customers_without_a_deal_and_odd_addresses_are_named_before_anything_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let list = "Record ID,Email,Create Date,Lifecycle Stage\n1,a@x.org,2024-01-01,Customer\n2,odd,2024-01-01,Lead\n";
    fs::write(folder.path().join("list.csv"), list).unwrap();
    let look = |more: &[&str]| {
        let mut command = program();
        command.current_dir(folder.path()).args(["import", "list.csv", "--preview", "--data", "none"]).args(more);
        ran(&mut command)
    };
    let looked = look(&[]);
    let note = "people without a deal in these files, by their stage: 1 Customer; ";
    for wanted in [note, "row 3: \u{201c}odd\u{201d} in \u{201c}Email\u{201d} is not an e-mail address"] {
        assert!(looked.out.contains(wanted), "{wanted}\n{}{}", looked.out, looked.err);
    }
    let preview: Value = serde_json::from_str(&look(&["--json"]).out).unwrap();
    assert!(preview["notes"][0].as_str().unwrap().starts_with(note), "{preview:#}");
}

/// Neither the suggestion of a mapping nor the mapping turns a no into a yes.
#[test]
fn a_no_in_a_column_of_consent_stays_one_under_the_mapping_that_the_report_names() {
    let place = Place::sqlite();
    let server = place.start();
    let list = "Email,Newsletter\nyes@x.org,yes\nplease@x.org,yes please\nno@x.org,no\nnein@x.org,nein\n";
    place.write("list.csv", list);
    let arguments = ["list.csv", "--consent", "at the fair"];
    let looked = import(&place, &[&arguments[..], &["--preview"]].concat());
    for wanted in ["Where the person agreed, write yes in the cell.", "1 row more can then be granted consent"] {
        assert!(looked.code == 0 && looked.out.contains(wanted), "{wanted}\n{}{}", looked.out, looked.err);
    }
    let mapped = [&arguments[..], &["--map", "Newsletter=now:newsletter"]].concat();
    let looked = import(&place, &[&mapped[..], &["--preview", "--json"]].concat());
    let preview: Value = serde_json::from_str(&looked.out).unwrap();
    assert_eq!((&preview["consent"]["granted"], &preview["consent"]["held_back"]), (&json!(2), &json!(2)));
    let stored = import(&place, &mapped);
    let said = "consent is recorded for 2 people, except those who opted out here before; held back from 2 people";
    assert!(stored.code == 0 && stored.err.contains(said), "{}{}", stored.out, stored.err);
    assert!(stored.err.contains("the setting `consent_unknown`, now US)"), "{}", stored.err);
    server.stop();
}
