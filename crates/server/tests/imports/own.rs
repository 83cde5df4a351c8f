//! What `attractor export` wrote, imported again: unchanged it changes nothing, corrected it changes what was corrected.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::program::{program, ran};
use super::running::{PUBLIC_KEY, Place, SERVER_KEY, Server};
use super::seen::{client, import, same, seen};

/// A user, somebody known by an address alone, a visitor, and values that tables and spreadsheets take for others.
const START: &str = concat!(
    r#"{"type":"identify","userId":"u1","timestamp":"2026-01-01T00:00:00Z","messageId":"a1","traits":{"email":"Ada@Example.org","first_name":"Ada","phone":"+49 30 1","tags":["vip","a,b","c;d"],"company":{"name":"X","size":12},"room":"007","paid":true,"plan":"3","likes":["x","y"],"note":"a\nb, \"c\"","odd":"'=1","none":"unknown"}}"#,
    "\n",
    r#"{"type":"identify","timestamp":"2026-01-01T00:00:00Z","messageId":"a2","traits":{"email":"bob@example.org","first_name":"-Bob","zip":"01067","tags":["old"]},"anonymousId":"v1"}"#,
    "\n",
    r#"{"type":"track","event":"Deal Won","userId":"u1","timestamp":"2026-01-03T00:00:00Z","messageId":"a4","properties":{"deal_id":"7","amount":5}}"#,
    "\n",
    r#"{"type":"track","event":"Page Viewed","timestamp":"2026-01-02T00:00:00Z","messageId":"a3","anonymousId":"v9","properties":{"path":"/x"}}"#,
    "\n",
    r#"{"type":"track","event":"Unsubscribed","timestamp":"2026-01-04T00:00:00Z","messageId":"a5","userId":"u1"}"#,
    "\n",
);

fn export(place: &Place, what: &str, format: &str) -> String {
    let mut command = program();
    command.args(["export", what, "--format", format, "--data"]).arg(place.path());
    if let Some(url) = &place.database {
        command.args(["--database", url]);
    }
    let done = ran(&mut command);
    assert_eq!(done.code, 0, "{}", done.err);
    done.out
}

fn file_name(format: &str) -> String {
    format!("export.{format}")
}

/// Runs a test on a store with these leads.
fn with_leads(test: impl Fn(&Place)) {
    Place::each(|place| {
        let server = place.with_keys(None).start();
        place.write("start.ndjson", START);
        assert_eq!(import(place, &["start.ndjson"]).code, 0);
        test(place);
        server.stop();
    });
}

#[test]
fn an_unchanged_export_changes_nothing() {
    with_leads(|place| {
        let before = seen(place);
        for what in ["leads", "events"] {
            for format in ["csv", "ndjson"] {
                let name = file_name(format);
                place.write(&name, &export(place, what, format));
                let back = import(place, &[&name]);
                assert!(back.code == 0 && back.out.contains(": 0 new, "), "{what} {format}: {} {}", back.out, back.err);
                same(&format!("{what} as {format}"), &before, &seen(place));
            }
        }
    });
}

/// What is not what its message says alone is of no use to another store, and is refused with what is.
#[test]
fn what_is_computed_is_refused_with_what_to_import_in_its_place() {
    with_leads(|place| {
        let before = seen(place);
        for (what, instead) in [
            ("deals", "`attractor export events`"),
            ("segments", "`attractor export leads`"),
            ("suppressions", "`attractor backup`"),
        ] {
            for format in ["csv", "ndjson"] {
                let mut text = export(place, what, format);
                if what == "segments" && format == "ndjson" && text.is_empty() {
                    text = r#"{"segment":"s","id":"1","name":"u1","email":null,"since":"2026-01-01T00:00:00Z"}"#.into();
                }
                let name = file_name(format);
                place.write(&name, &text);
                let back = import(place, &[&name]);
                assert!(back.code == 2 && back.err.contains("own export"), "{what} {format}: {}", back.err);
                assert!(back.err.contains(instead), "{what} {format}: {}", back.err);
            }
        }
        same("refused", &before, &seen(place));
    });
}

