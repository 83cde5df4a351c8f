//! A whole import: what stands against writing to leads first, then leads, then deals; rows come and go one by one.

use std::collections::BTreeSet;
use std::io::{self, Write};

use attractor_engine::message::decimal_text;
use attractor_engine::replay::MISSING_TIMESTAMP;
use attractor_engine::time::Instant;
use serde_json::{Map, Value, json};

use crate::cell::{addresses, key_of};
use crate::error::Error;
use crate::exports::Shape;
use crate::facts::{self, Facts};
use crate::keys::{Standing, is_near};
use crate::links::Links;
use crate::map::Map as Mapping;
use crate::message::{Message, id_of};
use crate::optouts::{Against, OptOuts};
use crate::plan::{Plan, hint, plan};
use crate::rejected::Rejected;
use crate::report::{FileReport, Report};
use crate::rows::{Rules, deal, event, lead, optout, webinar};
use crate::source::Source;
use crate::table::{Item, Table};
use crate::who::{Who, user_key};

/// Reads the files and writes their messages, one JSON object a line, and the rows that cannot be taken as CSV.
/// The same files with the same rules give the same bytes.
pub fn import(
    sources: &[Source],
    mapping: &Mapping,
    rules: &Rules,
    messages: &mut dyn Write,
    rejected: &mut dyn Write,
) -> Result<Report, Error> {
    let inputs = open(sources, mapping)?;
    let files = inputs.iter().map(|input| FileReport::new(&input.table, &input.plan)).collect();
    let mut import = Import {
        rules,
        out: messages,
        rejected: Rejected::new(rejected),
        optouts: OptOuts::default(),
        links: Links::default(),
        told: BTreeSet::new(),
        report: Report { files, ..Report::default() },
    };
    for input in inputs.iter().filter(|input| input.plan.shape == Shape::Deals) {
        input.each(|item| {
            import.ask(input, &item);
            Ok(())
        })?;
    }
    for input in in_order(&inputs) {
        input.each(|item| import.opt_out(input, &item))?;
    }
    import.optouts.settle();
    for input in in_order(&inputs) {
        input.each(|item| import.take(input, &item))?;
    }
    import.finish()
}

/// Leads before deals, else as they were given.
fn in_order<'i, 't>(inputs: &'i [Input<'t>]) -> impl Iterator<Item = &'i Input<'t>> {
    let of = |deals: bool| inputs.iter().filter(move |input| (input.plan.shape == Shape::Deals) == deals);
    of(false).chain(of(true))
}

struct Input<'t> {
    /// Its place among the files as they were given.
    place: usize,
    table: Table<'t>,
    plan: Plan,
}

fn open<'t>(sources: &'t [Source], mapping: &Mapping) -> Result<Vec<Input<'t>>, Error> {
    let mut inputs = Vec::new();
    for (place, source) in sources.iter().enumerate() {
        let table = Table::open(source)?;
        let plan = plan(&table, mapping)?;
        if !table.header.is_empty() && !plan.names_leads() {
            return Err(Error::unreadable(
                &source.name,
                format!(
                    "no column names the lead; its columns are {}. Say which one does, such as {}, or {}",
                    table.header.join(", "),
                    hint(&table.header[0], "email"),
                    hint(&table.header[0], "id")
                ),
            ));
        }
        inputs.push(Input { place, table, plan });
    }
    let headers: Vec<&[String]> = inputs.iter().map(|input| input.table.header.as_slice()).collect();
    match mapping.missing(&headers)[..] {
        [] => Ok(inputs),
        [column, ..] => {
            let known: Vec<&str> = headers.iter().copied().flatten().map(String::as_str).collect();
            let nearest =
                known.iter().filter(|name| is_near(column, name)).map(|name| format!("did you mean `{name}`? "));
            let nearest: String = nearest.take(1).collect();
            Err(Error::Map(format!("there is no column `{column}`; {nearest}the columns are {}", known.join(", "))))
        }
    }
}

