//! People of a list who were erased here. Their rows are held back, because an old list must not bring anybody back whom
//! the installation was asked to forget; a person comes back by its own act.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::path::Path;

use attractor_engine::address::canonical;
use attractor_engine::time::Instant;
use attractor_engine::vocabulary::kind;
use attractor_import::Assertion;
use attractor_live::erasure_hashes;
use attractor_live::suppression::HashKeys;
use attractor_store::{Connection, Error, IdentityKind, erasures, identities};
use serde_json::Value;

/// Messages whose keys are looked up at once.
const LOOKED_UP: usize = 1_000;

/// What a message names somebody by.
pub type Key = (IdentityKind, String);

/// Keys of one person, and when it was erased, in milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErasedKeys {
    pub keys: BTreeSet<Key>,
    pub at: i64,
}

/// What was held back of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldBack {
    pub people: u64,
    pub messages: u64,
    /// The last of the erasures, in milliseconds since 1970.
    pub last: i64,
}

impl HeldBack {
    /// For the report of the import; `None` where nothing was held back.
    pub fn note(&self) -> Option<String> {
        let date = Instant(self.last).to_string();
        let date = date.split('T').next().unwrap_or_default();
        let who = match self.people {
            0 => return None,
            1 => format!("1 person on this list was erased here on {date}"),
            more => format!("{more} people on this list were erased here, the last on {date}"),
        };
        Some(format!(
            "{who}: held back, {} messages; `--erased` (in the API `\"erased\": true`) stores them all the same",
            self.messages
        ))
    }
}

/// Copies messages, one a line, without those of erased people. `look_up` asks the store for [`of_messages`], and
/// `without_returned` for what its name says. `addresses` are those of the people whom the messages name; the others' go.
pub fn hold_back<E: From<io::Error>>(
    from: &Path,
    to: File,
    mut look_up: impl FnMut(Vec<Vec<Key>>) -> Result<Vec<ErasedKeys>, E>,
    without_returned: impl FnOnce(Vec<ErasedKeys>) -> Result<Vec<ErasedKeys>, E>,
    addresses: &mut BTreeSet<String>,
) -> Result<HeldBack, E> {
    let mut people: Vec<ErasedKeys> = Vec::new();
    let mut lines = BufReader::new(File::open(from)?).lines();
    loop {
        let some: Vec<String> = lines.by_ref().take(LOOKED_UP).collect::<Result<_, _>>()?;
        if some.is_empty() {
            break;
        }
        let keys = some.iter().map(|line| named(line).keys).collect();
        look_up(keys)?.into_iter().for_each(|found| join(&mut people, found));
    }
    let people = if people.is_empty() { people } else { without_returned(people)? };
    let all: BTreeSet<&Key> = people.iter().flat_map(|person| &person.keys).collect();
    let mut held = HeldBack {
        people: people.len() as u64,
        last: people.iter().map(|person| person.at).max().unwrap_or_default(),
        messages: 0,
    };
    if !all.is_empty() {
        addresses.clear();
    }
    let mut kept = BufWriter::with_capacity(1 << 20, to);
    for line in BufReader::new(File::open(from)?).lines() {
        let line = line?;
        let named = if all.is_empty() { Named::default() } else { named(&line) };
        if named.keys.iter().any(|key| all.contains(key)) {
            held.messages += 1;
        } else {
            addresses.extend(named.address);
            writeln!(kept, "{line}")?;
        }
    }
    kept.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(held)
}

/// What a preview has without erased people.
pub struct WithoutErased {
    /// The messages of the others, one a line.
    pub messages: File,
    /// Erased people who would be granted consent otherwise.
    pub granted: u64,
}

/// Messages without those of people who have one of these addresses, in canonical form. A store is asked about addresses
/// alone, so the other keys of these people are those that a message names beside the address.
pub fn without(mut from: File, addresses: &BTreeSet<String>) -> io::Result<WithoutErased> {
    let mut all: BTreeSet<Key> = addresses.iter().map(|address| (IdentityKind::Email, address.clone())).collect();
    from.rewind()?;
    let mut beside = Vec::new();
    // Each pass parses each line, because the keys of all messages are too many to be held.
    for line in BufReader::new(&from).lines() {
        let keys = named(&line?).keys;
        if keys.iter().any(|key| all.contains(key)) {
            beside.extend(keys);
        }
    }
    all.extend(beside);
    from.rewind()?;
    let mut kept = BufWriter::with_capacity(1 << 20, tempfile::tempfile()?);
    let mut granted = BTreeSet::new();
    for line in BufReader::new(&from).lines() {
        let line = line?;
        let Named { keys, is_grant, .. } = named(&line);
        if !keys.iter().any(|key| all.contains(key)) {
            writeln!(kept, "{line}")?;
        } else if is_grant {
            granted.extend(keys.into_iter().next());
        }
    }
    let mut messages = kept.into_inner().map_err(io::IntoInnerError::into_error)?;
    messages.rewind()?;
    Ok(WithoutErased { messages, granted: granted.len() as u64 })
}

