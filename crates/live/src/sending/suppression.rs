//! What binds an address beyond its lead (contract §2, Consent 7): withdrawals, complaints, permanent bounces and
//! erasures. They are kept under a salted hash of the address and outlive erasure, undo and imports. Only a later live
//! grant of the same scope at the same address ends them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use attractor_engine::address::{canonical, canonical_value};
use attractor_engine::consent::{Change, Consents, Heard, InEffect, Scope, State};
use attractor_engine::time::Instant;
use attractor_store::suppressions::{self, GRANT, Key, Suppression as Row};
use attractor_store::{Connection, Error, erasures};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::sending::erased::hash_of_email;

/// Why an address is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Withdrawal,
    Complaint,
    Bounce,
    Erasure,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Withdrawal, Kind::Complaint, Kind::Bounce, Kind::Erasure];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Withdrawal => "withdrawal",
            Kind::Complaint => "complaint",
            Kind::Bounce => "bounce",
            Kind::Erasure => "erasure",
        }
    }

    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What an event does to the address that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// In its canonical form.
    pub address: String,
    pub scope: Scope,
    /// `None`: a live grant, which ends what is older in its scope.
    pub kind: Option<Kind>,
    pub at: Instant,
}

impl Bound {
    /// What a change of consent does to the address to which the copy went, else to the lead's address then, `email`. A
    /// grant made by hand ends nothing: only the person's own act does.
    pub fn of(change: Change, heard: Heard, email: Option<&str>) -> Option<Bound> {
        let by_hand = heard.message.property("by").is_some();
        let (scope, kind) = match change {
            Change::Granted(_) if by_hand => return None,
            Change::Granted(scope) => (scope, None),
            Change::Withdrawn(scope) => (scope, Some(Kind::Withdrawal)),
            Change::Complained => (Scope::All, Some(Kind::Complaint)),
            Change::Bounced => (Scope::All, Some(Kind::Bounce)),
        };
        let of_copy = heard.message.property("email").filter(|_| kind.is_some()).and_then(canonical_value);
        let address = of_copy.or_else(|| canonical(email?))?;
        Some(Bound { address, scope, kind, at: heard.at })
    }
}

/// One reason for which an address is bound in a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    pub scope: Scope,
    pub kind: Kind,
    pub at: Instant,
}

/// Everything that is known of one address.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    grants: BTreeMap<Scope, Instant>,
    binds: BTreeMap<(Scope, Kind), Instant>,
}

impl Bindings {
    fn add(&mut self, row: &Row) {
        // A scope or kind of a newer program is not understood, and a restore brought it; it is kept, not read.
        let Ok(scope) = row.scope.parse::<Scope>() else { return };
        let at = Instant(row.at);
        if row.kind == GRANT {
            let known = self.grants.entry(scope).or_insert(at);
            *known = at.max(*known);
        } else if let Some(kind) = Kind::named(&row.kind) {
            let known = self.binds.entry((scope, kind)).or_insert(at);
            *known = at.max(*known);
        }
    }

    /// What was known by an instant.
    pub fn until(mut self, at: Instant) -> Bindings {
        self.grants.retain(|_, granted| *granted <= at);
        self.binds.retain(|_, bound| *bound <= at);
        self
    }

    /// What binds, each scope by itself.
    pub fn all(&self) -> impl Iterator<Item = Suppression> {
        let is_ended = |scope: &Scope, at: Instant| self.grants.get(scope).is_some_and(|grant| *grant > at);
        let open = self.binds.iter().filter(move |((scope, _), at)| !is_ended(scope, **at));
        open.map(|((scope, kind), at)| Suppression { scope: scope.clone(), kind: *kind, at: *at })
    }

    /// What binds the address in a scope: of the scope itself, or of all unless the scope was granted later.
    pub fn in_scope(&self, scope: &Scope) -> impl Iterator<Item = Suppression> {
        let granted = self.grants.get(scope).copied();
        let is_part = !matches!(scope, Scope::All | Scope::Tracking);
        self.all().filter(move |one| {
            one.scope == *scope || is_part && one.scope == Scope::All && granted.is_none_or(|granted| granted <= one.at)
        })
    }

    /// The last withdrawal, complaint or erasure in a scope; a bounce says nothing of what somebody wants.
    pub fn withdrawn(&self, scope: &Scope) -> Option<Suppression> {
        self.in_scope(scope).filter(|one| one.kind != Kind::Bounce).max_by_key(|one| one.at)
    }

    /// Whether copies to the address came back for good.
    pub fn bounced(&self, scope: &Scope) -> bool {
        self.in_scope(scope).any(|one| one.kind == Kind::Bounce)
    }
}

