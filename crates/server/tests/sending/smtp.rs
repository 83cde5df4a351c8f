//! E-mails through a real SMTP dialogue: everybody is accounted for, and nobody gets a mail twice.

use std::collections::BTreeMap;
use std::io::Write;

use axum::http::Method;
use serde_json::{Value, json};

use super::random::Dice;
use super::running::{Place, Server};
use super::sink::{Offers, Sink, Stage};
use super::team::{add_owner, told_the_owner};
use super::world::{again, copies, event, get, person, send, start, tell, until, until_at};

/// Settings of a server that sends to the sink. Its domain and its links are reserved, so that marketing may leave.
pub fn settings(sink: &Sink) -> Vec<(&'static str, String)> {
    vec![
        ("SMTP", sink.url()),
        ("SMTP_SECONDS", "1".to_owned()),
        ("STOP_SECONDS", "1".to_owned()),
        ("PUBLIC_URL", "https://leads.acme.test".to_owned()),
    ]
}

pub fn borrowed<'s>(settings: &'s [(&'static str, String)]) -> Vec<(&'static str, &'s str)> {
    settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

pub fn ask_for(server: &Server, users: impl Iterator<Item = String>) {
    let messages: Vec<Value> = users.flat_map(|user| person(&user, json!({}))).collect();
    messages.chunks(300).for_each(|some| tell(server, some));
}

/// By user, the state and the reason of the welcome.
pub fn welcomes(copies: &[Value]) -> BTreeMap<String, (String, String)> {
    let text = |copy: &Value, name: &str| copy[name].as_str().unwrap_or_default().to_owned();
    let welcomes = copies.iter().filter(|copy| copy["email"] == "welcome");
    welcomes.map(|copy| (text(copy, "lead_name"), (text(copy, "state"), text(copy, "reason")))).collect()
}

#[test]
fn each_answer_of_a_mail_server_means_one_thing() {
    Place::each(|place| {
        let sink = Sink::offering(if place.database.is_some() { Offers::Nothing } else { Offers::Pipelining });
        let settings = settings(&sink);
        let server = start(place, &borrowed(&settings));
        assert_eq!(get(place, "/api/sending")["transport"], format!("to the mail server {}", sink.address));
        let table = [
            ("ok", "sent", ""),
            ("slow", "sent", ""),
            ("grey", "waiting", "server: 450 4.2.0 <x>: Recipient address rejected: Greylisted, try again later"),
            ("full", "waiting", "server: 452 4.2.2 The email account"),
            ("busy", "waiting", "server: 451 4.3.0 Temporary server error"),
            ("later", "waiting", "server: 451 4.7.1 Greylisting in action, please come back later"),
            ("limit", "waiting", "server: 450 4.2.1 Mailbox has exceeded the limit"),
            ("stuck", "waiting", "server: 451 4.4.1 Error connecting to the next server"),
            ("hangup", "waiting", "server: "),
            ("balk", "waiting", "server: "),
            ("nobody", "failed", "550 5.1.1 The email account that you tried to reach does not exist"),
            ("denied", "failed", "550 5.4.1 Recipient address rejected: Access denied"),
            ("stuffed", "failed", "552 5.2.2 Mailbox full"),
            ("policy", "failed", "554 5.7.1 Message rejected due to local policy"),
            ("unsigned", "failed", "550 5.7.26 This mail is unauthenticated"),
            // The mail is shorter than what the network takes at once: it may have arrived whole.
            ("cut", "in_doubt", "the connection broke off behind the mail"),
            ("lost", "in_doubt", "the connection broke off behind the mail"),
            ("mute", "in_doubt", "the connection broke off behind the mail"),
        ];
        ask_for(&server, table.iter().map(|(does, ..)| format!("{does}-1")));
        let is_decided = |copies: &[Value]| {
            let found = welcomes(copies);
            found.len() == table.len() && found.values().all(|(state, reason)| state == "sent" || !reason.is_empty())
        };
        let found = welcomes(&until(place, "decided", is_decided));
        for (does, state, reason) in table {
            let (is, why) = &found[&format!("{does}-1")];
            assert!(is == state && why.starts_with(reason), "{does}: {is}, {why}");
        }
        let bounced = |user: &str| {
            let events = get(place, &format!("/api/leads/{user}-1/events"));
            let mut all = events["items"].as_array().unwrap().iter().map(|one| one["message"].clone());
            all.find(|message| message["event"] == "Email Bounced")
                .map(|message| message["properties"]["permanent"].clone())
        };
        let permanent = ["nobody", "denied", "stuffed", "policy", "unsigned"].map(bounced);
        let expected = [Some(json!(true)), Some(json!(true)), Some(json!(false)), None, None];
        assert_eq!(permanent, expected, "what is refused because of us is not a bounce");
        let taken: Vec<(String, usize)> = sink.taken().into_iter().collect();
        let once = |does: &str| (format!("{does}-1@people.test"), 1);
        assert_eq!(taken, ["lost", "mute", "ok", "slow"].map(once));
        assert_eq!(get(place, "/api/caught")["items"], json!([]));
        server.stop();
    });
}

/// Of the first connections, each is closed a step later than the one before.
const ONE_EACH: [(usize, Stage); 3] = [(0, Stage::Banner), (1, Stage::Ehlo), (2, Stage::FirstMail)];

#[test]
fn a_connection_that_is_closed_before_the_mail_puts_it_off() {
    let (place, sink) = (Place::sqlite(), Sink::dropping(&ONE_EACH));
    let mut settings = settings(&sink);
    settings.push(("SMTP_SECONDS", "60".to_owned()));
    let server = start(&place, &borrowed(&settings));
    for (number, stage) in ONE_EACH {
        let user = format!("ok-{number}");
        ask_for(&server, [user.clone()].into_iter());
        let is_put_off = |copies: &[Value]| {
            let found = welcomes(copies);
            found.get(&user).is_some_and(|(state, reason)| state == "waiting" && reason.starts_with("server: "))
        };
        until(&place, "put off", is_put_off);
        assert_eq!(sink.dropped().get(&stage), Some(&1), "{stage:?}");
        assert!(sink.taken().is_empty());
    }
    ask_for(&server, ["ok-3".to_owned()].into_iter());
    until(&place, "sent", |copies| welcomes(copies).get("ok-3").is_some_and(|(state, _)| state == "sent"));
    server.stop();
}

/// How often the sender is killed, and how many people are written to; `SENDS` sets the people, and `SENDS_SEED` from what
/// it follows when the sender is killed.
const KILLS: usize = 4;
const PEOPLE: usize = 5_000;
const SEED: usize = 1;
/// What the sink does with some of each five hundred mails; it takes the others.
const HOSTILE: [(usize, &str); 17] = [
    (7, "grey"),
    (32, "later"),
    (57, "full"),
    (82, "limit"),
    (107, "busy"),
    (132, "stuck"),
    (157, "hangup"),
    (207, "nobody"),
    (232, "stuffed"),
    (257, "policy"),
    (282, "unsigned"),
    (307, "cut"),
    (357, "lost"),
    (407, "mute"),
    // While the one before is waited for.
    (408, "slow"),
    (457, "balk"),
    (482, "denied"),
];
/// The connections that the sink closes, whoever their mails are for.
const DROPS: [(usize, Stage); 4] =
    [(4, Stage::Banner), (9, Stage::Ehlo), (14, Stage::FirstMail), (19, Stage::SecondMail)];

fn does(number: usize) -> &'static str {
    HOSTILE.iter().find(|(place, _)| number % 500 == *place).map_or("ok", |(_, does)| does)
}

/// The state that a copy comes to, unless its sender is killed with it or its connection is closed too early.
fn comes_to(does: &str) -> &'static str {
    match does {
        "ok" | "slow" => "sent",
        "nobody" | "denied" | "stuffed" | "policy" | "unsigned" => "failed",
        "cut" | "lost" | "mute" => "in_doubt",
        _ => "waiting",
    }
}

