//! Who of those in a sequence hears nothing of it. The gate skips their copies one by one when their turns come; whoever
//! enrolls people wants to know before.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::condition::Names;
use attractor_engine::consent::Scope;
use attractor_engine::lead::shown_enrollments;
use attractor_engine::playbook::{Action, Class, Email, Playbook, Step};
use attractor_engine::time::Instant;
use attractor_live::profile::Profile;
use attractor_live::suppression::{AddressBlocks, of_addresses};
use attractor_mail::gate::{self, Skip};
use attractor_store::copies::{self, CopySource, CopyState, MailCopy};
use attractor_store::{Connection, Error, Kind, LeadId, leads};
use serde::Serialize;
use utoipa::ToSchema;

use super::consent::{Barred, barred};
use super::joined::with_predecessors;
use super::whole::WholeLead;
use super::{addresses, find, profiles};
use crate::refusal::Refusal;
use crate::sending::compose::is_budgeted;
use crate::sending::permission::{Barrier, Permission, Receivers};
use crate::view::View;

/// A lead after somebody enrolled it in a sequence
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrolledByHand {
    #[serde(flatten)]
    pub lead: WholeLead,
    pub hearing: SequenceHearing,
}

/// Which e-mails of a sequence reach a lead, by its consent, its address and the rules of its countries as they are now
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct SequenceHearing {
    /// How many e-mails the steps of the sequence ask for, those of both sides of a branch
    pub emails: usize,
    /// Those of them that would be skipped, by reason
    pub skipped: Vec<SkippedEmails>,
    /// All of them would be skipped
    pub nothing: bool,
    /// Those of them that the lead has had before, or of which another copy waits for it
    pub before: Vec<EmailBefore>,
    /// The sequence is in review: its e-mails are drafts until somebody releases them
    pub review: bool,
    /// Copies from elsewhere that wait for the lead and may leave later, or expire, because these e-mails count in its budget
    pub delayed: Vec<DelayedEmail>,
    /// The same in one sentence, in English
    pub sentence: String,
}

/// An e-mail that the lead has had before, or of which another copy waits
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct EmailBefore {
    /// The e-mail's id
    pub email: String,
    /// The e-mail's name
    pub name: String,
    /// How many copies of it the lead has had, from anywhere
    pub had: usize,
    /// How many copies of it wait or are in review, without those of the enrollment that was just made
    pub waiting: usize,
}

/// An e-mail of which copies that wait may leave later
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct DelayedEmail {
    /// The e-mail's id; null of the best unread piece, which is chosen when its turn comes
    pub email: Option<String>,
    /// The e-mail's name; null where `email` is
    pub name: Option<String>,
    /// How many copies of it wait
    pub copies: usize,
}

/// E-mails that would be skipped for one reason
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct SkippedEmails {
    /// `no_address`, `no_consent: subscription:news`, `suppressed: bounce` …
    pub reason: String,
    /// The reason in English
    pub why: String,
    pub emails: usize,
}

/// Those in a sequence who hear nothing of it, by their consent, their addresses and the rules of their countries as they
/// are now
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct UnheardLeads {
    /// By reason, the one of most leads first
    pub reasons: Vec<UnheardReason>,
    pub leads: usize,
    /// The same in one sentence, in English; null where everybody hears something
    pub sentence: Option<String>,
}

/// Leads who hear nothing for one reason
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct UnheardReason {
    /// `no_address`, `no_consent: subscription:news`, `suppressed: bounce` …; of several that of the first e-mail
    pub reason: String,
    /// The reason in English
    pub why: String,
    pub leads: usize,
}

/// Which e-mails of a sequence of its playbook reach a lead.
pub fn of_lead(view: &mut View, called: &str, sequence: &str) -> Result<SequenceHearing, Refusal> {
    let row = find::lead(view.connection, called)?;
    let none = || Error::new(Kind::Other, "no playbook is published yet");
    let under = view.versions()?.of(&row.name).ok_or_else(none)?;
    let playbook = under.program.playbook();
    let asked = AskedEmails::of(playbook, sequence);
    let receivers = view.receivers.clone();
    let found = asked.barred(view.connection, (&receivers, view.now), std::slice::from_ref(&row))?;
    let each: Vec<Option<Barred>> = found.into_values().flatten().collect();
    let others = other_copies(view, &row, sequence)?;
    let delayed = if asked.share_budget(&each) { asked.delayed(&others) } else { Vec::new() };
    let is_reviewed = playbook.sequences.iter().any(|declared| declared.id == sequence && declared.review);
    let all = each.into_iter().flatten().collect();
    let hearing = SequenceHearing::of((asked.names.sequence(sequence), is_reviewed), asked.emails.len(), all);
    Ok(hearing.with(asked.before(&others)).with_delayed(delayed))
}