/// Adds the keys of an erased person to those that are known: messages that share a key are about one person.
fn join(people: &mut Vec<ErasedKeys>, mut found: ErasedKeys) {
    people.retain(|other| {
        let is_other = other.keys.is_disjoint(&found.keys);
        if !is_other {
            found.keys.extend(other.keys.iter().cloned());
            found.at = found.at.max(other.at);
        }
        is_other
    });
    people.push(found);
}

/// What a message says of a person.
#[derive(Default)]
struct Named {
    keys: Vec<Key>,
    /// That of its traits, in canonical form.
    address: Option<String>,
    /// It grants consent.
    is_grant: bool,
}

/// Whom a line for the store names.
fn named(line: &str) -> Named {
    let (_, message) = Assertion::of_line(line);
    let Ok(message) = serde_json::from_str::<Value>(message) else { return Named::default() };
    let text = |value: &Value| match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let user = text(&message["userId"]);
    let own = user.as_deref().and_then(canonical);
    let email = |object: &str| message[object]["email"].as_str().and_then(canonical);
    let address = email("traits");
    let is_named = user.is_some() || address.is_some();
    // An opt-out carries the address that it binds; another event's `email` may be somebody else's.
    let bound = email("properties").filter(|_| !is_named && message["event"] == kind::UNSUBSCRIBED);
    let emails = own.into_iter().chain(address.clone()).chain(bound);
    let emails = emails.map(|email| (IdentityKind::Email, email));
    let user = user.map(|id| (IdentityKind::User, id));
    let visitor = text(&message["anonymousId"]).map(|id| (IdentityKind::Visitor, id));
    let is_grant = message["event"] == kind::SUBSCRIBED;
    Named { keys: user.into_iter().chain(emails).chain(visitor).collect(), address, is_grant }
}

/// Of messages with these keys, the people who were erased; each with all keys of its message.
pub fn of_messages(connection: &mut Connection, messages: Vec<Vec<Key>>) -> Result<Vec<ErasedKeys>, Error> {
    let own = HashKeys::read(connection)?;
    let hashes_of = |(kind, text): &Key| erasure_hashes(&own, *kind, text);
    let hashes: BTreeSet<String> = messages.iter().flatten().flat_map(hashes_of).collect();
    let listed = erasures::of_hashes(connection, &hashes.into_iter().collect::<Vec<_>>())?;
    let at = |key: &Key| {
        let hashes = hashes_of(key);
        listed.iter().filter(|erasure| hashes.contains(&erasure.hash)).map(|erasure| erasure.at).max()
    };
    if listed.is_empty() {
        return Ok(Vec::new());
    }
    let erased = |keys: Vec<Key>| {
        let at = keys.iter().filter_map(at).max()?;
        Some(ErasedKeys { keys: keys.into_iter().collect(), at })
    };
    Ok(messages.into_iter().filter_map(erased).collect())
}

/// Those of them whom the store does not know again: the others have come back since.
pub fn without_returned(connection: &mut Connection, mut people: Vec<ErasedKeys>) -> Result<Vec<ErasedKeys>, Error> {
    let keys: Vec<(IdentityKind, &str)> =
        people.iter().flat_map(|person| &person.keys).map(|(kind, text)| (*kind, text.as_str())).collect();
    let known: BTreeSet<Key> =
        identities::find(connection, &keys)?.into_iter().map(|found| (found.kind, found.text)).collect();
    people.retain(|person| person.keys.is_disjoint(&known));
    Ok(people)
}

