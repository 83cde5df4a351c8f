//! Answers the gate's questions about a copy (contract §6, the gate).

use std::convert::Infallible;

use attractor_engine::consent::{Scope, State};
use attractor_engine::lead::shown_enrollments;
use attractor_engine::time::{Duration, Instant};
use attractor_live::profile::Profile;
use attractor_live::suppression::{AddressBlocks, ConsentInEffect};
use attractor_live::{Outcome, Unreadable};
use attractor_mail::gate::{self, Class, Decision, Facts, Hold, Skip, Until};
use attractor_mail::message::Mailbox;
use attractor_store::copies::{CopySource, MailCopy};
use attractor_store::deals::DealStatus;

use super::best::asks_for_best;
use super::cadence::{Budget, Levels, free_from, said};
use super::compose::{class, is_counted};
use super::country_rules::{CountryBarrier, CountryRules, LeadCountries};
use super::pace::paced;
use super::permission::Permission;
use super::situation::{KnownLead, Situation};
use super::test_mode::{self, hold_name};
use super::words::cause;
use crate::figures;

/// A copy is looked at again after this time, whatever it waits for: what holds it may end sooner than was known, such as
/// when its lead gets to another stage.
pub(super) const AT_LATEST: Duration = Duration::DAY;
/// A lead is evaluated again within moments.
pub(super) const SOON: Duration = Duration(60_000);

/// What is asked only if no earlier reason decides.
pub struct Late<'a> {
    /// Why nothing is left for a copy of the best piece: while anything is, it has an e-mail by now.
    pub nothing_left: Option<String>,
    /// Why the e-mail cannot be rendered for this lead.
    pub cannot_render: &'a mut dyn FnMut() -> Option<String>,
    /// Until when the copy waits because enough leaves: for [`Hold::WarmUp`] and [`Hold::Rate`].
    pub held_until: &'a mut dyn FnMut(Hold) -> Option<Instant>,
}

/// Why a lead may not be written to by an e-mail, apart from all that holds of every one: the first reason, as it is stored.
pub fn refusal(situation: &Situation, lead: &KnownLead, copy: &MailCopy) -> Option<String> {
    let late = Late { nothing_left: None, cannot_render: &mut || None, held_until: &mut |_| None };
    let mut facts = CopyFacts { situation, lead, copy, late };
    let of_email = [Skip::Suppressed, Skip::NoConsent, Skip::Country, Skip::Fatigue];
    of_email.into_iter().find_map(|reason| match facts.skip(reason) {
        Ok(detail) => Some(named(reason.name(), &detail?)),
    })
}

/// What becomes of a copy that is due; `None` where its lead is gone.
pub fn decide(situation: &Situation, copy: &MailCopy, late: Late<'_>) -> Option<Decision> {
    let lead = situation.lead(copy)?;
    let mut facts = CopyFacts { situation, lead, copy, late };
    match gate::decide(class(copy), &mut facts) {
        Ok(decision) => Some(decision),
    }
}

/// Whether a copy needs consent that its lead has neither given nor withdrawn. Where it leaves all the same, the law of the
/// lead's countries asks for none, as the settings say.
pub fn is_without_consent(situation: &Situation, copy: &MailCopy) -> bool {
    let Some(lead) = situation.lead(copy) else { return false };
    let late = Late { nothing_left: None, cannot_render: &mut || None, held_until: &mut |_| None };
    let facts = CopyFacts { situation, lead, copy, late };
    let needs_consent = matches!(class(copy), Class::Marketing | Class::Answer);
    needs_consent && facts.permission().consent(&facts.scope()).state() == State::Unknown
}

/// Whether a copy to a lead is measured: its class allows that, and the lead agreed to be tracked, or nothing is known of
/// that and all countries in which it may be allow it (contract §6, Tracking 1).
pub fn is_measured(lead: &KnownLead, copy: &MailCopy, rules: &CountryRules) -> bool {
    class(copy).carries_attractors() && may_measure(&lead.profile, &lead.blocks, rules)
}

/// Whether a person may be measured, by copies of a class that can be.
pub fn may_measure(profile: &Profile, blocks: &AddressBlocks, rules: &CountryRules) -> bool {
    match ConsentInEffect::of(&profile.consents, blocks, &Scope::Tracking).state() {
        State::Granted => true,
        State::Withdrawn => false,
        State::Unknown => rules.may_measure(&LeadCountries::of(profile)),
    }
}

/// The outcome of a decision that does not send, to be reported; `is_test` where the test mode holds the copy.
pub fn outcome(decision: Decision, now: Instant, is_test: bool) -> Option<Outcome> {
    match decision {
        Decision::Send => None,
        Decision::Skip { reason, detail } => Some(Outcome::Skipped { reason: named(reason.name(), &detail) }),
        Decision::Hold { reason, until } => {
            // Whoever ends what a person must end recalls the copies that waited for it.
            let until = match until {
                Until::At(at) => Some(Instant(at)),
                Until::Somebody => None,
            };
            let due = until.map(|until| until.min(now + AT_LATEST));
            Some(Outcome::Held { reason: hold_name(reason, is_test).to_owned(), until, due, trouble_since: None })
        }
    }
}