/// The copies of a lead, without those of its last enrollment in a sequence and without tests.
fn other_copies(view: &mut View, row: &leads::Lead, sequence: &str) -> Result<Vec<MailCopy>, Error> {
    let at = view.now.max(Instant(row.at));
    let tracks = row.enrollments.as_deref().and_then(|text| shown_enrollments(text, at).ok()).unwrap_or_default();
    let track = tracks.iter().find(|track| track.sequence == sequence);
    let began = track.and_then(|track| track.last_began).map(|began| began.0);
    let all = with_predecessors(view.connection, row.id)?;
    let mut found = copies::of_leads(view.connection, &all)?;
    found.retain(|copy| match &copy.source {
        CopySource::Sequence { sequence: of, began: since, .. } => of != sequence || Some(*since) != began,
        CopySource::Test(_) => false,
        CopySource::Broadcast(_) | CopySource::Form(_) | CopySource::Alert(_) => true,
    });
    Ok(found)
}

/// How many of the leads in a sequence of a playbook hear nothing of it. `piece` is how many are asked at once.
pub fn unheard(
    view: &mut View,
    (playbook, sequence): (&Playbook, &str),
    enrolled: &[LeadId],
    piece: usize,
) -> Result<UnheardLeads, Error> {
    let asked = AskedEmails::of(playbook, sequence);
    let receivers = view.receivers.clone();
    let mut first = Vec::new();
    for ids in enrolled.chunks(piece).filter(|_| !asked.emails.is_empty()) {
        let rows = leads::load(view.connection, ids)?;
        let found = asked.barred(view.connection, (&receivers, view.now), &rows)?;
        let nothing = found.into_values().filter(|each| each.iter().all(Option::is_some));
        first.extend(nothing.filter_map(|each| each.into_iter().flatten().next()));
    }
    Ok(UnheardLeads::of(enrolled.len(), first))
}

/// An e-mail that a step asks for.
struct AskedEmail<'p> {
    /// `None`: the best unread piece.
    email: Option<&'p Email>,
    class: Option<Class>,
}

/// The e-mails that the steps of a sequence ask for.
struct AskedEmails<'p> {
    playbook: &'p Playbook,
    names: Names,
    emails: Vec<AskedEmail<'p>>,
}

