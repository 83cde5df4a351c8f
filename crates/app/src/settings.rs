//! The table of settings. Their defaults are the commented sample, `settings.toml`, which is compiled in.
//!
//! A flag goes before the environment, the environment before `DIR/attractor.toml`, that before the defaults.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::path::Path;

use attractor_mail::hours::SendingHours;
use attractor_mail::message::Mailbox;
use serde::Deserialize;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use crate::calls::desk;
pub use crate::clicks::network::Network;
use crate::sending::Provider;
use crate::sending::country_rules;
use crate::sending::dns_settings;
use crate::sending::incoming::webhook_keys;
pub use crate::sending::signing::Dkim;
use crate::sending::smtp_url::SmtpServer;
use crate::sending::test_mode;
use crate::team::lists;

/// The sample and the defaults at once.
pub const SAMPLE: &str = include_str!("settings.toml");
/// The settings file's name in the data folder.
pub const FILE: &str = "attractor.toml";
const PREFIX: &str = "ATTRACTOR_";

/// Every setting. What each means stands in `settings.toml`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub listen: SocketAddr,
    /// A URL; empty for SQLite in the data folder.
    pub database: String,
    /// Whether `serve` takes the database from a living server.
    pub take_over: bool,
    /// Without a slash at its end; empty for the address it listens on.
    pub public_url: String,
    /// The name in `From`; empty for none.
    pub sender_name: String,
    /// The address in `From`; empty where e-mails are only caught.
    pub sender_email: String,
    /// Shown in every e-mail; empty for none.
    pub postal_address: String,
    /// Samples go there, and no lead gets an e-mail; empty where the test mode is off.
    pub test_to: String,
    /// Where the return addresses of copies are; empty for `sender_email`.
    pub bounce_domain: String,
    /// Where mail to `bounce_domain` is taken: an address and a port; empty for nowhere.
    pub inbound: String,
    /// A folder of mails that came back, seen from the data folder; empty for none.
    pub inbound_folder: String,
    /// ARNs of SNS topics that report for Amazon SES.
    pub ses_topics: Vec<String>,
    /// The public key of SendGrid's webhook; empty for none.
    pub sendgrid_key: String,
    /// USER:PASSWORD of Postmark's webhook; empty for none.
    pub postmark_webhook: Hidden,
    /// The key that signs Mailgun's webhooks; empty for none.
    pub mailgun_key: Hidden,
    /// Sending stops when more copies than this share come back for good.
    pub stop_bounces: Percent,
    /// Sending stops when more copies than this share are marked as spam.
    pub stop_complaints: Percent,
    /// Each `NAME: ADDRESS ADDRESS`.
    pub alert_lists: Vec<String>,
    /// Days and hours in which sales works, as `WorkingHours` reads them.
    pub working_hours: String,
    /// The name of a time zone; empty for the playbook's.
    pub working_zone: String,
    /// Days on which sales does not work: `2026-12-25`, or `12-25` for each year.
    pub holidays: Vec<String>,
    /// Working hours from the opening of a call until it is due.
    pub call_hours: u32,
    /// Each `ATTRIBUTE=VALUE: ADDRESS`.
    pub call_owners: Vec<String>,
    /// Whether lists of calls are mailed when a working day begins.
    pub call_list: bool,
    pub dkim: Dkim,
    /// The file of the RSA key that signs e-mails, seen from the data folder; empty for none.
    pub dkim_rsa: String,
    /// Of the keys with which a service signs.
    pub dkim_selectors: Vec<String>,
    /// What mails leave from, as SPF writes it, with commas; empty for nothing.
    pub spf: String,
    /// An address, with a port or without; empty for the system's.
    pub dns_server: String,
    /// The file of the authority's certificate behind `public_url`, seen from the data folder; empty for the public ones.
    pub public_url_ca: String,
    /// A URL with a password; empty where e-mails are caught.
    pub smtp: Hidden,
    /// A file; empty for the public authorities.
    pub smtp_ca: String,
    /// For each answer of the mail server.
    pub smtp_seconds: u64,
    /// Copies a minute in all; 0: no limit.
    pub send_rate: u32,
    /// Days and hours in which e-mails leave, as `SendingHours` reads them; empty for always.
    pub sending_hours: String,
    /// Copies a minute to domains: `gmail.com+googlemail.com=1200`.
    pub domain_rates: Vec<String>,
    /// Whether a new domain begins with few copies a day.
    pub warm_up: bool,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Host names.
    pub own_domains: Vec<String>,
    /// Addresses, and domains that count with their subdomains: nobody there is written to. Networks: nobody there is
    /// measured, and what public keys bring from there counts as a machine's.
    pub not_leads: Vec<String>,
    /// Columns of the table of countries: where people are written to of whom no consent is known.
    pub consent_unknown: Vec<String>,
    /// Columns of the table of countries: where people are measured of whom no consent to that is known.
    pub measuring_unknown: Vec<String>,
    /// Countries by code or name: nothing but what a person itself asked for is sent there.
    pub never_write: Vec<String>,
    /// Whether links to one's own sites get UTM parameters.
    pub utm: bool,
    /// Whether measured e-mails have a link that no person sees.
    pub decoy: bool,
    pub log_level: LogLevel,
    pub log_format: LogFormat,
    /// Bytes.
    pub body_limit: usize,
    /// Messages.
    pub queue_length: usize,
    /// Bytes.
    pub queue_bytes: usize,
    /// Messages a minute of a public key; 0: no limit.
    pub rate_per_key: u32,
    /// Requests a minute of a network to pages that everybody may see; 0: no limit.
    pub rate_per_network: u32,
    /// Seconds from a click to its verdict.
    pub judging_delay: u32,
    /// As many as may be open on the network.
    pub connections: usize,
    pub request_seconds: u64,
    pub stop_seconds: u64,
    /// Connections.
    pub readers: usize,
    /// For how long a client may be silent, in seconds, while all connections are taken.
    pub crowded_seconds: u64,
    /// Streams that one user or key may have open.
    pub streams_per_user: usize,
    /// A session that is not used for this long ends.
    pub session_idle_hours: u32,
    /// A session ends after this time in any case.
    pub session_days: u32,
    /// Whether webhooks may go to addresses inside a private network.
    pub webhooks_private: bool,
}

