//! What `attractor export` wrote, read back: leads by their names and attributes, events by their messages. What is
//! computed from events cannot be put in, and is left out or refused.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::address::canonical;
use attractor_engine::exported::Exported;
use attractor_engine::message::{Message, Wanted};
use attractor_engine::misread::said_of;
use attractor_engine::time::Instant;
use serde_json::{Map, Value, json};

use crate::cell::yes_or_no;
use crate::identifiers;
use crate::message::{id_of, instant};
use crate::rows::Rules;
use crate::table::Item;
use crate::who::{email_key, user_key};

/// Which export can be read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    Leads,
    Events,
}

/// One lead of an export.
#[derive(Debug)]
pub struct Lead {
    pub name: String,
    named_by: NamedBy,
    attributes: BTreeMap<String, Value>,
    tags: Vec<String>,
    /// The id of the company that a `group` named.
    group: Option<String>,
    said: Said,
    /// The instant of the export.
    since: Option<Instant>,
}

/// What a row says beside attributes and tags.
#[derive(Debug, Default)]
struct Said {
    /// Only public keys brought the address, and nobody confirmed it.
    unconfirmed: bool,
    /// Names of the attributes that came with public keys alone.
    public: Vec<String>,
    /// By scope, the last word about it.
    consent: Map<String, Value>,
    /// What binds the address.
    suppressed: Vec<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NamedBy {
    UserId,
    Email,
    AnonymousId,
}

/// Exports of what is computed, by all of their columns, and what to use in their place.
const COMPUTED: [(&[&str], &str); 4] = [
    (
        &["lead", "deal", "status", "amount", "currency", "opened_at", "at"],
        "of deals, which follow from events; import what `attractor export events` writes, which has the deals in it",
    ),
    (
        &["segment", "id", "name", "email", "since"],
        "of segments, which follow from the playbook; import what `attractor export events` writes for the leads with \
         all that they did, or what `attractor export leads` writes for their attributes",
    ),
    (&["hash", "scope", "kind", "at", "email", "reason"], SUPPRESSIONS),
    // As versions before the reason wrote them.
    (&["hash", "scope", "kind", "at", "email"], SUPPRESSIONS),
];

const SUPPRESSIONS: &str = "of suppressions, which hold hashes under a key of their store; `attractor backup` and \
     `attractor restore` carry them, and so does `attractor move`";

/// Which export these columns are of; the error says that it cannot be read back.
pub fn recognise(header: &[String]) -> Result<Option<Own>, String> {
    let has = |name: &&str| header.iter().any(|column| column.trim() == *name);
    let computed = COMPUTED.iter().find(|(columns, _)| columns.len() == header.len() && columns.iter().all(has));
    if let Some((_, which)) = computed {
        return Err(format!("this is Attractor's own export {which}"));
    }
    let begins = |with: &[&str]| header.iter().any(|column| with.iter().any(|with| column.trim().starts_with(with)));
    let of_leads = has(&"primary_interest") || has(&"next_change") || has(&"named_by");
    if has(&"lead") && (of_leads || begins(&["attribute ", "score ", "stage "])) {
        return Ok(Some(Own::Leads));
    }
    Ok(["message", "type", "received_at", "origin"].iter().all(has).then_some(Own::Events))
}

/// Columns of an export of leads that are read back, beside the attributes.
const READ: [&str; 9] = ["lead", "named_by", "email", "at", "group", "unconfirmed", "consent", "suppressed", "public"];

/// Columns of an export of leads that are not read, because they show something that is computed; of those that may be
/// taken for attributes, what to correct instead.
pub fn ignored(header: &[String]) -> Vec<String> {
    let is_read = |name: &str| READ.contains(&name) || name.starts_with("attribute ");
    let names = header.iter().map(|column| column.trim()).filter(|name| !is_read(name));
    let with_reason = |name: &str| match name {
        "company" => format!("company ({COMPANY})"),
        "name" => format!("name ({NAME})"),
        name => name.to_owned(),
    };
    names.map(with_reason).collect()
}

const COMPANY: &str = "it follows from `attribute company.name`, else from `group`, else from the domain of the address; \
                       correct these";
const NAME: &str = "it follows from `attribute name`, or from the first and the last name; correct these";

/// Whether an object is a lead as it is exported.
pub fn is_lead(object: &Map<String, Value>) -> bool {
    let is = |name: &str, of: fn(&Value) -> bool| object.get(name).is_some_and(of);
    is("lead", Value::is_string) && is("attributes", Value::is_object) && is("scores", Value::is_object)
}

/// A row of a table, as what it stands for.
pub fn read_row(own: Own, header: &[String], number: u64, cells: Vec<String>) -> Item {
    let cell = |name: &str| header.iter().zip(&cells).find(|(column, _)| column.trim() == name).map(|(_, cell)| cell);
    let read = match own {
        Own::Leads => Lead::of_row(header, &cells).map(|lead| Item::Lead { number, lead: Box::new(lead) }),
        Own::Events => event(cell).map(|message| Item::Message { number, message }),
    };
    read.unwrap_or_else(|why| Item::Broken { number, cells, why })
}

/// The message of an exported event. The columns beside it are for people; where they say something else, somebody
/// corrected them.
fn event<'c>(cell: impl Fn(&str) -> Option<&'c String>) -> Result<Map<String, Value>, String> {
    let text = cell("message").map(|text| unguarded(text)).unwrap_or_default();
    Message::parse(text, &Wanted::Everything)?;
    let message: Map<String, Value> = serde_json::from_str(text).map_err(|error| said_of(&error))?;
    for (column, field) in
        [("type", "type"), ("event", "event"), ("user_id", "userId"), ("anonymous_id", "anonymousId")]
    {
        let said = message.get(field).map(text_of).unwrap_or_default();
        if let Some(shown) = cell(column).map(|shown| unguarded(shown)).filter(|shown| *shown != said) {
            return Err(format!(
                "`{column}` is \u{201c}{shown}\u{201d}, and the message says \u{201c}{said}\u{201d}; correct the message"
            ));
        }
    }
    Ok(message)
}

