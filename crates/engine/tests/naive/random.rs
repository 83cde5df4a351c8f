//! Random cases from a seed: small playbooks and histories, made so that instants meet.

use super::instant::{DAY, HOUR, duration, print};
use super::schedule::first_instant;
use super::{Case, random_history, random_playbook};
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A row of numbers that look thrown, the same for the same seed (splitmix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0, below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.throw() % end as u64) as usize
    }

    /// True in so many percent of the throws.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }

    /// One of the things, each as often as its weight says.
    pub fn weighted<T: Copy>(&mut self, things: &[(usize, T)]) -> T {
        let mut left = self.below(things.iter().map(|(weight, _)| weight).sum());
        let found = things.iter().find(|(weight, _)| {
            let here = left < *weight;
            left = left.saturating_sub(*weight);
            here
        });
        found.expect("some weight is not zero").1
    }
}

/// Which forms of conditions a case has. A seed's case of the older forms never changes: it shows what a change of the
/// program did not change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Forms {
    Older,
    /// The older ones too.
    Newer,
}

/// What most of the newer conditions and messages of a case are about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    Dates,
    Consent,
    Orders,
    Mail,
}

/// What a playbook and a history have in common.
pub struct World {
    pub forms: Forms,
    /// Of no account with the older forms.
    pub theme: Theme,
    pub zone_name: &'static str,
    pub zone: TimeZone,
    /// The start of a local day shortly before the clocks do something odd.
    pub start: i64,
    /// All durations of the playbook; events keep the same distances.
    pub durations: Vec<&'static str>,
    /// The kinds of events that most rules and most events are of.
    pub kinds: Vec<&'static str>,
    pub topics: Vec<&'static str>,
    /// None with the older forms.
    pub subscriptions: Vec<&'static str>,
    /// The attributes that most conditions on dates ask for; none with the older forms.
    pub dates: Vec<&'static str>,
}

/// Zones, and days in them shortly before the clocks change around midnight, or a day is missing, or a week is odd.
const PLACES: [(&str, [i16; 3]); 18] = [
    ("UTC", [2024, 2, 26]),
    ("UTC", [2023, 12, 29]),
    ("America/Havana", [2024, 11, 1]),
    ("America/Havana", [2024, 3, 8]),
    ("Asia/Beirut", [2024, 3, 29]),
    ("Asia/Beirut", [2024, 10, 25]),
    ("America/Sao_Paulo", [2018, 11, 2]),
    ("America/Sao_Paulo", [2019, 2, 15]),
    ("Pacific/Apia", [2011, 12, 27]),
    ("Australia/Lord_Howe", [2024, 4, 5]),
    ("Australia/Lord_Howe", [2024, 10, 4]),
    ("Africa/Casablanca", [2024, 3, 8]),
    ("Africa/Casablanca", [2024, 4, 12]),
    ("Africa/Cairo", [2024, 4, 24]),
    ("Europe/Berlin", [2024, 3, 28]),
    ("Europe/Berlin", [2024, 10, 25]),
    ("Asia/Kolkata", [2024, 1, 30]),
    ("America/Toronto", [2006, 10, 27]),
];

/// More of them, for dates: leap days, the turn of the year, and clocks set back over midnight.
const NEWER_PLACES: [(&str, [i16; 3]); 8] = [
    ("Europe/Berlin", [2023, 2, 25]),
    ("Europe/Berlin", [2024, 2, 26]),
    ("America/New_York", [2027, 12, 28]),
    ("America/St_Johns", [2010, 11, 4]),
    ("America/Toronto", [1919, 3, 28]),
    ("America/Sao_Paulo", [2018, 11, 2]),
    ("Pacific/Apia", [2011, 12, 27]),
    ("Asia/Kathmandu", [1985, 12, 30]),
];

/// For cases about dates: a gap and a repeated hour, both over midnight and by day, and a skipped day.
const DATE_PLACES: [(&str, [i16; 3]); 7] = [
    ("America/Toronto", [1919, 3, 28]),
    ("America/Toronto", [1919, 3, 28]),
    ("America/St_Johns", [2010, 11, 5]),
    ("America/St_Johns", [2010, 11, 5]),
    ("Europe/Berlin", [2024, 3, 29]),
    ("Europe/Berlin", [2024, 10, 25]),
    ("Pacific/Apia", [2011, 12, 28]),
];

const DURATIONS: [&str; 20] = [
    "90s", "15m", "1h", "6h", "12h", "23h", "1d", "1d", "25h", "36h", "2d", "2d", "3d", "3d", "4d", "1w", "1w", "8d",
    "10d", "30d",
];

