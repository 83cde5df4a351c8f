//! Forms: from a page to a confirmed address, a consent with its proof and a file; and what strangers may do with them.

use axum::http::Method;
use serde_json::{Value, json};

use super::running::{Answer, Place, Server};
use super::world::{command, copies, get, send, start, tell, until, until_at};

const LINKS: &str = "https://leads.acme.test";
const MEDIA: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const PDF: &[u8] = b"%PDF-1.7 the guide";
const CONSENT: &str = "Send me your news. I can end this at any time.";

pub fn begin(place: &Place) -> Server {
    start(place, &[("PUBLIC_URL", LINKS)])
}

/// The key of a marketer, as a header.
pub fn marketer(place: &Place) -> String {
    let made = command(place, &["key", "add", "me", "--api", "marketer"]);
    format!("Bearer {}", made.out.trim())
}

pub fn upload(server: &Server, key: &str, name: &str, content: &[u8]) -> Answer {
    server.ask("POST", &format!("/api/assets?name={name}"), &[("authorization", key)], content)
}

pub fn form(asset: Option<&str>) -> Value {
    let mut form = json!({
        "title": "The <guide>",
        "fields": [
            {"name": "email", "type": "email", "label": "Your e-mail", "required": true},
            {"name": "name", "type": "text", "label": "First name", "attribute": "first_name"},
            {"name": "message", "type": "textarea", "label": "Message"}
        ],
        "consents": [{"subscription": "news", "text": CONSENT}],
        "emits": "Demo Requested", "topic": "shirts", "intent": "educate",
        "translations": {"de": {"title": "Der Leitfaden", "labels": {"email": "Ihre E-Mail"}}}
    });
    if let Some(asset) = asset {
        form["asset"] = json!({"id": asset, "name": "The guide", "format": "guide"});
    }
    form
}

pub fn make(place: &Place, id: &str, form: &Value) {
    send(place, Method::POST, "/api/forms", &json!({"id": id, "form": form})).unwrap();
}

/// A form that delivers a file.
fn make_guide(place: &Place, server: &Server) -> Value {
    let asset = upload(server, &marketer(place), "guide.pdf", PDF).json();
    make(place, "guide", &form(asset["id"].as_str()));
    asset
}

pub fn submit(server: &Server, path: &str, fields: &str) -> Answer {
    server.ask("POST", path, &[MEDIA], fields.as_bytes())
}

/// The newest mail to an address, as soon as so many were caught.
pub fn letter(place: &Place, address: &str, count: usize) -> Value {
    let path = format!("/api/caught?search={address}");
    let list = until_at(place, &path, |list| list["items"].as_array().unwrap().len() >= count);
    assert_eq!(list["items"].as_array().unwrap().len(), count, "{list}");
    get(place, &format!("/api/caught/{}", list["items"][0]["id"].as_str().unwrap()))
}

fn header<'m>(mail: &'m Value, name: &str) -> &'m str {
    let headers = mail["headers"].as_array().unwrap();
    let found = headers.iter().find(|header| header["name"].as_str().unwrap().eq_ignore_ascii_case(name));
    found.and_then(|header| header["value"].as_str()).unwrap_or_default()
}

