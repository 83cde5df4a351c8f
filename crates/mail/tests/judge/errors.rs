//! Both errors on the tables' scanners and people, beside simpler rules on the same stream.

use std::io::Write;

use attractor_mail::judge::Judge;
use attractor_sample::clicks::{SCANS_ONE_LINK, Shape};

use super::rules::{soon_after_sending, three_links_in_30_s, two_of_three};
use super::stage::{Count, Rule, count, ours};

const BURSTS: u64 = 100_000;
const VISITS: u64 = 1_000_000;
const SEED: u64 = 20_261_128;

/// Fewer scanners may score, and fewer people may be wronged, in percent.
const LET_PASS: f64 = 1.0;
const WRONGED: f64 = 0.1;

const NAMES: [&str; 4] = [
    "the judge",
    "within 7 s after sending",
    "three or more links within 30 s",
    "two of three of agent, speed, no image",
];

/// A rule's errors: of scanners' bursts, of scanners that open one link, and of people's visits.
struct Row {
    name: &'static str,
    bursts: Count,
    one_link: Count,
    people: Count,
}

impl Row {
    fn is_good(&self) -> bool {
        let passed = [self.bursts, self.one_link].map(Count::pass_rate);
        passed.iter().all(|rate| *rate < LET_PASS) && self.people.wrong_rate() < WRONGED
    }

    fn print(&self) {
        let (pass, one) = (self.bursts.pass_rate(), self.one_link.pass_rate());
        print(&format!("{:<40} {pass:>14.3} % {one:>14.3} % {:>14.4} %", self.name, self.people.wrong_rate()));
    }
}

/// Past the test runner's capture: the figures are for people, whether the test passes or not.
fn print(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("standard error takes a line");
}

fn rows(judge: &Judge) -> [Row; 4] {
    let ours = |copy: &_| ours(copy, judge);
    let of_three = |copy: &_| two_of_three(copy, &judge.lists);
    let rules: [Rule; 4] = [&ours, &soon_after_sending, &three_links_in_30_s, &of_three];
    let singles = (BURSTS as f64 * SCANS_ONE_LINK / (1.0 - SCANS_ONE_LINK)).ceil() as u64;
    let bursts = count(Shape::Burst, SEED, BURSTS, rules);
    let one_link = count(Shape::OneLink, SEED, singles, rules);
    let people = count(Shape::Reader, SEED, VISITS, rules);
    std::array::from_fn(|row| Row {
        name: NAMES[row],
        bursts: bursts[row],
        one_link: one_link[row],
        people: people[row],
    })
}

/// The figures are printed, and with `--nocapture` those of single clicks, too.
#[test]
fn both_errors_are_small_and_simpler_rules_reach_none_of_both() {
    let rows = rows(&Judge::default());
    let [ours, others @ ..] = &rows;
    println!(
        "{BURSTS} bursts, {} scans of one link, {VISITS} visits of people; copies with a wrong verdict:",
        ours.one_link.copies
    );
    print(&format!("{:<40} {:>16} {:>16} {:>16}", "verdicts", "bursts passed", "singles passed", "people wronged"));
    rows.iter().for_each(Row::print);
    let Row { bursts, people, .. } = ours;
    println!(
        "clicks: {} of {} of bursts passed, {} of {} of people wronged",
        bursts.clicks_let_pass, bursts.clicks_of_machines, people.clicks_wronged, people.clicks_of_people
    );
    assert!(ours.is_good(), "{bursts:?} {:?} {people:?}", ours.one_link);
    for other in others {
        assert!(!other.is_good(), "{} would do as well", other.name);
        assert!(people.wronged < other.people.wronged, "{} wrongs fewer people", other.name);
    }
}
