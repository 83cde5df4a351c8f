//! Working hours: the days and hours in which a team works, without its holidays.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::{SendingHours, instant};

/// No working hours are looked for beyond this.
const MOST_DAYS: i64 = 400;

/// Days and hours, and the days on which nobody works.
///
/// ```
/// use attractor_mail::hours::WorkingHours;
/// use jiff::{SignedDuration, tz::TimeZone};
///
/// let hours = WorkingHours::read("mon-fri 9:00-17:00", &["12-25".to_owned()]).unwrap();
/// // Christmas Eve of 2026 is a Thursday; the next working day is Monday.
/// let opened = "2026-12-24T15:00:00Z".parse().unwrap();
/// let due = hours.after(opened, SignedDuration::from_hours(4), &TimeZone::UTC);
/// assert_eq!(due.to_string(), "2026-12-28T11:00:00Z");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkingHours {
    hours: SendingHours,
    holidays: Vec<Holiday>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holiday {
    Once(Date),
    EachYear { month: i8, day: i8 },
}

impl WorkingHours {
    /// Working hours as they are written: hours as those of [`SendingHours`], at least one; holidays as `2026-12-25`, or
    /// `12-25` for each year. Else what is wrong.
    pub fn read(hours: &str, holidays: &[String]) -> Result<WorkingHours, String> {
        let hours = SendingHours::read(hours)?;
        if hours.is_always() {
            return Err("there are no days and hours; write them like `mon-fri 9:00-17:00`".to_owned());
        }
        let wrong = |text: &str| format!("`{text}` is not a holiday; write `2026-12-25`, or `12-25` for each year");
        let holiday = |text: &String| Holiday::read(text.trim()).ok_or_else(|| wrong(text));
        Ok(WorkingHours { hours, holidays: holidays.iter().map(holiday).collect::<Result<_, _>>()? })
    }

    /// The instant at which somebody who begins at `from` has worked for this long.
    pub fn after(&self, from: Timestamp, worked: SignedDuration, zone: &TimeZone) -> Timestamp {
        let mut left = worked;
        for (begins, ends) in self.days(from, zone).flat_map(|day| self.spans_of(day, zone)) {
            let begins = begins.max(from);
            let here = begins.duration_until(ends);
            if here.is_positive() && left <= here {
                return begins + left;
            }
            left -= here.max(SignedDuration::ZERO);
        }
        // Nobody works within a year.
        from + worked
    }

    /// The first instant after `from` at which a working day begins; `None` where there is none within a year.
    pub fn next_day(&self, from: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut begins = self.days(from, zone).filter_map(|day| Some(self.spans_of(day, zone).first()?.0));
        begins.find(|begins| *begins > from)
    }

    /// Days from that of an instant on.
    fn days(&self, from: Timestamp, zone: &TimeZone) -> impl Iterator<Item = Date> + use<> {
        let today = from.to_zoned(zone.clone()).date();
        (0..MOST_DAYS).filter_map(move |days| today.checked_add(days.days()).ok())
    }

    /// When people work on a day, in order; hours that overlap are one.
    fn spans_of(&self, day: Date, zone: &TimeZone) -> Vec<(Timestamp, Timestamp)> {
        if self.holidays.iter().any(|holiday| holiday.is_on(day)) {
            return Vec::new();
        }
        let at = |minutes| instant(day, minutes, zone);
        let spans = self.hours.0.iter().filter(|span| span.is_on(day.weekday()));
        let spans = spans.filter_map(|span| Some((at(span.from)?, at(span.until)?)));
        let mut spans: Vec<(Timestamp, Timestamp)> = spans.filter(|(begins, ends)| begins < ends).collect();
        spans.sort();
        let mut all: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (begins, ends) in spans {
            match all.last_mut().filter(|last| begins <= last.1) {
                Some(last) => last.1 = last.1.max(ends),
                None => all.push((begins, ends)),
            }
        }
        all
    }
}

impl Holiday {
    fn read(text: &str) -> Option<Holiday> {
        if let Ok(date) = text.parse::<Date>() {
            return Some(Holiday::Once(date));
        }
        let (month, day) = text.split_once('-')?;
        let (month, day) = (month.parse().ok()?, day.parse().ok()?);
        // A leap year has every day.
        Date::new(2024, month, day).ok().map(|_| Holiday::EachYear { month, day })
    }

