//! A lead of whom nothing but its address is known.

use attractor_store::{IdentityKind, VersionNumber};

use super::*;
use crate::sending::country_rules::testing::by_default;

pub fn known() -> KnownLead {
    let row = leads::Lead {
        id: LeadId(414),
        name: "ada".into(),
        kind: IdentityKind::User,
        sources: "[]".into(),
        email: None,
        first_at: None,
        at: 0,
        seen: None,
        wake: None,
        version: VersionNumber(1),
        head: Vec::new(),
        enrollments: None,
        score: None,
        became: None,
    };
    KnownLead {
        row,
        profile: Profile::default(),
        address: Some("ada@people.example".into()),
        is_unconfirmed: false,
        is_staff: false,
        blocks: AddressBlocks::default(),
        under: None,
        state: Some(Lead::new("ada")),
        last_left: None,
        requested: Vec::new(),
        shown: Vec::new(),
        tired: BTreeSet::new(),
        level: 0,
        confirmation: None,
    }
}

/// That lead alone, in 2027.
pub fn situation(lead: KnownLead) -> Situation {
    Situation {
        now: Instant(1_800_000_000_000),
        domain_wait: DomainWait::Nobody,
        is_re_evaluating: false,
        is_test: false,
        countries: Arc::new(by_default()),
        hours: SendingHours::default(),
        zones: TimeZoneDatabase::bundled(),
        leads: BTreeMap::from([(lead.row.id, lead)]),
        confirming: BTreeMap::new(),
        duplicates: BTreeSet::new(),
        beside: BTreeMap::new(),
        broadcasts: BTreeMap::new(),
        library: Library::default(),
        stage_levels: BTreeMap::new(),
    }
}
