//! E-mails over the API, before they leave and as they left.

use axum::http::Method;
use serde_json::{Value, json};

use super::running::{Place, Server};
use super::world::{again, command, event, get, identify, person, send, start, tell, until};

fn preview(place: &Place, path: &str, body: Value) -> Value {
    send(place, Method::POST, path, &body).unwrap()
}

#[test]
fn the_e_mails_of_the_playbook_are_listed_with_their_texts_and_uses() {
    let place = Place::sqlite();
    let server = start(&place, &[]);
    let all = get(&place, "/api/emails");
    let ids: Vec<&str> = all["items"].as_array().unwrap().iter().filter_map(|item| item["id"].as_str()).collect();
    assert_eq!((ids, &all["version"]), (vec!["welcome", "more", "extra", "broken"], &json!(2)));
    let welcome = &all["items"][0];
    assert_eq!(
        (&welcome["name"], &welcome["class"], &welcome["languages"]),
        (&json!("The welcome"), &json!("marketing"), &json!(["en", "de"]))
    );
    assert_eq!(welcome["sequences"], json!([{"sequence": "welcoming", "name": "welcoming", "step": "first"}]));
    let one = get(&place, "/api/emails/welcome");
    let text = &one["texts"][1];
    assert_eq!(
        (&text["language"], &text["subject"], &text["kind"]),
        (&json!("de"), &json!("Hallo {{ lead.first_name }}"), &json!("mjml"))
    );
    assert!(text["body"].as_str().unwrap().starts_with("<mjml>") && text["words"].as_i64().unwrap() > 10, "{text:#}");
    let links = text["links"].as_array().unwrap();
    let topics: Vec<(&str, &str)> =
        links.iter().map(|link| (link["url"].as_str().unwrap(), link["topic"].as_str().unwrap())).collect();
    assert_eq!(
        topics[..2],
        [("https://shop.example/shirts/blue?a=1&b=2", "shirts"), ("https://shop.example/hats", "shirts")]
    );
    assert_eq!(links[1]["sets"], json!({"pain": "cold ears"}));
    let broken = &get(&place, "/api/emails/broken")["texts"][0];
    assert_eq!((&broken["problems"], &broken["links"]), (&json!([]), &json!([])), "it is wrong for each lead alone");
    assert_eq!(get(&place, "/api/emails?draft=true")["version"], Value::Null);
    let schema = get(&place, "/api/emails/blocks.schema");
    assert_eq!(schema["required"], json!(["blocks"]));
    server.stop();
}

#[test]
fn a_preview_shows_the_mail_as_its_reader_gets_it_and_changes_nothing() {
    Place::each(|place| {
        let server =
            start(place, &[("PUBLIC_URL", "https://leads.shop.example"), ("SENDER_EMAIL", "news@shop.example")]);
        tell(&server, &[identify("ada", json!({"email": "ada@people.test", "first_name": "Ada", "language": "de"}))]);
        let before = (get(place, "/api/outbox"), get(place, "/api/leads/ada/events"));
        let own = preview(place, "/api/emails/welcome/preview", json!({"lead": "ada"}));
        assert_eq!(own["measured"], false, "nothing is known of its country, and it never agreed");
        let seen = preview(place, "/api/emails/welcome/preview", json!({"lead": "ada", "measured": true}));
        assert_eq!(seen["measured"], true);
        assert_eq!(preview(place, "/api/emails/welcome/preview", json!({}))["measured"], true);
        assert_eq!((&seen["subject"], &seen["language"]), (&json!("Hallo Ada"), &json!("de")), "{seen:#}");
        assert!(seen["reader"].as_str().unwrap().contains("ada"), "{seen:#}");
        assert!(seen["language_because"].as_str().unwrap().contains("`language`"), "{seen:#}");
        assert_eq!(seen["from"], json!({"name": "Acme", "address": "news@shop.example"}));
        let html = seen["html"].as_str().unwrap();
        assert!(!html.contains("/t/c/") && !html.contains("/t/o/") && html.contains("/u/preview"), "{html}");
        let url = "https://shop.example/shirts/blue?a=1&b=2&utm_source=attractor&utm_medium=email&utm_campaign=welcome";
        assert_eq!((&seen["links"][0]["url"], &seen["links"][0]["topic"]), (&json!(url), &json!("shirts")));
        assert!(seen["text"].as_str().unwrap().contains(url), "{seen:#}");
        assert!(seen["size"].as_u64().unwrap() as usize > html.len(), "links of a copy are longer");
        let unmeasured = preview(place, "/api/emails/welcome/preview", json!({"lead": "ada", "measured": false}));
        assert!(unmeasured["size"].as_u64() < seen["size"].as_u64());
        let token = html.split("/u/").nth(1).unwrap().split('"').next().unwrap();
        let page = server.get(&format!("/u/{token}"));
        assert!(page.status == 200 && page.body.contains("is a preview or a test"), "{}", page.body);
        assert_eq!(before, (get(place, "/api/outbox"), get(place, "/api/leads/ada/events")));
        server.stop();
    });
}

