//! How much may hang on one lead by public keys. What hangs on a lead is gone through whenever it is rebuilt, and anybody
//! who can read a page's source has its public key.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::identity::Key;
use attractor_store::{Error, IdentityId, IdentityKind, LeadId};

use crate::arrived::Fills;
use crate::arrived::{Arrived, Valid};
use crate::identity::keys::{key, keys_and_facts};
use crate::work::Work;

/// How many user ids, e-mails and visitors a lead may get by public keys. A person who is a new visitor every week reaches
/// it after five years.
pub const KEYS: usize = 250;
/// How often a visitor may pass from one lead to another by public keys. A device that many people share reaches it.
pub const PASSES: usize = 1_000;
pub use crate::lead::quota::{ATTRIBUTE_BYTES, ATTRIBUTES};

/// How many events of several leads one group of messages may make the lane read at once.
pub const EVENTS: usize = 30_000;

/// A message of a public key, with what it says of who is who.
struct Claiming<'m> {
    place: usize,
    at: i64,
    own_key: (IdentityKind, &'m str),
    others: Vec<(IdentityKind, String)>,
}

/// Who a message is about: a lead, or, before there is one, the key that will name it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Lead(LeadId),
    Key(IdentityKind, String),
}

/// Which messages of a run would hang more on a lead than public keys may: the place of each, and why.
pub fn over_limits(work: &mut Work, run: &[Valid], arrived: &[Arrived]) -> Result<BTreeMap<usize, String>, Error> {
    let public = run.iter().filter(|valid| arrived[valid.place].fills == Fills::Empty);
    let claiming: Vec<Claiming> = public.filter_map(claiming).collect();
    let mut keys: BTreeSet<(IdentityKind, &str)> = claiming.iter().map(|one| one.own_key).collect();
    keys.extend(claiming.iter().flat_map(|one| &one.others).map(|(kind, text)| (*kind, text.as_str())));
    let ids = work.identities.find(work.connection, &keys)?;
    work.identities.load_ties(work.connection, ids.values().copied())?;
    let mut leads = BTreeSet::new();
    for one in &claiming {
        leads.extend(subject(work, one, &ids)?.lead());
    }
    work.load_leads(&leads)?;
    let mut added: BTreeMap<Subject, BTreeSet<(IdentityKind, String)>> = BTreeMap::new();
    let mut refused = BTreeMap::new();
    for one in &claiming {
        let subject = subject(work, one, &ids)?;
        let known = subject.lead().and_then(|lead| work.leads.get(lead)).map_or(0, |lead| lead.sources.len());
        let mut new = added.get(&subject).cloned().unwrap_or_default();
        for other in &one.others {
            match ids.get(other) {
                Some(id) if belongs_to(work, *id, one.at, &subject)? => {}
                Some(id) if is_passed_on(work, *id)? => _ = refused.insert(one.place, passed_on()),
                _ => _ = new.insert(other.clone()),
            }
        }
        let grows = new.len() > added.get(&subject).map_or(0, BTreeSet::len);
        if grows && known + new.len() > KEYS {
            refused.insert(one.place, full());
        } else if !refused.contains_key(&one.place) {
            added.insert(subject, new);
        }
    }
    Ok(refused)
}

fn subject(
    work: &mut Work,
    one: &Claiming,
    ids: &BTreeMap<(IdentityKind, String), IdentityId>,
) -> Result<Subject, Error> {
    let (kind, text) = (one.own_key.0, one.own_key.1.to_owned());
    match ids.get(&(kind, text.clone())) {
        Some(id) => Ok(Subject::Lead(work.owner(*id, one.at)?)),
        None => Ok(Subject::Key(kind, text)),
    }
}

/// Whether an identity's events at an instant are this lead's already.
fn belongs_to(work: &mut Work, identity: IdentityId, at: i64, subject: &Subject) -> Result<bool, Error> {
    let is_visitor = work.identities.get(identity)?.kind == IdentityKind::Visitor;
    if is_visitor && work.identities.ties(work.connection, identity)?.is_empty() {
        return Ok(false);
    }
    Ok(subject.lead() == Some(work.owner(identity, at)?))
}

fn is_passed_on(work: &mut Work, identity: IdentityId) -> Result<bool, Error> {
    let is_visitor = work.identities.get(identity)?.kind == IdentityKind::Visitor;
    // Most of a visitor's ties are to one person, who comes again and again.
    Ok(is_visitor
        && work.identities.ties(work.connection, identity)?.len() >= PASSES
        && work.identities.slices_of_visitor(work.connection, identity)?.len() >= PASSES)
}

impl Subject {
    fn lead(&self) -> Option<LeadId> {
        match self {
            Subject::Lead(lead) => Some(*lead),
            Subject::Key(..) => None,
        }
    }
}

fn claiming<'m>(valid: &'m Valid) -> Option<Claiming<'m>> {
    let (others, _) = keys_and_facts(&valid.message);
    let own_key = key(Key::of(&valid.message)?);
    (!others.is_empty()).then_some(Claiming { place: valid.place, at: valid.at.0, own_key, others })
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
