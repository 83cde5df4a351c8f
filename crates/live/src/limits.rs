//! How much may hang on one lead by public keys. What hangs on a lead is gone through whenever it is rebuilt, and anybody
//! who can read a page's source has its public key.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::identity::Key;
use attractor_store::{Error, IdentityId, IdentityKind, LeadId};

use crate::arrived::Fills;
use crate::arrived::{Arrived, Valid};
use crate::identity::keys::{key, spoken};
use crate::work::Work;

/// How many user ids, e-mails and visitors a lead may get by public keys. A person who is a new visitor every week reaches
/// it after five years.
pub const KEYS: usize = 250;
/// How often a visitor may pass from one lead to another by public keys. A device that many people share reaches it.
pub const PASSES: usize = 1_000;
pub use crate::lead::room::{ATTRIBUTE_BYTES, ATTRIBUTES};

/// How many events of several leads one group of messages may make the lane read at once.
pub const EVENTS: usize = 30_000;

/// A message of a public key, with what it says of who is who.
struct Claiming<'m> {
    place: usize,
    at: i64,
    own: (IdentityKind, &'m str),
    others: Vec<(IdentityKind, String)>,
}

/// Who a message is about: a lead, or, before there is one, the key that will name it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    Lead(LeadId),
    Key(IdentityKind, String),
}

/// Which messages of a run would hang more on a lead than public keys may: the place of each, and why.
pub fn over_limits(work: &mut Work, run: &[Valid], arrived: &[Arrived]) -> Result<BTreeMap<usize, String>, Error> {
    let public = run.iter().filter(|valid| arrived[valid.place].fills == Fills::Empty);
    let claiming: Vec<Claiming> = public.filter_map(claiming).collect();
    let mut keys: BTreeSet<(IdentityKind, &str)> = claiming.iter().map(|one| one.own).collect();
    keys.extend(claiming.iter().flat_map(|one| &one.others).map(|(kind, text)| (*kind, text.as_str())));
    let ids = work.identities.find(work.connection, &keys)?;
    work.identities.load_ties(work.connection, ids.values().copied())?;
    let mut leads = BTreeSet::new();
    for one in &claiming {
        leads.extend(about(work, one, &ids)?.lead());
    }
    work.load_leads(&leads)?;
    let mut added: BTreeMap<About, BTreeSet<(IdentityKind, String)>> = BTreeMap::new();
    let mut refused = BTreeMap::new();
    for one in &claiming {
        let about = about(work, one, &ids)?;
        let known = about.lead().and_then(|lead| work.leads.get(lead)).map_or(0, |lead| lead.sources.len());
        let mut new = added.get(&about).cloned().unwrap_or_default();
        for other in &one.others {
            match ids.get(other) {
                Some(id) if is_of(work, *id, one.at, &about)? => {}
                Some(id) if is_passed_on(work, *id)? => _ = refused.insert(one.place, passed_on()),
                _ => _ = new.insert(other.clone()),
            }
        }
        let grows = new.len() > added.get(&about).map_or(0, BTreeSet::len);
        if grows && known + new.len() > KEYS {
            refused.insert(one.place, full());
        } else if !refused.contains_key(&one.place) {
            added.insert(about, new);
        }
    }
    Ok(refused)
}

fn about(work: &mut Work, one: &Claiming, ids: &BTreeMap<(IdentityKind, String), IdentityId>) -> Result<About, Error> {
    let (kind, text) = (one.own.0, one.own.1.to_owned());
    match ids.get(&(kind, text.clone())) {
        Some(id) => Ok(About::Lead(work.owner(*id, one.at)?)),
        None => Ok(About::Key(kind, text)),
    }
}

/// Whether an identity's events at an instant are this lead's already.
fn is_of(work: &mut Work, identity: IdentityId, at: i64, about: &About) -> Result<bool, Error> {
    let is_visitor = work.identities.get(identity)?.kind == IdentityKind::Visitor;
    if is_visitor && work.identities.ties(work.connection, identity)?.is_empty() {
        return Ok(false);
    }
    Ok(about.lead() == Some(work.owner(identity, at)?))
}

fn is_passed_on(work: &mut Work, identity: IdentityId) -> Result<bool, Error> {
    let is_visitor = work.identities.get(identity)?.kind == IdentityKind::Visitor;
    // Most of a visitor's ties are to one person, who comes again and again.
    Ok(is_visitor
        && work.identities.ties(work.connection, identity)?.len() >= PASSES
        && work.identities.slices_of_visitor(work.connection, identity)?.len() >= PASSES)
}

impl About {
    fn lead(&self) -> Option<LeadId> {
        match self {
            About::Lead(lead) => Some(*lead),
            About::Key(..) => None,
        }
    }
}

fn claiming<'m>(valid: &'m Valid) -> Option<Claiming<'m>> {
    let (others, _) = spoken(&valid.message);
    let own = key(Key::of(&valid.message)?);
    (!others.is_empty()).then_some(Claiming { place: valid.place, at: valid.at.0, own, others })
}

fn full() -> String {
    format!(
        "its lead has {KEYS} user ids, e-mails and visitors, the most that a public key may give one; if they are one \
         person, send this with a server key"
    )
}

fn passed_on() -> String {
    format!(
        "its visitor has passed from one lead to another {PASSES} times, the most that public keys may do; reset the \
         `anonymousId` where another person takes the device, or send this with a server key"
    )
}