impl<'p> AskedEmails<'p> {
    fn of(playbook: &'p Playbook, sequence: &str) -> AskedEmails<'p> {
        let mut asked = AskedEmails { playbook, names: Names::of(playbook), emails: Vec::new() };
        for sequence in playbook.sequences.iter().filter(|declared| declared.id == sequence) {
            asked.gather(&sequence.steps);
        }
        asked
    }

    fn gather(&mut self, steps: &'p [Step]) {
        for step in steps {
            match &step.action {
                Action::Send { email, class, .. } => {
                    let class = self.playbook.class_of(email.as_deref(), *class);
                    let is_it = |declared: &&Email| Some(&declared.id) == email.as_ref();
                    self.emails.push(AskedEmail { email: self.playbook.emails.iter().find(is_it), class });
                }
                Action::Branch { then, otherwise, .. } => {
                    self.gather(then);
                    self.gather(otherwise);
                }
                Action::Wait(_) | Action::WaitUntil { .. } | Action::Alert { .. } => {}
            }
        }
    }

    /// Those of the e-mails that a lead with these copies has had, or of which one waits.
    fn before(&self, copies: &[MailCopy]) -> Vec<EmailBefore> {
        let mut seen = BTreeSet::new();
        let ids = self.emails.iter().filter_map(|asked| Some(asked.email?.id.as_str()));
        let one = |id: &str| {
            let of: Vec<&MailCopy> = copies.iter().filter(|copy| copy.email.as_deref() == Some(id)).collect();
            let is_had = |copy: &MailCopy| copy.state == CopyState::Claimed || copy.has_reached();
            let waits = |copy: &MailCopy| matches!(copy.state, CopyState::Draft | CopyState::Waiting);
            EmailBefore {
                email: id.to_owned(),
                name: self.names.email(id).to_owned(),
                had: of.iter().filter(|copy| is_had(copy)).count(),
                waiting: of.iter().filter(|copy| waits(copy) && !is_had(copy)).count(),
            }
        };
        ids.filter(|id| seen.insert(*id)).map(one).filter(|one| one.had + one.waiting > 0).collect()
    }

    /// Whether one of the e-mails that are not kept back counts in the lead's budget; `barred` is as [`Self::barred`] has it.
    fn share_budget(&self, barred: &[Option<Barred>]) -> bool {
        let counts = |(email, barred): (&AskedEmail, &Option<Barred>)| {
            barred.is_none() && email.class != Some(Class::Transactional)
        };
        self.playbook.cadence.is_some() && self.emails.iter().zip(barred).any(counts)
    }

    /// Those of these copies that wait and are of the same budget, by e-mail.
    fn delayed(&self, copies: &[MailCopy]) -> Vec<DelayedEmail> {
        let mut counts: BTreeMap<Option<&str>, usize> = BTreeMap::new();
        for copy in copies.iter().filter(|copy| copy.state == CopyState::Waiting && is_budgeted(copy)) {
            *counts.entry(copy.email.as_deref()).or_default() += 1;
        }
        let one = |(id, copies): (Option<&str>, usize)| DelayedEmail {
            email: id.map(str::to_owned),
            name: id.map(|id| self.names.email(id).to_owned()),
            copies,
        };
        counts.into_iter().map(one).collect()
    }

    /// By lead, what keeps back each of the e-mails; `None` of one that would not be skipped.
    fn barred(
        &self,
        connection: &mut Connection,
        (receivers, now): (&Receivers, Instant),
        rows: &[leads::Lead],
    ) -> Result<BTreeMap<LeadId, Vec<Option<Barred>>>, Error> {
        let profiles = profiles::of(connection, rows)?;
        let known = addresses::of(connection, rows)?;
        let unconfirmed = addresses::unconfirmed(connection, rows, &known, &profiles)?;
        let blocks = of_addresses(connection, &known.values().cloned().collect::<BTreeSet<String>>())?;
        let (nobody, free) = (Profile::default(), AddressBlocks::default());
        let one = |row: &leads::Lead| {
            let email = known.get(&row.id);
            let permission = Permission {
                profile: profiles.get(&row.id).unwrap_or(&nobody),
                blocks: email.and_then(|email| blocks.get(email)).unwrap_or(&free),
                countries: &receivers.countries,
                now,
            };
            let obstacle = receivers.obstacle(email.map(String::as_str), unconfirmed.contains(&row.id));
            let barred = self.emails.iter().map(|email| email.barred(&permission, obstacle, self));
            (row.id, barred.collect())
        };
        Ok(rows.iter().map(one).collect())
    }
}

impl AskedEmail<'_> {
    /// What keeps it back, in the order of the gate as far as it is known before a turn comes.
    fn barred(&self, permission: &Permission, obstacle: Option<Skip>, asked: &AskedEmails) -> Option<Barred> {
        let by = |skip: Skip| Barred { reason: skip.name().to_owned(), why: permission.why_not(skip).to_owned() };
        if self.class != Some(Class::Transactional) {
            return obstacle.map(by).or_else(|| barred(permission, self.email, asked.playbook, &asked.names));
        }
        if obstacle == Some(Skip::NoAddress) {
            return obstacle.map(by);
        }
        let bound = permission.suppression(&Scope::All, gate::Class::Transactional, false).map(Barrier::Suppressed)?;
        Some(Barred { reason: bound.reason(&Scope::All), why: bound.words("consent") })
    }
}

