//! The visitor behind a click becomes the lead; a friend to whom the mail was forwarded does not.

use serde_json::{Value, json};

use super::running::{Answer, PUBLIC_KEY, Place, Server};
use super::world::{BROWSER, Mailing, SentCopy, get, is_enrolled, mail, submit, until, visit};

/// A server whose site is `acme.example`.
fn begin(place: &Place, delay: u32) -> (SentCopy, Server) {
    place.with_keys(None);
    let copy = mail(place, &Mailing::default());
    place.write("attractor.toml", &format!("own_domains = [\"acme.example\"]\njudging_delay = {delay}\n"));
    (copy, place.start())
}

/// Follows a link; the token that the redirect carries.
fn follow(server: &Server, copy: &SentCopy) -> String {
    let clicked = visit(server, "GET", &copy.click(1));
    let location = clicked.header("location").unwrap();
    let (before, rest) = location.split_once("&_a=").unwrap_or_else(|| panic!("{location}"));
    assert_eq!(before, "https://acme.example/shirts?color=blue&size=l");
    rest.strip_suffix("#fit").unwrap().to_owned()
}

fn report(server: &Server, token: &str, visitor: &str, seen: &str) -> Answer {
    let body = json!({"token": token, "anonymousId": visitor, "seen": seen}).to_string();
    server.ask("POST", "/t/v", &[("user-agent", BROWSER), ("content-type", "text/plain")], body.as_bytes())
}

/// A page that a visitor views.
fn views(server: &Server, visitor: &str) {
    let body = json!({"anonymousId": visitor, "properties": {"path": format!("/of-{visitor}")}}).to_string();
    assert_eq!(server.post(PUBLIC_KEY, "/v1/page", &body).status, 200);
}

fn has_seen(place: &Place, lead: &str, visitor: &str) -> bool {
    get(place, &format!("/api/leads/{lead}/events")).to_string().contains(&format!("/of-{visitor}"))
}

#[test]
fn a_visitor_becomes_the_lead_by_its_click_and_a_friend_does_not() {
    Place::each(|place| {
        let (copy, server) = begin(place, 0);
        views(&server, "hers");
        views(&server, "friends");
        let token = follow(&server, &copy);
        for seen in ["loaded", "acted"] {
            assert_eq!(report(&server, &token, "hers", seen).status, 204);
        }
        until(place, "/api/leads/ada/events", |events| events.to_string().contains("/of-hers"));
        let lead = until(place, "/api/leads/ada", |lead| lead["segments"].to_string().contains("shirts"));
        assert!(is_enrolled(&lead, "follow"), "the join keeps nobody from being enrolled: {lead:#}");
        // The same token again, and the mail forwarded.
        assert_eq!(report(&server, &token, "friends", "loaded").status, 204);
        assert!(!has_seen(place, "ada", "friends"), "a token has one visitor");
        let forwarded = follow(&server, &copy);
        assert_ne!(forwarded, token);
        assert_eq!(report(&server, &forwarded, "friends", "acted").status, 204);
        until(place, "/api/verdicts", |page| page["items"].as_array().unwrap().len() == 2);
        assert!(!has_seen(place, "ada", "friends"), "a copy ties one visitor");
        assert_eq!(get(place, "/api/leads/visitor:friends")["name"], "friends");
        server.stop();
    });
}

/// The verdicts on clicks, the last one at first.
fn clicks(page: &Value) -> Vec<Value> {
    let items = page["items"].as_array().unwrap().iter();
    items.filter(|item| item["requested"] == "click").cloned().collect()
}

/// The site's script reports that it ran, and nothing else. That it is a person's click follows from the click itself.
#[test]
fn a_visitor_becomes_the_lead_where_the_script_only_ran() {
    Place::each(|place| {
        let (copy, server) = begin(place, 3_600);
        views(&server, "hers");
        assert_eq!(visit(&server, "GET", &copy.pixel()).status, 200);
        let token = follow(&server, &copy);
        assert_eq!(report(&server, &token, "hers", "loaded").status, 204);
        server.stop();
        // Their time to be judged has come.
        assert_eq!(place.store().execute("UPDATE mail_requests SET settles_at = at", &[]).unwrap(), 2);
        let server = place.start();
        until(place, "/api/leads/ada/events", |events| events.to_string().contains("/of-hers"));
        let judged = clicks(&get(place, "/api/verdicts"));
        let [click] = &judged[..] else { panic!("{judged:#?}") };
        assert_eq!(click["verdict"], "human", "{click:#}");
        let loaded = "The site's script ran on the page behind this link.";
        assert_eq!(click["evidence"], json!([{"name": "loaded", "what": loaded, "weight": -5}]), "{click:#}");
        server.stop();
    });
}

/// A slow page is reported when its click was judged long ago.
#[test]
fn a_visitor_becomes_the_lead_where_the_script_ran_after_the_verdict() {
    Place::each(|place| {
        let (copy, server) = begin(place, 0);
        views(&server, "hers");
        let token = follow(&server, &copy);
        until(place, "/api/verdicts", |page| clicks(page).iter().any(|click| click["verdict"] == "human"));
        assert!(!has_seen(place, "ada", "hers"), "nobody reported the visit");
        assert_eq!(report(&server, &token, "hers", "loaded").status, 204);
        assert!(has_seen(place, "ada", "hers"));
        server.stop();
    });
}

#[test]
fn a_scanners_visitor_is_nobody_and_a_visitor_who_acts_is_a_person() {
    let place = Place::sqlite();
    let (copy, server) = begin(&place, 1);
    views(&server, "hers");
    let tokens: Vec<String> = (0..4).map(|_| follow(&server, &copy)).collect();
    for link in [0, 2, 3, 4, 5] {
        assert_eq!(visit(&server, "GET", &copy.click(link)).status, 302);
    }
    assert_eq!(report(&server, &tokens[0], "hers", "loaded").status, 204);
    let judged = |page: &Value| page["items"].as_array().unwrap().len() == 9;
    until(&place, "/api/verdicts", judged);
    assert!(!has_seen(&place, "ada", "hers"), "a scanner that runs scripts");
    assert_eq!(report(&server, &tokens[0], "hers", "acted").status, 204);
    assert!(has_seen(&place, "ada", "hers"), "whatever else is known");
    server.stop();
}

#[test]
fn what_is_reported_must_be_ours_and_allowed() {
    let place = Place::sqlite();
    let (copy, server) = begin(&place, 0);
    let token = follow(&server, &copy);
    let clicked = visit(&server, "HEAD", &copy.click(1));
    assert!(!clicked.header("location").unwrap().contains("_a="), "a look is no visit");
    for (body, status) in [("", 400), ("{}", 400), (r#"{"token":"x","anonymousId":"v","seen":"sat"}"#, 400)] {
        assert_eq!(server.ask("POST", "/t/v", &[], body.as_bytes()).status, status, "{body}");
    }
    assert_eq!(report(&server, "x", "hers", "acted").status, 204, "a stranger is told nothing");
    let declined = submit(&server, &copy.preferences(), "from=preferences&shown=tracking&was=tracking");
    assert_eq!(declined.status, 200);
    assert_eq!(report(&server, &token, "hers", "acted").status, 204);
    views(&server, "hers");
    assert!(!has_seen(&place, "ada", "hers"));
    server.stop();
}