/// What the sink does with the mails to a user.
fn does_to(user: &str) -> &str {
    user.split('-').next().unwrap()
}

fn from_environment(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// How many people have a mail when the sender is killed, one number for each time. So many have one in the end even if each
/// kill leaves a whole batch in doubt.
fn kills(people: usize, seed: usize) -> Vec<usize> {
    let mut dice = Dice::new(seed as u64);
    let mut kills: Vec<usize> = (0..KILLS).map(|_| dice.below(1 + people * 2 / 3)).collect();
    kills.sort_unstable();
    kills
}

#[test]
fn a_sender_that_is_killed_writes_to_nobody_twice() {
    let (people, seed) = (from_environment("SENDS", PEOPLE), from_environment("SENDS_SEED", SEED));
    let kills = kills(people, seed);
    eprintln!("SENDS={people} SENDS_SEED={seed}: killed when {kills:?} have a mail");
    Place::each(|place| {
        let sink = Sink::dropping(&DROPS);
        let settings = settings(&sink);
        let mut server = start(place, &borrowed(&settings));
        ask_for(&server, (0..people).map(|number| format!("{}-{number}", does(number))));
        for share in &kills {
            while sink.count() < *share && get(place, "/api/sending")["counts"]["waiting"] != 0 {}
            server.kill();
            server = again(place, &borrowed(&settings));
        }
        let found = decided(place, people, &sink);
        assert_eq!(found.len(), people, "everybody is accounted for");
        let (taken, dropped) = (sink.taken(), sink.dropped());
        assert!(taken.values().all(|times| *times == 1), "twice: {taken:?}");
        found.iter().for_each(|(user, (state, _))| each_ends_once(user, state, &taken));
        let is_put_off = |(user, (state, _)): &(&String, &(String, String))| {
            state == "waiting" && comes_to(does_to(user)) != "waiting"
        };
        let put_off = found.iter().filter(is_put_off).count();
        assert!(put_off <= sink.put_off(), "{put_off} wait because of {dropped:?}");
        assert!(people < PEOPLE || dropped.len() == DROPS.len(), "connections are closed at each stage: {dropped:?}");
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        found.values().for_each(|(state, _)| *counts.entry(state).or_default() += 1);
        // Past the test runner's capture: the counts are for people, whether the test passes or not.
        writeln!(
            std::io::stderr(),
            "{people} people, {KILLS} kills, connections closed {dropped:?}: {counts:?}; {} mails arrived, none twice",
            taken.len()
        )
        .unwrap();
        server.stop();
    });
}

/// The welcomes when each has left, has failed, is in doubt, or waits because the mail server put it off.
fn decided(place: &Place, people: usize, sink: &Sink) -> BTreeMap<String, (String, String)> {
    let put_off = (0..people).filter(|number| comes_to(does(*number)) == "waiting").count();
    let is_decided = |(state, reason): &(String, String)| state != "waiting" || reason.starts_with("server: ");
    loop {
        until_at(place, "/api/sending", |status| {
            let count = |state: &str| status["counts"][state].as_u64().unwrap() as usize;
            // Further e-mails of the sequence wait by now.
            let ended = count("sent") + count("in_doubt") + count("failed");
            count("claimed") == 0 && ended + put_off + sink.put_off() >= people
        });
        if welcomes(&all_copies(place)).values().all(is_decided) {
            break;
        }
    }
    // Nobody is tried again while they are counted.
    send(place, Method::POST, "/api/sending/pause", &json!({"why": "they are counted"})).unwrap();
    until_at(place, "/api/sending", |status| status["counts"]["claimed"] == 0);
    welcomes(&all_copies(place))
}

fn each_ends_once(user: &str, state: &str, taken: &BTreeMap<String, usize>) {
    let does = does_to(user);
    assert!([comes_to(does), "in_doubt", "waiting"].contains(&state), "{user} is {state}");
    let arrived = taken.contains_key(&format!("{user}@people.test"));
    let may_arrive = ["ok", "slow", "lost", "mute"].contains(&does);
    assert!(arrived || state != "sent", "{user} is sent, and nothing arrived");
    assert!(may_arrive || !arrived, "{user} is {state}, and its mail was never accepted");
    assert!(state != "waiting" || !arrived, "{user} waits for another try, and its mail has arrived");
}

fn all_copies(place: &Place) -> Vec<Value> {
    let mut all = copies(place);
    let mut next = get(place, "/api/outbox?limit=500")["next"].clone();
    while let Some(cursor) = next.as_str() {
        let page = get(place, &format!("/api/outbox?limit=500&cursor={cursor}"));
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        next = page["next"].clone();
    }
    all
}

/// The next e-mails are composed while the mail server takes the last ones.
#[test]
fn who_withdraws_while_others_are_written_to_gets_nothing() {
    Place::each(|place| {
        let sink = Sink::start();
        let mut settings = settings(&sink);
        settings.push(("SMTP_SECONDS", "60".to_owned()));
        let server = start(place, &borrowed(&settings));
        send(place, Method::POST, "/api/sending/pause", &json!({"why": "they leave together"})).unwrap();
        // A sender begins with twenty: some of them are kept waiting by the mail server, and all are under way so long.
        ask_for(&server, (0..25).map(|number| format!("{}-{number}", if number < 6 { "wait" } else { "ok" })));
        until(place, "all asked for", |copies| welcomes(copies).len() == 25);
        send(place, Method::POST, "/api/sending/resume", &Value::Null).unwrap();
        let in_state = |copies: &[Value], state: &str| -> Vec<String> {
            let found = welcomes(copies).into_iter().filter(|(_, (of, _))| of == state);
            found.map(|(user, _)| user).collect()
        };
        let copies = until(place, "under way", |copies| in_state(copies, "claimed").len() == 20);
        let late = in_state(&copies, "waiting");
        assert_eq!(late.len(), 5);
        tell(&server, &late.iter().map(|user| event(user, "Unsubscribed", json!({}))).collect::<Vec<_>>());
        sink.answer();
        let is_open =
            |copies: &[Value]| ["waiting", "claimed"].into_iter().any(|state| !in_state(copies, state).is_empty());
        let copies = until(place, "over", |copies| !is_open(copies));
        let (sent, taken) = (in_state(&copies, "sent"), sink.taken());
        assert_eq!((sent.len(), taken.len()), (20, 20), "{copies:#?}");
        assert!(taken.values().all(|times| *times == 1), "twice: {taken:?}");
        assert!(late.iter().all(|user| !taken.contains_key(&format!("{user}@people.test"))), "{late:?}: {taken:?}");
        server.stop();
    });
}

#[test]
fn a_provider_that_asks_for_it_gets_less_and_the_others_as_much_as_before() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let mut settings = settings(&sink);
    settings.push(("DOMAIN_RATES", "limited.test=60".to_owned()));
    let server = start(&place, &borrowed(&settings));
    let people = |name: &str, domain: &str, count: usize| -> Vec<Value> {
        let one = |number| person(&format!("{name}-{number}"), json!({"email": format!("{name}-{number}@{domain}")}));
        (0..count).flat_map(one).collect()
    };
    tell(&server, &people("rate", "slow.test", 1));
    until(&place, "put off", |copies| {
        copies.iter().any(|copy| copy["reason"].to_string().starts_with("\"server: 450 4.7.28"))
    });
    tell(&server, &people("ok", "slow.test", 1));
    tell(&server, &people("many", "limited.test", 3));
    tell(&server, &people("other", "people.test", 3));
    let is_decided = |copies: &[Value]| {
        let found = welcomes(copies);
        found.len() == 8 && found.values().all(|(state, reason)| state == "sent" || !reason.is_empty())
    };
    let found = welcomes(&until(&place, "decided", is_decided));
    let of = |name: &str| {
        let mut all: Vec<_> =
            found.iter().filter(|(user, _)| user.starts_with(name)).map(|(_, one)| one.clone()).collect();
        all.sort();
        all
    };
    let held = ("waiting".to_owned(), "rate".to_owned());
    assert_eq!(of("ok"), std::slice::from_ref(&held), "its domain asked us to slow down");
    assert!(of("other").iter().all(|(state, _)| state == "sent"));
    assert_eq!(of("many").last(), Some(&held), "one a second");
    until(&place, "sent in the end", |copies| {
        welcomes(copies).iter().filter(|(user, _)| user.starts_with("many")).all(|(_, (state, _))| state == "sent")
    });
    server.stop();
}

