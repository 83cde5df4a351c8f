//! Random dates as attributes and playbooks write them, near the instants of the events.

use super::instant::{DAY, duration, print};
use super::random::{Dice, World};
use super::schedule::{first_instant, local};
use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};

/// Times of day near which clocks change.
const TIMES: [&str; 8] = ["00:00", "00:30", "01:00", "01:30", "02:00", "02:30", "23:00", "23:30"];
const BLANKS: [(&str, &str); 4] = [(" ", ""), ("\t", " "), ("\n ", "\r\n"), ("", "  ")];
const NOT_DATES: [&str; 23] = [
    "2024-3-5",
    "2024-03",
    "2024",
    "20240305",
    "2024-W10-2",
    "2024-065",
    "2024-02-30",
    "2023-02-29",
    "2024-13-01",
    "2024-03-05T",
    "2024-03-05Z",
    "2024-03-05T10",
    "2024-03-05T9:30",
    "2024-03-05T24:00",
    "2024-03-05T23:59:60",
    "2024-03-05T1030",
    "2024-03-05T10:00 Z",
    "2024-03-05T10:00+24:00",
    "2024-03-05  10:00",
    "2024-03-05x",
    "1709596800000",
    "soon",
    "",
];

impl World {
    /// An instant that events and the playbook's durations may meet; most are at or after `from`.
    fn moment(&self, dice: &mut Dice, from: i64) -> i64 {
        let chain = |dice: &mut Dice, from, steps| (0..steps).fold(from, |at, _| self.later(dice, at));
        match dice.below(20) {
            0..9 => {
                let steps = 1 + dice.below(3);
                chain(dice, from, steps)
            }
            9..14 => {
                let steps = dice.below(9);
                chain(dice, self.start, steps)
            }
            14..17 => from - duration(self.duration(dice)),
            17 => from + DAY * (dice.below(90) as i64 - 45),
            _ => from + DAY * (dice.below(1000) as i64 - 500),
        }
    }
}

/// A date on one of the days around which the clocks of the world's zone change: the day itself, a time of day near which
/// clocks change, or an instant shortly behind the first instant of the day.
pub fn near_change(dice: &mut Dice, world: &World) -> String {
    let first = local(&world.zone, world.start).date();
    let day =
        (0..*dice.pick(&[0, 1, 2, 2, 2, 3, 3, 4])).fold(first, |day, _| day.tomorrow().expect("a day of the calendar"));
    match dice.below(3) {
        0 => day.to_string(),
        1 => format!("{day}T{}", dice.pick(&TIMES)),
        _ => {
            let start = first_instant(&world.zone, day).unwrap_or(world.start);
            print(start + 60_000 * *dice.pick(&[0, 15, 30, 59]))
        }
    }
}

/// A date of some instant near the events, mostly not before `from`.
pub fn date(dice: &mut Dice, world: &World, from: i64) -> String {
    let at = world.moment(dice, from);
    written(dice, world, at, local(&world.zone, at))
}

/// A date whose anniversaries are near the events.
pub fn birthday(dice: &mut Dice, world: &World, from: i64) -> String {
    if dice.chance(12) {
        return (*dice.pick(&["2000-02-29", "2024-02-29", "1996-02-29T23:30", "2001-02-28", "1904-02-29 02:30"]))
            .into();
    }
    let near = local(&world.zone, world.moment(dice, from));
    let year = near.year() + *dice.pick(&[-70, -24, -4, -1, -1, 0, 1, 2]);
    let shorter = |_| Date::new(year, near.month(), near.day() - 1);
    let day = Date::new(year, near.month(), near.day()).or_else(shorter).expect("a day of the calendar");
    let at = day.to_datetime(near.time());
    let instant = super::schedule::civil(at);
    written(dice, world, instant, at)
}

/// A value that is a date, or looks like one.
pub fn value(dice: &mut Dice, world: &World, from: i64) -> Value {
    match dice.below(20) {
        0..9 => date(dice, world, from).into(),
        9..16 => birthday(dice, world, from).into(),
        16..18 => (*dice.pick(&NOT_DATES)).into(),
        18 => json!([date(dice, world, from)]),
        _ => dice.pick(&[json!(1_709_596_800), json!(true), json!({"day": 5}), json!("9999-12-31")]).clone(),
    }
}

/// An instant in one of the shapes of dates. `shown` is what clocks of the world's zone show at it.
fn written(dice: &mut Dice, world: &World, at: i64, shown: DateTime) -> String {
    let day = shown.date();
    let text = match dice.below(20) {
        0..7 => day.to_string(),
        7 => print(at),
        8 => print(at + 5 * 3_600_000 + 1_800_000).replace('Z', "+05:30"),
        9 => print(at - 3 * 3_600_000).replace('Z', "-03:00"),
        10 => shown.strftime("%Y-%m-%dT%H:%M").to_string(),
        11 => shown.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        12 => shown.strftime("%Y-%m-%dT%H:%M:%S.%3f").to_string(),
        13 => shown.strftime("%Y-%m-%d %H:%M:%S.%3f999").to_string(),
        14 => shown.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        15..18 => format!("{day}T{}", dice.pick(&TIMES)),
        _ => format!("{day} {}", local(&world.zone, world.start).strftime("%H:%M:%S")),
    };
    let (before, behind) = if dice.chance(12) { *dice.pick(&BLANKS) } else { ("", "") };
    format!("{before}{text}{behind}")
}
