//! E-mails over the API, before they leave and as they left.

use axum::http::Method;
use serde_json::{Value, json};

use super::running::Place;
use super::world::{get, identify, send, start, tell};

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
    assert!(broken["problems"][0]["message"].as_str().unwrap().contains("nonsense"), "{broken:#}");
    assert_eq!((&broken["words"], &broken["links"]), (&Value::Null, &json!([])));
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
        let seen = preview(place, "/api/emails/welcome/preview", json!({"lead": "ada"}));
        assert_eq!((&seen["subject"], &seen["language"]), (&json!("Hallo Ada"), &json!("de")), "{seen:#}");
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
        assert_eq!(server.get(&format!("/u/{token}")).status, 404);
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
    assert!(made_up["html"].as_str().unwrap().contains("secret"), "somebody made up sees every block");
    for (path, body, why) in [
        ("/api/emails/broken/preview", json!({}), "nonsense"),
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
