//! The company's year: working days, quiet months, the launch, what goes out on which day, and the hours of each zone.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

use crate::catalogue::{TOPICS, Topic};
use crate::dice::{Dice, Spread};

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// A date as days since 1970-01-01; within two centuries of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub u16);

impl Date {
    /// The date of an instant in ms; the nearest that can be told outside the range.
    pub fn of(instant: i64) -> Date {
        Date(instant.div_euclid(DAY).clamp(0, i64::from(u16::MAX)) as u16)
    }

    pub fn midnight(self) -> i64 {
        i64::from(self.0) * DAY
    }

    pub fn after(self, days: u16) -> Date {
        Date(self.0.saturating_add(days))
    }

    pub fn civil(self) -> civil::Date {
        let at = Timestamp::from_millisecond(self.midnight()).unwrap_or(Timestamp::UNIX_EPOCH);
        TimeZone::UTC.to_datetime(at).date()
    }

    /// Weeks since 1970, from Monday to Sunday.
    pub fn week(self) -> i64 {
        (i64::from(self.0) + 3) / 7
    }

    /// 0 is Monday.
    pub fn weekday(self) -> usize {
        (self.0 as usize + 3) % 7
    }

    pub fn is_weekend(self) -> bool {
        self.weekday() >= 5
    }

    /// Every second Tuesday.
    pub fn has_newsletter(self) -> bool {
        self.weekday() == 1 && self.week() % 2 == 0
    }

    /// The third Thursday of a month, and a topic that takes its turn.
    pub fn webinar(self) -> Option<Topic> {
        let date = self.civil();
        let third = self.weekday() == 3 && (15..=21).contains(&date.day());
        third.then(|| Topic(0).further(i64::from(date.month()) - 1))
    }

    pub fn has_launch(self) -> bool {
        let date = self.civil();
        (date.month(), date.day()) == LAUNCH
    }
}

/// Month and day of the yearly launch.
const LAUNCH: (i8, i8) = (4, 21);
/// How long it is talked about, in days.
const LAUNCH_LASTS: i64 = 28;
/// How long before a webinar people are invited, in days: on a Tuesday.
pub const INVITED_BEFORE: u16 = 9;

/// IANA names of the zones that leads live in. Working hours begin after midnight UTC in all of them, so that no day
/// has to look back at the one before.
pub const ZONES: [&str; 10] = [
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/London",
    "Europe/Amsterdam",
    "Europe/Zurich",
    "Europe/Stockholm",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "America/Toronto",
];

/// One day of the simulation.
pub struct Today {
    /// Days since the first.
    pub number: u32,
    pub date: Date,
    /// How busy a usual lead is; 1 is an ordinary working day.
    pub activity: f64,
    /// The same of the weeks around, whatever the day of the week.
    pub season: f64,
    pub newsletter: bool,
    pub launch: bool,
    pub webinar: Option<Topic>,
    /// The webinar that people are invited to today.
    pub invitation: Option<(Date, Topic)>,
    /// Whether the company's letters, and what people do with them, are among the messages.
    pub letters: bool,
    /// How strongly each topic draws today.
    pulls: [f64; TOPICS.len()],
    /// Ahead of UTC, in ms.
    offsets: [i64; ZONES.len()],
}

impl Today {
    pub fn new(first: Date, number: u32) -> Today {
        let date = first.after(u16::try_from(number).unwrap_or(u16::MAX));
        let invited = date.after(INVITED_BEFORE);
        Today {
            number,
            date,
            activity: season(date) * [1.0, 1.1, 1.1, 1.05, 0.85, 0.22, 0.28][date.weekday()],
            season: season(date),
            newsletter: date.has_newsletter(),
            launch: date.has_launch(),
            webinar: date.webinar(),
            invitation: invited.webinar().map(|topic| (invited, topic)),
            letters: true,
            pulls: pulls(date),
            offsets: ZONES.map(|zone| offset(zone, date)),
        }
    }

    pub fn popular_topic(&self, dice: &mut Dice) -> Topic {
        Topic(dice.weighted(&self.pulls) as u8)
    }

    pub fn pull(&self, topic: Topic) -> f64 {
        self.pulls[topic.0 as usize]
    }

    /// An instant of this day in ms, at a local time of day of a zone.
    pub fn at(&self, zone: usize, time_of_day: i64) -> i64 {
        self.date.midnight() + time_of_day - self.offsets[zone]
    }

