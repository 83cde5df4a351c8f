//! The loop of the webhooks: follows moves, delivers what is due, and sleeps until something is.

use attractor_app::refusal::Refusal;
use std::sync::Arc;
use std::time::Duration;

use attractor_app::App;
use attractor_app::webhooks::deliver::{self, UnderWay};
use attractor_app::webhooks::follow;

/// The wall clock may be set while it sleeps: it looks this often.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// After something failed.
const PAUSE: Duration = Duration::from_secs(5);

/// Runs until the server stops.
pub async fn run(app: Arc<App>) {
    let mut moved = app.lane.moves();
    let mut under_way = UnderWay::default();
    let mut turns: u64 = 0;
    while !app.is_stopping() {
        let sleep = turn(&app, turns, &mut under_way).await;
        turns += 1;
        let done = match sleep {
            Ok(sleep) => tokio::select! {
                changed = moved.changed() => if changed.is_err() { break } else { Ok(()) },
                () = app.nudged.notified() => Ok(()),
                done = under_way.ended() => done,
                () = tokio::time::sleep(sleep) => Ok(()),
                () = app.stopped() => break,
            },
            Err(why) => Err(why),
        };
        if let Err(why) = done {
            tracing::warn!(?why, "webhooks could not be served; it is tried again");
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = app.stopped() => break,
            }
        }
    }
    under_way.finish().await;
}

/// Begins what can be done now; how long nothing will be due.
async fn turn(app: &Arc<App>, turns: u64, under_way: &mut UnderWay) -> Result<Duration, Refusal> {
    if turns.is_multiple_of(1_000) {
        deliver::sweep(app).await?;
    }
    while !app.is_stopping() {
        let more = follow::follow(app).await?;
        let any = deliver::deliver(app, under_way).await?;
        if !more && !any {
            break;
        }
    }
    let now = app.machine.now().0;
    let until = deliver::next_due(app, under_way).await?;
    let until = until.map(|due| Duration::from_millis(u64::try_from(due - now).unwrap_or(0)));
    Ok(until.map_or(LONGEST_SLEEP, |until| until.min(LONGEST_SLEEP)))
}
