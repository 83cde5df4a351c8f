//! The company is as it was described: streams that repeat, and distributions with their tolerances.

mod stream;

use std::collections::{BTreeMap, BTreeSet};

use attractor_sample::{Company, END};
use proptest::prelude::*;
use stream::{Line, bytes, lines};

const HOUR: i64 = 3_600_000;

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    assert_eq!(bytes(60, 90, 5), bytes(60, 90, 5));
    assert_ne!(bytes(60, 90, 5), bytes(60, 90, 6));
}

/// Notices a change of the stream that nobody meant: benches and laws compare across versions. Who means it writes the
/// new number here.
#[test]
fn the_stream_stays() {
    let fnv = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    assert_eq!(bytes(300, 180, 1).iter().fold(0xcbf2_9ce4_8422_2325, fnv), 12_317_786_796_957_380_305);
}

#[test]
fn messages_and_bytes_are_the_same_stream() {
    let company = Company::ending(50, 60, 2);
    let joined: String = company.messages().map(|message| message.json + "\n").collect();
    let mut written = Vec::new();
    assert_eq!(company.write(&mut written).unwrap(), joined.lines().count() as u64);
    assert_eq!(written, joined.into_bytes());
}

#[test]
fn a_lead_does_the_same_among_more() {
    let (few, many) = (lines(40, 120, 9), lines(90, 120, 9));
    let first: Vec<_> = many.iter().filter(|line| line.lead() < 40).map(|line| &line.json).collect();
    assert_eq!(few.iter().map(|line| &line.json).collect::<Vec<_>>(), first);
}

#[test]
fn it_comes_in_the_order_received_within_its_days() {
    let lines = lines(500, 100, 4);
    let start = END - 100 * 24 * HOUR;
    assert!(lines.is_sorted_by_key(|line| line.received));
    assert!(lines.iter().all(|line| (start..END).contains(&line.received)));
    assert!(lines.iter().all(|line| line.at < line.received));
    assert!(lines.iter().all(|line| line.is_history() == (line.at < start)), "history is what was before");
}

#[test]
fn a_company_may_end_in_the_middle_of_a_day() {
    let noon = END + 12 * HOUR;
    let until_noon: Vec<_> = Company::ending_at(noon, 200, 60, 3).messages().collect();
    let until_six: Vec<_> = Company::ending_at(noon + 6 * HOUR, 200, 60, 3).messages().collect();
    assert!(until_noon.last().is_some_and(|last| (END..noon).contains(&last.received)));
    assert!(until_six.starts_with(&until_noon) && until_six.len() > until_noon.len(), "a later end only adds to it");
    assert_eq!(Company::ending_at(END, 200, 60, 3), Company::ending(200, 60, 3));
}

#[test]
fn some_come_late_and_some_twice() {
    let lines = lines(1_000, 180, 1);
    let live: Vec<&Line> = lines.iter().filter(|line| !line.is_history()).collect();
    let share = |count: usize| count as f64 / live.len() as f64;
    let late = share(live.iter().filter(|line| line.received - line.at > 60_000).count());
    let very_late = share(live.iter().filter(|line| line.received - line.at > 24 * HOUR).count());
    assert!((0.01..0.06).contains(&late), "{late}");
    assert!((0.000_2..0.02).contains(&very_late), "{very_late}");
    let ids: BTreeSet<&str> = lines.iter().map(Line::id).collect();
    let doubled = share(lines.len() - ids.len());
    assert!((0.004..0.012).contains(&doubled), "{doubled}");
    let swapped = share(live.windows(2).filter(|pair| pair[1].at < pair[0].at).count());
    assert!(swapped > 0.001, "{swapped}");
}

#[test]
fn there_are_about_so_many_messages_a_lead() {
    let lines = lines(2_000, 180, 1);
    let each = lines.len() as f64 / 2_000.0;
    assert!((30.0..60.0).contains(&each), "{each}");
    let leads: BTreeSet<u32> = lines.iter().map(Line::lead).collect();
    let known: BTreeSet<u32> = lines.iter().filter(|line| line.kind() == "identify").map(Line::lead).collect();
    assert!(leads.len() > 1_950, "{}", leads.len());
    let share = known.len() as f64 / leads.len() as f64;
    assert!((0.4..0.75).contains(&share), "{share} are known by name");
}

