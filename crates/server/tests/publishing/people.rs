//! What a version does to leads: foreseen by a dry run, done in the background, equal to a replay.

use attractor_store::VersionNumber;
use attractor_store::moves::MoveKind;
use serde_json::{Value, json};

use super::running::Place;
use super::shop::{PLAYBOOK, Shop};

/// A shop with its playbook as version 2, and six customers.
fn with_customers(place: Place, playbook: &str) -> (Shop, super::running::Server) {
    let shop = Shop::new(place);
    shop.write("playbook.yaml", playbook);
    let server = shop.place.start();
    // A sender would end the sequences that are looked at here.
    shop.does("/api/sending/pause", &json!({"why": "a test"}));
    assert_eq!(shop.apply(&["--yes"]).0, 0);
    shop.settled();
    shop.visited(&server);
    (shop, server)
}

#[test]
fn a_typo_in_a_text_re_evaluates_nobody() {
    Place::each_owned(|place| {
        let (shop, server) = with_customers(place, PLAYBOOK);
        let mut store = shop.place.store();
        let before = (Shop::rows(&mut store), Shop::moves(&mut store));
        shop.write("playbook.yaml", &PLAYBOOK.replace("Helo", "Hello"));
        let (code, out, err) = shop.apply(&["--dry-run"]);
        assert_eq!(code, 0, "{err}");
        assert!(out.contains("was: subject Helo") && out.contains("because the rules stay as they are"), "{out}");
        assert_eq!(shop.apply(&["--yes"]).0, 0);
        assert_eq!(shop.settled()["version"], 3);
        server.stop();
        assert_eq!((Shop::rows(&mut store), Shop::moves(&mut store)), before);
    });
}

