//! Which lead a deal belongs to where its row has neither an id nor an address of it: the lead whose row names the deal,
//! or the one lead of that name. Only what the deals ask for is kept.

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::plan::Plan;
use crate::who::{Who, in_space};

#[derive(Debug, Default)]
pub struct Links {
    by_deal: BTreeMap<String, Vec<Lead>>,
    by_name: BTreeMap<String, Vec<Lead>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Lead {
    who: Who,
    company: Option<String>,
}

impl Links {
    /// Takes note of a deal whose lead must be looked for.
    pub fn ask(&mut self, plan: &Plan, facts: &Facts) {
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
        let deals = facts.deal_ids.iter().map(|id| deal_key(plan, id));
        let lists = deals.filter_map(|key| self.by_deal.get_mut(&key).map(|list| push(list, &lead))).count();
        let name = facts.full_name().filter(|_| lists == 0);
        if let Some(list) = name.and_then(|name| self.by_name.get_mut(&simple(&name))) {
            push(list, &lead);
        }
    }

    /// The lead of a deal; the error says what is missing.
    pub fn lead(&self, plan: &Plan, facts: &Facts) -> Result<Who, String> {
        if let Some(who) = Who::of_contact(plan, facts) {
            return Ok(who);
        }
        let by_deal = facts.deal.id.as_ref().and_then(|id| self.by_deal.get(&deal_key(plan, id)));
        if let Some(lead) = by_deal.and_then(|leads| leads.first()) {
            return Ok(lead.who.clone());
        }
        let Some(name) = &facts.contact.name else {
            return Err(
                "the deal names no lead; add a column with the id, the address or the name of its lead".to_owned()
            );
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
