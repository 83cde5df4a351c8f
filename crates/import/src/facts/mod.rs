//! What one row says, gathered cell by cell.

use std::collections::BTreeMap;

mod deal;
mod undated;
mod values;

use attractor_engine::address::canonical;
use attractor_engine::vocabulary::kind;
use jiff::Timestamp;
use serde_json::Value;

use crate::cell::{addresses, said, tags, yes_or_no};
use crate::consent::{self, About, Says};
use crate::dates::{self, Moment};
use crate::exports::{Shape, generic};
use crate::keys::{ColumnKey, MailStatus};
use crate::language;
use crate::numbers;
use crate::plan::{By, Column, Plan, Values};
use crate::table::wrong_width;
use values::{id_text, keep, lead_id, minutes, number_value, of_object, value};

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
    /// Tags that are added to those that the lead has.
    pub tags: Vec<String>,
    pub created: Option<Timestamp>,
    /// Every date of the row that tells when somebody did something.
    pub dates: Vec<Timestamp>,
    /// Events with their own date.
    pub dated: Vec<Dated>,
    /// Kinds of events that the row says happened, without a date; of a download also what was downloaded.
    pub done: Vec<(String, Option<String>)>,
    pub counts: Vec<(String, u64)>,
    pub activity: Option<String>,
    pub objections: Vec<Objection>,
    pub left: Vec<String>,
    /// It became a customer, as a column without a date says.
    pub converted: bool,
    /// It agreed to be written to, as the row says.
    agreed: bool,
    pub deal_ids: Vec<String>,
    pub deal: Deal,
    pub contact: Contact,
    pub event: Option<String>,
    pub timestamp: Option<Timestamp>,
    pub properties: BTreeMap<String, Value>,
    pub attendance: Attendance,
    /// Cells that could not be read and were left out.
    pub unread: Vec<String>,
    /// How many events of each kind were left out, because nobody knows their date.
    pub undated: BTreeMap<String, u64>,
    /// Columns whose date could not be read, or lies in the future.
    misdated: Vec<ColumnKey>,
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
pub struct Objection {
    pub mail_status: MailStatus,
    pub since: Option<Timestamp>,
    pub reason: Option<String>,
}

#[derive(Debug, Default)]
pub struct Deal {
    pub id: Option<String>,
    pub properties: BTreeMap<String, Value>,
    pub outcome: Option<DealOutcome>,
    pub created: Option<Moment>,
    pub closed: Option<Moment>,
    pub won: Option<Moment>,
    pub lost: Option<Moment>,
}

