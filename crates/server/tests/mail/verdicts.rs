//! Verdicts listed and corrected: a scanner that is found out later takes its leads back out.

use attractor_mail::judge::DECOY;
use serde_json::{Value, json};

use super::running::Place;
use super::world::{BROWSER, LINKS, Mailing, get, mail, post, serve, until, visit};

fn in_segment(lead: &Value) -> bool {
    lead["segments"].to_string().contains("shirts")
}

#[test]
fn a_scanner_that_is_found_out_later_takes_its_lead_back_out() {
    Place::each(|place| {
        let copy = mail(place, &Mailing::default());
        let server = serve(place, 0);
        assert_eq!(visit(&server, "GET", &copy.click(1)).status, 302);
        until(place, "/api/leads/ada", in_segment);
        let listed = get(place, "/api/verdicts");
        let [item] = &listed["items"].as_array().unwrap()[..] else { panic!("{listed:#}") };
        assert_eq!((&item["verdict"], &item["requested"]), (&json!("human"), &json!("click")));
        assert_eq!((&item["url"], &item["topic"]), (&json!(LINKS[1].0), &json!("shirts")));
        assert_eq!((&item["lead_name"], &item["email"]), (&json!("ada"), &json!("offer")));
        assert_eq!((&item["agent"], &item["address"]), (&json!(BROWSER), &json!("127.0.0.1")));
        let no_image = "No image of this e-mail was loaded before the click.";
        assert_eq!(item["evidence"][0], json!({"name": "no_image", "what": no_image, "weight": 2}), "{item:#}");
        let mut correction = json!({"verdict": "machine", "network": "127.0.0.0/8", "from": "2026-01-01T00:00:00Z"});
        let counted = post(place, "/api/verdicts", &correction).unwrap();
        assert_eq!(counted, json!({"matching": 1, "changing": 1, "leads": 1, "done": false}));
        assert!(in_segment(&get(place, "/api/leads/ada")), "it was only counted");
        correction["dry_run"] = false.into();
        assert_eq!(post(place, "/api/verdicts", &correction).unwrap()["done"], true);
        let lead = get(place, "/api/leads/ada");
        assert!(!in_segment(&lead) && lead["scores"]["lead"]["value"] == 0.0, "{lead:#}");
        let moves = get(place, "/api/leads/ada/moves");
        assert!(moves.to_string().contains("\"by\":\"verdict\""), "{moves:#}");
        let item = get(place, "/api/verdicts?verdict=machine")["items"][0].clone();
        assert_eq!(item["corrected"]["before"], "human", "{item:#}");
        let audit = get(place, "/api/audit")["entries"][0].clone();
        assert_eq!((&audit["what"], &audit["details"]["verdict"]), (&json!("verdicts corrected"), &json!("machine")));
        // A person's word stands, whatever evidence comes.
        assert_eq!(visit(&server, "GET", &copy.click(0)).status, 302);
        until(place, "/api/verdicts", |page| page["items"].as_array().unwrap().len() == 2);
        assert!(!in_segment(&get(place, "/api/leads/ada")));
        let back = json!({"verdict": "human", "requests": [item["id"]], "dry_run": false});
        assert_eq!(post(place, "/api/verdicts", &back).unwrap()["changing"], 1);
        assert!(in_segment(&get(place, "/api/leads/ada")));
        server.stop();
    });
}

/// The click was judged before the link that nobody sees showed whose it is.
#[test]
fn a_verdict_changes_when_more_is_known() {
    let place = Place::sqlite();
    let copy = mail(&place, &Mailing::default());
    let server = serve(&place, 0);
    assert_eq!(visit(&server, "GET", &copy.click(2)).status, 302);
    assert_eq!(visit(&server, "GET", &copy.click(DECOY)).header("location"), Some(LINKS[0].0));
    let all_machines = |page: &Value| {
        let items = page["items"].as_array().unwrap();
        items.len() == 2 && items.iter().all(|item| item["verdict"] == "machine")
    };
    until(&place, "/api/verdicts", all_machines);
    let lead = get(&place, "/api/leads/ada");
    assert_eq!(lead["scores"]["lead"]["value"], 0.0, "{lead:#}");
    assert!(lead["attributes"].get("pain").is_none_or(|pain| pain["value"].is_null()), "{lead:#}");
    server.stop();
}

/// A click that was judged, and an open that waits for its verdict.
#[test]
fn the_export_of_a_person_has_what_was_requested_and_why_it_was_judged_so() {
    Place::each(|place| {
        let copy = mail(place, &Mailing::default());
        let server = serve(place, 0);
        assert_eq!(visit(&server, "GET", &copy.click(1)).status, 302);
        until(place, "/api/leads/ada", in_segment);
        server.stop();
        let server = serve(place, 3_600);
        assert_eq!(visit(&server, "GET", &copy.pixel()).status, 200);
        let requests = get(place, "/api/leads/ada/export")["requests"].clone();
        let [click, open] = &requests.as_array().unwrap()[..] else { panic!("{requests:#}") };
        assert_eq!((&click["requested"], &click["verdict"]), (&json!("click"), &json!("human")));
        assert_eq!((&click["weight"], &click["evidence"][0]["name"]), (&json!(2), &json!("no_image")));
        assert_eq!((&click["url"], &click["topic"]), (&json!(LINKS[1].0), &json!("shirts")));
        assert_eq!((&click["agent"], &click["address"]), (&json!(BROWSER), &json!("127.0.0.1")));
        assert_eq!((&click["email"], &click["send_id"]), (&json!("offer"), &json!(copy.send_id)));
        assert_eq!((&open["requested"], &open["verdict"]), (&json!("open"), &Value::Null));
        assert_eq!((&open["url"], &open["agent"]), (&Value::Null, &json!(BROWSER)));
        server.stop();
    });
}

#[test]
fn verdicts_come_page_by_page_and_what_is_wrong_is_said() {
    let place = Place::sqlite();
    let copy = mail(&place, &Mailing::default());
    let server = serve(&place, 0);
    for _ in 0..3 {
        assert_eq!(visit(&server, "GET", &copy.pixel()).status, 200);
    }
    until(&place, "/api/verdicts", |page| page["items"].as_array().unwrap().len() == 3);
    let first = get(&place, "/api/verdicts?limit=2");
    let next = first["next"].as_str().unwrap();
    let rest = get(&place, &format!("/api/verdicts?limit=2&cursor={next}"));
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    for (body, why) in [
        (json!({"verdict": "unknown", "requests": []}), "human"),
        (json!({"verdict": "human"}), "either `requests`"),
        (json!({"verdict": "human", "requests": ["x"]}), "not the id of a request"),
        (json!({"verdict": "human", "agent": "x"}), "from when on"),
        (json!({"verdict": "human", "agent": "x", "from": "yesterday"}), "not an instant"),
        (json!({"verdict": "human", "network": "x", "from": "2026-01-01T00:00:00Z"}), "192.0.2.0/24"),
    ] {
        let refused = post(&place, "/api/verdicts", &body).unwrap_err();
        assert!(refused.contains(why), "{body}: {refused}");
    }
    server.stop();
}
