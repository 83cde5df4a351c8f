//! What follows from a broadcast: a draft for each topic that pulled people, and one repetition for those who provably did
//! not open it.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_engine::condition::Names;
use attractor_engine::playbook::{Cadence, Class, Email, Playbook};
use attractor_engine::program::Program;
use attractor_engine::time::{Duration, Instant};
use attractor_engine::vocabulary::kind;
use attractor_store::broadcasts::{self, Broadcast, BroadcastState};
use attractor_store::{BroadcastId, Connection, Error};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::control::{NotDone, insert, passed_on, shown};
use super::item::{BroadcastItem, counts, open};
use super::one;
use super::report::{TopicName, sums};
use super::settings::{BroadcastSettings, BroadcastWhen, Document, FollowUp, VALID_FOR};
use super::siblings::{self, documents, naming};
use super::stop::in_send_id;
use super::subjects::NewSubjects;
use crate::App;
use crate::actor::Actor;
use crate::programs::Programs;
use crate::refusal::Refusal;
use crate::segments::in_force;
use crate::sending::cadence::longest;
use crate::sending::pace::stage_levels;

/// What the drafts of follow-ups are: sequences in review make drafts of another kind.
const WHAT: &str = "These are drafts of broadcasts: each goes to nobody until it is started with POST \
                    /api/broadcasts/{id}/start. Drafts of single e-mails that sequences in review ask for are another list, GET \
                    /api/outbox?state=draft, and are released there.";

/// What was made of the topics of a broadcast
#[derive(Debug, Serialize, ToSchema)]
pub struct FollowUps {
    /// What `drafts` are and what they are not, in English; null where none was made
    pub what: Option<&'static str>,
    /// Why none was made, in English; null where one was
    pub why_none: Option<String>,
    /// A draft of a broadcast for each topic that pulled people and has an e-mail, for those people and those whom a topic pulled that
    /// names it as related
    pub drafts: Vec<BroadcastItem>,
    /// Topics that pulled people and that no other e-mail of the playbook is about
    pub without_email: Vec<TopicName>,
    /// Topics that pulled nobody: they get no follow-up
    pub pulled_nobody: Vec<TopicName>,
    /// Topics that have a follow-up of this broadcast already
    pub there_already: Vec<FollowedTopic>,
    /// How many people are in the audience of more than one of these follow-ups, with those of `there_already`, and get each
    /// of them
    pub in_several: i64,
    /// The same in English, with the reason; null where nobody is
    pub in_several_sentence: Option<String>,
}

/// A topic with a follow-up
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FollowedTopic {
    #[serde(flatten)]
    pub topic: TopicName,
    /// The id of the broadcast that is its follow-up
    pub broadcast: String,
}

/// Makes a draft for each topic that pulled people.
pub async fn follow_ups(app: &App, actor: &Actor, id: BroadcastId) -> Result<FollowUps, Refusal> {
    let (plan, in_several) = app
        .read(move |view| {
            let broadcast = one(view.connection, id)?;
            if broadcast.state == BroadcastState::Draft {
                return Err(Refusal::Conflict(format!("the broadcast {id} is a draft; nobody got it yet")));
            }
            let program = in_force(&view.versions()?)?;
            let names = view.names()?;
            let sums = sums(view.connection, id)?;
            let (pulled, nobody) = sums.topics(&names);
            let pulled = pulled.into_iter().map(|topic| topic.name).collect();
            let settings = Document::read(&broadcast.document)?.settings;
            let playbook = program.playbook();
            let valid_for = valid_for(view.connection, playbook)?;
            let plan = Plan::of(playbook, (id, &settings), valid_for, pulled, nobody);
            let followed: Vec<&str> = plan.documents.iter().map(|(topic, _)| topic.topic.as_str()).collect();
            let in_several = siblings::in_several(playbook, &followed, sums.together());
            Ok((plan, in_several))
        })
        .await?;
    let Plan { documents, without_email, pulled_nobody } = plan;
    let (made, there_already) = insert_new(app, actor, id, documents).await?;
    let mut drafts = Vec::with_capacity(made.len());
    for draft in made {
        drafts.push(shown(app, draft).await?);
    }
    let what = (!drafts.is_empty()).then_some(WHAT);
    let why_none = || siblings::why_none(there_already.len(), &called(&without_email), &called(&pulled_nobody));
    Ok(FollowUps {
        what,
        why_none: drafts.is_empty().then(why_none),
        in_several_sentence: siblings::in_words(in_several),
        drafts,
        without_email,
        pulled_nobody,
        there_already,
        in_several,
    })
}

