//! What blocks an address beyond its lead (contract §2, Consent 7): withdrawals, complaints, permanent bounces and
//! erasures. They are kept under a salted hash of the address and outlive erasure, undo and imports. Only a later live
//! grant of the same scope at the same address ends them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use attractor_engine::address::{canonical, canonical_value};
use attractor_engine::consent::{Change, Consents, Heard, InEffect, Scope, State};
use attractor_engine::time::Instant;
pub use attractor_store::suppressions::SuppressionKind;
use attractor_store::suppressions::{self, HashKey, SuppressionEffect, SuppressionRow};
use attractor_store::{Connection, Error, IdentityKind, Received, erasures};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::sending::erased;

/// What an event does to the address that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressBlock {
    /// In its canonical form; empty where none is known yet.
    pub address: String,
    pub scope: Scope,
    /// `None`: a live grant, which ends what is older in its scope.
    pub kind: Option<SuppressionKind>,
    pub at: Instant,
    /// The message that it is of: of several at one instant, the one that was received last counts.
    pub received: Received,
}

impl AddressBlock {
    /// What a change of consent does to the address to which the copy went, otherwise to the lead's `address` then.
    /// A grant made by hand ends nothing: only the person's own act does.
    pub fn of(change: Change, heard: Heard, received: Received, address: Option<String>) -> Option<AddressBlock> {
        let by_hand = heard.message.property("by").is_some();
        let (scope, kind) = match change {
            Change::Granted(_) if by_hand => return None,
            Change::Granted(scope) => (scope, None),
            Change::Withdrawn(scope) => (scope, Some(SuppressionKind::Withdrawal)),
            Change::Complained => (Scope::All, Some(SuppressionKind::Complaint)),
            Change::Bounced => (Scope::All, Some(SuppressionKind::Bounce)),
        };
        let of_copy = heard.message.property("email").filter(|_| kind.is_some()).and_then(canonical_value);
        let address = of_copy.or(address).unwrap_or_default();
        Some(AddressBlock { address, scope, kind, at: heard.at, received })
    }
}

/// One reason for which an address is blocked in a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    pub scope: Scope,
    pub kind: SuppressionKind,
    pub at: Instant,
}

/// Everything that is known of one address.
#[derive(Clone, Debug, Default)]
pub struct AddressBlocks {
    grants: BTreeMap<Scope, Instant>,
    blocks: BTreeMap<(Scope, SuppressionKind), Instant>,
    unknown: bool,
}

impl AddressBlocks {
    fn add(&mut self, row: &SuppressionRow) {
        let at = Instant(row.at);
        // A scope of a newer program, which a restore brought, is not understood: if it blocks, it blocks everything.
        let scope = row.scope.parse::<Scope>().ok();
        let known = match (&row.effect, scope) {
            (SuppressionEffect::Grants, Some(scope)) => self.grants.entry(scope).or_insert(at),
            (SuppressionEffect::Blocks(kind), Some(scope)) => self.blocks.entry((scope, *kind)).or_insert(at),
            // An address that a newer program blocks, for a reason or in a scope that is not known here, is not written to.
            (SuppressionEffect::Unknown(_), _) | (SuppressionEffect::Blocks(_), None) => {
                self.unknown = true;
                self.blocks.entry((Scope::All, SuppressionKind::Bounce)).or_insert(at)
            }
            // What it allows is not known, so it ends no block.
            (SuppressionEffect::Grants, None) => return,
        };
        *known = at.max(*known);
    }

    /// Whether something blocks the address whose kind or scope this program does not know.
    pub fn has_unknown(&self) -> bool {
        self.unknown
    }

    /// What was known by an instant.
    pub fn until(mut self, at: Instant) -> AddressBlocks {
        self.grants.retain(|_, granted| *granted <= at);
        self.blocks.retain(|_, blocked| *blocked <= at);
        self
    }

    /// The reasons that are not ended, each scope by itself.
    pub fn all(&self) -> impl Iterator<Item = Suppression> {
        let is_ended = |scope: &Scope, at: Instant| self.grants.get(scope).is_some_and(|grant| *grant > at);
        let open = self.blocks.iter().filter(move |((scope, _), at)| !is_ended(scope, **at));
        open.map(|((scope, kind), at)| Suppression { scope: scope.clone(), kind: *kind, at: *at })
    }

    /// What blocks the address in a scope: of the scope itself, or of all unless the scope was granted later.
    pub fn in_scope(&self, scope: &Scope) -> impl Iterator<Item = Suppression> {
        let granted = self.grants.get(scope).copied();
        let is_part = !matches!(scope, Scope::All | Scope::Tracking);
        self.all().filter(move |one| {
            one.scope == *scope || is_part && one.scope == Scope::All && granted.is_none_or(|granted| granted <= one.at)
        })
    }

    /// The last withdrawal, complaint or erasure in a scope; a bounce says nothing of what somebody wants.
    pub fn withdrawn(&self, scope: &Scope) -> Option<Suppression> {
        self.in_scope(scope).filter(|one| one.kind != SuppressionKind::Bounce).max_by_key(|one| one.at)
    }

