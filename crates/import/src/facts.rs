//! What one row says, gathered cell by cell.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::cell::{addresses, said, snake_case, tags, yes_or_no};
use crate::dates::{self, Moment};
use crate::exports::{Shape, compact, generic};
use crate::keys::{Key, Standing};
use crate::ndjson::flatten;
use crate::numbers;
use crate::plan::{Column, Plan, Values};

/// More events than this are not made from one counter: who visited 251 times is no warmer than who did 100 times, and a
/// counter of millions would be a file of millions.
pub const MAX_COUNT: u64 = 100;

#[derive(Debug, Default)]
pub struct Facts {
    pub emails: Vec<String>,
    pub id: Option<String>,
    pub user_id: Option<String>,
    /// Attributes that hold since the lead is known, by dotted path.
    pub traits: BTreeMap<String, Value>,
    /// Attributes that tell where the lead stands now.
    pub now: BTreeMap<String, Value>,
    pub created: Option<Timestamp>,
    /// Every date of the row that tells when somebody did something.
    pub dates: Vec<Timestamp>,
    /// Events with their own date.
    pub dated: Vec<Dated>,
    /// Kinds of events that the row says happened, without a date; of a download also what was downloaded.
    pub done: Vec<(String, Option<String>)>,
    pub counts: Vec<(String, u64)>,
    pub activity: Option<String>,
    pub standings: Vec<Stand>,
    pub left: Vec<String>,
    pub converted: bool,
    pub deal_ids: Vec<String>,
    pub deal: Deal,
    pub contact: Contact,
    pub event: Option<String>,
    pub timestamp: Option<Timestamp>,
    pub properties: BTreeMap<String, Value>,
    pub attendance: Attendance,
    /// Cells that could not be read and were left out.
    pub unread: Vec<String>,
    latest: Timestamp,
}

#[derive(Debug)]
pub struct Dated {
    pub kind: String,
    pub at: Timestamp,
    pub stage: Option<String>,
}

/// Something that stands against writing to the lead.
#[derive(Debug)]
pub struct Stand {
    pub standing: Standing,
    pub since: Option<Timestamp>,
    pub reason: Option<String>,
}

#[derive(Debug, Default)]
pub struct Deal {
    pub id: Option<String>,
    pub properties: BTreeMap<String, Value>,
    pub outcome: Option<Outcome>,
    pub created: Option<Moment>,
    pub closed: Option<Moment>,
    pub won: Option<Moment>,
    pub lost: Option<Moment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Open,
    Won,
    Lost,
}

/// Whose deal it is, as far as the row says.
#[derive(Debug, Default)]
pub struct Contact {
    pub id: Option<String>,
    pub email: Option<String>,
    pub name: Option<String>,
    pub company: Option<String>,
}

#[derive(Debug, Default)]
pub struct Attendance {
    pub attended: Option<bool>,
    pub registered: Option<Timestamp>,
    pub joined: Option<Timestamp>,
    pub left: Option<Timestamp>,
    pub minutes: Option<f64>,
}

/// Reads a row; the error says why it cannot be taken. Nothing that happened is later than `latest`.
pub fn read(plan: &Plan, cells: &[String], latest: Timestamp) -> Result<Facts, String> {
    let mut facts = Facts { latest, ..Facts::default() };
    for (column, cell) in plan.columns.iter().zip(cells) {
        if let Some(text) = said(cell) {
            facts.take(plan, column, text)?;
        }
    }
    if plan.export.everyone != Standing::Fine {
        facts.stands(plan.export.everyone, None, None);
    }
    Ok(facts)
}

