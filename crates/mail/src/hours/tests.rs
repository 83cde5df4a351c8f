use jiff::tz::TimeZoneDatabase;
use proptest::prelude::*;

use super::*;

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn hours_open_on_the_clock_of_the_zone() {
    let office = "mon-fri 9:00-18:00";
    for (hours, zone_name, now, opens) in [
        // A Wednesday.
        (office, "Europe/Berlin", "2026-03-11T08:00:00Z", None),
        (office, "Europe/Berlin", "2026-03-11T07:59:59.999Z", Some("2026-03-11T08:00:00Z")),
        (office, "Europe/Berlin", "2026-03-11T16:59:59.999Z", None),
        (office, "Europe/Berlin", "2026-03-11T17:00:00Z", Some("2026-03-12T08:00:00Z")),
        (office, "Asia/Tokyo", "2026-03-11T17:00:00Z", Some("2026-03-12T00:00:00Z")),
        // Over the weekend, and over the weekend on which the clock changes.
        (office, "Europe/Berlin", "2026-03-13T17:00:00Z", Some("2026-03-16T08:00:00Z")),
        (office, "Europe/Berlin", "2026-03-27T17:00:00Z", Some("2026-03-30T07:00:00Z")),
        (office, "America/New_York", "2026-10-30T22:00:00Z", Some("2026-11-02T14:00:00Z")),
        // Hours that the clock leaves out in spring: it goes from 2:00 to 3:00 on 29 March.
        ("sun 2:00-2:30", "Europe/Berlin", "2026-03-28T12:00:00Z", Some("2026-04-05T00:00:00Z")),
        ("sun 1:30-3:00", "Europe/Berlin", "2026-03-29T00:59:00Z", None),
        ("sun 1:30-3:00", "Europe/Berlin", "2026-03-29T01:00:00Z", Some("2026-04-04T23:30:00Z")),
        // A day that a country left out: Samoa went from 29 to 31 December 2011.
        ("fri 9:00-10:00", "Pacific/Apia", "2011-12-30T05:00:00Z", Some("2012-01-05T19:00:00Z")),
        // Several, in any order; days around the end of the week; the whole day.
        ("sat 10:00-12:00, mon 8:00-9:00", "UTC", "2026-03-13T12:00:00Z", Some("2026-03-14T10:00:00Z")),
        ("sat 10:00-12:00, mon 8:00-9:00", "UTC", "2026-03-14T12:00:00Z", Some("2026-03-16T08:00:00Z")),
        ("fri-mon 9:00-10:00", "UTC", "2026-03-15T09:30:00Z", None),
        ("fri-mon 9:00-10:00", "UTC", "2026-03-17T09:30:00Z", Some("2026-03-20T09:00:00Z")),
        ("mon-sun 0:00-24:00", "Europe/Berlin", "2026-03-15T23:30:00Z", None),
        ("mon 10:00-11:00, mon 9:00-9:30", "UTC", "2026-03-15T00:00:00Z", Some("2026-03-16T09:00:00Z")),
        ("", "UTC", "2026-03-15T00:00:00Z", None),
    ] {
        let read = SendingHours::read(hours).unwrap();
        assert_eq!(read.opens(at(now), &zone(zone_name)), opens.map(at), "{hours} in {zone_name} at {now}");
    }
}

#[test]
fn what_is_not_hours_is_named() {
    for text in [
        "9-18",
        "mon",
        "mon 9-18",
        "mon 9:00",
        "mon 9:0-10:00",
        "mon 24:01-24:02",
        "xyz 9:00-10:00",
        "mon 9:00-9:00",
        ",",
    ] {
        let wrong = SendingHours::read(text).unwrap_err();
        assert!(wrong.contains("write them like"), "{text}: {wrong}");
    }
    let wrong = SendingHours::read("mon-fri 9:00-18:00, sat 10-12").unwrap_err();
    assert!(wrong.starts_with("`sat 10-12`"), "{wrong}");
}

fn any_hours() -> impl Strategy<Value = SendingHours> {
    let span = (0..7_usize, 0..7_usize, 0..1440_i16, 1..=1440_i16).prop_map(|(first, last, from, length)| Span {
        first: DAYS[first].1,
        last: DAYS[last].1,
        from,
        until: (from + length).min(MINUTES_OF_A_DAY),
    });
    prop::collection::vec(span, 1..4).prop_map(SendingHours)
}

proptest! {
    /// Hours read as they are written; what opens is open, and was closed until then.
    #[test]
    fn hours_open_when_they_say(hours in any_hours(), place in 0..4_usize, minute in 0..5_000_000_i64, share in 0.0..1.0_f64) {
        prop_assert_eq!(SendingHours::read(&hours.to_string()), Ok(hours.clone()));
        let zone = zone(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"][place]);
        let now = Timestamp::from_second(1_500_000_000 + minute * 60).unwrap();
        if let Some(opens) = hours.opens(now, &zone) {
            prop_assert!(opens > now);
            prop_assert_eq!(hours.opens(opens, &zone), None, "it is open then");
            let between = now.as_second() + ((opens.as_second() - now.as_second()) as f64 * share) as i64;
            let between = Timestamp::from_second(between.min(opens.as_second() - 1)).unwrap();
            prop_assert_eq!(hours.opens(between, &zone), Some(opens), "and not before");
        }
    }
}
