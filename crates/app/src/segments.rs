//! Segments: what they say, how large they are, who came and went.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_engine::playbook::{Segment, sentences, write};
use attractor_engine::program::Program;
use attractor_engine::time::{Duration, Instant};
use attractor_live::Versions;
use attractor_store::feed::{self, Crossings};
use attractor_store::{Connection, Error, PlaceKey, PlaceKind, directory};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::refusal::Refusal;
use super::schemas::OneSegment;
use crate::closed_lists::EvaluateName;
use crate::cursor::Page;
use crate::leads::list::{self, LeadItem, LeadSelection};
use crate::view::View;

/// A segment of the playbook in force
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentItem {
    pub id: String,
    pub name: String,
    /// When a lead enters and leaves it, in English
    pub sentence: String,
    #[schema(value_type = EvaluateName)]
    pub evaluate: &'static str,
    /// Leads with an e-mail: those who can be written to
    pub people: i64,
    /// Leads without one
    pub visitors: i64,
    pub last_7_days: Traffic,
    pub last_30_days: Traffic,
    /// As the playbook has it
    #[schema(value_type = OneSegment)]
    pub definition: Value,
}

/// How many came and went
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Traffic {
    pub entered: i64,
    pub left: i64,
}

/// How many leads are in a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// With an e-mail address.
    pub people: i64,
    /// Without one.
    pub visitors: i64,
}

/// The sizes of places.
pub struct Sizes(BTreeMap<PlaceKey, Size>);

impl Sizes {
    pub fn of_all(sizes: Vec<directory::PlaceSize>) -> Sizes {
        let size = |of: directory::PlaceSize| (of.place, Size { people: of.people, visitors: of.leads - of.people });
        Sizes(sizes.into_iter().map(size).collect())
    }

    pub fn of(&self, place: &PlaceKey) -> Size {
        self.0.get(place).copied().unwrap_or_default()
    }
}

pub fn in_force(versions: &Versions) -> Result<Arc<Program>, Refusal> {
    let program = versions.program_in_force();
    program.cloned().ok_or_else(|| Refusal::Missing("no playbook is published yet".into()))
}

/// The segments as declared.
pub fn all(view: &mut View) -> Result<Vec<SegmentItem>, Refusal> {
    let versions = &view.versions()?;
    let (connection, now) = (&mut *view.connection, view.now);
    let program = in_force(versions)?;
    let sizes = Sizes::of_all(directory::sizes(connection, PlaceKind::Segment)?);
    let week = traffic(connection, now, 7)?;
    let month = traffic(connection, now, 30)?;
    let playbook = program.playbook();
    let definitions = write(playbook)["segments"].as_array().cloned().unwrap_or_default();
    let item = |(segment, definition): (&Segment, Value)| {
        let Size { people, visitors } = sizes.of(&PlaceKey::segment(&segment.id));
        SegmentItem {
            id: segment.id.clone(),
            name: segment.name.clone().unwrap_or_else(|| segment.id.clone()),
            sentence: sentences::segment_sentence(playbook, &segment.id).unwrap_or_default(),
            evaluate: segment.evaluate.name(),
            people,
            visitors,
            last_7_days: week.get(&segment.id).copied().unwrap_or_default(),
            last_30_days: month.get(&segment.id).copied().unwrap_or_default(),
            definition,
        }
    };
    Ok(playbook.segments.iter().zip(definitions).map(item).collect())
}

pub fn one(view: &mut View, id: &str) -> Result<SegmentItem, Refusal> {
    declared(&view.versions()?, id)?;
    let found = all(view)?.into_iter().find(|segment| segment.id == id);
    found.ok_or_else(|| Refusal::Missing(format!("there is no segment `{id}`")))
}

/// Who is in a segment now; `place` of what is asked is set here.
pub fn members(view: &mut View, id: &str, asked: LeadSelection) -> Result<Page<LeadItem>, Refusal> {
    declared(&view.versions()?, id)?;
    list::page(view, &LeadSelection { place: Some(PlaceKey::segment(id).to_string()), ..asked })
}

/// Whether the playbook in force has such a segment; the error says which it has.
fn declared(versions: &Versions, id: &str) -> Result<(), Refusal> {
    let program = in_force(versions)?;
    let ids: Vec<&str> = program.playbook().segments.iter().map(|segment| segment.id.as_str()).collect();
    if ids.contains(&id) {
        return Ok(());
    }
    Err(Refusal::Missing(format!("there is no segment `{id}`; there are {}", ids.join(", "))))
}

fn traffic(connection: &mut Connection, now: Instant, days: i64) -> Result<BTreeMap<String, Traffic>, Error> {
    let since = now.0 - days * Duration::DAY.0;
    let mut traffic: BTreeMap<String, Traffic> = BTreeMap::new();
    for Crossings { segment, change, count } in feed::crossings(connection, since)? {
        let of = traffic.entry(segment).or_default();
        if change == "entered" { of.entered += count } else { of.left += count }
    }
    Ok(traffic)
}