impl Input<'_> {
    fn each(&self, mut take: impl FnMut(Item) -> io::Result<()>) -> Result<(), Error> {
        if self.plan.shape == Shape::Companies {
            return Ok(());
        }
        let mut rows = self.table.rows()?;
        while let Some(item) = rows.next_item()? {
            if !(self.plan.export.footer && is_footer(&item)) {
                take(item).map_err(Error::Write)?;
            }
        }
        Ok(())
    }
}

/// A line below the rows of a report: text in its first cell and nothing else.
fn is_footer(item: &Item) -> bool {
    let (Item::Row { cells, .. } | Item::Broken { cells, .. }) = item else { return false };
    let alone = cells.iter().skip(1).all(|cell| cell.trim().is_empty());
    alone && cells.first().is_some_and(|cell| cell.contains(' ') && !cell.contains('@'))
}

struct Import<'i> {
    rules: &'i Rules,
    out: &'i mut dyn Write,
    rejected: Rejected<'i>,
    optouts: OptOuts,
    links: Links,
    /// The lead of the row before, so that a list of its events does not say who it is again and again.
    told: BTreeSet<String>,
    report: Report,
}

impl Import<'_> {
    fn ask(&mut self, input: &Input<'_>, item: &Item) {
        if let Ok(facts) = self.read(input, item) {
            self.links.ask(&input.plan, &facts);
        }
    }

    fn read(&self, input: &Input<'_>, item: &Item) -> Result<Facts, String> {
        match item {
            Item::Row { cells, .. } => facts::read(&input.plan, cells, self.rules.latest),
            _ => Err(String::new()),
        }
    }

    fn who(&self, plan: &Plan, facts: &Facts) -> Result<Who, String> {
        match plan.shape {
            Shape::Deals => self.links.lead(plan, facts),
            _ => Who::of_lead(plan, facts),
        }
    }

    /// The first reading: who may not be written to, and whose deals are whose.
    fn opt_out(&mut self, input: &Input<'_>, item: &Item) -> io::Result<()> {
        let facts = self.read(input, item);
        let who = facts.as_ref().ok().and_then(|facts| Some((facts, self.who(&input.plan, facts).ok()?)));
        let Some((facts, who)) = who else {
            self.doubt(item);
            return Ok(());
        };
        if input.plan.shape != Shape::Deals {
            self.links.answer(&input.plan, facts, &who);
        }
        let keys = who.keys(&facts.emails);
        if input.plan.shape != Shape::Deals {
            self.optouts.link(&keys);
        }
        let left =
            facts.event.as_deref().is_some_and(|kind| is_farewell(kind, |name| facts.properties.contains_key(name)));
        let out = left || facts.standings.iter().any(|stand| stand.standing > Standing::Held);
        if out || facts.holds_consent() {
            self.optouts.add(&keys, if out { Against::Out } else { Against::Doubt });
        }
        let messages = optout::messages(facts, self.rules);
        self.report.opt_outs += u64::from(left || !messages.is_empty());
        self.write(input, &who, messages)
    }

    /// What cannot be read may have said something against its leads; messages may say so without a row.
    fn doubt(&mut self, item: &Item) {
        let keys: Vec<String> = match item {
            Item::Row { cells, .. } | Item::Broken { cells, .. } => {
                cells.iter().flat_map(|cell| keys_in(cell)).collect()
            }
            Item::Message { message, .. } => {
                self.tell(message);
                return;
            }
        };
        self.optouts.add(&keys, Against::Doubt);
    }

    /// What a message says of who is who, and whether somebody left by it.
    fn tell(&mut self, message: &Map<String, Value>) {
        let keys = keys_of(message);
        if has_left(message) {
            self.report.opt_outs += 1;
            self.optouts.add(&keys, Against::Doubt);
        }
        let visitor = text_of(message.get("anonymousId"));
        let people: Vec<String> = keys.into_iter().filter(|key| Some(key) != visitor.as_ref()).collect();
        match message.get("type").and_then(Value::as_str) {
            Some("identify" | "alias") => self.optouts.link(&people),
            _ => return,
        }
        if let (Some(visitor), Some(person)) = (visitor, people.first()) {
            self.optouts.tie(&visitor, person);
        }
        if let (Some(previous), Some(person)) = (text_of(message.get("previousId")), people.first()) {
            self.optouts.link(&[user_key(&previous), person.clone()]);
            self.optouts.tie(&previous, person);
        }
    }

    /// The second reading: everything else.
    fn take(&mut self, input: &Input<'_>, item: &Item) -> io::Result<()> {
        let taken = match item {
            Item::Row { number, .. } => self.take_row(input, item, *number),
            Item::Message { message, .. } => self.take_message(message),
            Item::Broken { why, .. } => Ok(Err(why.clone())),
        };
        let Err(why) = taken? else { return Ok(()) };
        let (number, cells) = match item {
            Item::Row { number, cells } => (*number, input.table.as_written(cells)),
            Item::Broken { number, cells, .. } => (*number, cells.clone()),
            Item::Message { number, message } => (*number, vec![Value::Object(message.clone()).to_string()]),
        };
        self.report.files[input.place].rejected += 1;
        self.rejected.add(input.table.name(), number, &why, &cells)
    }

    /// The inner error says why the row is rejected.
    fn take_row(&mut self, input: &Input<'_>, item: &Item, number: u64) -> io::Result<Result<(), String>> {
        let read = self.read(input, item).and_then(|facts| Ok((self.who(&input.plan, &facts)?, facts)));
        let (who, facts) = match read {
            Ok(read) => read,
            Err(why) => return Ok(Err(why)),
        };
        self.report.files[input.place].add_unread(number, &facts.unread);
        let messages = match self.messages(input, &facts, &who) {
            Ok(messages) => messages,
            Err(why) => return Ok(Err(why)),
        };
        match input.plan.shape {
            Shape::Deals => self.report.deals += 1,
            Shape::Events => self.report.event_rows += 1,
            _ => {
                self.report.leads += 1;
                self.report.deals += u64::from(facts.is_sold());
            }
        }
        self.write(input, &who, messages)?;
        Ok(Ok(()))
    }

    fn messages(&mut self, input: &Input<'_>, facts: &Facts, who: &Who) -> Result<Vec<Message>, String> {
        let against = self.optouts.of(&who.keys(&facts.emails));
        let mut messages = match input.plan.shape {
            Shape::Deals => return Ok(deal::messages(&input.plan, facts, who, self.rules)),
            Shape::Events => return self.event(facts, who, against),
            Shape::Attendance => webinar::messages(&input.plan, facts, who, self.rules),
            Shape::People | Shape::Companies => lead::messages(&input.plan, facts, who, self.rules),
        };
        let subscribed = lead::subscribed(facts, self.rules);
        if against.is_none() && !facts.holds_consent() {
            self.report.consents += u64::from(subscribed.is_some());
            messages.extend(subscribed);
        } else {
            self.report.held_back += u64::from(subscribed.is_some());
        }
        Ok(messages)
    }

    /// A row that is an event says who its lead is only where the row before it was another's.
    fn event(&mut self, facts: &Facts, who: &Who, against: Option<Against>) -> Result<Vec<Message>, String> {
        if facts.event.as_deref() == Some("Subscribed") && against == Some(Against::Out) {
            return Err(RAISES.to_owned());
        }
        let mut messages = event::messages(facts, who, self.rules)?;
        let keys: BTreeSet<String> = who.keys(&[]).into_iter().collect();
        if facts.traits.is_empty() && keys == self.told && messages.len() > 1 {
            messages.remove(0);
        }
        self.told = keys;
        Ok(messages)
    }

    /// A message of the contract stays as it is, but for being history and having an id.
    fn take_message(&mut self, message: &Map<String, Value>) -> io::Result<Result<(), String>> {
        let kind = message.get("event").and_then(Value::as_str);
        if kind == Some("Subscribed") && self.optouts.of(&keys_of(message)) == Some(Against::Out) {
            return Ok(Err(RAISES.to_owned()));
        }
        if let Some(why) = self.misdated(message) {
            return Ok(Err(why));
        }
        let mut message = message.clone();
        let said = Value::Object(message.clone()).to_string();
        if text_of(message.get("messageId")).is_none() {
            message.insert("messageId".into(), id_of(&["message", &said]).into());
        }
        let context = message.entry("context").or_insert(Value::Null);
        match context {
            Value::Object(context) => drop(context.insert("history".into(), true.into())),
            other => *other = json!({"history": true}),
        }
        if let Some(kind) = kind_of(&message) {
            *self.report.events.entry(kind).or_default() += 1;
        }
        self.report.event_rows += 1;
        self.line(&Value::Object(message))?;
        Ok(Ok(()))
    }

    /// Why nobody knows when a message happened, or it cannot have happened yet, where that is so.
    fn misdated(&self, message: &Map<String, Value>) -> Option<String> {
        let Some(at) = message.get("timestamp").filter(|at| !at.is_null()) else {
            return Some(MISSING_TIMESTAMP.to_owned());
        };
        let at = Instant::parse(at.as_str()?)?;
        let is_later = at.0 > self.rules.latest.as_millisecond();
        is_later.then(|| format!("its `timestamp`, {at}, lies in the future; history is what has happened"))
    }

    /// Writes a row's messages in the order of their instants. What two of its columns tell alike happened once.
    fn write(&mut self, input: &Input<'_>, who: &Who, mut messages: Vec<Message>) -> io::Result<()> {
        messages.sort_by_key(|message| message.at);
        let mut told = BTreeSet::new();
        for message in messages {
            let json = message.to_json(who, input.plan.export.id);
            if !told.insert(text_of(json.get("messageId"))) {
                continue;
            }
            if let Some(kind) = message.kind() {
                *self.report.events.entry(kind.to_owned()).or_default() += 1;
            }
            self.line(&json)?;
        }
        Ok(())
    }

    fn line(&mut self, message: &Value) -> io::Result<()> {
        self.report.messages += 1;
        serde_json::to_writer(&mut *self.out, message)?;
        self.out.write_all(b"\n")
    }

    fn finish(mut self) -> Result<Report, Error> {
        self.report.rejected = self.rejected.finish().map_err(Error::Write)?;
        self.out.flush().map_err(Error::Write)?;
        Ok(self.report)
    }
}