/// A text that no log shows.
#[derive(Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Hidden(String);

impl Hidden {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For whoever needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "\"\"" } else { "…" })
    }
}

/// A share in hundredths of a percent.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "f64")]
pub struct Percent(pub u32);

impl TryFrom<f64> for Percent {
    type Error = String;

    fn try_from(percent: f64) -> Result<Percent, String> {
        let is_share = (0.01..=100.0).contains(&percent);
        let wrong = || format!("`{percent}` is not a percentage from 0.01 to 100");
        is_share.then(|| Percent((percent * 100.0).round() as u32)).ok_or_else(wrong)
    }
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Plain,
    Json,
}

/// What is wrong with a setting, where it stands, and what would be right.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong(String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

/// Reads the settings of a data folder. `variable` is the environment; `flags` are names with what was given.
pub fn read(
    folder: &Path,
    variable: impl Fn(&str) -> Option<String>,
    flags: &[(&str, Option<String>)],
) -> Result<Settings, Wrong> {
    let path = folder.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Wrong(format!("{}: {error}", path.display()))),
    };
    layered(&path.display().to_string(), &text, variable, flags)
}

/// The settings where nobody sets any.
pub fn defaults() -> Result<Settings, Wrong> {
    layered("settings.toml", "", |_| None, &[])
}

/// Settings that belong to a place: they are not part of a backup, and no restore puts them in place.
pub const OF_THE_PLACE: [&str; 5] = ["database", "take_over", "smtp", "postmark_webhook", "mailgun_key"];