fn called(topics: &[TopicName]) -> Vec<&str> {
    topics.iter().map(|topic| topic.topic_name.as_str()).collect()
}

/// Makes the drafts of topics that have none, in one transaction: of two requests at once, the second finds those of the
/// first.
async fn insert_new(
    app: &App,
    actor: &Actor,
    id: BroadcastId,
    documents: Vec<(TopicName, Document)>,
) -> Result<(Vec<BroadcastId>, Vec<FollowedTopic>), Refusal> {
    let (actor, clock) = (actor.clone(), app.clock.clone());
    app.write(move |connection| {
        let there = topics_followed(connection, id)?;
        let (mut made, mut there_already) = (Vec::new(), Vec::new());
        for (topic, document) in documents {
            match there.get(&topic.topic) {
                Some(other) => there_already.push(FollowedTopic { topic, broadcast: other.to_string() }),
                None => made.push(insert(connection, &actor, &document, clock.now())?),
            }
        }
        Ok(Ok((made, there_already)))
    })
    .await
}

/// What is to be made of topics.
struct Plan {
    documents: Vec<(TopicName, Document)>,
    without_email: Vec<TopicName>,
    pulled_nobody: Vec<TopicName>,
}

impl Plan {
    fn of(
        playbook: &Playbook,
        of: (BroadcastId, &BroadcastSettings),
        valid_for: Option<Duration>,
        pulled: Vec<TopicName>,
        pulled_nobody: Vec<TopicName>,
    ) -> Plan {
        let (mut documents, mut without_email) = (Vec::new(), Vec::new());
        for topic in pulled {
            match email_about(playbook, &topic.topic, &of.1.email) {
                Some(email) => {
                    let document = document(playbook, of, &topic, email, valid_for);
                    documents.push((topic, document));
                }
                None => without_email.push(topic),
            }
        }
        Plan { documents, without_email, pulled_nobody }
    }
}

/// The first e-mail about a topic that is not the broadcast's own.
fn email_about<'p>(playbook: &'p Playbook, topic: &str, own: &str) -> Option<&'p Email> {
    let is_about = |email: &&Email| email.topic.as_deref() == Some(topic) && email.id != own;
    playbook.emails.iter().filter(|email| email.class != Some(Class::Transactional)).find(is_about)
}

fn document(
    playbook: &Playbook,
    (id, settings): (BroadcastId, &BroadcastSettings),
    topic: &TopicName,
    email: &Email,
    valid_for: Option<Duration>,
) -> Document {
    let settings = BroadcastSettings {
        name: format!("{}: {}", settings.name, topic.topic_name),
        email: email.id.clone(),
        audience: pulled_by(playbook, id, &settings.email, &topic.topic),
        when: BroadcastWhen::default(),
        valid_for: valid_for.map(|length| length.to_string()),
        early_access: None,
        waves: None,
        holdout: None,
    };
    let follow_up = Some(FollowUp { of: id, topic: topic.topic.clone() });
    Document { follow_up, ..Document::draft(settings) }
}

/// How long a copy of what follows from a broadcast may be held; `None` where the playbook has no cadence that holds it.
fn valid_for(connection: &mut Connection, playbook: &Playbook) -> Result<Option<Duration>, Error> {
    match &playbook.cadence {
        Some(cadence) => Ok(outlasting(cadence, &stage_levels(connection)?)),
        None => Ok(None),
    }
}