#[test]
fn sending_stops_when_too_many_addresses_do_not_exist() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let settings = settings(&sink);
    let server = start(&place, &borrowed(&settings));
    add_owner(&place);
    let bad = (0..8).map(|number| format!("nobody-{number}"));
    ask_for(&server, bad.chain((0..252).map(|number| format!("ok-{number}"))));
    let status = until_at(&place, "/api/sending", |status| !status["paused"].is_null());
    let why = status["paused"].as_str().unwrap();
    assert!(why.starts_with("Sending stopped: 8 of 2") && why.contains("their addresses do not exist"), "{why}");
    assert!(get(&place, "/api/audit").to_string().contains("their addresses do not exist"));
    let told = told_the_owner(&place, "Sending has stopped");
    assert!(
        told.len() == 1 && told[0]["kind"] == "notice",
        "the owner is told although sending has stopped: {told:#?}"
    );
    assert!(sink.taken().len() < 252, "the others wait");
    send(&place, Method::POST, "/api/sending/resume", &Value::Null).unwrap();
    until_at(&place, "/api/sending", |status| status["counts"]["sent"] == 252);
    assert_eq!(get(&place, "/api/sending")["paused"], Value::Null, "whoever resumed has seen to it");
    server.stop();
}

#[test]
fn marketing_waits_for_a_domain_that_is_ready() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let mut settings = settings(&sink);
    settings.push(("SENDER_EMAIL", "news@acme.example".to_owned()));
    let server = start(&place, &borrowed(&settings));
    ask_for(&server, ["ok-1".to_owned()].into_iter());
    let found = until(&place, "held", |copies| copies.iter().any(|copy| copy["reason"] == "domain_unverified"));
    let why = found[0]["why"].as_str().unwrap();
    assert!(why.starts_with("The domain of the sender is not verified yet; it has waited since 20"), "{why}");
    assert!(sink.taken().is_empty());
    server.stop();
}

