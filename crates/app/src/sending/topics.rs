//! The topics of the playbook: whom each draws, what the same people are drawn to, and which ones are offered in vain.
//!
//! People are counted by their stored states, whose interests hold everything that they did: clicks in e-mails, choices on
//! our pages, and pages of a site. Their events are not read again.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_engine::condition::Names;
use attractor_engine::playbook::{Playbook, Topic};
use attractor_insight::together::Together;
use attractor_store::broadcasts::START;
use attractor_store::{Connection, Error, LeadId};
use serde::Serialize;
use utoipa::ToSchema;

use super::broadcasts::offers::{BroadcastOffer, LatestOffers, offered_in_vain};
use super::broadcasts::report::{BroadcastRate, TopicName};
use super::survey::{Basis, Person, SoFar, Survey, ask, next_people};
use crate::App;
use crate::refusal::Refusal;

/// How many people must be drawn to two topics before one is suggested as related to the other.
const FEWEST: u64 = 20;
/// The most topics that are suggested for one.
const MOST_SUGGESTED: usize = 5;
/// How many broadcasts that offered a topic in vain are enough to stop offering it, and the words for as many and more, up to
/// all that are looked at.
const ENOUGH: usize = 3;
const WORDS: [&str; 8] = ["Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"];

/// The topics of the playbook, and what people make of them
#[derive(Debug, Serialize, ToSchema)]
pub struct TopicList {
    /// The instant as of which interests are; a lead whose last event came later is asked as of that event
    #[schema(format = DateTime)]
    pub at: String,
    /// Whether everybody was asked; if not, the numbers are of those who were asked so far, and a later request has more
    pub complete: bool,
    /// How many people were counted, with or without interests: leads with an e-mail address. Visitors are not among them
    pub asked: i64,
    /// The same in English, and whether more are to come
    pub sentence: String,
    /// As declared
    pub topics: Vec<TopicItem>,
}

/// A topic of the playbook
#[derive(Debug, Serialize, ToSchema)]
pub struct TopicItem {
    pub id: String,
    pub name: String,
    /// People who are drawn to it: their interest in it is at least the `minimum` of the playbook
    pub people: i64,
    /// Those of them whose primary interest it is
    pub primary: i64,
    /// The topics that it declares as related
    pub related: Vec<TopicName>,
    /// Other topics that at least 20 of its people are drawn to as well, the most frequent first, at most five
    pub suggested: Vec<SuggestedTopic>,
    /// How many broadcasts in a row, of the ten that were started last, had a link for it and pulled nobody to it; 0 if the
    /// latest one with such a link pulled somebody. Passed over are broadcasts with fewer than 20 copies in which such a link could be answered, by a measured click or by a choice on
    /// its page, and those whose last copy left less than a day ago
    pub shown_in_vain: i64,
    /// The broadcasts that `shown_in_vain` counts, the one that was started last at first: each had a link for the topic,
    /// and nobody clicked it or chose the topic on its page
    pub in_vain: Vec<VainBroadcast>,
    /// Three or more broadcasts have offered it in vain
    pub stop: bool,
    /// What to do about that, in English; null where nothing is to be done
    pub advice: Option<String>,
    /// `people`, `primary` and `shown_in_vain` in English
    pub sentence: String,
}

/// A topic that might be declared as related, because the same people are drawn to both
#[derive(Debug, Serialize, ToSchema)]
pub struct SuggestedTopic {
    #[serde(flatten)]
    pub topic: TopicName,
    /// The people who are drawn to both, of those who are drawn to the first
    pub both: BroadcastRate,
    /// The same in English
    pub sentence: String,
}

/// A broadcast that offered a topic to nobody's interest
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct VainBroadcast {
    /// The id of the broadcast
    pub broadcast: String,
    pub name: String,
}

/// What was found about the topics so far. Topics go by their place in the playbook in force.
#[derive(Clone, Debug, Default)]
pub struct TopicsFound {
    asked: u64,
    drawn: Together,
    primary: BTreeMap<usize, u64>,
    broadcasts: Vec<BroadcastOffer>,
}

/// The topics; what was found about them so far, if not everybody was asked yet.
pub async fn all(app: &Arc<App>) -> Result<TopicList, Refusal> {
    let basis = Basis::read(app).await?;
    let program = basis.program.clone();
    let so_far = ask(app, &app.topics, basis, TopicSurvey::begin).await?;
    Ok(shown(program.playbook(), &so_far))
}