#[test]
fn findings_name_what_to_mend_and_texts_can_be_tried_before_they_are_anywhere() {
    let place = Place::sqlite();
    let server = start(&place, &[("POSTAL_ADDRESS", "")]);
    tell(&server, &[identify("ada", json!({"email": "ada@people.test", "first_name": "Ada"}))]);
    let body = json!({"blocks": [
        {"type": "text", "text": "Hi {{ lead.first_name }}, {{ lead.nmae | default: 'you' }} <a href='#'>x</a> <a href='https://x.example'>y</a>"},
        {"type": "image", "src": "https://x.example/i.png"},
        {"type": "text", "text": "secret", "show": {"attribute": "first_name", "eq": "Eve"}}
    ]});
    let content = json!({"subject": "For {{ lead.first_name }}", "preheader": "A {{ lead.first_name }}", "body": body.to_string()});
    let seen = preview(&place, "/api/emails/preview", json!({"content": content, "lead": "ada"}));
    assert_eq!((&seen["subject"], &seen["preheader"]), (&json!("For Ada"), &json!("A Ada")));
    assert!(!seen["html"].as_str().unwrap().contains("secret"));
    let checks: Vec<&str> =
        seen["findings"].as_array().unwrap().iter().filter_map(|one| one["check"].as_str()).collect();
    for check in
        ["no_alt_text", "no_dimensions", "leads_nowhere", "no_topic", "dead_personalization", "no_postal_address"]
    {
        assert!(checks.contains(&check), "{check}: {checks:?}");
    }
    let nowhere = seen["findings"].as_array().unwrap().iter().find(|one| one["check"] == "leads_nowhere").unwrap();
    assert_eq!((&nowhere["part"], &nowhere["pointer"]), (&json!("body"), &json!("/blocks/0/text")), "{seen:#}");
    let made_up = preview(&place, "/api/emails/preview", json!({"content": content, "sample": "unknown"}));
    assert_eq!(made_up["subject"], "For", "{made_up:#}");
    assert!(made_up["reader"].as_str().unwrap().starts_with("somebody made up"), "{made_up:#}");
    assert!(made_up["html"].as_str().unwrap().contains("secret"), "somebody made up sees every block");
    for (path, body, why) in [
        ("/api/emails/broken/preview", json!({}), "divided by zero"),
        (
            "/api/emails/preview",
            json!({"content": {"subject": "{{ a | nonsense }}", "body": "{\"blocks\": []}"}}),
            "not a filter",
        ),
        ("/api/emails/welcom/preview", json!({}), "did you mean `welcome`"),
        ("/api/emails/welcome/preview", json!({"lead": "nobody"}), "there is no such lead"),
        ("/api/emails/welcome/preview", json!({"language": "fr"}), "it has en, de"),
        ("/api/emails/welcome/preview", json!({"variant": "b"}), "no variants"),
        ("/api/emails/preview", json!({"content": {"subject": "x"}}), "`body` is missing"),
        ("/api/emails/preview", json!({"content": {"subject": "x", "body": "{"}}), "the block list is not valid JSON"),
    ] {
        let refused = send(&place, Method::POST, path, &body).unwrap_err();
        assert!(refused.contains(why), "{path} {body}: {refused}");
    }
    server.stop();
}

/// Signs in as a user of its own; the headers of its session.
fn signed_in(place: &Place, server: &Server, email: &str) -> Vec<(String, String)> {
    let password = "a long enough passphrase, Grace";
    let user = json!({"email": email, "name": "Grace Hopper", "role": "marketer", "password": password});
    send(place, Method::POST, "/api/users", &user).unwrap();
    let body = json!({"email": email, "password": password}).to_string();
    let answer = server.ask("POST", "/api/session", &[("content-type", "application/json")], body.as_bytes());
    assert!(answer.status < 300, "{answer:?}");
    let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let csrf = serde_json::from_str::<Value>(&answer.body).unwrap()["csrf_token"].as_str().unwrap().to_owned();
    vec![("cookie".into(), cookie), ("x-csrf-token".into(), csrf), ("content-type".into(), "application/json".into())]
}

