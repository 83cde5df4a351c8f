//! Leads in lists: all of them, those somewhere, those of whom a condition holds, those called so.

use std::collections::BTreeMap;

use attractor_engine::address::{canonical, without_invisible};
use attractor_engine::condition::Names;
use attractor_engine::time::Instant;
use attractor_live::Versions;
use attractor_live::called::folded;
use attractor_store::directory::{self, LeadOrder, LeadQuery, OrderKey};
use attractor_store::{Connection, Error, IdentityKind, LeadId, PlaceKey, called, companies, leads};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{addresses, find, profiles};
use crate::audience::AudienceQuery;
use crate::conditions::{ConditionProblem, Received};
use crate::cursor::{self, Page};
use crate::moves::instant;
use crate::refusal::Refusal;
use crate::segments::in_force;
use crate::view::View;

/// How many leads one request asks a condition of at most: its page may be short.
const EXAMINED: usize = 4_000;
const STEP: usize = 500;
/// The year 10000, for which RFC 3339 has no text.
const NEVER: i64 = 253_402_300_800_000;

/// A lead in a list
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadItem {
    pub id: String,
    /// Its user id, else its e-mail, else its visitor's id
    pub name: String,
    pub email: Option<String>,
    /// What people call it
    pub display_name: Option<String>,
    pub company: Option<String>,
    /// The id of its company, by which `GET /api/companies/{id}` has it
    pub company_id: Option<String>,
    /// The stage's id by the ladder's
    pub stages: BTreeMap<String, String>,
    /// The stage's name by the ladder's id
    pub stage_names: BTreeMap<String, String>,
    /// The segments' ids
    pub segments: Vec<String>,
    /// The segment's name by its id
    pub segment_names: BTreeMap<String, String>,
    /// The first declared score at `score_at`, the lead's last step; it may have faded since
    pub score: Option<f64>,
    #[schema(format = DateTime)]
    pub score_at: Option<String>,
    /// Its last event of any kind: what the lead did, and what was done to it too, such as an e-mail that was sent, an
    /// enrollment by hand or an import. The condition `inactive` asks for what it did itself
    #[schema(format = DateTime)]
    pub last_seen: Option<String>,
    /// Before this instant time alone changes nothing; null: it never does
    #[schema(format = DateTime)]
    pub next_wake: Option<String>,
}

/// By what leads are sorted
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// As they are stored; the quickest
    #[default]
    Id,
    Name,
    /// The highest first, as of each lead's last step
    Score,
    /// The last event first
    Seen,
}

/// Which leads are wanted.
#[derive(Clone, Debug, Default)]
pub struct LeadSelection {
    pub sort: Sort,
    pub place: Option<String>,
    pub company: Option<String>,
    /// JSON.
    pub condition: Option<String>,
    pub cursor: Option<String>,
    pub limit: usize,
}

/// Where a list of leads goes on; `number` is a score's bits, since its decimals may not read back to it; `at` is an
/// instant.
#[derive(Serialize, Deserialize)]
struct Behind {
    sort: Sort,
    id: LeadId,
    text: Option<String>,
    number: Option<u64>,
    at: Option<i64>,
}

impl Behind {
    fn of(sort: Sort, id: LeadId, key: &OrderKey) -> Behind {
        let (mut text, mut number, mut at) = (None, None, None);
        match key {
            OrderKey::None => {}
            OrderKey::Text(value) => text = Some(value.clone()),
            OrderKey::Number(value) => number = Some(value.to_bits()),
            OrderKey::Instant(value) => at = Some(*value),
        }
        Behind { sort, id, text, number, at }
    }

    fn key(self) -> OrderKey {
        match self.sort {
            Sort::Id => OrderKey::None,
            Sort::Name => OrderKey::Text(self.text.unwrap_or_default()),
            Sort::Score => OrderKey::Number(f64::from_bits(self.number.unwrap_or_default())),
            Sort::Seen => OrderKey::Instant(self.at.unwrap_or_default()),
        }
    }
}

/// A page of leads. Where a condition is asked it may be short, even empty; the last page has no `next`.
pub fn page(view: &mut View, asked: &LeadSelection) -> Result<Page<LeadItem>, Refusal> {
    let (versions, names) = (&view.versions()?, &view.names()?);
    let (connection, now) = (&mut *view.connection, view.now);
    let behind: Option<Behind> = cursor::read(asked.cursor.as_deref())?;
    if behind.as_ref().is_some_and(|behind| behind.sort != asked.sort) {
        return Err(Refusal::Malformed("`cursor` is of a list sorted otherwise; begin without it".into()));
    }
    let place = asked.place.as_deref().map(|text| demand_place(versions, text)).transpose()?;
    let mut question =
        asked.condition.as_deref().map(|text| AudienceQuery::read(versions.clone(), text)).transpose()?;
    let last = behind.map(|behind| (behind.id, behind.key()));
    let mut walk = Walk { place, found: Vec::new(), examined: 0, last, done: false };
    while !walk.done && walk.found.len() < asked.limit && walk.examined < EXAMINED {
        walk.step(connection, asked, question.as_mut(), now)?;
    }
    let next = walk.last.filter(|_| !walk.done).map(|(id, key)| cursor::write(&Behind::of(asked.sort, id, &key)));
    Ok(Page { items: items(connection, &walk.found, names)?, next })
}