fn attributes(place: &Place) -> Vec<Value> {
    let lines = export(place, "leads", "ndjson");
    lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|lead| lead["attributes"].clone())
        .collect()
}

/// In each format: what is corrected in the text, and the attribute that changes.
#[test]
fn a_corrected_cell_changes_that_attribute_alone() {
    with_leads(|place| {
        let cases = [
            ("csv", "01067", "01099", "zip", "\"01099\""),
            ("csv", ",12,", ",13,", "company.size", "13"),
            ("csv", "x;y", "x;z", "likes", "[\"x\",\"z\"]"),
            ("ndjson", "\"phone\":\"+49 30 1\"", "\"phone\":\"+49 30 2\"", "phone", "\"+49 30 2\""),
            ("csv", "bob@example.org,'-Bob,,", "bob@example.org,Rob,,", "first_name", "\"Rob\""),
            ("csv", ",old,", ",old;new,", "tags", "[\"old\",\"new\"]"),
            (
                "ndjson",
                "\"tags\":[\"old\",\"new\"]",
                "\"tags\":[\"old\",\"newer\"]",
                "tags",
                "[\"old\",\"new\",\"newer\"]",
            ),
        ];
        for (format, was, becomes, name, wanted) in cases {
            let text = export(place, "leads", format);
            assert_eq!(text.matches(was).count(), 1, "{was} in {text}");
            let before = attributes(place);
            place.write(&file_name(format), &text.replace(was, becomes));
            let back = import(place, &[&file_name(format)]);
            assert_eq!(back.code, 0, "{}", back.err);
            assert!(back.err.contains("own export of leads"), "{}", back.err);
            let after = attributes(place);
            assert_eq!(before.len(), after.len(), "no lead comes or goes");
            let mut changed = 0;
            for (before, after) in before.iter().zip(&after) {
                let mut wanted_now = before.clone();
                if before != after {
                    wanted_now[name] = serde_json::from_str(wanted).unwrap();
                    changed += 1;
                }
                assert_eq!(after, &wanted_now, "{was} → {becomes}");
            }
            assert_eq!(changed, 1, "{was} → {becomes}");
        }
    });
}

#[test]
fn what_was_said_since_the_export_stays() {
    Place::each(|place| {
        let server = place.with_keys(None).start();
        place.write("start.ndjson", START);
        import(place, &["start.ndjson"]);
        let text = export(place, "leads", "csv");
        let message = r#"{"userId": "u1", "traits": {"first_name": "Augusta"}, "messageId": "n"}"#;
        assert_eq!(server.post(SERVER_KEY, "/v1/identify", message).status, 200);
        place.write("export.csv", &text.replace(",X,", ",Y,"));
        assert_eq!(import(place, &["export.csv"]).code, 0);
        let ada = attributes(place).into_iter().find(|ada| ada["room"] == "007").unwrap();
        assert_eq!((&ada["first_name"], &ada["company.name"]), (&"Augusta".into(), &"Y".into()));
        server.stop();
    });
}

#[test]
fn what_would_make_another_lead_is_rejected() {
    with_leads(|place| {
        let text = export(place, "leads", "csv");
        let moved = text.replace("bob@example.org,email,bob@example.org", "bob@example.org,email,rob@example.org");
        assert_ne!(moved, text);
        place.write("export.csv", &moved);
        let before = seen(place);
        let back = import(place, &["export.csv"]);
        assert_eq!((back.code, back.out.contains("1 rejected")), (1, true), "{}", back.out);
        let rejected = std::fs::read_to_string(place.path().join("import-2.rejected.csv")).unwrap();
        assert!(rejected.contains("correct both, or neither"), "{rejected}");
        same("rejected", &before, &seen(place));
        let events = export(place, "events", "csv");
        place.write("export.csv", &events.replace("Page Viewed,,v9", "Page Seen,,v9"));
        let back = import(place, &["export.csv"]);
        assert_eq!((back.code, back.out.contains("1 rejected")), (1, true), "{}", back.out);
    });
}

