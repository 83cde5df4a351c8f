//! The broadcasts of the sample company: every eight weeks one with four attractors, to everybody who subscribed, and a week
//! later a follow-up for each topic that pulled somebody. Of each three broadcasts, the second leaves in waves and is sent
//! again to those who provably did not open it; the third leaves some people out, and has two subjects at first.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::time::{Duration, Instant};
use serde_json::json;

use crate::App;
use crate::BroadcastId;
use crate::actor::{Actor, Role};
use crate::playbook::draft::change::DraftChange;
use crate::playbook::draft::{self, Expected};
use crate::refusal::Refusal;
use crate::segments::in_force;
use crate::sending::broadcasts::audience::count;
use crate::sending::broadcasts::control::{add, change, correct, start};
use crate::sending::broadcasts::follow::{follow_ups, resend};
use crate::sending::broadcasts::item::show;
use crate::sending::broadcasts::report::{BroadcastVariant, report};
use crate::sending::broadcasts::subjects::NewSubjects;
use crate::sending::broadcasts::{BroadcastSettings, BroadcastWaves, BroadcastWhen};
use crate::view::View;

/// A broadcast of the company.
struct Campaign {
    name: &'static str,
    email: &'static str,
    /// Percent of its people in each wave but the last; empty: all at once.
    waves: &'static [f64],
    /// Percent of its people who do not get it.
    holdout: Option<f64>,
    /// The subjects for those who provably did not open it.
    again: Option<Again>,
}

/// The subjects of a repetition, in the languages of the company's e-mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Again {
    subject: &'static str,
    german: &'static str,
}

impl Again {
    fn subjects(self) -> NewSubjects {
        let german = ("de".to_owned(), self.german.to_owned());
        NewSubjects { subject: self.subject.to_owned(), subjects: BTreeMap::from([german]) }
    }
}

/// In turn.
static CAMPAIGNS: [Campaign; 3] = [
    Campaign { name: "What holds you up?", email: "what-holds-you-up", waves: &[], holdout: None, again: None },
    Campaign {
        name: "Four stories from workshops",
        email: "stories-from-workshops",
        waves: &[10.0, 30.0],
        holdout: None,
        again: Some(Again {
            subject: "How a tool shop halved its lead times",
            german: "Wie ein Werkzeugbau seine Lieferzeit halbierte",
        }),
    },
    Campaign {
        name: "Questions from the shop floor",
        email: "questions-from-the-floor",
        waves: &[],
        holdout: Some(10.0),
        again: None,
    },
];
/// Topics about which there is a second e-mail: those that a topic pulled had the first one as an answer.
const STORIES: [&str; 4] = ["scheduling", "stock", "quality", "costing"];
const FIRST: Duration = Duration(20 * Duration::DAY.0);
const EVERY: Duration = Duration(56 * Duration::DAY.0);
const FOLLOWED: Duration = Duration(7 * Duration::DAY.0);
/// By then, most of those who open an e-mail have opened it.
const COMPARED: Duration = Duration(18 * Duration::DAY.0);
/// The last copies have left or are too late by then: only what is over is sent again.
const REPEATED: Duration = Duration(45 * Duration::DAY.0);
/// How long a copy of a broadcast may be held by the cadence; a follow-up says so itself.
const VALID_FOR: &str = "35d";
/// Between two waves.
const PAUSE: &str = "1d";

/// What the marketer of the company does next.
pub struct Campaigns {
    /// How many broadcasts there were.
    sent: usize,
    agenda: BTreeSet<(Instant, Task)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    Broadcast,
    /// For each topic that pulled somebody.
    FollowUps(BroadcastId),
    /// From now on, everybody gets the subject that more people opened.
    ChooseSubject(BroadcastId),
    /// To those who provably did not open it, under these subjects.
    Repetition(BroadcastId, Again),
}

impl Campaigns {
    /// `begin` is the company's first day.
    pub fn from(begin: Instant) -> Campaigns {
        Campaigns { sent: 0, agenda: BTreeSet::from([(begin + FIRST, Task::Broadcast)]) }
    }

    /// When something is to be done.
    pub fn next(&self) -> Instant {
        self.agenda.first().map_or(Instant::NEVER, |(at, _)| *at)
    }

    /// Does the first thing that is due; whether there was one.
    pub async fn go_on(&mut self, app: &App) -> Result<bool, Refusal> {
        if self.next() > app.clock.now() {
            return Ok(false);
        }
        let Some((at, task)) = self.agenda.pop_first() else { return Ok(false) };
        match task {
            Task::Broadcast => self.broadcast(app, at).await?,
            Task::FollowUps(of) => follow(app, of).await?,
            Task::ChooseSubject(of) => choose_subject(app, of).await?,
            Task::Repetition(of, again) => repeat(app, of, again).await?,
        }
        Ok(true)
    }

