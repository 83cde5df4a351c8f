//! The names of those who did something, for people: the audit and other rows keep only `user:3` or `key:2`.

use std::collections::BTreeMap;

use attractor_store::{Connection, Error, access};

use crate::App;
use crate::refusal::Refusal;

/// Users and keys by the word that the audit has for them; revoked and disabled ones too.
#[derive(Debug, Default)]
pub struct ActorNames(BTreeMap<String, String>);

impl ActorNames {
    /// All that the store knows.
    pub fn read(connection: &mut Connection) -> Result<ActorNames, Error> {
        let users = access::users(connection)?.into_iter().map(|user| (format!("user:{}", user.id), user.name));
        let keys = access::keys(connection)?.into_iter().map(|key| (format!("key:{}", key.id), key.name));
        // Never the address in place of a name: the audit holds no personal data but the names that people chose.
        Ok(ActorNames(users.chain(keys).filter(|(_, name)| !name.is_empty()).collect()))
    }

    /// The name of an actor or a subject; `None` where no user and no key is meant, or it has no name.
    pub fn of(&self, who: &str) -> Option<String> {
        self.0.get(who).cloned()
    }
}

/// The names of all users and keys.
pub async fn all(app: &App) -> Result<ActorNames, Refusal> {
    Ok(app.readers.read(ActorNames::read).await?)
}
