//! Whether messages can be stored now. It is asked by a write that reaches the disk, and whoever asks soon after another
//! shares that one's answer: nobody keeps the disk busy by asking.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use attractor_store::{Connection, lane};
use tokio::sync::watch;

use super::Turned;
use crate::lane::LaneHandle;
use crate::machine::{Host, Stopwatch};

/// A server whose lane is busy for longer is not ready, whatever keeps it.
const READY_WITHIN: Duration = Duration::from_secs(5);
/// For so long after it was asked for an answer serves others.
const SHARED: Duration = Duration::from_secs(1);
/// What is written to see whether anything can be; it does not stay.
const ASKED: &str = "asked for readiness";

type Answer = Result<(), String>;

/// The last question, and when it was asked.
pub struct Readiness {
    host: Host,
    watch: Stopwatch,
    last: Mutex<Option<(Duration, watch::Receiver<Option<Answer>>)>>,
}

impl Readiness {
    pub fn new(host: Host) -> Readiness {
        Readiness { watch: host.stopwatch(), host, last: Mutex::default() }
    }

    /// The error is why nothing can be stored.
    pub async fn ask(&self, lane: &LaneHandle) -> Answer {
        if let Some(why) = lane.trouble() {
            return Err(why);
        }
        let lane = lane.clone();
        let host = self.host.clone();
        self.share(self.watch.elapsed(), || write(host, lane)).await
    }

    /// Waits for an answer that is under way or new enough, else asks. Who goes away meanwhile ends no question: those
    /// who come next share it.
    async fn share<F: Future<Output = Answer> + Send + 'static>(
        &self,
        now: Duration,
        ask: impl FnOnce() -> F,
    ) -> Answer {
        let mut heard = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let is_good = |(since, heard): &(Duration, watch::Receiver<Option<Answer>>)| {
                now.saturating_sub(*since) < SHARED || heard.borrow().is_none() && heard.has_changed().is_ok()
            };
            match &*last {
                Some(shared) if is_good(shared) => shared.1.clone(),
                _ => {
                    let (tell, heard) = watch::channel(None);
                    let asked = ask();
                    self.host.begin(async move { drop(tell.send_replace(Some(asked.await))) });
                    *last = Some((now, heard.clone()));
                    heard
                }
            }
        };
        let answer = heard.wait_for(Option::is_some).await.map(|answer| answer.clone());
        answer.ok().flatten().unwrap_or_else(|| Err("the server stops".to_owned()))
    }
}

async fn write(host: Host, handle: LaneHandle) -> Answer {
    // SQLite writes no page that nobody touched: on a full disk that would succeed.
    let write = |connection: &mut Connection| {
        lane::set_state(connection, ASKED, "")?;
        lane::forget_state(connection, ASKED)
    };
    let written = host.within(READY_WITHIN, handle.run(move |lane| lane.write(write))).await;
    match written.ok_or_else(|| format!("nothing could be stored for {} seconds", READY_WITHIN.as_secs()))? {
        Ok(written) => written.map_err(|error| error.to_string()),
        Err(Turned::Unwritable(why)) => Err(why),
        Err(_) => Err("the server stops".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn whoever_asks_within_a_second_shares_a_question() {
        let readiness = Readiness::new(crate::machine::testing::host());
        let (asked, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let ask = |at: u64| {
            let (asked, go) = (asked.clone(), go.clone());
            readiness.share(Duration::from_millis(at), move || {
                let number = asked.fetch_add(1, Ordering::Relaxed) + 1;
                async move {
                    go.notified().await;
                    if number == 2 { Err("full".to_owned()) } else { Ok(()) }
                }
            })
        };
        // The first goes away; its question goes on, however long it takes.
        assert!(tokio::time::timeout(Duration::ZERO, ask(0)).await.is_err());
        let (one, other, ()) = tokio::join!(ask(10), ask(4_000), async { go.notify_one() });
        assert_eq!((one, other, asked.load(Ordering::Relaxed)), (Ok(()), Ok(()), 1));
        go.notify_one();
        assert_eq!(ask(4_001).await, Err("full".to_owned()), "the second since has passed");
        assert_eq!(ask(5_000).await, Err("full".to_owned()));
        go.notify_one();
        assert_eq!(ask(5_001).await, Ok(()));
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }
}