impl Lead {
    fn of_row(header: &[String], cells: &[String]) -> Result<Lead, String> {
        let mut attributes = BTreeMap::new();
        let (mut fields, mut tags) = (BTreeMap::new(), Vec::new());
        for (column, cell) in header.iter().zip(cells) {
            let text = unguarded(cell);
            match column.trim().strip_prefix("attribute ") {
                _ if text.is_empty() => {}
                Some("tags") => tags = tags_of(text),
                Some(name) => drop(attributes.insert(name.to_owned(), value(name, text))),
                None => drop(fields.insert(column.trim(), text)),
            }
        }
        let field = |name: &str| fields.get(name).copied();
        let json = |name: &str| field(name).map_or(Ok(Value::Null), |text| parsed(name, text));
        let public = field("public").map(|text| tags_of(text).into()).unwrap_or_default();
        let unconfirmed = field("unconfirmed").and_then(yes_or_no);
        let said = Said::of(unconfirmed, &public, &json("consent")?, &json("suppressed")?)?;
        Lead::new(field, attributes, tags, said)
    }

    pub fn of_object(object: &Map<String, Value>) -> Result<Lead, String> {
        let mut tags = Vec::new();
        let mut attributes = BTreeMap::new();
        for (name, value) in object.get("attributes").and_then(Value::as_object).into_iter().flatten() {
            match (name.as_str(), value) {
                (_, Value::Null) => {}
                ("tags", Value::Array(items)) => tags = items.iter().map(text_of).collect(),
                ("tags", single) => tags = vec![text_of(single)],
                _ => drop(attributes.insert(name.clone(), value.clone())),
            }
        }
        let of = |name: &str| object.get(name).unwrap_or(&Value::Null);
        let said = Said::of(of("unconfirmed").as_bool(), of("public"), of("consent"), of("suppressed"))?;
        Lead::new(|name| object.get(name).and_then(Value::as_str), attributes, tags, said)
    }

