//! A whole import: what stands against writing to leads first, then leads, then deals; rows come and go one by one.

mod counted;
mod leaving;
mod messages;
mod own_leads;

use std::collections::BTreeSet;
use std::io::{self, Write};

use attractor_engine::address::canonical;
use attractor_engine::vocabulary::kind;
use serde_json::Value;

use crate::assertion::Assertion;
use crate::cell::addresses;
use crate::error::Error;
use crate::exports::Shape;
use crate::facts::{self, Facts};
use crate::keys::{ColumnKey, MailStatus, is_near};
use crate::links::Links;
use crate::map::Map as Mapping;
use crate::message::Message;
use crate::optouts::{Against, OptOuts};
use crate::plan::{Plan, hint, plan};
use crate::rejected::{Rejected, content};
use crate::report::{FileReport, RejectedRow, Report};
use crate::rows::{Rules, deal, event, lead, optout, webinar};
use crate::source::SourceFile;
use crate::table::{Item, Table};
use crate::tally::{Repeats, Tally, hash};
use crate::who::{Who, email_key};
use crate::workbook::quoted;
use counted::Counted;
use leaving::Leaving;
use messages::text_of;

/// Reads the files and writes their messages, one JSON object a line, and the rows that cannot be taken as CSV.
/// The same files with the same rules give the same bytes.
pub fn import(
    sources: &[SourceFile],
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
        people: Tally::default(),
        visitors: Tally::default(),
        deals: Tally::default(),
        counted: Counted::default(),
        repeats: Repeats::default(),
        report: Report::begin(files, rules),
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
    import.settle();
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

fn open<'t>(sources: &'t [SourceFile], mapping: &Mapping) -> Result<Vec<Input<'t>>, Error> {
    let mut inputs = Vec::new();
    for (place, source) in sources.iter().enumerate() {
        let (table, plan) = with_leads(source, mapping, sources.len() == 1)?;
        if let Some(column) = without_event(&plan) {
            return Err(Error::Map(format!(
                "`{column}` is a property of an event, and no column is one; map the date of the event to at:KIND, such as \
                 at:Order Completed, or the column with its name to event"
            )));
        }
        inputs.push(Input { place, table, plan });
    }
    if let Some(SourceFile { name, sheet: Some(sheet), .. }) = sources.first()
        && inputs.iter().all(|input| input.table.sheet.is_none())
    {
        return Err(Error::unreadable(
            name,
            format!("it is not a workbook, so it has no sheet \u{201c}{sheet}\u{201d}"),
        ));
    }
    let headers: Vec<&[String]> = inputs.iter().map(|input| input.table.header.as_slice()).collect();
    match mapping.missing(&headers)[..] {
        [] => Ok(inputs),
        [column, ..] => Err(no_column(column, &headers)),
    }
}

fn no_column(column: &str, headers: &[&[String]]) -> Error {
    let known: Vec<&str> = headers.iter().copied().flatten().map(String::as_str).collect();
    let nearest = known.iter().filter(|name| is_near(column, name)).map(|name| format!("did you mean `{name}`? "));
    let nearest: String = nearest.take(1).collect();
    Error::Map(format!("there is no column `{column}`; {nearest}the columns are {}", known.join(", ")))
}

/// A file with what its columns mean. Of a workbook, the first sheet whose header names leads, so that a cover before it
/// is passed over; else the first that holds addresses.
fn with_leads<'t>(source: &'t SourceFile, mapping: &Mapping, is_alone: bool) -> Result<(Table<'t>, Plan), Error> {
    let mut found: Option<(Table, Plan)> = None;
    for number in 0.. {
        let Some(table) = Table::open(source, number, mapping)? else { break };
        let plan = plan(&table, mapping)?;
        let is_list = table.header.is_empty() || plan.names_leads();
        let is_headed = table.header_row.is_some() || table.sheet.is_none();
        let is_better = found.as_ref().is_none_or(|(_, best)| is_list && !best.names_leads());
        if is_better || is_list && is_headed {
            found = Some((table, plan));
        }
        if is_list && is_headed || source.sheet.is_some() {
            break;
        }
    }
    match found {
        Some((table, plan)) if table.header.is_empty() || plan.names_leads() => Ok((table, plan)),
        Some((table, _)) => Err(match mapping.missing(&[&table.header])[..] {
            // With one file, a column of the mapping that it lacks is why nothing names its leads.
            [column, ..] if is_alone => no_column(column, &[&table.header]),
            _ => Error::unreadable(&source.name, no_leads(&table)),
        }),
        None => Err(Error::unreadable(&source.name, "it has no rows")),
    }
}

