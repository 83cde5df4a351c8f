//! How many copies may leave now, which the sender keeps in mind from batch to batch: the rates of providers, and the warm-up.

use attractor_engine::time::Instant;
use attractor_mail::gate::Hold;
use attractor_mail::reputation::Usage;
use attractor_store::copies::{MailCopy, Rank};

use super::compose::is_budgeted;
use super::rates::{QueuedCopy, Rates};
use super::sender::Sender;
use super::situation::Rules;
use super::warm_up::WarmUp;
use crate::settings::Settings;

/// None where mails do not leave this machine.
#[derive(Debug, Default)]
pub struct Limits {
    rates: Option<Rates>,
    warm_up: Option<WarmUp>,
}

impl Limits {
    /// Of a sender whose mails leave this machine. A domain for trying things out has no name to lose.
    pub fn of(settings: &Settings, sender: &Sender, now: Instant) -> Limits {
        let warms_up = settings.warm_up && !sender.is_for_trying_out();
        Limits { rates: Some(Rates::of(settings, now)), warm_up: warms_up.then(|| WarmUp::new(Usage::default(), now)) }
    }

    /// Of whoever sends by these rules.
    pub fn of_rules(settings: &Settings, rules: &Rules, now: Instant) -> Limits {
        if rules.is_real { Limits::of(settings, &rules.sender, now) } else { Limits::default() }
    }

    /// A batch begins; `usage` is what the domain sent so far.
    pub fn begin(&mut self, usage: Usage, now: Instant) {
        if let Some(warm_up) = &mut self.warm_up {
            warm_up.begin(usage, now);
        }
    }

    /// The same while copies are under way that are not counted yet: so many of class marketing or answer.
    pub fn begin_beside(&mut self, usage: Usage, under_way: u64, now: Instant) {
        if let Some(warm_up) = &mut self.warm_up {
            warm_up.begin_beside(usage, under_way, now);
        }
    }

    /// Until when a copy to an address waits for this reason; `None` where it may leave now.
    pub fn held_until(&mut self, hold: Hold, copy: &MailCopy, address: &str, now: Instant) -> Option<Instant> {
        match hold {
            Hold::WarmUp => self.warm_up.as_mut()?.held_until(copy.rank()),
            Hold::Rate => self.rates.as_mut()?.held_until(domain(address), queued(copy), now),
            _ => None,
        }
    }

    /// When a copy of a broadcast that may leave to a domain at an instant would leave, behind all that were asked about
    /// before: an estimate, as if nothing else were sent.
    pub fn foresee(&mut self, domain: &str, at: Instant) -> Instant {
        let rank = Rank::Broadcast;
        let at = self.warm_up.as_mut().map_or(at, |warm_up| warm_up.foresee(rank, at));
        self.rates.as_mut().map_or(at, |rates| rates.foresee(domain, rank, at))
    }

    /// The same of a copy of any rank, with what keeps it back; exact where nothing does.
    pub fn foresee_copy(&mut self, copy: &MailCopy, address: &str, at: Instant) -> (Instant, Option<Hold>) {
        let (rank, domain) = (copy.rank(), domain(address));
        let warm_up = self.warm_up.as_mut().filter(|_| is_budgeted(copy));
        let warm = warm_up.map_or(at, |warm_up| warm_up.foresee(rank, at));
        let Some(rates) = &mut self.rates else { return (warm, (warm > at).then_some(Hold::WarmUp)) };
        let is_free = rates.is_free(domain, rank, warm);
        let leaves = rates.foresee(domain, rank, warm);
        match is_free {
            true => (warm, (warm > at).then_some(Hold::WarmUp)),
            false => (leaves, Some(Hold::Rate)),
        }
    }

    /// A copy to an address leaves.
    pub fn take(&mut self, copy: &MailCopy, address: &str) {
        if let Some(rates) = &mut self.rates {
            rates.take(domain(address));
        }
        if let Some(warm_up) = self.warm_up.as_mut().filter(|_| is_budgeted(copy)) {
            warm_up.take();
        }
    }

    /// A copy that was taken does not leave after all. The warm-up counts anew with each batch.
    pub fn give_back(&mut self, address: &str) {
        if let Some(rates) = &mut self.rates {
            rates.give_back(domain(address));
        }
    }

    /// A server said that copies to the domain of an address come too fast.
    pub fn slow(&mut self, address: &str, now: Instant) {
        if let Some(rates) = &mut self.rates {
            rates.slow(domain(address), now);
        }
    }
}

fn queued(copy: &MailCopy) -> QueuedCopy {
    let was_held = copy.reason.as_deref() == Some(Hold::Rate.name());
    QueuedCopy { rank: copy.rank(), held_until: copy.until.filter(|_| was_held).map(Instant) }
}

fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}