    fn new<'f>(
        field: impl Fn(&str) -> Option<&'f str>,
        mut attributes: BTreeMap<String, Value>,
        tags: Vec<String>,
        said: Said,
    ) -> Result<Lead, String> {
        let name = field("lead").ok_or("it names no lead: `lead` is empty")?.to_owned();
        let named_by = match field("named_by") {
            Some("user_id") => NamedBy::UserId,
            Some("email") => NamedBy::Email,
            Some("anonymous_id") => NamedBy::AnonymousId,
            None if name.contains('@') => NamedBy::Email,
            _ => {
                return Err(
                    "`named_by` does not say what `lead` is: user_id, email or anonymous_id; export the leads \
                            again"
                        .to_owned(),
                );
            }
        };
        if let Some(email) = email(field("email"), attributes.get("email"))? {
            attributes.insert("email".to_owned(), email);
        }
        if named_by == NamedBy::Email {
            let told = attributes.get("email").map_or_else(|| name.clone(), text_of);
            if canonical(&told) != canonical(&name) {
                return Err(format!(
                    "the lead is known by its address {name} alone, so another one, {told}, would be another lead; give \
                     both one user id by an `alias`, or leave the address as it is"
                ));
            }
            attributes.entry("email".to_owned()).or_insert_with(|| name.as_str().into());
        }
        let since = field("at").and_then(Instant::parse);
        let group = field("group").map(str::to_owned).filter(|id| !id.is_empty());
        Ok(Lead { name, named_by, attributes, tags, group, said, since })
    }

    /// The key under which other rows may mean the same lead.
    pub fn key(&self) -> String {
        match self.named_by {
            NamedBy::Email => email_key(&self.name),
            NamedBy::UserId => user_key(&self.name),
            NamedBy::AnonymousId => None,
        }
        .unwrap_or_else(|| self.name.clone())
    }

    /// Whether it is a visitor of whom no more is known than what its browser did.
    pub fn is_visitor(&self) -> bool {
        self.named_by == NamedBy::AnonymousId && !self.attributes.contains_key("email")
    }

    /// The instant of the export, in ms since 1970; of an export that does not say it, that of the import.
    pub fn since(&self, rules: &Rules) -> i64 {
        self.since.map_or_else(|| rules.as_of.as_millisecond(), |since| since.0)
    }

    /// What it says, for a store in one message, which is compared with what the store knows: `traits.tags` are the tags
    /// that it has, and each becomes a `Tagged` only there. Nothing of a visitor of whom nothing is known.
    pub fn for_store(&self, rules: &Rules) -> Option<Value> {
        let (mut whole, exported) = self.whole(rules)?;
        exported.put_into(&mut whole);
        Some(whole)
    }

    /// The same as messages of the contract.
    pub fn messages(&self, rules: &Rules) -> Vec<Value> {
        self.whole(rules).map_or_else(Vec::new, |(whole, exported)| exported.messages(whole, false))
    }

    /// The keys of the lead and of its address: who left under one of them left.
    pub fn keys(&self) -> Vec<String> {
        let email = self.attributes.get("email").and_then(|email| email_key(&text_of(email)));
        let own = self.key();
        email.filter(|email| *email != own).into_iter().chain([own.clone()]).collect()
    }

    /// Whether it withdrew everything, or its address is bound.
    pub fn has_left(&self) -> bool {
        let withdrew = self.said.consent.get("all").is_some_and(|word| word["state"] == "withdrawn");
        withdrew || self.said.suppressed.iter().any(|one| one["scope"] == "all")
    }

    /// Whether it tells of a consent to be written to.
    pub fn tells_of_consent(&self) -> bool {
        let mut scopes = self.said.consent.iter().filter(|(scope, _)| *scope != "tracking");
        scopes.any(|(_, word)| word["state"] == "granted" && word["proof"].is_string())
    }

    fn whole(&self, rules: &Rules) -> Option<(Value, Exported)> {
        let mut traits: Map<String, Value> = self.attributes.clone().into_iter().collect();
        if !self.tags.is_empty() {
            traits.insert("tags".to_owned(), self.tags.clone().into());
        }
        let says_more = !traits.is_empty() || !self.said.consent.is_empty() || self.group.is_some();
        if self.named_by == NamedBy::AnonymousId && !says_more {
            return None;
        }
        let since = self.since(rules).to_string();
        let said = json!([traits, self.said.consent, self.said.suppressed, self.said.unconfirmed, self.said.public]);
        let (key, said) = (self.key(), said.to_string());
        let mut parts = vec!["attractor-leads", key.as_str(), since.as_str(), said.as_str()];
        // Rows without a group keep the ids that earlier versions gave them.
        parts.extend(self.group.as_deref());
        let id = id_of(&parts);
        let mut whole = json!({"type": "identify", "timestamp": instant(rules.as_of)});
        match self.named_by {
            NamedBy::UserId => whole["userId"] = self.name.as_str().into(),
            NamedBy::AnonymousId => whole["anonymousId"] = self.name.as_str().into(),
            // Its address among the traits names it.
            NamedBy::Email => {}
        }
        whole["messageId"] = id.into();
        whole["traits"] = traits.into();
        whole["context"] = json!({"history": true, "import": "attractor-leads"});
        let exported = Exported { group: self.group.clone(), ..self.said.exported(key, rules) };
        Some((whole, exported))
    }
}

