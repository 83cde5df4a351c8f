//! Leads as `replay` prints them, with what they are beside.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::consent::{Scope, Word};
use attractor_engine::lead::Lead;
use attractor_engine::program::Program;
use attractor_engine::replay::{line_of, replay_lead};
use attractor_engine::step::{Sends, Stepper};
use attractor_engine::time::Instant;
use attractor_live::Versions;
use attractor_live::history::{distill, history};
use attractor_live::profile::Profile;
use attractor_live::suppression::{AddressBlocks, Suppression, of_addresses};
use attractor_store::leads as rows;
use attractor_store::{Connection, Error, IdentityKind, LeadId};
use serde_json::{Map, Value, json};

use super::{Format, Sink, csv, each_lead};
use crate::leads::{addresses, consent, profiles};

pub fn write(
    connection: &mut Connection,
    versions: &Versions,
    format: Format,
    at: Instant,
    sink: &mut Sink,
) -> Result<(), Error> {
    let table = Table::of(connection, versions, format)?;
    let program = versions.program_in_force();
    let declared = program.map(|program| consent::declared(program.playbook())).unwrap_or_default();
    if format == Format::Csv {
        sink.line(&table.head())?;
    }
    each_lead(connection, None, |connection, found| {
        let people = People::of(connection, &found)?;
        for row in &found {
            let Some(line) = line(connection, versions, row, at)? else { continue };
            let person = people.person(row, &declared);
            match format {
                Format::Ndjson => sink.line(&with_person(&line, row, &person))?,
                Format::Csv => sink.line(&table.row(&line, row, &person))?,
            }
        }
        Ok(())
    })
}

/// What leads are as persons, some of them at once.
struct People {
    profiles: BTreeMap<LeadId, Profile>,
    addresses: BTreeMap<LeadId, String>,
    unconfirmed: BTreeSet<LeadId>,
    bound: BTreeMap<String, AddressBlocks>,
}

/// One of them.
struct Person<'p> {
    profile: Cow<'p, Profile>,
    email: Option<&'p String>,
    unconfirmed: bool,
    /// What binds its address.
    bound: Option<&'p AddressBlocks>,
    /// Scopes that everybody has.
    declared: &'p [Scope],
}

impl People {
    fn of(connection: &mut Connection, rows: &[rows::Lead]) -> Result<People, Error> {
        let profiles = profiles::of(connection, rows)?;
        let addresses = addresses::of(connection, rows)?;
        let unconfirmed = addresses::unconfirmed(connection, rows, &addresses, &profiles)?;
        let bound = of_addresses(connection, &addresses.values().cloned().collect())?;
        Ok(People { profiles, addresses, unconfirmed, bound })
    }

    fn person<'p>(&'p self, row: &rows::Lead, declared: &'p [Scope]) -> Person<'p> {
        let email = self.addresses.get(&row.id);
        let profile = self.profiles.get(&row.id);
        Person {
            profile: profile.map_or_else(|| Cow::Owned(Profile::default()), Cow::Borrowed),
            email,
            unconfirmed: self.unconfirmed.contains(&row.id),
            bound: email.and_then(|email| self.bound.get(email)),
            declared,
        }
    }
}

impl Person<'_> {
    /// Names of the attributes that came with public keys alone.
    fn public(&self) -> Value {
        let public = self.profile.attributes.iter().filter(|(_, held)| held.public && !held.value.is_null());
        public.map(|(name, _)| name.as_str()).collect()
    }

    /// Its own last word about each scope. What else is in effect follows from these and from what binds its address.
    fn consent(&self) -> Value {
        let word = |(scope, word): (&Scope, &Word)| {
            let said = json!({"state": word.state.name(), "at": word.at.to_string(), "proof": word.proof});
            (scope.to_string(), said)
        };
        Value::Object(self.profile.consents.words().map(word).collect())
    }

    /// By scope, the state by which the sender decides: of its words, and of what binds its address.
    fn consent_in_effect(&self) -> Value {
        let unbound = AddressBlocks::default();
        json!(consent::in_effect(&self.profile, self.bound.unwrap_or(&unbound), self.declared))
    }

    fn suppressed(&self) -> Value {
        let one = |one: Suppression| json!({"scope": one.scope.to_string(), "kind": one.kind.name(), "at": one.at.to_string()});
        self.bound.into_iter().flat_map(AddressBlocks::all).map(one).collect()
    }
}

