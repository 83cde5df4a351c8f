//! Reads sentences and outlines back into conditions, from the words alone. Written apart from what writes them: it
//! shares no table and no function with it.

mod values;

use attractor_engine::condition::{
    Attribute, Condition, Consent, Date, Deal, Event, Inactive, Interest, Names, Period, Pull, Rate, Response, Sample,
    Score, Segment, Stage, When, Which,
};
use attractor_engine::consent::{Scope, State};
use attractor_engine::playbook::Playbook;
use attractor_engine::time::Duration;
use attractor_engine::value::{Operator, Test, Value};

const DONE: [(&str, &str, &str); 17] = [
    ("Link Clicked", "clicked a link on a page", "clicking a link on a page"),
    ("Webinar Registered", "registered for a webinar", "registering for a webinar"),
    ("Signed Up", "signed up", "signing up"),
    ("Trial Started", "started a trial", "starting a trial"),
    ("Order Completed", "completed an order", "completing an order"),
    ("Email Delivered", "received an e-mail", "receiving an e-mail"),
    ("Page Viewed", "viewed a page", "viewing a page"),
    ("Screen Viewed", "viewed a screen", "viewing a screen"),
    ("Email Opened", "opened an e-mail", "opening an e-mail"),
    ("Email Link Clicked", "clicked a link in an e-mail", "clicking a link in an e-mail"),
    ("Email Replied", "replied to an e-mail", "replying to an e-mail"),
    ("Email Marked as Spam", "marked an e-mail as spam", "marking an e-mail as spam"),
    ("Form Submitted", "submitted a form", "submitting a form"),
    ("Content Downloaded", "downloaded content", "downloading content"),
    ("Webinar Attended", "attended a webinar", "attending a webinar"),
    ("Topic Chosen", "chosen a topic", "choosing a topic"),
    ("Demo Requested", "requested a demo", "requesting a demo"),
];

/// Kind, property, and the words around the number of its different values.
const DIFFERENT: [(&str, &str, &str, &str); 15] = [
    ("Page Viewed", "path", "viewed ", " different pages"),
    ("Form Submitted", "form", "submitted ", " different forms"),
    ("Content Downloaded", "asset", "downloaded ", " different things"),
    ("Content Downloaded", "topic", "downloaded content about ", " different topics"),
    ("Webinar Attended", "webinar", "attended ", " different webinars"),
    ("Webinar Attended", "topic", "attended webinars about ", " different topics"),
    ("Webinar Registered", "webinar", "registered for ", " different webinars"),
    ("Email Opened", "email_id", "opened ", " different e-mails"),
    ("Email Opened", "send_id", "opened ", " different copies of e-mails"),
    ("Email Link Clicked", "email_id", "clicked links in ", " different e-mails"),
    ("Email Link Clicked", "url", "clicked ", " different links in e-mails"),
    ("Email Link Clicked", "topic", "clicked links about ", " different topics"),
    ("Email Replied", "email_id", "replied to ", " different e-mails"),
    ("Email Delivered", "email_id", "received ", " different e-mails"),
    ("Topic Chosen", "topic", "chosen ", " different topics"),
];

