//! The lead of a call: what decides whose it is, and what somebody wants to know who calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_engine::condition::Names;
use attractor_engine::lead::Lead;
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_live::Versions;
use attractor_live::profile::Profile;
use attractor_store::{Connection, Error, LeadId, PlaceKey, leads};
use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;
use serde::Serialize;
use utoipa::ToSchema;

use crate::hand::deed::Deed as ManualAction;
use crate::leads::{addresses, profiles};
use crate::sending::zone::zone_of;

/// A lead that is to be called
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CalledLead {
    pub id: String,
    /// Its user id, else its e-mail, else its visitor's id
    pub name: String,
    /// What people call it
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub job_title: Option<String>,
    pub company: Option<String>,
    /// The stage's id by the ladder's
    pub stages: BTreeMap<String, String>,
    /// The stage's name by the ladder's id
    pub stage_names: BTreeMap<String, String>,
    /// The scores as they are now, by their ids
    pub scores: BTreeMap<String, f64>,
    /// The score's name by its id
    pub score_names: BTreeMap<String, String>,
    /// The topic's id
    pub primary_interest: Option<String>,
    /// The topic's name
    pub primary_interest_name: Option<String>,
    /// The time zone where the lead is; null where neither its zone nor its country is known
    pub zone: Option<String>,
    /// What the clock shows where the lead is: `10:24`
    pub local_time: Option<String>,
}

/// What is known of a lead.
pub(crate) struct KnownLead {
    pub row: leads::Lead,
    pub profile: Profile,
    pub email: Option<String>,
    /// Its state with the playbook that it lives under; `None` where the state cannot be read.
    state: Option<(Lead, Arc<Program>)>,
    /// Ladder and stage, by their ids.
    pub stages: BTreeMap<String, String>,
}

/// What is known of these leads.
pub(crate) fn known(
    connection: &mut Connection,
    versions: &Versions,
    rows: &[leads::Lead],
) -> Result<BTreeMap<LeadId, KnownLead>, Error> {
    let mut profiles = profiles::of(connection, rows)?;
    let mut addresses = addresses::of(connection, rows)?;
    let mut stages = stages(connection, rows)?;
    let one = |row: &leads::Lead| {
        let lead = KnownLead {
            profile: profiles.remove(&row.id).unwrap_or_default(),
            email: addresses.remove(&row.id),
            state: state(versions, row),
            stages: stages.remove(&row.id).unwrap_or_default(),
            row: row.clone(),
        };
        (row.id, lead)
    };
    Ok(rows.iter().map(one).collect())
}

/// By lead, the stages by their ladders.
pub(super) fn stages(
    connection: &mut Connection,
    rows: &[leads::Lead],
) -> Result<BTreeMap<LeadId, BTreeMap<String, String>>, Error> {
    let ids: Vec<LeadId> = rows.iter().map(|row| row.id).collect();
    let mut stages: BTreeMap<LeadId, BTreeMap<String, String>> = BTreeMap::new();
    for place in leads::places(connection, &ids)? {
        if let PlaceKey::Stage { ladder, stage } = place.place {
            stages.entry(place.lead).or_default().insert(ladder, stage);
        }
    }
    Ok(stages)
}

fn state(versions: &Versions, row: &leads::Lead) -> Option<(Lead, Arc<Program>)> {
    let program = versions.of(&row.name)?.program;
    let lead = Lead::load(&row.head, &program).filter(|lead| lead.name() == row.name)?;
    Some((lead, program))
}

impl KnownLead {
    /// The id of the topic.
    pub fn primary_interest(&self) -> Option<&str> {
        let (lead, program) = self.state.as_ref()?;
        lead.primary_interest(program)
    }

    /// What lets the rules decide again where somebody decided by hand that it stays.
    pub fn releases(&self) -> Vec<ManualAction> {
        let Some((lead, program)) = &self.state else { return Vec::new() };
        let (segments, ladders) = lead.held_by_hand(program);
        let segments = segments.into_iter().map(|segment| ManualAction::Release(segment.to_owned()));
        segments
            .chain(ladders.into_iter().map(|ladder| ManualAction::ReleaseStage { ladder: ladder.to_owned() }))
            .collect()
    }

    /// By their ids, at an instant.
    pub fn scores(&self, now: Instant) -> BTreeMap<String, f64> {
        let Some((lead, program)) = &self.state else { return BTreeMap::new() };
        let scores = (0..).zip(&program.playbook().scores);
        scores.map(|(place, score)| (score.id.clone(), lead.score(program, place, now.max(lead.at())))).collect()
    }

    /// A text that is known of it.
    pub fn text(&self, attribute: &str) -> Option<String> {
        Some(self.profile.attribute(attribute)?.value.as_str()?.to_owned())
    }

    /// What people call it, as far as anything is known.
    pub fn called(&self) -> String {
        let name = self.profile.display_name().or_else(|| self.email.clone());
        name.unwrap_or_else(|| self.row.name.clone())
    }

    pub fn shown(&self, names: &Names, zones: &TimeZoneDatabase, now: Instant) -> CalledLead {
        let scores = self.scores(now);
        let zone = zone_of(&self.profile, zones);
        let clock =
            zone.as_ref().and_then(|zone| Some(Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone.clone())));
        let interest = self.primary_interest();
        CalledLead {
            id: self.row.id.to_string(),
            name: self.row.name.clone(),
            display_name: self.profile.display_name(),
            email: self.email.clone(),
            phone: self.text("phone"),
            job_title: self.text("job_title"),
            company: self.profile.company_called(),
            stage_names: self.stages.iter().map(|(l, s)| (l.clone(), names.stage(l, s).to_owned())).collect(),
            stages: self.stages.clone(),
            score_names: scores.keys().map(|id| (id.clone(), names.score(id).to_owned())).collect(),
            scores,
            primary_interest_name: interest.map(|id| names.topic(id).to_owned()),
            primary_interest: interest.map(str::to_owned),
            zone: zone.and_then(|zone| Some(zone.iana_name()?.to_owned())),
            local_time: clock.map(|clock| clock.strftime("%H:%M").to_string()),
        }
    }
}