impl SequenceHearing {
    /// Of a sequence by its name, and whether it is in review.
    fn of((name, review): (&str, bool), emails: usize, barred: Vec<Barred>) -> SequenceHearing {
        let count = barred.len();
        let skipped: Vec<SkippedEmails> = counted(barred)
            .into_iter()
            .map(|(Barred { reason, why }, emails)| SkippedEmails { reason, why, emails })
            .collect();
        let why: Vec<&str> = skipped.iter().map(|one| one.why.as_str()).collect();
        let why = why.join("; ");
        let mut sentence = match count {
            _ if emails == 0 => format!("The sequence “{name}” has no e-mails."),
            0 if review => format!(
                "The e-mails of the sequence “{name}” are drafts until somebody releases them. As things are now, nothing \
                 else keeps them from the lead."
            ),
            0 => format!("As things are now, nothing keeps the e-mails of the sequence “{name}” from the lead."),
            all if all == emails => format!("The lead hears nothing of the sequence “{name}”: {why}."),
            1 => format!("Of the {emails} e-mails of the sequence “{name}”, 1 does not reach the lead: {why}."),
            some => format!("Of the {emails} e-mails of the sequence “{name}”, {some} do not reach the lead: {why}."),
        };
        if review && count > 0 {
            sentence += match emails - count {
                0 => "",
                1 => " The other one is a draft until somebody releases it.",
                _ => " The others are drafts until somebody releases them.",
            };
        }
        let nothing = emails > 0 && count == emails;
        SequenceHearing { emails, skipped, nothing, before: Vec::new(), review, delayed: Vec::new(), sentence }
    }

    /// Says also what the lead has had before.
    fn with(mut self, before: Vec<EmailBefore>) -> SequenceHearing {
        let named = |is_meant: fn(&EmailBefore) -> bool| -> String {
            let meant = before.iter().filter(|one| is_meant(one));
            meant.map(|one| format!("“{}”", one.name)).collect::<Vec<_>>().join(", ")
        };
        let (had, waiting) = (named(|one| one.had > 0), named(|one| one.waiting > 0));
        if !had.is_empty() {
            self.sentence += &format!(" The lead has had {had} before.");
        }
        if !waiting.is_empty() {
            self.sentence += &format!(" Another copy of {waiting} waits for the lead.");
        }
        self.before = before;
        self
    }

    /// Says also which copies may leave later.
    fn with_delayed(mut self, delayed: Vec<DelayedEmail>) -> SequenceHearing {
        let copies: usize = delayed.iter().map(|one| one.copies).sum();
        let names: Vec<String> = delayed.iter().filter_map(|one| Some(format!("“{}”", one.name.as_ref()?))).collect();
        let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
        let may = match copies {
            0 => return self,
            1 => format!("1 copy that waits{names} may leave later, or expire before its turn"),
            copies => format!("{copies} copies that wait{names} may leave later, or expire before their turn"),
        };
        self.sentence += &format!(" The e-mails of the sequence count in the lead's budget: {may}.");
        self.delayed = delayed;
        self
    }
}

impl UnheardLeads {
    /// Of so many leads, those who hear nothing, each with the first reason.
    fn of(enrolled: usize, barred: Vec<Barred>) -> UnheardLeads {
        let leads = barred.len();
        let reasons: Vec<UnheardReason> = counted(barred)
            .into_iter()
            .map(|(Barred { reason, why }, leads)| UnheardReason { reason, why, leads })
            .collect();
        let because: Vec<String> = reasons.iter().map(|one| format!("{} because {}", one.leads, one.why)).collect();
        let because = because.join("; ");
        let sentence = match (leads, enrolled) {
            (0, _) => None,
            (1, 1) => Some(format!("The only lead in this sequence hears nothing of it: {because}.")),
            (1, all) => Some(format!("1 of the {all} leads in this sequence hears nothing of it: {because}.")),
            (some, all) => Some(format!("{some} of the {all} leads in this sequence hear nothing of it: {because}.")),
        };
        UnheardLeads { reasons, leads, sentence }
    }
}

/// Each reason with how often it is given, the commonest first.
fn counted(all: Vec<Barred>) -> Vec<(Barred, usize)> {
    let mut counts: Vec<(Barred, usize)> = Vec::new();
    for barred in all {
        match counts.iter_mut().find(|(known, _)| *known == barred) {
            Some((_, count)) => *count += 1,
            None => counts.push((barred, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

#[cfg(test)]
mod tests;
