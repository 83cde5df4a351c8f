//! Links and pixels: where they lead, what is kept of who asked, and what it becomes.

use attractor_store::mail_requests;
use serde_json::{Value, json};

use super::running::Place;
use super::world::{BROWSER, LINKS, Mailing, events, is_enrolled, mail, pained_by, serve, stored, until, visit};

#[test]
fn a_persons_click_leads_on_and_puts_the_lead_into_the_topics_segment() {
    Place::each(|place| {
        let copy = mail(place, &Mailing::default());
        let server = serve(place, 0);
        let opened = visit(&server, "GET", &copy.pixel());
        assert_eq!((opened.status, opened.header("content-type")), (200, Some("image/gif")));
        assert_eq!(opened.header("cache-control"), Some("no-store"));
        let clicked = visit(&server, "GET", &copy.click(1));
        assert_eq!((clicked.status, clicked.header("location")), (302, Some(LINKS[1].0)));
        assert_eq!(stored(place), 2, "before the answer");
        let in_segment = |lead: &Value| lead["segments"].to_string().contains("shirts");
        let lead = until(place, "/api/leads/ada", in_segment);
        assert_eq!(lead["scores"]["lead"]["value"], 11.0, "{lead:#}");
        assert!(is_enrolled(&lead, "follow"), "a click in time enrolls: {lead:#}");
        let click = &events(place, "ada", "Email Link Clicked")[0]["message"];
        let expected =
            json!({"email_id": "offer", "send_id": copy.send_id, "url": LINKS[1].0, "topic": "shirts", "position": 1});
        assert_eq!((&click["properties"], &click["context"]), (&expected, &Value::Null));
        let open = &events(place, "ada", "Email Opened")[0]["message"]["properties"];
        let age = open["age"].as_i64().unwrap();
        assert!((1_800..2_400).contains(&age), "sent half an hour ago: {open}");
        server.stop();
    });
}

#[test]
fn a_scanners_burst_is_kept_and_counts_nowhere() {
    let place = Place::sqlite();
    let copy = mail(&place, &Mailing::default());
    let server = serve(&place, 1);
    for link in 0..6 {
        assert_eq!(visit(&server, "GET", &copy.click(link)).header("location"), Some(LINKS[usize::from(link)].0));
    }
    let of_kind = |events: &Value| events.to_string().matches("\"event\":\"Email Link Clicked\"").count() == 6;
    until(&place, "/api/leads/ada/events", of_kind);
    let clicks = events(&place, "ada", "Email Link Clicked");
    assert!(clicks.iter().all(|click| click["message"]["context"]["machine"] == true), "{clicks:#?}");
    let lead = super::world::get(&place, "/api/leads/ada");
    assert_eq!(lead["scores"]["lead"]["value"], 0.0);
    assert!(!lead["segments"].to_string().contains("shirts"));
    assert!(lead["attributes"].get("pain").is_none(), "a machine says nothing of the lead");
    server.stop();
}

/// Only its network gives it away, and nobody knows that any more when a person clicks on the same copy.
#[test]
fn a_machines_click_stays_one_when_its_address_is_forgotten() {
    Place::each(|place| {
        let copy = mail(place, &Mailing::default());
        place.write("attractor.toml", "trusted_proxies = [\"127.0.0.1\"]");
        let server = serve(place, 0);
        let gateway = [("user-agent", BROWSER), ("x-forwarded-for", "104.47.1.254")];
        assert_eq!(server.ask("GET", &copy.click(2), &gateway, b"").status, 302);
        let is_machine = |page: &Value| page["items"][0]["verdict"] == "machine";
        assert_eq!(until(place, "/api/verdicts", is_machine)["items"][0]["address"], "104.47.1.254");
        server.stop();
        assert_eq!(mail_requests::forget_addresses(&mut place.store(), 0, i64::MAX).unwrap(), 1);
        let server = serve(place, 0);
        assert_eq!(visit(&server, "GET", &copy.click(1)).status, 302);
        until(place, "/api/leads/ada", |lead| lead["segments"].to_string().contains("shirts"));
        let old = &super::world::get(place, "/api/verdicts")["items"][1];
        assert_eq!((&old["verdict"], &old["address"]), (&json!("machine"), &Value::Null), "{old:#}");
        assert_eq!(old["evidence"][0]["name"], "network", "{old:#}");
        let lead = super::world::get(place, "/api/leads/ada");
        assert_eq!(lead["scores"]["lead"]["value"], 10.0, "the person's click alone: {lead:#}");
        assert!(lead["attributes"].get("pain").is_none(), "{lead:#}");
        server.stop();
    });
}