/// What is wrong with a table none of whose columns names a lead, and what would be right.
fn no_leads(table: &Table<'_>) -> String {
    let header = &table.header;
    let (email, id) = (hint(&header[0], "email"), hint(&header[0], "id"));
    let mut why = match &table.sheet {
        Some((name, _)) => format!("no column of its sheet \u{201c}{name}\u{201d} names the lead"),
        None => "no column names the lead".to_owned(),
    };
    why.push_str(&format!("; its columns are {}. Say which one does, such as {email}, or {id}", header.join(", ")));
    match &table.sheet {
        Some((_, others)) if !others.is_empty() => {
            why.push_str(&format!(". Its other sheets are {}; --sheet NAME reads one of them", quoted(others)));
        }
        _ => {}
    }
    why
}

/// A column that was mapped to a property where rows have no event to take it.
fn without_event(plan: &Plan) -> Option<&str> {
    let has = |wanted: fn(&ColumnKey) -> bool| plan.columns.iter().find(|column| wanted(&column.key));
    let takes = plan.shape == Shape::Events || has(|key| matches!(key, ColumnKey::At(_))).is_some();
    has(|key| matches!(key, ColumnKey::Property(_))).filter(|_| !takes).map(|column| column.header.as_str())
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

/// As many rejected rows are in the report.
const REJECTED_FIRST: usize = 20;

struct Import<'i> {
    rules: &'i Rules,
    out: &'i mut dyn Write,
    rejected: Rejected<'i>,
    optouts: OptOuts,
    links: Links,
    /// The lead of the row before, so that a list of its events does not say who it is again and again.
    told: BTreeSet<String>,
    /// How many rows speak of each person, of each visitor who is not one, and of each deal.
    people: Tally,
    visitors: Tally,
    deals: Tally,
    counted: Counted,
    /// Ids that are made of what a row says, so that equal rows are told apart.
    repeats: Repeats,
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
        self.count(input.plan.shape, facts, &keys);
        let has = |name: &str| facts.properties.contains_key(name);
        let by_event = facts.event.as_deref().and_then(|event| Leaving::by_event(event, has));
        let left = by_event == Some(Leaving::All);
        let out = left || facts.objections.iter().any(|objection| objection.mail_status > MailStatus::Held);
        if out || facts.holds_consent() {
            self.optouts.add(&keys, if out { Against::Out } else { Against::Doubt });
        }
        let messages = optout::messages(facts, self.rules);
        if let (Some(leaving), Some(key)) = (by_event.max(Leaving::of(&messages)), keys.first()) {
            self.counted.left(hash(key), leaving);
        }
        self.write(input, &who, messages)
    }

    /// What cannot be read may have said something against its leads; messages may say so without a row.
    fn doubt(&mut self, item: &Item) {
        let keys: Vec<String> = match item {
            Item::Row { cells, .. } | Item::Broken { cells, .. } => {
                cells.iter().flat_map(|cell| keys_in(cell)).collect()
            }
            Item::Message { message, .. } => return self.tell(message),
            Item::Lead { lead, .. } => return self.tell_lead(lead),
        };
        self.optouts.add(&keys, Against::Doubt);
    }

    fn count(&mut self, shape: Shape, facts: &Facts, keys: &[String]) {
        if let Some(key) = keys.first() {
            self.people.add(hash(key));
            if shape == Shape::Deals {
                self.counted.of_deals.add(hash(key));
            }
        }
        if let Some(deal) = &facts.deal.id {
            self.deals.add(hash(deal));
        }
    }

    /// Between the two readings: everything is known of who is who, and of who left.
    fn settle(&mut self) {
        self.optouts.settle();
        self.people.fold(|key| self.optouts.lead(key));
        self.report.only_in_deals = self.counted.only_in_deals(&self.people, |key| self.optouts.lead(key));
        self.visitors.retain(|visitor| !self.optouts.is_tied(visitor));
        (self.report.people, self.report.visitors) = (self.people.len(), self.visitors.len());
        self.counted.fold(|key| self.optouts.person(key));
    }

    /// The second reading: everything else.
    fn take(&mut self, input: &Input<'_>, item: &Item) -> io::Result<()> {
        let taken = match item {
            Item::Row { number, .. } => self.take_row(input, item, *number),
            Item::Message { message, .. } => self.take_message(message),
            Item::Lead { lead, .. } => self.take_lead(lead),
            Item::Broken { why, .. } => Ok(Err(why.clone())),
        };
        let Err(why) = taken? else { return Ok(()) };
        let (number, cells) = match item {
            Item::Row { number, cells } => (*number, input.table.as_written(cells)),
            Item::Broken { number, cells, .. } => (*number, cells.clone()),
            Item::Message { number, message } => (*number, vec![Value::Object(message.clone()).to_string()]),
            Item::Lead { number, lead } => (*number, vec![lead.name.clone()]),
        };
        self.report.files[input.place].rejected += 1;
        if self.report.rejected_first.len() < REJECTED_FIRST {
            let (file, content) = (input.table.name().to_owned(), content(&cells));
            self.report.rejected_first.push(RejectedRow { file, row: number, why: why.clone(), content });
        }
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
        self.report.files[input.place].add_undated(number, &facts.undated);
        let assertion = self.assertion(input.plan.shape, &facts, &who);
        let mut messages = match self.messages(input, &facts, &who) {
            Ok(messages) => messages,
            Err(why) => return Ok(Err(why)),
        };
        assertions(&mut messages, input.plan.shape, assertion);
        match input.plan.shape {
            Shape::Deals => self.report.deal_rows += 1,
            Shape::Events => self.report.event_rows += 1,
            _ => self.report.leads += 1,
        }
        self.write(input, &who, messages)?;
        Ok(Ok(()))
    }

    /// The last row of its lead or deal says how it stands; rows that are events only say what happened.
    fn assertion(&mut self, shape: Shape, facts: &Facts, who: &Who) -> Assertion {
        let key = who.keys(&facts.emails).first().map(|key| self.optouts.lead(hash(key)));
        let of_person = key.is_none_or(|key| self.people.is_last(key));
        let of_deal = facts.deal.id.as_ref().is_none_or(|id| self.deals.is_last(hash(id)));
        let is_last = match shape {
            Shape::Events => false,
            Shape::Deals => of_deal,
            Shape::People | Shape::Attendance | Shape::Companies => of_person,
        };
        if is_last { Assertion::Holds } else { Assertion::Happened }
    }

    fn messages(&mut self, input: &Input<'_>, facts: &Facts, who: &Who) -> Result<Vec<Message>, String> {
        let against = self.optouts.of(&who.keys(&facts.emails));
        let mut messages = match input.plan.shape {
            Shape::Deals => {
                let id = self.deal_id(&input.plan, facts, who);
                return Ok(deal::messages(facts, who, self.rules, id));
            }
            Shape::Events => return self.event(facts, who, against),
            Shape::Attendance => webinar::messages(&input.plan, facts, who, self.rules),
            Shape::People | Shape::Companies => lead::messages(&input.plan, facts, who, self.rules),
        };
        let key = who.keys(&facts.emails).first().map(|key| self.optouts.person(hash(key)));
        if let (Some(stage), Some(key)) = (facts.now.get("lifecycle_stage").and_then(Value::as_str), key) {
            self.counted.stage(stage, key);
        }
        // Whether or not the import says how they agreed: the same people as with it.
        if against.is_some() || facts.holds_consent() {
            self.counted.held_back.extend(key);
        } else if let Some(subscribed) = lead::subscribed(facts, self.rules) {
            self.counted.granted.extend(key);
            messages.push(subscribed);
        }
        Ok(messages)
    }

    /// Of equal rows without an id, each is a deal of its own.
    fn deal_id(&mut self, plan: &Plan, facts: &Facts, who: &Who) -> String {
        let id = deal::id(plan, &facts.deal, who);
        if facts.deal.id.is_some() { id } else { self.nth_id(id) }
    }

    /// A row that is an event says who its lead is only where the row before it was another's.
    fn event(&mut self, facts: &Facts, who: &Who, against: Option<Against>) -> Result<Vec<Message>, String> {
        if facts.event.as_deref() == Some(kind::SUBSCRIBED) && against == Some(Against::Out) {
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

    /// Writes a row's messages in the order of their instants. What two of its columns tell alike happened once.
    fn write(&mut self, input: &Input<'_>, who: &Who, mut messages: Vec<Message>) -> io::Result<()> {
        messages.sort_by_key(|message| message.at);
        let mut told = BTreeSet::new();
        for message in messages {
            let mut json = message.to_json(who, input.plan.export.id);
            let Some(id) = text_of(json.get("messageId")).filter(|id| told.insert(id.clone())) else { continue };
            if let Some(email) = who.email.as_ref().filter(|_| message.is_farewell()) {
                // Whoever has the address later: it is bound.
                json["properties"]["email"] = email.as_str().into();
            }
            if message.each {
                json["messageId"] = self.nth_id(id).into();
            }
            if let Some(kind) = message.kind() {
                *self.report.events.entry(kind.to_owned()).or_default() += 1;
                let person = who.keys(&[]).first().map(|key| self.optouts.person(hash(key)));
                self.counted.event(kind, &json["properties"], person);
            }
            self.line(&json, message.assertion)?;
        }
        Ok(())
    }

    /// The id of this one of several equal rows, each of which counts. The first one has the id that it would have alone,
    /// so that a list with a row more adds that row.
    fn nth_id(&mut self, id: String) -> String {
        match self.repeats.nth(&id) {
            1 => id,
            nth => format!("{id}-{nth}"),
        }
    }

    fn line(&mut self, message: &Value, assertion: Assertion) -> io::Result<()> {
        self.report.messages += 1;
        if self.rules.addresses {
            self.report.addresses.extend(message["traits"]["email"].as_str().and_then(canonical));
        }
        if self.rules.for_store {
            self.out.write_all(assertion.sign().as_bytes())?;
        }
        match self.rules.finish {
            Some(finish) => {
                let mut message = message.clone();
                finish(&mut message);
                serde_json::to_writer(&mut *self.out, &message)?;
            }
            None => serde_json::to_writer(&mut *self.out, message)?,
        }
        self.out.write_all(b"\n")
    }

    fn finish(mut self) -> Result<Report, Error> {
        self.report.rejected = self.rejected.finish().map_err(Error::Write)?;
        self.counted.report(&mut self.report);
        self.out.flush().map_err(Error::Write)?;
        Ok(self.report)
    }
}

/// Of a row's messages, those that say how its lead or deal is now; of a deal, its last event.
fn assertions(messages: &mut [Message], shape: Shape, assertion: Assertion) {
    let deal =
        |message: &Message| matches!(message.kind(), Some(kind::DEAL_CREATED | kind::DEAL_WON | kind::DEAL_LOST));
    let last = messages.iter().rposition(deal);
    for (place, message) in messages.iter_mut().enumerate() {
        let is_state = match message.kind() {
            None | Some(kind::TAGGED) => shape != Shape::Deals,
            Some(_) => Some(place) == last,
        };
        if is_state {
            message.assertion = assertion;
        }
    }
}

const RAISES: &str = "it would subscribe a lead that has left, bounced or complained by these files; only its own double \
                      opt-in does that";

fn keys_in(cell: &str) -> Vec<String> {
    addresses(cell).iter().filter_map(|email| email_key(email)).collect()
}