    /// Starts the next broadcast, and plans what follows from it.
    async fn broadcast(&mut self, app: &App, at: Instant) -> Result<(), Refusal> {
        let campaign = &CAMPAIGNS[self.sent % CAMPAIGNS.len()];
        self.sent += 1;
        self.agenda.insert((at + EVERY, Task::Broadcast));
        let id = broadcast(app, campaign).await?;
        self.agenda.insert((at + FOLLOWED, Task::FollowUps(id)));
        if campaign.holdout.is_some() {
            self.agenda.insert((at + COMPARED, Task::ChooseSubject(id)));
        }
        if let Some(again) = campaign.again {
            self.agenda.insert((at + REPEATED, Task::Repetition(id, again)));
        }
        Ok(())
    }
}

/// On the next morning, in each lead's own zone.
async fn broadcast(app: &App, campaign: &Campaign) -> Result<BroadcastId, Refusal> {
    let tomorrow = (app.clock.now() + Duration::DAY).to_string();
    let local = tomorrow.get(..10).map(|day| format!("{day}T09:30"));
    let waves = BroadcastWaves { shares: campaign.waves.to_vec(), pause: PAUSE.to_owned() };
    let settings = BroadcastSettings {
        name: campaign.name.to_owned(),
        email: campaign.email.to_owned(),
        audience: json!({"consent": "granted", "subscription": "newsletter"}),
        when: BroadcastWhen { at: None, local },
        valid_for: Some(VALID_FOR.to_owned()),
        early_access: None,
        waves: Some(waves).filter(|waves| !waves.shares.is_empty()),
        holdout: campaign.holdout,
    };
    let draft = add(app, &marketer(), settings).await?;
    let id = id_of(&draft.id)?;
    begin(app, id).await?;
    Ok(id)
}

/// A follow-up for each topic; one that nobody would get stays a draft.
async fn follow(app: &App, last: BroadcastId) -> Result<(), Refusal> {
    for draft in follow_ups(app, &marketer(), last).await?.drafts {
        let topic = draft.settings.email.strip_prefix("guide-").filter(|topic| STORIES.contains(topic));
        let email = topic.map_or_else(|| draft.settings.email.clone(), |topic| format!("story-{topic}"));
        let settings = BroadcastSettings { email, ..draft.settings };
        let id = id_of(&draft.id)?;
        change(app, &marketer(), id, settings).await?;
        begin_for_anybody(app, id).await?;
    }
    Ok(())
}

/// Publishes the better subject of a broadcast as the only one of its e-mail, also for the copies that have not left: a
/// comparison goes on until a person ends it.
/// Where somebody else writes at the draft of the playbook, it is left to them.
async fn choose_subject(app: &App, of: BroadcastId) -> Result<(), Refusal> {
    let compared = app.read(move |view| compared(view, of)).await?;
    let draft = draft::shown(app).await?;
    let Some((email, subject)) = compared.filter(|_| draft.base.is_none()) else { return Ok(()) };
    let path = |key: &str| format!("/emails/{email}/{key}");
    let better = subject.map(|subject| DraftChange::Set { path: path("subject"), value: subject.into() });
    let changes = better.into_iter().chain([DraftChange::Remove { path: path("variants") }]).collect();
    let edited = draft::add(app, &marketer(), Expected::Tag(draft.tag), changes).await?;
    let note = "The subject that more people opened".to_owned();
    draft::publish(app, &marketer(), Expected::Tag(edited.tag), note, false).await?;
    match correct(app, &marketer(), of).await {
        // All its copies have left.
        Err(Refusal::Conflict(_)) => Ok(()),
        corrected => corrected.map(drop),
    }
}

/// The e-mail of a broadcast if it still has variants, and the better subject if that is not the e-mail's own.
fn compared(view: &mut View, of: BroadcastId) -> Result<Option<(String, Option<String>)>, Refusal> {
    let id = show(view, of)?.settings.email;
    let program = in_force(&view.versions()?)?;
    let email = program.playbook().emails.iter().find(|email| email.id == id && !email.variants.is_empty());
    let Some(email) = email else { return Ok(None) };
    let best = best(&report(view, of)?.variants);
    let variant = email.variants.iter().find(|variant| best.as_ref() == Some(&variant.id));
    Ok(Some((id, variant.and_then(|variant| variant.subject.clone()))))
}