/// A reason as it is stored: its name, and behind a colon what the name does not say.
pub fn named(name: &str, detail: &str) -> String {
    if detail.is_empty() { name.to_owned() } else { format!("{name}: {detail}") }
}

struct CopyFacts<'a, 'l> {
    situation: &'a Situation,
    lead: &'a KnownLead,
    copy: &'a MailCopy,
    late: Late<'l>,
}

impl Facts for CopyFacts<'_, '_> {
    type Error = Infallible;

    fn skip(&mut self, reason: Skip) -> Result<Option<String>, Infallible> {
        let plainly = |applies: bool| applies.then(String::new);
        Ok(match reason {
            Skip::NoAddress => self.no_address(),
            Skip::Staff => plainly(self.lead.is_staff),
            Skip::Suppressed => self.suppressed(),
            Skip::Unconfirmed => plainly(self.lead.is_unconfirmed),
            Skip::NoConsent => self.no_consent(),
            Skip::Buyer => plainly(self.is_buyer()),
            Skip::TooLate => self.too_late(),
            Skip::Duplicate => plainly(self.situation.is_duplicate(self.copy)),
            Skip::NothingLeft => self.late.nothing_left.clone(),
            Skip::CannotRender => (self.late.cannot_render)(),
            Skip::Country => self.refused_by_country(),
            Skip::Fatigue => self.tired_topic(),
        })
    }

    fn hold(&mut self, reason: Hold) -> Result<Option<Until>, Infallible> {
        let now = self.situation.now;
        let until = |at: Option<Instant>| at.filter(|at| *at > now).map(|at| Until::At(at.0));
        Ok(match reason {
            Hold::DomainUnverified => {
                self.situation.domain_wait.holds(self.lead.address.as_deref()).then_some(Until::Somebody)
            }
            Hold::ReEvaluation => until(self.is_evaluated_again().then_some(now + SOON)),
            Hold::AutoReply => until(self.lead.profile.timing.away_until.map(Instant)),
            Hold::Cadence => until(self.free_from()),
            Hold::WarmUp => until((self.late.held_until)(reason)),
            Hold::Rate => until(self.full_until().or_else(|| (self.late.held_until)(reason))),
            // While all sending is paused, the sender does not look at all.
            Hold::Paused => {
                let is_test = test_mode::holds(self.situation, self.copy);
                (is_test || self.situation.is_halted(self.copy)).then_some(Until::Somebody)
            }
            Hold::Window => until(self.situation.hours_begin(self.lead)),
            // The mail server answers behind the gate.
            Hold::Server => None,
        })
    }
}

impl CopyFacts<'_, '_> {
    fn scope(&self) -> Scope {
        let subscription = self.situation.email(self.copy, self.lead).and_then(|email| email.subscription.clone());
        subscription.map_or(Scope::All, Scope::Subscription)
    }

    fn no_address(&self) -> Option<String> {
        let Some(address) = &self.lead.address else { return Some(String::new()) };
        Mailbox::parse(address).err().map(|why| why.to_string())
    }

    /// Where it is too late, what held the copy until then. A hold that ended before is not why: nothing looked at the copy
    /// since.
    fn too_late(&self) -> Option<String> {
        let last = self.copy.not_after.filter(|last| self.situation.now.0 >= *last)?;
        let reason = self.copy.reason.as_deref().filter(|_| self.copy.until.is_none_or(|until| until >= last));
        Some(reason.and_then(cause).unwrap_or_default().to_owned())
    }

    /// The kind of what binds the address, where that keeps the copy back; of several the last.
    fn suppressed(&self) -> Option<String> {
        let class = class(self.copy);
        let scope = if class == Class::Transactional { Scope::All } else { self.scope() };
        // Anybody can fill in a form with an address. Who asked by a link that came to it is the person itself.
        let asked = self.lead.confirmation.as_ref().is_some_and(|confirmation| confirmation.is_own);
        self.permission().suppression(&scope, class, asked).map(|last| last.kind.name().to_owned())
    }

    /// The scope without consent.
    fn no_consent(&self) -> Option<String> {
        let scope = self.scope();
        if asks_for_best(self.copy) {
            return self.is_withdrawn(&scope).then(|| scope.to_string());
        }
        if self.permission().lacking(&scope).is_some() {
            return Some(scope.to_string());
        }
        let topic = self.own_topic().map(|topic| Scope::Topic(topic.to_owned()))?;
        self.is_withdrawn(&topic).then(|| topic.to_string())
    }

    fn is_withdrawn(&self, scope: &Scope) -> bool {
        self.permission().consent(scope).state() == State::Withdrawn
    }