/// The path of the first link in a text that begins like this.
fn path(text: &str, start: &str) -> String {
    let at = text.find(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    let rest = &text[at..];
    let end = rest.find(|c: char| c.is_whitespace() || "\"<>".contains(c)).unwrap_or(rest.len());
    rest[..end].strip_prefix(LINKS).unwrap_or(&rest[..end]).to_owned()
}

pub fn link(mail: &Value) -> String {
    path(mail["text"].as_str().unwrap(), &format!("{LINKS}/f/confirm/"))
}

/// The events of a lead of one kind.
pub fn events(place: &Place, lead: &str, kind: &str) -> Vec<Value> {
    let page = get(place, &format!("/api/leads/{lead}/events"));
    let all = page["items"].as_array().unwrap().iter();
    all.filter(|one| one["message"]["event"] == kind).map(|one| one["message"].clone()).collect()
}

/// From here on marketing may leave; and nothing is left behind an erasure.
fn then_it_is_written_to_and_erased(place: &Place, server: &Server, links: &[&str]) {
    tell(server, &[json!({"type": "identify", "traits": {"email": "ada@people.test", "asks": true}})]);
    until(place, "marketing", |copies| copies.iter().any(|copy| copy["email"] == "extra" && copy["state"] == "sent"));
    let export = get(place, "/api/leads/ada@people.test/export");
    assert_eq!(export["form_requests"][0]["agreed"], json!([CONSENT]), "{}", export["form_requests"]);
    send(place, Method::DELETE, "/api/leads/ada@people.test", &Value::Null).unwrap();
    assert!(links.iter().all(|link| server.get(link).status == 404), "erasure voids its links");
}

#[test]
fn a_form_leads_to_a_confirmed_address_a_consent_with_proof_and_a_file() {
    Place::each(|place| {
        let server = begin(place);
        make_guide(place, &server);
        let page = server.get("/f/guide");
        assert_eq!((page.status, page.header("content-language")), (200, Some("en")));
        assert!(page.body.contains("Your e-mail</label>") || page.body.contains("Your e-mail <abbr"), "{}", page.body);
        assert!(page.body.contains("The &lt;guide&gt;") && page.body.contains(CONSENT), "{}", page.body);

        let fields = "email=Ada%40people.test&name=Ada&message=Hello&_consent=0";
        let thanks = submit(&server, "/f/guide", fields);
        assert!(thanks.status == 200 && thanks.body.contains("We have sent you an e-mail"), "{thanks:?}");
        let lead = get(place, "/api/leads/ada@people.test");
        assert_eq!((&lead["unconfirmed"], &lead["attributes"]["first_name"]["public"]), (&json!(true), &json!(true)));
        let consent = &lead["consent"]["subscription:news"];
        let why = "no, because nobody has confirmed this address yet";
        assert_eq!((&consent["state"], &consent["decision"]), (&json!("unknown"), &json!(why)), "{}", lead["consent"]);
        let submitted = events(place, "ada@people.test", "Form Submitted");
        let properties = json!({"form": "guide", "form_name": "The <guide>", "topic": "shirts", "intent": "educate",
            "answers": {"message": "Hello"}});
        assert_eq!((&submitted[0]["properties"], &submitted[0]["context"]["public"]), (&properties, &json!(true)));
        assert_eq!(events(place, "ada@people.test", "Demo Requested").len(), 1);
        // What the form caused does not reach an address that nobody confirmed.
        until(place, "unconfirmed", |copies| copies.iter().any(|copy| copy["reason"] == "unconfirmed"));

        let mail = letter(place, "ada@people.test", 1);
        assert_eq!(mail["subject"], "Please confirm your e-mail address");
        assert_eq!((header(&mail, "Auto-Submitted"), header(&mail, "List-Unsubscribe")), ("auto-replied", ""));
        let html = mail["html"].as_str().unwrap();
        assert!(html.contains("The &lt;guide&gt;") && html.contains(CONSENT) && html.contains("The guide"), "{html}");
        assert!(!html.contains("/t/o/") && !html.contains("/t/c/") && !html.contains("Ada"), "{html}");
        let link = link(&mail);
        for method in ["GET", "HEAD", "GET"] {
            assert_eq!(server.ask(method, &link, &[], b"").status, 200);
        }
        assert_eq!(get(place, "/api/leads/ada@people.test")["unconfirmed"], true, "looking confirms nothing");

        let done = submit(&server, &link, "act=confirm");
        assert!(done.status == 200 && done.body.contains("Your address is confirmed"), "{done:?}");
        let lead = get(place, "/api/leads/ada@people.test");
        assert_eq!((&lead["unconfirmed"], &lead["attributes"]["first_name"]["public"]), (&json!(false), &Value::Null));
        assert_eq!(lead["attributes"]["email"]["value"], "Ada@people.test");
        assert_eq!(lead["consent"]["subscription:news"]["state"], "granted", "{}", lead["consent"]);
        let granted = events(place, "ada@people.test", "Subscribed");
        let proof = granted[0]["properties"]["proof"].as_str().unwrap();
        assert!(proof.starts_with(&format!("{LINKS}/f/guide, asked 20")) && proof.contains(CONSENT), "{proof}");
        assert!(proof.contains(", confirmed 20") && !proof.contains("127.0.0.1"), "{proof}");
        let again = submit(&server, &link, "act=confirm");
        assert!(again.status == 200 && events(place, "ada@people.test", "Subscribed").len() == 1, "{again:?}");

        let download = path(&done.body, "/d/");
        assert_eq!((server.get(&download).status, server.ask("HEAD", &download, &[], b"").status), (200, 200));
        assert_eq!(events(place, "ada@people.test", "Content Downloaded"), Vec::<Value>::new());
        for _ in 0..2 {
            let file = submit(&server, &download, "");
            assert_eq!((file.status, file.body.as_bytes()), (200, PDF));
            assert_eq!(file.header("content-disposition"), Some("attachment; filename*=UTF-8''guide.pdf"));
        }
        let taken = events(place, "ada@people.test", "Content Downloaded");
        let properties =
            json!({"asset": "The guide", "form": "guide", "format": "guide", "topic": "shirts", "intent": "educate"});
        assert_eq!(taken.iter().map(|one| &one["properties"]).collect::<Vec<_>>(), [&properties]);

        then_it_is_written_to_and_erased(place, &server, &[&link, &download]);
        server.stop();
    });
}

#[test]
fn whether_an_address_is_known_makes_no_difference_to_what_is_seen() {
    let place = Place::sqlite();
    let server = begin(&place);
    make_guide(&place, &server);
    let known =
        json!({"type": "identify", "userId": "c-1", "traits": {"email": "cid@people.test", "first_name": "Cid"}});
    tell(&server, &[known]);
    let of = |address: &str| submit(&server, "/f/guide", &format!("email={address}&name=Eve&_consent=0"));
    let (known, unknown) = (of("cid@people.test"), of("dan@people.test"));
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    letter(&place, "cid@people.test", 1);
    letter(&place, "dan@people.test", 1);
    let lead = get(&place, "/api/leads/user:c-1");
    assert_eq!(lead["attributes"]["first_name"]["value"], "Cid", "a stranger overwrites nothing");
    assert_eq!(lead["unconfirmed"], false);
    assert_eq!(events(&place, "user:c-1", "Form Submitted").len(), 1);
}

#[test]
fn what_a_program_fills_in_and_too_much_of_anything_comes_to_nothing() {
    let place = Place::sqlite();
    let server = begin(&place);
    make_guide(&place, &server);
    let thanks = submit(&server, "/f/guide", "email=ada%40people.test&_consent=0");
    let trapped = submit(&server, "/f/guide", "email=bot%40people.test&_consent=0&homepage=https%3A%2F%2Fspam.example");
    assert_eq!((trapped.status, &trapped.body), (thanks.status, &thanks.body), "a program hears nothing else");
    assert!(send(&place, Method::GET, "/api/leads/bot@people.test", &Value::Null).is_err(), "nothing is stored");
    // Three confirmations a day go to an address, whatever the form.
    make(&place, "demo", &form(None));
    for path in ["/f/demo", "/f/guide", "/f/demo", "/f/guide"] {
        assert_eq!(submit(&server, path, "email=ADA%40people.test&_consent=0").status, 200);
    }
    until(&place, "three", |copies| copies.iter().filter(|copy| copy["state"] == "sent").count() == 3);
    assert_eq!(copies(&place).iter().filter(|copy| copy["source"] == "form").count(), 3);
    assert_eq!(events(&place, "ada@people.test", "Form Submitted").len(), 5);
    // A hundred forms in ten minutes come from a network.
    let many = (0..100).map(|_| submit(&server, "/f/guide", "email=nobody").status);
    let many: Vec<u16> = many.filter(|status| *status != 422).collect();
    assert!(!many.is_empty() && many.iter().all(|status| *status == 429), "{many:?}");
}

#[test]
fn a_link_that_has_expired_offers_a_new_one() {
    Place::each(|place| {
        let server = begin(place);
        make(place, "demo", &form(None));
        submit(&server, "/f/demo", "email=ada%40people.test&_consent=0&_language=de");
        let first = letter(place, "ada@people.test", 1);
        assert_eq!(first["subject"], "Bitte bestätigen Sie Ihre E-Mail-Adresse");
        let link = link(&first);
        let week = 7 * 24 * 60 * 60 * 1_000_i64 + 1;
        let sql = "UPDATE form_requests SET asked_at = asked_at - $1";
        place.store().execute(sql, &[week.into()]).unwrap();
        let expired = submit(&server, &link, "act=confirm");
        assert!(expired.status == 410 && expired.body.contains("gilt 7 Tage"), "{expired:?}");
        assert_eq!(get(place, "/api/leads/ada@people.test")["unconfirmed"], true);
        assert_eq!(submit(&server, &link, "act=again").status, 200);
        let list =
            until_at(place, "/api/caught?search=ada@people", |list| list["items"].as_array().unwrap().len() == 2);
        let links: Vec<String> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| self::link(&get(place, &format!("/api/caught/{}", item["id"].as_str().unwrap()))))
            .collect();
        let new = links.iter().find(|new| **new != link).unwrap();
        assert_eq!(submit(&server, new, "act=confirm").status, 200);
        assert_eq!(get(place, "/api/leads/ada@people.test")["unconfirmed"], false);
        for odd in ["/f/confirm/x", "/d/x", &link.replace("confirm/", "confirm/A")] {
            assert_eq!(server.get(odd).status, 404, "{odd}");
        }
        server.stop();
    });
}

