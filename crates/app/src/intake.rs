//! What clients send: understood by `attractor-intake`, stored by the lane, acknowledged when it is.

use std::net::IpAddr;
use std::sync::Arc;

use attractor_engine::time::Instant;
use attractor_intake::{
    Agents, Batch, Limits, Normalised, Receipt, Refused, Rejected, Request, Rights, normalise, read_if,
};
use attractor_live::{Arrived, Fills, Taken};

use super::access::keys::{not_a_write_key, note_use};
use super::doors::Door;
use super::{App, Turned};
use crate::clicks::network::is_in_one;
use crate::figures;

/// What becomes of a request that was understood.
#[derive(Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Messages that are stored now, or were already.
    pub stored: usize,
    /// The others, in order.
    pub rejected: Vec<Rejected>,
    /// What is probably misspelt in messages that were taken, in order.
    pub warnings: Vec<Warning>,
}

/// What the sender of a message should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Its place among the messages of its request, from 0.
    pub index: usize,
    pub text: String,
}

/// Why nothing of a request was taken.
#[derive(Debug)]
pub enum NotAccepted {
    /// No write key was given, or this is not one: why.
    Stranger(&'static str),
    /// It is not one of the calls, too large, or not JSON.
    Refused(Refused),
    /// The key has sent too much: seconds to wait.
    TooMuch(u64),
    Turned(Turned),
}

impl From<Refused> for NotAccepted {
    fn from(refused: Refused) -> NotAccepted {
        NotAccepted::Refused(refused)
    }
}

/// A message on its way into the store: its place in the request, where it is one of the client's.
pub struct ToStore {
    pub index: Option<usize>,
    pub arrived: Arrived,
}

/// Takes a request of a tracking client in, which came from a network address. What it returns is after the commit.
pub async fn accept(app: &App, request: &Request<'_>, address: IpAddr) -> Result<Accepted, NotAccepted> {
    let now = app.clock.now();
    let limits = Limits { body: app.settings.body_limit, ..Limits::default() };
    let usual = app.settings.rate_per_key;
    let door_of = |key: Option<&str>| {
        let stranger = || NotAccepted::Stranger(not_a_write_key(key, request.authorization));
        key.and_then(|key| app.doors.find(key)).ok_or_else(stranger)
    };
    let admit = |key: Option<&str>| door_of(key)?.admit(usual, now).map_err(NotAccepted::TooMuch);
    let batch = read_if(request, &limits, admit)?;
    let door = door_of(batch.write_key.as_deref())?;
    door.pass(batch.messages.len(), usual, now).map_err(NotAccepted::TooMuch)?;
    note_use(app, door.id);
    let Understood { sent, mut rejected, warnings } = understood(app, (request.agent, address), &batch, &door, now);
    // What waits holds its messages once.
    drop(batch);
    let (indexes, messages): (Vec<_>, Vec<_>) = sent.into_iter().map(|sent| (sent.index, sent.arrived)).unzip();
    metrics::counter!("attractor_events_refused_total").increment(rejected.len() as u64);
    if messages.is_empty() {
        return Ok(Accepted { stored: 0, rejected, warnings });
    }
    let taken = app.lane.take(messages).await.map_err(NotAccepted::Turned)?;
    let mut stored = 0;
    for (index, taken) in indexes.into_iter().zip(taken) {
        match (index, taken) {
            (Some(index), Taken::Refused(reason)) => rejected.push(Rejected { index, reason }),
            (Some(_), _) => stored += 1,
            // What the server made of a message is no concern of its sender.
            (None, _) => {}
        }
    }
    rejected.sort_by_key(|rejected| rejected.index);
    Ok(Accepted { stored, rejected, warnings })
}

/// The messages as they are to be stored, and those that are none.
struct Understood {
    sent: Vec<ToStore>,
    rejected: Vec<Rejected>,
    warnings: Vec<Warning>,
}

/// By the agent of the request, and the address that it came from.
fn understood(
    app: &App,
    (agent, address): (Option<&str>, IpAddr),
    batch: &Batch,
    door: &Arc<Door>,
    now: Instant,
) -> Understood {
    let own_domains = own_domains(app);
    let names_machine = |agent: &str| app.clicks.judge.lists.names_crawler(agent);
    let agents = Agents::of(agent, &names_machine).in_own_network(is_in_one(address, &app.settings.not_leads));
    let received = Receipt {
        at: now,
        rights: door.rights,
        key: Some(&door.name),
        hook: None,
        own_domains: &own_domains,
        agents: Some(agents),
    };
    let origin = format!("key:{}", door.id);
    let fills = match door.rights {
        Rights::Public => Fills::Empty,
        Rights::Server => Fills::All,
    };
    let mut sent = Vec::with_capacity(batch.messages.len());
    let (mut rejected, mut warnings) = (Vec::new(), Vec::new());
    let mut placeholders = 0;
    for raw in &batch.messages {
        let normalised = raw.as_ref().map_err(Rejected::clone).and_then(|raw| {
            let normalised = normalise(raw, &batch.envelope, &received, &mut || new_id(now))
                .inspect_err(|_| placeholders += raw.placeholders())?;
            placeholders += normalised.placeholders;
            Ok((raw.index, normalised))
        });
        match normalised {
            Ok((index, mut normalised)) => {
                warnings.extend(normalised.misspelt.take().map(|text| Warning { index, text }));
                sent.extend(to_store(index, normalised, &origin, fills, now));
            }
            Err(reason) => rejected.push(reason),
        }
    }
    figures::placeholders(placeholders);
    Understood { sent, rejected, warnings }
}

/// The installation's own domains: coming from there is no visit's source.
pub fn own_domains(app: &App) -> Vec<&str> {
    app.settings.own_domains.iter().map(String::as_str).collect()
}

/// A message as it is stored, and what its visit's source makes of its lead.
pub fn to_store(
    index: usize,
    normalised: Normalised,
    origin: &str,
    fills: Fills,
    received_at: Instant,
) -> impl Iterator<Item = ToStore> {
    let arrived = |json, fills| Arrived { json, received_at, origin: origin.to_owned(), fills };
    let derived = normalised.source.map(|source| source.identify());
    let derived = derived.map(|json| ToStore { index: None, arrived: arrived(json, Fills::FirstOnce) });
    let own = ToStore { index: Some(index), arrived: arrived(normalised.json, fills) };
    [Some(own), derived].into_iter().flatten()
}

/// For a message without an id. It is unique, and sorts by the receipt.
pub fn new_id(now: Instant) -> String {
    let milliseconds = u64::try_from(now.0).unwrap_or(0);
    let stamp =
        uuid::Timestamp::from_unix(uuid::NoContext, milliseconds / 1_000, (milliseconds % 1_000) as u32 * 1_000_000);
    uuid::Uuid::new_v7(stamp).to_string()
}

#[cfg(test)]
mod tests {
    use attractor_intake::read;
    use attractor_mail::judge::Lists;
    use serde_json::{Value, json};

