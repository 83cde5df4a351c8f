//! The thread with a lane that does as it is told: fails, waits, refuses.

use std::sync::Mutex;

use attractor_app::lane::Turned;
use tokio::sync::oneshot;

use super::*;
use crate::clock::Clock;
use crate::work::inbox::{Capacity, Request};

/// What a lane was asked, and what it is to answer.
#[derive(Default)]
struct Script {
    /// Errors of the next calls of `take`, in order.
    failures: Vec<Error>,
    /// Messages with this text cannot be stored.
    poison: Option<&'static str>,
    due: Vec<Instant>,
    slices: usize,
    stored: Vec<String>,
    groups: usize,
    asked: Vec<&'static str>,
}

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Script>>);

impl Told {
    fn with(script: Script) -> Told {
        Told(Arc::new(Mutex::new(script)))
    }

    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.0.lock().unwrap()
    }
}

impl Loop for Told {
    fn take(&mut self, messages: &[Arrived], _: Instant) -> Result<Vec<Taken>, Error> {
        let mut script = self.script();
        script.asked.push("take");
        if !script.failures.is_empty() {
            return Err(script.failures.remove(0));
        }
        if script.poison.is_some_and(|poison| messages.iter().any(|message| message.json == poison)) {
            return Err(Error::new(Kind::Other, "it hurts"));
        }
        script.groups += 1;
        script.stored.extend(messages.iter().map(|message| message.json.clone()));
        Ok(messages.iter().map(|_| Taken::Repeated).collect())
    }

    fn wake(&mut self, _: Instant) -> Result<usize, Error> {
        let mut script = self.script();
        script.asked.push("wake");
        script.due.remove(0);
        Ok(1)
    }

    fn next_wake(&mut self) -> Result<Option<Instant>, Error> {
        Ok(self.script().due.first().copied())
    }

    fn background(&mut self, _: Instant) -> Result<bool, Error> {
        let mut script = self.script();
        let left = script.slices;
        script.slices = left.saturating_sub(1);
        if left > 0 {
            script.asked.push("background");
        }
        Ok(left > 0)
    }
}

const QUEUE: Capacity = Capacity { messages: 100, bytes: 1 << 20 };

fn start(told: &Told) -> (LaneHandle<Told>, Thread) {
    start_with(told, Arc::new(Inbox::new(QUEUE)))
}

fn start_with(told: &Told, inbox: Arc<Inbox<Told>>) -> (LaneHandle<Told>, Thread) {
    super::start(told.clone(), Arc::new(Clock::default()), inbox, Bells::default(), || {}).unwrap()
}

fn messages(texts: &[&str]) -> Vec<Arrived> {
    let message = |text: &&str| Arrived {
        json: (*text).to_owned(),
        received_at: Instant(0),
        origin: "key:1".into(),
        fills: Default::default(),
    };
    texts.iter().map(message).collect()
}

#[tokio::test]
async fn a_message_that_cannot_be_stored_is_set_aside() {
    let told = Told::with(Script { poison: Some("c"), ..Script::default() });
    let (lane, thread) = start(&told);
    let taken = lane.take(messages(&["a", "b", "c", "d", "e"])).await.unwrap();
    let refused: Vec<bool> = taken.iter().map(|taken| matches!(taken, Taken::Refused(_))).collect();
    assert_eq!(refused, [false, false, true, false, false]);
    assert_eq!(taken[2], Taken::Refused("it could not be stored: it hurts".into()));
    assert_eq!(told.script().stored, ["a", "b", "d", "e"]);
    lane.stop();
    assert_eq!(thread.join(), Ok(()));
}

#[tokio::test]
async fn what_passes_is_waited_for_and_nothing_is_lost() {
    let failures = vec![Error::new(Kind::Full, "disk full"), Error::new(Kind::Gone, "gone")];
    let told = Told::with(Script { failures, ..Script::default() });
    let (lane, thread) = start(&told);
    assert_eq!(lane.take(messages(&["a"])).await, Ok(vec![Taken::Repeated]));
    assert_eq!((told.script().stored.clone(), lane.trouble()), (vec!["a".to_owned()], None));
    lane.stop();
    assert_eq!(thread.join(), Ok(()));
}

#[tokio::test]
async fn a_failure_that_is_over_at_the_next_try_turns_nobody_away() {
    let told = Told::with(Script { failures: vec![Error::new(Kind::Gone, "gone")], ..Script::default() });
    let (lane, thread) = start(&told);
    let first = lane.take(messages(&["a"]));
    let second = async {
        while !told.script().failures.is_empty() {
            tokio::task::yield_now().await;
        }
        lane.take(messages(&["b"])).await
    };
    assert_eq!(tokio::join!(first, second), (Ok(vec![Taken::Repeated]), Ok(vec![Taken::Repeated])));
    assert_eq!(told.script().stored, ["a", "b"]);
    lane.stop();
    assert_eq!(thread.join(), Ok(()));
}

