//! Messages in, one transaction: into the ledger, to their leads, and everything that follows.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::identity::Key;
use attractor_engine::message::{Message, Wanted};
use attractor_engine::time::Instant;
use attractor_intake::holds_nul;
use attractor_store::moves::MoveReason;
use attractor_store::{Error, IdentityId, IdentityKind, Kind, LeadId, Received, events};

use crate::arrived::{Arrived, Taken, Valid};
use crate::identity::keys::{NewEvent, key};
use crate::identity::{emails, facts};
use crate::lane::Lane;
use crate::lead::profile::concerns;
use crate::lead::why::Why;
use crate::limits::{self, over_limits};
use crate::receipt::{depends_on_profile, receive};
use crate::work::Work;

impl Lane {
    /// Takes messages in, all or none: an error means that nothing of them is stored, or, where a commit was lost on its
    /// way, that all of it is; taking them again does no harm either way. An error of the kind `TooMuch`: they would rebuild
    /// several leads with too many events at once; fewer messages can be taken, and one always can.
    pub fn take(&mut self, arrived: &[Arrived], now: Instant) -> Result<Vec<Taken>, Error> {
        self.work(now, |work| {
            if arrived.len() > 1 {
                work.leads.most_events = limits::EVENTS;
            }
            take_in(work, arrived, &Why::default())
        })
    }

    /// The same for what an import brings; moves that follow are logged with this reason.
    pub fn take_because(&mut self, arrived: &[Arrived], now: Instant, reason: MoveReason) -> Result<Vec<Taken>, Error> {
        self.work(now, |work| take_in(work, arrived, &Why::reason(reason)))
    }
}

/// Takes messages in: one run after the other, each through its owners.
pub fn take_in(work: &mut Work, arrived: &[Arrived], why: &Why) -> Result<Vec<Taken>, Error> {
    if work.leads.versions.in_force.is_none() {
        return Err(Error::new(Kind::Other, "no playbook is published yet"));
    }
    let mut taken: Vec<Taken> = vec![Taken::Repeated; arrived.len()];
    let mut valid = Vec::with_capacity(arrived.len());
    for (place, arrived) in arrived.iter().enumerate() {
        match validated(work, arrived) {
            Ok((message, at)) => valid.push(Valid { place, message, at }),
            Err(reason) => taken[place] = Taken::Refused(reason),
        }
    }
    work.leads.effort.parsed += valid.len() as u64;
    for run in runs(work, &valid, arrived)? {
        let refused = over_limits(work, run, arrived)?;
        let kept: Vec<&Valid> = run.iter().filter(|valid| !refused.contains_key(&valid.place)).collect();
        refused.into_iter().for_each(|(place, why)| taken[place] = Taken::Refused(why));
        take_run(work, &kept, arrived, &mut taken, why)?;
    }
    Ok(taken)
}

fn validated<'m>(work: &Work, arrived: &'m Arrived) -> Result<(Message<'m>, Instant), String> {
    let message = Message::parse(&arrived.json, &Wanted::Everything)?;
    let at = message.timestamp.ok_or("no `timestamp`; it is when this happened, like 2026-03-09T14:30:00Z")?;
    if at > work.now.max(arrived.received_at) {
        return Err(format!("its `timestamp`, {at}, lies in the future"));
    }
    if holds_nul(&arrived.json) {
        return Err("it holds U+0000, which no text can be stored with; leave that character out".into());
    }
    if message.message_id.is_none() {
        return Err("no `messageId`; it tells a message that comes twice from two messages".into());
    }
    Ok((message, at))
}

