//! Keys of programs. A key is shown once, when it is made; its kind stands in front: `atr_pub_…` for site scripts,
//! `atr_srv_…` for servers that send everything, `atr_api_…` for `/api`, with a role.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use attractor_engine::time::Instant;
use attractor_live::Lane;
use attractor_store::access::{self, AccessKey};
use attractor_store::{Connection, Error, KeyId};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{note, tokens};
use crate::App;
use crate::actor::{Actor, Role};
use crate::closed_lists::KeyKindName;
use crate::refusal::{Refusal, all_right};
use crate::team::notices::{Doer, News, tell_owners};

/// So begin the names of actors that are keys.
pub(crate) const WHO: &str = "key:";
/// In characters.
const LONGEST_NAME: usize = 200;
/// As much of a key as lists show: its kind and a little.
const SHOWN: usize = 12;
const DAY: i64 = 86_400_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Public,
    Server,
    Api(Role),
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Public => "public",
            Kind::Server => "server",
            Kind::Api(_) => "api",
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Kind::Public => "atr_pub_",
            Kind::Server => "atr_srv_",
            Kind::Api(_) => "atr_api_",
        }
    }

    fn role(self) -> Option<Role> {
        if let Kind::Api(role) = self { Some(role) } else { None }
    }
}

/// The api keys that are good, by their hash.
#[derive(Default)]
pub struct ApiKeys {
    good: RwLock<BTreeMap<Vec<u8>, Arc<AccessKey>>>,
    /// The day on which each key, of any kind, was last seen used.
    used: Mutex<BTreeMap<KeyId, i64>>,
}

impl ApiKeys {
    pub fn read(lane: &mut Lane) -> Result<ApiKeys, Error> {
        let keys = ApiKeys::default();
        keys.refresh(&lane.write(|connection: &mut Connection| access::keys(connection))?);
        Ok(keys)
    }

    pub(crate) fn refresh(&self, keys: &[AccessKey]) {
        let good = keys.iter().filter(|key| key.kind == "api" && key.revoked_at.is_none());
        *self.good.write().unwrap_or_else(PoisonError::into_inner) =
            good.map(|key| (key.hash.clone(), Arc::new(key.clone()))).collect();
        self.used().extend(keys.iter().filter_map(|key| Some((key.id, key.used_on?))));
    }

    fn used(&self) -> MutexGuard<'_, BTreeMap<KeyId, i64>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the key of this actor is good.
    pub fn holds(&self, who: &str) -> bool {
        let good = self.good.read().unwrap_or_else(PoisonError::into_inner);
        good.values().any(|key| who == format!("{WHO}{}", key.id))
    }

    /// Who asks with this key. The store has nothing but its hash, and so has the search.
    fn find(&self, key: &str) -> Option<(KeyId, Actor)> {
        let hash = tokens::hash(key);
        let found = self.good.read().unwrap_or_else(PoisonError::into_inner).get(hash.as_slice()).cloned()?;
        let role = Role::named(found.role.as_deref()?)?;
        let actor = Actor { who: format!("{WHO}{}", found.id), role };
        tokens::same(&found.hash, &hash).then_some((found.id, actor))
    }
}

/// Who asks with an api key.
pub fn authenticate(app: &App, key: &str) -> Result<Actor, Refusal> {
    let (id, actor) = app.access.keys.find(key).ok_or_else(|| {
        let is_write_key = key.starts_with(Kind::Public.prefix()) || key.starts_with(Kind::Server.prefix());
        let why = if is_write_key { "this is a write key; /api wants an API key" } else { "no such API key" };
        Refusal::Unauthenticated(why.to_owned())
    })?;
    note_use(app, id);
    Ok(actor)
}

/// Why a request to `/v1` is refused: its key, or its header `Authorization` where it has no key, is not a write key.
pub fn not_a_write_key(key: Option<&str>, authorization: Option<&str>) -> &'static str {
    let is_api_key = |text: &str| text.contains(Kind::Api(Role::Viewer).prefix());
    match key {
        text if text.or(authorization).is_some_and(is_api_key) => "this is an API key; /v1 wants a write key",
        Some(_) => "no such write key; it goes as the user of basic authentication",
        None => "a write key is missing; it goes as the user of basic authentication",
    }
}

