//! Reads sentences and outlines back into conditions, from the words alone. Written apart from what writes them: it
//! shares no table and no function with it.

mod dates;
mod events;
mod values;

use attractor_engine::condition::{
    Attribute, Condition, Consent, Date, Event, Inactive, Interest, Names, Period, Pull, Rate, Response, Sample, Score,
    Segment, Stage, When, Which,
};
use attractor_engine::consent::{Scope, State};
use attractor_engine::deal::Deal;
use attractor_engine::playbook::Playbook;
use attractor_engine::time::Duration;
use attractor_engine::value::{Operator, Test, Value};

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
        for (now, past, participle) in dates::VERBS {
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
            None if self.says_none() => self.rate(),
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

    /// Whether a rate of nothing comes: "has opened none of the e-mails …".
    fn says_none(&self) -> bool {
        let rest = self.rest.strip_prefix("has opened ").or_else(|| self.rest.strip_prefix("has clicked in "));
        rest.is_some_and(|rest| ["none of the ", "none of at least "].iter().any(|words| rest.starts_with(words)))
    }

    fn rate(&mut self) -> Condition {
        let none = self.says_none();
        let did = [("has opened ", Response::Opened), ("has clicked in ", Response::Clicked)];
        let of = self.one_of(&did).unwrap_or_else(|| panic!("what is {:?}?", self.rest));
        let test = if none && self.eat("none") {
            Test(vec![(Operator::Lte, Value::Number(0.0))])
        } else {
            self.quantity("", "", Self::share).expect("a share")
        };
        self.want(" of ");
        let min_sent = if self.eat("the") { None } else { self.attempt("at least ", |r| Some(r.number() as u32)) };
        self.want(if min_sent == Some(1) { " e-mail" } else { " e-mails" });
        self.want(" delivered in the last ");
        Condition::Rate(Rate { of, over: self.span(), min_sent, test })
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
