//! Erases a person: the lead that is named, and what else is stored under its address.

use std::collections::BTreeSet;
use std::sync::Arc;

use attractor_engine::address::canonical;
use attractor_live::Deed;
use attractor_store::identities::{self, Identity};
use attractor_store::{Connection, Error, IdentityKind, LeadId, audit, leads};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::person::amended;
use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::leads::{addresses, find};
use crate::refusal::Refusal;
use crate::sending::caught;
use crate::sending::incoming::{aside, folder};

/// What an erasure covers besides the lead that is named
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// Nothing
    Lead,
    /// The other leads that an address of this lead names: as their e-mail, or as their user id
    #[default]
    Address,
    /// Also the leads with user ids of their own that came with an address of this lead
    Everyone,
}

/// What was erased, and what still holds an address of the person
#[derive(Debug, Serialize, ToSchema)]
pub struct ErasedPerson {
    /// The ids of the leads that were erased, the named one first
    pub erased: Vec<String>,
    /// The leads that still hold an address of the person
    pub remaining: Vec<RemainingLead>,
    /// What remains and what to do about it; absent if nothing remains
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A lead that still holds an address of an erased person
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RemainingLead {
    pub id: String,
    /// How to name it in a request, such as `user:414`
    pub lead: String,
}

/// A lead that holds an address, and whether it is named by it.
struct Holder {
    lead: LeadId,
    is_named_by_it: bool,
}

/// Erases a person, for good, and says what still holds an address of it.
///
/// # Errors
/// Nobody is called so, or several leads are that are not one person's.
pub async fn erase(app: &Arc<App>, actor: &Actor, whom: String, reach: Reach) -> Result<ErasedPerson, Refusal> {
    forget_put_aside(app, whom.clone(), reach).await?;
    let (actor, now, caught) = (actor.clone(), app.clock.now(), caught::folder(app.folder.path()));
    app.lane
        .run(move |lane| {
            // First: a mail that is left behind would name somebody whom nothing else names any more.
            let Mailed { lead, addresses, leads } =
                lane.write(|connection| Mailed::find(connection, &whom, reach))??;
            caught::forget(&caught, &addresses, &leads).map_err(Refusal::Disk)?;
            lane.deed(now, |deed| {
                let erased = erase_all(deed, lead, reach)?;
                // Answers that are kept for whoever asks twice may speak of the person.
                audit::forget_answers(deed.connection())?;
                for lead in erased.iter().flat_map(|done| &done.erased) {
                    note(deed.connection(), &actor, now.0, "lead erased", lead, &json!({}))?;
                }
                Ok(erased)
            })?
        })
        .await?
}

/// Removes what came back from the person and was put aside. There may be much to read, so that it is done beside the lane,
/// and first, for the same reason as with caught mails.
async fn forget_put_aside(app: &Arc<App>, whom: String, reach: Reach) -> Result<(), Refusal> {
    if folder::place(app).is_none() {
        return Ok(());
    }
    let found = app.write(move |connection| Mailed::find(connection, &whom, reach)).await?;
    aside::forget(app, found.addresses, found.leads).await
}

/// Whose mails go with a lead.
struct Mailed {
    lead: LeadId,
    /// In canonical form.
    addresses: Vec<String>,
    leads: Vec<LeadId>,
}

impl Mailed {
    fn find(connection: &mut Connection, whom: &str, reach: Reach) -> Result<Result<Mailed, Refusal>, Error> {
        let lead = match named(connection, whom, reach) {
            Ok(lead) => lead,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let addresses = written_to(connection, &lead, reach)?;
        let leads = leads_of(connection, lead.id, &addresses, reach)?;
        Ok(Ok(Mailed { lead: lead.id, addresses, leads }))
    }
}

/// The lead that is to be erased. A bare address may name two leads: they go together anyway.
fn named(connection: &mut Connection, whom: &str, reach: Reach) -> Result<leads::Lead, Refusal> {
    match find::lead(connection, whom) {
        Err(Refusal::Conflict(_)) if reach != Reach::Lead && canonical(whom).is_some() => {
            find::lead(connection, &format!("email:{whom}"))
        }
        found => found,
    }
}

/// The addresses, in canonical form, whose mails go with the person.
pub(super) fn written_to(connection: &mut Connection, lead: &leads::Lead, reach: Reach) -> Result<Vec<String>, Error> {
    let own = identities::of_leads(connection, &[lead.id])?;
    let mut found: BTreeSet<String> = own.iter().filter_map(address).collect();
    found.extend(addresses::of_one(connection, lead)?);
    if reach == Reach::Everyone {
        found.extend(claimed(connection, &own)?);
    }
    Ok(found.into_iter().collect())
}

/// The lead, those that became one with it, and those that go with it because of these addresses.
fn leads_of(
    connection: &mut Connection,
    lead: LeadId,
    addresses: &[String],
    reach: Reach,
) -> Result<Vec<LeadId>, Error> {
    let holders = holders(connection, &addresses.iter().cloned().collect())?;
    let mut all = vec![lead];
    all.extend(holders.iter().filter(|one| reach.covers(one)).map(|one| one.lead));
    let before = leads::predecessors(connection, &all)?;
    all.extend(before);
    Ok(all)
}

fn erase_all(deed: &mut Deed<'_, '_>, first: LeadId, reach: Reach) -> Result<Result<ErasedPerson, Refusal>, Error> {
    let own = identities::of_leads(deed.connection(), &[first])?;
    let mut addresses: BTreeSet<String> = own.iter().filter_map(address).collect();
    // It came with these and does not own them: who does is another person, until somebody says otherwise.
    let claimed = claimed(deed.connection(), &own)?;
    if reach == Reach::Everyone {
        addresses.extend(claimed.iter().cloned());
    }
    let mut erased: Vec<LeadId> = Vec::new();
    let mut next = Some(first);
    while let Some(lead) = next {
        if let Err(refusal) = amended(deed.erase(lead)?) {
            return Ok(Err(refusal));
        }
        erased.push(lead);
        // After each one: an address may now belong to another lead.
        let holders = holders(deed.connection(), &addresses)?;
        next = holders.iter().find(|one| reach.covers(one) && !erased.contains(&one.lead)).map(|one| one.lead);
    }
    addresses.extend(claimed);
    let remaining = remaining(deed.connection(), &addresses)?;
    let text = (!remaining.is_empty()).then(|| what_remains(&remaining));
    Ok(Ok(ErasedPerson { erased: erased.iter().map(ToString::to_string).collect(), remaining, text }))
}

impl Reach {
    fn covers(self, holder: &Holder) -> bool {
        match self {
            Reach::Lead => false,
            Reach::Address => holder.is_named_by_it,
            Reach::Everyone => true,
        }
    }
}

/// The address that an identity is, in canonical form.
fn address(identity: &Identity) -> Option<String> {
    (identity.kind != IdentityKind::Visitor).then(|| canonical(&identity.text)).flatten()
}

/// The addresses that came with these users, in canonical form.
fn claimed(connection: &mut Connection, own: &[Identity]) -> Result<BTreeSet<String>, Error> {
    let claims = identities::claims_of_persons(connection, &own.iter().map(|own| own.id).collect::<Vec<_>>())?;
    let emails = identities::by_id(connection, &claims.iter().map(|claim| claim.email).collect::<Vec<_>>())?;
    Ok(emails.iter().filter_map(address).collect())
}

/// Who holds these addresses: the owners of the e-mails, and the users who came with them.
fn holders(connection: &mut Connection, addresses: &BTreeSet<String>) -> Result<Vec<Holder>, Error> {
    let keys: Vec<_> = addresses.iter().map(|address| (IdentityKind::Email, address.as_str())).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let emails = identities::find(connection, &keys)?;
    let claims = identities::claims_of_emails(connection, &emails.iter().map(|email| email.id).collect::<Vec<_>>())?;
    let persons = identities::by_id(connection, &claims.iter().map(|claim| claim.person).collect::<Vec<_>>())?;
    let holder = |own: &Identity| {
        let is_named_by_it = address(own).is_some_and(|address| addresses.contains(&address));
        Holder { lead: own.lead, is_named_by_it }
    };
    let mut holders: Vec<Holder> = persons.iter().map(holder).collect();
    // An e-mail of a user is the user's; alone, it is a lead of its own.
    let alone = emails.iter().filter(|email| persons.iter().all(|person| person.lead != email.lead));
    holders.extend(alone.map(holder));
    Ok(holders)
}

fn remaining(connection: &mut Connection, addresses: &BTreeSet<String>) -> Result<Vec<RemainingLead>, Error> {
    let ids: BTreeSet<LeadId> = holders(connection, addresses)?.iter().map(|holder| holder.lead).collect();
    let rows = leads::load(connection, &ids.into_iter().collect::<Vec<_>>())?;
    let item = |row: &leads::Lead| RemainingLead { id: row.id.to_string(), lead: form(row) };
    Ok(rows.iter().map(item).collect())
}

/// How a lead is named without doubt.
fn form(row: &leads::Lead) -> String {
    match row.kind {
        IdentityKind::User => format!("user:{}", row.name),
        IdentityKind::Email => format!("email:{}", row.name),
        IdentityKind::Visitor => format!("visitor:{}", row.name),
    }
}

fn what_remains(remaining: &[RemainingLead]) -> String {
    let names: Vec<&str> = remaining.iter().map(|one| one.lead.as_str()).collect();
    format!(
        "an address of the erased person is still stored with {}: erase each with its own request, if it is the same \
         person; `?reach=everyone` erases them in one",
        names.join(", ")
    )
}
