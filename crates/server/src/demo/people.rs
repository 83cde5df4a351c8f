//! Who the leads are, as far as they said.

use std::collections::BTreeMap;

use serde_json::Value;

/// Names, titles and companies by user id and by e-mail.
#[derive(Default)]
pub struct People(BTreeMap<String, Person>);

#[derive(Default)]
struct Person {
    first_name: Option<String>,
    last_name: Option<String>,
    job_title: Option<String>,
    company: Option<String>,
}

impl People {
    /// Takes what an `identify` or a `group` says; what is not said again stays.
    pub fn hear(&mut self, message: &Value) {
        let traits = &message["traits"];
        let text = |name: &str| traits[name].as_str().map(str::to_owned);
        let keys = [message["userId"].as_str(), traits["email"].as_str()];
        match message["type"].as_str() {
            Some("identify") => {
                for key in keys.into_iter().flatten() {
                    let person = self.0.entry(key.to_owned()).or_default();
                    said(&mut person.first_name, text("first_name"));
                    said(&mut person.last_name, text("last_name"));
                    said(&mut person.job_title, text("job_title"));
                    said(&mut person.company, text("company"));
                }
            }
            Some("group") => {
                if let Some(user) = keys[0] {
                    said(&mut self.0.entry(user.to_owned()).or_default().company, text("name"));
                }
            }
            _ => {}
        }
    }

    /// Whether it is known who this lead is; else it is a visitor.
    pub fn is_known(&self, lead: &str) -> bool {
        self.0.contains_key(lead)
    }

    /// “Maya Garcia”, or “a visitor”.
    pub fn name(&self, lead: &str) -> String {
        let Some(person) = self.0.get(lead) else { return "a visitor".into() };
        match (&person.first_name, &person.last_name) {
            (Some(first), Some(last)) => format!("{first} {last}"),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => lead.to_owned(),
        }
    }

    /// “Maya Garcia, Controller at Varga Furniture”, as far as is known.
    pub fn in_full(&self, lead: &str) -> String {
        let mut words = self.name(lead);
        let Some(person) = self.0.get(lead) else { return words };
        if let Some(title) = &person.job_title {
            words = format!("{words}, {title}");
        }
        match &person.company {
            Some(company) if person.job_title.is_some() => format!("{words} at {company}"),
            Some(company) => format!("{words}, {company}"),
            None => words,
        }
    }
}

fn said(known: &mut Option<String>, said: Option<String>) {
    if said.is_some() {
        *known = said;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn people_are_called_as_they_said() {
        let mut people = People::default();
        people.hear(&json!({"type": "identify", "userId": "c-1", "traits":
            {"email": "maya@works.example", "first_name": "Maya", "last_name": "Garcia", "job_title": "Controller"}}));
        assert_eq!(people.in_full("c-1"), "Maya Garcia, Controller");
        people.hear(&json!({"type": "group", "userId": "c-1", "traits": {"name": "Varga Furniture"}}));
        people.hear(&json!({"type": "identify", "userId": "c-1", "traits": {"email": "maya@works.example"}}));
        assert_eq!(people.in_full("c-1"), "Maya Garcia, Controller at Varga Furniture");
        assert_eq!(people.name("maya@works.example"), "Maya Garcia");
        assert!(people.is_known("c-1") && !people.is_known("v-1"));
        assert_eq!(people.in_full("v-1"), "a visitor");
    }
}