/// Consent of a lead in a scope: what its own events say, unless its address is bound.
pub enum Effect<'e> {
    Own(InEffect<'e>),
    Address(Suppression),
}

impl<'e> Effect<'e> {
    pub fn of(consents: &'e Consents, address: &Bindings, scope: &Scope) -> Effect<'e> {
        let own = consents.in_effect_if(scope, address.bounced(scope));
        match address.withdrawn(scope) {
            Some(bound) if own.state != State::Withdrawn => Effect::Address(bound),
            _ => Effect::Own(own),
        }
    }

    pub fn state(&self) -> State {
        match self {
            Effect::Own(own) => own.state,
            Effect::Address(_) => State::Withdrawn,
        }
    }
}

/// The keys that addresses are hashed with; the first one is for new rows.
#[derive(Clone)]
pub struct Keys(Vec<Key>);

impl Keys {
    pub fn read(connection: &mut Connection) -> Result<Keys, Error> {
        suppressions::keys(connection).map(Keys)
    }

    /// The hashes of a canonical address, one a key.
    pub fn hashes(&self, address: &str) -> Vec<String> {
        self.0.iter().map(|key| hash(key, address)).collect()
    }
}

fn hash(key: &Key, address: &str) -> String {
    let mut text = String::with_capacity(64);
    // A MAC takes keys of any length.
    let Ok(mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(&key.bytes) else { return text };
    for byte in mac.chain_update(address.as_bytes()).finalize().into_bytes() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// What is known of addresses in their canonical form; those of which nothing is known are left out.
pub fn of_addresses(
    connection: &mut Connection,
    addresses: &BTreeSet<String>,
) -> Result<BTreeMap<String, Bindings>, Error> {
    let keys = Keys::read(connection)?;
    let mut by_hash: BTreeMap<String, &String> = BTreeMap::new();
    for address in addresses {
        by_hash.extend(keys.hashes(address).into_iter().map(|hash| (hash, address)));
    }
    let mut found: BTreeMap<String, Bindings> = BTreeMap::new();
    let hashes: Vec<String> = by_hash.keys().cloned().collect();
    for row in suppressions::of_hashes(connection, &hashes)? {
        found.entry(by_hash[&row.hash].clone()).or_default().add(&row);
    }
    // Erasures of earlier versions are listed under another hash.
    let erased: BTreeMap<String, &String> = addresses.iter().map(|address| (hash_of_email(address), address)).collect();
    let hashes: Vec<String> = erased.keys().cloned().collect();
    for erasure in erasures::of_hashes(connection, &hashes)? {
        let bindings = found.entry(erased[&erasure.hash].clone()).or_default();
        let (scope, kind) = (Scope::All.to_string(), Kind::Erasure.name().to_owned());
        bindings.add(&Row { hash: erasure.hash, scope, kind, at: erasure.at });
    }
    Ok(found)
}

/// What is known of one address, however it is written; nothing of what is not an address.
pub fn of_address(connection: &mut Connection, address: &str) -> Result<Bindings, Error> {
    let Some(address) = canonical(address) else { return Ok(Bindings::default()) };
    Ok(of_addresses(connection, &[address.clone()].into())?.remove(&address).unwrap_or_default())
}

/// Whether an address may not be written to in a scope, and why: what a sender asks before each copy.
pub fn suppressed(connection: &mut Connection, address: &str, scope: &Scope) -> Result<Option<Suppression>, Error> {
    Ok(of_address(connection, address)?.in_scope(scope).max_by_key(|one| one.at))
}

/// What is pending of one scope of one address.
#[derive(Default)]
struct Pending {
    grant: Option<Instant>,
    binds: BTreeMap<Kind, Instant>,
}

impl Pending {
    fn add(&mut self, bound: &Bound) {
        match bound.kind {
            None => {
                self.grant = self.grant.max(Some(bound.at));
                self.binds.retain(|_, at| *at > bound.at);
            }
            Some(kind) => {
                let known = self.binds.entry(kind).or_insert(bound.at);
                *known = bound.at.max(*known);
            }
        }
    }
}

/// What addresses are bound with in a transaction.
pub struct Binding<'b> {
    /// From memory; read where they are needed, and made where there are none.
    pub keys: &'b mut Option<Keys>,
    pub now: Instant,
}

impl Binding<'_> {
    /// Writes what was gathered of addresses, in the order in which it was gathered.
    pub fn write(&mut self, connection: &mut Connection, gathered: &[Bound]) -> Result<(), Error> {
        if gathered.is_empty() {
            return Ok(());
        }
        let mut pending: BTreeMap<(&str, &Scope), Pending> = BTreeMap::new();
        gathered.iter().for_each(|bound| pending.entry((&bound.address, &bound.scope)).or_default().add(bound));
        let keys = self.keys(connection)?;
        let (mut ended, mut rows) = (Vec::new(), Vec::new());
        for ((address, scope), pending) in pending {
            let (hashes, scope) = (keys.hashes(address), scope.to_string());
            let row = |hash: &String, kind: &str, at: Instant| Row {
                hash: hash.clone(),
                scope: scope.clone(),
                kind: kind.to_owned(),
                at: at.0,
            };
            if let Some(at) = pending.grant {
                ended.extend(hashes.iter().map(|hash| (hash.clone(), scope.clone(), at.0)));
                rows.extend(hashes.iter().map(|hash| row(hash, GRANT, at)));
            }
            for (kind, at) in pending.binds {
                rows.extend(hashes.first().map(|hash| row(hash, kind.name(), at)));
            }
        }
        suppressions::end(connection, &ended)?;
        suppressions::note(connection, &rows)
    }

    /// Binds addresses of which somebody was erased: what was granted there is forgotten.
    pub fn erase(&mut self, connection: &mut Connection, addresses: &[String]) -> Result<(), Error> {
        let keys = self.keys(connection)?;
        let hashes: Vec<String> = addresses.iter().flat_map(|address| keys.hashes(address)).collect();
        suppressions::forget_grants(connection, &hashes)?;
        let (kind, at) = (Some(Kind::Erasure), self.now);
        let bound = |address: &String| Bound { address: address.clone(), scope: Scope::All, kind, at };
        self.write(connection, &addresses.iter().map(bound).collect::<Vec<_>>())
    }

    /// The keys, from memory, else from the store; the first one is made where there is none.
    fn keys(&mut self, connection: &mut Connection) -> Result<Keys, Error> {
        if let Some(keys) = self.keys.as_ref() {
            return Ok(keys.clone());
        }
        let mut keys = Keys::read(connection)?;
        if keys.0.is_empty() {
            keys.0.push(suppressions::make_key(connection, self.now.0)?);
        }
        *self.keys = Some(keys.clone());
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bindings(rows: &[(&str, &str, i64)]) -> Bindings {
        let mut bindings = Bindings::default();
        for (scope, kind, at) in rows {
            let (scope, kind) = ((*scope).to_owned(), (*kind).to_owned());
            bindings.add(&Row { hash: String::new(), scope, kind, at: *at });
        }
        bindings
    }

    #[test]
    fn only_a_later_grant_of_the_scope_ends_what_binds() {
        let withdrawn = |rows: &[(&str, &str, i64)], scope: &str| bindings(rows).withdrawn(&scope.parse().unwrap());
        let news = "subscription:news";
        for (rows, scope, wanted) in [
            (&[("all", "withdrawal", 5)][..], "all", Some(5)),
            (&[("all", "withdrawal", 5)], news, Some(5)),
            (&[("all", "withdrawal", 5)], "tracking", None),
            (&[("all", "withdrawal", 5), ("all", "grant", 6)], "all", None),
            (&[("all", "withdrawal", 5), ("all", "grant", 5)], "all", Some(5)),
            (&[("all", "withdrawal", 5), ("all", "grant", 4)], news, Some(5)),
            (&[("all", "complaint", 5), (news, "grant", 6)], news, None),
            (&[("all", "complaint", 5), (news, "grant", 6)], "all", Some(5)),
            (&[("all", "complaint", 5), (news, "grant", 5)], news, Some(5)),
            (&[(news, "withdrawal", 5), ("all", "grant", 6)], news, Some(5)),
            (&[("all", "erasure", 5), ("all", "withdrawal", 3)], "all", Some(5)),
            (&[("all", "bounce", 5)], "all", None),
            (&[("all", "from a newer program", 5), ("odd", "withdrawal", 5)], "all", None),
        ] {
            let found = withdrawn(rows, scope).map(|one| one.at.0);
            assert_eq!(found, wanted, "{scope} of {rows:?}");
        }
        assert!(bindings(&[("all", "bounce", 5)]).bounced(&Scope::All));
        assert!(!bindings(&[("all", "bounce", 5), (news, "grant", 6)]).bounced(&news.parse().unwrap()));
    }

    #[test]
    fn a_hash_is_of_the_address_and_the_key() {
        let key = |byte: u8| Key { id: String::new(), bytes: vec![byte; 32] };
        let keys = Keys(vec![key(1), key(2)]);
        let [one, two] = &keys.hashes("ada@x.example")[..] else { panic!("one a key") };
        assert!(one != two && one.len() == 64 && *one == hash(&key(1), "ada@x.example"));
        assert_ne!(*one, hash(&key(1), "bea@x.example"));
    }
}
