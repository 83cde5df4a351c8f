//! Broadcasts of a history: at once or in waves, paused, resumed and cancelled.

use attractor_app::actor::{Actor, Role};
use attractor_app::refusal::Refusal;
use attractor_app::sending::broadcasts::audience::count;
use attractor_app::sending::broadcasts::control::{Start, add, cancel, pause, resume, start, undo};
use attractor_app::sending::broadcasts::item::BroadcastStateName;
use attractor_app::sending::broadcasts::report::report;
use attractor_app::sending::broadcasts::{BroadcastSettings, BroadcastWaves, BroadcastWhen};
use attractor_app::{App, BroadcastId};
use serde_json::json;

use super::random::Dice;

/// Starts one for everybody who agreed to the news; `None` where nobody would get it.
pub async fn begin(app: &App, dice: &mut Dice) -> Result<Option<BroadcastId>, Refusal> {
    let waves = BroadcastWaves { shares: vec![20.0, 40.0], pause: "9h".into() };
    let settings = BroadcastSettings {
        name: "News".into(),
        email: (*dice.pick(&["hello", "more"])).into(),
        audience: json!({"consent": "granted", "subscription": "news"}),
        when: BroadcastWhen::default(),
        valid_for: Some((*dice.pick(&["2d", "12d"])).into()),
        early_access: None,
        waves: Some(waves).filter(|_| dice.chance(60)),
        holdout: Some(30.0).filter(|_| dice.chance(30)),
    };
    let draft = add(app, &marketer(), settings).await?;
    let id: BroadcastId = draft.id.parse().unwrap();
    let counted = count(app, id).await?;
    match start(app, &marketer(), id, counted.tag).await {
        Ok(Start::Started(_)) => Ok(Some(id)),
        Ok(Start::AnotherAudience(..)) | Err(Refusal::Conflict(_)) => Ok(None),
        Err(refusal) => Err(refusal),
    }
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

fn marketer() -> Actor {
    Actor { who: "user:1".into(), role: Role::Marketer }
}
