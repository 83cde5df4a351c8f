//! What is to become of a batch of copies that are due: decided, and those that may leave composed. Reads, and changes
//! nothing.

mod samples;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use attractor_engine::playbook;
use attractor_live::{CopyKey, Outcome, Report};
use attractor_mail::frozen::FrozenChoice;
use attractor_mail::gate::{Class, Decision, Hold, Skip};
use attractor_mail::links::AddressHash;
use attractor_mail::message::Mailbox;
use attractor_mail::render::Email;
use attractor_store::copies::MailCopy;
use attractor_store::{Connection, Error, LeadId, VersionNumber, leads};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::best::{Settled, asks_for_best, settled};
use super::compose::{Composed, Installation, Parts, Recipient, class, compose, is_budgeted, is_counted};
use super::disclosure::Disclosure;
use super::emails::Emails;
use super::endings::Claimed;
use super::gate::{Late, decide, is_measured, named, outcome};
use super::limits::Limits;
use super::pace::paced;
use super::permission::Permission;
use super::senders::Senders;
use super::situation::{KnownLead, Rules, Situation};
use super::test_mode::{self, Sample};
use super::texts::ChosenText;
use crate::audience::AudienceQuery;
use crate::machine::Host;
use samples::samples;

/// A copy that may leave.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub copy: MailCopy,
    pub composed: Composed,
    pub versions: CopyVersions,
}

/// The versions of the playbook that a copy was composed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyVersions {
    /// That of its e-mail.
    pub edition: VersionNumber,
    /// That its lead lived under.
    pub lead: VersionNumber,
}

/// What is to become of a batch.
#[derive(Default)]
pub struct Plan {
    /// Those that do not leave now.
    pub reports: Vec<Report>,
    pub candidates: Vec<Candidate>,
    /// Of copies that the test mode holds.
    pub samples: Vec<Sample>,
}

impl Plan {
    /// What it is about.
    pub fn keys(&self) -> Vec<CopyKey> {
        let candidates = self.candidates.iter().map(|one| (one.copy.lead, one.copy.source.clone()));
        candidates.chain(self.reports.iter().map(|report| report.key.clone())).collect()
    }

    /// Composes those that are to leave: rendering and signing is most of a sender's work, so all cores share it.
    fn compose(
        &mut self,
        chosen: Vec<Chosen>,
        situation: &Situation,
        planner: &mut Planner,
        known: (&Senders, &Shown),
    ) {
        let composer = planner.composer;
        let composed = planner.host.each(&chosen, |one| composed(situation, one, composer, known));
        for (Chosen { copy, lead, .. }, composed) in chosen.into_iter().zip(composed) {
            match composed {
                Ok((composed, versions)) => self.candidates.push(Candidate { copy, composed, versions }),
                Err(why) => {
                    planner.limits.give_back(address_of(lead));
                    let reason = named(Skip::CannotRender.name(), &why);
                    self.reports.push(report(&copy, Outcome::Skipped { reason }));
                }
            }
        }
    }
}

/// Copies that a transport has while the next batch is planned, as far as they count for budgets.
#[derive(Debug, Default)]
pub struct UnderWay {
    /// Where they go to, one entry a copy.
    addresses: Vec<String>,
}

impl UnderWay {
    pub fn of(claimed: &[Claimed]) -> UnderWay {
        let budgeted = claimed.iter().map(|one| &one.candidate).filter(|one| is_budgeted(&one.copy));
        UnderWay { addresses: budgeted.map(|one| one.composed.content.address.clone()).collect() }
    }

    /// How many there are.
    pub fn budgeted(&self) -> u64 {
        self.addresses.len() as u64
    }

    /// Whether this cannot be decided before it is known whether they have left.
    fn leaves_open(&self, decision: &Decision) -> bool {
        !self.addresses.is_empty() && matches!(decision, Decision::Hold { reason: Hold::WarmUp, .. })
    }
}

