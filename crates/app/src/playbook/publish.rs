//! A candidate gets in force: checked, based on what is in force, numbered, and followed by the leads.

use attractor_engine::time::Instant;
use attractor_live::Lane;
use attractor_live::Pilot;
use attractor_store::versions::{self, Version};
use attractor_store::{Connection, DraftNumber, Error, Kind, VersionNumber, draft};
use serde_json::{Value, json};

use super::check::{Bodies, Usable, usable_as};
use super::difference::{Difference, between};
use super::files::Files;
use super::finding::Finding;
use super::{Present, files_of, present, seen};
use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::refusal::Refusal;

/// What somebody wants in force.
pub struct PublishRequest {
    pub files: Files,
    pub note: String,
    /// The version that it was made from.
    pub based_on: Option<VersionNumber>,
    /// Whatever it is based on, and whatever pilot runs.
    pub force: bool,
    /// Whether the moves that it causes enrol.
    pub enrols: bool,
    /// For this share of the leads, in percent, until it is promoted.
    pub pilot: Option<f64>,
    /// The draft that these files come from; it ends with their publication.
    pub draft: Option<FromDraft>,
    /// Whether a body that cannot be made is refused.
    pub bodies: Bodies,
}

/// A draft that is published.
pub struct FromDraft {
    /// Its number, which it must still have.
    pub number: DraftNumber,
    /// What it changes.
    pub sentences: Vec<String>,
}

/// What became of it.
pub struct Published {
    /// The version of these files.
    pub version: VersionNumber,
    pub in_force: VersionNumber,
    /// Nothing was published where it is so already.
    pub changed: bool,
    pub difference: Difference,
    pub warnings: Vec<Finding>,
}

/// Publishes files as a new version, unless they are what is in force.
pub async fn publish(app: &App, actor: &Actor, wish: PublishRequest) -> Result<Published, Refusal> {
    if wish.enrols && wish.pilot.is_some() {
        return Err(Refusal::senseless("a pilot enrolls nobody: leave one of `enroll` and `pilot` out"));
    }
    if wish.pilot.is_some_and(|percent| !(0.0..=100.0).contains(&percent)) {
        return Err(Refusal::senseless("`pilot` is a share of the leads in percent, from 0 to 100"));
    }
    let zones = app.machine.zones();
    // Making all e-mails takes a moment, and others wait for this thread.
    let looked = app.readers.read(move |connection| {
        let seen = seen::look(connection)?;
        let usable = usable_as(wish.bodies, &wish.files, &seen, &zones).map_err(Refusal::Unusable)?;
        Ok::<_, Refusal>((wish, usable))
    });
    let (wish, usable) = looked.await?;
    let (actor, now, alert_lists) = (actor.clone(), app.clock.now(), app.settings.alert_lists.clone());
    app.lane.run(move |lane| decide(lane, &actor, wish, usable, &alert_lists, now)).await?
}

fn decide(
    lane: &mut Lane,
    actor: &Actor,
    wish: PublishRequest,
    mut usable: Usable,
    alert_lists: &[String],
    now: Instant,
) -> Result<Published, Refusal> {
    let (before, newest, piloted) = lane.write(|connection| {
        let before = present(connection)?;
        usable.look_around(connection, before.playbook().ok().as_ref(), alert_lists)?;
        let pilot = before.pilot.map(|pilot| versions::one(connection, pilot.version)).transpose()?.flatten();
        Ok((before, versions::last(connection)?, pilot.map(|version| files_of(&version)).transpose()?))
    })?;
    let difference = between(&before.files, &wish.files, &usable.playbook);
    let in_force = before.in_force.version;
    let published = |version, in_force, changed, difference| {
        Ok(Published { version, in_force, changed, difference, warnings: usable.warnings })
    };
    let is_so = |pilot: &Pilot| wish.pilot == Some(pilot.percent) && piloted.as_ref() == Some(&wish.files);
    if let Some(pilot) = before.pilot.filter(is_so) {
        return published(pilot.version, in_force, false, difference);
    }
    if before.files == wish.files && (before.pilot.is_none() || wish.pilot.is_none()) {
        return published(in_force, in_force, false, difference);
    }
    may(&before, &wish, &difference)?;
    if let Some(from) = &wish.draft {
        lane.write(|connection| is_still(connection, from.number))??;
    }
    let files = serde_json::to_string(&wish.files).map_err(|error| Error::new(Kind::Other, error.to_string()))?;
    let (note_, details) = (wish.noted(), wish.details());
    let version = Version { number: newest.next(), at: now.0, author: actor.who.clone(), note: note_, files };
    let what = if wish.pilot.is_some() { "playbook piloted" } else { "playbook published" };
    lane.deed(now, |deed| {
        match wish.pilot {
            Some(percent) => deed.begin_pilot(&version, percent)?,
            None => deed.publish(&version, wish.enrols)?,
        }
        if let Some(from) = &wish.draft {
            end(deed.connection(), from.number)?;
        }
        note(deed.connection(), actor, now.0, what, &version.number.to_string(), &details)
    })?;
    let in_force = if wish.pilot.is_some() { in_force } else { version.number };
    published(version.number, in_force, true, difference)
}

