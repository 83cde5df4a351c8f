//! Which version of the playbook copies take their e-mails from.

use std::collections::BTreeSet;
use std::sync::Arc;

use attractor_engine::playbook::Email;
use attractor_engine::program::Program;
use attractor_store::VersionNumber;
use attractor_store::copies::MailCopy;

use super::{KnownLead, Situation};

/// A version, with its program or why that cannot be had.
pub type KnownEdition<'a> = (VersionNumber, Result<&'a Arc<Program>, &'a str>);

impl Situation {
    /// The version that a copy takes its e-mail from: that in which its broadcast started, else the one that its lead lives
    /// under. `None` before one is published; the inner error says why that of a broadcast cannot be used.
    pub fn edition<'a>(&'a self, copy: &MailCopy, lead: &'a KnownLead) -> Option<KnownEdition<'a>> {
        match self.broadcast(copy).and_then(|broadcast| broadcast.edition.as_ref()) {
            Some((version, program)) => Some((*version, program.as_ref().map_err(String::as_str))),
            None => lead.under.as_ref().map(|under| (under.version, Ok(&under.program))),
        }
    }

    /// The e-mail of a copy; `None` where its version has none of that id.
    pub fn email<'a>(&'a self, copy: &MailCopy, lead: &'a KnownLead) -> Option<&'a Email> {
        if let Some(confirmation) = &lead.confirmation {
            return Some(&confirmation.email);
        }
        let (_, program) = self.edition(copy, lead)?;
        program.ok()?.playbook().emails.iter().find(|email| Some(&email.id) == copy.email.as_ref())
    }

    /// The versions that copies may take their e-mails from.
    pub fn editions(&self) -> BTreeSet<VersionNumber> {
        let of_leads = self.leads().filter_map(|lead| lead.under.as_ref()).map(|under| under.version);
        let of_broadcasts = self.broadcasts.values().filter_map(|broadcast| broadcast.edition.as_ref());
        of_leads.chain(of_broadcasts.map(|(version, _)| *version)).collect()
    }
}