/// Verbs of dates: now, past, and after "has".
const VERBS: [(&str, &str, &str); 5] = [
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

/// What an opening word makes of the part inside.
type Wrap = fn(Condition) -> Condition;

/// The condition that a sentence or an outline stands for; panics where it stands for none.
pub fn read(text: &str, playbook: &Playbook) -> Condition {
    let lines: Vec<&str> = text.split('\n').collect();
    block(&lines, playbook)
}

fn block(lines: &[&str], playbook: &Playbook) -> Condition {
    let [first, rest @ ..] = lines else { panic!("nothing to read") };
    if rest.is_empty() {
        return sentence(first, playbook);
    }
    let mut items: Vec<Vec<&str>> = Vec::new();
    for line in rest {
        match line.strip_prefix("- ") {
            Some(line) => items.push(vec![line]),
            None => {
                let line = line.strip_prefix("  ").unwrap_or_else(|| panic!("not indented: {line:?}"));
                items.last_mut().expect("a list begins with an item").push(line);
            }
        }
    }
    let mut parts: Vec<Condition> = items.iter().map(|lines| block(lines, playbook)).collect();
    match *first {
        "all of these:" => Condition::All(parts),
        "any of these:" => Condition::Any(parts),
        "not all of these:" => not(Condition::All(parts)),
        "none of these:" => not(Condition::Any(parts)),
        "not this:" => not(parts.pop().filter(|_| parts.is_empty()).expect("one part")),
        other => panic!("what is {other:?}?"),
    }
}

fn sentence(line: &str, playbook: &Playbook) -> Condition {
    let mut reader = Reader { rest: line, playbook };
    let condition = reader.group();
    assert_eq!(reader.rest, "", "left over of {line:?}");
    condition
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

struct Reader<'a> {
    rest: &'a str,
    playbook: &'a Playbook,
}

impl<'a> Reader<'a> {
    fn eat(&mut self, words: &str) -> bool {
        let rest = self.rest.strip_prefix(words);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn want(&mut self, words: &str) {
        assert!(self.eat(words), "wanted {words:?} before {:?}", self.rest);
    }

    /// The first of the phrases that comes next.
    fn one_of<T: Clone>(&mut self, phrases: &[(&str, T)]) -> Option<T> {
        phrases.iter().find(|(words, _)| self.eat(words)).map(|(_, value)| value.clone())
    }

    /// What an attempt reads; where it reads nothing, nothing is taken.
    fn attempt<T>(&mut self, words: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.rest;
        let found = if self.eat(words) { read(self) } else { None };
        if found.is_none() {
            self.rest = before;
        }
        found
    }

    fn group(&mut self) -> Condition {
        let first = self.part();
        for (word, build) in [(" and ", Condition::All as fn(Vec<Condition>) -> Condition), (" or ", Condition::Any)] {
            let mut parts = vec![first.clone()];
            while self.eat(word) {
                parts.push(self.part());
            }
            if parts.len() > 1 {
                return build(parts);
            }
        }
        first
    }

    fn part(&mut self) -> Condition {
        let wrapped: [(&str, Wrap); 4] = [
            ("not (", not),
            ("all of (", |part| Condition::All(vec![part])),
            ("any of (", |part| Condition::Any(vec![part])),
            ("(", |part| part),
        ];
        if let Some(build) = self.one_of(&wrapped) {
            let inner = self.group();
            self.want(")");
            return build(inner);
        }
        match self.one_of(&[("always", Condition::All(vec![])), ("never", Condition::Any(vec![]))]) {
            Some(empty) => empty,
            None if self.eat("the anniversary of their ") => {
                let date = self.dated();
                Condition::Date(Date { every_year: true, ..self.date(date).expect("a clause on a date") })
            }
            None if self.eat("their ") => self.theirs(),
            None if self.eat("has not been ") => not(self.is()),
            None if self.eat("has been ") => self.is(),
            None if self.eat("is not ") => not(self.is()),
            None if self.eat("is ") => self.is(),
            None => self.has(),
        }
    }

    fn theirs(&mut self) -> Condition {
        if self.eat("primary interest is ") {
            let primary = !self.eat("not ");
            let topic = self.topic();
            return Condition::Interest(Interest { topic, wanted: Pull::Primary(primary) });
        }
        if self.eat("interest in ") {
            let topic = self.topic();
            return Condition::Interest(Interest { topic, wanted: Pull::Strength(self.clause()) });
        }
        if let Some(name) = self.attempt("score ", Self::name) {
            let names = Names::of(self.playbook);
            let score = called(&name, self.playbook.scores.iter().map(|s| (&s.id, names.score(&s.id))));
            return Condition::Score(Score { score, test: self.clause() });
        }
        let before = self.rest;
        for (now, past, participle) in VERBS {
            // "their “trial”" names a thing whose name is no plain words; no verb follows it.
            if self.rest.starts_with('“') {
                break;
            }
            let subject = self.property();
            let read = self.verb_date(format!("{subject}_{now}"), [now, past, participle]);
            if let Some(date) = read {
                return Condition::Date(date);
            }
            self.rest = before;
        }
        let attribute = self.dated();
        if let Some(date) = self.date(attribute.clone()) {
            return Condition::Date(date);
        }
        Condition::Attribute(Attribute { attribute, test: self.clause_of_value() })
    }

    fn dated(&mut self) -> String {
        if self.eat("first event") { "first_seen".to_string() } else { self.property() }
    }

    /// What is asked of a date; `None` where nothing is.
    fn date(&mut self, date: String) -> Option<Date> {
        let mut read = Date { date, ..Date::default() };
        let before = read.clone();
        let mut word = " ";
        let mut next = |reader: &mut Self, words: &str, take: &mut dyn FnMut(&mut Self)| {
            if reader.attempt(word, |reader| reader.eat(words).then_some(())).is_some() {
                take(reader);
                word = " and ";
            }
        };
        next(self, "was within the last ", &mut |reader| read.in_last = Some(reader.length()));
        next(self, "is within the next ", &mut |reader| read.in_next = Some(reader.length()));
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
    fn verb_date(&mut self, date: String, [now, past, participle]: [&str; 3]) -> Option<Date> {
        let mut read = Date { date, ..Date::default() };
        let before = read.clone();
        let mut word = " ";
        let mut next = |reader: &mut Self, words: String, take: &mut dyn FnMut(&mut Self) -> Option<()>| {
            if reader.attempt(word, |reader| if reader.eat(&words) { take(reader) } else { None }).is_some() {
                word = " and ";
            }
        };
        next(self, format!("{past} within the last "), &mut |reader| {
            read.in_last = Some(reader.length());
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

    fn when(&mut self) -> When {
        let text = self.run(|c| c.is_ascii_digit() || "-:.TZ".contains(c));
        When::parse(text).unwrap_or_else(|| panic!("{text:?} is not a date"))
    }

    fn stay(&mut self) -> Option<Duration> {
        self.eat(" for ").then(|| self.length())
    }

    fn is(&mut self) -> Condition {
        if self.eat("in segment ") {
            let (names, name) = (Names::of(self.playbook), self.name().expect("a segment"));
            let segment = called(&name, self.playbook.segments.iter().map(|s| (&s.id, names.segment(&s.id))));
            return Condition::Segment(Segment { segment, for_: self.stay() });
        }
        if self.eat("among a sample of ") {
            let percent = self.number();
            self.want(" % (seed ");
            let seed = self.quoted().expect("a seed");
            self.want(")");
            return Condition::Sample(Sample { percent, seed });
        }
        self.want("in ");
        self.eat("stage ");
        let stage = self.name().expect("a stage");
        let at_least = self.eat(" or above");
        let names = Names::of(self.playbook);
        let ladder = match self.attempt(" of ", Self::name) {
            Some(ladder) => called(&ladder, self.playbook.ladders.iter().map(|l| (&l.id, names.ladder(&l.id)))),
            None => {
                let stages = |ladder: &'a attractor_engine::playbook::Ladder| {
                    ladder.stages.iter().map(move |stage| (&ladder.id, &stage.id))
                };
                let all = self.playbook.ladders.iter().flat_map(stages);
                called(&stage, all.map(|(ladder, id)| (ladder, names.stage(ladder, id))))
            }
        };
        let stages = &self.playbook.ladders.iter().find(|l| l.id == ladder).expect("declared").stages;
        let stage = called(&stage, stages.iter().map(|s| (&s.id, names.stage(&ladder, &s.id))));
        Condition::Stage(Stage { ladder, stage, at_least, for_: self.stay() })
    }

    fn has(&mut self) -> Condition {
        let deals = [
            ("has an open deal", Condition::Deal(Deal::Open)),
            ("has a won deal", Condition::Deal(Deal::Won)),
            ("has a lost deal", Condition::Deal(Deal::Lost)),
            ("has no open deal", not(Condition::Deal(Deal::Open))),
            ("has no won deal", not(Condition::Deal(Deal::Won))),
            ("has no lost deal", not(Condition::Deal(Deal::Lost))),
        ];
        let consents = [
            ("has consented to ", (State::Granted, true)),
            ("has withdrawn consent to ", (State::Withdrawn, true)),
            ("has neither given nor withdrawn consent to ", (State::Unknown, true)),
            ("has not consented to ", (State::Granted, false)),
            ("has not withdrawn consent to ", (State::Withdrawn, false)),
        ];
        match self.one_of(&deals) {
            Some(deal) => deal,
            None if consents.iter().any(|(words, _)| self.rest.starts_with(words)) => {
                let (state, holds) = self.one_of(&consents).expect("a state");
                let consent = Condition::Consent(Consent { state, scope: self.scope() });
                if holds { consent } else { not(consent) }
            }
            None if self.eat("has gone ") => self.inactive(),
            None if self.eat("has not gone ") => not(self.inactive()),
            None if self.eat("has never ") => {
                let zero = Test(vec![(Operator::Eq, Value::Number(0.0))]);
                let event = self.event().expect("an event");
                assert_eq!((&event.count, &event.distinct), (&None, &None));
                Condition::Event(Event { count: Some(zero), ..event })
            }
            None if self.eat("has not ") => not(Condition::Event(self.event().expect("an event"))),
            None => match self.attempt("has ", Self::event) {
                Some(event) => Condition::Event(event),
                None => self.rate(),
            },
        }
    }

    fn scope(&mut self) -> Scope {
        if self.eat("e-mails about ") {
            return Scope::Topic(self.topic());
        }
        if self.eat("the subscription ") {
            let (names, name) = (Names::of(self.playbook), self.name().expect("a subscription"));
            let ids = self.playbook.subscriptions.iter().map(|s| (&s.id, names.subscription(&s.id)));
            return Scope::Subscription(called(&name, ids));
        }
        self.one_of(&[("e-mails", Scope::All), ("tracking", Scope::Tracking)]).expect("a scope")
    }

    fn inactive(&mut self) -> Condition {
        let inactive = self.length();
        self.want(" without ");
        let events = if self.eat("any activity") { None } else { Some(self.either(Self::gerund)) };
        Condition::Inactive(Inactive { inactive, events })
    }

    fn gerund(&mut self) -> Option<String> {
        self.kind(&DONE.map(|(kind, _, words)| (words, kind)), "the event ")
    }

    fn kind(&mut self, known: &[(&str, &str)], other: &str) -> Option<String> {
        self.one_of(known).map(str::to_string).or_else(|| self.attempt(other, Self::quoted))
    }

    fn participle(&mut self) -> Option<String> {
        self.kind(&DONE.map(|(kind, words, _)| (words, kind)), "had the event ")
    }

    fn event(&mut self) -> Option<Event> {
        let which = self.one_of(&[("first ", Which::First), ("most recently ", Which::Last)]);
        let (mut kinds, mut first) = (Vec::new(), Vec::new());
        let different = self.different();
        let the = if different.is_none() { self.the() } else { None };
        match (&different, the) {
            (Some((kind, ..)), _) => kinds.push(kind.to_string()),
            (None, Some((kind, asked))) => {
                kinds.push(kind);
                first.push(asked);
            }
            (None, None) => {
                kinds.push(self.participle()?);
                while let Some(kind) = self.attempt(", ", Self::participle) {
                    kinds.push(kind);
                }
                kinds.extend(self.attempt(" or ", Self::participle));
            }
        }
        let mut filter = Vec::new();
        while let Some(asked) = self.attempt(if filter.is_empty() { " " } else { " and " }, Self::asked) {
            filter.push(asked);
        }
        let mut before = if filter.is_empty() { " " } else { ", " };
        let filter = [first, filter].concat();
        let sum = self.attempt(before, |reader| reader.amounts(" adding up to ")).unwrap_or_default();
        let average = self.attempt(before, |reader| reader.amounts(" averaging ")).unwrap_or_default();
        let counted = different.is_some() || !sum.is_empty() || !average.is_empty();
        let counts = if counted { None } else { self.attempt(before, Self::how_often) };
        let (distinct, count) = counts.unwrap_or_default();
        if distinct.is_some() || count.is_some() || !sum.is_empty() || !average.is_empty() {
            before = " ";
        }
        let within = self.tail(&mut before, "in the last ", Self::length);
        if distinct.is_some() && self.rest.starts_with(", at least ") {
            before = ", ";
        }
        let older = self.tail(&mut before, "at least ", |reader| {
            let older = reader.length();
            reader.want(" ago");
            older
        });
        let after = self.tail(&mut before, "since ", Self::when);
        let until = self.tail(&mut before, "before ", Self::when);
        let (distinct, count) = match different {
            Some((_, property, count)) => (Some(property.to_string()), Some(count)),
            None => (distinct, count),
        };
        Some(Event { kinds, which, filter, within, older, after, before: until, distinct, count, sum, average })
    }

    /// "viewed at least 3 different pages": the kind, the property and the number.
    fn different(&mut self) -> Option<(&'static str, &'static str, Test)> {
        DIFFERENT.iter().find_map(|(kind, property, before, after)| {
            let count = self.attempt(before, |reader| reader.quantity("", after, Self::plain))?;
            Some((*kind, *property, count))
        })
    }

    /// "opened the e-mail Welcome": the kind, the property and its value.
    fn the(&mut self) -> Option<(String, (String, Test))> {
        const THE: [(&str, &str, &str); 5] = [
            ("opened the e-mail ", "Email Opened", "email_id"),
            ("clicked a link in the e-mail ", "Email Link Clicked", "email_id"),
            ("replied to the e-mail ", "Email Replied", "email_id"),
            ("received the e-mail ", "Email Delivered", "email_id"),
            ("chosen the topic ", "Topic Chosen", "topic"),
        ];
        let (_, kind, property) = THE.into_iter().find(|(words, ..)| self.eat(words))?;
        let id = if property == "topic" { self.topic() } else { self.email() };
        Some((kind.to_string(), (property.to_string(), Test(vec![(Operator::Eq, Value::Text(id))]))))
    }

    fn email(&mut self) -> String {
        let (names, name) = (Names::of(self.playbook), self.name().expect("an e-mail"));
        called(&name, self.playbook.emails.iter().map(|e| (&e.id, names.email(&e.id))))
    }

    /// What is asked of one property: "whose …", "about …", "within … of its sending".
    fn asked(&mut self) -> Option<(String, Test)> {
        if self.eat("whose ") {
            return Some((self.property(), self.clause_of_value()));
        }
        if self.eat("within ") {
            let age = self.length().0 as f64 / 1_000.0;
            self.want(" of its sending");
            return Some(("age".to_string(), Test(vec![(Operator::Lte, Value::Number(age))])));
        }
        if !self.eat("about ") {
            return None;
        }
        let topic = |reader: &mut Self| {
            let is_name = reader.rest.starts_with(|c: char| c == '“' || c.is_uppercase());
            is_name.then(|| Value::Text(reader.topic()))
        };
        let mut topics = self.either(topic);
        let test =
            if topics.len() == 1 { (Operator::Eq, topics.remove(0)) } else { (Operator::In, Value::List(topics)) };
        Some(("topic".to_string(), Test(vec![test])))
    }

    fn tail<T>(&mut self, before: &mut &str, words: &str, read: fn(&mut Self) -> T) -> Option<T> {
        let found = self.attempt(before, |reader| reader.eat(words).then(|| read(reader)));
        if found.is_some() {
            *before = " ";
        }
        found
    }

    /// "with amount adding up to at least 100 and with …"
    fn amounts(&mut self, does: &str) -> Option<Vec<(String, Test)>> {
        let mut amounts = Vec::new();
        let one = |reader: &mut Self| {
            let property = reader.property();
            reader.eat(does).then(|| (property, reader.quantity("", "", Self::plain).expect("a number")))
        };
        while let Some(amount) = self.attempt(if amounts.is_empty() { "with " } else { " and with " }, one) {
            amounts.push(amount);
        }
        (!amounts.is_empty()).then_some(amounts)
    }

    fn how_often(&mut self) -> Option<(Option<String>, Option<Test>)> {
        if self.eat("with a value of ") {
            return Some((Some(self.property()), None));
        }
        if self.eat("with ") {
            let count = self.quantity("1 different value ", " different values ", Self::plain)?;
            self.want("of ");
            return Some((Some(self.property()), Some(count)));
        }
        self.quantity("once", " times", Self::plain).map(|count| (None, Some(count)))
    }

    fn rate(&mut self) -> Condition {
        let did = [("has opened ", Response::Opened), ("has clicked in ", Response::Clicked)];
        let of = self.one_of(&did).unwrap_or_else(|| panic!("what is {:?}?", self.rest));
        let test = self.quantity("", "", Self::share).expect("a share");
        self.want(" of ");
        let min_sent = if self.eat("the") { None } else { self.attempt("at least ", |r| Some(r.number() as u32)) };
        self.want(if min_sent == Some(1) { " e-mail" } else { " e-mails" });
        self.want(" delivered in the last ");
        Condition::Rate(Rate { of, over: self.length(), min_sent, test })
    }
}

/// The id of the one thing that people call so.
fn called<'a>(name: &str, things: impl Iterator<Item = (&'a String, &'a str)>) -> String {
    let found: Vec<&String> = things.filter(|(_, other)| *other == name).map(|(id, _)| id).collect();
    match found.as_slice() {
        [id] => id.to_string(),
        found => panic!("{name:?} is the name of {found:?}"),
    }
}