/// The judge sweeps when it starts and when the next address is due; a younger one stays.
#[test]
fn addresses_are_forgotten_after_thirty_days() {
    Place::each(|place| {
        let copy = mail(place, &Mailing::default());
        let server = serve(place, 0);
        for link in [1, 2, 3] {
            assert_eq!(visit(&server, "GET", &copy.click(link)).status, 302);
        }
        // The last one comes first.
        let addresses = |page: &Value| -> Vec<Value> {
            page["items"].as_array().unwrap().iter().map(|item| item["address"].clone()).collect()
        };
        until(place, "/api/verdicts", |page| addresses(page) == ["127.0.0.1"; 3]);
        server.stop();
        let day = 86_400_000_i64;
        let mut store = place.store();
        for (link, milliseconds) in [(1, 31 * day), (2, 30 * day - 1_000), (3, 29 * day)] {
            let age = format!("UPDATE mail_requests SET at = at - {milliseconds} WHERE link = {link}");
            assert_eq!(store.execute(&age, &[]).unwrap(), 1);
        }
        drop(store);
        let server = serve(place, 0);
        let of_last = [json!("127.0.0.1"), Value::Null, Value::Null];
        until(place, "/api/verdicts", |page| addresses(page) == of_last);
        server.stop();
    });
}

#[test]
fn a_click_sets_what_its_attractor_says_and_a_look_does_not() {
    let place = Place::sqlite();
    let copy = mail(&place, &Mailing::default());
    let server = serve(&place, 0);
    assert_eq!(visit(&server, "HEAD", &copy.click(2)).header("location"), Some(LINKS[2].0));
    until(&place, "/api/leads/ada/events", |events| events.to_string().contains("Email Link Clicked"));
    let looked = &events(&place, "ada", "Email Link Clicked")[0]["message"];
    assert_eq!(looked["context"]["machine"], true, "{looked}");
    assert_eq!(visit(&server, "GET", &copy.click(2)).status, 302);
    let lead = until(&place, "/api/leads/ada", |lead| lead["attributes"].get("pain").is_some());
    assert_eq!(lead["attributes"]["pain"]["value"], "cold ears");
    assert_eq!(pained_by(&lead), "a click on “hats” in the e-mail “offer”, which set the attribute `pain`");
    server.stop();
}

/// Nobody is known by an e-mail alone whom a `track` could name.
#[test]
fn a_lead_that_is_known_by_its_e_mail_alone_clicks_as_others_do() {
    let place = Place::sqlite();
    let copy = mail(&place, &Mailing { user: None, ..Mailing::default() });
    let server = serve(&place, 0);
    assert_eq!(visit(&server, "GET", &copy.click(1)).status, 302);
    let lead = until(&place, "/api/leads/ada@x.example", |lead| lead["segments"].to_string().contains("shirts"));
    assert!(is_enrolled(&lead, "follow"), "{lead:#}");
    server.stop();
}

#[test]
fn what_is_not_ours_leads_nowhere() {
    let place = Place::sqlite();
    let copy = mail(&place, &Mailing::default());
    let server = serve(&place, 0);
    let good = copy.click(1);
    let mut tampered = good.clone().into_bytes();
    let last = tampered.len() - 5;
    tampered[last] = if tampered[last] == b'A' { b'B' } else { b'A' };
    let tampered = String::from_utf8(tampered).unwrap();
    let of_another = copy.pixel().replace("/t/o/", "/t/c/");
    for (path, status) in [
        (tampered.as_str(), 404),
        (of_another.as_str(), 404),
        ("/t/c/https://evil.example", 404),
        ("/t/c/x?url=https://evil.example", 404),
        ("/t/o/x", 404),
        (&copy.click(6), 410),
        (&copy.click(99), 410),
    ] {
        let answer = visit(&server, "GET", path);
        assert_eq!((answer.status, answer.header("location")), (status, None), "{path}");
    }
    let page = visit(&server, "GET", "/t/c/x");
    assert!(page.header("content-type").unwrap().starts_with("text/html") && page.body.contains("does not work"));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    let german = server.ask("GET", "/t/c/x", &[("accept-language", "de-AT,de;q=0.9")], b"");
    assert!(german.body.contains("<html lang=\"de\">") && german.body.contains("funktioniert nicht"));
    assert_eq!(stored(&place), 0);
    server.stop();
}

#[test]
fn links_of_an_erased_copy_lead_nowhere() {
    let place = Place::sqlite();
    let copy = mail(&place, &Mailing::default());
    let server = serve(&place, 60);
    assert_eq!(visit(&server, "GET", &copy.click(1)).status, 302);
    super::world::erase(&place, "ada");
    let gone = visit(&server, "GET", &copy.click(1));
    assert_eq!((gone.status, gone.header("location")), (410, None));
    assert_eq!(visit(&server, "GET", &copy.pixel()).status, 200, "an image is not missed");
    assert_eq!(stored(&place), 0, "clicks that wait go with the person");
    server.stop();
}

