//! Webhooks of providers that take our mails: proved, read, and stored before they are answered.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use attractor_engine::time::Duration;
use attractor_mail::inbound::webhooks::{self, Delivered, Key, Notice, Request, Window, certificate_url, topic_of};
use attractor_mail::message::Provider;
use attractor_store::Connection;
use attractor_store::nonces::{self, SignedOnce};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::search::Clues;
use super::webhook_keys::{login, providers, setting};
use super::{Event, Outcome, Returned, short_hash, storing};
use crate::App;
use crate::access::note;
use crate::actor::{Actor, Role};
use crate::outside;
use crate::rate::Rate;
use crate::refusal::Refusal;

/// As many events are stored in one transaction.
const PORTION: usize = 100;
/// What is signed once only is remembered for this long: longer than its signature is accepted.
const NONCES_KEPT: i64 = Window::RETRIES + Duration::HOUR.0;
/// As many certificates are kept; Amazon has one for each region and some years.
const MOST_CERTIFICATES: usize = 16;
/// As many certificates are fetched in a minute, whoever asks for it.
const FETCHES: u32 = 10;

/// A request as it came in.
pub struct Posted {
    /// As its address has it.
    pub provider: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What became of a provider's events
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderTaken {
    /// How many events are stored now, or were already
    pub stored: usize,
    /// How many say nothing that is used here, such as opens and deliveries
    pub ignored: usize,
    /// How many are about e-mails that did not come from here, or that were erased
    pub unknown: usize,
}

/// The certificates that Amazon signs with, by their addresses.
pub struct Certificates {
    kept: Mutex<BTreeMap<String, Vec<u8>>>,
    rate: Rate,
}

impl Default for Certificates {
    fn default() -> Certificates {
        Certificates { kept: Mutex::default(), rate: Rate::new(Some(FETCHES)) }
    }
}

impl Certificates {
    fn find(&self, url: &str) -> Option<Vec<u8>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(url).cloned()
    }

    fn keep(&self, url: String, pem: Vec<u8>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_CERTIFICATES {
            kept.pop_first();
        }
        kept.insert(url, pem);
    }
}

/// Takes a request in. What it returns is after the commit.
pub async fn take(app: &App, posted: Posted) -> Result<ProviderTaken, Refusal> {
    let provider = Provider::named(&posted.provider).ok_or_else(|| {
        let known = Provider::ALL.map(Provider::name).join(", ");
        Refusal::Missing(format!("no provider of this name is known; there are {known}"))
    })?;
    if !providers(&app.settings).contains(&provider) {
        let why = format!("webhooks of this provider are not set up here; set `{}`", setting(provider));
        return Err(Refusal::Missing(why));
    }
    let certificate = match provider {
        Provider::Ses => certificate(app, &posted.body).await?,
        _ => Vec::new(),
    };
    let body_hash = Sha256::digest(&posted.body).to_vec();
    let delivered = proved(app, provider, posted, certificate).await?;
    if let Some(url) = &delivered.confirm {
        confirm(app, url).await?;
    }
    let nonce = delivered.nonce.map(|nonce| (Sha256::digest(nonce).to_vec(), body_hash));
    let returned: Vec<Returned> = delivered.notices.iter().map(|notice| of_notice(app, provider, notice)).collect();
    let says_nothing = returned.iter().filter(|one| one.events.is_empty()).count();
    let outcome = commit(app, nonce, returned).await?;
    let Outcome { stored, unknown } = outcome;
    Ok(ProviderTaken { stored, unknown, ignored: delivered.ignored + says_nothing })
}

/// Verifies a request and reads it, on a thread where that may take its time.
async fn proved(app: &App, provider: Provider, posted: Posted, certificate: Vec<u8>) -> Result<Delivered, Refusal> {
    let (settings, now) = (app.settings.clone(), app.machine.now());
    let read = move || {
        let headers: Vec<(&str, &str)> =
            posted.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = Request { headers: &headers, body: &posted.body };
        let topics: Vec<&str> = settings.ses_topics.iter().map(String::as_str).collect();
        let key = match provider {
            Provider::Ses => Key::Ses { certificate: &certificate, topics: &topics },
            Provider::SendGrid => Key::SendGrid { public_key: &settings.sendgrid_key },
            Provider::Postmark => {
                let (user, password) = login(&settings).unwrap_or_default();
                Key::Postmark { user, password }
            }
            Provider::Mailgun => Key::Mailgun { signing_key: settings.mailgun_key.reveal() },
        };
        webhooks::read(&request, &key, Window { now, most_age: Window::RETRIES })
    };
    let read = app.machine.done(read).await;
    let read = read.ok_or_else(|| Refusal::Failed("a webhook of a provider could not be read".into()))?;
    read.map_err(|why| refused(provider, why))
}