    fn is_on(self, day: Date) -> bool {
        match self {
            Holiday::Once(date) => date == day,
            Holiday::EachYear { month, day: of_month } => (day.month(), day.day()) == (month, of_month),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZoneDatabase;

    use super::*;

    fn read(hours: &str) -> WorkingHours {
        let holidays = ["2026-04-06", "12-25"].map(str::to_owned);
        WorkingHours::read(hours, &holidays).unwrap()
    }

    fn zone(name: &str) -> TimeZone {
        TimeZoneDatabase::bundled().get(name).unwrap()
    }

    const OFFICE: &str = "mon-fri 9:00-17:00";
    const SPLIT: &str = "mon-fri 13:00-17:00, mon-fri 8:00-12:00, mon 8:00-13:00";

    #[test]
    fn four_hours_are_counted_while_people_work() {
        for (hours, zone_name, opened, due) in [
            // A Wednesday in winter.
            (OFFICE, "Europe/Berlin", "2026-03-11T08:00:00Z", "2026-03-11T12:00:00Z"),
            (OFFICE, "Europe/Berlin", "2026-03-11T12:00:00Z", "2026-03-11T16:00:00Z"),
            (OFFICE, "Europe/Berlin", "2026-03-11T12:00:00.001Z", "2026-03-12T08:00:00.001Z"),
            (OFFICE, "America/New_York", "2026-03-11T15:00:00Z", "2026-03-11T19:00:00Z"),
            // Opened in the evening, at night, and on a weekend.
            (OFFICE, "Europe/Berlin", "2026-03-11T18:30:00Z", "2026-03-12T12:00:00Z"),
            (OFFICE, "Europe/Berlin", "2026-03-11T02:00:00Z", "2026-03-11T12:00:00Z"),
            (OFFICE, "Europe/Berlin", "2026-03-13T15:00:00Z", "2026-03-16T11:00:00Z"),
            (OFFICE, "Europe/Berlin", "2026-03-14T10:00:00Z", "2026-03-16T12:00:00Z"),
            // Over the weekend on which the clock changes, in spring and in autumn.
            (OFFICE, "Europe/Berlin", "2026-03-27T15:00:00Z", "2026-03-30T10:00:00Z"),
            (OFFICE, "Europe/Berlin", "2026-10-23T14:00:00Z", "2026-10-26T11:00:00Z"),
            // In the night of the change itself: from 2:00 to 3:00, and from 3:00 to 2:00.
            ("sun 1:00-5:00", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-04-05T00:00:00Z"),
            ("sun 1:00-5:00", "Europe/Berlin", "2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z"),
            // Easter Monday, which is named once, and Christmas, which is named for each year.
            (OFFICE, "Europe/Berlin", "2026-04-03T14:00:00Z", "2026-04-07T10:00:00Z"),
            (OFFICE, "Europe/Berlin", "2026-12-24T15:00:00Z", "2026-12-28T11:00:00Z"),
            (OFFICE, "Europe/Berlin", "2028-12-22T15:00:00Z", "2028-12-26T11:00:00Z"),
            // With a pause at noon; on Monday without one, because hours that overlap are one.
            (SPLIT, "Europe/Berlin", "2026-03-11T10:00:00Z", "2026-03-11T15:00:00Z"),
            (SPLIT, "Europe/Berlin", "2026-03-16T10:00:00Z", "2026-03-16T14:00:00Z"),
            // Longer than a day.
            ("mon-fri 9:00-10:00", "UTC", "2026-03-11T00:00:00Z", "2026-03-16T10:00:00Z"),
            ("mon-sun 0:00-24:00", "Europe/Berlin", "2026-03-28T22:30:00Z", "2026-03-29T02:30:00Z"),
        ] {
            let due_at = read(hours).after(opened.parse().unwrap(), SignedDuration::from_hours(4), &zone(zone_name));
            assert_eq!(due_at, due.parse::<Timestamp>().unwrap(), "{hours} in {zone_name}, opened at {opened}");
        }
    }

    #[test]
    fn a_working_day_begins_with_its_first_hours() {
        for (hours, now, begins) in [
            (OFFICE, "2026-03-11T07:59:59Z", "2026-03-11T08:00:00Z"),
            (OFFICE, "2026-03-11T08:00:00Z", "2026-03-12T08:00:00Z"),
            (OFFICE, "2026-03-13T08:00:00Z", "2026-03-16T08:00:00Z"),
            (OFFICE, "2026-03-27T12:00:00Z", "2026-03-30T07:00:00Z"),
            (OFFICE, "2026-04-03T12:00:00Z", "2026-04-07T07:00:00Z"),
            (SPLIT, "2026-03-11T08:00:00Z", "2026-03-12T07:00:00Z"),
        ] {
            let next = read(hours).next_day(now.parse().unwrap(), &zone("Europe/Berlin"));
            assert_eq!(next, Some(begins.parse().unwrap()), "{hours} after {now}");
        }
    }

    #[test]
    fn who_never_works_is_due_as_if_there_were_no_hours() {
        let each_day = (1..=31).flat_map(|day| (1..=12).map(move |month| format!("{month:02}-{day:02}")));
        let holidays: Vec<String> = each_day.filter(|text| Holiday::read(text).is_some()).collect();
        let hours = WorkingHours::read(OFFICE, &holidays).unwrap();
        let now: Timestamp = "2026-03-11T08:00:00Z".parse().unwrap();
        assert_eq!(hours.next_day(now, &TimeZone::UTC), None);
        let due = hours.after(now, SignedDuration::from_hours(4), &TimeZone::UTC);
        assert_eq!(due, now + SignedDuration::from_hours(4));
    }

    #[test]
    fn what_is_not_working_hours_is_named() {
        for (hours, holiday, words) in [
            ("", "12-25", "there are no days and hours"),
            ("mon-fri 9-17", "12-25", "`mon-fri 9-17` is not days and hours"),
            (OFFICE, "25.12.", "`25.12.` is not a holiday; write `2026-12-25`"),
            (OFFICE, "02-30", "`02-30` is not a holiday"),
            (OFFICE, "2026-02-29", "`2026-02-29` is not a holiday"),
        ] {
            let wrong = WorkingHours::read(hours, &[holiday.to_owned()]).unwrap_err();
            assert!(wrong.contains(words), "{wrong}");
        }
        assert!(WorkingHours::read(OFFICE, &[" 02-29 ".to_owned()]).is_ok());
    }
}