/// What planning needs, beside what is known of the batch.
pub struct Planner<'a> {
    pub emails: &'a mut Emails,
    pub limits: &'a mut Limits,
    /// A new random number.
    pub tag: &'a mut dyn FnMut() -> i64,
    /// At most so many are to leave.
    pub most: usize,
    pub host: &'a Host,
    pub under_way: &'a UnderWay,
    pub composer: Composer<'a>,
}

/// What composing needs, beside what is known of the batch. Copies are composed on several threads.
#[derive(Clone, Copy)]
pub struct Composer<'a> {
    pub installation: &'a Installation,
    /// The hash of an address in canonical form, for links.
    pub hash: &'a (dyn Fn(&str) -> Option<AddressHash> + Sync),
    pub zone: &'a (dyn Fn(&str) -> TimeZone + Sync),
}

/// A copy that is to leave, not composed yet.
struct Chosen<'a> {
    copy: MailCopy,
    choice: Option<FrozenChoice>,
    lead: &'a KnownLead,
    email: Arc<Email>,
    tag: i64,
}

/// Plans a batch. When enough may leave, the rest is left for the next one. Of copies that share the budget of an address, or
/// are counted at it, one leaves, which is the one that has waited longest; the others are looked at again when it has left,
/// as are those to an address that a copy is under way to.
pub fn plan(
    connection: &mut Connection,
    rules: &Rules,
    situation: &Situation,
    copies: Vec<MailCopy>,
    planner: &mut Planner,
) -> Result<Plan, Error> {
    planner.emails.read(connection, situation.editions())?;
    let senders = Senders::read(connection)?;
    let (mut plan, mut chosen, mut tested) = (Plan::default(), Vec::new(), Vec::new());
    let mut taken: BTreeSet<String> = planner.under_way.addresses.iter().cloned().collect();
    let mut shown = Shown::default();
    for copy in in_order(copies) {
        if chosen.len() >= planner.most {
            break;
        }
        let lead = situation.lead(&copy);
        let shares = |lead: &&KnownLead| is_budgeted(&copy) || lead.is_unconfirmed && is_counted(&copy);
        let address = lead.filter(shares).and_then(|lead| lead.address.clone());
        if address.as_ref().is_some_and(|address| taken.contains(address)) {
            continue;
        }
        let Settled { copy, choice, nothing_left } = settled(situation, copy);
        let (decision, compiled) = decided(situation, (&copy, nothing_left), planner.emails, planner.limits);
        let Some(decision) = decision else {
            // Its lead is gone: it comes to nothing.
            plan.reports.push(report(&copy, Outcome::Released));
            continue;
        };
        if planner.under_way.leaves_open(&decision) {
            continue;
        }
        let is_test = test_mode::holds(situation, &copy);
        let is_held = matches!(decision, Decision::Hold { .. });
        if let Some(outcome) = outcome(decision, situation.now, is_test) {
            plan.reports.push(report(&copy, outcome));
            if is_test && is_held {
                tested.push((copy, choice));
            }
            continue;
        }
        let (Some(lead), Some(email)) = (lead, compiled) else { continue };
        shown.read(connection, rules, situation, &email)?;
        planner.limits.take(&copy, address_of(lead));
        taken.extend(address);
        chosen.push(Chosen { copy, choice, lead, email, tag: (planner.tag)() });
    }
    plan.samples = samples(connection, (rules, situation), tested, planner, (&senders, &mut shown))?;
    plan.compose(chosen, situation, planner, (&senders, &shown));
    Ok(plan)
}

/// In canonical form; empty where it has none.
fn address_of(lead: &KnownLead) -> &str {
    lead.address.as_deref().unwrap_or_default()
}

/// By rank, then by how long they have waited.
fn in_order(mut copies: Vec<MailCopy>) -> Vec<MailCopy> {
    copies.sort_by_key(|copy| (copy.rank(), copy.asked_at, copy.lead));
    copies
}

/// A report about a copy that waits.
fn report(copy: &MailCopy, outcome: Outcome) -> Report {
    let key: CopyKey = (copy.lead, copy.source.clone());
    Report { key, claim: None, outcome, messages: Vec::new() }
}

