//! What came of a broadcast: five numbers that add up to its audience, and what its attractors pulled.

pub mod facts;
mod variants;

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::condition::Names;
use attractor_engine::time::{Duration, Instant};
use attractor_insight::in_vain::Offer;
use attractor_insight::interval::{Counted, share};
use attractor_store::broadcasts::{self, START};
use attractor_store::copies::{CAUGHT, CopyState};
use attractor_store::{BroadcastId, Connection, Error, LeadId};
use serde::Serialize;
use utoipa::ToSchema;

use super::audience::{AudienceReason, PIECE, most_first};
use super::item::{self, BroadcastStateName};
use super::one;
use crate::refusal::Refusal;
use crate::view::View;
use facts::CopyFacts;
use variants::Variants;

pub use variants::BroadcastVariant;

/// Under so many copies no share is shown.
const TOO_FEW: i64 = 20;
/// A topic that nobody chose within this time after the last copy left was offered in vain.
const TIME_TO_ANSWER: Duration = Duration::DAY;

/// What came of a broadcast
#[derive(Debug, Serialize, ToSchema)]
pub struct BroadcastReport {
    pub state: BroadcastStateName,
    /// How many copies it was given. When the broadcast is over, `sent`, `failed`, `skipped`, `in_doubt`, `withdrawn` and
    /// `erased` add up to it
    pub audience: i64,
    pub sent: i64,
    /// How many of `sent` were caught, because no mail server was set: nobody got them
    pub caught: i64,
    pub failed: i64,
    pub skipped: i64,
    pub in_doubt: i64,
    pub withdrawn: i64,
    /// Copies that wait or are being sent
    pub open: i64,
    /// Leads whose copy waits while another copy of the same e-mail, from a sequence or another broadcast, waits or is a
    /// draft: they get both
    pub waiting_twice: i64,
    /// Copies of people who were erased since
    pub erased: i64,
    /// Leads that were left out at random, for comparison
    pub held_out: i64,
    /// Why copies were skipped
    pub skipped_because: Vec<AudienceReason>,
    /// Copies that have a pixel and personal links; opens and clicks are known of them alone
    pub measured: i64,
    /// Copies that have not, or whose leads have declined since
    pub not_measured: i64,
    /// People who opened it, of the measured copies of which that can be known
    pub opened: BroadcastRate,
    /// People who clicked, of the measured copies
    pub clicked: BroadcastRate,
    /// People who chose a topic on the page behind a link
    pub chosen: i64,
    /// Clicks of scanners and other machines, which count nowhere
    pub machine_clicks: i64,
    /// People who clicked only links that stand for no topic
    pub without_topic: i64,
    /// People who provably did not open it: those whom a repetition would reach
    pub not_opened: i64,
    pub replied: i64,
    pub unsubscribed: i64,
    pub complained: i64,
    /// Copies that came back
    pub bounced: i64,
    /// The topics of its links by the people whom they pulled, the strongest first
    pub topics: Vec<PulledTopic>,
    /// The topics that pulled nobody
    pub pulled_nobody: Vec<TopicName>,
    /// The variants of the e-mail by version of the playbook and language; the e-mail itself is the one without an id. Only
    /// those of the same version and language can be compared
    pub variants: Vec<BroadcastVariant>,
    /// Why some of the variants are not to be compared with each other, in English; null where all can be
    pub variants_apart: Option<String>,
}

/// People out of those of whom it can be known
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct BroadcastRate {
    pub leads: i64,
    pub of: i64,
    /// Between 0 and 1; null where they are too few to say
    pub share: Option<f64>,
    /// With 95 % confidence, the share that such a mail has among such people is at least this
    pub low: Option<f64>,
    /// And at most this
    pub high: Option<f64>,
}

/// A topic, and the people whom it pulled
#[derive(Debug, Serialize, ToSchema)]
pub struct PulledTopic {
    #[serde(flatten)]
    pub name: TopicName,
    /// People who clicked a link that stands for it, judged as a person's click; of the measured copies
    pub clicked: i64,
    /// People who chose it on the page behind a link
    pub chosen: i64,
    /// People who did one or the other, of the measured copies
    pub pulled: BroadcastRate,
    /// All people who did one or the other, whether their copy was measured or not; by them the topics are ranked
    pub people: i64,
}