    fn permission(&self) -> Permission<'_> {
        let KnownLead { profile, blocks, .. } = self.lead;
        Permission { profile, blocks, countries: &self.situation.countries, now: self.situation.now }
    }

    /// The rule that forbids it, such as `DE:single_opt_in`.
    fn refused_by_country(&self) -> Option<String> {
        // The law depends on the e-mail, which is chosen later; the setting does not.
        let is_decided =
            |barrier: &CountryBarrier| !asks_for_best(self.copy) || matches!(barrier, CountryBarrier::Setting(_));
        self.permission().forbidden(&self.scope()).filter(is_decided).map(|barrier| barrier.rule())
    }

    fn own_topic(&self) -> Option<&str> {
        self.situation.email(self.copy, self.lead)?.topic.as_deref()
    }

    /// The e-mail's own topic, where the lead has seen it often enough in vain.
    fn tired_topic(&self) -> Option<String> {
        let tired = self.situation.tired(self.lead, self.copy);
        self.own_topic().filter(|topic| tired.contains(*topic)).map(str::to_owned)
    }

    /// A sequence that does not write to buyers ends by itself when a deal begins (contract §4.10, 5 and 13). A copy that
    /// is sent again has left its sequence behind, so it is asked here, as those of broadcasts are.
    fn is_buyer(&self) -> bool {
        let spares_buyers = match &self.copy.source {
            CopySource::Broadcast(_) => true,
            CopySource::Sequence { sequence, began, .. } => {
                self.copy.is_sent_again() && !self.writes_to_buyers(sequence) && !self.is_by_hand(sequence, *began)
            }
            _ => false,
        };
        let lost_lately = self.situation.now.0 - 30 * Duration::DAY.0;
        spares_buyers
            && self.lead.profile.deals.values().any(|deal| match deal.status {
                DealStatus::Lost => deal.at > lost_lately,
                DealStatus::Open | DealStatus::Won => true,
            })
    }

    /// Whether a sequence says so in the version that the lead lives under.
    fn writes_to_buyers(&self, sequence: &str) -> bool {
        let sequences = self.lead.under.as_ref().map(|under| &under.program.playbook().sequences);
        sequences.into_iter().flatten().any(|one| one.id == sequence && one.buyers)
    }

    /// Whether the enrollment goes on that somebody began by hand: such a lead is written to all the same. Of one that has
    /// ended, that is not kept.
    fn is_by_hand(&self, sequence: &str, began: i64) -> bool {
        let stored = self.lead.row.enrollments.as_deref().unwrap_or("[]");
        let tracks = shown_enrollments(stored, self.situation.now).unwrap_or_else(|why| {
            // An enrollment that is not known to be by hand spares the buyer.
            figures::unreadable(&[Unreadable { what: "enrollments", lead: self.lead.row.id, why }]);
            Vec::new()
        });
        let mut own =
            tracks.iter().filter(|track| track.sequence == sequence).filter_map(|track| track.enrollment.as_ref());
        own.any(|enrollment| enrollment.by_hand && enrollment.began.0 == began)
    }

    /// A copy waits for its own lead, that of a broadcast for everybody too.
    fn is_evaluated_again(&self) -> bool {
        let is_broadcast = matches!(self.copy.source, CopySource::Broadcast(_));
        self.lead.state.is_none() || is_broadcast && self.situation.is_re_evaluating
    }

    /// Until when the address gets nothing more that is asked for in its name, as nobody has confirmed it.
    fn full_until(&self) -> Option<Instant> {
        if is_counted(self.copy) { self.lead.full_until(self.situation.now) } else { None }
    }

    fn free_from(&self) -> Option<Instant> {
        free_from(budget(self.situation, self.lead, self.copy), class(self.copy))
    }
}

fn budget<'a>(situation: &Situation, lead: &'a KnownLead, copy: &MailCopy) -> Budget<'a> {
    let cadence = lead.under.as_ref().and_then(|under| under.program.playbook().cadence.as_ref());
    let stage = lead.paced_stage();
    let of_stage = stage.and_then(|(ladder, stage)| situation.stage_levels.get(&paced(ladder, stage)));
    let levels = Levels { stage: of_stage.copied().unwrap_or_default(), lead: lead.level };
    let stage = stage.map(|(_, stage)| stage);
    Budget { cadence, stage, levels, timing: &lead.profile.timing, last_left: situation.last_left(lead, copy) }
}

/// The rule of the cadence that keeps a copy back, in English; `None` where none does.
pub fn cadence_rule(situation: &Situation, copy: &MailCopy) -> Option<String> {
    let lead = situation.lead(copy)?;
    let (_, rule) = budget(situation, lead, copy).rule(class(copy))?;
    Some(said(rule, lead.under.as_ref(), lead.paced_stage()))
}

#[cfg(test)]
mod tests;