    /// Whether copies to the address came back for good.
    pub fn bounced(&self, scope: &Scope) -> bool {
        self.in_scope(scope).any(|one| one.kind == SuppressionKind::Bounce)
    }
}

/// Consent of a lead in a scope: what its own events say, unless its address is blocked.
pub enum ConsentInEffect<'e> {
    Own(InEffect<'e>),
    Address(Suppression),
}

impl<'e> ConsentInEffect<'e> {
    pub fn of(consents: &'e Consents, address: &AddressBlocks, scope: &Scope) -> ConsentInEffect<'e> {
        let own = consents.in_effect_if(scope, address.bounced(scope));
        match address.withdrawn(scope) {
            Some(block) if own.state != State::Withdrawn => ConsentInEffect::Address(block),
            _ => ConsentInEffect::Own(own),
        }
    }

    pub fn state(&self) -> State {
        match self {
            ConsentInEffect::Own(own) => own.state,
            ConsentInEffect::Address(_) => State::Withdrawn,
        }
    }
}

/// The keys that addresses are hashed with; the first one is for new rows.
#[derive(Clone)]
pub struct HashKeys(Vec<HashKey>);

impl HashKeys {
    pub fn read(connection: &mut Connection) -> Result<HashKeys, Error> {
        suppressions::keys(connection).map(HashKeys)
    }

