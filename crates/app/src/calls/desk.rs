//! What the settings say of calls: when sales works, how soon it calls, and whose calls are whose.

use std::sync::Arc;

use attractor_engine::time::Instant;
use attractor_live::Versions;
use attractor_mail::hours::WorkingHours;
use attractor_store::{Connection, Error};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

use super::owners::OwnerRule;
use crate::App;
use crate::programs::Programs;
use crate::refusal::Refusal;
use crate::sending::situation::is_staff_domain;
use crate::settings::Settings;

/// The settings of calls, read, and the playbooks that leads live under.
pub struct Desk {
    programs: Arc<Programs>,
    hours: WorkingHours,
    /// `None`: the playbook's.
    zone: Option<TimeZone>,
    pub(super) zones: TimeZoneDatabase,
    /// Working time until a call is due.
    time: SignedDuration,
    pub(super) rules: Vec<OwnerRule>,
    /// As `alert_lists` has them.
    pub(crate) lists: Vec<String>,
    /// Of the server, for links.
    pub(crate) address: String,
    /// Whether lists of calls are mailed in the morning.
    pub(super) is_mailed: bool,
    /// People who are no leads, as addresses and domains in lower case.
    not_leads: Vec<String>,
}

/// The error says which setting is wrong, and what would be right.
pub fn check(settings: &Settings) -> Result<(), String> {
    hours(settings)?;
    let zone = settings.working_zone.trim();
    if !zone.is_empty() && TimeZoneDatabase::bundled().get(zone).is_err() {
        return Err(format!("`{zone}` in `working_zone` is not a time zone; write Europe/Berlin"));
    }
    OwnerRule::read_all(&settings.call_owners).map(drop)
}

fn hours(settings: &Settings) -> Result<WorkingHours, String> {
    let hours = WorkingHours::read(&settings.working_hours, &[]).map_err(|why| format!("`working_hours`: {why}"))?;
    match settings.holidays.is_empty() {
        true => Ok(hours),
        false => {
            WorkingHours::read(&settings.working_hours, &settings.holidays).map_err(|why| format!("`holidays`: {why}"))
        }
    }
}

impl Desk {
    /// The error is what is wrong in the settings.
    pub fn of(app: &App) -> Result<Desk, String> {
        let (settings, zones) = (&app.settings, app.machine.zones());
        let zone = Some(settings.working_zone.trim()).filter(|name| !name.is_empty());
        let known =
            |name: &str| zones.get(name).map_err(|_| format!("`working_zone`: no time zone is called `{name}`"));
        Ok(Desk {
            programs: app.programs.clone(),
            hours: hours(settings)?,
            zone: zone.map(known).transpose()?,
            time: SignedDuration::from_hours(settings.call_hours.into()),
            rules: OwnerRule::read_all(&settings.call_owners)?,
            lists: settings.alert_lists.clone(),
            address: settings.address(),
            is_mailed: settings.call_list,
            not_leads: settings.not_leads.iter().map(|text| text.to_lowercase()).collect(),
            zones,
        })
    }

    /// The same for a request.
    pub(super) fn asked(app: &App) -> Result<Arc<Desk>, Refusal> {
        Desk::of(app).map(Arc::new).map_err(Refusal::Failed)
    }

    /// Whether a company, by its domain, is one's own or a competitor.
    pub(super) fn is_own(&self, company: &str) -> bool {
        is_staff_domain(company, &self.not_leads)
    }

    /// The playbooks that leads live under.
    pub(super) fn versions(&self, connection: &mut Connection) -> Result<Versions, Error> {
        self.programs.now(connection)
    }

    /// Where sales works.
    pub(super) fn zone(&self, versions: &Versions) -> TimeZone {
        let of_playbook = || self.zones.get(versions.program_in_force()?.zone()).ok();
        self.zone.clone().or_else(of_playbook).unwrap_or(TimeZone::UTC)
    }

    /// When a call is due that somebody could make from an instant on.
    pub(super) fn due(&self, from: Instant, zone: &TimeZone) -> Instant {
        let Ok(from_at) = Timestamp::from_millisecond(from.0) else { return from };
        Instant(self.hours.after(from_at, self.time, zone).as_millisecond())
    }

    /// When the next working day begins.
    pub(super) fn next_day(&self, from: Instant, zone: &TimeZone) -> Option<Instant> {
        let from = Timestamp::from_millisecond(from.0).ok()?;
        Some(Instant(self.hours.next_day(from, zone)?.as_millisecond()))
    }
}

/// An instant as the clocks of a zone show it, with the name of the zone.
pub(crate) fn shown(at: Instant, zone: &TimeZone) -> String {
    let shown =
        Timestamp::from_millisecond(at.0).map(|at| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string());
    format!("{} ({})", shown.unwrap_or_else(|_| at.to_string()), zone.iana_name().unwrap_or("UTC"))
}
