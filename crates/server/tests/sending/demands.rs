//! What strangers may try on mail, forms and links: addresses that are none, letters that look alike, claims of a public
//! key, questions about people, requests that name another host, and files without end.

use serde_json::{Value, json};

use super::forms::{form, letter, link, make, marketer, submit, upload};
use super::running::{PUBLIC_KEY, Place, Server};
use super::sink::Sink;
use super::smtp::{borrowed, settings};
use super::world::{event, get, identify, start, tell, until};

fn sending(place: &Place, sink: &Sink) -> Server {
    start(place, &borrowed(&settings(sink)))
}

/// Somebody with this address who agreed to everything and submitted a form.
fn asks_at(user: &str, address: &str) -> Vec<Value> {
    let proof = json!({"proof": "the form at /news, double opt-in"});
    vec![
        identify(user, json!({"email": address})),
        event(user, "Subscribed", proof),
        event(user, "Form Submitted", json!({})),
    ]
}

/// The first copy of a lead.
fn welcome<'c>(copies: &'c [Value], user: &str) -> &'c Value {
    copies.iter().find(|copy| copy["lead_name"] == user && copy["email"] == "welcome").unwrap_or(&Value::Null)
}

const NO_MAILBOX: [&str; 14] = [
    "a\r\nBcc: ok-eve@people.test",
    "ok-a@people.test\r\nRCPT TO:<ok-eve@people.test>",
    "ok-a@people.test,ok-b@people.test",
    "ok-a@people.test;ok-b@people.test",
    "noat",
    "<ok-a@people.test>",
    "Ada <ok-a@people.test>",
    "x,ok-a@people.test",
    ".ok-a@people.test",
    "ok..a@people.test",
    "ok(a)@people.test",
    "\"ok-a@people.test",
    "ok-a@[127.0.0.1]",
    "ok-a@localhost",
];

#[test]
fn a_text_that_is_not_one_mailbox_is_never_written_to() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = sending(place, &sink);
        let user = |number: usize| format!("lead-{number}");
        for (number, address) in NO_MAILBOX.iter().enumerate() {
            tell(&server, &asks_at(&user(number), address));
        }
        let is_over = |copies: &[Value]| (0..NO_MAILBOX.len()).all(|n| welcome(copies, &user(n))["state"] == "skipped");
        let copies = until(place, "all skipped", is_over);
        for (number, address) in NO_MAILBOX.iter().enumerate() {
            let reason = welcome(&copies, &user(number))["reason"].as_str().unwrap();
            assert!(reason.starts_with("no_address"), "{address:?}: {reason}");
        }
        assert_eq!(sink.taken(), Default::default());
        server.stop();
    });
}

/// U+212A is a letter of its own that looks like a K, and becomes a k where case is folded.
#[test]
fn letters_that_fold_into_others_stay_two_mailboxes_and_the_key_is_what_is_written_to() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = sending(place, &sink);
        let people = [
            ("kelvin", "ok-fresh\u{212a}@people.test", "ok-fresh\u{212a}@people.test"),
            ("plain", "OK-freshK@People.test", "ok-freshk@people.test"),
            ("hidden", " ok-hid\u{200b}den@people.test ", "ok-hidden@people.test"),
            ("foreign", "ok-joe@b\u{fc}cher.test", "ok-joe@xn--bcher-kva.test"),
        ];
        for (user, address, _) in people {
            tell(&server, &asks_at(user, address));
        }
        let is_over = |copies: &[Value]| people.iter().all(|(user, ..)| welcome(copies, user)["state"] == "sent");
        until(place, "all sent", is_over);
        let expected = people.map(|(.., key)| (key.to_owned(), 1));
        assert_eq!(sink.taken(), expected.into());
        server.stop();
    });
}

/// Ada's country came with the server's key, Eve's with the site's. Where nobody agreed, only the first counts.
#[test]
fn what_a_public_key_alone_says_lets_nobody_be_written_to() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let server = sending(&place, &sink);
    for user in ["ok-ada", "ok-eve"] {
        tell(&server, &[identify(user, json!({"email": format!("{user}@people.test")}))]);
    }
    tell(&server, &[identify("ok-ada", json!({"country": "US"}))]);
    for (kind, body) in [
        (
            "identify",
            json!({"userId": "ok-eve", "traits": {"country": "US", "owner": "eve@evil.test", "tags": ["vip"]}}),
        ),
        ("track", json!({"userId": "ok-eve", "event": "Subscribed", "properties": {"proof": "I say so"}})),
        ("track", json!({"userId": "ok-eve", "event": "Tracking Allowed", "properties": {"proof": "I say so"}})),
    ] {
        // A reserved kind is refused; what else is said is answered alike.
        server.post(PUBLIC_KEY, &format!("/v1/{kind}"), &body.to_string());
    }
    tell(&server, &["ok-ada", "ok-eve"].map(|user| event(user, "Form Submitted", json!({}))));
    let is_over = |copies: &[Value]| {
        let state = |user: &str| welcome(copies, user)["state"].clone();
        state("ok-ada") == "sent" && state("ok-eve") == "skipped"
    };
    until(&place, "one sent and one skipped", is_over);
    let eve = get(&place, "/api/leads/ok-eve");
    assert_eq!(eve["attributes"]["country"]["public"], true, "{eve:#}");
    assert!(eve["attributes"].get("owner").is_none() && eve["attributes"].get("tags").is_none(), "{eve:#}");
    assert!(!eve["consent"].to_string().contains("granted"), "{eve:#}");
    assert!(sink.mails("ok-eve@people.test").is_empty());
    server.stop();
}

