//! The library: the e-mails of which the best unread piece is chosen, and the gaps in it: people who have read everything
//! that fits them, by their primary interest and their stage.
//!
//! What a person has got counts as read, as it does when a piece is chosen for a copy (`best`). Whether the person may be
//! written to at present is not asked: a pause, a tired topic or a withdrawn consent is not a gap of the library.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use attractor_engine::choose::{Reader, pieces};
use attractor_engine::condition::Names;
use attractor_engine::gaps::{Gap, Gaps};
use attractor_engine::playbook::{Email, Format, Intent, Playbook};
use attractor_live::suppression::HashKeys;
use attractor_store::broadcasts::START;
use attractor_store::{Connection, Error, LeadId};
use serde::Serialize;
use utoipa::ToSchema;

use super::best::Library;
use super::situation::stages;
use super::survey::{Basis, Person, SoFar, Survey, ask, next_people};
use crate::App;
use crate::refusal::Refusal;

/// The library, and where people have nothing left to read
#[derive(Debug, Serialize, ToSchema)]
pub struct LibraryOverview {
    /// The instant as of which interests are; a lead whose last event came later is asked as of that event
    #[schema(format = DateTime)]
    pub at: String,
    /// Whether everybody was asked; if not, the numbers are of those who were asked so far, and a later request has more
    pub complete: bool,
    /// How many people were counted, with or without interests: leads with an e-mail address. Visitors are not among them
    pub asked: i64,
    /// The e-mails with a `format`, as declared
    pub pieces: Vec<LibraryPiece>,
    /// Where people have nothing left to read, most people first
    pub gaps: Vec<LibraryGap>,
}

/// An e-mail of the library
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LibraryPiece {
    /// The id of the e-mail
    pub email: String,
    pub name: String,
    /// `guide`, `case-study` …
    pub format: &'static str,
    /// Id of its topic; null where it has none
    pub topic: Option<String>,
    pub topic_name: Option<String>,
    /// The ids of the stages that it is for; empty: for all
    pub stages: Vec<String>,
    /// `educate`, `compare` or `decide`
    pub intent: Option<&'static str>,
}

/// People of one primary interest and stage for whom nothing is left
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LibraryGap {
    /// Id of the topic that is their primary interest
    pub topic: String,
    pub topic_name: String,
    /// Id of their stage on the ladder of the cadence; null without a cadence
    pub stage: Option<String>,
    pub stage_name: Option<String>,
    /// People for whom no piece is left that fits them: they have got it, or there never was one
    pub people: i64,
    /// All people of this primary interest in this stage
    pub of: i64,
    /// In English
    pub sentence: String,
}

/// What was found about the library so far.
#[derive(Clone, Debug, Default)]
pub struct LibraryFound {
    asked: i64,
    gaps: Gaps,
}

/// The library; its gaps among those who were asked so far, if not everybody was.
pub async fn show(app: &Arc<App>) -> Result<LibraryOverview, Refusal> {
    let basis = Basis::read(app).await?;
    let program = basis.program.clone();
    let so_far = ask(app, &app.library, basis, LibrarySurvey::begin).await?;
    Ok(shown(program.playbook(), &so_far))
}

/// Asks all people what is left for them.
struct LibrarySurvey {
    basis: Basis,
    last: (i64, LeadId),
    found: LibraryFound,
}

impl LibrarySurvey {
    fn begin(basis: Basis) -> LibrarySurvey {
        LibrarySurvey { basis, last: START, found: LibraryFound::default() }
    }
}

impl Survey for LibrarySurvey {
    type Found = LibraryFound;

    fn piece(&mut self, connection: &mut Connection) -> Result<bool, Error> {
        let Some(people) = next_people(connection, &self.basis, self.last)? else { return Ok(false) };
        let library = read_by(connection, &people.all)?;
        people.all.iter().for_each(|person| self.found.add(&library, person));
        self.last = people.end;
        Ok(true)
    }

    fn found(&self) -> LibraryFound {
        self.found.clone()
    }
}

/// What these people have got, as far as they have a primary interest.
fn read_by(connection: &mut Connection, people: &[Person]) -> Result<Library, Error> {
    let interested = people.iter().filter(|person| person.state.primary_interest(&person.under.program).is_some());
    let addresses: BTreeMap<LeadId, &str> = interested.map(|person| (person.id, person.address.as_str())).collect();
    let keys = HashKeys::read(connection)?;
    let hashes = |lead: LeadId| addresses.get(&lead).map(|address| keys.hashes(address)).unwrap_or_default();
    let mut library = Library::default();
    library.read_for(connection, addresses.keys().copied().collect(), &hashes)?;
    Ok(library)
}

impl LibraryFound {
    fn add(&mut self, library: &Library, person: &Person) {
        self.asked += 1;
        let program = &person.under.program;
        let Some(primary) = person.state.primary_interest(program) else { return };
        let (nothing, stages) = (BTreeSet::new(), stages(&person.under, &person.state));
        let interests = person.state.interests(program, person.at);
        let read = library.got(person.id).unwrap_or(&nothing);
        self.gaps.add(program.playbook(), primary, Reader { interests: &interests, stages: &stages, read });
    }
}