#[test]
fn a_form_is_read_by_people_and_scripts_from_any_page() {
    let place = Place::sqlite();
    let server = begin(&place);
    let mut redirected = form(None);
    redirected["redirect"] = json!("https://leads.acme.test/thanks");
    make(&place, "demo", &redirected);
    let (ada, json_of) =
        ("email=ada%40people.test", [MEDIA, ("accept", "application/json"), ("origin", "https://x.example")]);
    let wrong = server.ask("POST", "/f/demo", &json_of, b"email=ada");
    assert_eq!((wrong.status, wrong.header("access-control-allow-origin")), (422, Some("*")));
    assert_eq!(wrong.header("access-control-allow-credentials"), None);
    assert_eq!(wrong.json()["errors"]["email"], "This is not an e-mail address. It looks like name@example.org.");
    let done = server.ask("POST", "/f/demo", &json_of, ada.as_bytes());
    assert_eq!((done.status, &done.json()["redirect"]), (200, &json!("https://leads.acme.test/thanks")));
    let moved = submit(&server, "/f/demo", &format!("{ada}&redirect=https%3A%2F%2Fevil.example"));
    assert_eq!((moved.status, moved.header("location")), (303, Some("https://leads.acme.test/thanks")));
    let german = server.ask("GET", "/f/demo", &[("accept-language", "de-AT,de;q=0.9")], b"");
    assert!(german.body.contains("Der Leitfaden") && german.body.contains("Absenden"), "{}", german.body);
    let long = format!("email=long%40people.test&message={}", "%C3%BC".repeat(5_000));
    assert_eq!(submit(&server, "/f/demo", &long).status, 303, "as long as a field may be");
    assert_eq!(submit(&server, "/f/demo", &"x".repeat(300_000)).status, 413);
    let again = submit(&server, "/f/demo", "email=%22%3E%3Cscript%3E&name=%3Cb%3E");
    assert_eq!(again.status, 422);
    assert!(!again.body.contains("<script") && again.body.contains("value=\"&lt;b&gt;\""), "{}", again.body);
    // The visitor whom the site's script knows becomes the lead, with what it saw before.
    tell(&server, &[json!({"type": "page", "anonymousId": "v-1", "properties": {"path": "/shirts/blue"}})]);
    assert_eq!(submit(&server, "/f/demo", "email=bea%40people.test&_visitor=v-1").status, 303);
    assert!(get(&place, "/api/leads/bea@people.test/events").to_string().contains("/shirts/blue"));
    let script = server.get("/f/attractor-forms.js");
    assert_eq!((script.status, script.header("content-type")), (200, Some("text/javascript; charset=utf-8")));
    let item = get(&place, "/api/forms/demo");
    assert!(item["snippet"].as_str().unwrap().contains("action=\"https://leads.acme.test/f/demo\""), "{item}");
    assert_eq!(server.get("/f/none").status, 404);
    assert!(copies(&place).iter().all(|copy| copy["source"] != "form"), "nobody asked for anything");
}