/// Who came by a form of the site, by a server, by hand; who agreed, who left, whose mail came back.
fn fill(server: &Server) {
    let post = |key: &str, path: &str, message: Value| {
        assert_eq!(server.post(key, path, &message.to_string()).status, 200, "{message}");
    };
    let form = json!({"traits": {"email": "form@example.org", "country": "US"}, "anonymousId": "v1"});
    post(PUBLIC_KEY, "/v1/identify", form);
    let stranger = json!({"userId": "u2", "traits": {"email": "u2@example.org", "country": "US"}});
    post(PUBLIC_KEY, "/v1/identify", stranger);
    post(SERVER_KEY, "/v1/identify", json!({"userId": "u2", "traits": {"plan": "pro", "owner": "eve"}}));
    let told =
        json!({"userId": "u2", "event": "Subscribed", "properties": {"proof": "a list"}, "context": {"history": true}});
    post(SERVER_KEY, "/v1/track", told);
    let confirmed = json!({"userId": "u3", "traits": {"email": "u3@example.org"}});
    post(PUBLIC_KEY, "/v1/identify", confirmed);
    let granted = json!({"userId": "u3", "event": "Subscribed", "properties": {"proof": "double opt-in"}});
    post(SERVER_KEY, "/v1/track", granted);
    let known = json!({"userId": "u4", "traits": {"email": "u4@example.org", "name": "Ana"}});
    post(SERVER_KEY, "/v1/identify", known);
    for event in [
        json!({"userId": "u4", "event": "Subscribed", "properties": {"proof": "form", "subscription": "news"}}),
        json!({"userId": "u4", "event": "Tagged", "properties": {"tag": "vip", "by": "user:1"}}),
        json!({"userId": "u4", "event": "Tracking Declined"}),
        json!({"userId": "u4", "event": "Deal Won", "properties": {"deal_id": "7", "amount": 5, "currency": "EUR"}}),
    ] {
        post(SERVER_KEY, "/v1/track", event);
    }
    for (user, event) in [("u5", "Unsubscribed"), ("u6", "Email Bounced"), ("u7", "Email Marked as Spam")] {
        let email = format!("{user}@example.org");
        post(SERVER_KEY, "/v1/identify", json!({"userId": user, "traits": {"email": email}}));
        let agreed = json!({"userId": user, "event": "Subscribed", "properties": {"proof": "form"}});
        post(SERVER_KEY, "/v1/track", agreed);
        post(SERVER_KEY, "/v1/track", json!({"userId": user, "event": event}));
    }
    post(SERVER_KEY, "/v1/identify", json!({"traits": {"email": "plain@example.org"}}));
    post(SERVER_KEY, "/v1/track", json!({"userId": "u8", "event": "Demo Requested"}));
    post(SERVER_KEY, "/v1/group", json!({"userId": "u4", "groupId": "acme", "traits": {"name": "Acme"}}));
    post(SERVER_KEY, "/v1/group", json!({"userId": "u8", "groupId": "7"}));
    post(SERVER_KEY, "/v1/identify", json!({"traits": {"email": "member@example.org"}, "anonymousId": "v2"}));
    post(SERVER_KEY, "/v1/group", json!({"anonymousId": "v2", "groupId": "acme"}));
}

