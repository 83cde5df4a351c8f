//! The loop of the webhooks: follows moves, delivers what is due, and sleeps until something is.

use std::sync::Arc;
use std::time::Duration;

use attractor_app::App;
use attractor_app::forms;
use attractor_app::refusal::Refusal;
use attractor_app::sending::caught;
use attractor_app::sending::incoming::{aside, unmatched};
use attractor_app::webhooks::deliver::{self, UnderWay};
use attractor_app::webhooks::follow;
use attractor_engine::time::Instant;

use super::worker::Next;

/// The wall clock may be set while it sleeps: it looks this often.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// After something failed.
const PAUSE: Duration = Duration::from_secs(5);

/// Runs until the server stops.
pub async fn run(app: Arc<App>) {
    let mut moved = app.lane.moves();
    let mut under_way = UnderWay::default();
    let mut turns: u64 = 0;
    loop {
        let mut next = turn(&app, turns, &mut under_way).await;
        turns += 1;
        if let Ok(Next::Within(sleep)) = next {
            next = tokio::select! {
                changed = moved.changed() => Ok(if changed.is_err() { Next::Done } else { Next::Now }),
                () = app.nudged.notified() => Ok(Next::Now),
                done = under_way.ended() => done.map(|()| Next::Now),
                () = tokio::time::sleep(sleep) => Ok(Next::Now),
                () = app.stopped() => Ok(Next::Done),
            };
        }
        match next {
            Ok(Next::Done) => break,
            Ok(_) => {}
            Err(why) => {
                tracing::warn!(?why, "webhooks could not be served; it is tried again");
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    () = app.stopped() => break,
                }
            }
        }
    }
    under_way.finish().await;
}

/// Begins what can be done now.
async fn turn(app: &Arc<App>, turns: u64, under_way: &mut UnderWay) -> Result<Next, Refusal> {
    if app.is_stopping() {
        return Ok(Next::Done);
    }
    if turns.is_multiple_of(1_000) {
        sweep(app).await;
    }
    let (more, any) = (follow::follow(app).await?, deliver::deliver(app, under_way).await?);
    if more || any {
        return Ok(Next::Now);
    }
    let until = deliver::next_due(app, under_way).await?.map(|due| app.machine.until(Instant(due)));
    Ok(Next::Within(until.map_or(LONGEST_SLEEP, |until| until.min(LONGEST_SLEEP))))
}

/// Removes what is kept no longer. What fails keeps nothing else from going, and is tried again with the next sweep.
async fn sweep(app: &App) {
    note("deliveries of webhooks", deliver::sweep(app).await);
    note("requests of forms", forms::sweep(app).await);
    note("mails of no known copy", unmatched::sweep(app).await);
    note("caught mails", caught::sweep(app).await);
    note("mails that were put aside", aside::sweep(app).await);
}

fn note<T>(what: &str, swept: Result<T, Refusal>) {
    if let Err(why) = swept {
        tracing::warn!(what, ?why, "what is kept no longer could not be removed");
    }
}
