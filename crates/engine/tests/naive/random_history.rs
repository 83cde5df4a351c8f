//! Random histories: the lines of a file.

use super::instant::{HOUR, print};
use super::random::{Dice, Forms, Theme, World};
use super::random_condition::{PROPERTIES, value};
use super::random_playbook::EMAILS;
use serde_json::{Map, Value, json};

pub struct History {
    pub lines: Vec<String>,
    /// Of the events, in the order of time; never empty.
    pub instants: Vec<i64>,
    pub last: i64,
}

/// Addresses in several spellings, and texts that are none.
const EMAILS_OF_PEOPLE: [&str; 12] = [
    "ann@x.de",
    "bob@x.de",
    " Ann@X.de ",
    "a\u{ad}nn@x.de",
    "\u{feff}bob@x.de\u{200d}",
    "eve@b\u{fc}cher.example",
    "Eve@XN--bcher-kva.example",
    "none",
    "n/a",
    "ann@x.de, bob@x.de",
    "Ann <ann@x.de>",
    "ann@x..de",
];

/// Numbers with more digits than a double holds; as texts while a message is a value, and numbers in the line.
const LONG: [&str; 6] = [
    "#20000000000000000001",
    "#20000000000000000002",
    "#-20000000000000000001",
    "#20000000000000000001.0",
    "20000000000000000001",
    "#7e0",
];

/// The line of a message: numbers of [`LONG`] in their digits, and half a character for `§`.
fn line(message: &Value) -> String {
    let mut line = message.to_string().replace('§', "\\ud83d");
    while let Some(start) = line.find("\"#") {
        let end = start + 2 + line[start + 2..].find('"').expect("a text ends");
        let number = line[start + 2..end].to_owned();
        line.replace_range(start..=end, &number);
    }
    line
}

/// Who the messages of a person are from.
struct Person {
    user: Value,
    visitor: String,
    email: String,
}

pub struct Author<'a> {
    pub dice: &'a mut Dice,
    pub world: &'a World,
    playbook: &'a Value,
    people: Vec<Person>,
    /// Message ids given so far.
    ids: Vec<String>,
    /// How many copies were delivered so far, with the newer forms.
    pub copies: usize,
    /// The instant of the message at hand.
    pub now: i64,
}

pub fn history(dice: &mut Dice, world: &World, playbook: &Value) -> History {
    let people = (0..1 + dice.below(3)).map(|number| person(dice, number)).collect();
    let mut author = Author { dice, world, playbook, people, ids: Vec::new(), copies: 0, now: world.start };
    let (mut lines, mut instants) = (Vec::new(), Vec::new());
    for number in 0..author.people.len() {
        let mut at =
            if number > 0 && author.dice.chance(50) { world.start } else { world.later(author.dice, world.start) };
        if world.forms == Forms::Newer && author.dice.chance(60) {
            author.now = at;
            let mut dates = author.dates();
            dates["userId"] = author.people[number].user.clone();
            lines.push((at, author.sign(dates, at)));
            instants.push(at);
        }
        if world.theme == Theme::Consent && author.dice.chance(60) {
            for mut message in author.consents() {
                message["userId"] = author.people[number].user.clone();
                lines.push((at, author.sign(message, at)));
                instants.push(at);
                at = world.later(author.dice, at);
            }
        }
        let longer = if world.forms == Forms::Newer { author.dice.below(6) } else { 0 };
        for _ in 0..2 + longer + author.dice.below(12) {
            lines.push((at, author.line(number, at)));
            instants.push(at);
            at = world.later(author.dice, at);
        }
        if author.dice.chance(12) && !world.topics.is_empty() {
            lines.extend(author.burst(number).into_iter().map(|line| (at, author.sign(line, at))));
            instants.push(at);
        }
    }
    if author.dice.chance(12) {
        for number in 0..author.people.len() {
            let (at, alias) = (*author.dice.pick(&instants), author.alias_of_users(number));
            lines.push((at, author.sign(alias, at)));
        }
    }
    lines.sort_by_key(|(at, _)| *at);
    instants.sort_unstable();
    let mut lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    if dice.chance(40) {
        // Out of order: every line once changes places with another.
        for line in 0..lines.len() {
            let other = dice.below(lines.len());
            lines.swap(line, other);
        }
    }
    let last = *instants.last().expect("every person has events");
    History { lines, instants, last }
}

