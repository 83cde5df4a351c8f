//! Whether a copy may leave now: the gate of contract §6, asked when a copy's turn comes and again when it is claimed.
//!
//! The order of the reasons is the contract's, and the first one decides. Facts are asked for one after the other, so that
//! a costly one is looked up only if no earlier reason has decided.
//!
//! ```
//! use attractor_mail::gate::{Class, Decision, Facts, Hold, Skip, Until, decide};
//!
//! /// Somebody without consent, while sending is paused.
//! struct Ada;
//!
//! impl Facts for Ada {
//!     type Error = std::convert::Infallible;
//!     fn skip(&mut self, reason: Skip) -> Result<Option<String>, Self::Error> {
//!         Ok((reason == Skip::NoConsent).then(String::new))
//!     }
//!     fn hold(&mut self, reason: Hold) -> Result<Option<Until>, Self::Error> {
//!         Ok((reason == Hold::Paused).then_some(Until::Somebody))
//!     }
//! }
//!
//! let decided = decide(Class::Marketing, &mut Ada)?;
//! assert_eq!(decided, Decision::Skip { reason: Skip::NoConsent, detail: String::new() });
//! assert_eq!(decide(Class::Alert, &mut Ada)?, Decision::Hold { reason: Hold::Paused, until: Until::Somebody });
//! # Ok::<(), std::convert::Infallible>(())
//! ```

/// What kind of e-mail a copy is of. It says which reasons of the gate apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// What a lead asked for by its own form, download or confirmation.
    Transactional,
    /// To people of the installation, not to a lead.
    Alert,
    /// What answers something a lead did.
    Answer,
    Marketing,
}

/// Why a copy is not sent, now or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    NoAddress,
    /// Own staff, competitors and test leads.
    Staff,
    Suppressed,
    /// Public keys alone brought the address, and nobody has agreed at it.
    Unconfirmed,
    NoConsent,
    /// A country's rule; the detail names it.
    Country,
    Buyer,
    TooLate,
    /// This broadcast or step went to this address already.
    Duplicate,
    /// The e-mail's own topic was shown three times in vain.
    Fatigue,
    /// `best` has nothing unread, or no block remains.
    NothingLeft,
    /// The detail is the error of the template.
    CannotRender,
}

/// Why a copy waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    Paused,
    DomainUnverified,
    ReEvaluation,
    AutoReply,
    Cadence,
    /// Outside the sending hours of the lead's zone.
    Window,
    WarmUp,
    Rate,
    /// A temporary failure of the mail server.
    Server,
}

/// What ends a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// An instant, in milliseconds since 1970.
    At(i64),
    /// A person's act, such as ending a pause or setting a DNS record.
    Somebody,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Send,
    /// It is over. `detail` is what the reason's name does not say; empty where it says all.
    Skip {
        reason: Skip,
        detail: String,
    },
    Hold {
        reason: Hold,
        until: Until,
    },
}

/// What is known of a copy, its lead and the installation.
pub trait Facts {
    /// Why a fact could not be had.
    type Error;

    /// The detail, if this reason applies.
    fn skip(&mut self, reason: Skip) -> Result<Option<String>, Self::Error>;

    /// What ends the hold, if this reason applies.
    fn hold(&mut self, reason: Hold) -> Result<Option<Until>, Self::Error>;
}

/// The first reason that applies decides; without one, the copy is sent.
pub fn decide<F: Facts>(class: Class, facts: &mut F) -> Result<Decision, F::Error> {
    for reason in Skip::ALL.into_iter().filter(|reason| reason.applies_to(class)) {
        if let Some(detail) = facts.skip(reason)? {
            return Ok(Decision::Skip { reason, detail });
        }
    }
    for reason in Hold::ALL.into_iter().filter(|reason| reason.applies_to(class)) {
        if let Some(until) = facts.hold(reason)? {
            return Ok(Decision::Hold { reason, until });
        }
    }
    Ok(Decision::Send)
}

impl Class {
    pub const ALL: [Class; 4] = [Class::Transactional, Class::Alert, Class::Answer, Class::Marketing];

    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Class::Transactional => "transactional",
            Class::Alert => "alert",
            Class::Answer => "answer",
            Class::Marketing => "marketing",
        }
    }

    /// Whether its copies carry attractors, and a pixel and personal links where their lead may be measured. What a lead
    /// asked for itself is a service and not an offer, so nothing is learned from it.
    pub fn carries_attractors(self) -> bool {
        match self {
            Class::Transactional | Class::Alert => false,
            Class::Answer | Class::Marketing => true,
        }
    }
}

impl Skip {
    /// In the order in which they decide.
    pub const ALL: [Skip; 12] = [
        Skip::NoAddress,
        Skip::Staff,
        Skip::Suppressed,
        Skip::Unconfirmed,
        Skip::NoConsent,
        Skip::Country,
        Skip::Buyer,
        Skip::TooLate,
        Skip::Duplicate,
        Skip::Fatigue,
        Skip::NothingLeft,
        Skip::CannotRender,
    ];

    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Skip::NoAddress => "no_address",
            Skip::Staff => "staff",
            Skip::Suppressed => "suppressed",
            Skip::Unconfirmed => "unconfirmed",
            Skip::NoConsent => "no_consent",
            Skip::Country => "country",
            Skip::Buyer => "buyer",
            Skip::TooLate => "too_late",
            Skip::Duplicate => "duplicate",
            Skip::Fatigue => "fatigue",
            Skip::NothingLeft => "nothing_left",
            Skip::CannotRender => "cannot_render",
        }
    }

    fn applies_to(self, class: Class) -> bool {
        match class {
            Class::Transactional => matches!(self, Skip::NoAddress | Skip::Suppressed | Skip::TooLate),
            Class::Alert => false,
            Class::Answer | Class::Marketing => true,
        }
    }
}

