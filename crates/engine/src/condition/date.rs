use jiff::civil;
use serde_json::Value as Json;

use super::attribute::not_set;
use super::when::{When, WhenText};
use super::{Names, Predicate, Question, phrase};
use crate::ask::Asking;
use crate::local::{Every, Zone};
use crate::playbook::Playbook;
use crate::playbook::form::free::AttributeName;
use crate::playbook::form::leaf::{Flag, Length, OneOf};
use crate::playbook::form::record;
use crate::playbook::form::words::{Words, word};
use crate::playbook::reader::{Fields, Reader};
use crate::playbook::write::{Object, length};
use crate::program::{Answer, Compiler, Node, Program, note};
use crate::time::{Duration, Instant};
use crate::value::Value;
use crate::vocabulary::spoken::{DateVerb, verb_of};

/// The name under which a condition asks for the instant of the lead's first event.
const FIRST_SEEN: &str = "first_seen";

/// `{date: NAME, in_last: D, in_next: D, older: D, passed: FLAG, after: DATE, before: DATE, during: PERIOD,
/// every_year: true}`: an attribute is a date of which all that is written holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Date {
    /// An attribute, or `first_seen`.
    pub date: String,
    pub in_last: Option<Duration>,
    pub in_next: Option<Duration>,
    pub older: Option<Duration>,
    pub passed: Option<bool>,
    pub after: Option<When>,
    pub before: Option<When>,
    pub during: Option<Period>,
    /// The rest holds for an anniversary.
    pub every_year: bool,
}

/// A period of the calendar as seen at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    Yesterday,
    Today,
    Tomorrow,
    LastWeek,
    ThisWeek,
    NextWeek,
    LastMonth,
    ThisMonth,
    NextMonth,
    LastYear,
    ThisYear,
    NextYear,
}

impl Period {
    /// Its length, and how many of them it lies after the present one.
    fn place(self) -> (Every, i64) {
        match self {
            Period::Yesterday => (Every::Day, -1),
            Period::Today => (Every::Day, 0),
            Period::Tomorrow => (Every::Day, 1),
            Period::LastWeek => (Every::Week, -1),
            Period::ThisWeek => (Every::Week, 0),
            Period::NextWeek => (Every::Week, 1),
            Period::LastMonth => (Every::Month, -1),
            Period::ThisMonth => (Every::Month, 0),
            Period::NextMonth => (Every::Month, 1),
            Period::LastYear => (Every::Year, -1),
            Period::ThisYear => (Every::Year, 0),
            Period::NextYear => (Every::Year, 1),
        }
    }

    /// From when to when the date lies in it. The day of the date decides: it is in the period as seen from any day of
    /// the period that is as many before its own.
    fn span(self, date: Instant, zone: &Zone) -> Option<Span> {
        let (every, away) = self.place();
        let seen_from = every.later(every.begin(zone.day(date)?)?, -away)?;
        Some(Span { from: zone.start(seen_from)?, to: zone.start(every.later(seen_from, 1)?)? })
    }
}

pub(crate) struct PeriodWords;

impl Words for PeriodWords {
    type Value = Period;
    const WORDS: &'static [(&'static str, Period)] = &[
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
}

record! { DateCondition as "a condition on a date" => super::Condition;
    check check_date;
    keys {
        must "date" date: AttributeName, "The name of an attribute that is a date, such as `trial_ends`; `first_seen` is the lead's first event.";
        may "in_last" in_last: Length, "The date came within this time; at the date this begins.";
        may "in_next" in_next: Length, "The date comes within this time; at the date this ends.";
        may "older" older: Length, "The date was at least this time ago.";
        may "passed" passed: Flag, "true: the date has come; false: it has not.";
        may "after" after: WhenText, "The date is this one or a later one.";
        may "before" before: WhenText, "The date is earlier than this one.";
        may "during" during: OneOf<PeriodWords>, "The date lies in this period of the calendar, in the playbook's time zone.";
        may "every_year" every_year: Flag, "true: `in_last`, `in_next` and `during` hold for an anniversary of the date.";
    }
    build super::Condition::Date(Date { date, in_last, in_next, older, passed, after, before, during, every_year: every_year.unwrap_or_default() })
}

fn check_date(fields: &Fields<'_>, reader: &mut Reader) {
    const YEARLY: [&str; 3] = ["in_last", "in_next", "during"];
    const ONCE: [&str; 4] = ["older", "passed", "after", "before"];
    let is_asked = YEARLY.iter().chain(&ONCE).any(|key| fields.has(key));
    if !is_asked && fields.unknown().next().is_none() {
        let keys = YEARLY.iter().chain(&ONCE).copied().collect::<Vec<_>>().join(", ");
        reader.meaning(fields.node.place, format!("a condition on a date asks for something; add one of {keys}"));
    }
    let every_year =
        fields.get("every_year").is_some_and(|node| node.data == crate::playbook::marked::Data::Bool(true));
    for key in ONCE.iter().filter(|key| every_year && fields.has(key)) {
        let message = format!(
            "`{key}` has no anniversary; with `every_year` only in_last, in_next and during can stand, so remove `{key}`"
        );
        reader.meaning(fields.key_place(key), message);
    }
}