/// The mails to an address that were caught, whole.
fn caught(place: &Place, to: &str) -> Vec<Value> {
    let page = get(place, &format!("/api/caught?search={to}"));
    let ids = page["items"].as_array().unwrap().iter().filter(|item| item["to"] == to);
    ids.map(|item| get(place, &format!("/api/caught/{}", item["id"].as_str().unwrap()))).collect()
}

/// The value of a header, if a mail has it.
fn header<'m>(mail: &'m Value, name: &str) -> Option<&'m str> {
    let headers = mail["headers"].as_array().unwrap();
    headers
        .iter()
        .find(|one| one["name"].as_str().unwrap().eq_ignore_ascii_case(name))
        .and_then(|one| one["value"].as_str())
}

#[test]
fn a_copy_is_shown_again_as_it_was_until_it_is_erased() {
    Place::each(|place| {
        let server = start(place, &[("PUBLIC_URL", "https://leads.acme.test")]);
        tell(&server, &person("ada", json!({"country": "GB"})));
        tell(&server, &[allowed("ada")]);
        let copies = until(place, "sent", |copies| copies.iter().any(|copy| copy["state"] == "sent"));
        let sent = copies.iter().find(|copy| copy["state"] == "sent").unwrap();
        let path = format!("/api/outbox/{}/mail", sent["send_id"].as_str().unwrap().replace('/', "%2F"));
        let left = caught(place, "ada@people.test").pop().unwrap();
        tell(&server, &[identify("ada", json!({"first_name": "Somebody Else"}))]);
        let shown = get(place, &path);
        assert_eq!((&shown["subject"], &shown["to"]), (&left["subject"], &json!("ada@people.test")));
        assert_eq!(shown["from"], json!({"name": "Acme", "address": "news@acme.test"}));
        assert_eq!(
            shown["links"][1],
            json!({"url": "https://shop.example/hats", "topic": "shirts", "sets": {"pain": "cold ears"}})
        );
        let (html, text) = (shown["html"].as_str().unwrap(), shown["text"].as_str().unwrap());
        assert!(text.contains("Hello ada") && html.contains("https://shop.example/hats"), "{text}");
        for personal in ["/t/c/", "/t/o/", "/p/A", "/u/A"] {
            assert!(!html.contains(personal) && !text.contains(personal), "{personal}: {html}");
        }
        let exported = get(place, "/api/leads/ada/export");
        assert_eq!(exported["mails"][0]["document"]["values"]["lead"]["first_name"], "ada", "{exported:#}");
        assert_eq!(exported["mails"][0]["links"][1]["url"], "https://shop.example/hats");
        assert!(exported["caught"].as_array().unwrap().contains(&left), "{exported:#}");
        send(place, Method::DELETE, "/api/leads/ada", &json!({})).unwrap();
        let refused = super::world::refused(place, &path);
        assert!(refused.contains("was composed, or it was erased"), "{refused}");
        server.stop();
    });
}

#[test]
fn a_footer_says_why_one_gets_it_and_says_the_same_when_the_copy_is_shown_again() {
    let place = Place::sqlite();
    let server = start(&place, &[("PUBLIC_URL", "https://leads.acme.test")]);
    let contact = "You get this e-mail because your address is among the contacts of Acme.";
    let asked = "You get this e-mail because you asked Acme to write to you.";
    // Nobody asked her, and the rules of her country do not demand it.
    let bea = identify("bea", json!({"email": "bea@people.test", "country": "US"}));
    tell(&server, &[bea, event("bea", "Form Submitted", json!({}))]);
    let copies = until(&place, "sent", |copies| copies.iter().any(|copy| copy["state"] == "sent"));
    let sent = copies.iter().find(|copy| copy["state"] == "sent").unwrap();
    let left = caught(&place, "bea@people.test").pop().unwrap();
    assert!(left["text"].as_str().unwrap().contains(contact), "{left:#}");
    tell(&server, &[event("bea", "Subscribed", json!({"subscription": "news", "proof": "the form at /news"}))]);
    let path = format!("/api/outbox/{}/mail", sent["send_id"].as_str().unwrap().replace('/', "%2F"));
    let shown = get(&place, &path);
    assert!(shown["text"].as_str().unwrap().contains(contact), "{shown:#}");
    for body in [json!({"lead": "bea"}), json!({})] {
        let next = preview(&place, "/api/emails/welcome/preview", body);
        assert!(next["text"].as_str().unwrap().contains(asked), "{next:#}");
    }
    server.stop();
}

