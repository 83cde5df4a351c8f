//! A lead as the lane holds it: its row in the store, with the engine's state read.

use std::sync::Arc;

use attractor_engine::lead::Lead;
use attractor_engine::misread::said_of;
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_store::leads;
use attractor_store::{IdentityKind, LeadId, VersionNumber};

use crate::identity::slice::Slice;

#[derive(Clone)]
pub struct HeldLead {
    pub id: LeadId,
    pub name: String,
    /// The kind of the identity whose text the name is.
    pub kind: IdentityKind,
    pub sources: Vec<Slice>,
    pub email: Option<String>,
    /// Its row among the wake-ups.
    pub wake: Option<i64>,
    pub version: VersionNumber,
    /// The state under `version`; `None` where it must be rebuilt.
    pub lead: Option<Lead>,
    pub enrollments: Option<String>,
    /// Whether the store has its row, or will have it by this transaction.
    pub stored: bool,
    pub became: Option<LeadId>,
}

impl HeldLead {
    pub fn new(id: LeadId, kind: IdentityKind, name: &str, version: VersionNumber) -> HeldLead {
        HeldLead {
            id,
            name: name.to_owned(),
            kind,
            sources: Vec::new(),
            email: None,
            wake: None,
            version,
            lead: Some(Lead::new(name)),
            enrollments: None,
            stored: false,
            became: None,
        }
    }

    /// A lead's row read, and what is wrong with its sources, which are empty then.
    pub fn of(row: leads::Lead, program: &Program) -> (HeldLead, Option<String>) {
        let sources: Result<Vec<Slice>, _> = serde_json::from_str(&row.sources);
        let damage = sources.as_ref().err().map(said_of);
        let held = HeldLead {
            lead: Lead::load(&row.head, program).filter(|lead| lead.name() == row.name),
            sources: sources.unwrap_or_default(),
            id: row.id,
            name: row.name,
            kind: row.kind,
            email: row.email,
            wake: row.wake,
            version: row.version,
            enrollments: row.enrollments,
            stored: true,
            became: row.became,
        };
        (held, damage)
    }

    pub fn row(&self, program: &Arc<Program>) -> leads::Lead {
        let lead = self.lead.as_ref();
        let at = lead.map_or(Instant(i64::MIN), Lead::at);
        leads::Lead {
            id: self.id,
            name: self.name.clone(),
            kind: self.kind,
            sources: serde_json::to_string(&self.sources).unwrap_or_default(),
            email: self.email.clone(),
            first_at: lead.and_then(Lead::first).map(|at| at.0),
            at: at.0,
            seen: lead.and_then(Lead::last_event).map(|at| at.0),
            wake: self.wake,
            version: self.version,
            head: lead.map(|lead| lead.store(program)).unwrap_or_default(),
            enrollments: self.enrollments.clone(),
            score: lead.filter(|_| !program.playbook().scores.is_empty()).map(|lead| lead.score(program, 0, at)),
            became: self.became,
        }
    }
}