impl Facts {
    fn take(&mut self, plan: &Plan, column: &Column, text: &str) -> Result<(), String> {
        if column.key.is_date() {
            return self.take_date(plan, column, text);
        }
        match &column.key {
            Key::Ignore => {}
            Key::Email => self.take_addresses(text),
            Key::Id => self.id = self.id.take().or_else(|| Some(id_text(text))),
            Key::UserId => self.user_id = self.user_id.take().or_else(|| Some(id_text(text))),
            Key::Attribute(_) => keep(&mut self.traits, &column.name, value(column, text)),
            Key::Now(_) => keep(&mut self.now, &column.name, value(column, text)),
            Key::Tags => keep(&mut self.now, "tags", tags(text).into()),
            Key::Json => self.take_json(column, text),
            Key::Count(kind) => self.take_count(column, kind, text),
            Key::Activity => self.take_activity(column, text),
            Key::Origin => {
                keep(&mut self.traits, &column.name, text.into());
                if generic::is_form(text) {
                    self.done.push(("Form Submitted".to_owned(), None));
                }
            }
            Key::Converted => self.converted |= yes_or_no(text) == Some(true),
            Key::Deals => self.deal_ids.extend(text.split([';', ',']).map(id_text)),
            Key::Event => self.event = Some(text.to_owned()),
            Key::Property(_) => keep(&mut self.properties, &column.name, value(column, text)),
            Key::Attended => self.attendance.attended = yes_or_no(text),
            Key::Minutes => self.attendance.minutes = minutes(text, column),
            Key::Is(_) | Key::Reason(_) | Key::Left(_) | Key::Agreed | Key::Status => {
                self.take_standing(plan, column, text);
            }
            _ => self.take_deal(column, text)?,
        }
        Ok(())
    }

    fn take_addresses(&mut self, text: &str) {
        let found = addresses(text);
        if found.is_empty() {
            keep(&mut self.traits, "invalid_email", text.into());
        }
        for email in found {
            if !self.emails.contains(&email) {
                self.emails.push(email);
            }
        }
    }

    fn take_json(&mut self, column: &Column, text: &str) {
        match serde_json::from_str(text) {
            Ok(Value::Object(object)) => {
                for (path, text) in flatten(&object) {
                    let number = text.parse::<f64>().ok().filter(|number| number.to_string() == text);
                    let value = number.map_or_else(|| text.clone().into(), number_value);
                    let name: Vec<String> = path.split('.').map(snake_case).filter(|part| !part.is_empty()).collect();
                    if !name.is_empty() && said(&text).is_some() && name != ["email"] {
                        keep(&mut self.traits, &name.join("."), value);
                    }
                }
            }
            _ => keep(&mut self.traits, &column.name, text.into()),
        }
    }

    fn take_count(&mut self, column: &Column, kind: &str, text: &str) {
        match numbers::read(text, column.decimal).filter(|number| *number >= 0.0) {
            Some(number) => {
                keep(&mut self.now, &column.name, number_value(number));
                // Saturates where a counter is absurd.
                self.counts.push((kind.to_owned(), number as u64));
            }
            None => self.not_read(column, text),
        }
    }

