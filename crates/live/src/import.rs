//! What an import brings, and how far it is: both in one transaction, so that neither is ever without the other.

use std::collections::BTreeSet;

use attractor_engine::address::canonical;
use attractor_engine::consent::Scope;
use attractor_engine::message::{Message, Wanted};
use attractor_engine::time::Instant;
use attractor_engine::vocabulary::kind;
use attractor_store::moves::MoveReason;
use attractor_store::{Connection, Error};

use crate::again::{Assertion, take_asserted};
use crate::arrived::{Arrived, Taken};
use crate::lane::Lane;
use crate::lead::why::Why;
use crate::sending::suppression::of_addresses;
use crate::work::Work;

impl Lane {
    /// Takes messages in as `take_because` does, for the reason `import`. Each is
    /// taken as it asserts. `note` hears what became of each and how many
    /// messages of consent took no effect because their address is suppressed. What it writes is stored with them or not
    /// at all.
    pub fn take_import<T>(
        &mut self,
        arrived: &[Arrived],
        assertions: &[Assertion],
        now: Instant,
        note: impl FnOnce(&mut Connection, &[Taken], u64) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let take = |work: &mut Work| take_asserted(work, arrived, assertions, &Why::reason(MoveReason::Import));
        self.work_and(now, take, |work, taken| {
            let suppressed = count_suppressed(work, arrived, &taken)?;
            note(work.connection, &taken, suppressed)
        })
    }
}

/// How many of these messages, being new, tell of consent to an address that is suppressed in that scope.
fn count_suppressed(work: &mut Work, arrived: &[Arrived], taken: &[Taken]) -> Result<u64, Error> {
    let mut consents: Vec<(String, Scope)> = Vec::new();
    for (arrived, taken) in arrived.iter().zip(taken) {
        let Taken::New { lead } = taken else { continue };
        // Few messages are worth being read again.
        if !arrived.json.contains(kind::SUBSCRIBED) {
            continue;
        }
        let Ok(message) = Message::parse(&arrived.json, &Wanted::Everything) else { continue };
        let email = work.leads.get(*lead).and_then(|held| canonical(held.email.as_deref()?));
        let is_consent = message.event.as_deref() == Some(kind::SUBSCRIBED);
        consents.extend(email.filter(|_| is_consent).map(|email| (email, Scope::of(&message))));
    }
    if consents.is_empty() {
        return Ok(0);
    }
    let addresses: BTreeSet<String> = consents.iter().map(|(email, _)| email.clone()).collect();
    let known = of_addresses(work.connection, &addresses)?;
    let is_bound = |email: &str, scope: &Scope| known.get(email).is_some_and(|of| of.in_scope(scope).next().is_some());
    Ok(consents.iter().filter(|(email, scope)| is_bound(email, scope)).count() as u64)
}