impl Said {
    /// An export that does not say whether its addresses are confirmed confirms none.
    fn of(unconfirmed: Option<bool>, public: &Value, consent: &Value, suppressed: &Value) -> Result<Said, String> {
        let wrong = |name: &str| format!("`{name}` is not what an export writes there; export the leads again");
        let consent = match consent {
            Value::Null => Map::new(),
            Value::Object(scopes) if scopes.values().all(|word| word["state"].is_string()) => scopes.clone(),
            _ => return Err(wrong("consent")),
        };
        let suppressed = match suppressed {
            Value::Null => Vec::new(),
            Value::Array(all) if all.iter().all(|one| one["scope"].is_string() && one["kind"].is_string()) => {
                all.clone()
            }
            _ => return Err(wrong("suppressed")),
        };
        let public = public.as_array().into_iter().flatten().map(text_of).collect();
        Ok(Said { unconfirmed: unconfirmed.unwrap_or(true), public, consent, suppressed })
    }

    fn exported(&self, visitor: String, rules: &Rules) -> Exported {
        let mut public: BTreeSet<String> = self.public.iter().cloned().collect();
        if self.unconfirmed {
            public.insert("email".to_owned());
        } else {
            public.remove("email");
        }
        let (mut consent, mut suppressed) = (self.consent.clone(), self.suppressed.clone());
        consent.values_mut().chain(&mut suppressed).for_each(|word| date(word, rules));
        Exported { public, consent, suppressed, group: None, visitor }
    }
}

/// What has no date, or one that has not come yet, is dated by the import.
fn date(word: &mut Value, rules: &Rules) {
    let is_past = |at: &Instant| at.0 <= rules.latest.as_millisecond();
    let at = word["at"].as_str().and_then(Instant::parse).filter(is_past);
    word["at"] = at.map_or_else(|| instant(rules.as_of), |at| at.to_string()).into();
}

fn parsed(name: &str, text: &str) -> Result<Value, String> {
    serde_json::from_str(text)
        .map_err(|_| format!("`{name}` is not what an export writes there; export the leads again"))
}

/// The lead's address: `email` and `attribute email` are one, unless one of them was corrected alone.
fn email(column: Option<&str>, attribute: Option<&Value>) -> Result<Option<Value>, String> {
    let written = attribute.map(text_of);
    match (column, &written) {
        (Some(email), Some(written)) if canonical(email) != canonical(written) => {
            Err(format!("`email` is {email}, and the attribute email is {written}; correct both, or neither"))
        }
        (Some(email), None) => Ok(Some(email.into())),
        _ => Ok(None),
    }
}

/// A cell without the apostrophe that keeps spreadsheets from taking it for a formula.
fn unguarded(cell: &str) -> &str {
    const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    let rest = cell.strip_prefix('\'').filter(|rest| rest.trim_start_matches('\'').starts_with(FORMULA));
    rest.unwrap_or(cell)
}

fn tags_of(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|_| text.split(';').map(str::to_owned).collect())
}

/// A table has no types: what reads as a number or a truth and is written in no other way is one, but for names in
/// digits. A store that knows the attribute keeps the type that it has there.
fn value(name: &str, text: &str) -> Value {
    let read = serde_json::from_str::<Value>(text).ok().filter(|value| value.is_number() || value.is_boolean());
    let typed = read.filter(|value| !identifiers::is_one(name) && format!("{value}") == text);
    typed.unwrap_or_else(|| text.into())
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned)
}