    fn take_activity(&mut self, column: &Column, text: &str) {
        keep(&mut self.now, &column.name, text.into());
        match generic::FAREWELLS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
            Some((_, standing)) => self.stands(*standing, None, None),
            None => self.activity = Some(text.to_owned()),
        }
    }

    fn take_date(&mut self, plan: &Plan, column: &Column, text: &str) -> Result<(), String> {
        let moment = dates::read(text, &column.dates);
        let of_deal = matches!(column.key, Key::DealCreated | Key::Closed | Key::WonAt | Key::LostAt);
        let why = match moment {
            Some(moment) if of_deal || moment.at <= self.latest => {
                self.take_moment(&column.key, moment);
                return Ok(());
            }
            Some(_) => "lies in the future",
            None => "is no date known here",
        };
        match (&column.key, yes_or_no(text)) {
            // Any text in the column of a withdrawal is one: what is doubtful is not mailed.
            (Key::Since(_), Some(false)) => {}
            (Key::Since(standing), _) => self.stands(*standing, None, None),
            (Key::At(_), Some(false)) => {}
            (Key::At(kind), Some(true)) => {
                let asset = generic::asset(&column.header).map(str::to_owned);
                self.done.push((kind.clone(), asset));
            }
            _ => {
                let said = format!("\u{201c}{text}\u{201d} in \u{201c}{}\u{201d} {why}", column.header);
                if matches!(plan.shape, Shape::Deals | Shape::Events) {
                    return Err(said);
                }
                self.unread.push(said);
            }
        }
        Ok(())
    }

    fn take_moment(&mut self, key: &Key, moment: Moment) {
        let at = moment.at;
        match key {
            Key::Created => self.created = Some(self.created.map_or(at, |before| before.min(at))),
            Key::At(kind) => self.dated.push(Dated { kind: kind.clone(), at, stage: None }),
            Key::Stage(stage) => {
                let kind = "Lifecycle Stage Reached".to_owned();
                self.dated.push(Dated { kind, at, stage: Some(stage.clone()) });
            }
            Key::Since(standing) => self.stands(*standing, Some(at), None),
            Key::DealCreated => self.deal.created = Some(moment),
            Key::Closed => self.deal.closed = Some(moment),
            Key::WonAt => self.deal.won = Some(moment),
            Key::LostAt => self.deal.lost = Some(moment),
            Key::Timestamp => self.timestamp = Some(at),
            Key::Registered => self.attendance.registered = Some(at),
            Key::Joined => self.attendance.joined = Some(at),
            Key::LeftAt => self.attendance.left = Some(at),
            _ => {}
        }
        self.dates.push(at);
    }

    fn take_standing(&mut self, plan: &Plan, column: &Column, text: &str) {
        match &column.key {
            // Everything but a plain no means yes: what is doubtful is not mailed.
            Key::Is(standing) if yes_or_no(text) != Some(false) => self.stands(*standing, None, None),
            Key::Reason(standing) if yes_or_no(text) != Some(false) => {
                self.stands(*standing, None, Some(text.to_owned()));
            }
            Key::Left(subscription) if yes_or_no(text) != Some(false) => self.left.push(subscription.clone()),
            Key::Agreed if yes_or_no(text) == Some(false) => self.stands(Standing::Held, None, None),
            Key::Status => {
                keep(&mut self.now, &column.name, text.into());
                let is = |(word, _): &&(&str, Standing)| compact(word) == compact(text);
                let known = plan.export.statuses.iter().find(is);
                let standing = match (known, plan.export.statuses.is_empty()) {
                    (Some((_, standing)), _) => *standing,
                    (None, true) => generic::STATUSES.iter().find(is).map_or(Standing::Fine, |(_, standing)| *standing),
                    (None, false) => Standing::Held,
                };
                self.stands(standing, None, None);
            }
            _ => {}
        }
    }

    fn take_deal(&mut self, column: &Column, text: &str) -> Result<(), String> {
        let deal = &mut self.deal;
        match &column.key {
            Key::DealId => deal.id = Some(id_text(text)),
            Key::Deal(_) => keep(&mut deal.properties, &column.name, value(column, text)),
            Key::Amount => {
                let amount = numbers::read(text, column.decimal);
                let amount = amount.ok_or_else(|| {
                    format!("\u{201c}{text}\u{201d} in \u{201c}{}\u{201d} is no number", column.header)
                })?;
                keep(&mut deal.properties, "amount", number_value(amount));
                if let Some(currency) = numbers::currency(text) {
                    keep(&mut deal.properties, "currency", currency.into());
                }
            }
            Key::Currency => {
                deal.properties.insert("currency".to_owned(), text.into());
            }
            Key::DealStage => {
                let name = if compact(&column.header).contains("status") { "status" } else { "stage" };
                keep(&mut deal.properties, name, text.into());
                deal.outcome = deal.outcome.filter(|outcome| *outcome != Outcome::Open).or(Some(outcome(text)));
            }
            Key::Won if yes_or_no(text) == Some(true) => deal.outcome = Some(Outcome::Won),
            Key::Lost if yes_or_no(text) == Some(true) => deal.outcome = Some(Outcome::Lost),
            Key::ContactId => self.contact.id = text.split([';', ',']).next().map(id_text),
            Key::ContactEmail => self.take_contact_email(text),
            Key::ContactName if text.contains('@') => self.take_contact_email(text),
            Key::ContactName => self.contact.name = text.split(';').next().map(|name| name.trim().to_owned()),
            Key::ContactCompany => {
                keep(&mut self.traits, "company.name", text.into());
                self.contact.company = Some(text.to_owned());
            }
            _ => {}
        }
        Ok(())
    }

    fn take_contact_email(&mut self, text: &str) {
        if self.contact.email.is_none() {
            self.contact.email = addresses(text).into_iter().next();
        }
    }

    fn stands(&mut self, standing: Standing, since: Option<Timestamp>, reason: Option<String>) {
        if standing == Standing::Fine {
            return;
        }
        match self.standings.iter_mut().find(|stand| stand.standing == standing) {
            Some(stand) => {
                stand.since = stand.since.or(since);
                stand.reason = stand.reason.take().or(reason);
            }
            None => self.standings.push(Stand { standing, since, reason }),
        }
    }

    fn not_read(&mut self, column: &Column, text: &str) {
        self.unread
            .push(format!("\u{201c}{text}\u{201d} in \u{201c}{}\u{201d} is no number known here", column.header));
    }

    /// The last date of the row, if it has any.
    pub fn last(&self) -> Option<Timestamp> {
        self.dates.iter().max().copied()
    }

    /// Whether consent may not be granted by what this row says.
    pub fn holds_consent(&self) -> bool {
        !self.standings.is_empty() || !self.left.is_empty()
    }

    /// The lead's full name.
    pub fn full_name(&self) -> Option<String> {
        let text = |name: &str| self.traits.get(name).and_then(Value::as_str).map(str::to_owned);
        text("name").or_else(|| match (text("first_name"), text("last_name")) {
            (Some(first), Some(last)) => Some(format!("{first} {last}")),
            (first, last) => first.or(last),
        })
    }
}