fn refused(provider: Provider, why: webhooks::Refusal) -> Refusal {
    use webhooks::Refusal as R;
    tracing::warn!(provider = provider.name(), %why, "a webhook of a provider was refused");
    let text = why.to_string();
    match why {
        R::Missing(_) | R::Unproven => Refusal::Unauthenticated(text),
        R::ForeignCertificate | R::ForeignTopic | R::TooOld | R::FromTheFuture => Refusal::Forbidden(text),
        R::Malformed(_) | R::TooLarge => Refusal::Malformed(text),
        R::Key(_) => Refusal::Failed(format!("`{}`: {text}", setting(provider))),
    }
}

/// The certificate that a message of Amazon SNS names, which is at Amazon alone.
async fn certificate(app: &App, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let topic = topic_of(body).map_err(|why| refused(Provider::Ses, why))?;
    if topic.is_empty() {
        return Err(refused(Provider::Ses, webhooks::Refusal::Missing("TopicArn")));
    }
    if !app.settings.ses_topics.contains(&topic) {
        // Whoever names another topic must not have anything fetched.
        return Err(refused(Provider::Ses, webhooks::Refusal::ForeignTopic));
    }
    let url = certificate_url(body).map_err(|why| refused(Provider::Ses, why))?;
    if let Some(pem) = app.certificates.find(&url) {
        return Ok(pem);
    }
    app.certificates.rate.pass(1, FETCHES, app.machine.now()).map_err(Refusal::too_often)?;
    let pem = fetched(app, url.clone()).await?;
    app.certificates.keep(url, pem.clone().into_bytes());
    Ok(pem.into_bytes())
}

/// What is at an address of Amazon's.
async fn fetched(app: &App, url: String) -> Result<String, Refusal> {
    let fetching = app.machine.done(move || outside::fetch(&outside::agent(false), &url)).await;
    let (status, text) = fetching
        .unwrap_or_else(|| Err("it failed".into()))
        .map_err(|why| Refusal::Unreachable(format!("Amazon SNS could not be asked: {why}")))?;
    if status == 200 {
        Ok(text)
    } else {
        Err(Refusal::Unreachable(format!("Amazon SNS answered with status {status}")))
    }
}

/// Confirms that a topic of the settings reports here, as its own signed message asks.
async fn confirm(app: &App, url: &str) -> Result<(), Refusal> {
    fetched(app, url.to_owned()).await?;
    tracing::info!("a topic of Amazon SNS reports here from now on");
    let (now, actor) = (app.machine.now().0, Actor { who: Provider::Ses.name().to_owned(), role: Role::Viewer });
    let noted = move |connection: &mut Connection| {
        note(connection, &actor, now, "topic confirmed", "sending", &json!({})).map(Ok)
    };
    app.write(noted).await
}

fn of_notice(app: &App, provider: Provider, notice: &Notice) -> Returned {
    let clues = Clues::of_event(&app.links, &notice.original, notice.fact.recipient.as_deref());
    let id = notice.id.clone().unwrap_or_else(|| format!("{:?}", notice));
    let source = format!("{}-{}", provider.name(), short_hash(id.as_bytes()));
    let events = Event::of(&notice.fact).into_iter().collect();
    Returned { clues, events, source, by: provider.name(), from: String::new(), reply: None, failed: Vec::new() }
}

/// Stores events, a portion in each transaction. What is signed once only counts with what it came with the first time.
async fn commit(app: &App, nonce: Option<(Vec<u8>, Vec<u8>)>, returned: Vec<Returned>) -> Result<Outcome, Refusal> {
    let now = app.machine.now();
    if let Some((nonce, body)) = nonce {
        let is_new = move |connection: &mut Connection| {
            let signed = SignedOnce { nonce: &nonce, body: &body, until: now.0 + NONCES_KEPT };
            nonces::note(connection, signed, now.0).map(Ok)
        };
        if !app.write(is_new).await? {
            tracing::warn!("a webhook was refused: its signature came before, with another event");
            return Err(Refusal::Unauthenticated("this signature came before, with another event".into()));
        }
    }
    let mut sum = Outcome::default();
    for portion in returned.chunks(PORTION) {
        let Outcome { stored, unknown } = app.lane.run(storing(app, portion.to_vec())).await??;
        sum.stored += stored;
        sum.unknown += unknown;
    }
    Ok(sum)
}