/// The decision about a copy, and its e-mail compiled where that was asked for and is possible. Beside the copy: why nothing
/// is left for it, where it is one of the best piece.
pub(super) fn decided(
    situation: &Situation,
    (copy, nothing_left): (&MailCopy, Option<String>),
    emails: &mut Emails,
    limits: &mut Limits,
) -> (Option<Decision>, Option<Arc<Email>>) {
    let address = situation.lead(copy).and_then(|lead| lead.address.as_deref()).unwrap_or_default();
    let late = Late {
        nothing_left,
        // Of the best piece nothing is left, or its lead is evaluated again.
        cannot_render: &mut || compiled(situation, copy, emails).err().filter(|_| !asks_for_best(copy)),
        held_until: &mut |hold| limits.held_until(hold, copy, address, situation.now),
    };
    let decision = decide(situation, copy, late);
    if decision != Some(Decision::Send) {
        return (decision, None);
    }
    // The gate does not ask it of what a lead asked for itself.
    match compiled(situation, copy, emails) {
        Ok(email) => (decision, Some(email)),
        Err(detail) => (Some(Decision::Skip { reason: Skip::CannotRender, detail }), None),
    }
}

/// The e-mail of a copy, as its lead gets it; or why it cannot be had.
fn compiled(situation: &Situation, copy: &MailCopy, emails: &mut Emails) -> Result<Arc<Email>, String> {
    let lead = situation.lead(copy).ok_or("its lead is gone")?;
    let (version, text, email) = text_of(situation, copy, lead)?;
    emails.compiled(version, &email.id, &text, class(copy) != Class::Transactional)
}

/// The text of a copy's e-mail that its lead gets, with the version that it is of and the e-mail.
fn text_of<'a>(
    situation: &'a Situation,
    copy: &MailCopy,
    lead: &'a KnownLead,
) -> Result<(VersionNumber, ChosenText<'a>, &'a playbook::Email), String> {
    let (version, program) = situation.edition(copy, lead).ok_or("no playbook is published yet")?;
    let program = program?;
    let email = situation.email(copy, lead).ok_or_else(|| {
        let id = copy.email.as_deref().unwrap_or_default();
        format!("version {version} of the playbook has no e-mail `{id}`")
    })?;
    let mut text = match &lead.confirmation {
        Some(confirmation) => ChosenText::of_form(email, &confirmation.language),
        None => lead.disclosure().text(program.playbook(), email, &lead.row.name),
    };
    text.subject = situation.subject(copy, text.language).unwrap_or(text.subject);
    Ok((version, text, email))
}

fn composed(
    situation: &Situation,
    chosen: &Chosen,
    composer: Composer,
    (senders, shown): (&Senders, &Shown),
) -> Result<(Composed, CopyVersions), String> {
    let Chosen { copy, lead, .. } = chosen;
    let under = lead.under.as_ref().ok_or("no playbook is published yet")?;
    let address = address_of(lead);
    let mailbox = Mailbox::parse(address).map_err(|why| why.to_string())?;
    let hash = (composer.hash)(address).ok_or("the keys of addresses are missing")?;
    let measured = is_measured(lead, copy, &situation.countries);
    made_of(situation, chosen, composer, shown, |parts, disclosure| {
        let profile = disclosure.profile();
        let mailbox = mailbox.named(&profile.display_name().unwrap_or_default());
        let sender = disclosure.sender(senders, &composer.installation.sender, parts.email);
        let recipient = Recipient { profile, mailbox, address, hash, measured, sender };
        let versions = CopyVersions { edition: parts.version, lead: under.version };
        Ok((compose(parts, &recipient, composer.installation)?, versions))
    })
}