impl Hold {
    /// In the order in which they decide.
    pub const ALL: [Hold; 9] = [
        Hold::Paused,
        Hold::DomainUnverified,
        Hold::ReEvaluation,
        Hold::AutoReply,
        Hold::Cadence,
        Hold::Window,
        Hold::WarmUp,
        Hold::Rate,
        Hold::Server,
    ];

    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Hold::Paused => "paused",
            Hold::DomainUnverified => "domain_unverified",
            Hold::ReEvaluation => "re_evaluation",
            Hold::AutoReply => "auto_reply",
            Hold::Cadence => "cadence",
            Hold::Window => "window",
            Hold::WarmUp => "warm_up",
            Hold::Rate => "rate",
            Hold::Server => "server",
        }
    }

    fn applies_to(self, class: Class) -> bool {
        match class {
            Class::Transactional | Class::Alert => matches!(self, Hold::Paused | Hold::Rate | Hold::Server),
            Class::Answer | Class::Marketing => true,
        }
    }
}

/// What binds an address in the scope of an e-mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// By a withdrawal or an erasure.
    pub withdrawn: bool,
    pub complained: bool,
    /// A copy came back for good.
    pub bounced: bool,
}

impl Bound {
    /// Whether it suppresses a copy. A withdrawal does not keep back what a lead asks for afterwards, such as a download;
    /// neither does a complaint if the person `asked` for this mail. A mailbox that does not exist stays without mail.
    pub fn suppresses(self, class: Class, asked: bool) -> bool {
        match class {
            Class::Transactional => self.bounced || self.complained && !asked,
            Class::Alert => false,
            Class::Answer | Class::Marketing => self.withdrawn || self.complained || self.bounced,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These reasons apply, and which were asked.
    #[derive(Default)]
    struct These {
        skips: Vec<Skip>,
        holds: Vec<Hold>,
        asked: usize,
    }

    impl Facts for These {
        type Error = String;

        fn skip(&mut self, reason: Skip) -> Result<Option<String>, String> {
            self.asked += 1;
            Ok(self.skips.contains(&reason).then(|| reason.name().to_owned()))
        }

        fn hold(&mut self, reason: Hold) -> Result<Option<Until>, String> {
            self.asked += 1;
            Ok(self.holds.contains(&reason).then_some(Until::At(7)))
        }
    }

    /// The reason that decides, by its name; `send` where none does.
    fn decided(class: Class, skips: &[Skip], holds: &[Hold]) -> &'static str {
        let mut facts = These { skips: skips.to_vec(), holds: holds.to_vec(), asked: 0 };
        match decide(class, &mut facts).unwrap() {
            Decision::Send => "send",
            Decision::Skip { reason, .. } => reason.name(),
            Decision::Hold { reason, .. } => reason.name(),
        }
    }

    #[test]
    fn of_two_reasons_the_one_that_the_contract_names_first_decides() {
        for class in [Class::Marketing, Class::Answer] {
            for (first, skip) in Skip::ALL.into_iter().enumerate() {
                for other in &Skip::ALL[first..] {
                    assert_eq!(decided(class, &[*other, skip], &Hold::ALL), skip.name());
                }
            }
            for (first, hold) in Hold::ALL.into_iter().enumerate() {
                for other in &Hold::ALL[first..] {
                    assert_eq!(decided(class, &[], &[*other, hold]), hold.name());
                }
            }
            assert_eq!(decided(class, &[], &[]), "send");
        }
    }

    #[test]
    fn what_a_lead_asked_for_and_alerts_are_kept_back_by_few_reasons() {
        let alone = |class| {
            let skips = Skip::ALL.into_iter().map(move |reason| decided(class, &[reason], &[]));
            let holds = Hold::ALL.into_iter().map(move |reason| decided(class, &[], &[reason]));
            skips.chain(holds).filter(|name| *name != "send").collect::<Vec<_>>()
        };
        let transactional = ["no_address", "suppressed", "too_late", "paused", "rate", "server"];
        assert_eq!(alone(Class::Transactional), transactional);
        assert_eq!(alone(Class::Alert), ["paused", "rate", "server"]);
        assert_eq!(alone(Class::Marketing).len(), Skip::ALL.len() + Hold::ALL.len());
    }

    #[test]
    fn nothing_is_learned_from_what_a_lead_asked_for_nor_from_alerts() {
        let carrying: Vec<Class> = Class::ALL.into_iter().filter(|class| class.carries_attractors()).collect();
        assert_eq!(carrying, [Class::Answer, Class::Marketing]);
    }

    #[test]
    fn nothing_is_looked_up_once_a_reason_has_decided() {
        let mut facts = These { skips: vec![Skip::Suppressed], ..These::default() };
        decide(Class::Marketing, &mut facts).unwrap();
        assert_eq!(facts.asked, 3);
    }

    #[test]
    fn an_address_that_is_bound_gets_what_its_person_asks_for_unless_it_does_not_exist() {
        let bound = |withdrawn, complained, bounced| Bound { withdrawn, complained, bounced };
        for (bound, asked, transactional, marketing) in [
            (bound(false, false, false), false, false, false),
            (bound(true, false, false), false, false, true),
            (bound(true, false, false), true, false, true),
            (bound(false, true, false), false, true, true),
            (bound(false, true, false), true, false, true),
            (bound(false, false, true), true, true, true),
        ] {
            assert_eq!(bound.suppresses(Class::Transactional, asked), transactional, "{bound:?} {asked}");
            for class in [Class::Answer, Class::Marketing] {
                assert_eq!(bound.suppresses(class, asked), marketing, "{bound:?} {asked}");
            }
            assert!(!bound.suppresses(Class::Alert, asked));
        }
    }
}