#[test]
fn a_sender_for_tests_reaches_only_addresses_for_tests() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let settings = settings(&sink);
    let server = start(&place, &borrowed(&settings));
    let status = get(&place, "/api/sending");
    let warning = status["warning"].as_str().unwrap_or_default();
    assert!(warning.contains("news@acme.test") && warning.contains("domain_unverified"), "{status}");
    tell(&server, &person("ok-1", json!({"email": "ok-1@weller-bearings.com"})));
    tell(&server, &person("ok-2", json!({})));
    let is_decided = |copies: &[Value]| {
        let found = welcomes(copies);
        found.len() == 2 && found.values().all(|(state, reason)| state == "sent" || !reason.is_empty())
    };
    let found = welcomes(&until(&place, "decided", is_decided));
    assert_eq!(found["ok-1"], ("waiting".to_owned(), "domain_unverified".to_owned()));
    assert_eq!(found["ok-2"].0, "sent");
    assert_eq!(sink.taken().into_iter().collect::<Vec<_>>(), [("ok-2@people.test".to_owned(), 1)]);
    server.stop();
}

#[test]
fn a_server_without_a_sender_does_not_start_and_no_password_is_shown() {
    let place = Place::sqlite();
    let mut command = place.command();
    command.env("ATTRACTOR_SMTP", "smtps://ada:hunter2@mail.test").stderr(std::process::Stdio::piped());
    let ended = command.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("`smtp` is set, and `sender_email` is not") && !said.contains("hunter2"), "{said}");
}