/// Cuts before a message whose stored form depends on its lead's profile, if an earlier message in the run may have
/// changed that profile.
fn runs<'v, 'm>(work: &mut Work, valid: &'v [Valid<'m>], arrived: &[Arrived]) -> Result<Vec<&'v [Valid<'m>]>, Error> {
    let depends = |one: &Valid| depends_on_profile(&one.message, arrived[one.place].fills);
    if !valid.iter().any(depends) {
        return Ok(vec![valid]);
    }
    let all_names: Vec<BTreeSet<(IdentityKind, String)>> = valid.iter().map(|one| names(&one.message)).collect();
    let leads = leads_of_names(work, all_names.iter().flatten())?;
    let mut runs = Vec::new();
    let mut start = 0;
    let (mut changing, mut changed) = (BTreeSet::new(), BTreeSet::new());
    for (place, (one, names)) in valid.iter().zip(&all_names).enumerate() {
        let of_names = || names.iter().filter_map(|name| leads.get(name)).flatten();
        let is_affected = !changing.is_disjoint(names) || of_names().any(|lead| changed.contains(lead));
        if depends(one) && is_affected {
            runs.push(&valid[start..place]);
            start = place;
            (changing, changed) = (BTreeSet::new(), BTreeSet::new());
        }
        if concerns(&one.message) || names.len() > 1 {
            changing.extend(names.iter().cloned());
            changed.extend(of_names().copied());
        }
    }
    runs.push(&valid[start..]);
    Ok(runs)
}

/// By name, the leads that it belongs to already, at one time or another.
fn leads_of_names<'n>(
    work: &mut Work,
    names: impl Iterator<Item = &'n (IdentityKind, String)>,
) -> Result<BTreeMap<(IdentityKind, String), Vec<LeadId>>, Error> {
    let known = work.identities.find(work.connection, &names.map(|(kind, text)| (*kind, text.as_str())).collect())?;
    work.identities.load_ties(work.connection, known.values().copied())?;
    let mut leads = BTreeMap::new();
    for (name, id) in known {
        let mut of_name = vec![work.identities.get(id)?.lead];
        if name.0 == IdentityKind::Visitor {
            let ties = work.identities.ties(work.connection, id)?;
            work.identities.load(work.connection, ties.iter().map(|tie| tie.person))?;
            for tie in ties {
                of_name.push(work.identities.get(tie.person)?.lead);
            }
        }
        leads.insert(name, of_name);
    }
    Ok(leads)
}

/// Messages none of which decides at its receipt by what another one of them says.
fn take_run(work: &mut Work, run: &[&Valid], arrived: &[Arrived], taken: &mut [Taken], why: &Why) -> Result<(), Error> {
    let mut own = own_identities(work, run)?;
    let texts = receive(work, run, arrived, &mut own)?;
    let mut new_events = Vec::with_capacity(run.len());
    let mut once = BTreeSet::new();
    for ((valid, identity), text) in run.iter().zip(own).zip(&texts) {
        let message = match text {
            Some(text) => parsed(work, text)?,
            None => valid.message.clone(),
        };
        let id = valid.message.message_id.as_deref().unwrap_or_default();
        if once.insert((identity, id)) {
            work.memory.received = work.memory.received.next();
            let (received, at) = (work.memory.received, valid.at.0);
            let (origin, flags) = (arrived[valid.place].origin.as_str(), flags(&message));
            new_events
                .push((valid.place, NewEvent { message, id, identity, at, received, flags, origin, lost: false }));
        }
    }
    let new = record(work, &new_events, arrived, &texts_by_place(run, &texts))?;
    let new_events: Vec<(usize, NewEvent)> =
        new_events.into_iter().filter(|(_, event)| new.contains(&event.received)).collect();
    let (places, mut new_events): (Vec<usize>, Vec<NewEvent>) = new_events.into_iter().unzip();
    facts::store_facts(&mut work.identities, work.connection, &new_events)?;
    emails::mark_new_lost(&mut work.identities, work.connection, &mut new_events)?;
    deliver(work, &places, &new_events, taken, why)?;
    work.identities.settle_in();
    // What the next run reads of copies is as this one leaves it.
    work.end_rounds()
}

fn parsed<'t>(work: &mut Work, text: &'t str) -> Result<Message<'t>, Error> {
    work.leads.effort.parsed += 1;
    Message::parse(text, &Wanted::Everything).map_err(|why| Error::new(Kind::Other, why))
}

