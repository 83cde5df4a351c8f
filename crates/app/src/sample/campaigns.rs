//! The broadcasts of the sample company: every eight weeks one with four attractors, to everybody who subscribed, and a week
//! later a follow-up for each topic that pulled somebody.

use attractor_engine::time::{Duration, Instant};
use serde_json::json;

use crate::App;
use crate::BroadcastId;
use crate::actor::{Actor, Role};
use crate::refusal::Refusal;
use crate::sending::broadcasts::audience::count;
use crate::sending::broadcasts::control::{add, change, start};
use crate::sending::broadcasts::follow::follow_ups;
use crate::sending::broadcasts::{BroadcastSettings, BroadcastWhen};

/// The e-mails with attractors, in turn.
const EMAILS: [(&str, &str); 3] = [
    ("What holds you up?", "what-holds-you-up"),
    ("Four stories from workshops", "stories-from-workshops"),
    ("Questions from the shop floor", "questions-from-the-floor"),
];
/// Topics about which there is a second e-mail: those that a topic pulled had the first one as an answer.
const STORIES: [&str; 4] = ["scheduling", "stock", "quality", "costing"];
const FIRST: Duration = Duration(20 * Duration::DAY.0);
const EVERY: Duration = Duration(56 * Duration::DAY.0);
const FOLLOWED: Duration = Duration(7 * Duration::DAY.0);
/// How long a copy of a broadcast may be held by the cadence; a follow-up says so itself.
const VALID_FOR: &str = "35d";

/// What the marketer of the company does next.
pub struct Campaigns {
    begin: Instant,
    /// How many broadcasts there were.
    sent: i64,
    /// The last one, whose topics have no follow-ups yet.
    last: Option<BroadcastId>,
}

impl Campaigns {
    /// `begin` is the company's first day.
    pub fn from(begin: Instant) -> Campaigns {
        Campaigns { begin, sent: 0, last: None }
    }

    /// When something is to be done.
    pub fn next(&self) -> Instant {
        let of = |number: i64| self.begin + FIRST + Duration(EVERY.0 * number);
        if self.last.is_some() { of(self.sent - 1) + FOLLOWED } else { of(self.sent) }
    }

    /// Does what is due.
    pub async fn go_on(&mut self, app: &App) -> Result<(), Refusal> {
        if self.next() > app.clock.now() {
            return Ok(());
        }
        match self.last.take() {
            Some(last) => follow(app, last).await,
            None => {
                let (name, email) = EMAILS[self.sent.rem_euclid(EMAILS.len() as i64) as usize];
                self.sent += 1;
                self.last = Some(broadcast(app, name, email).await?);
                Ok(())
            }
        }
    }
}

/// On the next morning, in each lead's own zone.
async fn broadcast(app: &App, name: &str, email: &str) -> Result<BroadcastId, Refusal> {
    let tomorrow = (app.clock.now() + Duration::DAY).to_string();
    let local = tomorrow.get(..10).map(|day| format!("{day}T09:30"));
    let settings = BroadcastSettings {
        name: name.to_owned(),
        email: email.to_owned(),
        audience: json!({"consent": "granted", "subscription": "newsletter"}),
        when: BroadcastWhen { at: None, local },
        valid_for: Some(VALID_FOR.to_owned()),
        early_access: None,
        waves: None,
        holdout: None,
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
        match begin(app, id).await {
            Ok(_) | Err(Refusal::Conflict(_)) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(())
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