/// Clicks of each copy, by machines or by people, as instants after it was sent.
fn clicks(lines: &[Line], machine: bool) -> Vec<Vec<i64>> {
    let copy = |line: &Line| line.property("send_id").and_then(|id| id.as_str()).map(str::to_owned);
    let sent: BTreeMap<_, i64> = lines
        .iter()
        .filter(|line| line.kind() == "Email Sent")
        .filter_map(|line| Some((copy(line)?, line.at)))
        .collect();
    let mut clicks: BTreeMap<String, BTreeMap<&str, i64>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.kind() == "Email Link Clicked" && line.is_machine() == machine) {
        let copy = copy(line).expect("somebody did something");
        let after = line.at - sent[&copy];
        clicks.entry(copy).or_default().insert(line.id(), after);
    }
    clicks.into_values().map(|by_id| by_id.into_values().collect()).map(sorted).collect()
}

fn sorted(mut numbers: Vec<i64>) -> Vec<i64> {
    numbers.sort_unstable();
    numbers
}

fn quantile(numbers: &[i64], share: f64) -> f64 {
    numbers[(numbers.len() as f64 * share) as usize] as f64 / 1_000.0
}

#[test]
fn scanners_burst_as_published() {
    let bursts = clicks(&lines(6_000, 180, 1), true);
    let delays = sorted(bursts.iter().map(|burst| burst[0]).collect());
    assert!(delays.len() > 800, "{}", delays.len());
    assert!((39.0..47.0).contains(&quantile(&delays, 0.5)), "{}", quantile(&delays, 0.5));
    let later_than = |ms: i64| delays.iter().filter(|delay| **delay > ms).count() as f64 / delays.len() as f64;
    assert!((0.26..0.36).contains(&later_than(60_000)), "{}", later_than(60_000));
    assert!((0.955..0.99).contains(&later_than(20_000)), "{}", later_than(20_000));
    let single = bursts.iter().filter(|burst| burst.len() == 1).count() as f64 / bursts.len() as f64;
    assert!((0.07..0.13).contains(&single), "{single}");
    for burst in bursts.iter().filter(|burst| burst.len() > 1) {
        assert!((8..=10).contains(&burst.len()) && burst[burst.len() - 1] - burst[0] < 1_000, "{burst:?}");
    }
}

#[test]
fn people_click_as_assumed() {
    let visits = clicks(&lines(6_000, 180, 1), false);
    let delays = sorted(visits.iter().map(|visit| visit[0]).collect());
    let median = quantile(&delays, 0.5) / 3_600.0;
    assert!((2.5..3.5).contains(&median), "{median} hours");
    let of = |links: usize| visits.iter().filter(|visit| visit.len() == links).count() as f64 / visits.len() as f64;
    assert!((0.76..0.84).contains(&of(1)) && (0.12..0.18).contains(&of(2)), "{} {}", of(1), of(2));
    let gaps = sorted(visits.iter().flat_map(|visit| visit.windows(2).map(|pair| pair[1] - pair[0])).collect());
    assert!((15.0..26.0).contains(&quantile(&gaps, 0.5)), "{}", quantile(&gaps, 0.5));
    let hasty = gaps.iter().filter(|gap| **gap < 3_000).count() as f64 / gaps.len() as f64;
    assert!((0.02..0.09).contains(&hasty), "{hasty}");
}

#[test]
fn proxies_load_and_never_let_an_open_be_seen() {
    let lines = lines(1_000, 180, 2);
    let proxied: BTreeSet<u32> = lines.iter().filter(|line| line.is_proxy()).map(Line::lead).collect();
    let opens = |line: &&Line| line.kind() == "Email Opened" && !line.is_machine() && !line.is_history();
    assert!(proxied.len() > 100);
    assert!(lines.iter().filter(opens).all(|line| !proxied.contains(&line.lead())));
}

