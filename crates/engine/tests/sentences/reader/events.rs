//! Conditions on events.

use super::*;

const DONE: [(&str, &str, &str); 25] = [
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
    ("Tracking Allowed", "agreed to be tracked", "agreeing to be tracked"),
    ("Tracking Declined", "declined to be tracked", "declining to be tracked"),
    ("Frequency Chosen", "chosen how often to get e-mails", "choosing how often to get e-mails"),
    ("Unsubscribed", "unsubscribed from e-mails", "unsubscribing from e-mails"),
    ("Subscribed", "subscribed to e-mails", "subscribing to e-mails"),
    ("Deal Created", "had a deal opened", "having a deal opened"),
    ("Deal Won", "had a deal won", "having a deal won"),
    ("Deal Lost", "had a deal lost", "having a deal lost"),
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

impl<'a> Reader<'a> {
    pub(super) fn gerund(&mut self) -> Option<String> {
        self.kind(&DONE.map(|(kind, _, words)| (words, kind)), "the event ")
    }

    pub(super) fn kind(&mut self, known: &[(&str, &str)], other: &str) -> Option<String> {
        self.one_of(known).map(str::to_string).or_else(|| self.attempt(other, Self::quoted))
    }

    pub(super) fn participle(&mut self) -> Option<String> {
        self.kind(&DONE.map(|(kind, words, _)| (words, kind)), "had the event ")
    }

    pub(super) fn event(&mut self) -> Option<Event> {
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
        let within = self.tail(&mut before, "in the last ", Self::span);
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
    pub(super) fn different(&mut self) -> Option<(&'static str, &'static str, Test)> {
        DIFFERENT.iter().find_map(|(kind, property, before, after)| {
            let count = self.attempt(before, |reader| reader.quantity("", after, Self::plain))?;
            Some((*kind, *property, count))
        })
    }

    /// "opened the e-mail Welcome": the kind, the property and its value.
    pub(super) fn the(&mut self) -> Option<(String, (String, Test))> {
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

    pub(super) fn email(&mut self) -> String {
        let (names, name) = (Names::of(self.playbook), self.name().expect("an e-mail"));
        called(&name, self.playbook.emails.iter().map(|e| (&e.id, names.email(&e.id))))
    }

    /// What is asked of one property: "whose …", "about …", "within … of delivery",
    /// "from the e-mail …", "in the broadcast …".
    pub(super) fn asked(&mut self) -> Option<(String, Test)> {
        if self.eat("whose ") {
            return Some((self.property(), self.clause_of_value()));
        }
        if self.eat("within ") {
            let age = self.length().0 as f64 / 1_000.0;
            self.want(" of delivery");
            return Some(("age".to_string(), Test(vec![(Operator::Lte, Value::Number(age))])));
        }
        if self.eat("in the broadcast ") {
            let end = format!("/broadcast/{}", self.run(|c| c.is_ascii_digit()));
            return Some(("send_id".to_string(), Test(vec![(Operator::EndsWith, Value::Text(end))])));
        }
        if self.eat("from the e-mail ") {
            return Some(("email_id".to_string(), self.one_or_several(Self::email)));
        }
        self.eat("about ").then(|| ("topic".to_string(), self.one_or_several(Self::topic)))
    }

    /// One declared thing, or one of several.
    fn one_or_several(&mut self, read: fn(&mut Self) -> String) -> Test {
        let thing = |reader: &mut Self| {
            let is_name = reader.rest.starts_with(|c: char| c == '“' || c.is_uppercase());
            is_name.then(|| Value::Text(read(reader)))
        };
        let mut things = self.either(thing);
        let test =
            if things.len() == 1 { (Operator::Eq, things.remove(0)) } else { (Operator::In, Value::List(things)) };
        Test(vec![test])
    }

    pub(super) fn tail<T>(&mut self, before: &mut &str, words: &str, read: fn(&mut Self) -> T) -> Option<T> {
        let found = self.attempt(before, |reader| reader.eat(words).then(|| read(reader)));
        if found.is_some() {
            *before = " ";
        }
        found
    }

    /// "with amount adding up to at least 100 and with …"
    pub(super) fn amounts(&mut self, does: &str) -> Option<Vec<(String, Test)>> {
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

    pub(super) fn how_often(&mut self) -> Option<(Option<String>, Option<Test>)> {
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
}