#[test]
fn a_form_that_cannot_be_used_is_refused_and_a_file_that_it_delivers_stays() {
    let place = Place::sqlite();
    let server = begin(&place);
    let asset = make_guide(&place, &server);
    let refused = |change: Value| {
        let mut form = form(None);
        form.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        send(&place, Method::POST, "/api/forms", &json!({"id": "odd", "form": form})).unwrap_err()
    };
    assert!(refused(json!({"redirect": "https://evil.example/"})).contains("own_domains"));
    assert!(refused(json!({"topic": "shrits"})).contains("shirts"));
    assert!(refused(json!({"asset": {"id": "0"}})).contains("no asset"));
    let checked = send(&place, Method::POST, "/api/playbook/check", &json!({"text": "playbook: bare\n"})).unwrap();
    for word in ["the form `guide` asks for consent to `news`", "the form `guide` has the topic `shirts`"] {
        assert!(checked["lines"].to_string().contains(word), "{word} in {}", checked["lines"]);
    }
    let twice = send(&place, Method::POST, "/api/forms", &json!({"id": "guide", "form": form(None)}));
    assert!(twice.unwrap_err().contains("already"));
    let path = format!("/api/assets/{}", asset["id"].as_str().unwrap());
    assert!(send(&place, Method::DELETE, &path, &Value::Null).unwrap_err().contains("`guide` delivers"));
    send(&place, Method::PUT, "/api/forms/guide", &json!({"form": form(None)})).unwrap();
    send(&place, Method::PUT, "/api/forms/guide", &json!({"id": "guide", "form": form(None)})).unwrap();
    let renamed = json!({"id": "other", "form": form(None)});
    let why = send(&place, Method::PUT, "/api/forms/guide", &renamed).unwrap_err();
    assert!(why.contains("the id of a form stays"), "{why}");
    send(&place, Method::DELETE, &path, &Value::Null).unwrap();
    send(&place, Method::DELETE, "/api/forms/guide", &Value::Null).unwrap();
    assert_eq!(get(&place, "/api/forms")["items"], json!([]));
    let whats: Vec<Value> =
        get(&place, "/api/audit")["entries"].as_array().unwrap().iter().map(|one| one["what"].clone()).collect();
    for what in ["form added", "form changed", "form removed", "asset added", "asset removed"] {
        assert!(whats.contains(&json!(what)), "{what} in {whats:?}");
    }
}