fn person(dice: &mut Dice, number: usize) -> Person {
    let email = if dice.chance(70) { *dice.pick(&EMAILS_OF_PEOPLE[..3]) } else { *dice.pick(&EMAILS_OF_PEOPLE) };
    let user = match dice.below(16) {
        0 => json!(7 + number),
        1 => json!("Ann@x.de"),
        2 => json!("v1"),
        3 => json!(*dice.pick(&["undefined", " NULL ", "n/a", "[object Object]", "0", "Guest", "nobody"])),
        4 => json!(*dice.pick(&LONG)),
        5 => json!(*dice.pick(&[
            "e\u{200b}ve@b\u{fc}cher.example",
            "EVE@xn--bcher-kva.example",
            "eve@bu\u{308}cher.example"
        ])),
        _ => json!(format!("u{number}")),
    };
    let visitor = if dice.chance(4) { "anonymous".to_owned() } else { format!("v{}", dice.below(3)) };
    Person { user, visitor, email: email.to_owned() }
}

impl Author<'_> {
    fn line(&mut self, number: usize, at: i64) -> String {
        self.now = at;
        match self.dice.below(60) {
            0 => return self.invalid(number),
            1 if self.dice.chance(50) => return "  ".into(),
            _ => {}
        }
        let message = self.message(number);
        self.sign(message, at)
    }

    /// The message as a line, with its instant and its id, and now and then a machine's or from the past.
    fn sign(&mut self, mut message: Value, at: i64) -> String {
        message["timestamp"] = self.timestamp(at).into();
        if let Some(id) = self.id() {
            message["messageId"] = id;
        }
        if self.dice.chance(5) {
            message["sentAt"] = print(at + 5000).into();
        }
        let mut context = message["context"].as_object().cloned().unwrap_or_default();
        if self.dice.chance(9) || message["properties"]["proxy"] == true && self.dice.chance(80) {
            context.insert("machine".into(), true.into());
        }
        if self.dice.chance(20) {
            context.insert("public".into(), self.dice.chance(85).into());
        }
        if self.dice.chance(5) {
            context.insert("history".into(), true.into());
        }
        if !context.is_empty() {
            message["context"] = context.into();
        }
        line(&message)
    }

    fn id(&mut self) -> Option<Value> {
        match self.dice.below(20) {
            0 => None,
            1 => Some(json!(self.ids.len())),
            2 if !self.ids.is_empty() => Some(self.dice.pick(&self.ids).clone().into()),
            _ => {
                let half = if self.dice.chance(3) { "§" } else { "" };
                let id = format!("m{}{half}", self.ids.len());
                self.ids.push(id.clone());
                Some(id.into())
            }
        }
    }

    /// The same instant in one of the ways that ISO 8601 has.
    fn timestamp(&mut self, at: i64) -> String {
        let utc = print(at);
        match self.dice.below(12) {
            0 => utc.trim_end_matches('Z').to_owned(),
            1 => print(at + 5 * HOUR + HOUR / 2).replace('Z', "+05:30"),
            2 => utc.replace('Z', "999Z"),
            3 if utc.ends_with("00:00:00.000Z") => utc[..10].to_owned(),
            4 => utc.replace(".000Z", "Z"),
            _ => utc,
        }
    }

    fn invalid(&mut self, number: usize) -> String {
        let user = &self.people[number].user;
        let stamp = print(self.world.start);
        let lines = [
            "{".to_owned(),
            "[1]".to_owned(),
            json!({"type": "track", "event": "X", "timestamp": stamp}).to_string(),
            json!({"type": "track", "event": 5, "userId": user, "timestamp": stamp}).to_string(),
            json!({"type": "track", "event": "X", "userId": user}).to_string(),
            json!({"type": "track", "event": "X", "userId": user, "timestamp": "yesterday"}).to_string(),
            json!({"type": "alias", "userId": user, "timestamp": stamp}).to_string(),
            json!({"type": "page", "userId": user, "timestamp": stamp, "properties": []}).to_string(),
            json!({"type": "identify", "userId": "", "traits": {"email": " "}, "timestamp": stamp}).to_string(),
            json!({"type": "batch", "userId": user, "timestamp": stamp}).to_string(),
        ];
        self.dice.pick(&lines).clone()
    }

    /// A message with who it is from.
    fn message(&mut self, number: usize) -> Value {
        let mut message = match self.dice.below(100) {
            _ if self.world.forms == Forms::Newer && self.dice.chance(50) => self.newer(),
            0..12 => json!({"type": "identify", "traits": self.traits(number)}),
            12..14 => json!({"type": "group", "groupId": "g", "traits": self.traits(number)}),
            14..16 => return self.alias(number),
            16..26 => json!({"type": "page", "properties": self.page()}),
            26..28 => json!({"type": "screen", "properties": self.properties()}),
            28..42 if self.world.forms == Forms::Newer => self.copy(),
            28..42 => self.mail(),
            42..46 => self.deal(),
            46..62 => self.by_hand(),
            _ => {
                let kind = *self.dice.pick(&self.world.kinds);
                let properties = if kind == "Page Viewed" { self.page() } else { self.properties() };
                track(kind, properties)
            }
        };
        let person = &self.people[number];
        match self.dice.below(10) {
            0..6 => message["userId"] = person.user.clone(),
            6..8 => message["anonymousId"] = person.visitor.clone().into(),
            8 if message["type"] == "identify" => message["traits"]["email"] = person.email.clone().into(),
            _ => {
                message["userId"] = person.user.clone();
                message["anonymousId"] = person.visitor.clone().into();
            }
        }
        message
    }

    /// Events of one kind about several topics, so that strengths are equal, or twice each other.
    fn burst(&mut self, number: usize) -> Vec<Value> {
        let kind = *self.dice.pick(&self.world.kinds);
        let mut events = Vec::new();
        for _ in 0..3 + self.dice.below(4) {
            let mut event = track(kind, json!({"topic": self.dice.pick(&self.world.topics)}));
            event["userId"] = self.people[number].user.clone();
            events.push(event);
        }
        events
    }

    /// One person's `userId` into another's: with those of the others a chain, a circle, or nothing.
    fn alias_of_users(&mut self, number: usize) -> Value {
        let other = self.dice.below(self.people.len());
        json!({"type": "alias", "previousId": self.people[number].user, "userId": self.people[other].user})
    }

    fn alias(&mut self, number: usize) -> Value {
        let other = self.dice.below(self.people.len());
        let previous = if self.dice.chance(50) {
            self.people[other].user.clone()
        } else {
            self.people[other].visitor.clone().into()
        };
        json!({"type": "alias", "previousId": previous, "userId": self.people[number].user})
    }

    fn traits(&mut self, number: usize) -> Value {
        let mut traits = Map::new();
        for name in ["country", "size", "flag", "job_title", "name"] {
            if self.dice.chance(25) {
                traits.insert(name.into(), value(self.dice));
            }
        }
        if self.dice.chance(25) {
            let tags = self.list();
            traits.insert("tags".into(), tags);
        }
        if self.dice.chance(35) {
            let (country, text) = (value(self.dice), value(self.dice));
            let addresses = [json!({"country": country}), json!({"country": null}), Value::Null, text, json!({})];
            traits.insert("address".into(), self.dice.pick(&addresses).clone());
        }
        if self.dice.chance(50) {
            traits.insert("email".into(), self.people[number].email.clone().into());
        }
        traits.into()
    }

    /// A list, mostly of tags; sometimes a single value, an empty list, or nothing.
    fn list(&mut self) -> Value {
        match self.dice.below(8) {
            0 => Value::Null,
            1 => json!([]),
            2 => value(self.dice),
            _ => (0..1 + self.dice.below(2)).map(|_| value(self.dice)).collect(),
        }
    }

    pub fn topic(&mut self, properties: &mut Value) {
        if self.dice.chance(55) {
            let topic = *self.dice.pick(&["shirts", "shirts", "shoes", "shoes", "ties", "nope", "Shirts"]);
            properties["topic"] = topic.into();
        }
    }

    fn properties(&mut self) -> Value {
        let mut properties = json!({});
        for name in &PROPERTIES[..4] {
            if self.dice.chance(40) {
                properties[*name] = value(self.dice);
            }
        }
        if self.dice.chance(50) {
            properties["asset"] = (*self.dice.pick(&["vip", "VIP", "x"])).into();
        }
        if self.dice.chance(12) {
            properties["tags"] = self.list();
        }
        if self.dice.chance(12) {
            properties["deep"] = json!({"er": value(self.dice)});
        }
        if self.world.forms == Forms::Newer && self.dice.chance(60) {
            properties["amount"] = self.amount();
        }
        self.topic(&mut properties);
        properties
    }

    fn page(&mut self) -> Value {
        let path =
            *self.dice.pick(&["/", "/shirts", "/shirts/1", "/shoes/a", "/Shirts", "/pricing", "/a", "/ties/b/x"]);
        let mut properties = match self.dice.below(6) {
            0 => json!({}),
            1 => json!({"url": format!("https://x.de{path}?q=/a#f"), "path": null}),
            2 => json!({"url": "https://x.de?q"}),
            3 => json!({"url": format!("https://x.de{path}#f"), "title": "Für Sie"}),
            _ => json!({"path": path}),
        };
        self.topic(&mut properties);
        properties
    }

    fn mail(&mut self) -> Value {
        let (s1, long) = (json!("s1"), self.dice.pick(&LONG));
        let send = [s1.clone(), s1, json!("s2"), json!("s3"), json!(4), json!("4"), json!(long), Value::Null];
        let mut properties = json!({"email_id": self.dice.pick(&EMAILS), "send_id": self.dice.pick(&send)});
        let kinds = [
            (40, "Email Delivered"),
            (20, "Email Opened"),
            (18, "Email Link Clicked"),
            (7, "Email Bounced"),
            (3, "Email Sent"),
            (2, "Email Marked as Spam"),
            (2, "Email Replied"),
        ];
        let kind = self.dice.weighted(&kinds);
        if kind == "Email Opened" && self.dice.chance(35) {
            properties["proxy"] = true.into();
        }
        self.topic(&mut properties);
        track(kind, properties)
    }

    fn deal(&mut self) -> Value {
        let kind = *self.dice.pick(&["Deal Created", "Deal Won", "Deal Lost"]);
        let long = self.dice.pick(&LONG);
        let deals = [json!("d1"), json!("1"), json!(1), json!(long), Value::Null, json!("")];
        track(kind, json!({"deal_id": self.dice.pick(&deals), "amount": 100, "currency": "EUR"}))
    }

    /// The id of something that the playbook declares in a list, or of nothing.
    fn declared(&mut self, list: &str) -> Value {
        let things = self.playbook[list].as_array().map_or(&[][..], Vec::as_slice);
        if things.is_empty() || self.dice.chance(8) { json!("nope") } else { self.dice.pick(things)["id"].clone() }
    }

    fn by_hand(&mut self) -> Value {
        let (kind, properties) = match self.dice.below(20) {
            0..5 => {
                let kind = *self.dice.pick(&["Segment Pinned", "Segment Banned", "Segment Released"]);
                (kind, json!({"segment": self.declared("segments")}))
            }
            5..10 => {
                let stage = *self.dice.pick(&["low", "mid", "top", "nope"]);
                let kind = if self.dice.chance(55) { "Stage Set" } else { "Stage Released" };
                (kind, json!({"ladder": self.declared("ladders"), "stage": stage}))
            }
            10..15 => {
                let kind = if self.dice.chance(70) { "Sequence Entered" } else { "Sequence Stopped" };
                (kind, json!({"sequence": self.declared("sequences")}))
            }
            15..18 => (
                *self.dice.pick(&["Tagged", "Untagged"]),
                json!({"tag": self.dice.pick(&["vip", "VIP", "x", "5", "§"])}),
            ),
            18 => ("Owner Set", json!({"owner": self.dice.pick(&["Kim", "de", "ü"])})),
            _ => (*self.dice.pick(&["Note Written", "Call Logged", "Subscribed"]), json!({"outcome": "missed"})),
        };
        let mut properties = properties;
        properties["by"] = "ann".into();
        track(kind, properties)
    }
}

pub fn track(kind: &str, properties: Value) -> Value {
    json!({"type": "track", "event": kind, "properties": properties})
}
