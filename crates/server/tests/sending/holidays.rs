//! Calls are due in the working hours of the team's zone, over a weekend and the holidays of the settings.

use attractor_server::clock;
use axum::http::Method;
use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use super::running::{Place, Server};
use super::world::{again, command, identify, send, tell};

const PLAYBOOK: &str = "
playbook: desk
scores: [{id: lead, rules: [{id: form, event: Form Submitted, points: 10}]}]
";

const OWNER: &str = "ada@acme.test";

fn begin(place: &Place, zone: &str, holidays: &[Date]) -> Server {
    place.write("playbook/playbook.yaml", PLAYBOOK);
    place.with_keys(None);
    let holidays = holidays.iter().map(Date::to_string).collect::<Vec<_>>().join(",");
    let settings = [("WORKING_HOURS", "mon-fri 9:00-17:00"), ("WORKING_ZONE", zone), ("HOLIDAYS", holidays.as_str())];
    let server = again(place, &settings);
    let folder = place.path().join("playbook").display().to_string();
    let applied = command(place, &["apply", &folder, "--yes", "--force"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    let user = json!({"email": OWNER, "role": "sales", "name": "Ada", "password": "a few plain words here"});
    send(place, Method::POST, "/api/users", &user).unwrap();
    server
}

/// The team has today and the days up to the next weekend off, and the Monday behind it. All of them are listed, so that it
/// does not matter whether a day ends while the test runs.
fn days_off(today: Date) -> (Vec<Date>, Date) {
    let week = || (0..7_i64).map(|days| today + days.days());
    let saturday = week().find(|day| day.weekday() == Weekday::Saturday).unwrap();
    let mut off: Vec<Date> = week().take_while(|day| *day < saturday).collect();
    let monday = saturday + 2.days();
    off.push(monday);
    (off, monday + 1.day())
}

#[test]
fn a_call_that_is_opened_before_days_off_is_due_four_hours_into_the_first_working_day() {
    for name in ["Pacific/Kiritimati", "America/New_York"] {
        Place::each(|place| {
            let zone: TimeZone = clock::zones().get(name).unwrap();
            let today = Timestamp::from_millisecond(clock::now().0).unwrap().to_zoned(zone.clone()).date();
            let (off, first) = days_off(today);
            let server = begin(place, name, &off);
            tell(&server, &[identify("c-1", json!({"email": "c-1@people.test"}))]);
            let call = json!({"lead": "c-1", "note": "Met at the fair", "owner": OWNER});
            let call = send(place, Method::POST, "/api/calls", &call).unwrap();
            let due: Timestamp = call["due_at"].as_str().unwrap().parse().unwrap();
            let expected = first.at(13, 0, 0, 0).to_zoned(zone).unwrap().timestamp();
            assert_eq!(due, expected, "{name}: {call:#}");
            server.stop();
        });
    }
}

#[test]
fn the_days_off_end_on_a_tuesday() {
    for (today, first) in [
        // A Monday, a Friday, a Saturday and a Sunday.
        (date(2026, 3, 9), date(2026, 3, 17)),
        (date(2026, 3, 13), date(2026, 3, 17)),
        (date(2026, 3, 14), date(2026, 3, 17)),
        (date(2026, 3, 15), date(2026, 3, 24)),
    ] {
        assert_eq!(days_off(today).1, first, "{today}");
    }
}
