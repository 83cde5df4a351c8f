//! Addresses that are not written to: looked up, added, exported.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::address::{canonical, is_mailable};
use attractor_engine::consent::Scope;
use attractor_engine::playbook::Playbook;
use attractor_engine::time::Instant;
use attractor_live::suppression::{AddressBlock, HashKeys, SuppressionKind, of_address};
use attractor_store::{Connection, Error, IdentityKind, Received, directory, suppressions};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::App;
use super::access::note;
use super::actor::Actor;
use super::hand::deed::{Consent, Deed};
use super::leads::consent::{self, SuppressionItem};
use super::playbook::present;
use crate::refusal::{Invalid, Refusal};

/// At most so many addresses are added at once.
const MOST: usize = 10_000;
/// Of those that are wrong, as many are named.
const NAMED: usize = 20;
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
    #[schema(format = DateTime)]
    pub at: Option<String>,
}

/// What binds an address
#[derive(Debug, Serialize, ToSchema)]
pub struct BindingSuppressions {
    /// Empty where nothing binds it
    pub suppressions: Vec<SuppressionItem>,
}

/// What binds an address, however it is written.
pub async fn of(app: &App, email: String) -> Result<BindingSuppressions, Refusal> {
    let Some(address) = canonical(&email) else {
        return Err(Refusal::invalid("email", format!("`{email}` is not one e-mail address, like ada@example.org")));
    };
    let found = app.readers.read(move |connection| Ok::<_, Refusal>(of_address(connection, &address)?)).await?;
    Ok(BindingSuppressions { suppressions: consent::suppressions(&found) })
}

/// Adds addresses, all or none. Returns how many.
pub async fn add(app: &App, actor: &Actor, new: Vec<NewSuppression>) -> Result<usize, Refusal> {
    if new.is_empty() || new.len() > MOST {
        let why = format!("{} suppressions were sent; send between 1 and {MOST} at once", new.len());
        return Err(Refusal::invalid("/suppressions", why));
    }
    let now = app.clock.now();
    let playbooks = app.readers.read(|connection| present(connection)?.playbooks(connection)).await?;
    let bound = all_bound(&new, now, &playbooks)?;
    let (actor, count) = (actor.clone(), bound.len());
    app.lane
        .run(move |lane| {
            lane.deed(now, |deed| {
                deed.suppress(&bound)?;
                let details = json!({"count": count});
                note(deed.connection(), &actor, now.0, "suppressions added", "suppressions", &details)
            })
        })
        .await??;
    Ok(count)
}

/// All of them, or all that is wrong, each with the place of its field.
fn all_bound(new: &[NewSuppression], now: Instant, playbooks: &[Playbook]) -> Result<Vec<AddressBlock>, Refusal> {
    let (mut good, mut wrong, mut wrong_ones) = (Vec::with_capacity(new.len()), Vec::new(), 0);
    for (number, new) in new.iter().enumerate() {
        match bound(new, now, playbooks) {
            Ok(bound) => good.push(bound),
            Err(fields) => {
                wrong_ones += 1;
                let place = |field| format!("/suppressions/{number}/{field}");
                wrong.extend(fields.into_iter().map(|(field, why)| (place(field), format!("`{}`: {why}", new.email))));
            }
        }
    }
    if wrong.is_empty() {
        return Ok(good);
    }
    let how_many = if wrong_ones == 1 { "1 suppression is".into() } else { format!("{wrong_ones} suppressions are") };
    let more = if wrong.len() > NAMED { format!("; the first {NAMED} are named") } else { String::new() };
    wrong.truncate(NAMED);
    let detail = format!("{how_many} wrong, so none of the {} was added{more}", new.len());
    Err(Refusal::Invalid(Invalid { detail, places: wrong, known: None }))
}

/// A field that is wrong, and why.
type WrongField = (&'static str, String);

/// What a suppression binds; otherwise every field that is wrong.
fn bound(new: &NewSuppression, now: Instant, playbooks: &[Playbook]) -> Result<AddressBlock, Vec<WrongField>> {
    let address = canonical(&new.email).filter(|address| is_mailable(address));
    let address = address.ok_or(("email", "this is not one e-mail address, like ada@example.org".to_owned()));
    match (address, scope_of(new, playbooks), kind_of(new), at_of(new, now)) {
        (Ok(address), Ok(scope), Ok(kind), Ok(at)) => {
            Ok(AddressBlock { address, scope, kind: Some(kind), at, received: Received::MAX })
        }
        (address, scope, kind, at) => {
            Err([address.err(), scope.err(), kind.err(), at.err()].into_iter().flatten().collect())
        }
    }
}

fn scope_of(new: &NewSuppression, playbooks: &[Playbook]) -> Result<Scope, WrongField> {
    let scope = new.scope.as_deref().unwrap_or("all").parse::<Scope>().map_err(|why| ("scope", why))?;
    declared(&scope, playbooks).map_err(|why| ("scope", why))?;
    Ok(scope)
}

fn kind_of(new: &NewSuppression) -> Result<SuppressionKind, WrongField> {
    let kind = SuppressionKind::named(new.kind.as_deref().unwrap_or("withdrawal"));
    let kind = kind.filter(|kind| *kind != SuppressionKind::Erasure);
    kind.ok_or_else(|| ("kind", "`kind` is withdrawal, complaint or bounce".to_owned()))
}

fn at_of(new: &NewSuppression, now: Instant) -> Result<Instant, WrongField> {
    let Some(text) = &new.at else { return Ok(now) };
    let expected = "expected an instant that is not in the future, like 2026-03-09T14:30:00Z";
    let at = Instant::parse(text).filter(|at| *at <= now);
    at.ok_or_else(|| ("at", format!("`at` is `{text}`; {expected}")))
}

/// Whether a playbook that leads live under declares what a scope names: a mistyped one would bind nothing that is sent.
fn declared(scope: &Scope, playbooks: &[Playbook]) -> Result<(), String> {
    let consent = match scope.clone() {
        Scope::Subscription(id) => Consent { subscription: Some(id), ..Consent::default() },
        Scope::Topic(id) => Consent { topic: Some(id), ..Consent::default() },
        Scope::All | Scope::Tracking => return Ok(()),
    };
    Deed::Consent(consent).fits(playbooks).map_err(|unknown| unknown.to_string())
}

/// Hands over everything that binds addresses, in the order of hashes: each with its address where a lead has it.
pub fn each(
    connection: &mut Connection,
    mut take: impl FnMut(suppressions::SuppressionRow, Option<&str>) -> Result<(), Error>,
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
    let keys = HashKeys::read(connection)?;
    let mut keep = |email: &str| {
        let Some(address) = canonical(email) else { return };
        for hash in keys.hashes(&address).into_iter().filter(|hash| bound.contains(hash)) {
            found.insert(hash, address.clone());
        }
    };
    let mut last: Option<String> = None;
    loop {
        let page = directory::starting(connection, IdentityKind::Email, "", last.as_deref(), STEP)?;
        page.iter().for_each(|identity| keep(&identity.text));
        match page.into_iter().next_back() {
            Some(end) => last = Some(end.text),
            None => return Ok(found),
        }
    }
}