#[tokio::test]
async fn who_waits_in_trouble_hears_so_and_a_job_that_nobody_wants_is_not_done() {
    let failures = (0..10_000).map(|_| Error::new(Kind::Full, "disk full")).collect();
    let told = Told::with(Script { failures, ..Script::default() });
    let (lane, thread) = start(&told);
    let message = lane.take(messages(&["a"]));
    let job = lane.run(|told| told.script().asked.push("job"));
    let (message, job) = tokio::join!(message, job);
    let unwritable = Turned::Unwritable("disk full".into());
    assert_eq!((message, job), (Err(unwritable.clone()), Err(unwritable.clone())));
    assert_eq!(lane.run(|_| ()).await, Err(unwritable), "nothing more comes in");
    told.script().failures.clear();
    while lane.trouble().is_some() {
        tokio::task::yield_now().await;
    }
    lane.run(|_| ()).await.unwrap();
    assert_eq!(told.script().stored, ["a"]);
    assert!(!told.script().asked.contains(&"job"));
    lane.stop();
    assert_eq!(thread.join(), Ok(()));
}

#[tokio::test]
async fn a_newer_programs_store_ends_the_thread() {
    let told = Told::with(Script { failures: vec![Error::new(Kind::Foreign, "newer")], ..Script::default() });
    let (lane, thread) = start(&told);
    assert_eq!(lane.take(messages(&["a"])).await, Err(Turned::Stopped));
    assert_eq!(thread.join(), Err("newer".into()));
}

#[tokio::test]
async fn a_stop_in_trouble_acknowledges_nothing() {
    let failures = (0..10_000).map(|_| Error::new(Kind::Full, "disk full")).collect();
    let told = Told::with(Script { failures, ..Script::default() });
    let (lane, thread) = start(&told);
    let waiting = tokio::spawn({
        let lane = lane.clone();
        async move { lane.take(messages(&["a"])).await }
    });
    while lane.trouble().is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(lane.take(messages(&["b"])).await, Err(Turned::Unwritable("disk full".into())));
    lane.stop();
    assert_eq!(waiting.await.unwrap(), Err(Turned::Stopped));
    assert_eq!(thread.join(), Ok(()));
    assert!(told.script().stored.is_empty());
}

#[tokio::test]
async fn who_is_fenced_ends_and_says_so() {
    let failures = vec![Error::new(Kind::Fenced, "another server has taken over")];
    let told = Told::with(Script { failures, ..Script::default() });
    let (ended, heard) = oneshot::channel();
    let (clock, inbox) = (Arc::new(Clock::default()), Arc::new(Inbox::new(QUEUE)));
    let (lane, thread) = super::start(told, clock, inbox, Bells::default(), move || ended.send(()).unwrap()).unwrap();
    assert_eq!(lane.take(messages(&["a"])).await, Err(Turned::Stopped));
    heard.await.unwrap();
    assert_eq!(lane.trouble().as_deref(), Some("the writing thread has ended"));
    assert_eq!(thread.join(), Err("another server has taken over".into()));
}

#[tokio::test]
async fn a_job_that_fails_takes_the_thread_with_it_and_everybody_hears() {
    let (lane, thread) = start(&Told::default());
    assert_eq!(lane.run(|_| panic!("a fault")).await, Err::<(), _>(Turned::Stopped));
    assert!(thread.join().is_err());
    assert_eq!(lane.take(messages(&["a"])).await, Err(Turned::Stopped));
}

#[test]
fn messages_come_first_and_nothing_starves() {
    let due = vec![Instant(0); 4];
    let told = Told::with(Script { due, slices: 3, ..Script::default() });
    let inbox = Arc::new(Inbox::new(Capacity { messages: 10_000, bytes: 64 << 20 }));
    // One alone would be given larger groups.
    for sender in [1, 2, 1, 2] {
        let (answer, _) = oneshot::channel();
        let of_sender = |message| Arrived { origin: format!("key:{sender}"), ..message };
        let messages = messages(&["a"; 250]).into_iter().map(of_sender).collect();
        inbox.put(Request { messages, answer }).unwrap();
    }
    let clock = Arc::new(Clock::default());
    let (moved, _) = watch::channel(MoveNumber::START);
    let mut turns = LaneThread::new(told.clone(), inbox, clock, moved, Bells::default(), || {});
    for _ in 0..5 {
        assert!(turns.turn().is_ok());
    }
    let asked = told.script().asked.join(" ");
    assert_eq!(
        asked, "take wake take wake background take wake take wake background background",
        "a group, a wake-up, and every other turn a slice"
    );
}

#[tokio::test]
async fn what_waits_goes_in_together() {
    let told = Told::default();
    let inbox = Arc::new(Inbox::new(QUEUE));
    let (lane, thread) = start_with(&told, inbox.clone());
    let (begin, begun) = std::sync::mpsc::channel::<()>();
    let (holds, is_held) = tokio::sync::oneshot::channel::<()>();
    let holding = tokio::spawn({
        let lane = lane.clone();
        async move {
            lane.run(move |_| {
                holds.send(()).unwrap();
                begun.recv().unwrap();
            })
            .await
        }
    });
    // Otherwise the lane may take some of the messages before it is held.
    is_held.await.unwrap();
    let senders: Vec<_> = (0..5)
        .map(|_| {
            let lane = lane.clone();
            tokio::spawn(async move { lane.take(messages(&["a"])).await })
        })
        .collect();
    while inbox.waiting() < 5 {
        tokio::task::yield_now().await;
    }
    begin.send(()).unwrap();
    holding.await.unwrap().unwrap();
    for sender in senders {
        assert_eq!(sender.await.unwrap(), Ok(vec![Taken::Repeated]));
    }
    assert_eq!(told.script().groups, 1);
    lane.stop();
    assert_eq!(thread.join(), Ok(()));
}
