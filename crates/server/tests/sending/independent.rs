//! Mails that the program sent over SMTP, read and verified by other people's programs: Python's `email`, dkimpy and html5lib.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

use super::python::{or_report, python, run};
use super::running::Place;
use super::sink::Sink;
use super::smtp::settings;
use super::world::{command, event, get, person, start, tell, until};

const RSA: &str = include_str!("../../../mail/tests/keys/rsa.pem");

const PLAYBOOK: &str = r#"
playbook: letters
topics: [{id: shirts}]
subscriptions: [{id: news, name: "Grüße & Neues"}]
emails:
  - id: letter
    subject: "Grüße 👩‍🔧 an {{ lead.first_name }}: ein Betreff, der länger ist als die siebzig Zeichen einer Zeile"
    preheader: "Für Sie, {{ lead.first_name }}"
    body: emails/letter.mjml
    subscription: news
    topic: shirts
    languages: {ar: {subject: "مرحبا {{ lead.first_name }}", body: emails/letter.json}}
sequences: [{id: writing, enroll: {event: Form Submitted}, steps: [{send: letter}]}]
"#;

fn body() -> String {
    let (long, word) = ("Ein sehr langer Absatz ohne Ende. ".repeat(120), "ä".repeat(1_500));
    format!(
        "<mjml><mj-body><mj-section><mj-column><mj-text>Hello {{{{ lead.first_name }}}}, {long}{word}\n.\n..\n\
         <a href=\"https://shop.example/shirts?a=1&amp;b=ü\">Hemden</a></mj-text>\
         <mj-button href=\"{{{{ 'https://shop.example/' | attractor: 'shirts' }}}}\">Laden</mj-button>\
         <mj-image src=\"https://shop.example/i.png\" alt=\"Ein Hemd\" width=\"200px\" height=\"100px\"></mj-image>\
         </mj-column></mj-section></mj-body></mjml>"
    )
}

fn blocks() -> String {
    json!({"blocks": [
        {"type": "heading", "text": "مرحبا {{ lead.first_name }}"},
        {"type": "columns", "columns": [{"blocks": [{"type": "text", "text": "نص"}]}, {"blocks": [{"type": "divider"}]}]},
        {"type": "list", "items": ["واحد", "اثنان"], "ordered": true},
        {"type": "button", "text": "المتجر", "url": "https://shop.example/", "topic": "shirts"},
        {"type": "footer"}
    ]})
    .to_string()
}

#[test]
fn other_programs_find_nothing_wrong_in_what_leaves() {
    let Some(python) = or_report(python()) else { return };
    let (place, sink) = (Place::sqlite(), Sink::start());
    place.write("dkim.pem", RSA);
    let mut settings = settings(&sink);
    settings.extend([("DKIM_RSA", "dkim.pem".to_owned()), ("SPF", "ip4:127.0.0.1".to_owned())]);
    settings.extend([("SENDER_NAME", "Bücher & Söhne, \"Leeds\"".to_owned())]);
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = start(&place, &settings);
    place.write("letters/playbook.yaml", PLAYBOOK);
    place.write("letters/emails/letter.mjml", &body());
    place.write("letters/emails/letter.json", &blocks());
    let folder = place.path().join("letters").display().to_string();
    let applied = command(&place, &["apply", &folder, "--yes", "--force"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    let people = [
        ("ok-zoe", "Zoë 👍 \"Z\" O'Hara <b>", "de", true),
        ("ok-jan", "Jan", "en", false),
        ("ok-layla", "ليلى", "ar", true),
    ];
    for (user, name, language, is_measured) in people {
        let mut messages = person(user, json!({"first_name": name, "language": language}));
        if is_measured {
            messages.insert(1, event(user, "Tracking Allowed", json!({"proof": "the banner"})));
        }
        tell(&server, &messages);
    }
    until(&place, "sent", |copies| copies.iter().filter(|copy| copy["state"] == "sent").count() == people.len());
    let checked = tempfile::tempdir().unwrap();
    let cases = people.map(|(user, name, language, is_measured)| {
        let mails = sink.mails(&format!("{user}@people.test"));
        assert_eq!(mails.len(), 1, "{user}");
        fs::write(checked.path().join(format!("{user}.eml")), &mails[0]).unwrap();
        let language = if language == "ar" { "ar" } else { "en" };
        json!({"file": format!("{user}.eml"), "subject": name, "text": name, "language": language, "is_measured": is_measured})
    });
    let write = |name: &str, value: &Value| fs::write(checked.path().join(name), value.to_string()).unwrap();
    write("cases.json", &json!(cases));
    write("records.json", &records(&get(&place, "/api/sending/domain")));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mail/tests/independent/sent.py");
    let report = run(Command::new(python).arg(script).arg(checked.path())).unwrap_or_else(|why| panic!("{why}"));
    eprintln!("Python's email, dkimpy and html5lib: {report}");
    server.stop();
}

/// The records of the keys, by their names.
fn records(domain: &Value) -> Value {
    let all = domain["records"].as_array().unwrap().iter();
    let keys = all.filter(|record| record["name"].as_str().is_some_and(|name| name.contains("._domainkey.")));
    let keys: Map<String, Value> =
        keys.map(|record| (record["name"].as_str().unwrap().to_owned(), record["value"].clone())).collect();
    assert_eq!(keys.len(), 2, "{domain:#}");
    Value::Object(keys)
}