/// Works with all that a copy is made of.
fn made_of<T>(
    situation: &Situation,
    Chosen { copy, choice, lead, email: compiled, tag }: &Chosen,
    composer: Composer,
    shown: &Shown,
    work: impl FnOnce(&Parts, &Disclosure) -> Result<T, String>,
) -> Result<T, String> {
    let (edition, text, email) = text_of(situation, copy, lead)?;
    let under = lead.under.as_ref().ok_or("no playbook is published yet")?;
    let disclosure = lead.disclosure();
    let permission = Permission {
        profile: &lead.profile,
        blocks: &lead.blocks,
        countries: &situation.countries,
        now: situation.now,
    };
    let parts = Parts {
        copy,
        class: class(copy),
        version: edition,
        program: &under.program,
        email,
        text,
        compiled,
        tired: situation.tired(lead, copy),
        confirmation: lead.confirmation.as_ref(),
        choice: choice.clone(),
        stage: lead.paced_stage().map(|(ladder, stage)| paced(ladder, stage)),
        reason: permission.footer_reason(class(copy), email.subscription.as_deref()),
        shown: &|condition| disclosure.shows(shown.holds(condition, lead.row.id)),
        zone: (composer.zone)(under.program.zone()),
        tag: *tag,
        now: situation.now,
    };
    work(&parts, &disclosure)
}

/// Of which leads of a batch the conditions of blocks hold.
#[derive(Default)]
struct Shown(BTreeMap<String, BTreeSet<LeadId>>);

impl Shown {
    /// Asks the conditions of an e-mail that were not asked yet. One that means nothing holds of nobody.
    fn read(
        &mut self,
        connection: &mut Connection,
        rules: &Rules,
        situation: &Situation,
        email: &Email,
    ) -> Result<(), Error> {
        for condition in email.conditions() {
            let text = condition.to_string();
            if self.0.contains_key(&text) {
                continue;
            }
            let mut holds = BTreeSet::new();
            if let Ok(mut query) = AudienceQuery::read(rules.programs.now(connection)?, &text) {
                let rows: Vec<leads::Lead> = situation.leads().map(|lead| lead.row.clone()).collect();
                let found = query.of(connection, &rows, situation.now)?;
                holds = rows.iter().zip(found).filter(|(_, holds)| *holds).map(|(row, _)| row.id).collect();
            }
            self.0.insert(text, holds);
        }
        Ok(())
    }

    fn holds(&self, condition: &Value, lead: LeadId) -> bool {
        self.0.get(&condition.to_string()).is_some_and(|leads| leads.contains(&lead))
    }
}

#[cfg(test)]
mod tests {
    use attractor_engine::time::Instant;
    use attractor_live::NewContent;
    use attractor_mail::gate::Until;
    use attractor_store::ClaimNumber;

    use super::*;
    use crate::sending::testing::copy;
    use crate::sending::transport::OutgoingMail;

    fn claimed(class: &str) -> Claimed {
        let content = NewContent {
            tag: 1,
            address: format!("{class}@people.test"),
            link_set: (String::new(), String::new()),
            document: String::new(),
        };
        let mail = OutgoingMail {
            from: String::new(),
            to: String::new(),
            needs_smtputf8: false,
            bytes: Vec::new(),
            made_at: Instant(5),
            tag: 1,
        };
        let composed = Composed { content, mail, measured: false, shows: BTreeSet::new() };
        let copy = MailCopy { class: class.into(), ..copy("offer") };
        let versions = CopyVersions { edition: VersionNumber(1), lead: VersionNumber(1) };
        Claimed { candidate: Candidate { copy, composed, versions }, number: ClaimNumber::first(1) }
    }

    #[test]
    fn copies_under_way_leave_open_only_whether_the_day_has_room() {
        let hold = |reason| Decision::Hold { reason, until: Until::Somebody };
        let mixed = vec!["marketing", "transactional", "answer"];
        for (classes, budgeted) in [(vec![], 0), (vec!["transactional"], 0), (mixed, 2)] {
            let claimed: Vec<Claimed> = classes.into_iter().map(claimed).collect();
            let under_way = UnderWay::of(&claimed);
            assert_eq!(under_way.budgeted(), budgeted);
            assert_eq!(under_way.leaves_open(&hold(Hold::WarmUp)), budgeted > 0);
            assert!(!under_way.leaves_open(&hold(Hold::Rate)) && !under_way.leaves_open(&Decision::Send));
        }
    }
}