/// Notes that a key was used, once a day.
pub fn note_use(app: &App, id: KeyId) {
    let today = app.machine.now().0.div_euclid(DAY);
    if app.access.keys.used().insert(id, today) == Some(today) {
        return;
    }
    let lane = app.lane.clone();
    app.machine.begin(async move {
        let noted = lane.run(move |lane| lane.write(|connection| access::mark_used(connection, &[(id, today)]))).await;
        if !matches!(noted, Ok(Ok(()))) {
            tracing::debug!(key = id.0, "that a key was used could not be noted");
        }
    });
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub name: String,
    pub kind: Kind,
    /// Messages a minute.
    pub rate: Option<i64>,
    /// It takes the place of the key that has its name: that one is revoked.
    pub replaces: bool,
}

impl NewKey {
    fn check_rate(&self) -> Result<(), Refusal> {
        let why = match self.rate {
            Some(_) if self.kind.role().is_some() => {
                "only write keys, public and server ones, have a rate; leave it out"
            }
            Some(rate) if rate < 1 => "at least 1 message a minute; leave it out for the usual rate",
            _ => return Ok(()),
        };
        Err(Refusal::invalid("/rate", why))
    }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let is_name = (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.contains('\0');
    let wrong = || Refusal::invalid("/name", format!("a name has between 1 and {LONGEST_NAME} characters"));
    is_name.then_some(()).ok_or_else(wrong)
}

/// Makes a key. It comes back as it is kept, and as it is; the latter is never seen again.
pub async fn add(app: &Arc<App>, actor: &Actor, new: NewKey) -> Result<(AccessKey, String), Refusal> {
    let name = new.name.trim().to_owned();
    all_right([check_name(&name), new.check_rate()])?;
    let text = format!("{}{}", new.kind.prefix(), tokens::token());
    let key = AccessKey {
        id: KeyId::default(),
        name,
        kind: new.kind.name().to_owned(),
        role: new.kind.role().map(|role| role.name().to_owned()),
        hash: tokens::hash(&text).to_vec(),
        prefix: text.chars().take(SHOWN).collect(),
        made_at: app.machine.now().0,
        made_by: actor.who.clone(),
        revoked_at: None,
        used_on: None,
        rate: new.rate,
    };
    let (shared, actor, replaces) = (app.clone(), actor.clone(), new.replaces);
    let key = app.lane.run(move |lane| -> Result<AccessKey, Refusal> {
        let (key, keys) = lane.write(|connection| insert(connection, &actor, key, replaces))??;
        shared.take_keys(&keys);
        Ok(key)
    });
    Ok((key.await??, text))
}

type Inserted = (AccessKey, Vec<AccessKey>);

fn insert(
    connection: &mut Connection,
    actor: &Actor,
    mut key: AccessKey,
    replaces: bool,
) -> Result<Result<Inserted, Refusal>, Error> {
    let keys = access::keys(connection)?;
    for other in keys.iter().filter(|other| other.name == key.name && other.revoked_at.is_none()) {
        if !replaces {
            return Ok(Err(Refusal::Conflict(taken(&key.name, actor))));
        }
        revoke_noted(connection, actor, other.id, key.made_at)?;
    }
    key.id = access::insert_key(connection, &key)?;
    let details = json!({"name": key.name, "kind": key.kind, "role": key.role});
    note(connection, actor, key.made_at, "key added", &format!("key:{}", key.id), &details)?;
    let by = Doer::of(connection, actor)?;
    let news = News::KeyAdded { name: key.name.clone(), kind: key.kind.clone(), role: key.role.clone(), by };
    tell_owners(connection, &news, Instant(key.made_at))?;
    Ok(Ok((key, access::keys(connection)?)))
}

/// Why a key with this name is not made.
fn taken(name: &str, actor: &Actor) -> String {
    let way = if actor.is_command_line() { "`--replace`" } else { "`--replace` or `replace`: true" };
    format!("there is a key named {name} already: take another name, or replace it, with {way}")
}

/// Whether there was such a key, not revoked yet; then the audit has it, and the owners are told.
fn revoke_noted(connection: &mut Connection, actor: &Actor, id: KeyId, now: i64) -> Result<bool, Error> {
    if !access::revoke_key(connection, id, now)? {
        return Ok(false);
    }
    note(connection, actor, now, "key revoked", &format!("key:{id}"), &json!({}))?;
    tell_of_revocation(connection, actor, id, now)?;
    Ok(true)
}

/// Tells the owners of a key that was revoked, in the transaction in which it was.
pub(super) fn tell_of_revocation(connection: &mut Connection, actor: &Actor, id: KeyId, now: i64) -> Result<(), Error> {
    let Some(key) = access::keys(connection)?.into_iter().find(|key| key.id == id) else { return Ok(()) };
    let news = News::KeyRevoked { name: key.name, by: Doer::of(connection, actor)? };
    tell_owners(connection, &news, Instant(now))
}

/// From its return on the key opens nothing.
pub async fn revoke(app: &Arc<App>, actor: &Actor, id: KeyId) -> Result<(), Refusal> {
    let (shared, actor, now) = (app.clone(), actor.clone(), app.machine.now().0);
    let revoked = app.lane.run(move |lane| -> Result<(), Refusal> {
        let (revoked, keys) = lane.write(|connection| {
            let revoked = revoke_noted(connection, &actor, id, now)?;
            Ok((revoked, access::keys(connection)?))
        })?;
        // Also where it was revoked before: the commit may have been done and its answer lost.
        shared.take_keys(&keys);
        let missing = || Refusal::Missing(format!("there is no key {id}, or it is revoked already"));
        revoked.then_some(()).ok_or_else(missing)
    });
    revoked.await?
}

/// All keys, revoked ones too.
pub async fn list(app: &App) -> Result<Vec<AccessKey>, Refusal> {
    app.readers.read(|connection| Ok(access::keys(connection)?)).await
}

impl App {
    /// On the lane's thread alone, so that of two changes the later one counts.
    pub(super) fn take_keys(&self, keys: &[AccessKey]) {
        self.doors.refresh(keys);
        self.access.keys.refresh(keys);
        self.access.narrow();
    }
}

/// A key as the API shows it
#[derive(Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyItem {
    #[schema(value_type = i64)]
    id: KeyId,
    name: String,
    #[schema(value_type = KeyKindName)]
    kind: String,
    /// What an api key may do
    role: Option<String>,
    /// Its first characters
    prefix: String,
    #[schema(format = DateTime)]
    made_at: String,
    made_by: String,
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
    /// The last day on which it was used
    used_on: Option<String>,
    /// Messages a minute; null: as the settings say
    rate: Option<i64>,
}

