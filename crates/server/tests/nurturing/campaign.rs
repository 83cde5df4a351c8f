//! Broadcasts of a history: at once, at an hour of each lead's own clock, to one segment before the rest, or in waves; paused,
//! resumed and cancelled; with what follows from them.

use attractor_app::actor::{Actor, Role};
use attractor_app::refusal::Refusal;
use attractor_app::sending::broadcasts::audience::count;
use attractor_app::sending::broadcasts::control::{Start, add, cancel, pause, resume, start, undo};
use attractor_app::sending::broadcasts::follow::{follow_ups, resend};
use attractor_app::sending::broadcasts::item::{BroadcastItem, BroadcastStateName};
use attractor_app::sending::broadcasts::report::report;
use attractor_app::sending::broadcasts::subjects::NewSubjects;
use attractor_app::sending::broadcasts::{BroadcastSettings, BroadcastWaves, BroadcastWhen, EarlyAccess};
use attractor_app::{App, BroadcastId};
use serde_json::json;

use super::random::Dice;

fn new_subject() -> NewSubjects {
    NewSubjects { subject: "Once more".into(), ..NewSubjects::default() }
}

/// Starts one for everybody who agreed to the news; `None` where nobody would get it.
pub async fn begin(app: &App, dice: &mut Dice) -> Result<Option<BroadcastId>, Refusal> {
    let waves = BroadcastWaves { shares: vec![20.0, 40.0], pause: "9h".into() };
    let today = app.clock.now().to_string()[.."2026-03-02".len()].to_owned();
    let local = Some(format!("{today}T09:00")).filter(|_| dice.chance(25));
    let early = EarlyAccess { segment: "engaged".into(), lead_time: "20h".into() };
    let settings = BroadcastSettings {
        name: "News".into(),
        email: (*dice.pick(&["hello", "more"])).into(),
        audience: json!({"consent": "granted", "subscription": "news"}),
        when: BroadcastWhen { at: None, local },
        // Also where its turn is days later, the last copy is over when a history ends.
        valid_for: Some((*dice.pick(&["2d", "10d"])).into()),
        early_access: Some(early).filter(|_| dice.chance(30)),
        waves: Some(waves).filter(|_| dice.chance(60)),
        holdout: Some(30.0).filter(|_| dice.chance(30)),
    };
    let draft = add(app, &marketer(), settings).await?;
    start_as_it_is(app, &draft).await
}

/// Starts a draft for its audience as it is.
async fn start_as_it_is(app: &App, draft: &BroadcastItem) -> Result<Option<BroadcastId>, Refusal> {
    let id: BroadcastId = draft.id.parse().unwrap();
    let counted = count(app, id).await?;
    match start(app, &marketer(), id, counted.tag).await {
        Ok(Start::Started(_)) => Ok(Some(id)),
        Ok(Start::AnotherAudience(..)) | Err(Refusal::Conflict(_)) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// Starts the follow-ups of a broadcast's topics, or its repetition for those who provably did not open it; none where it has
/// none, or has them already.
pub async fn follow(app: &App, of: BroadcastId, dice: &mut Dice) -> Result<Vec<BroadcastId>, Refusal> {
    let made = match dice.chance(50) {
        true => follow_ups(app, &marketer(), of).await.map(|made| made.drafts),
        false => resend(app, &marketer(), of, new_subject()).await.map(|draft| vec![draft]),
    };
    let drafts = match made {
        Err(Refusal::Conflict(_)) => return Ok(Vec::new()),
        made => made?,
    };
    let mut begun = Vec::new();
    for draft in &drafts {
        begun.extend(start_as_it_is(app, draft).await?);
    }
    Ok(begun)
}

/// Somebody pauses, resumes, undoes or cancels it, where that can be done.
pub async fn change(app: &App, id: BroadcastId, dice: &mut Dice) -> Result<(), Refusal> {
    let changed = match dice.below(8) {
        0..3 => pause(app, &marketer(), id, None).await,
        3..6 => resume(app, &marketer(), id).await,
        6 => undo(app, &marketer(), id).await,
        _ => cancel(app, &marketer(), id).await,
    };
    match changed {
        Ok(_) | Err(Refusal::Conflict(_)) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

/// When all of its copies have had their time: each is accounted for, and none waits unless somebody paused it.
pub async fn adds_up(app: &App, id: BroadcastId) -> Result<(), String> {
    let report = app.read(move |view| report(view, id)).await.map_err(|why| format!("{why:?}"))?;
    let over = report.sent + report.failed + report.skipped + report.in_doubt + report.withdrawn;
    let is_paused = report.state == BroadcastStateName::Paused;
    if report.audience == over + report.open && (report.open == 0 || is_paused) {
        return Ok(());
    }
    Err(format!("the copies of the broadcast {id} do not add up: {report:?}"))
}

pub fn marketer() -> Actor {
    Actor { who: "user:1".into(), role: Role::Marketer }
}