/// A topic with its name
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TopicName {
    /// Id of the topic
    pub topic: String,
    pub topic_name: String,
}

impl TopicName {
    pub(crate) fn of(id: &str, names: &Names) -> TopicName {
        TopicName { topic: id.to_owned(), topic_name: names.topic(id).to_owned() }
    }
}

impl BroadcastRate {
    /// Without a share where `of` is too few to say.
    pub(crate) fn of(leads: i64, of: i64) -> BroadcastRate {
        if of < TOO_FEW {
            return BroadcastRate { leads, of, ..BroadcastRate::default() };
        }
        let found = share(Counted { found: leads.unsigned_abs(), asked: of.unsigned_abs() });
        BroadcastRate { leads, of, share: Some(found.likely), low: Some(found.low), high: Some(found.high) }
    }
}

/// What came of a broadcast so far.
pub fn report(view: &mut View, id: BroadcastId) -> Result<BroadcastReport, Refusal> {
    let broadcast = one(view.connection, id)?;
    let (now, names) = (view.now.0, view.names()?);
    let counts = item::counts(view.connection, id)?;
    let sums = sums(view.connection, id)?;
    let skipped = broadcasts::count_by_reason(view.connection, id, CopyState::Skipped)?;
    let skipped = skipped.into_iter().map(|(reason, leads)| AudienceReason::skipped(reason, leads, &names)).collect();
    let of = |state: CopyState| counts.get(&state).copied().unwrap_or_default();
    let all: i64 = counts.values().sum();
    let (topics, pulled_nobody) = sums.topics(&names);
    Ok(BroadcastReport {
        state: item::state(&broadcast, &counts, now),
        audience: broadcast.audience,
        sent: of(CopyState::Sent),
        caught: caught(view.connection, id)?,
        failed: of(CopyState::Failed),
        skipped: of(CopyState::Skipped),
        in_doubt: of(CopyState::InDoubt),
        withdrawn: of(CopyState::Withdrawn),
        open: item::open(&counts),
        waiting_twice: broadcasts::count_waiting_twice(view.connection, id)?,
        erased: (broadcast.audience - all).max(0),
        held_out: broadcast.held_out,
        skipped_because: most_first(skipped),
        measured: sums.all.measured,
        not_measured: sums.all.sent - sums.all.measured,
        opened: sums.all.opened(),
        clicked: sums.all.clicked(),
        chosen: sums.chosen,
        machine_clicks: sums.machine_clicks,
        without_topic: sums.without_topic,
        not_opened: sums.not_opened,
        replied: sums.replied,
        unsubscribed: sums.unsubscribed,
        complained: sums.complained,
        bounced: sums.bounced,
        topics,
        pulled_nobody,
        variants: sums.variants.rows(),
        variants_apart: sums.variants.apart(),
    })
}

/// How many of a broadcast's copies nobody got, because they were caught.
pub(super) fn caught(connection: &mut Connection, id: BroadcastId) -> Result<i64, Error> {
    let sent = broadcasts::count_by_reason(connection, id, CopyState::Sent)?;
    Ok(sent.into_iter().find(|(reason, _)| reason == CAUGHT).map_or(0, |(_, copies)| copies))
}

/// What came of all copies that were sent.
#[derive(Default)]
pub(super) struct Sums {
    all: Part,
    variants: Variants,
    chosen: i64,
    machine_clicks: i64,
    without_topic: i64,
    not_opened: i64,
    replied: i64,
    unsubscribed: i64,
    complained: i64,
    bounced: i64,
    /// By topic: those who clicked, those who chose, and those who did one or the other.
    pulled: BTreeMap<String, Pull>,
    /// How many people were pulled by exactly these topics.
    together: BTreeMap<BTreeSet<String>, i64>,
    /// The topics of the links.
    offered: BTreeSet<String>,
}

#[derive(Default)]
struct Part {
    sent: i64,
    measured: i64,
    /// Of them, those of which nobody can know whether a person opened them.
    unknown: i64,
    opened: i64,
    clicked: i64,
}