/// How long a copy of a follow-up or a repetition may be held: its people have just got the broadcast, so that most have to
/// wait until the longest interval of a stage is over, as it is adapted now, and then for sending hours, which come every
/// week. In whole hours, because people read it, and a setting says no milliseconds.
fn outlasting(cadence: &Cadence, levels: &BTreeMap<String, i32>) -> Option<Duration> {
    let hours = |interval: Duration| interval.0.saturating_add(Duration::HOUR.0 - 1) / Duration::HOUR.0;
    longest(cadence, levels).map(|interval| Duration(hours(interval) * Duration::HOUR.0 + VALID_FOR.0))
}

/// The condition of those whom a topic pulled in their copies of a broadcast, or a topic that names it as related. The same
/// e-mail may have gone out before.
fn pulled_by(playbook: &Playbook, id: BroadcastId, email: &str, topic: &str) -> Value {
    let related = naming(playbook, topic).map(|other| other.id.as_str());
    let copies = in_send_id(id);
    let one = |topic: &str| {
        let which = json!({"email_id": email, "send_id": {"ends_with": copies}, "topic": topic});
        json!({"event": [kind::EMAIL_LINK_CLICKED, kind::TOPIC_CHOSEN], "where": which})
    };
    let mut all: Vec<Value> = std::iter::once(topic).chain(related).map(one).collect();
    if all.len() == 1 { all.remove(0) } else { json!({"any": all}) }
}

/// The topics of a broadcast that have a follow-up, each with it.
fn topics_followed(connection: &mut Connection, id: BroadcastId) -> Result<BTreeMap<String, BroadcastId>, Error> {
    let of = |(other, document): (Broadcast, Document)| {
        let follow_up = document.follow_up.filter(|follow_up| follow_up.of == id)?;
        Some((follow_up.topic, other.id))
    };
    Ok(documents(connection)?.into_iter().filter_map(of).collect())
}

/// Makes the draft of a repetition under other subjects, for those who provably did not open a broadcast.
pub async fn resend(
    app: &App,
    actor: &Actor,
    id: BroadcastId,
    subjects: NewSubjects,
) -> Result<BroadcastItem, Refusal> {
    let (program, valid_for) = app
        .read(|view| {
            let program = in_force(&view.versions()?)?;
            let valid_for = valid_for(view.connection, program.playbook())?;
            Ok((program, valid_for))
        })
        .await?;
    let (actor, clock, programs) = (actor.clone(), app.clock.clone(), app.programs.clone());
    let repeat = move |connection: &mut Connection| -> Result<BroadcastId, NotDone> {
        let broadcast = one(connection, id)?;
        let document = Document::read(&broadcast.document)?;
        may_repeat(connection, &broadcast, &document)?;
        let sent = editions(connection, &programs, &document)?;
        let sent: Vec<&Playbook> = sent.iter().map(|program| program.playbook()).collect();
        let subjects = subjects.checked(program.playbook(), &sent, &document.settings.email)?;
        Ok(insert(connection, &actor, &repetition(id, document, subjects, valid_for), clock.now())?)
    };
    // Checked and made in one transaction: of two requests at once, the second finds the draft of the first.
    let made = app.write(move |connection| passed_on(repeat(connection))).await?;
    shown(app, made).await
}

/// The versions of the playbook by which copies of a broadcast were made: that of its start, and of each correction.
fn editions(connection: &mut Connection, programs: &Programs, document: &Document) -> Result<Vec<Arc<Program>>, Error> {
    let mut found = Vec::new();
    for number in document.corrected_from.iter().copied().chain(document.version) {
        // What cannot be read any more has no subjects that could be compared.
        found.extend(programs.readable(connection, number)?.ok());
    }
    Ok(found)
}