fn shown(playbook: &Playbook, so_far: &SoFar<LibraryFound>) -> LibraryOverview {
    let names = Names::of(playbook);
    LibraryOverview {
        at: so_far.at.to_string(),
        complete: so_far.is_complete,
        asked: so_far.found.asked,
        pieces: pieces(playbook).map(|email| piece(&names, email)).collect(),
        gaps: so_far.found.gaps.found().into_iter().map(|found| gap(playbook, &names, found)).collect(),
    }
}

fn piece(names: &Names, email: &Email) -> LibraryPiece {
    LibraryPiece {
        email: email.id.clone(),
        name: names.email(&email.id).to_owned(),
        format: email.format.map(Format::name).unwrap_or_default(),
        topic: email.topic.clone(),
        topic_name: email.topic.as_ref().map(|topic| names.topic(topic).to_owned()),
        stages: email.stages.clone(),
        intent: email.intent.map(Intent::name),
    }
}

fn gap(playbook: &Playbook, names: &Names, found: Gap) -> LibraryGap {
    let ladder = playbook.cadence.as_ref().map(|cadence| cadence.ladder.as_str()).unwrap_or_default();
    let topic_name = names.topic(&found.topic).to_owned();
    let stage_name = found.stage.as_ref().map(|stage| names.stage(ladder, stage).to_owned());
    LibraryGap {
        sentence: sentence(&found, &topic_name, stage_name.as_deref()),
        topic: found.topic,
        topic_name,
        stage: found.stage,
        stage_name,
        people: found.waiting as i64,
        of: found.of as i64,
    }
}

/// Who waits for what, and why: whether they have had all that fits them, or nothing ever fitted.
fn sentence(gap: &Gap, topic: &str, stage: Option<&str>) -> String {
    let place = stage.map(|stage| format!(" in {stage}")).unwrap_or_default();
    let whose = format!("{place} whose primary interest is {topic}");
    let who = match (gap.waiting, gap.of) {
        (1, 1) => format!("The one person{whose}"),
        (waiting, of) if waiting == of => format!("All {of} people{whose}"),
        (waiting, of) => format!("{waiting} of {of} people{whose}"),
    };
    let one = |count: u64, one: &'static str, many: &'static str| if count == 1 { one } else { many };
    let waits = one(gap.waiting, "waits", "wait");
    let why = match (gap.waiting.saturating_sub(gap.unserved), gap.unserved) {
        (0, _) => {
            let them = one(gap.waiting, "this person", "them");
            format!("{waits} for an e-mail: the library has none that fits {them}")
        }
        (read, 0) => format!("{} had every e-mail that fits, and {waits} for the next one", one(read, "has", "have")),
        (read, unserved) => {
            let has = one(read, "has", "have");
            format!(
                "{waits} for an e-mail: {read} {has} had every one that fits, and for {unserved} the library has none"
            )
        }
    };
    let of_stage = stage.map(|stage| format!(" for the stage {stage}")).unwrap_or_default();
    format!("{who} {why}. Write one about {topic}{of_stage}.")
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook;

    use super::*;

    #[test]
    fn a_gap_says_who_waits_for_what() {
        let read = "12 of 20 people in Warm whose primary interest is Stock have had every e-mail that fits, and wait for the \
            next one. Write one about Stock for the stage Warm.";
        let mixed = "12 of 20 people in Warm whose primary interest is Stock wait for an e-mail: 1 has had every one that \
            fits, and for 11 the library has none. Write one about Stock for the stage Warm.";
        let one = "1 of 20 people whose primary interest is Stock has had every e-mail that fits, and waits for the next \
            one. Write one about Stock.";
        let all = "All 20 people in Hot whose primary interest is Stock wait for an e-mail: the library has none that fits \
            them. Write one about Stock for the stage Hot.";
        let only = "The one person whose primary interest is Stock waits for an e-mail: the library has none that fits \
            this person. Write one about Stock.";
        for ((waiting, of), unserved, stage, expected) in [
            ((12, 20), 0, Some("Warm"), read),
            ((12, 20), 11, Some("Warm"), mixed),
            ((1, 20), 0, None, one),
            ((20, 20), 20, Some("Hot"), all),
            ((1, 1), 1, None, only),
        ] {
            let gap = Gap { topic: "stock".into(), stage: None, waiting, unserved, of };
            assert_eq!(sentence(&gap, "Stock", stage), expected);
        }
    }

    #[test]
    fn e_mails_with_a_format_are_the_pieces() {
        let text = "playbook: test\ntopics: [{id: stock, name: Our stock}]\nemails:\n  \
            - {id: news, subject: News, body: <mjml></mjml>, topic: stock}\n  \
            - {id: guide, name: The guide, subject: G, body: <mjml></mjml>, topic: stock, format: guide, intent: educate}\n  \
            - {id: demo, subject: D, body: <mjml></mjml>, format: demo}\n";
        let playbook = playbook::read(text).playbook.unwrap();
        let names = Names::of(&playbook);
        let found: Vec<LibraryPiece> = pieces(&playbook).map(|email| piece(&names, email)).collect();
        let [guide, demo] = &found[..] else { panic!("{found:?}") };
        assert_eq!((guide.name.as_str(), guide.topic_name.as_deref()), ("The guide", Some("Our stock")));
        assert_eq!((guide.format, guide.intent, guide.stages.len()), ("guide", Some("educate"), 0));
        assert_eq!((demo.email.as_str(), &demo.topic, demo.intent), ("demo", &None, None));
    }
}
