//! The kinds of evidence, each with its name and weight.
//!
//! A weight is a likelihood ratio in decibans, 10·log₁₀ of how much more often machines show the evidence than people (I. J.
//! Good, *Probability and the Weighing of Evidence*, 1950). Weights of independent evidence add up. Each is rounded to the
//! side of the person. Shares that were published are marked so below. The others are assumed: they
//! follow public reports of false clicks, not measurements.

/// At this weight a click is a machine's. If the weights are right, at most one person in 1,000 reaches it: the mean
/// likelihood ratio of people is 1, so the share that reaches 1,000 is at most 1/1,000 (Markov's inequality; A. Wald,
/// *Sequential Tests of Statistical Hypotheses*, 1945, uses the same bound).
pub(super) const MACHINE: i32 = 30;

/// From this weight to `MACHINE` an open cannot be known.
pub(super) const DOUBTFUL: i32 = 15;

/// More than this is not counted of one kind, since the table does not know better than one in a million.
pub(super) const MOST: i32 = 60;

macro_rules! evidence {
    ($($(#[$doc:meta])* $kind:ident $name:literal $weight:literal $sentence:literal;)+) => {
        /// A kind of evidence. Names are stored with verdicts and never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Evidence {
            $($(#[$doc])* $kind,)+
        }

        impl Evidence {
            /// All kinds, those against a person first.
            pub const ALL: &[Evidence] = &[$(Evidence::$kind,)+];

            /// The name under which it is stored and shown.
            pub fn name(self) -> &'static str {
                match self {
                    $(Evidence::$kind => $name,)+
                }
            }

            /// What was seen, for people: one English sentence.
            pub fn sentence(self) -> &'static str {
                match self {
                    $(Evidence::$kind => $sentence,)+
                }
            }

            /// The weight in decibans; of `Burst`, the least that is reported.
            pub(super) fn weight(self) -> i32 {
                match self {
                    $(Evidence::$kind => $weight,)+
                }
            }
        }
    };
}

evidence! {
    /// Link after link, each within half a second of the one before. The weight depends on the gaps; see `pace.rs`.
    Burst "burst" 1
        "Links were opened one after the other, each within half a second of the one before.";
    /// All of the copy's links but one at most, and at least five, each within five seconds of the one before. One machine in ten
    /// works so slowly; of people, one in 30,000 opens so much.
    Sweep "sweep" 35
        "All links of the e-mail, or all but one, were opened, each within five seconds of the one before.";
    /// Another link within three seconds: 5 % of people's pairs (the design's figure), 30 % of machines that are too slow
    /// for a burst.
    Quick "quick" 8
        "Another link of the e-mail was opened within three seconds.";
    /// The decoy was requested in the same run of requests. 80 % of machines that open more than one link; one person in 300:
    /// by the keyboard, or with a tool that opens all links. So it never convicts alone.
    Decoy "decoy" 24
        "A link that people cannot see was opened in the same run of requests.";
    /// The user agent names a machine.
    Agent "agent" 60
        "The user agent names a machine.";
    /// No user agent, or for a click nothing but `Mozilla/5.0`. Microsoft's scanner sends none; every browser sends one, and one
    /// person in 1,000 removes it.
    NoAgent "no_agent" 30
        "The request had no user agent as browsers send one.";
    /// From a network that only filters mail.
    Network "network" 50
        "The request came from a network that only filters e-mails.";
    /// From a network of a firm that filters mail and also shows pages to people. Does not convict alone.
    LikelyNetwork "likely_network" 28
        "The request came from a network of a firm that filters e-mails and also shows pages to people.";
    /// HEAD. No browser sends it for a click.
    Head "head" 60
        "The request was HEAD, which browsers do not send for a click.";
    /// Fetched in advance, by a browser or a proxy.
    Prefetch "prefetch" 60
        "The link or image was fetched in advance, by a browser or a proxy.";
    /// From the same address and agent as a machine's request on this copy within 30 seconds (images: two minutes), HEAD and
    /// prefetches aside.
    SameOrigin "same_origin" 30
        "A machine's request for this e-mail came from the same address and user agent at nearly the same time.";
    /// HEAD came from the same address and agent within 30 seconds (images: two minutes). Link checkers often look before they
    /// fetch, one in ten of those that are not known otherwise; but so do programs beside the browser of one person in 400.
    Looked "looked" 14
        "HEAD came from the same address and user agent at nearly the same time.";
    /// Within a second of a burst on this copy. Machines lose their pace now and then; that a person clicks in this second has
    /// a chance of one in 5,000.
    NearBurst "near_burst" 30
        "The request came within a second of a burst of requests for this e-mail.";
    /// An image, loaded within two minutes of a burst on this copy, by the scanner or by a person: it cannot be known.
    /// Published: scanners load images, half of them 33 s before their burst.
    ImageNearBurst "image_near_burst" 20
        "The image was loaded within two minutes of a burst of requests for this e-mail.";
    /// Pages behind several links of this copy were moved within half a second: more hands than a person has.
    ManyHands "many_hands" 20
        "Pages behind several links were moved within half a second, which one person cannot do.";
    /// No image of this copy was loaded up to the click. Images are off for one person in three; for scanners it is hardly more.
    NoImage "no_image" 2
        "No image of this e-mail was loaded before the click.";
    /// Gmail's prefetch, which loads images when a mail arrives while Gmail is open (published with its exact agent).
    GmailPrefetch "gmail_prefetch" 60
        "Gmail loaded the image in advance, as it does when an e-mail arrives while Gmail is open.";
    /// A privacy proxy that loads images whether or not the mail is opened (Apple's Mail Privacy Protection).
    PrivacyProxy "privacy_proxy" 20
        "A privacy proxy loaded the image, which it does whether or not the e-mail is opened.";
    /// A mail service's image proxy, which loads images when a person opens the mail (Gmail's, Yahoo's, HEY's).
    ImageProxy "image_proxy" -10
        "A mail service's image proxy loaded the image, which it does when a person opens the e-mail.";
    /// The site script ran behind this link. Some scanners run scripts.
    Loaded "loaded" -5
        "The site's script ran on the page behind this link.";
    /// A further page was viewed behind this link. Scanners check a link, not the site.
    WentOn "went_on" -25
        "A further page was viewed behind this link.";
    /// The visitor scrolled or moved behind this link: a person, whatever else is known.
    Acted "acted" -1_000
        "The visitor scrolled or moved on the page behind this link.";
}

impl Evidence {
    /// The kind with a name, for reading what was stored.
    pub fn from_name(name: &str) -> Option<Evidence> {
        Evidence::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether it is found by the address of the request alone.
    pub(super) fn is_of_network(self) -> bool {
        matches!(self, Evidence::Network | Evidence::LikelyNetwork)
    }
}

/// One piece of evidence and its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub evidence: Evidence,
    /// In decibans; positive speaks for a machine.
    pub weight: i32,
}

impl From<Evidence> for Finding {
    fn from(evidence: Evidence) -> Finding {
        Finding { evidence, weight: evidence.weight() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_that_leads_back() {
        let names: BTreeSet<&str> = Evidence::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Evidence::ALL.len());
        assert!(Evidence::ALL.iter().all(|kind| Evidence::from_name(kind.name()) == Some(*kind)));
        assert_eq!(Evidence::from_name("hunch"), None);
    }

    #[test]
    fn every_kind_has_a_sentence_of_its_own() {
        let sentences: BTreeSet<&str> = Evidence::ALL.iter().map(|kind| kind.sentence()).collect();
        assert_eq!(sentences.len(), Evidence::ALL.len());
        assert!(sentences.iter().all(|sentence| sentence.ends_with('.')), "{sentences:?}");
    }

    #[test]
    fn the_decoy_convicts_neither_alone_nor_with_what_is_weak() {
        assert!(Evidence::Decoy.weight() + Evidence::NoImage.weight() < MACHINE);
        assert!(Evidence::Decoy.weight() + Evidence::Quick.weight() >= MACHINE);
    }

    #[test]
    fn a_visitor_who_acts_is_a_person_whatever_else_is_known() {
        assert!(Evidence::Agent.weight() + Evidence::Acted.weight() < MACHINE);
    }
}