#[test]
fn a_test_goes_to_the_user_who_asks_and_leaves_no_trace_at_the_lead() {
    let place = Place::sqlite();
    let server = start(&place, &[]);
    tell(&server, &[identify("ada", json!({"email": "ada@people.test", "first_name": "Ada"}))]);
    let headers = signed_in(&place, &server, "grace@team.test");
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let ask = |body: Value| server.ask("POST", "/api/emails/welcome/test", &headers, body.to_string().as_bytes());
    let before = (get(&place, "/api/outbox"), get(&place, "/api/leads/ada/events"));
    let answer = ask(json!({"lead": "ada"}));
    assert_eq!(answer.status, 200, "{answer:?}");
    let result: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(
        result,
        json!({"to": "grace@team.test", "subject": "[Test] Hello Ada", "result": "accepted", "caught": true, "answer": null})
    );
    let mail = caught(&place, "grace@team.test").pop().unwrap();
    assert_eq!(mail["subject"], "[Test] Hello Ada");
    for absent in ["List-Unsubscribe", "List-Id", "Feedback-ID"] {
        assert_eq!(header(&mail, absent), None, "{absent}");
    }
    let html = mail["html"].as_str().unwrap();
    assert!(
        !html.contains("/t/") && html.contains("https://shop.example/hats") && html.contains("/u/preview"),
        "{html}"
    );
    assert!(caught(&place, "ada@people.test").is_empty(), "nobody else gets it");
    assert_eq!(before, (get(&place, "/api/outbox"), get(&place, "/api/leads/ada/events")));
    let other = server.ask("POST", "/api/emails/welcome/test?to=ada%40people.test", &headers, b"{}");
    assert!(other.status == 409 && other.body.contains("leave `to` out"), "{other:?}");
    send(&place, Method::POST, "/api/sending/pause", &json!({"why": "lunch"})).unwrap();
    let paused = ask(json!({}));
    assert!(paused.status == 409 && paused.body.contains("lunch"), "{paused:?}");
    send(&place, Method::POST, "/api/sending/resume", &json!({})).unwrap();
    let statuses: Vec<u16> = (0..20).map(|_| ask(json!({})).status).collect();
    assert_eq!((statuses.iter().filter(|status| **status == 200).count(), statuses[19]), (19, 429), "{statuses:?}");
    server.stop();
}

#[test]
fn commands_show_an_e_mail_and_send_it_to_the_user_who_asks() {
    let place = Place::sqlite();
    let server = start(&place, &[]);
    tell(&server, &[identify("ada", json!({"email": "ada@people.test", "first_name": "Ada"}))]);
    signed_in(&place, &server, "grace@team.test");
    let shown = command(&place, &["email", "preview", "welcome", "--lead", "ada"]);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    for part in [
        "From: Acme <news@acme.test>\nSubject: Hello Ada\nLanguage: en (",
        "Link: https://shop.example/hats",
        "\n\nHello Ada,",
    ] {
        assert!(shown.out.contains(part), "{part} in {}", shown.out);
    }
    let german = command(&place, &["email", "preview", "welcome", "--language", "de", "--json"]);
    let german: Value = serde_json::from_str(&german.out).unwrap();
    assert_eq!(german["language"], "de");
    let html = command(&place, &["email", "preview", "welcome", "--html"]).out;
    assert!(html.to_lowercase().starts_with("<!doctype html"), "{html}");

    let sent = command(&place, &["email", "test", "welcome", "--to", " Grace@team.test", "--lead", "ada"]);
    let caught_one = format!(
        "caught: \"[Test] Hello Ada\" to grace@team.test: no mail server is set (`smtp`), so nobody gets it; read it with GET \
         /api/caught, or as the newest file in {}\n",
        place.path().join("caught").display()
    );
    assert_eq!((sent.code, sent.out), (0, caught_one), "{}", sent.err);
    assert_eq!(caught(&place, "grace@team.test").len(), 1);
    for (arguments, why) in [
        (&["email", "test", "welcome", "--to", "ada@people.test"][..], "is not the address of one"),
        (&["email", "test", "welcom", "--to", "grace@team.test"], "welcom"),
        (&["email", "preview", "welcom"], "welcom"),
        (&["email", "test", "welcome"], "--to"),
    ] {
        let refused = command(&place, arguments);
        assert!(refused.code == 2 && refused.err.contains(why), "{arguments:?}: {}", refused.err);
    }
    assert!(caught(&place, "ada@people.test").is_empty(), "a test goes to users alone");
    let unnamed = send(&place, Method::POST, "/api/emails/welcome/test", &json!({})).unwrap_err();
    assert!(unnamed.contains("name with `to`"), "{unnamed}");
    server.stop();
    let alone = command(&place, &["email", "test", "welcome", "--to", "grace@team.test"]);
    assert!(alone.code == 2 && alone.err.contains("ask a server that runs"), "{}", alone.err);
}

