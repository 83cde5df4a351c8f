//! Caught mails, read by Python's own `email` with every defect an error.

use std::process::Command;

use serde_json::{Value, json};

use super::running::Place;
use super::world::{get, person, start, tell, until};

const SCRIPT: &str = r#"
import json, sys, email, email.policy
mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.strict)
html = mail.get_body(("html",)).get_content()
text = mail.get_body(("plain",)).get_content()
print(json.dumps({
    "from": str(mail["from"]), "to": mail["to"].addresses[0].addr_spec, "name": mail["to"].addresses[0].display_name,
    "subject": str(mail["subject"]), "html": html, "text": text, "defects": [str(d) for p in mail.walk() for d in p.defects],
    "date": mail["date"].datetime.tzinfo is not None, "id": str(mail["message-id"]),
}))
"#;

fn read(raw: &str) -> Option<Value> {
    use std::io::Write;
    let mut python = Command::new("python3");
    python.args(["-c", SCRIPT]).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = match python.spawn() {
        Ok(child) => child,
        Err(why) => {
            assert!(std::env::var_os("ATTRACTOR_INSIST").is_none(), "no Python: {why}");
            eprintln!("!!! Caught mails were NOT read by Python: {why}");
            return None;
        }
    };
    child.stdin.take().unwrap().write_all(raw.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success());
    Some(serde_json::from_slice(&done.stdout).unwrap())
}

#[test]
fn other_readers_find_in_a_mail_what_was_put_into_it() {
    let place = Place::sqlite();
    let server = start(&place, &[("SENDER_NAME", "Bücher & Söhne, \"Leeds\"")]);
    let hostile = "Zoë\r\nBcc: eve@x.test <b>\u{202e}";
    tell(&server, &person("ada", json!({"first_name": hostile})));
    until(&place, "sent", |copies| copies.iter().any(|copy| copy["state"] == "sent"));
    let id = get(&place, "/api/caught")["items"][0]["id"].as_str().unwrap().to_owned();
    let mail = get(&place, &format!("/api/caught/{id}"));
    let Some(found) = read(mail["raw"].as_str().unwrap()) else { return };
    assert_eq!(found["defects"], json!([]), "{found:#}");
    assert_eq!(found["to"], "ada@people.test");
    assert!(found["subject"].as_str().unwrap().starts_with("Hello Zoë Bcc: eve@x.test <b>"), "{found:#}");
    assert!(found["from"].as_str().unwrap().contains("Bücher & Söhne"), "{found:#}");
    assert!(found["html"].as_str().unwrap().contains("&lt;b&gt;"), "{found:#}");
    assert!(found["text"].as_str().unwrap().contains("https://shop.example/shirts/blue?a=1&b=2"), "{found:#}");
    assert!(found["id"].as_str().unwrap().ends_with("@acme.test>"), "{found:#}");
    server.stop();
}
