//! The follow-ups of one broadcast beside each other. People may choose several topics, and a topic may name another as
//! related, so one person may be in the audience of several follow-ups, each of which is an e-mail.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::playbook::{Playbook, Topic};
use attractor_live::Versions;
use attractor_store::broadcasts::{self, Broadcast, BroadcastState};
use attractor_store::{BroadcastId, Connection, Error};

use super::settings::Document;
use crate::audience::AudienceQuery;

/// How many broadcasts are looked through for those that follow from one.
const MOST: i64 = 10_000;

/// The last broadcasts with what each is to be; those that cannot be read are left out.
pub(super) fn documents(connection: &mut Connection) -> Result<Vec<(Broadcast, Document)>, Error> {
    let read = |broadcast: Broadcast| {
        let document = Document::read(&broadcast.document).ok()?;
        Some((broadcast, document))
    };
    Ok(broadcasts::latest(connection, BroadcastId::MAX, MOST)?.into_iter().filter_map(read).collect())
}

/// The topics that name a topic as related.
pub(super) fn naming<'p>(playbook: &'p Playbook, topic: &'p str) -> impl Iterator<Item = &'p Topic> {
    playbook.topics.iter().filter(move |other| other.related.iter().any(|related| related == topic))
}

/// The audiences of the other follow-ups of the broadcast from which this one follows, but for those that were cancelled
/// and those that mean nothing any more.
pub(super) fn others(
    connection: &mut Connection,
    versions: &Versions,
    (id, document): (BroadcastId, &Document),
) -> Result<Vec<AudienceQuery>, Error> {
    let Some(follow_up) = &document.follow_up else { return Ok(Vec::new()) };
    let is_other = |(broadcast, other): &(Broadcast, Document)| {
        let is_of_same = other.follow_up.as_ref().is_some_and(|one| one.of == follow_up.of);
        is_of_same && broadcast.id != id && broadcast.state != BroadcastState::Cancelled
    };
    let mut all = documents(connection)?;
    all.retain(is_other);
    let query = |other: &Document| AudienceQuery::read(versions.clone(), &other.settings.audience.to_string()).ok();
    Ok(all.iter().filter_map(|(_, other)| query(other)).collect())
}

/// How many people are in the audience of several follow-ups. `followed` are the topics that have one; `together` are the
/// people by all the topics that pulled them.
pub(super) fn in_several(playbook: &Playbook, followed: &[&str], together: &BTreeMap<BTreeSet<String>, i64>) -> i64 {
    let is_for = |followed: &str, pulled: &BTreeSet<String>| {
        pulled.contains(followed) || naming(playbook, followed).any(|other| pulled.contains(&other.id))
    };
    let count = |pulled: &BTreeSet<String>| followed.iter().filter(|topic| is_for(topic, pulled)).count();
    together.iter().filter(|(pulled, _)| count(pulled) > 1).map(|(_, people)| people).sum()
}

/// What it means for them, in English; `None` where there are none.
pub(super) fn in_words(people: i64) -> Option<String> {
    let start = "in the audience of more than one of these follow-ups";
    let end = "or one that names another as related.";
    match people {
        0 => None,
        1 => Some(format!("1 person is {start} and gets each of them: several topics pulled this person, {end}")),
        people => Some(format!("{people} people are {start} and get each of them: several topics pulled them, {end}")),
    }
}

/// Why no follow-up was made, in English. `followed` is how many topics had theirs already; the others are named, and those
/// without an e-mail have pulled somebody.
pub(super) fn why_none(followed: usize, without_email: &[&str], pulled_nobody: &[&str]) -> String {
    let already = (followed > 0).then(|| "the topics in `there_already` have their follow-up already".to_owned());
    let lacking = (!without_email.is_empty()).then(|| {
        let names = without_email.join(", ");
        format!("people chose or clicked {names}, but no other e-mail of the playbook has that as its `topic`")
    });
    let all: Vec<String> = already.into_iter().chain(lacking).collect();
    let why = match (all.is_empty(), pulled_nobody) {
        (false, _) => all.join("; "),
        (true, []) => "no copy that has left has a link that stands for a topic".to_owned(),
        (true, topics) => format!(
            "nobody has chosen or clicked one of its topics yet ({}); a click counts up to a minute after it was made",
            topics.join(", ")
        ),
    };
    format!("No draft was made: {why}.")
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook::read;

    use super::*;

    #[test]
    fn somebody_is_in_several_by_several_topics_and_by_one_that_names_another() {
        let text = "playbook: test\ntopics:\n  - {id: shirts}\n  - {id: ties, related: [shirts]}\n  - {id: hats}\n";
        let playbook = read(text).playbook.unwrap();
        let pulled = |topics: &[&str]| topics.iter().map(|topic| (*topic).to_owned()).collect::<BTreeSet<String>>();
        let together = BTreeMap::from([
            (pulled(&["shirts"]), 1),
            (pulled(&["ties"]), 2),
            (pulled(&["hats"]), 4),
            (pulled(&["hats", "shirts"]), 8),
            (pulled(&["hats", "socks"]), 16),
        ]);
        for (followed, expected) in [
            (&["shirts", "ties", "hats"][..], 10),
            (&["shirts", "ties"], 2),
            (&["hats", "shirts"], 8),
            (&["ties"], 0),
            (&[], 0),
        ] {
            assert_eq!(in_several(&playbook, followed, &together), expected, "{followed:?}");
        }
    }

    #[test]
    fn what_it_means_is_said_with_the_number_of_people() {
        assert_eq!(in_words(0), None);
        for (people, start) in [(1, "1 person is in the audience"), (2, "2 people are in the audience")] {
            let words = in_words(people).unwrap();
            assert!(words.starts_with(start) && words.ends_with("names another as related."), "{words}");
        }
    }

    #[test]
    fn why_no_follow_up_was_made_is_said_with_the_topics() {
        let already = "No draft was made: the topics in `there_already` have their follow-up already";
        let lacks = "people chose or clicked HATS, but no other e-mail of the playbook has that as its `topic`.";
        for (followed, without_email, pulled_nobody, expected) in [
            (0, vec![], vec![], "No draft was made: no copy that has left has a link that stands for a topic.".to_owned()),
            (
                0,
                vec![],
                vec!["HATS", "TIES"],
                "No draft was made: nobody has chosen or clicked one of its topics yet (HATS, TIES); a click counts up to a \
                 minute after it was made."
                    .to_owned(),
            ),
            (2, vec![], vec!["TIES"], format!("{already}.")),
            (0, vec!["HATS"], vec!["TIES"], format!("No draft was made: {lacks}")),
            (1, vec!["HATS"], vec![], format!("{already}; {lacks}")),
        ] {
            assert_eq!(why_none(followed, &without_email, &pulled_nobody), expected);
        }
    }
}
