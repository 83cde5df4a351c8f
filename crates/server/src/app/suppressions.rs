//! Addresses that are not written to: looked up, added, exported.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::address::canonical;
use attractor_engine::consent::Scope;
use attractor_engine::time::Instant;
use attractor_live::suppression::{Bound, Keys, Kind, of_address};
use attractor_store::{Connection, Error, directory, suppressions};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::App;
use super::access::{Denied, note};
use super::actor::Actor;
use super::leads::{consent, find};

/// At most so many addresses are added at once.
const MOST: usize = 10_000;
/// How many addresses of leads are read at once.
const STEP: i64 = 5_000;

/// An address that is not to be written to
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSuppression {
    pub email: String,
    /// `all` (the default), `tracking`, `subscription:ID` or `topic:ID`
    pub scope: Option<String>,
    /// `withdrawal` (the default), `complaint` or `bounce`
    pub kind: Option<String>,
    /// When it was withdrawn; now where absent
    pub at: Option<String>,
}

/// What binds an address, however it is written.
pub async fn of(app: &App, email: String) -> Result<Value, Denied> {
    let Some(address) = canonical(&email) else {
        return Err(Denied::Invalid("email", format!("`{email}` is not one e-mail address, like ada@example.org")));
    };
    let found = app.readers.read(move |connection| Ok::<_, Denied>(of_address(connection, &address)?)).await?;
    Ok(json!({"suppressions": consent::suppressions(&found)}))
}

/// Adds addresses, all or none. Returns how many.
pub async fn add(app: &App, actor: &Actor, new: Vec<NewSuppression>) -> Result<usize, Denied> {
    if new.is_empty() || new.len() > MOST {
        let why = format!("{} suppressions were sent; send between 1 and {MOST} at once", new.len());
        return Err(Denied::Invalid("suppressions", why));
    }
    let now = app.clock.now();
    let read = |(number, new): (usize, &NewSuppression)| {
        bound(new, now).map_err(|why| Denied::Invalid("suppressions", format!("suppression {number}: {why}")))
    };
    let bound: Vec<Bound> = new.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    let (actor, count) = (actor.clone(), bound.len());
    app.lane
        .run(move |lane| {
            lane.suppress(&bound, now, |connection| {
                note(connection, &actor, now.0, "suppressions added", "suppressions", &json!({"count": count}))
            })
        })
        .await??;
    Ok(count)
}

fn bound(new: &NewSuppression, now: Instant) -> Result<Bound, String> {
    let address = canonical(&new.email)
        .ok_or_else(|| format!("`{}` is not one e-mail address, like ada@example.org", new.email))?;
    let scope = new.scope.as_deref().unwrap_or("all").parse::<Scope>()?;
    let kind = new.kind.as_deref().unwrap_or("withdrawal");
    let kind = Kind::named(kind).filter(|kind| *kind != Kind::Erasure);
    let kind = kind.ok_or("`kind` is withdrawal, complaint or bounce")?;
    let at = match new.at.as_deref() {
        None => now,
        Some(text) => Instant::parse(text).filter(|at| *at <= now).ok_or_else(|| {
            format!("`at` is `{text}`; expected an instant that is not in the future, like 2026-03-09T14:30:00Z")
        })?,
    };
    Ok(Bound { address, scope, kind: Some(kind), at })
}

/// Hands over everything that binds addresses, in the order of hashes: each with its address where a lead has it.
pub fn each(
    connection: &mut Connection,
    mut take: impl FnMut(suppressions::Suppression, Option<&str>) -> Result<(), Error>,
) -> Result<(), Error> {
    let addresses = addresses_of_leads(connection)?;
    suppressions::each(connection, |one| {
        let address = addresses.get(&one.hash).map(String::as_str);
        take(one, address)
    })
}

/// By hash, the addresses of leads that are suppressed.
fn addresses_of_leads(connection: &mut Connection) -> Result<BTreeMap<String, String>, Error> {
    let mut bound: BTreeSet<String> = BTreeSet::new();
    suppressions::each(connection, |one| {
        bound.insert(one.hash);
        Ok(())
    })?;
    let mut found = BTreeMap::new();
    if bound.is_empty() {
        return Ok(found);
    }
    let keys = Keys::read(connection)?;
    let mut keep = |email: &str| {
        let Some(address) = canonical(email) else { return };
        for hash in keys.hashes(&address).into_iter().filter(|hash| bound.contains(hash)) {
            found.insert(hash, address.clone());
        }
    };
    let mut last: Option<String> = None;
    loop {
        let page = directory::starting(connection, find::EMAIL, "", last.as_deref(), STEP)?;
        page.iter().for_each(|identity| keep(&identity.text));
        match page.into_iter().next_back() {
            Some(end) => last = Some(end.text),
            None => return Ok(found),
        }
    }
}
