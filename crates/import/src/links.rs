//! Which lead a deal belongs to where its row has neither an id nor an address of it: the lead whose row names the deal,
//! or the one lead of that name. An id without its tool is that of the lead which another list calls so. Only what the
//! deals ask for is kept.

use std::collections::BTreeMap;

use crate::exports::compact;
use crate::facts::Facts;
use crate::keys::ColumnKey;
use crate::plan::{By, Plan, hint};
use crate::who::{Who, in_space};

#[derive(Debug, Default)]
pub struct Links {
    by_deal: BTreeMap<String, Vec<Lead>>,
    by_name: BTreeMap<String, Vec<Lead>>,
    by_id: BTreeMap<String, Vec<Lead>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Lead {
    who: Who,
    company: Option<String>,
}

impl Links {
    /// Takes note of a deal whose lead must be looked for.
    pub fn ask(&mut self, plan: &Plan, facts: &Facts) {
        if let Some(id) = bare_id(plan, facts) {
            self.by_id.entry(id.to_owned()).or_default();
        }
        if Who::of_contact(plan, facts).is_some() {
            return;
        }
        if let Some(id) = &facts.deal.id {
            self.by_deal.entry(deal_key(plan, id)).or_default();
        }
        if let Some(name) = &facts.contact.name {
            self.by_name.entry(simple(name)).or_default();
        }
    }

    /// Answers with a lead, where something was asked about it.
    pub fn answer(&mut self, plan: &Plan, facts: &Facts, who: &Who) {
        let company = facts.traits.get("company.name").and_then(|name| name.as_str()).map(simple);
        let lead = Lead { who: who.clone(), company };
        for id in facts.id.iter().chain(&facts.user_id) {
            if let Some(list) = self.by_id.get_mut(id) {
                push(list, &lead);
            }
        }
        let deals = facts.deal_ids.iter().map(|id| deal_key(plan, id));
        let lists = deals.filter_map(|key| self.by_deal.get_mut(&key).map(|list| push(list, &lead))).count();
        let name = facts.full_name().filter(|_| lists == 0);
        if let Some(list) = name.and_then(|name| self.by_name.get_mut(&simple(&name))) {
            push(list, &lead);
        }
    }

    /// The lead of a deal; the error says what is missing.
    pub fn lead(&self, plan: &Plan, facts: &Facts) -> Result<Who, String> {
        if let Some(found) = self.of_tool(plan, facts) {
            return found;
        }
        if let Some(who) = Who::of_contact(plan, facts) {
            return Ok(who);
        }
        let by_deal = facts.deal.id.as_ref().and_then(|id| self.by_deal.get(&deal_key(plan, id)));
        if let Some(lead) = by_deal.and_then(|leads| leads.first()) {
            return Ok(lead.who.clone());
        }
        let Some(name) = &facts.contact.name else {
            return Err(nameless(plan));
        };
        let leads = self.by_name.get(&simple(name)).map_or(&[][..], Vec::as_slice);
        let company = facts.contact.company.as_deref().map(simple);
        let of_company: Vec<&Lead> = leads.iter().filter(|lead| company.is_some() && lead.company == company).collect();
        match (leads, &of_company[..]) {
            ([only], _) => Ok(only.who.clone()),
            (_, [only]) => Ok(only.who.clone()),
            ([], _) => {
                Err(format!("no lead in these files is called \u{201c}{name}\u{201d}; import the leads with the deals"))
            }
            _ => Err(format!(
                "{} leads are called \u{201c}{name}\u{201d}; add a column with the lead's address",
                leads.len()
            )),
        }
    }

    /// The lead that another tool's list calls by the bare id of a deal. `None`: the id is the own product's, or unknown.
    fn of_tool(&self, plan: &Plan, facts: &Facts) -> Option<Result<Who, String>> {
        let id = bare_id(plan, facts)?;
        let leads = self.by_id.get(id)?;
        if leads.iter().any(|lead| lead.who.user_id.as_deref() == Some(id)) {
            return None;
        }
        let first = &leads.first()?.who;
        let is_same = |who: &Who| who == first || (who.visitor.is_some() && who.visitor == first.visitor);
        Some(match leads.iter().all(|lead| is_same(&lead.who)) {
            true => Ok(first.clone()),
            false => Err(format!(
                "several leads in these files have the id \u{201c}{id}\u{201d}; add a column with the lead's address"
            )),
        })
    }
}

/// The id of a deal's lead in a list that does not say which tool's id it is, and names the lead by nothing else.
fn bare_id<'f>(plan: &Plan, facts: &'f Facts) -> Option<&'f str> {
    let contact = &facts.contact;
    let has_address = contact.email.is_some() || !facts.emails.is_empty();
    if plan.export.space.is_some() || has_address || facts.user_id.is_some() {
        return None;
    }
    let is_user_id = |header: &str| compact(header) == "userid";
    let is_own = plan.columns.iter().any(|column| column.key == ColumnKey::ContactId && is_user_id(&column.header));
    contact.id.as_deref().filter(|_| !is_own)
}

/// What is missing, and the column that may hold it.
fn nameless(plan: &Plan) -> String {
    const MISSING: &str = "the deal names no lead; add a column with the id, the address or the name of its lead";
    let mut unknown = plan.columns.iter().filter(|column| column.by == By::Nobody && column.filled > 0);
    match unknown.find_map(|column| Some((&column.header, key_of_contact(&column.header)?))) {
        Some((header, key)) => {
            format!("{MISSING}. If \u{201c}{header}\u{201d} is such a column, say {}", hint(header, key))
        }
        None => MISSING.to_owned(),
    }
}

/// What a column that nobody knows may say of the lead of a deal, by its name.
fn key_of_contact(header: &str) -> Option<&'static str> {
    const LEADS: [&str; 7] = ["contact", "kontakt", "person", "lead", "customer", "kunde", "client"];
    let name = compact(header);
    if !LEADS.iter().any(|lead| name.contains(lead)) {
        return None;
    }
    Some(match name.as_str() {
        name if name.contains("mail") => "contact:email",
        name if name.ends_with("id") || name.ends_with("ids") || name.contains("nummer") => "contact:id",
        name if name.ends_with("name") => "contact:name",
        _ => return None,
    })
}

fn push(leads: &mut Vec<Lead>, lead: &Lead) {
    if !leads.contains(lead) {
        leads.push(lead.clone());
    }
}

fn deal_key(plan: &Plan, id: &str) -> String {
    in_space(plan.export.space.unwrap_or(""), id)
}

/// A name as people compare it.
fn simple(name: &str) -> String {
    name.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}