/// The leads with such an event of their own.
fn having(lines: &[Line], kind: &str, holds: impl Fn(&Line) -> bool) -> BTreeMap<u32, i64> {
    let own = lines.iter().filter(|line| line.kind() == kind && !line.is_history() && !line.is_machine());
    own.filter(|line| holds(line)).map(|line| (line.lead(), line.at)).rev().collect()
}

#[test]
fn deals_come_from_those_who_looked_at_prices_and_asked() {
    let lines = lines(6_000, 180, 1);
    let won = having(&lines, "Deal Won", |_| true);
    let created = having(&lines, "Deal Created", |_| true);
    let demo = having(&lines, "Demo Requested", |_| true);
    let share = won.len() as f64 / 6_000.0;
    assert!((0.012..0.045).contains(&share), "{share} won");
    assert!(created.iter().all(|(lead, at)| demo.get(lead).is_some_and(|asked| asked < at)));
    let pricing = having(&lines, "page", |line| line.property("path").unwrap() == "/pricing");
    let looked = |leads: &BTreeMap<u32, i64>| {
        leads.keys().filter(|lead| pricing.contains_key(lead)).count() as f64 / leads.len() as f64
    };
    let everyone: BTreeMap<u32, i64> = having(&lines, "page", |_| true);
    assert!(looked(&won) > 0.9 && looked(&everyone) < 0.5, "{} {}", looked(&won), looked(&everyone));
}

#[test]
fn those_who_attended_a_webinar_are_won_more_often() {
    let lines = lines(20_000, 180, 1);
    let attended = having(&lines, "Webinar Attended", |_| true);
    let odds = |came: bool| {
        let of = |kind| having(&lines, kind, |_| true).into_keys().filter(|l| attended.contains_key(l) == came).count();
        let (won, lost) = (of("Deal Won"), of("Deal Lost"));
        won as f64 / (won + lost) as f64
    };
    assert!(odds(true) > odds(false) + 0.04, "{} {}", odds(true), odds(false));
}

#[test]
fn weeks_and_years_have_their_rhythm() {
    let lines = lines(3_000, 400, 8);
    let mut days: BTreeMap<jiff::civil::Date, usize> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.kind() == "page" && !line.is_machine()) {
        let day = jiff::Timestamp::from_millisecond(line.at).unwrap().to_zoned(jiff::tz::TimeZone::UTC).date();
        *days.entry(day).or_default() += 1;
    }
    let mean = |chosen: &dyn Fn(&jiff::civil::Date) -> bool| {
        let counts: Vec<usize> = days.iter().filter(|(day, _)| chosen(day)).map(|(_, count)| *count).collect();
        counts.iter().sum::<usize>() as f64 / counts.len() as f64
    };
    let weekend = |day: &jiff::civil::Date| day.weekday().to_monday_one_offset() >= 6;
    assert!(mean(&weekend) < 0.45 * mean(&|day| !weekend(day)));
    let month = |year: i16, month: i8| mean(&move |day: &jiff::civil::Date| (day.year(), day.month()) == (year, month));
    assert!(month(2025, 8) < 0.85 * month(2025, 10), "{} {}", month(2025, 8), month(2025, 10));
    assert!(mean(&|day| (day.month(), day.day()) >= (12, 22)) < 0.7 * month(2025, 11));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn any_company_can_be_simulated(leads in 0u32..=50, days in 0u32..=400, seed: u64) {
        let objects = Company::ending(leads, days, seed).messages().all(|message| message.json.starts_with('{'));
        prop_assert!(objects);
    }

    #[test]
    fn any_start_will_do(start: i64, seed: u64) {
        let company = Company { leads: 8, days: 40, seed, start, end: i64::MAX };
        prop_assert!(company.messages().is_sorted_by_key(|message| message.received));
    }
}

#[test]
fn the_longest_company_ends_too() {
    let mut count = 0;
    for message in (Company { leads: 2, days: u32::MAX, seed: 1, start: 0, end: i64::MAX }).messages() {
        count += message.json.len().min(1);
    }
    assert!(count > 0);
}