#[test]
fn an_e_mail_comes_from_the_sender_that_it_names() {
    Place::each(|place| {
        start(place, &[]).stop();
        place.write(
            "playbook/playbook.yaml",
            &super::world::playbook()
                .replace("id: extra, subject: One more", "id: extra, from: sales, subject: One more"),
        );
        let server = again(place, &[]);
        let apply = ["apply", &place.path().join("playbook").display().to_string(), "--yes", "--force"];
        let applied = command(place, &apply);
        assert!(
            applied.err.contains("there is no such sender") || applied.out.contains("there is no such sender"),
            "{} {}",
            applied.out,
            applied.err
        );
        let preview_of = |place: &Place| preview(place, "/api/emails/extra/preview", json!({}));
        assert_eq!(preview_of(place)["from"]["address"], "news@acme.test");
        for (body, why) in [
            (json!({"id": "sales", "address": "a@x.test\r\nBcc: b@y.test"}), "has no place in an address"),
            (json!({"id": "owner", "address": "a@x.test"}), "`owner` stands for"),
            (json!({"id": "sales", "address": "a@x.test", "name": "A\nB"}), "one line"),
            (json!({"id": "sales", "address": "a@x.test", "reply_to": "b@y.test,c@z.test"}), "several @"),
        ] {
            let refused = send(place, Method::POST, "/api/senders", &body).unwrap_err();
            assert!(refused.contains(why), "{body}: {refused}");
        }
        let made = send(place, Method::POST, "/api/senders", &json!({"id": "sales", "name": "Grace Hopper", "address": "grace@home.test", "postal_address": "2 Lane, York"})).unwrap();
        assert_eq!(made["shown_from"], json!({"name": "Grace Hopper", "address": "news@acme.test"}), "{made:#}");
        assert_eq!(
            (&made["is_aligned"], &made["answers_to"], &made["emails"]),
            (&json!(false), &json!("grace@home.test"), &json!(["extra"]))
        );
        let checks = preview_of(place);
        assert!(
            checks["findings"].as_array().unwrap().iter().any(|one| one["check"] == "from_not_aligned"),
            "{checks:#}"
        );
        let mut ada = person("ada", json!({"asks": true}));
        ada.pop();
        tell(&server, &ada);
        until(place, "sent", |copies| copies.iter().any(|copy| copy["state"] == "sent"));
        let mail = caught(place, "ada@people.test").pop().unwrap();
        assert_eq!(header(&mail, "From"), Some("\"Grace Hopper\" <news@acme.test>"));
        assert!(header(&mail, "Reply-To").unwrap().contains("<grace@home.test>"), "{mail:#}");
        assert!(mail["text"].as_str().unwrap().contains("2 Lane, York"), "{mail:#}");
        let changed = send(
            place,
            Method::PUT,
            "/api/senders/sales",
            &json!({"address": "grace@acme.test", "postal_address": ""}),
        )
        .unwrap();
        assert_eq!((&changed["is_aligned"], &changed["postal_address"]), (&json!(true), &Value::Null));
        let refused = send(place, Method::DELETE, "/api/senders/sales", &json!({})).unwrap_err();
        assert!(refused.contains("named by the e-mails extra"), "{refused}");
        let audit = get(place, "/api/audit")["entries"].to_string();
        assert!(audit.contains("sender added") && audit.contains("sender changed"), "{audit}");
        server.stop();
    });
}

/// Somebody agrees to be measured.
fn allowed(user: &str) -> Value {
    super::world::event(user, "Tracking Allowed", json!({"proof": "the form at /news"}))
}
