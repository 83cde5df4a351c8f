//! Stores of earlier versions, whose keys were e-mails in lower case, placeholders and numbers as doubles hold them: made
//! by today's lane from messages in disguise, which is taken off in the store.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

use std::collections::BTreeMap;

use attractor_engine::address::{canonical, is_placeholder};
use attractor_engine::message::{Message, Wanted, decimal_text};
use attractor_engine::time::Instant;
use attractor_live::{Arrived, Fills, Lane};
use attractor_store::Value as Sql;
use attractor_store::events::PUBLIC;
use attractor_store::versions::Version;
use attractor_store::{Connection, Fault, Kind, Location, VersionNumber, events, lane};
use jiff::tz::TimeZoneDatabase;
use serde_json::{Value, json};

use super::beside;
use super::naive::{Dice, random_case};
use super::world::folder;

/// The text of a key as an earlier version kept it, and in disguise where today it would be another one, or none.
#[derive(Default)]
struct Disguises(BTreeMap<(i64, String), String>);

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

impl Disguises {
    fn email(&mut self, text: &str) -> Option<String> {
        let old = text.trim().to_lowercase();
        if old.is_empty() || canonical(&old).as_deref() == Some(&old) {
            return None;
        }
        let disguise = format!("{}@old.example", hex(&old));
        self.0.insert((1, disguise.clone()), old);
        Some(disguise)
    }

    fn id(&mut self, kind: i64, id: &Value) -> Option<String> {
        let old = match id {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.as_f64().map(|number| number.to_string())?,
            _ => return None,
        };
        if kind == 0 && old.contains('@') {
            let disguise = self.email(&old)?;
            self.0.insert((0, disguise.clone()), old);
            return Some(disguise);
        }
        let is_same = !is_placeholder(&old) && (id.is_string() || decimal_text(&id.to_string()) == old);
        if old.is_empty() || is_same {
            return None;
        }
        let disguise = format!("old-{}", hex(&old));
        self.0.insert((kind, disguise.clone()), old);
        Some(disguise)
    }

    fn message(&mut self, mut message: Value) -> Value {
        for (kind, name) in [(0, "userId"), (2, "anonymousId"), (0, "previousId")] {
            if let Some(disguise) = self.id(kind, &message[name]) {
                message[name] = disguise.clone().into();
                if name == "previousId" {
                    let old = self.0[&(0, disguise.clone())].clone();
                    self.0.insert((2, disguise), old);
                }
            }
        }
        if message["type"] == "identify"
            && let Some(disguise) = message["traits"]["email"].as_str().and_then(|email| self.email(email))
        {
            message["traits"]["email"] = disguise.into();
        }
        message
    }
}

/// Gives a message keys that earlier versions took for what they are not.
fn spoil(message: &mut Value, dice: &mut Dice) {
    if message["anonymousId"].is_string() && dice.chance(25) {
        message["anonymousId"] = (*dice.pick(&["anonymous", "0", "v1"])).into();
    }
    if message["userId"].is_string() && dice.chance(15) {
        message["userId"] = (*dice.pick(&["undefined", "None", "B\u{ad}ob@x.de", "eve@b\u{fc}cher.example"])).into();
    }
    if message["type"] == "alias" && dice.chance(25) {
        message["previousId"] = (*dice.pick(&["undefined", "anonymous"])).into();
    }
    if message["type"] == "identify" && (message["traits"]["email"].is_string() || dice.chance(30)) && dice.chance(60) {
        let emails =
            ["eve@b\u{fc}cher.example", "Eve@XN--bcher-kva.example", "b\u{ad}ob@x.de", "bob@x.de", "none", "x@"];
        message["traits"]["email"] = (*dice.pick(&emails)).into();
        if dice.chance(30)
            && let Some(message) = message.as_object_mut()
        {
            message.remove("userId");
        }
    }
}

/// A message as it was stored, and what the lane is to take for it.
struct Stored {
    id: String,
    json: String,
    is_public: bool,
}