/// The first column that says something about an attribute counts.
fn keep(map: &mut BTreeMap<String, Value>, name: &str, value: Value) {
    map.entry(name.to_owned()).or_insert(value);
}

fn value(column: &Column, text: &str) -> Value {
    match column.values {
        Values::Texts => text.into(),
        Values::Numbers => numbers::read(text, column.decimal).map_or_else(|| text.into(), number_value),
        Values::Dates => {
            dates::read(text, &column.dates).map_or_else(|| text.into(), |moment| date_value(&moment, column))
        }
    }
}

fn date_value(moment: &Moment, column: &Column) -> Value {
    match moment.day_only {
        true => moment.at.to_zoned(column.dates.zone.clone()).date().to_string().into(),
        false => moment.at.to_string().into(),
    }
}

/// Whole numbers without a decimal point.
fn number_value(number: f64) -> Value {
    let whole = number.fract() == 0.0 && number.abs() < 9e15;
    if whole { (number as i64).into() } else { number.into() }
}

/// An id as text; spreadsheets make `123.0` of it.
fn id_text(text: &str) -> String {
    let text = text.trim();
    match text.strip_suffix(".0") {
        Some(whole) if whole.bytes().all(|b| b.is_ascii_digit()) => whole.to_owned(),
        _ => text.to_owned(),
    }
}

/// What a stage or status of a deal tells of its outcome.
fn outcome(text: &str) -> Outcome {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’').collect();
    let any = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    if any(&["lost", "closedlost", "verloren", "perdu", "perdida", "perdido"]) {
        Outcome::Lost
    } else if any(&["won", "closedwon", "gewonnen", "gagné", "ganado", "ganada"]) {
        Outcome::Won
    } else {
        Outcome::Open
    }
}

/// `52`, `52 minutes`, `00:52:10`, `1 hour 3 minutes`
fn minutes(text: &str, column: &Column) -> Option<f64> {
    if let Some(number) = numbers::read(text, column.decimal).filter(|_| !text.contains("our")) {
        return Some(number);
    }
    let parts: Vec<f64> =
        text.split(':').map(|part| part.trim().parse().ok()).collect::<Option<_>>().unwrap_or_default();
    match parts[..] {
        [hours, minutes, seconds] => return Some(hours * 60.0 + minutes + (seconds / 60.0).round()),
        [hours, minutes] => return Some(hours * 60.0 + minutes),
        _ => {}
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let before = |unit: &str| {
        let at = words.iter().position(|word| word.starts_with(unit))?;
        words.get(at.checked_sub(1)?)?.parse::<f64>().ok()
    };
    let total = before("h").unwrap_or(0.0) * 60.0 + before("m").unwrap_or(0.0);
    (total > 0.0).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_of_stages() {
        let cases = [
            ("Closed Won", Outcome::Won),
            ("closedwon", Outcome::Won),
            ("Closed won (Sales Pipeline)", Outcome::Won),
            ("Closed Lost", Outcome::Lost),
            ("won't buy", Outcome::Open),
            ("Negotiation", Outcome::Open),
            ("Gewonnen", Outcome::Won),
        ];
        for (text, wanted) in cases {
            assert_eq!(outcome(text), wanted, "{text}");
        }
    }
}