/// [`OF_THE_PLACE`] as part of a sentence.
pub fn listed_of_the_place() -> String {
    let [first @ .., last] = OF_THE_PLACE.map(|name| format!("`{name}`"));
    format!("{} and {last}", first.join(", "))
}

/// Whether a text is a settings file; `path` is what it is called in the complaint.
pub fn check(path: &str, text: &str) -> Result<Settings, Wrong> {
    layered(path, text, |_| None, &[])
}

/// A settings file without these settings. Everything else, comments too, stays as it is.
pub fn without(text: &str, names: &[&str]) -> Result<String, Wrong> {
    let table = DeTable::parse(text).map_err(|error| Wrong(format!("{FILE}: {}", error.message())))?;
    let entries = in_order(table.get_ref()).into_iter().filter(|(key, _)| names.contains(&&**key.get_ref()));
    let mut left = text.to_owned();
    // From the end, so that the places before stay true.
    for (key, value) in entries.rev() {
        let begins = text[..key.span().start].rfind('\n').map_or(0, |place| place + 1);
        let ends = text[value.span().end..].find('\n').map_or(text.len(), |place| value.span().end + place + 1);
        left.replace_range(begins..ends, "");
    }
    Ok(left)
}

/// A settings file that names this database, and is the same for the rest. One that cannot be read stays as it is, with
/// the database behind it.
pub fn with_database(text: &str, url: &str) -> String {
    let mut text = without(text, &["database"]).unwrap_or_else(|_| text.to_owned());
    if !(text.is_empty() || text.ends_with('\n')) {
        text.push('\n');
    }
    let quoted = url.replace('\\', "\\\\").replace('"', "\\\"");
    text + &format!("database = \"{quoted}\"\n")
}

impl Settings {
    /// Where people reach the server, without a slash at its end.
    pub fn address(&self) -> String {
        if self.public_url.is_empty() { format!("http://{}", self.listen) } else { self.public_url.clone() }
    }

    /// The settings that name a file, seen from the data folder, with their values. No backup has these files.
    pub fn files(&self) -> [(&'static str, &String); 3] {
        [("dkim_rsa", &self.dkim_rsa), ("public_url_ca", &self.public_url_ca), ("smtp_ca", &self.smtp_ca)]
    }
}

fn layered(
    path: &str,
    text: &str,
    variable: impl Fn(&str) -> Option<String>,
    flags: &[(&str, Option<String>)],
) -> Result<Settings, Wrong> {
    let mut table: Table = SAMPLE.parse().map_err(|error| Wrong(format!("settings.toml: {error}")))?;
    let sample = table.clone();
    for (name, value, place) in of_file(path, text, &sample)? {
        set(&mut table, &name, value, &place)?;
    }
    for name in sample.keys() {
        let variable_name = format!("{PREFIX}{}", name.to_uppercase());
        if let Some(text) = variable(&variable_name) {
            set(&mut table, name, typed(&sample[name], text), &variable_name)?;
        }
    }
    for (name, text) in flags {
        if let (Some(text), Some(default)) = (text, sample.get(*name)) {
            set(&mut table, name, typed(default, text.clone()), &format!("--{}", name.replace('_', "-")))?;
        }
    }
    table.try_into().map_err(|error| Wrong(error.to_string()))
}

/// Sets one, and sees at once whether the whole is still good, so that the complaint has a place.
fn set(table: &mut Table, name: &str, value: Value, place: &str) -> Result<(), Wrong> {
    let before = table.insert(name.to_owned(), value);
    let judged = match table.clone().try_into::<Settings>() {
        Ok(settings) => judge(&settings),
        Err(_) if name == "listen" => Err(not_an_address(&table[name])),
        Err(_) if name == "trusted_proxies" => Err(NOT_PROXIES.to_owned()),
        Err(error) => Err(misfit(before.as_ref(), &table[name], &error)),
    };
    judged.map_err(|why| Wrong(format!("{place}: {why}")))
}

const NOT_PROXIES: &str =
    "`trusted_proxies` is a list of IP addresses and networks, such as [\"10.0.0.2\", \"172.16.0.0/12\"]";

/// What to write instead of a value that is not an address to listen on: most often one half is missing.
fn not_an_address(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Integer(number) => number.to_string(),
        _ => "this".to_owned(),
    };
    let port = text.strip_prefix(':').unwrap_or(&text).parse::<u16>();
    let host = text.parse::<IpAddr>().or_else(|_| "127.0.0.1".parse());
    let example = match (port, host) {
        (Ok(port), _) => format!("127.0.0.1:{port}"),
        (_, Ok(IpAddr::V6(host))) => format!("[{host}]:8080"),
        (_, Ok(host)) => format!("{host}:8080"),
        (_, Err(_)) => "127.0.0.1:8080".to_owned(),
    };
    format!("`{text}` is not an address to listen on; write ADDRESS:PORT in numbers, such as {example}")
}