impl Predicate for Date {
    /// "their trial ends within 14 days", "their renewal is within the next 14 days"
    fn says(&self, _: &Names) -> String {
        if let Some((subject, verb)) = self.verb() {
            return format!("their {subject} {}", self.clauses_of_verb(verb).join(" and "));
        }
        let whose = match self.date.as_str() {
            FIRST_SEEN => "their first event".to_string(),
            name => format!("their {}", phrase::property(name)),
        };
        let subject = if self.every_year { format!("the anniversary of {whose}") } else { whose };
        format!("{subject} {}", self.clauses().join(" and "))
    }

    fn write(&self) -> Json {
        Object::default()
            .put("date", &self.date)
            .put_some("in_last", self.in_last.map(length))
            .put_some("in_next", self.in_next.map(length))
            .put_some("older", self.older.map(length))
            .put_some("passed", self.passed)
            .put_some("after", self.after.map(|when| when.to_string()))
            .put_some("before", self.before.map(|when| when.to_string()))
            .put_some("during", self.during.map(word::<PeriodWords>))
            .put_if(self.every_year, "every_year", true)
            .done()
    }

    fn compile(&self, compiler: &mut Compiler, _: Option<u32>) -> Result<Node, String> {
        let of = if self.date == FIRST_SEEN { None } else { Some(compiler.inputs.attribute(&self.date)) };
        let at = |when: Option<When>| when.map(|when| when.instant(&compiler.schedule.0).unwrap_or(Instant::NEVER));
        let (after, before) = (at(self.after), at(self.before));
        Ok(Node::Date(Box::new(Compiled { of, asked: self.clone(), after, before })))
    }

    fn attribute(&self) -> Option<&str> {
        Some(self.date.as_str()).filter(|date| *date != FIRST_SEEN)
    }

    fn truth(&self, _: &Playbook) -> Option<bool> {
        let before_and_behind = self.in_next.is_some()
            && (self.in_last.is_some() || self.older.is_some() || self.passed == Some(true))
            || self.passed == Some(false) && (self.in_last.is_some() || self.older.is_some());
        let too_old = self.older.zip(self.in_last).is_some_and(|(older, within)| older >= within);
        (before_and_behind || too_old).then_some(false)
    }

    fn stays(&self, value: bool, playbook: &Playbook) -> bool {
        // Attributes change; the first event does not.
        let only_begins = Date { date: String::new(), older: None, passed: None, ..self.clone() } == Date::default()
            && self.passed != Some(false);
        self.truth(playbook).is_some() || (value && self.date == FIRST_SEEN && only_begins)
    }

    fn window(&self) -> Option<Duration> {
        let yearly = self.every_year || self.during.is_some();
        self.in_last.into_iter().chain(self.in_next).min().filter(|_| !yearly)
    }
}

impl Date {
    /// The subject and the verb, where the name ends with one; anniversaries are those of things.
    fn verb(&self) -> Option<(String, DateVerb)> {
        let (name, verb) = verb_of(&self.date).filter(|_| !self.every_year)?;
        let subject = phrase::property(name);
        (!subject.starts_with('“')).then_some((subject, verb))
    }

    fn clauses_of_verb(&self, verb: DateVerb) -> Vec<String> {
        let DateVerb { present, past, participle } = verb;
        let during = |period: Period| {
            let does = if period.place().1 < 0 { past } else { present };
            format!("{does} {}", word::<PeriodWords>(period))
        };
        let parts = [
            self.in_last.map(|last| format!("{past} within the last {}", phrase::span(last))),
            self.in_next.map(|next| format!("{present} within {}", phrase::length(next))),
            self.older.map(|older| format!("{past} at least {} ago", phrase::length(older))),
            self.passed.map(|passed| format!("{} {participle}", if passed { "has" } else { "has not" })),
            self.after.map(|after| format!("{present} on or after {after}")),
            self.before.map(|before| format!("{present} before {before}")),
            self.during.map(during),
        ];
        parts.into_iter().flatten().collect()
    }