    /// An instant at which somebody in this zone sits before a screen.
    pub fn at_leisure(&self, zone: usize, dice: &mut Dice) -> i64 {
        let hours = if self.date.is_weekend() { &WEEKEND } else { &WORKING_DAY };
        self.at(zone, dice.draw(hours) + dice.between(0, MINUTE))
    }
}

const WORKING_DAY: Spread = Spread(&[
    (0, 13 * HOUR / 2),
    (80, 17 * HOUR / 2),
    (400, 11 * HOUR),
    (480, 25 * HOUR / 2),
    (600, 14 * HOUR),
    (880, 35 * HOUR / 2),
    (960, 21 * HOUR),
    (1_000, 23 * HOUR),
]);
const WEEKEND: Spread =
    Spread(&[(0, 8 * HOUR), (300, 12 * HOUR), (600, 17 * HOUR), (900, 21 * HOUR), (1_000, 23 * HOUR)]);

/// The year's rhythm: August is quiet, the weeks around New Year are empty, the launch is loud.
fn season(date: Date) -> f64 {
    let civil = date.civil();
    let month = [0.95, 1.0, 1.05, 1.05, 1.0, 0.95, 0.85, 0.6, 1.05, 1.1, 1.05, 0.8][civil.month() as usize - 1];
    let holidays = matches!((civil.month(), civil.day()), (12, 21..) | (1, ..=4));
    month * if holidays { 0.3 } else { 1.0 } * (1.0 + 0.4 * launch(date))
}

/// From 1 on the day of the launch down to 0 four weeks later.
fn launch(date: Date) -> f64 {
    let civil = date.civil();
    let days = match (civil.month(), civil.day()) {
        (4, day) if day >= LAUNCH.1 => i64::from(day - LAUNCH.1),
        (5, day) => i64::from(day) + 30 - i64::from(LAUNCH.1),
        _ => LAUNCH_LASTS,
    };
    (LAUNCH_LASTS - days).max(0) as f64 / LAUNCH_LASTS as f64
}

/// Each topic's own pull, on a slow wave of its own, and the launch.
fn pulls(date: Date) -> [f64; TOPICS.len()] {
    Topic::ALL.map(|topic| {
        let phase = (i64::from(date.0) + 60 * i64::from(topic.0)) % 360;
        let wave = 0.75 + 0.5 * (phase - 180).abs() as f64 / 180.0;
        let launched = if topic == Topic::LAUNCHED { 1.5 * launch(date) } else { 0.0 };
        topic.about().pull * wave + launched
    })
}

/// The zone's offset at noon UTC of a date, in ms.
fn offset(zone: &str, date: Date) -> i64 {
    let noon = Timestamp::from_millisecond(date.midnight() + 12 * HOUR).unwrap_or(Timestamp::UNIX_EPOCH);
    TimeZone::get(zone).map_or(0, |zone| i64::from(zone.to_offset(noon).seconds()) * SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i16, month: i8, day: i8) -> Date {
        Date::of(civil::date(year, month, day).to_zoned(TimeZone::UTC).unwrap().timestamp().as_millisecond())
    }

    #[test]
    fn dates_know_their_day() {
        assert_eq!(date(2026, 6, 30).weekday(), 1);
        assert!(date(2026, 1, 3).is_weekend());
        assert_eq!(date(2026, 1, 15).webinar(), Some(Topic(0)));
        assert_eq!(date(2026, 1, 22).webinar(), None);
        assert_eq!(date(2026, 1, 5).week(), date(2026, 1, 11).week());
    }

    #[test]
    fn august_and_new_year_are_quiet_and_the_launch_is_loud() {
        assert!(season(date(2026, 8, 12)) < 0.7 * season(date(2026, 6, 10)));
        assert!(season(date(2026, 12, 27)) < 0.3);
        assert!(season(date(2026, 4, 21)) > season(date(2026, 4, 20)));
        assert!(launch(date(2026, 5, 5)) == 0.5 && launch(date(2026, 6, 1)) == 0.0);
    }

    #[test]
    fn zones_are_known_and_keep_summer_time() {
        let (winter, summer) = (Today::new(date(2026, 1, 15), 0), Today::new(date(2026, 1, 15), 180));
        assert_eq!(winter.offsets[0], HOUR);
        assert_eq!(summer.offsets[0], 2 * HOUR);
        assert!(winter.offsets.iter().filter(|offset| **offset == 0).count() == 1, "London alone is on UTC");
    }
}