fn may_repeat(connection: &mut Connection, broadcast: &Broadcast, document: &Document) -> Result<(), Refusal> {
    let id = broadcast.id;
    let refuse = |why: &str| Err(Refusal::Conflict(format!("the broadcast {id} cannot be repeated: {why}")));
    if document.resend_of.is_some() {
        return refuse("it is a repetition itself, and a broadcast is repeated once");
    }
    match open(&counts(connection, id)?) {
        0 if broadcast.started_at.is_some() && broadcast.frozen_at.is_some() => {}
        0 => return refuse("it is not over yet"),
        waiting => return refuse(&still_waits(id, waiting)),
    }
    if let Some((other, _)) = documents(connection)?.iter().find(|(_, other)| other.resend_of == Some(id)) {
        return refuse(&format!("it has a repetition already, the broadcast {}", other.id));
    }
    Ok(())
}

/// Why a broadcast is not over, and how somebody ends it.
fn still_waits(id: BroadcastId, copies: i64) -> String {
    let (copies, them) = match copies {
        1 => ("1 of its copies still waits".to_owned(), "it"),
        copies => (format!("{copies} of its copies still wait"), "them"),
    };
    format!("it is not over yet: {copies}. POST /api/broadcasts/{id}/cancel withdraws {them}")
}

/// It has the settings of its original, but for those of its turns; `valid_for` is for an original that does not say it.
fn repetition(id: BroadcastId, document: Document, subjects: NewSubjects, valid_for: Option<Duration>) -> Document {
    let settings = BroadcastSettings {
        name: format!("{}, again", document.settings.name),
        when: BroadcastWhen::default(),
        valid_for: document.settings.valid_for.or_else(|| valid_for.map(|length| length.to_string())),
        early_access: None,
        holdout: None,
        ..document.settings
    };
    Document { resend_of: Some(id), subjects: Some(subjects), ..Document::draft(settings) }
}

/// What the audience of a draft that follows from another broadcast is, in English; `None` where the condition says it, as
/// somebody wrote it.
pub fn sentence(connection: &mut Connection, document: &Document, program: &Program) -> Result<Option<String>, Error> {
    if let Some(original) = document.resend_of {
        let (called, _) = original_of(connection, original, program)?;
        return Ok(Some(format!("got {called} and provably did not open it")));
    }
    let Some(FollowUp { of, topic }) = &document.follow_up else { return Ok(None) };
    let (called, Some(original)) = original_of(connection, *of, program)? else { return Ok(None) };
    let playbook = program.playbook();
    let as_made = pulled_by(playbook, *of, &original.settings.email, topic);
    Ok((document.settings.audience == as_made).then(|| was_pulled(playbook, topic, &called)))
}

fn was_pulled(playbook: &Playbook, topic: &str, called: &str) -> String {
    let names = Names::of(playbook);
    let related: Vec<&str> = naming(playbook, topic).map(|other| names.topic(&other.id)).collect();
    let related = match &related[..] {
        [] => String::new(),
        several => format!(", or a related topic ({}),", several.join(", ")),
    };
    format!("chose or clicked {}{related} in {called}", names.topic(topic))
}