/// Reads the latest broadcasts, and then asks all people.
struct TopicSurvey {
    basis: Basis,
    /// By id.
    places: BTreeMap<String, usize>,
    offers: LatestOffers,
    last: (i64, LeadId),
    found: TopicsFound,
}

impl TopicSurvey {
    fn begin(basis: Basis) -> TopicSurvey {
        let ids: Vec<String> = basis.program.playbook().topics.iter().map(|topic| topic.id.clone()).collect();
        TopicSurvey {
            places: ids.iter().cloned().enumerate().map(|(place, id)| (id, place)).collect(),
            offers: LatestOffers::of(ids, basis.now),
            last: START,
            found: TopicsFound::default(),
            basis,
        }
    }

    fn add(&mut self, person: &Person) {
        let program = &person.under.program;
        let place = |topic: &str| self.places.get(topic).copied();
        let drawn = person.state.interests(program, person.at);
        let drawn: Vec<usize> = drawn.into_iter().filter_map(place).collect();
        let primary = person.state.primary_interest(program).and_then(place);
        self.found.add(&drawn, primary);
    }
}

impl Survey for TopicSurvey {
    type Found = TopicsFound;

    fn piece(&mut self, connection: &mut Connection) -> Result<bool, Error> {
        if self.offers.piece(connection)? {
            self.found.broadcasts = self.offers.read().to_vec();
            return Ok(true);
        }
        let Some(people) = next_people(connection, &self.basis, self.last)? else { return Ok(false) };
        people.all.iter().for_each(|person| self.add(person));
        self.last = people.end;
        Ok(true)
    }

    fn found(&self) -> TopicsFound {
        self.found.clone()
    }
}

impl TopicsFound {
    /// Adds a person by the topics that it is drawn to.
    fn add(&mut self, drawn: &[usize], primary: Option<usize>) {
        self.asked += 1;
        self.drawn.add(drawn);
        if let Some(primary) = primary.filter(|primary| drawn.contains(primary)) {
            *self.primary.entry(primary).or_default() += 1;
        }
    }

    /// The topics that are suggested as related to one, by its place.
    fn suggested(&self, playbook: &Playbook, names: &Names, (place, topic): (usize, &Topic)) -> Vec<SuggestedTopic> {
        let beside = self.drawn.beside(place, FEWEST);
        let others = beside.iter().filter_map(|one| Some((playbook.topics.get(one.thing)?, one.both as i64)));
        let new = others.filter(|(other, _)| !topic.related.contains(&other.id)).take(MOST_SUGGESTED);
        let of = self.drawn.people(place) as i64;
        let suggested = |(other, both): (&Topic, i64)| SuggestedTopic {
            topic: TopicName::of(&other.id, names),
            both: BroadcastRate::of(both, of),
            sentence: format!(
                "{both} of {of} people who are drawn to {} are drawn to {} too.",
                names.topic(&topic.id),
                names.topic(&other.id)
            ),
        };
        new.map(suggested).collect()
    }
}

fn shown(playbook: &Playbook, so_far: &SoFar<TopicsFound>) -> TopicList {
    let (names, found) = (Names::of(playbook), &so_far.found);
    let topics = playbook.topics.iter().enumerate().map(|topic| item(playbook, &names, found, topic));
    TopicList {
        at: so_far.at.to_string(),
        complete: so_far.is_complete,
        asked: found.asked as i64,
        sentence: counted(found.asked, so_far.is_complete),
        topics: topics.collect(),
    }
}

/// How many people were counted.
fn counted(people: u64, is_complete: bool) -> String {
    let so_far = if is_complete { "" } else { " so far; ask again for all of them" };
    match people {
        0 if is_complete => "There is nobody with an e-mail address yet.".to_owned(),
        0 => "Nobody was counted so far; ask again.".to_owned(),
        1 => format!("1 person with an e-mail address was counted{so_far}."),
        people => format!("{people} people with an e-mail address were counted{so_far}."),
    }
}