fn arrived(lines: &[String], dice: &mut Dice, disguises: &mut Disguises) -> Vec<(Arrived, Stored)> {
    let mut made = Vec::new();
    let (public, spoils) = (if dice.chance(50) { 40 } else { 0 }, dice.chance(70));
    for (number, line) in lines.iter().enumerate() {
        let Ok(mut message) = serde_json::from_str::<Value>(line) else { continue };
        let Some(at) = message["timestamp"].as_str().and_then(Instant::parse) else { continue };
        if !message.is_object() {
            continue;
        }
        message["timestamp"] = at.to_string().into();
        message["messageId"] = format!("m{number}").into();
        if spoils {
            spoil(&mut message, dice);
        }
        if message["context"].is_object() {
            message["context"]["public"] = Value::Null;
        }
        // The digits that a number was written with are in the text alone.
        let mut json = message.to_string();
        for name in ["userId", "anonymousId", "previousId"] {
            let long = line.split_once(&format!("\"{name}\":")).map(|(_, rest)| rest);
            let digits = long.map(|rest| rest.split([',', '}']).next().unwrap_or_default());
            if let Some(digits) = digits.filter(|digits| digits.starts_with(['-', '2']) && digits.len() > 16) {
                let read = format!("\"{name}\":{}", message[name]);
                json = json.replace(&read, &format!("\"{name}\":{digits}"));
            }
        }
        let disguised = disguises.message(message).to_string();
        if Message::parse(&disguised, &Wanted::Everything).is_err() {
            continue;
        }
        let is_public = dice.chance(public) && !json.contains("\"alias\"");
        let arrived = Arrived { json: disguised, received_at: at, origin: "key:1".into(), fills: Fills::All };
        made.push((arrived, Stored { id: format!("m{number}"), json, is_public }));
    }
    made
}

/// Takes the disguise off what is stored.
fn undisguise(connection: &mut Connection, disguises: &Disguises, stored: &[Stored], slice: usize) {
    let text = |text: &str| Sql::from(text.to_owned());
    let mut keys = Vec::new();
    let read = events::each(connection, |event| {
        keys.push((event.identity, event.message_id));
        Ok(())
    });
    read.unwrap();
    for (identity, id) in keys {
        let stored = stored.iter().find(|stored| stored.id == id).unwrap();
        let flag = if stored.is_public { PUBLIC } else { 0 };
        let sql = "UPDATE events SET message = $4, flags = flags + $5 WHERE bucket = $1 AND identity = $2 AND message_id = $3";
        let params = [identity.bucket().into(), identity.into(), text(&id), text(&stored.json), flag.into()];
        connection.execute(sql, &params).unwrap();
    }
    for ((kind, disguise), old) in &disguises.0 {
        let said = [disguise, old].map(|value| text(&json!(value).to_string()));
        connection.execute("UPDATE profiles SET document = replace(document, $1, $2)", &said).unwrap();
        let (disguise, old) = (text(disguise), text(old));
        let named = "UPDATE identities SET text = $3 WHERE kind = $1 AND text = $2";
        connection.execute(named, &[(*kind).into(), disguise.clone(), old.clone()]).unwrap();
        // A state has its lead's name in it: such a lead is rebuilt by a scan.
        let leads = "UPDATE leads SET name = $3, head = $4 WHERE kind = $1 AND name = $2";
        let head = Sql::from(&[][..]);
        connection.execute(leads, &[(*kind).into(), disguise.clone(), old.clone(), head]).unwrap();
        connection.execute("UPDATE leads SET email = $2 WHERE email = $1", &[disguise.clone(), old.clone()]).unwrap();
        let aliases = "UPDATE aliases SET previous = $2 WHERE previous = $1";
        connection.execute(aliases, &[disguise, old]).unwrap();
    }
    let scan =
        r#"INSERT INTO state (name, value) VALUES ('version scan', '{"version":1,"bucket":-1,"lead":0,"done":0}')"#;
    connection.execute(scan, &[]).unwrap();
    connection.execute("DELETE FROM claims WHERE email = person", &[]).unwrap();
    connection.execute("UPDATE called SET text = 'by other rules ' || text", &[]).unwrap();
    let owed = json!({"identity": [-1, ""], "slice": slice}).to_string();
    lane::set_state(connection, "keys to carry over", &owed).unwrap();
}