    fn clauses(&self) -> Vec<String> {
        let parts = [
            self.in_last.map(|last| format!("was within the last {}", phrase::span(last))),
            self.in_next.map(|next| format!("is within the next {}", phrase::span(next))),
            self.older.map(|older| format!("was at least {} ago", phrase::length(older))),
            self.passed.map(|passed| if passed { "has come" } else { "has not come" }.to_string()),
            self.after.map(|after| format!("is on or after {after}")),
            self.before.map(|before| format!("is before {before}")),
            self.during.map(|period| format!("falls {}", word::<PeriodWords>(period))),
        ];
        parts.into_iter().flatten().collect()
    }
}

/// From an instant, up to but without another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    from: Instant,
    to: Instant,
}

impl Span {
    fn and(self, other: Span) -> Span {
        Span { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    fn has(self, at: Instant) -> bool {
        self.from <= at && at < self.to
    }
}

const EVER: Span = Span { from: Instant(i64::MIN), to: Instant::NEVER };
const NO_TIME: Span = Span { from: Instant::NEVER, to: Instant::NEVER };

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compiled {
    /// `None`: the first event.
    of: Option<u32>,
    asked: Date,
    after: Option<Instant>,
    before: Option<Instant>,
}

impl Compiled {
    /// The date of the lead; `None`: it is unknown, or is not one.
    fn date(&self, asking: &Asking) -> Option<Instant> {
        match self.of {
            None => asking.lead.first,
            Some(attribute) => match asking.lead.attributes.get(attribute)? {
                Value::Text(text) => When::parse(text)?.instant(&asking.program.schedule.0),
                _ => None,
            },
        }
    }

    /// The time for which everything written holds of one date. Each part is one span of time.
    fn span(&self, date: Instant, zone: &Zone) -> Span {
        let Date { in_last, in_next, older, passed, during, .. } = &self.asked;
        let from = |from| Span { from, ..EVER };
        let never_if = |never: bool| if never { NO_TIME } else { EVER };
        let parts = [
            in_last.map(|last| Span { from: date, to: date + last }),
            in_next.map(|next| Span { from: date - next, to: date }),
            older.map(|older| from(date + older)),
            passed.map(|passed| if passed { from(date) } else { Span { to: date, ..EVER } }),
            self.after.map(|after| never_if(date < after)),
            self.before.map(|before| never_if(date >= before)),
            during.map(|period| period.span(date, zone).unwrap_or(NO_TIME)),
        ];
        parts.into_iter().flatten().fold(EVER, Span::and)
    }

    /// The spans of the anniversaries that can matter at an instant: the latest before it, the first after it, and
    /// some around them, since periods of the calendar are up to a year away.
    fn spans_of_years(&self, date: Instant, at: Instant, zone: &Zone) -> Vec<Span> {
        let (Some(local), Some(now)) = (zone.local(date), zone.local(at)) else { return Vec::new() };
        let years = now.year().saturating_sub(2)..=now.year().saturating_add(3);
        let anniversary = |year| {
            let day = civil::Date::new(year, local.month(), local.day());
            // 29 February is the 28th in other years.
            let day = day.or_else(|_| civil::Date::new(year, local.month(), 28)).ok()?;
            Some(zone.instant(day.to_datetime(local.time())))
        };
        years.filter_map(anniversary).map(|date| self.span(date, zone)).collect()
    }
}

impl Question for Compiled {
    fn ask(&self, asking: &mut Asking) -> Answer {
        let Some(date) = self.date(asking) else { return Answer::for_good(false) };
        let (zone, at) = (&asking.program.schedule.0, asking.at);
        let spans =
            if self.asked.every_year { self.spans_of_years(date, at, zone) } else { vec![self.span(date, zone)] };
        let ends = spans.iter().filter(|span| span.has(at)).map(|span| span.to).max();
        let begins = || spans.iter().filter(|span| span.from > at && span.from < span.to).map(|span| span.from).min();
        match ends {
            Some(until) => Answer { holds: true, until },
            None => Answer { holds: false, until: begins().unwrap_or(Instant::NEVER) },
        }
    }

    fn found(&self, asking: &mut Asking, _: &Names) -> String {
        let value = self.of.and_then(|attribute| asking.lead.attributes.get(attribute));
        match (self.date(asking), self.of, value) {
            (Some(date), ..) => format!("it is {}", asking.program.minute(date)),
            (None, Some(_), Some(_)) => "it is not a date".into(),
            (None, Some(attribute), None) => {
                not_set(&asking.program.inputs.attributes[attribute as usize].name, asking.lead.name())
            }
            (None, None, _) => "it is not known".into(),
        }
    }

    fn value(&self, asking: &mut Asking) -> Option<Json> {
        self.date(asking).map(|date| date.to_string().into())
    }

    fn note_user(&self, program: &mut Program, user: u32) {
        if let Some(attribute) = self.of {
            note(&mut program.inputs.attributes[attribute as usize].users, user);
        }
    }
}