/// What a broadcast is called in a sentence, and what it was made with, if that is still stored. Its start is told by the
/// playbook's clock.
fn original_of(
    connection: &mut Connection,
    id: BroadcastId,
    program: &Program,
) -> Result<(String, Option<Document>), Error> {
    let broadcast = broadcasts::one(connection, id)?;
    let document = broadcast.as_ref().and_then(|broadcast| Document::read(&broadcast.document).ok());
    let name = document.as_ref().map_or_else(|| id.to_string(), |document| document.settings.name.clone());
    let started = broadcast.and_then(|broadcast| broadcast.started_at).map(Instant);
    let at = started.map(|at| format!(" of {}", program.minute_with_zone(at)));
    Ok((format!("the broadcast “{name}”{}", at.unwrap_or_default()), document))
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook;

    use super::super::control::testing::broadcast;
    use super::*;

    fn playbook() -> Playbook {
        let text = "playbook: test\ntopics:\n  - {id: shirts, name: Shirts}\n  - {id: ties, related: [shirts]}\n  - {id: hats}\n\
            emails:\n  - {id: may, subject: May, body: <mjml></mjml>, topic: shirts}\n  \
            - {id: more, subject: More, body: <mjml></mjml>, topic: shirts}\n";
        playbook::read(text).playbook.unwrap()
    }

    fn settings() -> BroadcastSettings {
        serde_json::from_value(json!({"name": "May", "email": "may", "audience": {"segment": "hot"}})).unwrap()
    }

    fn topic(id: &str) -> TopicName {
        TopicName { topic: id.into(), topic_name: id.to_uppercase() }
    }

    #[test]
    fn each_topic_that_pulled_people_gets_the_next_email_about_it() {
        let pulled = vec![topic("shirts"), topic("hats")];
        let plan = Plan::of(&playbook(), (BroadcastId(7), &settings()), None, pulled, vec![topic("socks")]);
        let [(_, document)] = &plan.documents[..] else { panic!("{:?}", plan.documents) };
        assert_eq!((document.settings.name.as_str(), document.settings.email.as_str()), ("May: SHIRTS", "more"));
        let follow_up = document.follow_up.as_ref().unwrap();
        assert_eq!((follow_up.of, follow_up.topic.as_str()), (BroadcastId(7), "shirts"));
        // Its own people, and those of the topic that names it as related.
        let any = document.settings.audience["any"].as_array().unwrap();
        assert_eq!(any.iter().map(|one| &one["where"]["topic"]).collect::<Vec<_>>(), ["shirts", "ties"]);
        // Who clicked in an earlier sending of the same e-mail is not among them.
        assert!(any.iter().all(|one| one["where"]["send_id"] == json!({"ends_with": "/broadcast/7"})), "{any:?}");
        assert!(document.settings.understand(&playbook()).is_ok());
        let ids = |topics: &[TopicName]| topics.iter().map(|one| one.topic.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&plan.without_email), ["hats"]);
        assert_eq!(ids(&plan.pulled_nobody), ["socks"]);
    }

    #[test]
    fn a_follow_up_is_valid_for_longer_than_the_slowest_stage_waits() {
        let with = |cadence: &str| {
            let text = format!(
                "playbook: test\ntopics: [{{id: shirts}}]\nscores: [{{id: fit, rules: [{{id: a, event: A, points: 1}}]}}]\n\
                ladders: [{{id: life, score: fit, stages: [{{id: cold}}, {{id: hot, from: 9}}]}}]\n{cadence}\
                emails: [{{id: more, subject: More, body: <mjml></mjml>, topic: shirts}}]\n"
            );
            playbook::read(&text).playbook.unwrap()
        };
        let adapt =
            "adapt: {slow_below: 0.1, quicken_above: 0.4, over: 30d, min_sent: 50, factor: 2, between: [4d, 50d]}";
        let odd = adapt.replace("factor: 2", "factor: 1.3");
        for (cadence, level, expected) in [
            (String::new(), 0, None),
            ("cadence: {ladder: life, every: {cold: 1d, hot: 12h}}\n".into(), 0, Some("8d")),
            ("cadence: {ladder: life, every: {cold: 30d, hot: 7d}}\n".into(), 0, Some("37d")),
            (format!("cadence: {{ladder: life, every: {{cold: 30d, hot: 7d}}, {adapt}}}\n"), 0, Some("37d")),
            (format!("cadence: {{ladder: life, every: {{cold: 30d, hot: 7d}}, {adapt}}}\n"), 1, Some("57d")),
            // Ten days and a second, adapted to 312 hours and some milliseconds.
            (format!("cadence: {{ladder: life, every: {{cold: 864001s, hot: 7d}}, {odd}}}\n"), 1, Some("481h")),
        ] {
            let playbook = with(&cadence);
            let levels = BTreeMap::from([("life/cold".to_owned(), level)]);
            let valid_for = playbook.cadence.as_ref().and_then(|cadence| outlasting(cadence, &levels));
            let plan = Plan::of(&playbook, (BroadcastId(7), &settings()), valid_for, vec![topic("shirts")], Vec::new());
            let [(_, document)] = &plan.documents[..] else { panic!("{:?}", plan.documents) };
            assert_eq!(document.settings.valid_for.as_deref(), expected, "{cadence} {level}");
            assert!(document.settings.understand(&playbook).is_ok(), "{cadence} {level}");
        }
    }

    #[test]
    fn a_sentence_tells_the_start_of_a_broadcast_by_the_clock_of_the_playbook() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = attractor_store::Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        let document = |settings, resend_of, follow_up| Document { resend_of, follow_up, ..Document::draft(settings) };
        let original = Broadcast {
            document: document(settings(), None, None).text(),
            // 2026-11-30T09:00:00Z.
            started_at: Some(1_796_029_200_000),
            ..broadcast(7)
        };
        broadcasts::save(&mut connection, &original).unwrap();
        let playbook = Playbook { timezone: "Europe/Berlin".into(), ..playbook() };
        let program = Program::new(playbook, &jiff::tz::TimeZoneDatabase::bundled()).unwrap();
        let (of, called) = (BroadcastId(7), "the broadcast “May” of 2026-11-30 10:00 Europe/Berlin");
        let audience = pulled_by(program.playbook(), of, "may", "hats");
        let followed = BroadcastSettings { audience, ..settings() };
        for (document, expected) in [
            (document(settings(), Some(of), None), format!("got {called} and provably did not open it")),
            (
                document(followed, None, Some(FollowUp { of, topic: "hats".into() })),
                format!("chose or clicked hats in {called}"),
            ),
        ] {
            assert_eq!(sentence(&mut connection, &document, &program).unwrap(), Some(expected));
        }
    }

    #[test]
    fn a_repetition_has_other_subjects_and_leaves_when_it_is_started() {
        let when = BroadcastWhen { at: Some("2026-05-01T09:00:00Z".into()), local: None };
        let settings = BroadcastSettings { when, holdout: Some(10.0), ..settings() };
        let document = Document::draft(settings);
        let subjects = NewSubjects { subject: "June".into(), ..NewSubjects::default() };
        let again = repetition(BroadcastId(7), document, subjects.clone(), None);
        assert_eq!((again.resend_of, again.subjects.as_ref()), (Some(BroadcastId(7)), Some(&subjects)));
        assert_eq!((&again.settings.when, again.settings.holdout), (&BroadcastWhen::default(), None));
        assert_eq!(Document::read(&again.text()).unwrap(), again);
    }

    #[test]
    fn a_repetition_outlasts_the_cadence_where_its_original_does_not_say_how_long_it_is_valid() {
        let outlasting = Some(Duration(37 * Duration::DAY.0));
        for (original, of_cadence, expected) in
            [(None, None, None), (None, outlasting, Some("37d")), (Some("2d"), outlasting, Some("2d"))]
        {
            let settings = BroadcastSettings { valid_for: original.map(str::to_owned), ..settings() };
            let document = Document::draft(settings);
            let again = repetition(BroadcastId(7), document, NewSubjects::default(), of_cadence);
            assert_eq!(again.settings.valid_for.as_deref(), expected, "{original:?}");
        }
    }

    #[test]
    fn what_is_not_over_says_how_many_copies_wait_and_what_withdraws_them() {
        let end = "POST /api/broadcasts/7/cancel withdraws";
        for (copies, expected) in [
            (1, format!("it is not over yet: 1 of its copies still waits. {end} it")),
            (12, format!("it is not over yet: 12 of its copies still wait. {end} them")),
        ] {
            assert_eq!(still_waits(BroadcastId(7), copies), expected);
        }
    }
}
