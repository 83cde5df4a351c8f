//! The sample company, alive: its messages come as anybody's do, the server writes to its people, and they read, click,
//! choose, reply, leave and buy, each by habits of its own.

mod acts;
mod campaigns;
mod company;
mod history;
mod live;
mod overview;
mod postbox;
mod returned;
mod seen;

use std::collections::BTreeMap;

use attractor_engine::time::Instant;
use attractor_intake::{Limits, Receipt, Request, Rights, normalise, read};
use attractor_live::Lane;
use attractor_live::{Arrived, Fills};
use attractor_sample::Message;
use attractor_store::versions::Version;
use attractor_store::{VersionNumber, versions as stored};
use include_dir::{Dir, include_dir};

pub use company::LivingCompany;
pub use history::{History, Workers};
pub use live::live_on;
pub use overview::{Overview, overview};
pub use postbox::Postbox;

use super::versions;

static PLAYBOOK: Dir = include_dir!("$CARGO_MANIFEST_DIR/../../playbooks/sample");

/// Prepares an empty store for the company: publishes its playbook. Nothing that the store is given from here on waits for
/// the disk, because it is thrown away. The error says so if the store is not empty.
pub fn begin(lane: &mut Lane, at: Instant) -> Result<(), String> {
    let is_empty = lane.write(|connection| stored::last(connection).map(|last| last == VersionNumber::NONE));
    if !is_empty.map_err(|error| error.to_string())? {
        return Err(
            "this database is in use already; the demo needs an empty one, which it fills with sample data".into()
        );
    }
    lane.forgo_durability().map_err(|error| error.to_string())?;
    publish(lane, at)
}

fn publish(lane: &mut Lane, begin: Instant) -> Result<(), String> {
    let mut files = BTreeMap::new();
    versions::gather(&PLAYBOOK, &mut files);
    let files = serde_json::to_string(&files).map_err(|error| error.to_string())?;
    let (author, note) = ("attractor".to_owned(), "The sample company's playbook".to_owned());
    lane.publish(&Version { number: VersionNumber::NONE.next(), at: begin.0, author, note, files }, false)
        .map_err(|error| error.to_string())
}

/// One message as intake makes it of a request; the sample company sends none that is refused.
fn understood(message: &Message) -> Vec<Arrived> {
    let received_at = Instant(message.received);
    let body = format!("{{\"batch\":[{}]}}", message.json);
    let request =
        Request { path: "/v1/batch", content_encoding: None, authorization: None, agent: None, body: body.as_bytes() };
    let Ok(batch) = read(&request, &Limits::default()) else { return Vec::new() };
    let received = Receipt {
        at: received_at,
        rights: Rights::Server,
        key: Some("sample"),
        hook: None,
        own_domains: &[],
        agents: None,
    };
    let origin = || "sample".to_owned();
    let mut arrived = Vec::new();
    for raw in batch.messages.iter().flatten() {
        let Ok(normalised) = normalise(raw, &batch.envelope, &received, &mut String::new) else { continue };
        let derived = normalised.source.map(|source| source.identify());
        arrived.push(Arrived { json: normalised.json, received_at, origin: origin(), fills: Fills::All });
        let derived = derived.map(|json| Arrived { json, received_at, origin: origin(), fills: Fills::FirstOnce });
        arrived.extend(derived);
    }
    arrived
}