impl Deal {
    /// Whether a row about a lead tells of a deal: when it was won, lost or created, or how it ended.
    pub fn is_mentioned(&self) -> bool {
        let dated = self.created.is_some() || self.won.is_some() || self.lost.is_some();
        dated || matches!(self.outcome, Some(DealOutcome::Won | DealOutcome::Lost))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DealOutcome {
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
    if cells.len() < plan.columns.len() {
        whole(plan, cells)?;
    }
    for (column, cell) in plan.columns.iter().zip(cells) {
        if let Some(text) = said(cell, column.holds()) {
            facts.take(plan, column, text)?;
        }
    }
    facts.hold_without_yes(plan, cells);
    if plan.export.everyone != MailStatus::Fine {
        facts.objects(plan.export.everyone, None, None);
    }
    facts.leave_out_undated();
    Ok(facts)
}

/// A short row lacks the delimiters of empty cells at its end; but where what names its lead is missing too, it may be
/// torn.
fn whole(plan: &Plan, cells: &[String]) -> Result<(), String> {
    let has = |key: &&ColumnKey| plan.columns.iter().any(|column| column.key == **key);
    let names = |key: &ColumnKey| {
        let mut columns = plan.columns.iter().zip(cells).filter(|(column, _)| column.key == *key);
        columns.any(|(_, cell)| match key {
            ColumnKey::Email | ColumnKey::ContactEmail => !addresses(cell).is_empty(),
            _ => !cell.trim().is_empty(),
        })
    };
    let is_whole = match plan.shape {
        Shape::Deals => {
            [ColumnKey::ContactEmail, ColumnKey::ContactId, ColumnKey::ContactName, ColumnKey::DealId].iter().any(names)
        }
        _ => [ColumnKey::Email, ColumnKey::UserId, ColumnKey::Id].iter().find(has).is_none_or(names),
    };
    match is_whole {
        true => Ok(()),
        false => Err(wrong_width(cells.len(), plan.columns.len())),
    }
}

impl Facts {
    fn take(&mut self, plan: &Plan, column: &Column, text: &str) -> Result<(), String> {
        self.take_consent(plan, column, text);
        if column.key.is_date() {
            return self.take_date(plan, column, text);
        }
        match &column.key {
            ColumnKey::Ignore => {}
            ColumnKey::Email => self.take_addresses(column, text),
            ColumnKey::Id => self.id = self.id.take().or_else(|| lead_id(text)),
            ColumnKey::UserId => self.user_id = self.user_id.take().or_else(|| lead_id(text)),
            ColumnKey::Attribute(_) => {
                let value = self.kept(column, text);
                keep(&mut self.traits, &column.name, value);
            }
            ColumnKey::Now(_) => {
                let value = self.kept(column, text);
                keep(&mut self.now, &column.name, value);
            }
            ColumnKey::Tags => self.add_tags(tags(text)),
            ColumnKey::Json => self.take_json(column, text),
            ColumnKey::Count(kind) => self.take_count(column, kind, text),
            ColumnKey::Activity => self.take_activity(column, text),
            ColumnKey::Origin => {
                keep(&mut self.traits, &column.name, text.into());
                if generic::is_form(text) {
                    self.done.push((kind::FORM_SUBMITTED.to_owned(), None));
                }
            }
            ColumnKey::Converted => self.take_converted(column, text),
            ColumnKey::Deals => self.deal_ids.extend(text.split([';', ',']).map(id_text)),
            ColumnKey::Event => self.event = Some(consent::event(text).unwrap_or(text).to_owned()),
            ColumnKey::Property(_) => {
                let value = self.kept(column, text);
                keep(&mut self.properties, &column.name, value);
            }
            ColumnKey::Attended => self.attendance.attended = yes_or_no(text),
            ColumnKey::Minutes => self.attendance.minutes = minutes(text, column),
            ColumnKey::Is(_) | ColumnKey::Reason(_) | ColumnKey::Left(_) | ColumnKey::Agreed | ColumnKey::Status => {
                self.take_standing(column, text)
            }
            _ => return self.take_of_deal(plan, column, text),
        }
        Ok(())
    }

    /// A cell about a deal that cannot be read costs a list of deals its row, and a list of leads that cell.
    fn take_of_deal(&mut self, plan: &Plan, column: &Column, text: &str) -> Result<(), String> {
        match self.take_deal(column, text) {
            Err(why) if plan.shape != Shape::Deals => {
                self.unread.push(why);
                Ok(())
            }
            taken => taken,
        }
    }

    /// A cell without an address is kept, so that it can be corrected, and named: nobody can write to its lead.
    fn take_addresses(&mut self, column: &Column, text: &str) {
        let found = addresses(text);
        if found.is_empty() {
            keep(&mut self.traits, "invalid_email", text.into());
            self.unread.push(unread(column, text, NOT_AN_ADDRESS));
        }
        for email in found {
            if !self.emails.iter().any(|other| canonical(other) == canonical(&email)) {
                self.emails.push(email);
            }
        }
    }

    fn add_tags(&mut self, tags: Vec<String>) {
        for tag in tags {
            if !self.tags.contains(&tag) {
                self.tags.push(tag);
            }
        }
    }

    /// The value of a cell that is kept; one that is not what the rest of its column is stays a text and is named.
    fn kept(&mut self, column: &Column, text: &str) -> Value {
        let is_attribute = matches!(column.key, ColumnKey::Attribute(_) | ColumnKey::Now(_));
        if is_attribute && language::is_attribute(&column.name) {
            return self.language(column, text);
        }
        let value = value(column, text);
        let what = match column.values {
            Values::Numbers if value.is_string() => "a number",
            Values::Dates if dates::read(text, &column.dates).is_none() => "a date",
            _ => return value,
        };
        let header = &column.header;
        self.unread.push(format!("\u{201c}{text}\u{201d} in \u{201c}{header}\u{201d} is not {what} and stays a text"));
        value
    }

    /// The tag of a language; what names none stays as it is, and no e-mail is in it.
    fn language(&mut self, column: &Column, text: &str) -> Value {
        if let Some(tag) = language::tag(text) {
            return tag.into();
        }
        self.unread.push(unread(column, text, NOT_A_LANGUAGE));
        text.into()
    }

    fn take_json(&mut self, column: &Column, text: &str) {
        let Ok(Value::Object(object)) = serde_json::from_str(text) else {
            return keep(&mut self.traits, &column.name, text.into());
        };
        for (name, value) in of_object(&object) {
            self.take_consent_in_json(column, &name, &value);
            match name.as_str() {
                "email" => {}
                "tags" => self.add_tags(value.as_str().map_or_else(|| tags(&value.to_string()), tags)),
                _ if language::is_attribute(&name) => {
                    let tag = value.as_str().map(|text| self.language(column, text));
                    keep(&mut self.traits, &name, tag.unwrap_or(value));
                }
                _ => keep(&mut self.traits, &name, value),
            }
        }
    }

    /// An object names attributes as a header names columns.
    fn take_consent_in_json(&mut self, column: &Column, name: &str, value: &Value) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let dated = dates::read(&text, &column.dates).map(|moment| Some(moment.at));
        let about = match consent::key_of(name) {
            Some(key) => About::of(&key, name, true).unwrap_or(About::Anything),
            None => About::of_value(name, &text, dated.is_some()),
        };
        match about.read(&text, &[], dated) {
            Says::Nothing => {}
            Says::Agrees => self.agreed = true,
            Says::Against(mail_status, since) => self.objects(mail_status, since, None),
            Says::Doubtful => {
                self.objects(MailStatus::Held, None, None);
                let why = format!("says that `{name}` may mean that no mail is wanted: consent is held back");
                self.unread.push(unread(column, &text, &why));
            }
        }
    }

    /// A yes without a date, or the date of the sale.
    fn take_converted(&mut self, column: &Column, text: &str) {
        match (yes_or_no(text), dates::read(text, &column.dates)) {
            (Some(yes), _) => self.converted |= yes,
            (None, Some(moment)) if moment.at <= self.latest => self.take_moment(&ColumnKey::WonAt, moment),
            (None, Some(_)) => {
                self.misdated.push(ColumnKey::WonAt);
                self.unread.push(unread(column, text, IN_FUTURE));
            }
            (None, None) => self.unread.push(unread(column, text, "is neither yes, no nor a date")),
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
            Some((_, mail_status)) => self.objects(*mail_status, None, None),
            None => self.activity = Some(text.to_owned()),
        }
    }

    fn take_date(&mut self, plan: &Plan, column: &Column, text: &str) -> Result<(), String> {
        let moment = dates::read(text, &column.dates);
        let of_deal =
            matches!(column.key, ColumnKey::DealCreated | ColumnKey::Closed | ColumnKey::WonAt | ColumnKey::LostAt);
        let why = match moment {
            Some(moment) if of_deal || moment.at <= self.latest => {
                self.take_moment(&column.key, moment);
                return Ok(());
            }
            Some(_) => IN_FUTURE,
            None => "is not a date in a known notation",
        };
        // A date of consent that cannot be read is not one.
        if column.expects_yes && yes_or_no(text) != Some(true) {
            self.objects(MailStatus::Held, None, None);
        }
        match (&column.key, yes_or_no(text)) {
            _ if consent::is_never(text) => {}
            // Any text in the column of a withdrawal is one: what is doubtful is not mailed.
            (ColumnKey::Since(_), Some(false)) => {}
            (ColumnKey::Since(mail_status), _) => self.objects(*mail_status, None, None),
            // Who did not sign up did not agree either.
            (ColumnKey::At(kind), Some(false)) if kind == "Signed Up" => self.objects(MailStatus::Held, None, None),
            (ColumnKey::At(_), Some(false)) => {}
            (ColumnKey::At(kind), Some(true)) => {
                let asset = generic::asset(&column.header).map(str::to_owned);
                self.done.push((kind.clone(), asset));
            }
            _ => {
                let said = unread(column, text, why);
                if matches!(plan.shape, Shape::Deals | Shape::Events) {
                    return Err(said);
                }
                self.misdated.push(column.key.clone());
                self.unread.push(said);
            }
        }
        Ok(())
    }

    fn take_moment(&mut self, key: &ColumnKey, moment: Moment) {
        let at = moment.at;
        match key {
            ColumnKey::Created => self.created = Some(self.created.map_or(at, |before| before.min(at))),
            ColumnKey::At(kind) => self.dated.push(Dated { kind: kind.clone(), at, stage: None }),
            ColumnKey::Stage(stage) => {
                let kind = kind::LIFECYCLE_STAGE_REACHED.to_owned();
                self.dated.push(Dated { kind, at, stage: Some(stage.clone()) });
            }
            ColumnKey::Since(mail_status) => self.objects(*mail_status, Some(at), None),
            ColumnKey::DealCreated => self.deal.created = Some(moment),
            ColumnKey::Closed => self.deal.closed = Some(moment),
            ColumnKey::WonAt => self.deal.won = Some(moment),
            ColumnKey::LostAt => self.deal.lost = Some(moment),
            ColumnKey::Timestamp => self.timestamp = Some(at),
            ColumnKey::Registered => self.attendance.registered = Some(at),
            ColumnKey::Joined => self.attendance.joined = Some(at),
            ColumnKey::LeftAt => self.attendance.left = Some(at),
            _ => {}
        }
        self.dates.push(at);
    }

    fn take_standing(&mut self, column: &Column, text: &str) {
        match &column.key {
            ColumnKey::Reason(mail_status) if yes_or_no(text) != Some(false) => {
                self.objects(*mail_status, None, Some(text.to_owned()));
            }
            ColumnKey::Left(subscription) if yes_or_no(text) != Some(false) => self.left.push(subscription.clone()),
            _ => {}
        }
        // A column whose meaning is a guess, and a state, stay attributes as well.
        if column.by == By::Guess || column.key == ColumnKey::Status {
            keep(&mut self.now, &column.name, text.into());
        }
    }

    /// What a cell says about being written to, whatever else its column is.
    fn take_consent(&mut self, plan: &Plan, column: &Column, text: &str) {
        let Some(about) = column.about else { return };
        let dated = dates::read(text, &column.dates).map(|moment| Some(moment.at).filter(|at| *at <= self.latest));
        match about.read(text, plan.export.statuses, dated) {
            Says::Nothing => {}
            Says::Agrees => self.agreed = true,
            Says::Doubtful => self.objects(MailStatus::Held, None, None),
            Says::Against(mail_status, since) => {
                self.dates.extend(since);
                self.objects(mail_status, since, None);
            }
        }
    }

    /// Where others said yes, an empty cell in a column of consent is not a yes.
    fn hold_without_yes(&mut self, plan: &Plan, cells: &[String]) {
        let is_open = |(index, column): (usize, &Column)| {
            let empty = cells.get(index).is_none_or(|cell| said(cell, column.holds()).is_none());
            column.expects_yes && empty
        };
        if !self.agreed && plan.columns.iter().enumerate().any(is_open) {
            self.objects(MailStatus::Held, None, None);
        }
    }

    fn objects(&mut self, mail_status: MailStatus, since: Option<Timestamp>, reason: Option<String>) {
        if mail_status == MailStatus::Fine {
            return;
        }
        match self.objections.iter_mut().find(|objection| objection.mail_status == mail_status) {
            Some(objection) => {
                objection.since = objection.since.or(since);
                objection.reason = objection.reason.take().or(reason);
            }
            None => self.objections.push(Objection { mail_status, since, reason }),
        }
    }

    fn not_read(&mut self, column: &Column, text: &str) {
        self.unread.push(unread(column, text, "is not a number in a known notation"));
    }

    /// The last date of the row, if it has any.
    pub fn last(&self) -> Option<Timestamp> {
        self.dates.iter().max().copied()
    }

    /// Whether consent may not be granted by what this row says.
    pub fn holds_consent(&self) -> bool {
        !self.objections.is_empty() || !self.left.is_empty()
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

const IN_FUTURE: &str = "lies in the future";
const NOT_AN_ADDRESS: &str = "is not an e-mail address";
const NOT_A_LANGUAGE: &str =
    "is neither a tag of a language, such as de or de-AT, nor the name of one; it stays a text";

fn unread(column: &Column, text: &str, why: &str) -> String {
    format!("\u{201c}{text}\u{201d} in \u{201c}{}\u{201d} {why}", column.header)
}