#[test]
fn files_are_shown_by_what_they_are_and_run_nothing() {
    Place::each(|place| {
        let server = begin(place);
        let key = marketer(place);
        for (name, content, media, shown) in [
            ("logo.png", &b"\x89PNG\r\n\x1a\nrest"[..], "image/png", true),
            ("photo.html", b"\xff\xd8\xff\xe0rest", "image/jpeg", true),
            (
                "drawing.svg",
                b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
                "application/octet-stream",
                false,
            ),
            ("page.png", b"<!doctype html><script>alert(1)</script>", "application/octet-stream", false),
            ("guide.pdf", PDF, "application/pdf", false),
        ] {
            let made = upload(&server, &key, name, content);
            assert_eq!(made.status, 201, "{made:?}");
            let made = made.json();
            assert_eq!((&made["media"], &made["inline"]), (&json!(media), &json!(shown)));
            let path = made["url"].as_str().unwrap().strip_prefix(LINKS).unwrap().to_owned();
            let file = server.get(&path);
            assert_eq!((file.status, file.header("content-type")), (200, Some(media)), "{name}");
            assert_eq!(file.header("content-disposition").is_some(), !shown, "{name}");
            assert_eq!(file.header("content-security-policy"), Some("sandbox; default-src 'none'"));
            assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"));
            assert_eq!(file.header("set-cookie"), None);
            let tag = file.header("etag").unwrap().to_owned();
            assert_eq!(server.ask("GET", &path, &[("if-none-match", &tag)], b"").status, 304);
            assert_eq!(server.get(&format!("{path}.html")).status, 404, "under its own name alone");
        }
        assert_eq!(upload(&server, &key, "again.png", b"\x89PNG\r\n\x1a\nrest").json()["name"], "logo.png");
        assert_eq!(upload(&server, &key, "empty.png", b"").status, 422);
        assert_eq!(upload(&server, &key, "large.bin", &vec![0; (20 << 20) + 1]).status, 413);
        assert_eq!(upload(&server, &key, "whole.bin", &vec![0; 20 << 20]).status, 201);
        assert_eq!(get(place, "/api/assets")["items"].as_array().unwrap().len(), 6);
        server.stop();
    });
}

#[test]
fn a_network_that_asks_too_much_waits() {
    let place = Place::sqlite();
    let server = start(&place, &[("RATE_PER_NETWORK", "5"), ("TRUSTED_PROXIES", "127.0.0.1")]);
    let asked = |from: &str, path: &str| server.ask("GET", path, &[("x-forwarded-for", from)], b"");
    let paths = ["/t/c/x", "/t/o/x", "/u/x", "/p/x", "/f/x"];
    assert!(paths.iter().all(|path| asked("203.0.113.7", path).status == 404));
    let refused = asked("203.0.113.7", "/d/x");
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").is_some(), "{refused:?}");
    assert_eq!(asked("203.0.113.8", "/t/c/x").status, 404, "others go on");
    assert!((0..10).all(|_| server.get("/u/x").status == 404), "the machine itself has no limit");
}