impl From<access::AccessKey> for KeyItem {
    fn from(key: access::AccessKey) -> KeyItem {
        let day = |day: i64| Instant(day * DAY).to_string().chars().take(10).collect();
        KeyItem {
            id: key.id,
            name: key.name,
            kind: key.kind,
            role: key.role,
            prefix: key.prefix,
            made_at: Instant(key.made_at).to_string(),
            made_by: key.made_by,
            revoked_at: key.revoked_at.map(|at| Instant(at).to_string()),
            used_on: key.used_on.map(day),
            rate: key.rate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: KeyId, kind: &str, role: Option<&str>, text: &str) -> AccessKey {
        AccessKey {
            id,
            name: "n".into(),
            kind: kind.into(),
            role: role.map(str::to_owned),
            hash: tokens::hash(text).to_vec(),
            prefix: String::new(),
            made_at: 0,
            made_by: String::new(),
            revoked_at: None,
            used_on: Some(7),
            rate: None,
        }
    }

    #[test]
    fn an_api_key_is_an_actor_until_it_is_revoked() {
        let keys = ApiKeys::default();
        let mut all = [
            key(KeyId(1), "api", Some("sales"), "a"),
            key(KeyId(2), "server", None, "s"),
            key(KeyId(3), "api", Some("king"), "k"),
        ];
        keys.refresh(&all);
        assert_eq!(keys.find("a"), Some((KeyId(1), Actor { who: "key:1".into(), role: Role::Sales })));
        assert_eq!((keys.find("s"), keys.find("k"), keys.find("")), (None, None, None));
        assert_eq!(keys.used().get(&KeyId(2)), Some(&7));
        all[0].revoked_at = Some(5);
        keys.refresh(&all);
        assert_eq!(keys.find("a"), None);
    }
}