pub const KINDS: [&str; 10] = [
    "Page Viewed",
    "Form Submitted",
    "Content Downloaded",
    "Demo Requested",
    "Email Link Clicked",
    "Email Opened",
    "Screen Viewed",
    "Webinar Attended",
    "page viewed",
    "X",
];

/// Attributes that are dates for some leads.
pub const DATES: [&str; 5] = ["trial_ends", "renewal", "birthday", "address.since", "company.since"];

pub const NEWER_KINDS: [&str; 4] = ["Order Placed", "Topic Chosen", "Frequency Chosen", "Email Auto-Replied"];

impl World {
    fn new(dice: &mut Dice, forms: Forms) -> World {
        let mut theme = Theme::Orders;
        if forms == Forms::Newer {
            theme = *dice.pick(&[
                Theme::Dates,
                Theme::Dates,
                Theme::Dates,
                Theme::Consent,
                Theme::Consent,
                Theme::Orders,
                Theme::Mail,
            ]);
        }
        let (zone_name, [year, month, day]) = match forms {
            Forms::Newer if theme == Theme::Dates && dice.chance(60) => *dice.pick(&DATE_PLACES),
            Forms::Newer if dice.chance(50) => *dice.pick(&NEWER_PLACES),
            _ => *dice.pick(&PLACES),
        };
        let zone = TimeZoneDatabase::bundled().get(zone_name).expect("the zone is bundled");
        let date = Date::new(year, month as i8, day as i8).expect("a day of the calendar");
        let start = first_instant(&zone, date).expect("the day exists");
        let some = |dice: &mut Dice, from: &[&'static str], count| (0..count).map(|_| *dice.pick(from)).collect();
        let durations = some(dice, &DURATIONS, 4);
        let mut kinds: Vec<_> = some(dice, &KINDS, 3);
        if dice.chance(40) {
            kinds.push("Page Viewed");
        }
        let topics = ["shirts", "shoes", "ties"][..*dice.pick(&[0, 1, 2, 3, 3])].to_vec();
        let (mut subscriptions, mut dates) = (Vec::new(), Vec::new());
        if forms == Forms::Newer {
            kinds.push("Order Placed");
            kinds.extend(dice.chance(40).then(|| *dice.pick(&NEWER_KINDS)));
            dates.extend([*dice.pick(&DATES), *dice.pick(&DATES)]);
            subscriptions.extend(&["newsletter", "product"][..dice.below(3)]);
        }
        World { forms, theme, zone_name, zone, start, durations, kinds, topics, subscriptions, dates }
    }

    pub fn duration(&self, dice: &mut Dice) -> &'static str {
        dice.pick::<&'static str>(&self.durations)
    }

    /// An instant at or after another: at once, at a distance that the playbook knows, at the start of a local day.
    pub fn later(&self, dice: &mut Dice, from: i64) -> i64 {
        let jitter = if dice.chance(8) { [-1, 1, 999][dice.below(3)] } else { 0 };
        let next = match dice.weighted(&[(22, 'n'), (40, 'd'), (10, 'h'), (8, 'w'), (14, 's'), (6, 'r')]) {
            'n' => return from,
            'd' => from + duration(self.duration(dice)),
            'h' => from + HOUR * (1 + dice.below(5) as i64),
            'w' => from + DAY * (1 + dice.below(9) as i64),
            's' => self.next_day(from),
            _ => from + dice.below(3 * DAY as usize) as i64,
        };
        (next + jitter).max(from)
    }

    /// The start of the next local day.
    fn next_day(&self, from: i64) -> i64 {
        let now = jiff::Timestamp::from_millisecond(from).expect("instants lie within the calendar");
        let mut date = self.zone.to_datetime(now).date();
        loop {
            date = date.tomorrow().expect("before the last day");
            if let Some(at) = first_instant(&self.zone, date).filter(|&at| at > from) {
                return at;
            }
        }
    }
}

/// A playbook and a history of the older forms, the same for the same seed.
pub fn random_case(seed: u64) -> Case {
    random_case_of(Forms::Older, seed)
}

/// A playbook and a history, the same for the same seed.
pub fn random_case_of(forms: Forms, seed: u64) -> Case {
    let mut dice = Dice::new(seed);
    let world = World::new(&mut dice, forms);
    let playbook = random_playbook::playbook(&mut dice, &world);
    let history = random_history::history(&mut dice, &world, &playbook);
    let at = match dice.below(10) {
        0..3 => None,
        3..5 => Some(world.start + (history.last - world.start) / 2),
        5 => Some(*dice.pick(&history.instants)),
        6..9 => Some(world.later(&mut dice, history.last)),
        _ => Some(history.last + DAY * (30 + dice.below(300) as i64)),
    };
    Case { playbook, lines: history.lines, at: at.map(print) }
}