/// The variant that the largest share of its people opened; `None`: the e-mail itself.
fn best(variants: &[BroadcastVariant]) -> Option<String> {
    let share = |one: &BroadcastVariant| one.opened.leads as f64 / one.opened.of.max(1) as f64;
    // Copies of another version or language are no part of the test.
    let tested = variants.iter().find(|one| one.variant.is_some())?;
    let beside = |one: &&BroadcastVariant| (one.version, &one.language) == (tested.version, &tested.language);
    let best = variants.iter().filter(beside).max_by(|a, b| share(a).total_cmp(&share(b)));
    best.and_then(|best| best.variant.clone())
}

/// Once more for those who provably did not open it, under other subjects. Where something of it waits still, or somebody
/// has published the e-mail in other languages, nothing is sent again.
async fn repeat(app: &App, of: BroadcastId, again: Again) -> Result<(), Refusal> {
    match resend(app, &marketer(), of, again.subjects()).await {
        Ok(draft) => begin_for_anybody(app, id_of(&draft.id)?).await,
        Err(Refusal::Conflict(_) | Refusal::Invalid(_)) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

/// Starts it; one that nobody would get stays a draft.
async fn begin_for_anybody(app: &App, id: BroadcastId) -> Result<(), Refusal> {
    match begin(app, id).await {
        Ok(()) | Err(Refusal::Conflict(_)) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

/// Starts it for the audience that is counted.
async fn begin(app: &App, id: BroadcastId) -> Result<(), Refusal> {
    let counted = count(app, id).await?;
    start(app, &marketer(), id, counted.tag).await.map(drop)
}

fn id_of(text: &str) -> Result<BroadcastId, Refusal> {
    let id = text.parse().map(BroadcastId);
    id.map_err(|_| Refusal::Failed(format!("`{text}` is not the id of a broadcast")))
}

fn marketer() -> Actor {
    Actor { who: "marketer of the sample company".into(), role: Role::Marketer }
}

#[cfg(test)]
mod tests {
    use attractor_store::VersionNumber;

    use super::*;
    use crate::sending::broadcasts::report::BroadcastRate;

    fn variant(id: Option<&str>, leads: i64, of: i64) -> BroadcastVariant {
        let opened = BroadcastRate { leads, of, ..BroadcastRate::default() };
        BroadcastVariant {
            version: VersionNumber(1),
            language: "en".into(),
            variant: id.map(str::to_owned),
            sent: of,
            opened,
            clicked: BroadcastRate::default(),
        }
    }

    #[test]
    fn the_subject_that_the_larger_share_opened_is_the_better_one() {
        for (variants, expected) in [
            (vec![], None),
            (vec![variant(None, 30, 100), variant(Some("ask"), 20, 50)], Some("ask")),
            (vec![variant(None, 3, 5), variant(Some("ask"), 20, 50)], None),
            (vec![variant(None, 0, 0), variant(Some("ask"), 1, 50)], Some("ask")),
            (
                vec![
                    BroadcastVariant { language: "de".into(), ..variant(None, 50, 50) },
                    variant(None, 10, 100),
                    variant(Some("ask"), 20, 50),
                    BroadcastVariant { version: VersionNumber(2), ..variant(None, 40, 50) },
                ],
                Some("ask"),
            ),
        ] {
            assert_eq!(best(&variants).as_deref(), expected, "{variants:?}");
        }
    }

    #[test]
    fn a_repetition_has_a_new_subject_in_each_language_of_its_email() {
        const SAMPLE: &str = include_str!("../../../../playbooks/sample/playbook.yaml");
        let playbook = attractor_engine::playbook::read(SAMPLE).playbook.unwrap();
        for (campaign, again) in CAMPAIGNS.iter().filter_map(|campaign| Some((campaign, campaign.again?))) {
            let checked = again.subjects().checked(&playbook, &[], campaign.email);
            assert_eq!(checked.unwrap(), again.subjects(), "{}", campaign.name);
        }
    }

    #[test]
    fn what_is_due_first_is_next() {
        let campaigns = Campaigns::from(Instant(0));
        assert_eq!(campaigns.next(), Instant(0) + FIRST);
        // A broadcast is over before it is repeated, and its subject is chosen before its e-mail goes out again.
        assert!(REPEATED > Duration::parse(VALID_FOR).unwrap() && COMPARED < EVERY);
        assert!(CAMPAIGNS.iter().any(|one| !one.waves.is_empty() && one.again.is_some()));
    }
}