/// Each message's own identity, made where nobody had it.
fn own_identities(work: &mut Work, run: &[&Valid]) -> Result<Vec<IdentityId>, Error> {
    let keys: Vec<(IdentityKind, &str)> = run.iter().filter_map(|valid| Key::of(&valid.message).map(key)).collect();
    let all: BTreeSet<(IdentityKind, &str)> = keys.iter().copied().collect();
    let ids = work.identities.find_or_make(work.connection, &all, &BTreeMap::new())?;
    Ok(keys.iter().map(|(kind, text)| ids[&(*kind, (*text).to_owned())]).collect())
}

/// Into the ledger; returns the numbers of those that were not there.
fn record(
    work: &mut Work,
    new_events: &[(usize, NewEvent)],
    arrived: &[Arrived],
    texts: &BTreeMap<usize, &String>,
) -> Result<BTreeSet<Received>, Error> {
    let mut rows: Vec<events::Event> = new_events
        .iter()
        .map(|(place, event)| events::Event {
            identity: event.identity,
            message_id: event.id.to_owned(),
            at: event.at,
            received: event.received,
            received_at: arrived[*place].received_at.0,
            flags: event.flags,
            origin: event.origin.to_owned(),
            message: texts.get(place).map_or(&arrived[*place].json, |text| *text).clone(),
        })
        .collect();
    // In the order of the tree: neighbours go to one page.
    rows.sort_by(|a, b| {
        let order = |e: &events::Event| (e.identity.bucket(), e.identity);
        order(a).cmp(&order(b)).then_with(|| a.message_id.cmp(&b.message_id))
    });
    Ok(events::insert(work.connection, &rows)?.into_iter().collect())
}

/// To their leads.
fn deliver(
    work: &mut Work,
    places: &[usize],
    new_events: &[NewEvent],
    taken: &mut [Taken],
    why: &Why,
) -> Result<(), Error> {
    let changed = work.reckon()?;
    let mut owners = Vec::with_capacity(new_events.len());
    work.identities.load_ties(work.connection, new_events.iter().map(|event| event.identity))?;
    for event in new_events {
        owners.push(work.owner(event.identity, event.at)?);
    }
    let all: BTreeSet<LeadId> = owners.iter().copied().collect();
    work.load_leads(&all)?;
    make_leads(work, &owners)?;
    let mut new: BTreeMap<LeadId, Vec<&NewEvent>> = BTreeMap::new();
    for ((place, event), lead) in places.iter().zip(new_events).zip(&owners) {
        taken[*place] = Taken::New { lead: *lead };
        new.entry(*lead).or_default().push(event);
    }
    work.advance(new, &changed, why)?;
    work.dissolve(&changed)
}

/// Leads whose first event this is: they are reckoned like those that changed hands, which makes them.
fn make_leads(work: &mut Work, owners: &[LeadId]) -> Result<(), Error> {
    let missing: Vec<LeadId> = owners.iter().copied().filter(|lead| !work.leads.has(*lead)).collect();
    missing.into_iter().for_each(|lead| work.identities.mark_affected(lead));
    work.reckon().map(drop)
}

fn flags(message: &Message) -> i64 {
    i64::from(message.machine) * events::MACHINE
        + i64::from(message.history) * events::HISTORY
        + i64::from(message.public) * events::PUBLIC
}

fn texts_by_place<'t>(run: &[&Valid], texts: &'t [Option<String>]) -> BTreeMap<usize, &'t String> {
    run.iter().zip(texts).filter_map(|(valid, text)| Some((valid.place, text.as_ref()?))).collect()
}

/// Everything a message may be known by.
fn names(message: &Message) -> BTreeSet<(IdentityKind, String)> {
    let user = message.user_id.as_deref().map(Key::User);
    let email = message.email.as_deref().map(Key::Email);
    let visitor = message.anonymous_id.as_deref().map(Key::Visitor);
    let named = user.into_iter().chain(email).chain(visitor).map(key);
    named.map(|(kind, text)| (kind, text.to_owned())).collect()
}