/// By name, what the export of leads says of them that does not follow from the playbook or the clock.
fn people(place: &Place) -> BTreeMap<String, Value> {
    let lines = export(place, "leads", "ndjson");
    let leads = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let one = |lead: Value| {
        let states: BTreeMap<&String, &Value> =
            lead["consent"].as_object().unwrap().iter().map(|(scope, word)| (scope, &word["state"])).collect();
        let suppressed: BTreeSet<String> = lead["suppressed"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| format!("{} {}", one["kind"].as_str().unwrap(), one["scope"].as_str().unwrap()))
            .collect();
        let said = json!({
            "named_by": lead["named_by"], "email": lead["email"], "unconfirmed": lead["unconfirmed"],
            "attributes": lead["attributes"], "consent": states, "suppressed": suppressed, "group": lead["group"],
        });
        (lead["lead"].as_str().unwrap().to_owned(), said)
    };
    leads.map(one).collect()
}

/// What the API says is in effect, by lead and scope.
fn effect(place: &Place, names: impl Iterator<Item = String>) -> BTreeMap<String, Value> {
    let mut client = client(place);
    let mut of = |name: String| {
        let lead = client.get(&format!("/api/leads/{name}")).unwrap().value().unwrap();
        let scopes = lead["consent"].as_object().unwrap();
        let states: BTreeMap<String, Value> =
            scopes.iter().map(|(scope, item)| (scope.clone(), item["state"].clone())).collect();
        let country = lead["attributes"]["country"]["public"].clone();
        let said = json!({"consent": states, "unconfirmed": lead["unconfirmed"], "public country": country});
        (name, said)
    };
    names.map(&mut of).collect()
}

#[test]
fn an_export_of_leads_makes_the_same_people_in_an_empty_installation() {
    for format in ["csv", "ndjson"] {
        let (one, other) = (Place::sqlite(), Place::sqlite());
        let server = one.with_keys(None).start();
        fill(&server);
        let before = people(&one);
        assert_eq!(before["form@example.org"]["unconfirmed"], true);
        assert_eq!((&before["u2"]["unconfirmed"], &before["u3"]["unconfirmed"]), (&json!(true), &json!(false)));
        assert_eq!(before["u6"]["suppressed"], json!(["bounce all"]));
        for (name, group) in [("u4", json!("acme")), ("u8", json!("7")), ("member@example.org", json!("acme"))] {
            assert_eq!(before[name]["group"], group, "{name}");
        }
        let text = export(&one, "leads", format);
        other.write(&file_name(format), &text);
        let taken = import(&other, &[&file_name(format)]);
        assert_eq!(taken.code, 0, "{}{}", taken.out, taken.err);
        let after = people(&other);
        for (name, said) in &before {
            assert_eq!(after.get(name), Some(said), "{name} by {format}\n{text}");
        }
        assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
        let names = || before.keys().cloned();
        let mut expected = effect(&one, names());
        server.stop();
        // An import only tells of consent, and what was only told does not outlast a bounce.
        for scope in ["all", "subscription:newsletter"] {
            expected.get_mut("u6").unwrap()["consent"][scope] = json!("unknown");
        }
        for (name, said) in effect(&other, names()) {
            assert_eq!(Some(said), expected.remove(&name), "{name} by {format}");
        }
        // Unchanged and once more, it changes nothing.
        let seen_before = seen(&other);
        other.write(&file_name(format), &export(&other, "leads", format));
        assert_eq!(import(&other, &[&file_name(format)]).code, 0);
        same(format, &seen_before, &seen(&other));
    }
}