    use super::*;

    const MACHINES: [&str; 8] = [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.6478.61 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
        "Mozilla/5.0 (Linux; Android 11; moto g power) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse",
        "curl/8.5.0",
        "python-requests/2.31.0",
    ];

    /// The last two load the images of mails for people, and are crawlers nowhere.
    const PEOPLE: [&str; 8] = [
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
        "Mozilla/5.0 (Linux; Android 14; CUBOT P80) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0",
    ];

    /// Whether a page view with a public key becomes a machine's.
    fn is_machine(lists: &Lists, header: Option<&str>, said: Option<&str>) -> bool {
        let message = json!({"type": "page", "anonymousId": "v", "context": {"userAgent": said}});
        let body = json!({"batch": [message]}).to_string();
        let request = Request { path: "/v1/batch", body: body.as_bytes(), agent: header, ..Request::default() };
        let batch = read(&request, &Limits::default()).expect("a batch");
        let names_machine = |agent: &str| lists.names_crawler(agent);
        let received = Receipt {
            at: Instant(1_773_057_600_000),
            rights: Rights::Public,
            key: None,
            hook: None,
            own_domains: &[],
            agents: Some(Agents::of(request.agent, &names_machine)),
        };
        let raw = batch.messages[0].as_ref().expect("a message");
        let taken = normalise(raw, &batch.envelope, &received, &mut || "made".into()).expect("it is taken");
        serde_json::from_str::<Value>(&taken.json).expect("JSON")["context"]["machine"] == true
    }

    #[test]
    fn crawlers_are_told_from_browsers_by_their_agents() {
        let lists = Lists::builtin();
        for agent in MACHINES {
            assert!(is_machine(&lists, None, Some(agent)), "{agent}");
            let is_browser = agent.starts_with("Mozilla/");
            assert_eq!(is_machine(&lists, Some(agent), None), is_browser, "{agent}");
        }
        for agent in PEOPLE {
            assert!(!is_machine(&lists, None, Some(agent)) && !is_machine(&lists, Some(agent), None), "{agent}");
        }
    }
}