/// Whom a topic pulled.
#[derive(Clone, Copy, Default)]
struct Pull {
    clicked: i64,
    chosen: i64,
    people: i64,
    /// Those of them whose copy is measured.
    measured: i64,
}

/// Reads what came of a broadcast's copies.
pub(super) fn sums(connection: &mut Connection, id: BroadcastId) -> Result<Sums, Error> {
    let mut reading = Reading::of(id);
    while reading.piece(connection)? {}
    reading.end(connection)?;
    Ok(reading.sums)
}

/// What came of a broadcast's copies, read piece by piece: first [`Reading::piece`] as long as there are copies, then
/// [`Reading::end`].
pub(super) struct Reading {
    id: BroadcastId,
    last: (i64, LeadId),
    link_sets: BTreeMap<String, CopiesOfSet>,
    sums: Sums,
    /// By topic, how many copies had a link by which somebody could answer.
    answerable: BTreeMap<String, i64>,
    last_left: Option<Instant>,
}

/// As many sets of links are read at once.
const SETS: usize = 500;

/// How many copies have the same links.
#[derive(Clone, Copy, Default)]
struct CopiesOfSet {
    measured: i64,
    others: i64,
}

impl Reading {
    /// Before the first copy.
    pub(super) fn of(id: BroadcastId) -> Reading {
        Reading {
            id,
            last: START,
            link_sets: BTreeMap::new(),
            sums: Sums::default(),
            answerable: BTreeMap::new(),
            last_left: None,
        }
    }

    /// Reads the next copies that were sent; whether there were any. After an error it is as before.
    pub(super) fn piece(&mut self, connection: &mut Connection) -> Result<bool, Error> {
        let copies = broadcasts::copies_in(connection, self.id, CopyState::Sent, self.last, PIECE)?;
        let Some(end) = copies.last() else { return Ok(false) };
        for facts in facts::of_sent(connection, &copies)? {
            self.sums.add(&facts);
            let of_set = self.link_sets.entry(facts.link_set).or_default();
            *(if facts.measured { &mut of_set.measured } else { &mut of_set.others }) += 1;
        }
        let left = copies.iter().filter_map(|copy| copy.dispatch.sent_at).max().map(Instant);
        self.last_left = self.last_left.max(left);
        self.last = (end.lead.bucket(), end.lead);
        Ok(true)
    }

    /// Reads the links of the copies.
    pub(super) fn end(&mut self, connection: &mut Connection) -> Result<(), Error> {
        let mut answerable: BTreeMap<String, i64> = BTreeMap::new();
        let ids: Vec<&str> = self.link_sets.keys().map(String::as_str).collect();
        for ids in ids.chunks(SETS) {
            // Links of one lead alone go with it.
            for (id, topics) in facts::topics_of(connection, &ids.iter().copied().collect())? {
                let copies = self.link_sets.get(&id).copied().unwrap_or_default();
                for (topic, is_asked) in topics {
                    self.sums.offered.insert(topic.clone());
                    // A plain link of a copy that is not measured leaves no trace.
                    *answerable.entry(topic).or_default() += copies.measured + if is_asked { copies.others } else { 0 };
                }
            }
        }
        self.answerable = answerable;
        Ok(())
    }

    /// The topics to which enough people could answer, once they have had the time, and those that pulled somebody.
    pub(super) fn offer(&self, now: Instant) -> Offer {
        let is_over = self.last_left.is_none_or(|left| left <= now - TIME_TO_ANSWER);
        let offered = self.answerable.iter().filter(|(_, copies)| is_over && **copies >= TOO_FEW);
        Offer {
            offered: offered.map(|(topic, _)| topic.clone()).collect(),
            taken: self.sums.pulled.keys().cloned().collect(),
        }
    }
}

impl Part {
    fn add(&mut self, facts: &CopyFacts) {
        self.sent += 1;
        if facts.measured {
            self.measured += 1;
            self.unknown += i64::from(facts.loaded && !facts.is_used());
            self.opened += i64::from(facts.opened || facts.clicked);
            self.clicked += i64::from(facts.clicked);
        }
    }