#[test]
fn a_dry_run_foresees_what_then_happens() {
    Place::each_owned(|place| {
        let (shop, server) = with_customers(place, PLAYBOOK);
        let candidate = PLAYBOOK.replace("gte: 20", "gte: 15").replace("from: 10", "from: 25");
        shop.write("playbook.yaml", &candidate);
        let dry = shop.does("/api/playbook/dry-run", &json!({"files": Shop::files(&candidate)}));
        let people = &dry["people"];
        assert_eq!((&people["complete"], &people["looked_at"], &people["moved"]), (&json!(true), &json!(6), &json!(3)));
        let entered = &people["segments"][0]["entered"];
        assert_eq!((&entered["count"], &entered["names"]), (&json!(1), &json!(["u3"])));
        assert_eq!(entered["leads"][0]["lead_name"], "u3");
        assert_eq!(people["segments"][0]["left"]["count"], 0);
        let mut cooled: Vec<&str> =
            people["stages"][0]["leads"]["names"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        cooled.sort_unstable();
        assert_eq!((people["stages"][0]["to"].as_str(), cooled), (Some("cold"), vec!["u2", "u3", "u4"]));
        assert_eq!(people["sequences"], json!([]));
        assert_eq!(shop.get(&format!("/api/playbook/dry-run/{}", dry["id"]))["people"]["moved"], 3);
        let enrolling = shop.does("/api/playbook/dry-run", &json!({"files": Shop::files(&candidate), "enrol": true}));
        assert_eq!(enrolling["people"]["sequences"][0]["leads"]["names"], json!(["u3"]));
        let (_, out, _) = shop.apply(&["--dry-run"]);
        assert!(out.contains("1 enter segment hot: u3") && out.contains("3 of 6 leads would move"), "{out}");
        assert!(out.contains("3 life: warm → cold"), "{out}");
        assert_eq!(shop.apply(&["--yes"]).0, 0);
        assert_eq!(shop.settled()["percent"], 100);
        server.stop();
        let mut store = shop.place.store();
        assert_eq!(Shop::places(&mut store), shop.replayed(&mut store));
        let moves = Shop::moves(&mut store);
        // What a sender ends of sequences meanwhile has other reasons.
        let is_caused =
            |noted: &&attractor_store::moves::Move| noted.version == VersionNumber(3) && noted.became != "finished";
        let caused: Vec<_> = moves.iter().filter(is_caused).collect();
        assert!(
            !caused.is_empty()
                && caused
                    .iter()
                    .all(|noted| noted.reason == attractor_store::moves::MoveReason::Version(VersionNumber(3))),
            "{caused:?}"
        );
        let enrolled: Vec<_> =
            moves.iter().filter(|noted| noted.kind == MoveKind::Sequence && noted.became == "enrolled").collect();
        assert!(enrolled.len() == 3 && enrolled.iter().all(|noted| noted.version == VersionNumber(2)), "{enrolled:?}");
    });
}

#[test]
fn what_is_earlier_than_a_version_is_shown_as_that_version_sees_it() {
    let (shop, server) = with_customers(Place::sqlite(), PLAYBOOK);
    let explained = || shop.command(&["explain", "u3"]).1;
    let (text, lead) = (explained(), shop.get("/api/leads/u3"));
    assert!(!text.contains("as the rules of version") && lead["rules_since"].is_null(), "{text}");
    shop.write("playbook.yaml", &PLAYBOOK.replace("gte: 20", "gte: 15"));
    assert_eq!(shop.apply(&["--yes"]).0, 0);
    shop.settled();
    let (text, lead) = (explained(), shop.get("/api/leads/u3"));
    let sentence = ", when version 3 was published, is shown as the rules of version 3 see it; `GET /api/leads/id:";
    assert!(text.contains("\n  What is earlier than 20") && text.contains(sentence), "{text}");
    assert_eq!(lead["rules_since"], shop.get("/api/playbook/versions")["items"][0]["at"]);
    server.stop();
}

#[test]
fn who_is_asked_to_is_enrolled() {
    let (shop, server) = with_customers(Place::sqlite(), PLAYBOOK);
    shop.write("playbook.yaml", &PLAYBOOK.replace("gte: 20", "gte: 15"));
    assert_eq!(shop.apply(&["--yes", "--enroll"]).0, 0);
    shop.settled();
    let explained: String = (1..=6).map(|number| shop.command(&["explain", &format!("u{number}")]).1).collect();
    assert_eq!(explained.matches("because version 3 of the playbook was published").count(), 1, "{explained}");
    server.stop();
    let moves = Shop::moves(&mut shop.place.store());
    let of_third = moves.iter().filter(|noted| noted.kind == MoveKind::Sequence && noted.version == VersionNumber(3));
    let enrolled = of_third.filter(|noted| noted.became == "enrolled");
    assert_eq!(enrolled.count(), 1, "{moves:?}");
}

#[test]
fn a_pilots_leads_live_under_the_candidate() {
    let (shop, server) = with_customers(Place::sqlite(), PLAYBOOK);
    let candidate = PLAYBOOK.replace("gte: 20", "gte: 5");
    shop.write("playbook.yaml", &candidate);
    let dry = shop.does("/api/playbook/dry-run", &json!({"files": Shop::files(&candidate), "pilot": 50.0}));
    let (code, out, err) = shop.apply(&["--yes", "--pilot", "50"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("version 3 is a pilot for 50 %"), "{out}");
    shop.settled();
    let mut store = shop.place.store();
    let piloted: Vec<String> =
        Shop::rows(&mut store).into_iter().filter(|row| row.version == VersionNumber(3)).map(|row| row.name).collect();
    let expected = |name: &str| attractor_engine::condition::sampled(50.0, "3", name);
    let all: Vec<String> = (1..=6).map(|n| format!("u{n}")).filter(|name| expected(name)).collect();
    let mut sorted = piloted.clone();
    sorted.sort();
    assert_eq!(sorted, all);
    assert!(!all.is_empty() && all.len() < 6, "the sample of six has some and not all: {all:?}");
    let entered = dry["people"]["segments"][0]["entered"]["names"].as_array().cloned().unwrap_or_default();
    assert!(entered.iter().all(|name| all.iter().any(|piloted| piloted == name.as_str().unwrap())), "{entered:?}");
    assert_eq!(shop.does("/api/playbook/pilot/promote", &json!({}))["version"], 3);
    shop.settled();
    server.stop();
    assert_eq!(Shop::places(&mut store), shop.replayed(&mut store));
    assert!(Shop::rows(&mut store).iter().all(|row| row.version == VersionNumber(3)));
}

#[test]
fn a_sequence_that_is_removed_and_restored_enrolls_nobody_a_second_time() {
    Place::each_owned(|place| {
        let enroll = "enroll: {attribute: keen, eq: true}, while: always, steps: [{id: one, send: hello}, {wait: 3d}]";
        let with = PLAYBOOK.replace("enroll: {segment: hot}, steps: [{send: hello}]", enroll);
        assert_ne!(with, PLAYBOOK);
        let (shop, server) = with_customers(place, &with);
        let is_keen = |keen: bool| shop.does("/api/leads/u1/attributes", &json!({"keen": keen}));
        let enrollment = || shop.get("/api/leads/u1/enrollments/welcome");
        let publish = |playbook: &str| {
            shop.write("playbook.yaml", playbook);
            let (code, _, err) = shop.apply(&["--yes"]);
            assert_eq!(code, 0, "{err}");
            shop.settled();
        };
        is_keen(true);
        assert_eq!(enrollment()["state"], "going_on");
        publish(with.split_once("sequences:").unwrap().0);
        let gone = enrollment();
        let removed = shop.get("/api/playbook/versions")["items"][0]["at"].clone();
        assert_eq!((&gone["state"], &gone["step"]), (&json!("over"), &Value::Null), "{gone}");
        let what = gone["what"].as_str().unwrap();
        assert!(
            what.contains("was stopped on ") && what.contains("the playbook no longer has this sequence"),
            "{what}"
        );
        let last = gone["done"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["at"], &last["what"]), (&removed, &json!("welcome is stopped")), "{gone}");
        publish(&with);
        is_keen(false);
        is_keen(true);
        let back = enrollment();
        let what = back["what"].as_str().unwrap();
        assert!(back["state"] == "over" && what.contains("did not have this sequence for a while"), "{back}");
        assert_eq!(back["began"], gone["began"]);
        let lead = shop.get("/api/leads/u1");
        let states: Vec<&str> =
            lead["sends"].as_array().unwrap().iter().filter_map(|copy| copy["state"].as_str()).collect();
        assert_eq!(states, ["withdrawn"], "it waited when the sequence was removed, and nothing was asked for since");
        server.stop();
        let moves = Shop::moves(&mut shop.place.store());
        let of_sequences: Vec<(&str, VersionNumber)> = moves
            .iter()
            .filter(|noted| noted.kind == MoveKind::Sequence)
            .map(|noted| (noted.became.as_str(), noted.version))
            .collect();
        assert_eq!(of_sequences, [("enrolled", VersionNumber(2)), ("stopped", VersionNumber(3))]);
    });
}