/// Whom a topic draws, and how many broadcasts offered it in vain.
fn drawn(topic: &str, people: i64, primary: i64, in_vain: usize) -> String {
    let drawn = match (people, primary) {
        (0, _) => format!("Nobody is drawn to {topic}."),
        (1, 0) => format!("1 person is drawn to {topic}, but has another primary interest."),
        (1, _) => format!("1 person is drawn to {topic}, as the primary interest."),
        (people, 0) => format!("{people} people are drawn to {topic}; it is the primary interest of none of them."),
        (people, primary) if people == primary => {
            format!("{people} people are drawn to {topic}; it is the primary interest of all of them.")
        }
        (people, primary) => {
            format!("{people} people are drawn to {topic}; it is the primary interest of {primary} of them.")
        }
    };
    match in_vain {
        0 => drawn,
        1 => format!("{drawn} The last broadcast that offered it pulled nobody to it."),
        several => format!("{drawn} The last {several} broadcasts that offered it pulled nobody to it."),
    }
}

fn item(playbook: &Playbook, names: &Names, found: &TopicsFound, (place, topic): (usize, &Topic)) -> TopicItem {
    let in_vain = offered_in_vain(&found.broadcasts, &topic.id);
    let advice = advice(in_vain.len(), names.topic(&topic.id));
    let broadcast = |one: &BroadcastOffer| VainBroadcast { broadcast: one.id.to_string(), name: one.name.clone() };
    let people = found.drawn.people(place) as i64;
    let primary = found.primary.get(&place).copied().unwrap_or_default() as i64;
    TopicItem {
        sentence: drawn(names.topic(&topic.id), people, primary, in_vain.len()),
        id: topic.id.clone(),
        name: names.topic(&topic.id).to_owned(),
        people,
        primary,
        related: topic.related.iter().map(|id| TopicName::of(id, names)).collect(),
        suggested: found.suggested(playbook, names, (place, topic)),
        shown_in_vain: in_vain.len() as i64,
        in_vain: in_vain.into_iter().map(broadcast).collect(),
        stop: advice.is_some(),
        advice,
    }
}

