//! Whom a row speaks of. No ids are invented: an address alone names its lead, and whichever `userId` the product's own
//! site gives this address later gets the whole history. A tool's own ids are visitors tied to the lead.

use attractor_engine::address::{canonical, is_placeholder};

use crate::facts::Facts;
use crate::plan::Plan;

/// A lead, by what a row says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    pub user_id: Option<String>,
    /// The `anonymousId` under which the lead's events stand where it has no `userId`: `TOOL:ID` or `email:ADDRESS`.
    pub visitor: Option<String>,
    pub email: Option<String>,
}

impl Who {
    /// Whom the row of a list of leads means; the error says what it lacks.
    pub fn of_lead(plan: &Plan, facts: &Facts) -> Result<Who, String> {
        let email = facts.emails.first().cloned();
        let mut who = Who::new(plan, facts.id.as_deref(), facts.user_id.clone(), email).ok_or_else(|| nobody(facts))?;
        if who.email.is_none() && who.user_id.is_none() {
            // Nothing else names it: the tool's id makes it a known lead.
            who.user_id.clone_from(&who.visitor);
        }
        Ok(who)
    }

    /// Whom the row of a list of deals means by an id or an address of its own.
    pub fn of_contact(plan: &Plan, facts: &Facts) -> Option<Who> {
        let contact = &facts.contact;
        let email = contact.email.clone().or_else(|| facts.emails.first().cloned());
        Who::new(plan, contact.id.as_deref(), facts.user_id.clone(), email)
    }

    fn new(plan: &Plan, id: Option<&str>, user_id: Option<String>, email: Option<String>) -> Option<Who> {
        let tool_id = match plan.export.space {
            Some(space) => id.map(|id| in_space(space, id)),
            None => None,
        };
        let own_id = if plan.export.space.is_none() { id.map(str::to_owned) } else { None };
        let user_id = user_id.or(own_id);
        let visitor = match (&user_id, &email) {
            (None, Some(email)) => tool_id.or_else(|| email_key(email)),
            _ => tool_id,
        };
        let known = user_id.is_some() || visitor.is_some();
        known.then_some(Who { user_id, visitor, email })
    }

    /// Everything by which another row may mean the same lead.
    pub fn keys(&self, others: &[String]) -> Vec<String> {
        let addresses = self.email.iter().chain(others);
        let mut keys: Vec<String> = addresses.filter_map(|email| email_key(email)).collect();
        keys.extend(self.user_id.iter().filter_map(|id| user_key(id)));
        keys.extend(self.visitor.clone());
        keys
    }

    /// Whether an `identify` must say that two of its names are one lead.
    pub fn has_ties(&self) -> bool {
        self.email.is_some() || (self.user_id.is_some() && self.visitor.is_some())
    }
}

/// The key of an e-mail; a text that is not one address has none (contract §2, Who 19).
pub fn email_key(email: &str) -> Option<String> {
    canonical(email).map(|form| format!("email:{form}"))
}

/// The key of a `userId`: one that is an address has that address's. A placeholder has none.
pub fn user_key(id: &str) -> Option<String> {
    email_key(id).or_else(|| (!is_placeholder(id)).then(|| format!("user:{id}")))
}

/// An id of a tool, told apart from the same id elsewhere.
pub fn in_space(space: &str, id: &str) -> String {
    // Reports of Salesforce write ids with 15 characters, the Data Loader the same ones with 3 more as a check.
    let long = space == "salesforce" && id.len() == 18 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    format!("{space}:{}", if long { &id[..15] } else { id })
}

fn nobody(facts: &Facts) -> String {
    match facts.traits.get("invalid_email").and_then(|text| text.as_str()) {
        Some(text) => format!("\u{201c}{text}\u{201d} is not an e-mail address, and nothing else names the lead"),
        None => "it names no lead: neither an e-mail address nor an id".to_owned(),
    }
}
