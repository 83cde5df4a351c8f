//! Conditions on dates.

use super::*;

/// Verbs of dates: now, past, and after "has".
pub(super) const VERBS: [(&str, &str, &str); 5] = [
    ("ends", "ended", "ended"),
    ("starts", "started", "started"),
    ("begins", "began", "begun"),
    ("expires", "expired", "expired"),
    ("renews", "renewed", "renewed"),
];

const PERIODS: [(&str, Period); 12] = [
    ("today", Period::Today),
    ("yesterday", Period::Yesterday),
    ("tomorrow", Period::Tomorrow),
    ("this week", Period::ThisWeek),
    ("last week", Period::LastWeek),
    ("next week", Period::NextWeek),
    ("this month", Period::ThisMonth),
    ("last month", Period::LastMonth),
    ("next month", Period::NextMonth),
    ("this year", Period::ThisYear),
    ("last year", Period::LastYear),
    ("next year", Period::NextYear),
];

impl<'a> Reader<'a> {
    pub(super) fn dated(&mut self) -> String {
        if self.eat("first event") { "first_seen".to_string() } else { self.property() }
    }

    /// What is asked of a date; `None` where nothing is.
    pub(super) fn date(&mut self, date: String) -> Option<Date> {
        let mut read = Date { date, ..Date::default() };
        let before = read.clone();
        let mut word = " ";
        let mut next = |reader: &mut Self, words: &str, take: &mut dyn FnMut(&mut Self)| {
            if reader.attempt(word, |reader| reader.eat(words).then_some(())).is_some() {
                take(reader);
                word = " and ";
            }
        };
        next(self, "was within the last ", &mut |reader| read.in_last = Some(reader.span()));
        next(self, "is within the next ", &mut |reader| read.in_next = Some(reader.span()));
        next(self, "was at least ", &mut |reader| {
            read.older = Some(reader.length());
            reader.want(" ago");
        });
        next(self, "has come", &mut |_| read.passed = Some(true));
        next(self, "has not come", &mut |_| read.passed = Some(false));
        next(self, "is on or after ", &mut |reader| read.after = Some(reader.when()));
        next(self, "is before ", &mut |reader| read.before = Some(reader.when()));
        next(self, "falls ", &mut |reader| read.during = reader.one_of(&PERIODS));
        (read != before).then_some(read)
    }

    /// As `date`, of a name that ends with a verb: "ends within 14 days".
    pub(super) fn verb_date(&mut self, date: String, [now, past, participle]: [&str; 3]) -> Option<Date> {
        let mut read = Date { date, ..Date::default() };
        let before = read.clone();
        let mut word = " ";
        let mut next = |reader: &mut Self, words: String, take: &mut dyn FnMut(&mut Self) -> Option<()>| {
            if reader.attempt(word, |reader| if reader.eat(&words) { take(reader) } else { None }).is_some() {
                word = " and ";
            }
        };
        next(self, format!("{past} within the last "), &mut |reader| {
            read.in_last = Some(reader.span());
            Some(())
        });
        next(self, format!("{now} within "), &mut |reader| {
            read.in_next = Some(reader.length());
            Some(())
        });
        next(self, format!("{past} at least "), &mut |reader| {
            read.older = Some(reader.length());
            reader.want(" ago");
            Some(())
        });
        for (has, passed) in [("has", true), ("has not", false)] {
            next(self, format!("{has} {participle}"), &mut |_| {
                read.passed = Some(passed);
                Some(())
            });
        }
        next(self, format!("{now} on or after "), &mut |reader| {
            read.after = Some(reader.when());
            Some(())
        });
        next(self, format!("{now} before "), &mut |reader| {
            read.before = Some(reader.when());
            Some(())
        });
        for does in [past, now] {
            next(self, format!("{does} "), &mut |reader| {
                let period = reader.one_of(&PERIODS)?;
                read.during = Some(period);
                Some(())
            });
        }
        (read != before).then_some(read)
    }

    pub(super) fn when(&mut self) -> When {
        let text = self.run(|c| c.is_ascii_digit() || "-:.TZ".contains(c));
        When::parse(text).unwrap_or_else(|| panic!("{text:?} is not a date"))
    }
}
