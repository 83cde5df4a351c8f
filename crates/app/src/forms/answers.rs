//! What somebody filled in: read field by field, and what is wrong with each.

use std::collections::BTreeMap;

use attractor_engine::address::canonical;
use attractor_engine::identity::is_own_visitor;
use attractor_mail::message::Mailbox;
use serde_json::{Map, Number, Value};

use super::definition::{FieldKind, FormDefinition, FormField};

/// A field that no person sees: programs fill in everything.
pub const HONEYPOT: &str = "homepage";
/// The boxes that were ticked, each by its place.
pub const CONSENT: &str = "_consent";
/// The visitor who submits, as the site's script knows it.
pub const VISITOR: &str = "_visitor";
/// The token of the page: when it was shown.
pub const SERVED: &str = "_served";
/// The language of the page.
pub const LANGUAGE: &str = "_language";

/// In characters.
const LINE: usize = 500;
const TEXT: usize = 5_000;
const PHONE: usize = 40;
const LONGEST_VISITOR: usize = 128;

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerError {
    Missing,
    NotAnAddress,
    NotAPhone,
    NotANumber,
    NotAnOption,
    TooLong,
}

/// What somebody filled in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Submission {
    /// The address as it was typed, and in canonical form.
    pub email: String,
    pub address: String,
    /// What it says of the lead, by attribute; without the address.
    pub traits: Map<String, Value>,
    /// The other answers, by field.
    pub answers: Map<String, Value>,
    /// The places of the boxes that were ticked.
    pub agreed: Vec<usize>,
    pub visitor: Option<String>,
    /// It was filled in by a program.
    pub is_machine: bool,
}

/// What was sent: the first value of each name, and all ticked boxes.
pub struct Sent<'a>(pub &'a [(String, String)]);

impl<'a> Sent<'a> {
    pub fn value(&self, name: &str) -> &'a str {
        self.0.iter().find(|(sent, _)| sent == name).map_or("", |(_, value)| value.as_str())
    }

    /// The places of the boxes that were ticked.
    pub fn agreed(&self) -> Vec<usize> {
        let boxes = self.0.iter().filter(|(name, _)| name == CONSENT);
        let mut agreed: Vec<usize> = boxes.filter_map(|(_, value)| value.parse().ok()).collect();
        agreed.sort_unstable();
        agreed.dedup();
        agreed
    }
}

/// Reads what was sent. The error is what is wrong, by field.
pub fn read(form: &FormDefinition, sent: &Sent) -> Result<Submission, BTreeMap<String, AnswerError>> {
    let mut submission = Submission {
        agreed: sent.agreed().into_iter().filter(|place| *place < form.consents.len()).collect(),
        visitor: visitor(sent.value(VISITOR)),
        is_machine: !sent.value(HONEYPOT).trim().is_empty(),
        ..Submission::default()
    };
    let mut wrong = BTreeMap::new();
    for field in &form.fields {
        match answer(field, sent.value(&field.name)) {
            Ok(value) => submission.keep(field, value),
            Err(error) => drop(wrong.insert(field.name.clone(), error)),
        }
    }
    if wrong.is_empty() { Ok(submission) } else { Err(wrong) }
}

impl Submission {
    fn keep(&mut self, field: &FormField, value: Option<Value>) {
        let Some(value) = value else { return };
        if field.kind == FieldKind::Email {
            let email = value.as_str().unwrap_or_default();
            self.address = canonical(email).unwrap_or_default();
            self.email = email.to_owned();
            return;
        }
        match &field.attribute {
            Some(attribute) => self.traits.insert(attribute.clone(), value),
            None => self.answers.insert(field.name.clone(), value),
        };
    }
}

/// The value of a field; `None` where it was left empty.
fn answer(field: &FormField, sent: &str) -> Result<Option<Value>, AnswerError> {
    let text = match field.kind {
        FieldKind::Textarea => lines(sent),
        FieldKind::Hidden => line(field.value.as_deref().unwrap_or(sent)),
        _ => line(sent),
    };
    if text.is_empty() {
        return match (field.required, field.kind) {
            (true, _) => Err(AnswerError::Missing),
            (false, FieldKind::Checkbox) => Ok(Some(false.into())),
            (false, _) => Ok(None),
        };
    }
    let most = if field.kind == FieldKind::Textarea { TEXT } else { LINE };
    if text.chars().count() > most {
        return Err(AnswerError::TooLong);
    }
    value(field, text).map(Some)
}

fn value(field: &FormField, text: String) -> Result<Value, AnswerError> {
    match field.kind {
        FieldKind::Email if is_address(&text) => Ok(text.into()),
        FieldKind::Email => Err(AnswerError::NotAnAddress),
        FieldKind::Tel if is_phone(&text) => Ok(text.into()),
        FieldKind::Tel => Err(AnswerError::NotAPhone),
        FieldKind::Number => number(&text).ok_or(AnswerError::NotANumber),
        FieldKind::Choice if field.options.contains(&text) => Ok(text.into()),
        FieldKind::Choice => Err(AnswerError::NotAnOption),
        FieldKind::Checkbox => Ok(true.into()),
        FieldKind::Text | FieldKind::Hidden | FieldKind::Textarea => Ok(text.into()),
    }
}

/// One mailbox that mail can be sent to.
fn is_address(text: &str) -> bool {
    canonical(text).is_some_and(|address| Mailbox::parse(&address).is_ok())
}