/// Of these addresses, in canonical form, those of people who were erased and have not come back.
pub fn of_addresses(connection: &mut Connection, addresses: &BTreeSet<String>) -> Result<BTreeSet<String>, Error> {
    let messages = addresses.iter().map(|address| vec![(IdentityKind::Email, address.clone())]).collect();
    let erased = of_messages(connection, messages)?;
    if erased.is_empty() {
        return Ok(BTreeSet::new());
    }
    let people = without_returned(connection, erased)?;
    Ok(people.into_iter().flat_map(|person| person.keys).map(|(_, text)| text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_its_person_by_its_keys() {
        let key = |kind, text: &str| (kind, text.to_owned());
        let cases: [(&str, Vec<Key>); 4] = [
            (
                r#"={"userId": 7, "traits": {"email": "Ada@X.org"}}"#,
                vec![key(IdentityKind::User, "7"), key(IdentityKind::Email, "ada@x.org")],
            ),
            (
                r#"~12 {"userId": "Ada@x.org"}"#,
                vec![key(IdentityKind::User, "Ada@x.org"), key(IdentityKind::Email, "ada@x.org")],
            ),
            (
                r#"{"anonymousId": "hubspot:51", "event": "Unsubscribed", "properties": {"email": "ada@x.org"}}"#,
                vec![key(IdentityKind::Email, "ada@x.org"), key(IdentityKind::Visitor, "hubspot:51")],
            ),
            ("nothing", vec![]),
        ];
        for (line, expected) in cases {
            assert_eq!(named(line).keys, expected, "{line}");
        }
    }

    #[test]
    fn the_addresses_that_are_left_are_those_of_the_messages_that_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        let lines = [
            r#"={"anonymousId": "v", "traits": {"email": "Ada@x.org"}}"#,
            r#"={"anonymousId": "v", "traits": {"email": "work@x.org"}}"#,
            r#"={"userId": "u", "traits": {"email": "bob@x.org"}}"#,
            r#"{"userId": "u", "event": "Visited", "properties": {"email": "other@x.org"}}"#,
        ];
        std::fs::write(&from, lines.map(|line| format!("{line}\n")).concat()).unwrap();
        let all = ["ada@x.org", "bob@x.org", "work@x.org"].map(str::to_owned);
        let visitor = (IdentityKind::Visitor, "v".to_owned());
        for (erased, messages, left) in [(true, 2, &all[1..2]), (false, 0, &all[..])] {
            let mut addresses = BTreeSet::from(all.clone());
            let look_up = |messages: Vec<Vec<Key>>| -> io::Result<Vec<ErasedKeys>> {
                let found = messages.into_iter().filter(|keys| erased && keys.contains(&visitor));
                Ok(found.map(|keys| ErasedKeys { keys: keys.into_iter().collect(), at: 5 }).collect())
            };
            let file = File::create(&to).unwrap();
            let held = hold_back::<io::Error>(&from, file, look_up, Ok, &mut addresses).unwrap();
            assert_eq!((held.messages, held.people), (messages, u64::from(erased)));
            assert_eq!(Vec::from_iter(addresses), left);
            assert_eq!(std::fs::read_to_string(&to).unwrap().lines().count() as u64, 4 - messages);
        }
    }

    #[test]
    fn a_preview_leaves_out_all_that_names_an_erased_person() {
        let lines = [
            r#"={"anonymousId": "hubspot:51", "traits": {"email": "Eve@x.org"}}"#,
            r#"{"anonymousId": "hubspot:51", "event": "Visited"}"#,
            r#"{"anonymousId": "hubspot:51", "event": "Subscribed"}"#,
            r#"{"anonymousId": "hubspot:52", "event": "Subscribed"}"#,
        ];
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(lines.map(|line| format!("{line}\n")).concat().as_bytes()).unwrap();
        let left = without(file, &BTreeSet::from(["eve@x.org".to_owned()])).unwrap();
        assert_eq!(left.granted, 1);
        assert_eq!(io::read_to_string(left.messages).unwrap().trim_end(), lines[3]);
    }

    #[test]
    fn messages_that_share_a_key_are_about_one_person() {
        let person = |keys: &[&str], at| ErasedKeys {
            keys: keys.iter().map(|text| (IdentityKind::User, (*text).to_owned())).collect(),
            at,
        };
        let mut people = Vec::new();
        for (keys, at) in [(vec!["a"], 1), (vec!["c", "d"], 2), (vec!["b"], 3), (vec!["a", "b"], 0)] {
            join(&mut people, person(&keys, at));
        }
        assert_eq!(people, [person(&["c", "d"], 2), person(&["a", "b"], 3)]);
    }
}