/// A store of an earlier version is carried over, failing and dying on the way, while new messages come.
fn carry(seed: u64, location: &Location) -> Result<u64, String> {
    let case = random_case(seed);
    let mut dice = Dice::new(seed ^ 0xca22);
    let mut disguises = Disguises::default();
    let (arrived, stored): (Vec<Arrived>, Vec<Stored>) =
        arrived(&case.lines, &mut dice, &mut disguises).into_iter().unzip();
    let open = || Lane::open(location, TimeZoneDatabase::bundled()).unwrap();
    let mut lane = open();
    let files = json!({"playbook.yaml": case.playbook.to_string()}).to_string();
    lane.publish(
        &Version { number: VersionNumber(1), at: 0, author: "test".into(), note: String::new(), files: files.clone() },
        false,
    )
    .unwrap();
    let now = arrived.iter().map(|arrived| arrived.received_at).max().unwrap_or_default();
    // Some come after the new version has started.
    let (before, after) = arrived.split_at(arrived.len() - dice.below(arrived.len().min(4) + 1));
    before.chunks(3).for_each(|group| drop(lane.take(group, now).unwrap()));
    while lane.background(now).unwrap() {}
    drop(lane);
    undisguise(&mut location.writer().unwrap(), &disguises, &stored, 1 + dice.below(5));
    let mut lane = open();
    let late = stored[before.len()..].iter().zip(after);
    let mut late = late.map(|(stored, after)| Arrived { json: stored.json.clone(), ..after.clone() });
    loop {
        if dice.chance(40)
            && let Some(one) = late.next()
        {
            lane.take(&[one], now).unwrap();
        }
        if dice.chance(40) {
            let fault = Fault { after: dice.below(60) as u32, kind: Kind::Full, commits: dice.chance(50) };
            lane.inject(Some(fault));
            if lane.background(now).is_err() && dice.chance(50) {
                lane = open();
            }
            lane.inject(None);
        }
        if !lane.background(now).unwrap() {
            break;
        }
    }
    late.for_each(|one| drop(lane.take(&[one], now).unwrap()));
    while lane.wake(now).unwrap() > 0 {}
    drop(lane);
    let compared = beside::difference(location, &case.playbook.to_string(), now);
    let compared = compared.map_err(|wrong| format!("seed {seed}: {wrong}"))?;
    let folder = folder();
    let other = Location::Sqlite(folder.path().join("other.db"));
    let lines = beside::exported(&mut location.reader().unwrap());
    let mut lane = Lane::open(&other, TimeZoneDatabase::bundled()).unwrap();
    lane.publish(
        &Version { number: VersionNumber(1), at: 0, author: "test".into(), note: String::new(), files },
        false,
    )
    .unwrap();
    let anew =
        |json: &String| Arrived { json: json.clone(), received_at: now, origin: "key:1".into(), fills: Fills::All };
    lane.take(&lines.iter().map(anew).collect::<Vec<_>>(), now).unwrap();
    drop(lane);
    let (carried, fresh) = (who_is_who(location), who_is_who(&other));
    if carried == fresh {
        return Ok(compared);
    }
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|line| !those.contains(line)).cloned().collect()
    };
    let (carried, fresh) = (only(&carried, &fresh), only(&fresh, &carried));
    Err(format!("seed {seed}: carried over {carried:#?}\nfresh {fresh:#?}\n{}", lines.join("\n")))
}

/// What a store says of who is who, of leads' e-mails and of what they are called.
fn who_is_who(location: &Location) -> Vec<String> {
    let mut connection = location.reader().unwrap();
    let mut lines = Vec::new();
    let person = "i.kind < 2 AND l.became IS NULL";
    for (what, sql) in [
        ("identity", format!("SELECT i.text, l.name FROM identities i JOIN leads l ON l.id = i.lead WHERE {person}")),
        ("visitor", "SELECT text, text FROM identities WHERE kind = 2".to_owned()),
        (
            "claim",
            "SELECT e.text, p.text FROM claims c JOIN identities e ON e.id = c.email
            JOIN identities p ON p.id = c.person WHERE c.public = 0"
                .to_owned(),
        ),
        (
            "public claim",
            "SELECT e.text, p.text FROM claims c JOIN identities e ON e.id = c.email
            JOIN identities p ON p.id = c.person WHERE c.public = 1"
                .to_owned(),
        ),
        (
            "tie",
            "SELECT v.text, p.text FROM ties t JOIN identities v ON v.id = t.visitor
            JOIN identities p ON p.id = t.person"
                .to_owned(),
        ),
        ("alias", "SELECT a.previous, p.text FROM aliases a JOIN identities p ON p.id = a.person".to_owned()),
        (
            "called",
            "SELECT c.text, l.name FROM called c JOIN leads l ON l.id = c.lead WHERE l.became IS NULL".to_owned(),
        ),
        ("email", "SELECT coalesce(email, '-'), name FROM leads WHERE became IS NULL".to_owned()),
    ] {
        for mut row in connection.query(&sql, &[]).unwrap() {
            lines.push(format!("{what} {} {}", row.take_text(0).unwrap(), row.take_text(1).unwrap()));
        }
    }
    lines.sort();
    lines
}

#[test]
fn a_store_of_an_earlier_version_is_carried_over_on_sqlite() {
    let (cases, first) = (super::from_environment("CARRY_CASES", 100), super::from_environment("CARRY_SEED", 1));
    let mut leads = 0;
    for seed in first..first + cases {
        let folder = folder();
        leads +=
            carry(seed, &Location::Sqlite(folder.path().join("store.db"))).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
    eprintln!("{cases} stores from seed {first}: {leads} leads agree");
}

#[test]
fn a_store_of_an_earlier_version_is_carried_over_on_postgresql() {
    for seed in 1..=super::from_environment("CARRY_CASES", 100) / 10 {
        let Some(url) = attractor_trial::postgres() else { return };
        carry(seed, &Location::Postgresql(url)).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
}