/// A lead's line as `replay` prints it. An instant before its last step is asked of its events up to then; they are whose
/// they are now.
fn line(
    connection: &mut Connection,
    versions: &Versions,
    row: &rows::Lead,
    at: Instant,
) -> Result<Option<String>, Error> {
    let Some(under) = versions.of(&row.name) else { return Ok(None) };
    let state = Lead::load(&row.head, &under.program).filter(|lead| lead.name() == row.name && lead.at() <= at);
    if let Some(lead) = state {
        return Ok(line_of(&under.program, &lead, at));
    }
    let mut past = history(connection, row)?;
    past.retain(|past| past.at <= at.0);
    let events = distill(&under.program, &past).events;
    let program: &Program = &under.program;
    let mut stepper = Stepper::new(program, Lead::new(&row.name), Sends::AtOnce);
    let mut line = String::new();
    let events = past.iter().map(|past| past.id.as_str()).zip(&events);
    replay_lead(&mut stepper, &row.name, events, at, false, &mut line);
    Ok((!line.is_empty()).then_some(line))
}

fn values(profile: &Profile) -> Map<String, Value> {
    let known = profile.attributes.iter().filter(|(_, attribute)| !attribute.value.is_null());
    known.map(|(name, attribute)| (name.clone(), attribute.value.clone())).collect()
}

/// The line, followed by the lead's id, e-mail, consent and attributes.
fn with_person(line: &str, row: &rows::Lead, person: &Person) -> String {
    let person = json!({
        "id": row.id.to_string(),
        "named_by": named_by(row),
        "email": person.email,
        "unconfirmed": person.unconfirmed,
        "consent": person.consent(),
        "consent_in_effect": person.consent_in_effect(),
        "suppressed": person.suppressed(),
        "public": person.public(),
        "group": person.profile.group,
        "attributes": values(&person.profile),
    })
    .to_string();
    let open = line.trim_end().strip_suffix('}').unwrap_or(line);
    format!("{open}, {}", person.strip_prefix('{').unwrap_or(&person))
}

/// Whose text a lead's name is; an import of the export names it by the same.
fn named_by(row: &rows::Lead) -> &'static str {
    match row.kind {
        IdentityKind::User => "user_id",
        IdentityKind::Email => "email",
        IdentityKind::Visitor => "anonymous_id",
    }
}

/// The columns of the leads' table: one for each score, ladder and attribute.
struct Table {
    scores: Vec<String>,
    ladders: Vec<String>,
    attributes: BTreeSet<String>,
}

impl Table {
    fn of(connection: &mut Connection, versions: &Versions, format: Format) -> Result<Table, Error> {
        let program = versions.program_in_force();
        let playbook = program.map(|program| program.playbook());
        let scores = playbook.iter().flat_map(|p| &p.scores).map(|score| score.id.clone()).collect();
        let ladders = playbook.iter().flat_map(|p| &p.ladders).map(|ladder| ladder.id.clone()).collect();
        let mut attributes = BTreeSet::new();
        if format == Format::Csv {
            each_lead(connection, None, |connection, found| {
                for profile in profiles::of(connection, &found)?.values() {
                    attributes.extend(values(profile).into_iter().map(|(name, _)| name));
                }
                Ok(())
            })?;
        }
        Ok(Table { scores, ladders, attributes })
    }

    fn head(&self) -> String {
        let mut columns: Vec<String> = ["id", "lead", "named_by", "email", "name", "company", "group", "at"]
            .into_iter()
            .map(str::to_owned)
            .collect();
        columns.extend(self.scores.iter().map(|score| format!("score {score}")));
        columns.extend(self.ladders.iter().map(|ladder| format!("stage {ladder}")));
        columns.extend(["segments", "primary_interest", "next_change"].map(str::to_owned));
        columns.extend(["unconfirmed", "consent", "consent_in_effect", "suppressed", "public"].map(str::to_owned));
        columns.extend(self.attributes.iter().map(|name| format!("attribute {name}")));
        csv::head(&columns.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn row(&self, line: &str, row: &rows::Lead, person: &Person) -> String {
        let lead: Value = serde_json::from_str(line).unwrap_or_default();
        let mut cells = vec![
            json!(row.id.to_string()),
            lead["lead"].clone(),
            json!(named_by(row)),
            json!(person.email),
            json!(person.profile.display_name()),
            json!(person.profile.company_called()),
            json!(person.profile.group),
            lead["at"].clone(),
        ];
        cells.extend(self.scores.iter().map(|score| lead["scores"][score].clone()));
        cells.extend(self.ladders.iter().map(|ladder| lead["stages"][ladder].clone()));
        cells.extend(["segments", "primary_interest", "next_change"].map(|key| lead[key].clone()));
        cells.push(person.unconfirmed.into());
        // What a table shows of nothing is an empty cell.
        let filled = |value: Value| if value == json!({}) || value == json!([]) { Value::Null } else { value };
        let consent = [person.consent(), person.consent_in_effect()];
        cells.extend(consent.into_iter().chain([person.suppressed(), person.public()]).map(filled));
        let attributes = values(&person.profile);
        cells.extend(self.attributes.iter().map(|name| attributes.get(name).cloned().unwrap_or_default()));
        csv::line(cells.iter())
    }
}