/// Why a value does not fit, in words that are nobody's type; `before` is one that does.
fn misfit(before: Option<&Value>, value: &Value, error: &toml::de::Error) -> String {
    let wanted = match (before, value) {
        (Some(Value::Integer(good)), _) => format!("a whole number, such as {good}"),
        (Some(Value::Boolean(_)), _) => "true or false".to_owned(),
        (Some(Value::Float(_)), Value::Float(_) | Value::Integer(_)) => {
            return error.to_string().lines().next().unwrap_or_default().trim_end().to_owned();
        }
        (Some(Value::Float(good)), _) => format!("a number, such as {good}"),
        (Some(Value::String(_)), Value::String(_)) | (Some(Value::Array(_)), Value::Array(_)) | (None, _) => {
            return error.to_string().lines().next().unwrap_or_default().trim_end().to_owned();
        }
        (Some(Value::Array(_)), _) => "a list of texts, such as [\"a\", \"b\"]".to_owned(),
        (Some(_), _) => "a text in quotes".to_owned(),
    };
    match value {
        Value::String(text) => format!("`{text}` will not do here; write {wanted}"),
        Value::Integer(number) => format!("`{number}` will not do here; write {wanted}"),
        _ => format!("this will not do here; write {wanted}"),
    }
}

/// What types cannot say.
fn judge(settings: &Settings) -> Result<(), String> {
    let url = &settings.public_url;
    if !(url.is_empty() || url.starts_with("http://") || url.starts_with("https://")) {
        return Err(format!("`{url}` is not the address of a server; write https://leads.example.org"));
    }
    if let Some(odd) = settings.own_domains.iter().find(|domain| !is_domain(domain)) {
        return Err(format!("`{odd}` is not a domain; write example.org, without https:// and path"));
    }
    let is_known = |text: &String| is_domain(text) || Mailbox::parse(text).is_ok() || Network::read(text).is_some();
    if let Some(odd) = settings.not_leads.iter().find(|text| !is_known(text)) {
        return Err(format!(
            "`{odd}` in `not_leads` is neither an address nor a domain nor a network; write ada@example.org, example.org or \
             192.0.2.0/24"
        ));
    }
    judge_sender(settings)?;
    country_rules::check(settings)?;
    SendingHours::read(&settings.sending_hours).map_err(|why| format!("`sending_hours`: {why}"))?;
    settings.domain_rates.iter().try_for_each(|text| Provider::parse(text).map(drop))?;
    let database = &settings.database;
    if !(database.is_empty() || database.starts_with("postgresql://") || database.starts_with("postgres://")) {
        return Err("no URL of a PostgreSQL database; write postgresql://USER:PASSWORD@HOST/NAME".into());
    }
    for (name, number) in [
        ("body_limit", settings.body_limit),
        ("queue_length", settings.queue_length),
        ("queue_bytes", settings.queue_bytes),
        ("readers", settings.readers),
        ("connections", settings.connections),
        ("request_seconds", settings.request_seconds as usize),
        ("smtp_seconds", settings.smtp_seconds as usize),
        ("crowded_seconds", settings.crowded_seconds as usize),
        ("call_hours", settings.call_hours as usize),
        ("streams_per_user", settings.streams_per_user),
        ("session_idle_hours", settings.session_idle_hours as usize),
        ("session_days", settings.session_days as usize),
    ] {
        if number == 0 {
            return Err(format!("`{name}` must be at least 1"));
        }
    }
    Ok(())
}

