//! How long others wait beside the worst sender. One public key sends what costs the server most, as fast as it is answered
//! and as much as its rate allows, while an ordinary sender sends a page view now and then.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use attractor_engine::time::Instant;

use super::Outcome;
use super::load::{Kind, Latencies, Load};
use super::served::Served;

/// Requests a second of the ordinary sender.
const RATE: usize = 200;
/// Events that the lead has whose events come late.
const HOT: usize = 20_000;
/// Visitors and users that are prepared for those who tie, claim and merge them, and how many events each has.
const PEOPLE: usize = 4_000;
const EACH: usize = 5;
/// How many visitors and users a sender puts together: somewhat fewer than a public key may.
const TOGETHER: usize = 240;
const MINUTE: i64 = 60_000;
const DAY: i64 = 1_440 * MINUTE;

/// A way to be much work.
struct Way {
    name: &'static str,
    /// Messages in one request.
    batch: usize,
    /// The message of this number, sent at this instant: without its id.
    message: fn(usize, Instant) -> String,
}

const WAYS: [Way; 9] = [
    Way { name: "events", batch: 100, message: |number, at| page(&format!(r#""userId":"new-{number}""#), at) },
    Way { name: "late events, one lead", batch: 1, message: late_of_one },
    Way { name: "late events, 240 leads", batch: 500, message: late_of_many },
    Way { name: "ties, 240 visitors", batch: 500, message: ties },
    Way { name: "ties, one device", batch: 500, message: ties_of_one_device },
    Way { name: "claims of e-mails", batch: 500, message: claims },
    Way { name: "merges by alias", batch: 500, message: merges },
    Way { name: "batches of 10,000", batch: 10_000, message: late_of_users },
    Way { name: "batches of 4 MB", batch: 60, message: large },
];

fn page(who: &str, at: Instant) -> String {
    format!(r#""type":"page","properties":{{"path":"/pricing","title":"A page"}},"timestamp":"{at}",{who}"#)
}

/// Earlier than everything that the lead has, and each at an instant of its own.
fn late_of_one(number: usize, at: Instant) -> String {
    page(r#""userId":"hot""#, Instant(at.0 - 3 * DAY + number as i64))
}

/// The same of as many leads as are prepared with many events.
fn late_of_many(number: usize, at: Instant) -> String {
    let lead = number % TOGETHER;
    page(&format!(r#""userId":"joined-{lead}""#), Instant(at.0 - 3 * DAY + number as i64))
}

/// Of the leads that the store is filled with.
fn late_of_users(number: usize, at: Instant) -> String {
    page(&format!(r#""userId":"user-{number}""#), Instant(at.0 - 3 * DAY))
}

/// The visitors in turn to users, each of which gets as many as it may.
fn ties(number: usize, at: Instant) -> String {
    let user = number % PEOPLE % (PEOPLE / TOGETHER + 1) + number / PEOPLE * 1_000;
    let visitor = number % PEOPLE;
    format!(r#""type":"identify","userId":"tied-{user}","anonymousId":"visitor-{visitor}","timestamp":"{at}""#)
}

/// One visitor, passed from user to user.
fn ties_of_one_device(number: usize, at: Instant) -> String {
    let device = number / 900;
    format!(r#""type":"identify","userId":"guest-{number}","anonymousId":"visitor-{device}","timestamp":"{at}""#)
}

/// Each user claims an e-mail that others claim too.
fn claims(number: usize, at: Instant) -> String {
    let (user, email) = (number % PEOPLE, number % 97 + number / PEOPLE * 100);
    format!(
        r#""type":"identify","userId":"person-{user}","traits":{{"email":"claimed-{email}@example.org"}},"timestamp":"{at}""#
    )
}

/// Users become one with another, as many as it may have.
fn merges(number: usize, at: Instant) -> String {
    let (user, other) = (number / TOGETHER, number % PEOPLE);
    format!(r#""type":"alias","userId":"one-{user}","previousId":"person-{other}","timestamp":"{at}""#)
}

/// As long as a message may be, with as many traits as fit.
fn large(number: usize, at: Instant) -> String {
    let traits: Vec<String> = (0..450).map(|n| format!(r#""trait-{n}":"{}""#, "x".repeat(120))).collect();
    let traits = traits.join(",");
    format!(r#""type":"identify","userId":"large-{}","traits":{{{traits}}},"timestamp":"{at}""#, number % TOGETHER)
}

/// What is there before anybody is a burden: one lead with many events, many with some, visitors and users with a few.
fn prepare(load: &Load, now: Instant) -> Outcome<()> {
    let hot = (0..HOT).map(|number| page(r#""userId":"hot""#, Instant(now.0 - DAY + number as i64 * 4_000)));
    let joined = (0..TOGETHER * 400).map(|number| {
        let (lead, event) = (number / 400, number % 400);
        page(&format!(r#""userId":"joined-{lead}""#), Instant(now.0 - DAY + event as i64 * 60_000))
    });
    let people = (0..PEOPLE * EACH * 2).map(|number| {
        let (one, event) = (number / EACH / 2, number % EACH);
        let who = match number / EACH % 2 {
            0 => format!(r#""anonymousId":"visitor-{one}""#),
            _ => format!(r#""userId":"person-{one}""#),
        };
        page(&who, Instant(now.0 - DAY + event as i64 * 60_000))
    });
    load.send(hot.chain(joined).chain(people).enumerate().map(|(n, rest)| whole(&format!("prepared-{n}"), &rest)))
}

fn whole(id: &str, rest: &str) -> String {
    format!(r#"{{"messageId":"{id}",{rest}}}"#)
}

/// Prints, for each way of being a burden whose name contains `only`, how long an ordinary sender waits, beside a run in
/// which it is alone. Before each the server is started anew, so that nothing waits of the burden before. The last row
/// is a quiet run straight after the last burden.
pub fn beside_the_worst(live: &Path, load: &Load, seconds: usize, only: &str) -> Outcome<()> {
    let mut served = Served::start(live)?;
    let mut load = load.moved_to(&served)?;
    prepare(&load, Instant(jiff::Timestamp::now().as_millisecond()))?;
    let ordinary = |load: &Load| load.paced(RATE, RATE * seconds, Kind::PageView);
    let quiet = ordinary(&load)?;
    println!(
        "\nAn ordinary sender, {RATE} requests a second for {seconds} s, beside one public key: its answers, in ms, and as \
         multiples of the quiet run"
    );
    println!("{:<26}{:>8}{:>8}{:>8}{:>9}{:>9}{:>14}", "", "median", "99 %", "most", "median", "99 %", "answered a s");
    let row = |name: &str, of: &Latencies, stored: f64| {
        let (median, most) = (of.at(0.5) / quiet.at(0.5), of.at(0.99) / quiet.at(0.99));
        let figures = format!("{:>8.1}{:>8.1}{:>8.1}", of.at(0.5), of.at(0.99), of.at(1.0));
        println!("{name:<26}{figures}{:>9}{:>9}{stored:>14.0}", format!("{median:.1} x"), format!("{most:.1} x"));
    };
    row("nobody", &quiet, 0.0);
    for (place, way) in WAYS.iter().enumerate().filter(|(_, way)| way.name.contains(only)) {
        drop(served);
        served = Served::start(live)?;
        load = load.moved_to(&served)?;
        let key = served.key_named(&format!("burden-{place}"), "public")?;
        let burden = Burden::start(load.with_key(&key)?, way);
        let beside = ordinary(&load);
        let stored = burden.stop()?;
        row(way.name, &beside?, stored as f64 / seconds as f64);
    }
    row("nobody, straight after", &ordinary(&load)?, 0.0);
    Ok(())
}

/// A sender that is much work, on a thread of its own.
struct Burden {
    ends: Arc<AtomicBool>,
    thread: thread::JoinHandle<Outcome<usize>>,
}

impl Burden {
    fn start(load: Load, way: &'static Way) -> Burden {
        let ends = Arc::new(AtomicBool::new(false));
        let until = ends.clone();
        let thread = thread::spawn(move || {
            let next = AtomicUsize::new(0);
            let body = || {
                let now = Instant(jiff::Timestamp::now().as_millisecond());
                let first = next.fetch_add(way.batch, Ordering::Relaxed);
                let message = |number| whole(&format!("{}-{number}", way.name), &(way.message)(number, now));
                (
                    way.batch,
                    format!(
                        r#"{{"batch":[{}]}}"#,
                        (first..first + way.batch).map(message).collect::<Vec<_>>().join(",")
                    ),
                )
            };
            load.press(body, &until)
        });
        Burden { ends, thread }
    }

    /// Returns how many messages were stored.
    fn stop(self) -> Outcome<usize> {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| "the thread of a sender has ended by a panic")?
    }
}