    /// Who clicks has opened it, whether or not images were shown.
    fn opened(&self) -> BroadcastRate {
        BroadcastRate::of(self.opened, self.measured - self.unknown)
    }

    fn clicked(&self) -> BroadcastRate {
        BroadcastRate::of(self.clicked, self.measured)
    }
}

impl Sums {
    fn add(&mut self, facts: &CopyFacts) {
        let topics = facts.topics();
        self.all.add(facts);
        self.variants.add(facts);
        self.chosen += i64::from(!facts.chosen.is_empty());
        if facts.measured {
            self.machine_clicks += facts.machine_clicks;
            self.without_topic += i64::from(facts.clicked && topics.is_empty());
        }
        self.not_opened += i64::from(facts.is_provably_unopened());
        self.replied += i64::from(facts.replied);
        self.unsubscribed += i64::from(facts.unsubscribed);
        self.complained += i64::from(facts.complained);
        self.bounced += i64::from(facts.bounced);
        for topic in topics.iter().copied() {
            let pull = self.pulled.entry(topic.clone()).or_default();
            pull.people += 1;
            pull.measured += i64::from(facts.measured);
            pull.clicked += i64::from(facts.measured && facts.clicked_topics.contains(topic));
            pull.chosen += i64::from(facts.chosen.contains(topic));
        }
        if !topics.is_empty() {
            *self.together.entry(topics.into_iter().cloned().collect()).or_default() += 1;
        }
    }

    /// People by all the topics that pulled them.
    pub(super) fn together(&self) -> &BTreeMap<BTreeSet<String>, i64> {
        &self.together
    }

    /// The topics that pulled somebody, the strongest first and of equal ones by name, and those that pulled nobody.
    pub(super) fn topics(&self, names: &Names) -> (Vec<PulledTopic>, Vec<TopicName>) {
        let name = |topic: &String| TopicName::of(topic, names);
        let mut pulled: Vec<PulledTopic> = self
            .pulled
            .iter()
            .map(|(topic, pull)| PulledTopic {
                name: name(topic),
                clicked: pull.clicked,
                chosen: pull.chosen,
                pulled: BroadcastRate::of(pull.measured, self.all.measured),
                people: pull.people,
            })
            .collect();
        pulled.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.name.topic_name.cmp(&b.name.topic_name)));
        let nobody = self.offered.iter().filter(|topic| !self.pulled.contains_key(*topic)).map(name);
        (pulled, nobody.collect())
    }
}

#[cfg(test)]
mod tests {
    use attractor_mail::frozen::{FrozenCopy, FrozenLink};
    use attractor_store::Location;
    use attractor_store::contents::{self, Content};
    use attractor_store::copies::{self, CopySource, MailCopy};

    use super::*;
    use crate::sending::testing::copy;

    fn clicked(topics: &[&str], chosen: &[&str]) -> CopyFacts {
        let set = |topics: &[&str]| topics.iter().map(|topic| (*topic).to_owned()).collect();
        CopyFacts {
            measured: true,
            clicked: !topics.is_empty(),
            clicked_topics: set(topics),
            chosen: set(chosen),
            ..CopyFacts::default()
        }
    }

    #[test]
    fn topics_are_ranked_by_people_and_the_one_that_nobody_clicked_is_named() {
        let mut sums = Sums { offered: ["a", "b", "c"].map(str::to_owned).into(), ..Sums::default() };
        for facts in [clicked(&["b"], &[]), clicked(&["b", "a"], &[]), clicked(&[], &["b"]), clicked(&["b"], &["b"])] {
            sums.add(&facts);
        }
        let (topics, nobody) = sums.topics(&Names::default());
        let found: Vec<_> =
            topics.iter().map(|one| (one.name.topic.as_str(), one.people, one.clicked, one.chosen)).collect();
        assert_eq!(found, [("b", 4, 3, 2), ("a", 1, 1, 0)]);
        assert_eq!(topics[0].pulled.share, None, "four people are too few");
        assert_eq!(nobody.iter().map(|one| one.topic.as_str()).collect::<Vec<_>>(), ["c"]);
        assert_eq!(BroadcastRate::of(5, 20).share, Some(0.25));
    }

