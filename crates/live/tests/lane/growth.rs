//! Twice the input costs about twice the work. Counted are rows and bytes that the store gave, rows that it was given, and
//! messages read: what a machine has beside to do changes none of them. Bytes that were allocated are counted by the test
//! `allocated` of the server.

use attractor_engine::time::Instant;
use attractor_live::{Arrived, Effort, Fills, Taken};
use attractor_store::IdentityKind;
use attractor_store::moves::MoveReason;

use crate::trial::{Trial, at};

/// How much more twice the input may cost.
const MOST: f64 = 2.5;

/// Messages as a client sends them: each its id, its second of the day and the rest of its JSON.
struct Line(String, i64, String);

fn arrived(lines: &[Line], fills: Fills, now: Instant) -> Vec<Arrived> {
    // As intake marks what comes with a public key.
    let context = if fills == Fills::Empty { r#", "context": {"public": true}"# } else { "" };
    let of = |Line(id, second, rest): &Line| {
        let at = Instant(at("00:00").0 + second * 1_000);
        let json = format!(r#"{{"messageId": "{id}", "timestamp": "{at}", {rest}{context}}}"#);
        Arrived { json, received_at: now, origin: "key:2".to_owned(), fills }
    };
    lines.iter().map(of).collect()
}

/// Takes lines in groups of a size, and says what became of them.
fn take(trial: &mut Trial, lines: &[Line], fills: Fills, group: usize) -> Vec<Taken> {
    trial.now = at("12:00");
    let all = arrived(lines, fills, trial.now);
    all.chunks(group).flat_map(|group| trial.lane.take(group, trial.now).unwrap()).collect()
}

/// What `work` costs a lane that did `before` already.
fn cost(before: impl FnOnce(&mut Trial), work: impl FnOnce(&mut Trial)) -> Effort {
    let mut trial = Trial::new();
    before(&mut trial);
    let start = trial.lane.effort();
    work(&mut trial);
    let effort = trial.lane.effort() - start;
    trial.agrees();
    effort
}

/// The cost of twice the input beside that of the input.
fn grows(what: &str, small: Effort, large: Effort) {
    let figures =
        |effort: Effort| [effort.store.given, effort.store.found, effort.store.bytes, effort.parsed, effort.rebuilt];
    let names = ["rows given", "rows found", "bytes found", "messages read", "leads rebuilt"];
    for ((name, small), large) in names.into_iter().zip(figures(small)).zip(figures(large)) {
        let most = small as f64 * MOST + 100.0;
        assert!(large as f64 <= most, "{what}: {name} grow from {small} to {large}");
    }
}

fn page(id: impl std::fmt::Display, second: i64, who: &str) -> Line {
    Line(format!("p{id}"), second, format!(r#""type": "page", "properties": {{"path": "/"}}, {who}"#))
}

fn ties(id: usize, second: i64, visitor: usize) -> Line {
    let rest = format!(r#""type": "identify", "userId": "j", "anonymousId": "v{visitor}""#);
    Line(format!("t{id}"), second, rest)
}

/// As many visitors, one page view each.
fn visitors(count: usize) -> Vec<Line> {
    (0..count).map(|number| page(number, number as i64, &format!(r#""anonymousId": "v{number}""#))).collect()
}

fn tied(count: usize) -> Vec<Line> {
    (0..count).map(|number| ties(number, 20_000 + number as i64, number)).collect()
}

#[test]
fn ties_of_many_visitors_in_one_group() {
    let of = |count: usize| {
        let before = |trial: &mut Trial| drop(take(trial, &visitors(count), Fills::All, 1_000));
        cost(before, |trial| drop(take(trial, &tied(count), Fills::All, count)))
    };
    let (small, large) = (of(500), of(1_000));
    assert_eq!((small.rebuilt, large.rebuilt), (1, 1), "one rebuild of the lead");
    assert!(large.store.statements < small.store.statements + 20, "no statement for each: {large:?}");
    grows("ties", small, large);
}

/// In the form in which one public key sends them. A key may tie 250 visitors to a lead, so each batch has a lead for every
/// hundred.
#[test]
fn ties_of_a_public_key_in_batches() {
    let of = |batches: usize| {
        let count = batches * 500;
        let identifies: Vec<Line> = (0..count)
            .map(|n| {
                let rest = format!(r#""type": "identify", "userId": "u{}", "anonymousId": "v{n}""#, n / 100);
                Line(format!("t{n}"), 20_000 + n as i64, rest)
            })
            .collect();
        let before = |trial: &mut Trial| drop(take(trial, &visitors(count), Fills::Empty, 1_000));
        cost(before, |trial| {
            let taken = take(trial, &identifies, Fills::Empty, 500);
            assert!(taken.iter().all(|taken| matches!(taken, Taken::New { .. })), "nothing is refused");
        })
    };
    grows("batches of ties", of(2), of(4));
}

#[test]
fn ties_of_few_visitors_behind_many() {
    let of = |count: usize| {
        let before = |trial: &mut Trial| {
            take(trial, &visitors(count + 50), Fills::All, 1_000);
            take(trial, &tied(count), Fills::All, 1_000);
        };
        cost(before, |trial| {
            let more: Vec<Line> = (count..count + 50).map(|n| ties(n, 30_000 + n as i64, n)).collect();
            take(trial, &more, Fills::All, 50);
        })
    };
    grows("fifty more ties", of(500), of(1_000));
}

#[test]
fn messages_of_a_lead_with_many_visitors() {
    let of = |count: usize| {
        let before = |trial: &mut Trial| {
            take(trial, &visitors(count), Fills::All, 1_000);
            take(trial, &tied(count), Fills::All, 1_000);
        };
        cost(before, |trial| {
            let pages: Vec<Line> =
                (0..count).map(|n| page(format!("x{n}"), 43_000 + n as i64 % 60, r#""userId": "j""#)).collect();
            take(trial, &pages, Fills::All, count);
        })
    };
    grows("page views", of(400), of(800));
}

#[test]
fn users_who_share_a_visitor() {
    let of = |count: usize| {
        let lines: Vec<Line> = (0..count)
            .map(|n| {
                let rest = format!(r#""type": "identify", "userId": "u{n}", "anonymousId": "shared""#);
                Line(format!("s{n}"), n as i64, rest)
            })
            .collect();
        cost(|_| {}, |trial| drop(take(trial, &lines, Fills::All, 1_000)))
    };
    grows("users of one device", of(400), of(800));
}

#[test]
fn a_visitor_that_is_identified_with_every_page() {
    let of = |count: usize| {
        let lines: Vec<Line> = (0..count).map(|n| ties(n, 42_000 + n as i64, 0)).collect();
        cost(|_| {}, |trial| drop(take(trial, &lines, Fills::Empty, 1)))
    };
    grows("identifies", of(200), of(400));
}

/// Messages that each set as many traits of their own.
fn traits(messages: usize, count: usize) -> Vec<Line> {
    let message = |number: usize| {
        let traits: Vec<String> = (0..count).map(|n| format!(r#""m{number}t{n}": {n}"#)).collect();
        let rest = format!(r#""type": "identify", "userId": "j", "traits": {{{}}}"#, traits.join(", "));
        Line(format!("a{number}"), 43_000 + number as i64, rest)
    };
    (0..messages).map(message).collect()
}

/// What takes long must be seen to: whoever is much work gets smaller portions by these numbers.
#[test]
fn what_is_much_work_counts_as_such() {
    let large = |n: usize| {
        let text = "x".repeat(60_000);
        Line(format!("l{n}"), n as i64, format!(r#""type": "identify", "userId": "l{n}", "traits": {{"a": "{text}"}}"#))
    };
    let passed_on = |n: usize| {
        let rest = format!(r#""type": "identify", "userId": "u{n}", "anonymousId": "v0""#);
        Line(format!("p{n}"), n as i64, rest)
    };
    let known = |n: usize| page(n, n as i64, &format!(r#""userId": "u{}""#, n % 5));
    type Ways<'w> = [(&'w str, &'w dyn Fn(usize) -> Line, std::ops::Range<u64>); 3];
    let ways: Ways = [
        ("page views of a few leads", &known, 5..20),
        ("one device passed from user to user", &passed_on, 40..200),
        ("60 kB of traits", &large, 200..2_000),
    ];
    for (what, line, units) in ways {
        let lines: Vec<Line> = (0..50).map(line).collect();
        let effort = cost(|_| {}, |trial| drop(take(trial, &lines, Fills::Empty, 50)));
        let each = effort.units() / 50;
        assert!(units.contains(&each), "{what}: {each} units a message, {units:?} expected; {effort:?}");
    }
}

#[test]
fn late_events_of_a_lead_with_many() {
    let of = |count: usize| {
        let many: Vec<Line> = (0..count).map(|n| page(n, 39_700 + n as i64, r#""userId": "j""#)).collect();
        let before = |trial: &mut Trial| drop(take(trial, &many, Fills::All, 1_000));
        let late: Vec<Line> = (0..50).map(|n| page(format!("late{n}"), 39_000 + n, r#""userId": "j""#)).collect();
        cost(before, |trial| drop(take(trial, &late, Fills::Empty, 50)))
    };
    let (small, large) = (of(1_000), of(2_000));
    assert_eq!((small.rebuilt, large.rebuilt), (1, 1), "one rebuild for all of a group");
    grows("late events", small, large);
}

#[test]
fn late_events_of_a_lead_with_many_cost_what_is_recent() {
    let of = |count: usize| {
        let many: Vec<Line> = (0..count).map(|n| page(n, 39_700 + n as i64, r#""userId": "j""#)).collect();
        let late = |n: i64| page(format!("late{n}"), 39_700 + count as i64 - 5 * n, r#""userId": "j""#);
        let before = |trial: &mut Trial| {
            take(trial, &many, Fills::All, 1_000);
            take(trial, &[late(1)], Fills::All, 1);
        };
        cost(before, |trial| {
            let in_time: Vec<Line> = (0..20).map(|n| page(format!("t{n}"), 43_100 + n, r#""userId": "j""#)).collect();
            take(trial, &in_time, Fills::All, 10);
            for n in 2..12 {
                take(trial, &[late(n)], Fills::All, 1);
            }
        })
    };
    let (small, large) = (of(1_000), of(2_000));
    assert_eq!((small.from_recent, large.from_recent), (10, 10));
    assert!(large.parsed < small.parsed + 100 && large.parsed < 6_000, "{small:?} {large:?}");
    assert!(large.store.found < small.store.found + 100, "{small:?} {large:?}");
}

#[test]
fn what_is_older_than_the_recent_events_finds_all_others() {
    let mut trial = Trial::new();
    let many: Vec<Line> = (0..1_200).map(|n| page(n, 39_700 + n, r#""userId": "j""#)).collect();
    take(&mut trial, &many, Fills::All, 1_000);
    let late = |id: &str, second: i64, who: &str| page(id, second, who);
    take(&mut trial, &[late("a", 40_895, r#""userId": "j""#)], Fills::All, 1);
    take(&mut trial, &[late("b", 39_000, r#""userId": "j""#)], Fills::All, 1);
    take(&mut trial, &[late("c", 40_890, r#""userId": "j""#)], Fills::All, 1);
    trial.agrees();
    take(&mut trial, &[late("d", 39_500, r#""anonymousId": "v""#), ties(1, 43_000, 0)], Fills::All, 2);
    take(&mut trial, &[late("v", 40_000, r#""anonymousId": "v0""#)], Fills::All, 1);
    take(&mut trial, &[late("c", 40_891, r#""anonymousId": "v0""#)], Fills::All, 1);
    trial.agrees();
    let lead = trial.lead(IdentityKind::User, "j");
    trial.lane.judge(lead, "p3", true, "verdict", trial.now).unwrap();
    take(&mut trial, &[late("e", 40_892, r#""userId": "j""#)], Fills::All, 1);
    trial.agrees();
}

#[test]
fn verdicts_on_the_clicks_of_many_leads() {
    let clicks = |count: usize| -> Vec<Line> {
        let click = |n: usize| {
            let rest = format!(r#""type": "track", "event": "Email Link Clicked", "userId": "u{}""#, n / 3);
            Line(format!("c{n}"), 43_000, rest)
        };
        (0..count * 3).map(click).collect()
    };
    let of = |count: usize| {
        let before = |trial: &mut Trial| drop(take(trial, &clicks(count), Fills::All, 1_000));
        cost(before, |trial| {
            for n in 0..count * 3 {
                let lead = trial.lead(IdentityKind::User, &format!("u{}", n / 3));
                trial.lane.judge(lead, &format!("c{n}"), true, "verdict", trial.now).unwrap();
            }
        })
    };
    grows("verdicts", of(40), of(80));
}

#[test]
fn users_who_become_one() {
    let of = |count: usize| {
        let users: Vec<Line> = (0..count).map(|n| page(n, n as i64, &format!(r#""userId": "u{n}""#))).collect();
        let before = |trial: &mut Trial| drop(take(trial, &users, Fills::All, 1_000));
        let alias = |n: usize| {
            let rest = format!(r#""type": "alias", "userId": "j", "previousId": "u{n}""#);
            Line(format!("j{n}"), 43_000 + n as i64 % 60, rest)
        };
        let joins: Vec<Line> = (0..count).map(alias).collect();
        cost(before, |trial| drop(take(trial, &joins, Fills::All, 1_000)))
    };
    grows("joins", of(200), of(400));
}

#[test]
fn many_imported_rows_of_one_person() {
    let of = |count: usize| {
        let row = |n: usize| {
            let rest = format!(
                r#""type": "identify", "userId": "j", "context": {{"history": true}}, "traits": {{"column{}": {n}}}"#,
                n % 20
            );
            Line(format!("r{n}"), n as i64, rest)
        };
        let rows: Vec<Line> = (0..count).map(row).collect();
        cost(
            |_| {},
            |trial| {
                trial.now = at("12:00");
                let arrived = arrived(&rows, Fills::All, trial.now);
                trial.lane.take_because(&arrived, trial.now, MoveReason::Import).unwrap();
            },
        )
    };
    let (small, large) = (of(250), of(500));
    assert_eq!((small.rebuilt, large.rebuilt), (1, 1), "one rebuild for all of a group");
    grows("rows", small, large);
}

/// An export in the order of time has a person's rows in many groups.
#[test]
fn imported_rows_of_one_person_in_many_groups() {
    let of = |count: usize| {
        let rest = r#""type": "track", "event": "Order Completed", "userId": "j", "context": {"history": true}"#;
        let rows: Vec<Line> = (0..count).map(|n| Line(format!("r{n}"), n as i64, rest.to_owned())).collect();
        cost(
            |_| {},
            |trial| {
                trial.now = at("12:00");
                for group in arrived(&rows, Fills::All, trial.now).chunks(500) {
                    trial.lane.take_because(group, trial.now, MoveReason::Import).unwrap();
                }
            },
        )
    };
    let (small, large) = (of(2_000), of(4_000));
    assert_eq!((small.from_recent, large.from_recent), (3, 7), "the first group alone finds no recent events");
    grows("rows", small, large);
}

#[test]
fn attributes_of_a_public_key() {
    let of = |count: usize| cost(|_| {}, |trial| drop(take(trial, &traits(20, count), Fills::Empty, 20)));
    grows("attributes", of(100), of(200));
}

#[test]
fn a_public_key_gives_a_lead_no_more_attributes_than_its_share() {
    let mut trial = Trial::new();
    let server = r#""type": "identify", "userId": "j", "traits": {"plan": "large"}"#;
    take(&mut trial, &[Line("s".into(), 42_000, server.into())], Fills::All, 1);
    let before = trial.lane.effort().refused_traits;
    let taken = take(&mut trial, &traits(6, 100), Fills::Empty, 6);
    assert!(taken.iter().all(|taken| matches!(taken, Taken::New { .. })), "{taken:?}");
    assert_eq!(trial.profile("j").attributes.len(), 501, "and the one that a server gave it");
    assert_eq!(trial.lane.effort().refused_traits - before, 100, "what is taken out is counted");
    let again = r#""type": "identify", "userId": "j", "traits": {"m0t0": "new", "m1t1": null, "one": 1}"#;
    take(&mut trial, &[Line("again".into(), 43_100, again.into())], Fills::Empty, 1);
    assert_eq!(trial.attribute("j", "m0t0"), "new", "what is there may change");
    assert_eq!(trial.attribute("j", "m1t1"), serde_json::Value::Null);
    assert_eq!(trial.attribute("j", "one"), serde_json::Value::Null, "what was removed keeps its place");
    take(
        &mut trial,
        &[Line("more".into(), 43_101, r#""type": "identify", "userId": "j", "traits": {"two": 2}"#.into())],
        Fills::All,
        1,
    );
    assert_eq!(trial.attribute("j", "two"), 2, "a server key may go further");
    trial.agrees();
}

#[test]
fn a_public_key_gives_a_lead_no_longer_attributes_than_its_share() {
    let mut trial = Trial::new();
    let long = "x".repeat(50_000);
    let lines: Vec<Line> = (0..8)
        .map(|n| {
            let rest = format!(r#""type": "identify", "userId": "j", "traits": {{"long{n}": "{long}"}}"#);
            Line(format!("l{n}"), 43_000 + n, rest)
        })
        .collect();
    take(&mut trial, &lines, Fills::Empty, 8);
    assert_eq!(trial.profile("j").attributes.len(), 5, "256 KiB");
    trial.agrees();
}

#[test]
fn a_public_key_hangs_no_more_than_its_share_on_a_lead() {
    let mut trial = Trial::new();
    take(&mut trial, &visitors(600), Fills::All, 1_000);
    let taken = take(&mut trial, &tied(600), Fills::Empty, 200);
    let refused: Vec<&Taken> = taken.iter().filter(|taken| matches!(taken, Taken::Refused(_))).collect();
    assert_eq!(taken.len() - refused.len(), 249, "and its user id");
    let Taken::Refused(why) = refused[0] else { panic!() };
    assert!(why.contains("250 user ids, e-mails and visitors") && why.contains("server key"), "{why}");
    trial.agrees();
    let known = take(&mut trial, &[ties(9_000, 40_000, 3)], Fills::Empty, 1);
    assert!(matches!(known[..], [Taken::New { .. }]), "a visitor that it has already: {known:?}");
    let server = take(&mut trial, &[ties(9_001, 40_001, 599)], Fills::All, 1);
    assert!(matches!(server[..], [Taken::New { .. }]), "a server key may go further: {server:?}");
    trial.agrees();
}

#[test]
fn a_public_key_gives_a_lead_no_more_emails_than_its_share() {
    let mut trial = Trial::new();
    let lines: Vec<Line> = (0..300)
        .map(|n| {
            let rest = format!(r#""type": "identify", "userId": "j", "traits": {{"email": "e{n}@x.de"}}"#);
            Line(format!("e{n}"), n, rest)
        })
        .collect();
    let taken = take(&mut trial, &lines, Fills::Empty, 100);
    assert_eq!(taken.iter().filter(|taken| matches!(taken, Taken::New { .. })).count(), 249);
    trial.agrees();
}