/// A form's page without the second in which it was served: two that are alike may be served in two.
fn unstamped(page: &str) -> String {
    const STAMP: &str = "name=\"_served\" value=\"";
    let (before, stamped) = page.split_once(STAMP).unwrap_or_else(|| panic!("not stamped: {page}"));
    let (_, after) = stamped.split_once('"').unwrap();
    format!("{before}{STAMP}{after}")
}

/// Ids that a site's pages show, and addresses that anybody may guess, open nothing.
#[test]
fn whoever_names_a_person_learns_nothing_about_it() {
    let place = Place::sqlite();
    let server = super::forms::begin(&place);
    make(&place, "demo", &form(None));
    tell(
        &server,
        &[
            json!({"type": "identify", "userId": "c-1", "anonymousId": "v-1",
                "traits": {"email": "cid@people.test", "first_name": "Cidney", "phone": "+44 20 7946 0018"}}),
            json!({"type": "page", "anonymousId": "v-1", "properties": {"path": "/shirts/blue"}}),
        ],
    );
    let shown = |query: &str| unstamped(&server.get(&format!("/f/demo{query}")).body);
    let bare = shown("");
    for query in ["?_visitor=v-1", "?email=cid%40people.test", "?userId=c-1&anonymousId=v-1", "?name=c-1"] {
        assert_eq!(shown(query), bare, "{query}");
    }
    for id in ["c-1", "v-1", "cid@people.test", "user:c-1", "visitor:v-1", "256"] {
        for page in ["/p/", "/u/", "/d/", "/f/confirm/", "/t/c/", "/t/o/"] {
            let answer = server.get(&format!("{page}{id}"));
            assert_eq!((answer.status, answer.body.contains("Cidney")), (404, false), "{page}{id}");
        }
    }
    let filled = |visitor: &str| submit(&server, "/f/demo", &format!("email=odd&_visitor={visitor}"));
    let (of_known, of_unknown) = (filled("v-1"), filled("v-2"));
    let (of_known, of_unknown) = ((of_known.status, unstamped(&of_known.body)), unstamped(&of_unknown.body));
    assert_eq!((of_known.0, of_known.1.replace("v-1", "v-2")), (422, of_unknown), "what is wrong, alone");
    for (method, path, body) in [
        ("POST", "/v1/identify", r#"{"userId": "c-1", "traits": {"color": "red"}}"#),
        ("POST", "/v1/page", r#"{"anonymousId": "v-1"}"#),
    ] {
        let answer = server.post(PUBLIC_KEY, path, body);
        assert!(answer.status == 200 && !answer.body.contains("id"), "{method} {path}: {answer:?}");
    }
    server.stop();
}

/// Whoever submits a form chooses the headers of the request; the mail goes to somebody else.
#[test]
fn links_of_a_confirmation_come_from_the_settings_whatever_the_request_names() {
    let place = Place::sqlite();
    let server = super::forms::begin(&place);
    make(&place, "demo", &form(None));
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("forwarded", "host=evil.example;proto=http"),
        ("x-original-host", "evil.example"),
        ("origin", "https://evil.example"),
        ("referer", "https://evil.example/f/demo"),
    ];
    let thanks = server.ask("POST", "/f/demo", &headers, b"email=ada%40people.test&_consent=0");
    assert_eq!(thanks.status, 200, "{thanks:?}");
    let mail = letter(&place, "ada@people.test", 1);
    let text = format!("{}{}", mail["text"], mail["html"]);
    // `test` is the host that these requests name.
    assert!(!text.contains("evil.example") && !text.contains("//test"), "{text}");
    assert!(link(&mail).starts_with("/f/confirm/"));
    server.stop();
}

#[test]
fn a_thousand_files_are_the_most_that_are_hosted() {
    let place = Place::sqlite();
    let server = super::forms::begin(&place);
    let key = marketer(&place);
    let files = "WITH RECURSIVE files(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM files WHERE number < 999)
        INSERT INTO assets (id, name, media, size, made_at, made_by)
        SELECT printf('%064d', number), 'x', 'image/png', 1, 0, 'test' FROM files";
    assert_eq!(place.store().execute(files, &[]).unwrap(), 999);
    assert_eq!(upload(&server, &key, "last.pdf", b"%PDF-1.7 the last").status, 201);
    let refused = upload(&server, &key, "more.pdf", b"%PDF-1.7 one more");
    assert!(refused.status == 409 && refused.body.contains("delete some"), "{refused:?}");
    assert_eq!(upload(&server, &key, "again.pdf", b"%PDF-1.7 the last").status, 201, "it is there already");
    server.stop();
}