    #[test]
    fn a_topic_has_its_rate_over_measured_copies_and_its_rank_by_all_people() {
        let unmeasured = |facts: CopyFacts| CopyFacts { measured: false, ..facts };
        let mut sums = Sums { offered: ["a", "b", "c", "d"].map(str::to_owned).into(), ..Sums::default() };
        let measured = [clicked(&["a"], &[]), clicked(&["a"], &[]), clicked(&[], &["b"]), clicked(&["c"], &[])];
        let others = [clicked(&[], &["b"]), clicked(&[], &["b"]), clicked(&[], &["c"])].map(unmeasured);
        // They clicked and have declined to be measured since.
        let declined = [clicked(&["a"], &[]), clicked(&["d"], &[]), clicked(&["c"], &["c"])].map(unmeasured);
        let nothing = (0..20).map(|_| clicked(&[], &[]));
        measured.into_iter().chain(others).chain(declined).chain(nothing).for_each(|facts| sums.add(&facts));
        let (topics, nobody) = sums.topics(&Names::default());
        let found: Vec<_> = topics
            .iter()
            .map(|one| (one.name.topic.as_str(), one.people, one.pulled.leads, one.pulled.of, one.clicked, one.chosen))
            .collect();
        assert_eq!(found, [("b", 3, 1, 24, 0, 3), ("c", 3, 1, 24, 1, 2), ("a", 2, 2, 24, 2, 0)]);
        assert_eq!(nobody.iter().map(|one| one.topic.as_str()).collect::<Vec<_>>(), ["d"]);
        assert_eq!((sums.all.clicked().leads, sums.without_topic), (3, 0));
        let declined = CopyFacts { machine_clicks: 4, clicked: true, ..CopyFacts::default() };
        sums.add(&declined);
        sums.add(&CopyFacts { measured: true, ..declined });
        assert_eq!((sums.machine_clicks, sums.without_topic), (4, 1));
    }

    #[test]
    fn an_open_that_cannot_be_known_is_on_neither_side() {
        let mut part = Part::default();
        let measured = CopyFacts { measured: true, ..CopyFacts::default() };
        part.add(&measured);
        part.add(&CopyFacts { opened: true, ..measured.clone() });
        part.add(&CopyFacts { loaded: true, ..measured });
        part.add(&CopyFacts { opened: true, ..CopyFacts::default() });
        assert_eq!((part.opened().leads, part.opened().of, part.sent), (1, 2, 4));
    }

    #[test]
    fn links_that_cannot_be_read_are_an_error_and_those_that_are_gone_offer_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        let of = |id: i64, lead| MailCopy {
            lead: LeadId(lead),
            source: CopySource::Broadcast(id.to_string()),
            state: CopyState::Sent,
            ..copy("may")
        };
        let sent = [of(1, 414), of(2, 415), of(3, 416)];
        copies::insert(&mut connection, &sent).unwrap();
        let content = |(copy, set): (&MailCopy, &str)| Content {
            lead: copy.lead,
            send_id: copy.send_id(),
            tag: 7,
            address: "ada@people.example".into(),
            link_set: set.to_owned(),
            document: serde_json::to_string(&FrozenCopy::default()).unwrap(),
        };
        let contents: Vec<Content> = sent.iter().zip(["whole", "broken", "gone"]).map(content).collect();
        contents::put(&mut connection, &contents).unwrap();
        let links = [FrozenLink { topic: Some("hats".into()), ..FrozenLink::default() }];
        let whole = serde_json::to_string(&links).unwrap();
        let sets = [("whole".to_owned(), whole), ("broken".to_owned(), "[{".to_owned())];
        contents::put_link_sets(&mut connection, &sets).unwrap();
        let mut offered = |id| sums(&mut connection, BroadcastId(id)).map(|sums| sums.offered);
        assert_eq!(offered(1).unwrap(), BTreeSet::from(["hats".to_owned()]));
        assert!(offered(3).unwrap().is_empty());
        let error = offered(2).unwrap_err().text;
        assert!(error.starts_with("the row `broken` of the table `link_sets` cannot be read: "), "{error}");
    }
}