fn is_phone(text: &str) -> bool {
    let is_digit = |c: &char| c.is_ascii_digit();
    let is_sign = |c: char| c.is_ascii_digit() || " +()-./".contains(c);
    text.len() <= PHONE && text.chars().all(is_sign) && text.chars().filter(is_digit).count() >= 5
}

/// A number as people write it: `12`, `1.5`, `1,5`.
fn number(text: &str) -> Option<Value> {
    let plain = if text.contains('.') { text.to_owned() } else { text.replacen(',', ".", 1) };
    let is_plain = plain.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    if let Some(whole) = plain.parse::<i64>().ok().filter(|_| is_plain) {
        return Some(whole.into());
    }
    let number: f64 = plain.parse().ok().filter(|_| is_plain)?;
    Number::from_f64(number).map(Value::Number)
}

/// One line, without characters that nobody sees.
fn line(text: &str) -> String {
    let visible: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn lines(text: &str) -> String {
    let plain = text.replace("\r\n", "\n").replace('\r', "\n");
    let visible: String = plain.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    visible.trim().to_owned()
}

/// An id as the site's script makes it.
fn visitor(text: &str) -> Option<String> {
    let is_good = |c: char| c.is_ascii_graphic();
    let text = text.trim();
    (!text.is_empty() && text.len() <= LONGEST_VISITOR && text.chars().all(is_good) && !is_own_visitor(text))
        .then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form() -> FormDefinition {
        serde_json::from_value(json!({
            "title": "Guide",
            "fields": [
                {"name": "email", "type": "email", "label": "E-mail", "required": true},
                {"name": "name", "type": "text", "label": "Name", "attribute": "first_name"},
                {"name": "phone", "type": "tel", "label": "Phone", "attribute": "phone"},
                {"name": "people", "type": "number", "label": "People", "attribute": "company_size"},
                {"name": "plan", "type": "choice", "label": "Plan", "options": ["Small", "Large"]},
                {"name": "terms", "type": "checkbox", "label": "Terms", "required": true},
                {"name": "place", "type": "hidden", "attribute": "place", "value": "fair"},
                {"name": "from", "type": "hidden"},
                {"name": "message", "type": "textarea", "label": "Message"}
            ],
            "consents": [{"text": "News"}, {"text": "Offers"}]
        }))
        .unwrap()
    }

    fn sent(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let usual = [("email", "Ada@People.example"), ("terms", "on")];
        let usual = usual.iter().filter(|(name, _)| pairs.iter().all(|(other, _)| other != name));
        usual.chain(pairs).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn answers_are_read_by_the_types_of_their_fields() {
        let pairs = [
            ("email", "  Ada@People.example "),
            ("name", " Ada\r\nBcc: x "),
            ("phone", "+49 (30) 123-45"),
            ("people", "1,5"),
            ("plan", "Large"),
            ("place", "elsewhere"),
            ("from", "google"),
            ("message", " one\r\ntwo\u{7} "),
            ("unknown", "x"),
            (CONSENT, "1"),
            (CONSENT, "7"),
            (CONSENT, "x"),
            (VISITOR, "v-1"),
        ];
        let read = read(&form(), &Sent(&sent(&pairs))).unwrap();
        assert_eq!((read.email.as_str(), read.address.as_str()), ("Ada@People.example", "ada@people.example"));
        let traits =
            json!({"first_name": "Ada Bcc: x", "phone": "+49 (30) 123-45", "company_size": 1.5, "place": "fair"});
        assert_eq!(Value::Object(read.traits), traits);
        let answers = json!({"plan": "Large", "terms": true, "from": "google", "message": "one\ntwo"});
        assert_eq!(Value::Object(read.answers), answers);
        assert_eq!((read.agreed, read.visitor.as_deref(), read.is_machine), (vec![1], Some("v-1"), false));
    }

    #[test]
    fn each_wrong_answer_is_named_with_its_field() {
        let long = "x".repeat(LINE + 1);
        for (name, value, expected) in [
            ("email", "", AnswerError::Missing),
            ("email", "ada", AnswerError::NotAnAddress),
            ("email", "ada@people.example, eve@x.example", AnswerError::NotAnAddress),
            ("email", "ada@localhost", AnswerError::NotAnAddress),
            ("email", "a b@people.example", AnswerError::NotAnAddress),
            ("email", long.as_str(), AnswerError::TooLong),
            ("name", long.as_str(), AnswerError::TooLong),
            ("phone", "call me", AnswerError::NotAPhone),
            ("phone", "12", AnswerError::NotAPhone),
            ("people", "many", AnswerError::NotANumber),
            ("people", "inf", AnswerError::NotANumber),
            ("people", "1e5", AnswerError::NotANumber),
            ("plan", "Huge", AnswerError::NotAnOption),
            ("terms", "", AnswerError::Missing),
        ] {
            let wrong = read(&form(), &Sent(&sent(&[(name, value)]))).unwrap_err();
            assert_eq!(wrong, BTreeMap::from([(name.to_owned(), expected)]), "{name} = {value}");
        }
    }

    #[test]
    fn whoever_fills_in_what_nobody_sees_is_a_machine() {
        assert!(read(&form(), &Sent(&sent(&[(HONEYPOT, "https://spam.example")]))).unwrap().is_machine);
    }

    #[test]
    fn a_visitor_is_an_id_without_blanks() {
        for (text, expected) in [("v-1", true), ("", false), ("a b", false), ("ä", false), (&"x".repeat(129), false)] {
            assert_eq!(visitor(text).is_some(), expected, "{text}");
        }
    }
}