/// Leads of whom a condition holds
#[derive(Debug, Serialize, ToSchema)]
pub struct MatchingLeads {
    #[serde(flatten)]
    pub page: Page<LeadItem>,
    /// What in the condition is hardly meant as written, such as a kind of event that was never received. On the first page
    /// alone
    pub warnings: Vec<ConditionProblem>,
}

/// A page of leads of whom a condition, JSON, holds.
pub fn matching(view: &mut View, condition: &str, asked: &LeadSelection) -> Result<MatchingLeads, Refusal> {
    let page = page(view, asked)?;
    let program = in_force(&view.versions()?)?;
    let warnings = match asked.cursor {
        Some(_) => Vec::new(),
        None => Received::default().warnings(view.connection, condition, program.playbook())?,
    };
    Ok(MatchingLeads { page, warnings })
}

/// Refuses a stage or segment that no playbook in force declares: a list of nobody would look like an answer.
fn demand_place(versions: &Versions, text: &str) -> Result<PlaceKey, Refusal> {
    let numbers = versions.in_force.map(|now| now.version).into_iter().chain(versions.pilot.map(|pilot| pilot.version));
    let mut there_are = Vec::new();
    for program in numbers.filter_map(|number| versions.compiled(number)) {
        let playbook = program.playbook();
        there_are.extend(playbook.segments.iter().map(|segment| PlaceKey::segment(&segment.id)));
        for ladder in &playbook.ladders {
            there_are.extend(ladder.stages.iter().map(|stage| PlaceKey::stage(&ladder.id, &stage.id)));
        }
    }
    if let Some(place) = PlaceKey::parse(text).filter(|place| there_are.contains(place)) {
        return Ok(place);
    }
    there_are.dedup();
    let there_are: Vec<String> = there_are.iter().map(PlaceKey::to_string).collect();
    Err(Refusal::Malformed(format!("`{text}` is not a place; there are {}", there_are.join(", "))))
}

/// A list as far as it is known.
struct Walk {
    place: Option<PlaceKey>,
    found: Vec<leads::Lead>,
    examined: usize,
    /// The last lead that was looked at.
    last: Option<(LeadId, OrderKey)>,
    done: bool,
}

impl Walk {
    fn step(
        &mut self,
        connection: &mut Connection,
        asked: &LeadSelection,
        question: Option<&mut AudienceQuery>,
        now: Instant,
    ) -> Result<(), Error> {
        let step = if question.is_some() { STEP } else { asked.limit };
        let mut keys = directory::page(connection, &wanted(asked, self.place.as_ref(), self.last.as_ref(), step + 1))?;
        let more = keys.len() > step;
        keys.truncate(step);
        self.examined += keys.len();
        let rows = in_order(connection, &keys)?;
        let holds = match question {
            Some(question) => question.of(connection, &rows, now)?,
            None => vec![true; rows.len()],
        };
        let end = keys.last().cloned();
        let mut keys: BTreeMap<LeadId, OrderKey> = keys.into_iter().collect();
        for (row, _) in rows.into_iter().zip(holds).filter(|(_, holds)| *holds) {
            if self.found.len() == asked.limit {
                return Ok(());
            }
            self.last = keys.remove(&row.id).map(|key| (row.id, key));
            self.found.push(row);
        }
        (self.last, self.done) = (end.or(self.last.take()), !more);
        Ok(())
    }
}

fn wanted<'a>(
    asked: &'a LeadSelection,
    place: Option<&'a PlaceKey>,
    last: Option<&'a (LeadId, OrderKey)>,
    limit: usize,
) -> LeadQuery<'a> {
    LeadQuery {
        order: match asked.sort {
            Sort::Id => LeadOrder::Id,
            Sort::Name => LeadOrder::Name,
            Sort::Score => LeadOrder::Score,
            Sort::Seen => LeadOrder::Seen,
        },
        after: last.map(|(id, key)| (key, *id)),
        place,
        company: asked.company.as_deref(),
        limit: limit as i64,
    }
}

/// The rows of leads, in the order of their keys.
fn in_order(connection: &mut Connection, keys: &[(LeadId, OrderKey)]) -> Result<Vec<leads::Lead>, Error> {
    let ids: Vec<LeadId> = keys.iter().map(|(id, _)| *id).collect();
    let rows = leads::load(connection, &ids)?;
    let mut by_id: BTreeMap<LeadId, leads::Lead> = rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
}

/// One after the other, a search goes by these; `None` is what people call leads.
const KINDS: [Option<IdentityKind>; 4] =
    [Some(IdentityKind::User), Some(IdentityKind::Email), None, Some(IdentityKind::Visitor)];