#[test]
fn a_corrected_cell_confirms_no_address() {
    Place::each(|place| {
        let server = place.with_keys(None).start();
        fill(&server);
        for (format, was, becomes) in [
            ("csv", ",pro", ",free"),
            ("ndjson", r#""attributes":{"country":"US","#, r#""attributes":{"city":"Rome","country":"US","#),
        ] {
            let text = export(place, "leads", format);
            assert!(text.contains(was), "{was} in {text}");
            place.write(&file_name(format), &text.replace(was, becomes));
            let back = import(place, &[&file_name(format)]);
            assert_eq!(back.code, 0, "{}", back.err);
            let after = people(place);
            for name in ["form@example.org", "u2"] {
                assert_eq!(after[name]["unconfirmed"], true, "{name} by {format}");
            }
        }
        assert_eq!(people(place)["form@example.org"]["attributes"]["city"], "Rome");
        server.stop();
    });
}

#[test]
fn a_corrected_group_is_taken_and_one_named_since_the_export_stays() {
    Place::each(|place| {
        let server = place.with_keys(None).start();
        fill(&server);
        let text = export(place, "leads", "csv");
        // The group, before the instant of the export. The company follows from it or has a name of its own.
        assert_eq!(text.matches(",acme,20").count(), 2, "{text}");
        let moved = json!({"userId": "u4", "groupId": "moved"});
        assert_eq!(server.post(SERVER_KEY, "/v1/group", &moved.to_string()).status, 200);
        place.write("export.csv", &text.replace(",acme,20", ",corrected,20"));
        assert_eq!(import(place, &["export.csv"]).code, 0);
        let after = people(place);
        assert_eq!(
            (&after["u4"]["group"], &after["member@example.org"]["group"]),
            (&json!("moved"), &json!("corrected"))
        );
        server.stop();
    });
}

/// The export of an earlier version does not say it.
#[test]
fn an_export_that_does_not_say_what_is_confirmed_confirms_nothing() {
    let (one, other) = (Place::sqlite(), Place::sqlite());
    let server = one.with_keys(None).start();
    fill(&server);
    server.stop();
    let lines: Vec<String> = export(&one, "leads", "ndjson")
        .lines()
        .map(|line| {
            let mut lead: Value = serde_json::from_str(line).unwrap();
            let said = lead.as_object_mut().unwrap();
            said.retain(|name, _| !["unconfirmed", "public", "consent", "suppressed"].contains(&name.as_str()));
            lead.to_string()
        })
        .collect();
    other.write("export.ndjson", &lines.join("\n"));
    assert_eq!(import(&other, &["export.ndjson"]).code, 0);
    for (name, said) in people(&other) {
        assert_eq!(said["unconfirmed"], said["email"].is_string(), "{name}: {said}");
    }
}

#[test]
fn an_export_of_events_makes_the_same_people_in_an_empty_installation() {
    let (one, other) = (Place::sqlite(), Place::sqlite());
    let server = one.with_keys(None).start();
    fill(&server);
    let before = people(&one);
    server.stop();
    other.write("export.ndjson", &export(&one, "events", "ndjson"));
    let taken = import(&other, &["export.ndjson"]);
    assert_eq!(taken.code, 0, "{}{}", taken.out, taken.err);
    let mut after = people(&other);
    // What was granted live is only told of, so its address must be confirmed once more.
    let said = after.get_mut("u3").unwrap();
    assert_eq!(said["unconfirmed"], true);
    said["unconfirmed"] = json!(false);
    for (name, said) in &before {
        assert_eq!(after.get(name), Some(said), "{name}");
    }
    // But for the number that the store gives the lead.
    let deals = |place: &Place| -> Vec<String> {
        export(place, "deals", "csv").lines().map(|line| line.split_once(',').unwrap().1.to_owned()).collect()
    };
    assert_eq!((deals(&one), deals(&one).len()), (deals(&other), 2));
}

/// Into a store that knows nobody.
#[test]
fn another_store_takes_an_export_in() {
    let (one, other) = (Place::sqlite(), Place::sqlite());
    one.write("start.ndjson", START);
    import(&one, &["start.ndjson"]);
    other.write("export.csv", &export(&one, "leads", "csv"));
    assert_eq!(import(&other, &["export.csv"]).code, 0);
    let names = |place: &Place| -> Vec<String> {
        let lines = export(place, "leads", "ndjson");
        lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["lead"].to_string()).collect()
    };
    let mut wanted = names(&one);
    wanted.retain(|name| name != "\"v9\"");
    let mut found = names(&other);
    wanted.sort();
    found.sort();
    assert_eq!(found, wanted, "nothing is known of the visitor but a page view");
}