fn judge_sender(settings: &Settings) -> Result<(), String> {
    let Settings { sender_email, bounce_domain, inbound, smtp, .. } = settings;
    if !smtp.is_empty() {
        SmtpServer::parse(smtp.reveal()).map_err(|why| format!("`smtp`: {why}"))?;
    }
    if !sender_email.is_empty() {
        Mailbox::parse(sender_email)
            .map_err(|why| format!("`{sender_email}` is not the address of a sender: {why}"))?;
    }
    if !bounce_domain.is_empty() {
        Mailbox::parse(&format!("bounce@{bounce_domain}")).map_err(|why| why.to_string())?;
    }
    if !inbound.is_empty() && inbound.parse::<SocketAddr>().is_err() {
        return Err(not_an_address(&Value::String(inbound.clone())));
    }
    test_mode::recipient(settings)?;
    webhook_keys::check(settings)?;
    lists::parse(&settings.alert_lists)?;
    desk::check(settings)?;
    dns_settings::outgoing(&settings.spf)?;
    dns_settings::selectors(&settings.dkim_selectors)?;
    dns_settings::dns_server(&settings.dns_server)?;
    Ok(())
}

fn is_domain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.') && !text.starts_with('.')
}

/// A text from outside as the type of the default.
fn typed(default: &Value, text: String) -> Value {
    match default {
        Value::Integer(_) => text.trim().parse().map_or(Value::String(text), Value::Integer),
        Value::Float(_) => text.trim().parse().map_or(Value::String(text), Value::Float),
        // As flags are read from the environment.
        Value::Boolean(_) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Value::Boolean(true),
            "false" | "0" | "no" | "off" => Value::Boolean(false),
            _ => Value::String(text),
        },
        Value::Array(_) => {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            Value::Array(parts.map(|part| Value::String(part.to_owned())).collect())
        }
        _ => Value::String(text),
    }
}

/// The entries of the settings file, each with its place, `FILE:LINE`.
fn of_file(path: &str, text: &str, sample: &Table) -> Result<Vec<(String, Value, String)>, Wrong> {
    let at = |span: Range<usize>| format!("{path}:{}", text[..span.start].matches('\n').count() + 1);
    let table = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        Wrong(format!("{}: {}", at(span.clone()), quotes::why(text, span.start, error.message())))
    })?;
    let mut entries = Vec::new();
    for (key, _) in in_order(table.get_ref()) {
        let name = key.get_ref().to_string();
        let place = at(key.span());
        if !sample.contains_key(&name) {
            return Err(Wrong(format!("{place}: {}", unknown::unknown(&name, sample))));
        }
        entries.push((name, place));
    }
    let mut values: Table = text.parse().map_err(|error| Wrong(format!("{path}: {error}")))?;
    Ok(entries.into_iter().filter_map(|(name, place)| Some((name.clone(), values.remove(&name)?, place))).collect())
}

fn in_order<'a, 'b>(table: &'b DeTable<'a>) -> Vec<(&'b Spanned<std::borrow::Cow<'a, str>>, &'b Spanned<DeValue<'a>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

mod quotes;
mod unknown;

#[cfg(test)]
mod tests;