const RAISES: &str = "it would subscribe a lead that has left, bounced or complained by these files; only its own double \
                      opt-in does that";

/// Whether an event withdraws the lead's whole consent.
fn is_farewell(kind: &str, has: impl Fn(&str) -> bool) -> bool {
    optout::FAREWELLS.contains(&kind) && !has("subscription") && !has("topic")
}

fn has_left(message: &Map<String, Value>) -> bool {
    let kind = message.get("event").and_then(Value::as_str).unwrap_or_default();
    let properties = message.get("properties").and_then(Value::as_object);
    is_farewell(kind, |name| properties.is_some_and(|properties| properties.contains_key(name)))
}

fn kind_of(message: &Map<String, Value>) -> Option<String> {
    match message.get("type").and_then(Value::as_str)? {
        "track" => message.get("event").and_then(Value::as_str).map(str::to_owned),
        "page" => Some("Page Viewed".to_owned()),
        "screen" => Some("Screen Viewed".to_owned()),
        _ => None,
    }
}

/// The keys under which a message's lead may be known.
fn keys_of(message: &Map<String, Value>) -> Vec<String> {
    let email = message.get("traits").and_then(|traits| traits.get("email"));
    let user = text_of(message.get("userId")).map(|id| user_key(&id));
    let email = text_of(email).map(|email| format!("email:{}", key_of(&email)));
    user.into_iter().chain(text_of(message.get("anonymousId"))).chain(email).collect()
}

fn text_of(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(decimal_text(&number.to_string()).into_owned()),
        _ => None,
    }
}

fn keys_in(cell: &str) -> Vec<String> {
    addresses(cell).iter().map(|email| format!("email:{}", key_of(email))).collect()
}