/// The replays go over few connections, as a mail client's do.
#[test]
fn after_a_decline_old_links_and_pixels_write_nothing_and_lead_where_they_led() {
    Place::each(|place| {
        let copy = mail(place, &Mailing::default());
        let server = serve(place, 60);
        assert_eq!(visit(&server, "GET", &copy.click(1)).status, 302);
        assert_eq!(stored(place), 1);
        let fields = "from=preferences&shown=tracking&was=tracking";
        let declined = super::world::submit(&server, &copy.preferences(), fields);
        assert_eq!(declined.status, 200, "{}", declined.body);
        assert_eq!(stored(place), 0, "what was not judged yet is dropped at once");
        let before = super::world::rows(place);
        let paths = [copy.click(0), copy.click(1), copy.pixel(), copy.click(2)];
        for (path, answers) in paths.iter().zip(super::world::replay(&server, &paths, 2_500)) {
            let status = if path.contains("/t/o/") { 200 } else { 302 };
            assert_eq!(answers, [status].into(), "{path}");
        }
        assert_eq!(super::world::rows(place), before, "nothing was written");
        server.stop();
    });
}

/// Anybody who has a link could fill the disk with it.
#[test]
fn so_many_requests_of_a_copy_are_kept_and_all_lead_on() {
    Place::each(|place| {
        let copy = mail(place, &Mailing::default());
        let server = serve(place, 3_600);
        let paths = [copy.click(1), copy.pixel()];
        for (path, answers) in paths.iter().zip(super::world::replay(&server, &paths, 300)) {
            assert_eq!(answers, [if path.contains("/t/o/") { 200 } else { 302 }].into(), "{path}");
        }
        assert_eq!(stored(place), 500);
        server.stop();
    });
}

#[test]
fn what_was_measured_is_forgotten_with_what_it_caused() {
    Place::each(|place| {
        let copy = mail(place, &Mailing::default());
        let server = serve(place, 0);
        let lead = |place: &Place| super::world::get(place, "/api/leads/ada");
        let click = |place: &Place| {
            assert_eq!(visit(&server, "GET", &copy.click(2)).status, 302);
            until(place, "/api/leads/ada", |lead| lead["attributes"].to_string().contains("cold ears"))
        };
        let clicked = click(place);
        assert_eq!(clicked["scores"]["lead"]["value"], 10.0, "{clicked}");
        let page = super::world::submit(&server, &copy.preferences(), "from=preferences&forget=measured");
        assert!(page.status == 200 && page.body.contains("saved"), "{}", page.body);
        let forgotten = lead(place);
        assert!(!forgotten["attributes"].to_string().contains("cold ears"), "{forgotten}");
        assert_eq!((&forgotten["scores"]["lead"]["value"], stored(place)), (&json!(0.0), 0));
        assert!(events(place, "ada", "Email Link Clicked").is_empty());
        assert_eq!(forgotten["consent"]["tracking"]["state"], "granted", "that is another question");
        // What the person itself cannot ask for, its installation can.
        click(place);
        let answer = super::world::delete(place, "/api/leads/ada/measured");
        assert_eq!((answer, stored(place)), (json!({"events": 2}), 0));
        server.stop();
    });
}

#[test]
fn nothing_is_kept_of_clicks_from_a_network_of_ones_own() {
    let place = Place::sqlite();
    let copy = mail(&place, &Mailing::default());
    place.write("attractor.toml", "not_leads = [\"127.0.0.0/8\"]");
    let server = serve(&place, 60);
    assert_eq!(visit(&server, "GET", &copy.click(1)).status, 302);
    assert_eq!(visit(&server, "GET", &copy.pixel()).status, 200);
    assert_eq!(stored(&place), 0);
    server.stop();
}

#[test]
fn a_copy_that_is_not_measured_leaves_no_trace() {
    let place = Place::sqlite();
    let copy = mail(&place, &Mailing { measured: false, ..Mailing::default() });
    let server = serve(&place, 0);
    assert_eq!(visit(&server, "GET", &copy.click(0)).status, 302);
    assert_eq!(visit(&server, "GET", &copy.pixel()).status, 200);
    assert_eq!(stored(&place), 0);
    server.stop();
}

#[test]
fn a_privacy_proxys_load_counts_on_neither_side() {
    let place = Place::sqlite();
    let copy = mail(&place, &Mailing::default());
    let server = serve(&place, 0);
    let agents = ["Mozilla/5.0", BROWSER];
    for agent in agents {
        assert_eq!(server.ask("GET", &copy.pixel(), &[("user-agent", agent)], b"").status, 200);
    }
    until(&place, "/api/leads/ada/events", |events| {
        events.to_string().matches("\"event\":\"Email Opened\"").count() == agents.len()
    });
    let opens = events(&place, "ada", "Email Opened");
    let mut shown: Vec<(Value, Value)> = opens
        .iter()
        .map(|open| (open["message"]["context"]["machine"].clone(), open["message"]["properties"]["proxy"].clone()))
        .collect();
    shown.sort_by_key(|pair| pair.0.is_null());
    assert_eq!(shown, [(json!(true), json!(true)), (Value::Null, Value::Null)]);
    server.stop();
}