impl PublishRequest {
    /// The note of its author; else what a draft changes.
    fn noted(&self) -> String {
        let sentences = self.draft.as_ref().map(|from| from.sentences.join(" "));
        if self.note.is_empty() { sentences.unwrap_or_default() } else { self.note.clone() }
    }

    /// What the audit keeps of it.
    fn details(&self) -> Value {
        self.draft.as_ref().map_or(json!({}), |from| json!({"sentences": from.sentences}))
    }
}

/// Whether nobody has changed the draft in the meantime.
fn is_still(connection: &mut Connection, number: DraftNumber) -> Result<Result<(), Refusal>, Error> {
    let is_still = draft::read(connection)?.number == number;
    let stale =
        || Refusal::Stale("the draft has changed since you read it; read it again before you publish it".into());
    Ok(is_still.then_some(()).ok_or_else(stale))
}

/// Ends a draft that is published.
fn end(connection: &mut Connection, number: DraftNumber) -> Result<(), Error> {
    draft::delete_edits(connection)?;
    draft::write(connection, draft::DraftRow { number: number.next(), base: None })
}

/// Whether a candidate that was made from `based_on` may follow the version in force: it was made from that one, or that
/// one is the starter playbook, which nobody published and anybody may replace.
pub fn may_follow(based_on: Option<VersionNumber>, in_force: VersionNumber, author: &str) -> bool {
    let is_starter = author == crate::versions::PROGRAM;
    based_on.map_or(is_starter, |version| version == in_force)
}

/// Whether it may be published: it was made from what is in force, or its author knows better.
fn may(before: &Present, wish: &PublishRequest, difference: &Difference) -> Result<(), Refusal> {
    let in_force = before.in_force.version;
    if !wish.force && !may_follow(wish.based_on, in_force, &before.version.author) {
        let (based_on, difference) = (wish.based_on, difference.clone());
        return Err(Refusal::Outdated { in_force, based_on, difference });
    }
    match before.pilot {
        Some(pilot) if !wish.force => Err(is_piloted(pilot.version)),
        _ => Ok(()),
    }
}

/// Publishes what an older version was, as a new one: numbers only grow, so that nobody takes the one for the other. Its
/// bodies that cannot be made any more are warnings.
pub async fn roll_back(
    app: &App,
    actor: &Actor,
    number: VersionNumber,
    based_on: VersionNumber,
) -> Result<Published, Refusal> {
    let (_, files) = app.readers.read(move |connection| super::version(connection, number)).await?;
    let note = format!("Version {number} again");
    let again = PublishRequest {
        files,
        note,
        based_on: Some(based_on),
        force: false,
        enrols: false,
        pilot: None,
        draft: None,
        bodies: Bodies::MadeBefore,
    };
    publish(app, actor, again).await
}

/// Puts the pilot's version in force for everybody. Returns its number.
pub async fn promote(app: &App, actor: &Actor, enrols: bool) -> Result<VersionNumber, Refusal> {
    let (actor, now) = (actor.clone(), app.clock.now());
    app.lane
        .run(move |lane| {
            piloted(lane)?;
            Ok(lane.deed(now, |deed| {
                let version = deed.promote(enrols)?;
                note(deed.connection(), &actor, now.0, "pilot promoted", &version.to_string(), &json!({}))?;
                Ok(version)
            })?)
        })
        .await?
}

/// Ends the pilot: its leads live under the version in force again. Returns the pilot's number.
pub async fn withdraw(app: &App, actor: &Actor) -> Result<VersionNumber, Refusal> {
    let (actor, now) = (actor.clone(), app.clock.now());
    app.lane
        .run(move |lane| {
            let version = piloted(lane)?;
            lane.deed(now, |deed| {
                deed.end_pilot()?;
                note(deed.connection(), &actor, now.0, "pilot withdrawn", &version.to_string(), &json!({}))
            })?;
            Ok(version)
        })
        .await?
}

fn piloted(lane: &mut Lane) -> Result<VersionNumber, Refusal> {
    let pilot = lane.write(attractor_live::force::pilot)?;
    pilot.map(|pilot| pilot.version).ok_or_else(|| Refusal::Conflict("there is no pilot".into()))
}

fn is_piloted(version: VersionNumber) -> Refusal {
    Refusal::Conflict(format!(
        "a pilot of version {version} runs: promote or withdraw it first (`attractor apply --promote` or `--withdraw`), \
         or end it with `--force` (in the API, `\"force\": true`)"
    ))
}