/// Where a search stands. `lead` tells apart who is called the same.
#[derive(Serialize, Deserialize)]
struct Searched {
    kind: Option<IdentityKind>,
    text: String,
    lead: LeadId,
}

/// Leads with a user id, an e-mail, a word of their or their company's name, or a visitor's id that begins so, in this
/// order; a lead once on a page.
pub fn search(view: &mut View, beginning: &str, after: Option<&str>, limit: usize) -> Result<Page<LeadItem>, Refusal> {
    let names = view.names()?;
    let connection = &mut *view.connection;
    let behind: Option<Searched> = cursor::read(after)?;
    let first = behind.as_ref().map_or(0, |behind| KINDS.iter().position(|kind| *kind == behind.kind).unwrap_or(0));
    let mut found = Vec::new();
    for kind in &KINDS[first..] {
        let after = behind.as_ref().filter(|behind| behind.kind == *kind);
        let room = (limit + 1).saturating_sub(found.len());
        found.extend(beginning_so(connection, *kind, beginning, after, room as i64)?);
    }
    let cut = Page::cut(found, limit, |last| Searched { text: last.text.clone(), ..*last });
    let mut ids = Vec::new();
    for found in &cut.items {
        if !ids.contains(&found.lead) {
            ids.push(found.lead);
        }
    }
    let keys: Vec<(LeadId, OrderKey)> = ids.into_iter().map(|id| (id, OrderKey::None)).collect();
    let mut rows = in_order(connection, &keys)?;
    rows.retain(|row| row.became.is_none() && row.first_at.is_some());
    Ok(Page { items: items(connection, &rows, &names)?, next: cut.next })
}

/// What of one kind begins so, and whose it is now.
fn beginning_so(
    connection: &mut Connection,
    kind: Option<IdentityKind>,
    beginning: &str,
    after: Option<&Searched>,
    limit: i64,
) -> Result<Vec<Searched>, Error> {
    let Some(of_identity) = kind else {
        let after = after.map(|after| (after.text.as_str(), after.lead));
        let found = called::starting(connection, &folded(beginning), after, limit)?;
        return Ok(found.into_iter().map(|(lead, text)| Searched { kind, text, lead }).collect());
    };
    let lower = canonical(beginning).unwrap_or_else(|| without_invisible(beginning).trim().to_ascii_lowercase());
    let text = if of_identity == IdentityKind::Email { lower.as_str() } else { beginning };
    let found = directory::starting(connection, of_identity, text, after.map(|after| after.text.as_str()), limit)?;
    let mut of_whom = Vec::with_capacity(found.len());
    for identity in found {
        let lead = find::owner(connection, &identity)?;
        of_whom.push(Searched { kind, text: identity.text, lead });
    }
    Ok(of_whom)
}

/// Rows as lists show them.
pub fn items(connection: &mut Connection, rows: &[leads::Lead], names: &Names) -> Result<Vec<LeadItem>, Error> {
    let ids: Vec<LeadId> = rows.iter().map(|row| row.id).collect();
    let mut profiles = profiles::of(connection, rows)?;
    let mut addresses = addresses::of(connection, rows)?;
    let mut companies: BTreeMap<LeadId, String> = companies::of_leads(connection, &ids)?.into_iter().collect();
    let mut places: BTreeMap<LeadId, Vec<PlaceKey>> = BTreeMap::new();
    for place in leads::places(connection, &ids)? {
        places.entry(place.lead).or_default().push(place.place);
    }
    let item = |row: &leads::Lead| {
        let profile = profiles.remove(&row.id).unwrap_or_default();
        let (stages, segments) = places.remove(&row.id).map(told).unwrap_or_default();
        LeadItem {
            id: row.id.to_string(),
            name: row.name.clone(),
            email: addresses.remove(&row.id),
            display_name: profile.display_name(),
            company: profile.company_called(),
            company_id: companies.remove(&row.id),
            stage_names: stages.iter().map(|(l, s)| (l.clone(), names.stage(l, s).to_owned())).collect(),
            segment_names: segments.iter().map(|id| (id.clone(), names.segment(id).to_owned())).collect(),
            stages,
            segments,
            score: row.score,
            score_at: row.score.map(|_| instant(row.at)),
            last_seen: row.seen.map(instant),
            next_wake: row.wake.filter(|at| *at < NEVER).map(instant),
        }
    };
    Ok(rows.iter().map(item).collect())
}

/// Places as stages by ladder, and segments.
fn told(places: Vec<PlaceKey>) -> (BTreeMap<String, String>, Vec<String>) {
    let (mut stages, mut segments) = (BTreeMap::new(), Vec::new());
    for place in places {
        match place {
            PlaceKey::Stage { ladder, stage } => _ = stages.insert(ladder, stage),
            PlaceKey::Segment(segment) => segments.push(segment),
        }
    }
    segments.sort();
    (stages, segments)
}