    /// The hashes of a text, such as a canonical address, one a key.
    pub fn hashes(&self, text: &str) -> Vec<String> {
        self.0.iter().map(|key| hash(key, text)).collect()
    }
}

fn hash(key: &HashKey, text: &str) -> String {
    let mut hash = String::with_capacity(64);
    // A MAC takes keys of any length.
    let Ok(mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(&key.bytes) else { return hash };
    for byte in mac.chain_update(text.as_bytes()).finalize().into_bytes() {
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}

/// What is known of addresses in their canonical form; those of which nothing is known are left out.
pub fn of_addresses(
    connection: &mut Connection,
    addresses: &BTreeSet<String>,
) -> Result<BTreeMap<String, AddressBlocks>, Error> {
    let keys = HashKeys::read(connection)?;
    let mut by_hash: BTreeMap<String, &String> = BTreeMap::new();
    for address in addresses {
        by_hash.extend(keys.hashes(address).into_iter().map(|hash| (hash, address)));
    }
    let mut found: BTreeMap<String, AddressBlocks> = BTreeMap::new();
    let hashes: Vec<String> = by_hash.keys().cloned().collect();
    for row in suppressions::of_hashes(connection, &hashes)? {
        found.entry(by_hash[&row.hash].clone()).or_default().add(&row);
    }
    // Erasures of earlier versions are listed nowhere else.
    let mut erased: BTreeMap<String, &String> = BTreeMap::new();
    for address in addresses {
        let hashes = erased::hashes(&keys, IdentityKind::Email, address);
        erased.extend(hashes.into_iter().map(|hash| (hash, address)));
    }
    let hashes: Vec<String> = erased.keys().cloned().collect();
    for erasure in erasures::of_hashes(connection, &hashes)? {
        let blocks = found.entry(erased[&erasure.hash].clone()).or_default();
        let (scope, effect) = (Scope::All.to_string(), SuppressionEffect::Blocks(SuppressionKind::Erasure));
        blocks.add(&SuppressionRow { hash: erasure.hash, scope, effect, at: erasure.at });
    }
    Ok(found)
}

/// What is known of one address, however it is written; nothing of what is not an address.
pub fn of_address(connection: &mut Connection, address: &str) -> Result<AddressBlocks, Error> {
    let Some(address) = canonical(address) else { return Ok(AddressBlocks::default()) };
    Ok(of_addresses(connection, &[address.clone()].into())?.remove(&address).unwrap_or_default())
}

/// Whether an address may not be written to in a scope, and why: what a sender asks before each copy.
pub fn suppressed(connection: &mut Connection, address: &str, scope: &Scope) -> Result<Option<Suppression>, Error> {
    Ok(of_address(connection, address)?.in_scope(scope).max_by_key(|one| one.at))
}

/// What is pending of one scope of one address.
#[derive(Default)]
struct PendingBlocks {
    grant: Option<Instant>,
    blocks: BTreeMap<SuppressionKind, Instant>,
}

impl PendingBlocks {
    fn add(&mut self, block: &AddressBlock) {
        match block.kind {
            None => {
                self.grant = self.grant.max(Some(block.at));
                self.blocks.retain(|_, at| *at > block.at);
            }
            Some(kind) => {
                let known = self.blocks.entry(kind).or_insert(block.at);
                *known = block.at.max(*known);
            }
        }
    }
}

/// Writes the blocks of a transaction, under the hashes of their addresses.
pub struct BlockWriter<'b> {
    /// From memory; read where they are needed, and made where there are none.
    pub keys: &'b mut Option<HashKeys>,
    pub now: Instant,
}

impl BlockWriter<'_> {
    /// Writes what was gathered of addresses, lead by lead, in the order of events.
    pub fn write(&mut self, connection: &mut Connection, gathered: &[AddressBlock]) -> Result<(), Error> {
        if gathered.is_empty() {
            return Ok(());
        }
        let mut gathered: Vec<&AddressBlock> = gathered.iter().collect();
        gathered.sort_by_key(|block| (block.at, block.received));
        let mut pending: BTreeMap<(&str, &Scope), PendingBlocks> = BTreeMap::new();
        gathered.into_iter().for_each(|block| pending.entry((&block.address, &block.scope)).or_default().add(block));
        let keys = self.keys(connection)?;
        let (mut ended, mut rows) = (Vec::new(), Vec::new());
        for ((address, scope), pending) in pending {
            let (hashes, scope) = (keys.hashes(address), scope.to_string());
            let row = |hash: &String, effect: SuppressionEffect, at: Instant| SuppressionRow {
                hash: hash.clone(),
                scope: scope.clone(),
                effect,
                at: at.0,
            };
            if let Some(at) = pending.grant {
                ended.extend(hashes.iter().map(|hash| (hash.clone(), scope.clone(), at.0)));
                rows.extend(hashes.iter().map(|hash| row(hash, SuppressionEffect::Grants, at)));
            }
            for (kind, at) in pending.blocks {
                rows.extend(hashes.first().map(|hash| row(hash, SuppressionEffect::Blocks(kind), at)));
            }
        }
        suppressions::end(connection, &ended)?;
        suppressions::note(connection, &rows)
    }

    /// Blocks the addresses of an erased person; grants there are forgotten.
    pub fn erase(&mut self, connection: &mut Connection, addresses: &[String]) -> Result<(), Error> {
        let keys = self.keys(connection)?;
        let hashes: Vec<String> = addresses.iter().flat_map(|address| keys.hashes(address)).collect();
        suppressions::forget_grants(connection, &hashes)?;
        let block = |address: &String| AddressBlock {
            address: address.clone(),
            scope: Scope::All,
            kind: Some(SuppressionKind::Erasure),
            at: self.now,
            received: Received::MAX,
        };
        self.write(connection, &addresses.iter().map(block).collect::<Vec<_>>())
    }

    /// The keys, from memory, else from the store; the first one is made where there is none.
    pub fn keys(&mut self, connection: &mut Connection) -> Result<HashKeys, Error> {
        if let Some(keys) = self.keys.as_ref() {
            return Ok(keys.clone());
        }
        let mut keys = HashKeys::read(connection)?;
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

    fn blocks(rows: &[(&str, &str, i64)]) -> AddressBlocks {
        let mut blocks = AddressBlocks::default();
        for (scope, kind, at) in rows {
            let effect = SuppressionKind::named(kind).map_or(SuppressionEffect::Grants, SuppressionEffect::Blocks);
            blocks.add(&SuppressionRow { hash: String::new(), scope: (*scope).to_owned(), effect, at: *at });
        }
        blocks
    }

    #[test]
    fn what_is_not_known_stops_everything() {
        let of_kind = || SuppressionEffect::Unknown("objection".into());
        for (scope, effect) in [
            ("subscription:news", of_kind()),
            ("of-a-newer-program", of_kind()),
            ("of-a-newer-program", SuppressionEffect::Blocks(SuppressionKind::Withdrawal)),
        ] {
            let mut unknown = AddressBlocks::default();
            unknown.add(&SuppressionRow { hash: String::new(), scope: scope.into(), effect, at: 5 });
            assert!(unknown.bounced(&Scope::All) && unknown.bounced(&Scope::Topic("shirts".into())), "{scope}");
            assert!(unknown.has_unknown());
        }
        assert!(!blocks(&[("all", "bounce", 5)]).has_unknown());
        let granted = blocks(&[("all", "withdrawal", 5), ("of-a-newer-program", "grant", 6)]);
        assert!(granted.withdrawn(&Scope::All).is_some() && !granted.has_unknown(), "a grant of it ends nothing");
    }

    #[test]
    fn only_a_later_grant_of_the_scope_ends_a_block() {
        let withdrawn = |rows: &[(&str, &str, i64)], scope: &str| blocks(rows).withdrawn(&scope.parse().unwrap());
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
        assert!(blocks(&[("all", "bounce", 5)]).bounced(&Scope::All));
        assert!(!blocks(&[("all", "bounce", 5), (news, "grant", 6)]).bounced(&news.parse().unwrap()));
    }

    #[test]
    fn a_hash_is_of_the_address_and_the_key() {
        let key = |byte: u8| HashKey { id: String::new(), bytes: vec![byte; 32] };
        let keys = HashKeys(vec![key(1), key(2)]);
        let [one, two] = &keys.hashes("ada@x.example")[..] else { panic!("one a key") };
        assert!(one != two && one.len() == 64 && *one == hash(&key(1), "ada@x.example"));
        assert_ne!(*one, hash(&key(1), "bea@x.example"));
    }
}