/// What to do about a topic that some broadcasts offered in vain.
fn advice(broadcasts: usize, topic: &str) -> Option<String> {
    let number = WORDS.get(broadcasts.checked_sub(ENOUGH)?)?;
    Some(format!(
        "{number} broadcasts offered {topic} and nobody chose it: stop offering it, or say it in other words."
    ))
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook;
    use attractor_engine::time::Instant;
    use attractor_insight::in_vain::Offer;
    use attractor_store::BroadcastId;

    use super::*;
    use crate::sending::broadcasts::offers::MOST;

    fn playbook() -> Playbook {
        let topics: Vec<String> = ["shirts", "hats", "ties", "socks", "gloves", "belts", "scarves", "shoes"]
            .iter()
            .map(|id| format!("  - {{id: {id}, name: The {id}}}\n"))
            .collect();
        let topics = topics.concat().replace("name: The shirts", "name: Shirts, related: [ties]");
        playbook::read(&format!("playbook: test\ntopics:\n{topics}")).playbook.unwrap()
    }

    fn list(found: TopicsFound) -> TopicList {
        shown(&playbook(), &SoFar::complete(found, Instant(5)))
    }

    #[test]
    fn what_twenty_people_choose_beside_a_topic_is_suggested_unless_it_is_declared() {
        let mut found = TopicsFound::default();
        let mut add = |times: usize, drawn: &[usize], primary| {
            (0..times).for_each(|_| found.add(drawn, primary));
        };
        add(30, &[0, 1], Some(0));
        add(25, &[0, 2], Some(2));
        add(19, &[0, 3], Some(0));
        add(6, &[0], Some(0));
        add(2, &[1], Some(2));
        add(3, &[], None);
        let list = list(found);
        assert_eq!((list.asked, list.complete, list.at.as_str()), (85, true, "1970-01-01T00:00:00.005Z"));
        let [shirts, hats, ties, ..] = &list.topics[..] else { panic!("{list:?}") };
        assert_eq!((shirts.name.as_str(), shirts.people, shirts.primary), ("Shirts", 80, 55));
        assert_eq!(list.sentence, "85 people with an e-mail address were counted.");
        assert_eq!(shirts.sentence, "80 people are drawn to Shirts; it is the primary interest of 55 of them.");
        assert_eq!((hats.people, hats.primary, ties.primary), (32, 0, 25), "a primary interest is an interest");
        assert_eq!(shirts.related.iter().map(|one| one.topic_name.as_str()).collect::<Vec<_>>(), ["The ties"]);
        let [suggested] = &shirts.suggested[..] else { panic!("{:?}", shirts.suggested) };
        let both = &suggested.both;
        assert_eq!((suggested.topic.topic.as_str(), both.leads, both.of, both.share), ("hats", 30, 80, Some(0.375)));
        assert!(both.low < both.share && both.share < both.high, "{both:?}");
        assert_eq!(suggested.sentence, "30 of 80 people who are drawn to Shirts are drawn to The hats too.");
        assert_eq!(ties.suggested[0].topic.topic, "shirts", "ties does not declare it");
        assert!(list.topics[3].suggested.is_empty(), "19 are too few");
    }

    #[test]
    fn at_most_five_topics_are_suggested_the_most_frequent_first() {
        let mut found = TopicsFound::default();
        for (other, times) in [(1, 21), (3, 26), (4, 25), (5, 24), (6, 23), (7, 22)] {
            (0..times).for_each(|_| found.add(&[0, other], Some(0)));
        }
        let list = list(found);
        let suggested = list.topics[0].suggested.iter().map(|one| one.topic.topic.as_str());
        assert_eq!(suggested.collect::<Vec<_>>(), ["socks", "gloves", "belts", "scarves", "shoes"]);
    }

    #[test]
    fn a_topic_that_three_broadcasts_offered_in_vain_is_to_be_stopped() {
        let set = |topics: &[&str]| topics.iter().map(|topic| (*topic).to_owned()).collect();
        let broadcast = |(id, taken): (i64, &[&str])| BroadcastOffer {
            id: BroadcastId(id),
            name: format!("News {id}"),
            offer: Offer { offered: set(&["shirts", "hats", "ties"]), taken: set(taken) },
        };
        let latest: [(i64, &[&str]); 4] = [(9, &[]), (7, &["shirts"]), (6, &["shirts"]), (4, &["ties"])];
        let broadcasts = latest.into_iter().map(broadcast).collect();
        let list = list(TopicsFound { broadcasts, ..TopicsFound::default() });
        let found: Vec<(i64, bool)> = list.topics[..4].iter().map(|topic| (topic.shown_in_vain, topic.stop)).collect();
        assert_eq!(found, [(1, false), (4, true), (3, true), (0, false)]);
        let ties = &list.topics[2];
        let named: Vec<(&str, &str)> =
            ties.in_vain.iter().map(|one| (one.broadcast.as_str(), one.name.as_str())).collect();
        assert_eq!(named, [("9", "News 9"), ("7", "News 7"), ("6", "News 6")]);
        let advice =
            "Three broadcasts offered The ties and nobody chose it: stop offering it, or say it in other words.";
        assert_eq!((ties.advice.as_deref(), list.topics[0].advice.as_deref()), (Some(advice), None));
    }

    #[test]
    fn numbers_are_sentences() {
        for (people, is_complete, expected) in [
            (0, true, "There is nobody with an e-mail address yet."),
            (0, false, "Nobody was counted so far; ask again."),
            (1, true, "1 person with an e-mail address was counted."),
            (50, false, "50 people with an e-mail address were counted so far; ask again for all of them."),
        ] {
            assert_eq!(counted(people, is_complete), expected);
        }
        for ((people, primary), in_vain, expected) in [
            ((0, 0), 0, "Nobody is drawn to Ties."),
            ((1, 0), 0, "1 person is drawn to Ties, but has another primary interest."),
            (
                (1, 1),
                1,
                "1 person is drawn to Ties, as the primary interest. The last broadcast that offered it pulled nobody to it.",
            ),
            ((21, 0), 0, "21 people are drawn to Ties; it is the primary interest of none of them."),
            ((4, 4), 0, "4 people are drawn to Ties; it is the primary interest of all of them."),
            (
                (9, 4),
                3,
                "9 people are drawn to Ties; it is the primary interest of 4 of them. The last 3 broadcasts that offered it pulled nobody to it.",
            ),
        ] {
            assert_eq!(drawn("Ties", people, primary, in_vain), expected);
        }
    }

    #[test]
    fn there_is_a_word_for_every_number_of_broadcasts() {
        for broadcasts in 0..=MOST {
            assert_eq!(advice(broadcasts, "Ties").is_some(), broadcasts >= ENOUGH, "{broadcasts}");
        }
    }
}
