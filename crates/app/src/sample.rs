//! The sample company through the real pipeline: its messages are understood, stored and followed like anybody's, by
//! its own clock.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::sync::Arc;

use attractor_engine::time::{Duration, Instant};
use attractor_intake::{Limits, Receipt, Request, Rights, normalise, read};
use attractor_live::Lane;
use attractor_live::{Arrived, Fills};
use attractor_sample::{Company, Message};
use attractor_store::VersionNumber;
use attractor_store::versions::Version;
use include_dir::{Dir, include_dir};

use super::{App, Turned, versions};

static PLAYBOOK: Dir = include_dir!("$CARGO_MANIFEST_DIR/../../playbooks/sample");

/// Within this long messages go into one transaction: well under an hour, so that none is late.
const SPAN: Duration = Duration(45 * 60 * 1_000);
const GROUP: usize = 500;

/// Messages as they come, in the order received.
pub type Stream = Peekable<Box<dyn Iterator<Item = Message> + Send>>;

/// What a half-year left behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lived {
    pub messages: usize,
    pub wakes: usize,
}

/// The messages of a company.
pub fn stream(company: Company) -> Stream {
    let messages: Box<dyn Iterator<Item = Message> + Send> = Box::new(company.messages());
    messages.peekable()
}

/// Publishes the company's playbook and lives through everything up to an instant, wake-ups at their own. `goes_on`
/// learns how far it is; if it returns `false`, the rest is left out.
pub fn live(
    lane: &mut Lane,
    begin: Instant,
    messages: &mut Stream,
    until: Instant,
    mut goes_on: impl FnMut(Instant) -> bool,
) -> Result<Lived, String> {
    publish(lane, begin)?;
    let mut lived = Lived::default();
    while let Some(first) = messages.next_if(|message| message.received <= until.0) {
        let (group, last) = group(first, messages, until);
        if !goes_on(last) {
            return Err("stopped".into());
        }
        lived.messages += group.len();
        lived.wakes += wake(lane, Instant(group[0].received_at.0 - 1))?;
        lane.take(&group, last).map_err(|error| error.to_string())?;
    }
    lived.wakes += wake(lane, until)?;
    Ok(lived)
}

/// Goes on with what comes next, when the app's clock says so, until the server stops or the story is over.
pub async fn live_on(app: Arc<App>, mut messages: Stream) {
    while let Some(next) = messages.peek().map(|message| Instant(message.received)) {
        let wait = app.clock.until(next);
        tokio::select! {
            () = app.machine.sleep(wait) => {}
            () = app.stopped() => return,
        }
        let now = app.clock.now();
        let Some(first) = messages.next_if(|message| message.received <= now.0) else { continue };
        let (group, _) = group(first, &mut messages, now);
        match app.lane.take(group).await {
            Ok(_) => {}
            Err(Turned::Stopped) => return,
            // The sample company has time: what is turned away for once is not missed by anybody.
            Err(_) => tracing::warn!("messages of the sample company were turned away"),
        }
    }
    tracing::info!("the sample company's story is over");
}

fn publish(lane: &mut Lane, begin: Instant) -> Result<(), String> {
    let mut files = BTreeMap::new();
    versions::gather(&PLAYBOOK, &mut files);
    let files = serde_json::to_string(&files).map_err(|error| error.to_string())?;
    let (author, note) = ("attractor".to_owned(), "The sample company's playbook".to_owned());
    lane.publish(&Version { number: VersionNumber::NONE.next(), at: begin.0, author, note, files }, false)
        .map_err(|error| error.to_string())
}

fn wake(lane: &mut Lane, until: Instant) -> Result<usize, String> {
    let mut woken = 0;
    loop {
        match lane.wake(until).map_err(|error| error.to_string())? {
            0 => return Ok(woken),
            more => woken += more,
        }
    }
}

/// The next messages as they would have arrived, and when the last of them did.
fn group(first: Message, messages: &mut Stream, until: Instant) -> (Vec<Arrived>, Instant) {
    let end = until.0.min(first.received + SPAN.0);
    let mut last = Instant(first.received);
    let mut arrived = understood(&first);
    while arrived.len() < GROUP
        && let Some(message) = messages.next_if(|message| message.received <= end)
    {
        last = Instant(message.received);
        arrived.extend(understood(&message));
    }
    (arrived, last)
}

/// One message as intake makes it of a request; the sample company sends none that is refused.
fn understood(message: &Message) -> Vec<Arrived> {
    let received_at = Instant(message.received);
    let body = format!("{{\"batch\":[{}]}}", message.json);
    let request = Request { path: "/v1/batch", content_encoding: None, authorization: None, body: body.as_bytes() };
    let Ok(batch) = read(&request, &Limits::default()) else { return Vec::new() };
    let received =
        Receipt { at: received_at, rights: Rights::Server, key: Some("sample"), hook: None, own_domains: &[] };
    let origin = || "sample".to_owned();
    let mut arrived = Vec::new();
    for raw in batch.messages.iter().flatten() {
        let Ok(normalised) = normalise(raw, &batch.envelope, &received, &mut String::new) else { continue };
        let derived = normalised.source.and_then(|source| source.identify(true));
        arrived.push(Arrived { json: normalised.json, received_at, origin: origin(), fills: Fills::All });
        let derived = derived.map(|json| Arrived { json, received_at, origin: origin(), fills: Fills::FirstOnce });
        arrived.extend(derived);
    }
    arrived
}
