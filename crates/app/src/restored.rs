//! What comes with a backup must not act on its own. The copy of an installation posts to no receiver that this server did
//! not post to before, opens no door that was closed here, sends no mail, and goes on with no work whose files it does not
//! have.

use std::collections::BTreeSet;
use std::path::Path;

use attractor_store::access::{self, AccessKey, User};
use attractor_store::imports::{self, Import, ImportState};
use attractor_store::webhooks::{self, Webhook};
use attractor_store::{Connection, Error, ImportId, Kind, lane};

use super::imports::forget_strangers;
use super::sending::account::AccountOfPlace;
use super::stored::of_row;
use super::{sending, team};

/// Why a webhook is disabled, for people.
const ELSEWHERE: &str = "it came with a backup, and this server did not post there before";
const NOT_TOLD: &str = "a backup was restored before it was delivered";
const BROKEN_OFF: &str =
    "a backup was restored in which it had not ended: import its files again, what is stored stays once";

/// In the table `state`: the addresses that this place posted to before a restore, JSON.
const POSTED: &str = "posted to before a restore";

/// What is true of this place, whatever an archive says.
pub struct Before {
    /// The addresses that it posts to, or posted to before an earlier restore and has not disabled since.
    posted: BTreeSet<String>,
    /// What its e-mails leave by.
    account: AccountOfPlace,
    keys: Vec<AccessKey>,
    users: Vec<User>,
    imports: Vec<Import>,
}

/// What became of it.
pub struct After {
    /// What the owner should know, in sentences.
    pub remarks: Vec<String>,
    /// The imports that this place knew before.
    known: Vec<ImportId>,
}

/// What was noted before earlier restores. `Err` says which row cannot be read, and what to do.
fn noted(connection: &mut Connection) -> Result<Result<BTreeSet<String>, String>, Error> {
    let noted = lane::state(connection, POSTED)?;
    Ok(noted.map_or(Ok(BTreeSet::new()), |text| of_row(&text, "state", POSTED).map_err(with_remedy)))
}

fn posted(connection: &mut Connection, mut posted: BTreeSet<String>) -> Result<BTreeSet<String>, Error> {
    let (disabled, enabled): (Vec<Webhook>, Vec<Webhook>) =
        webhooks::all(connection)?.into_iter().partition(|webhook| webhook.disabled.is_some());
    for webhook in &disabled {
        posted.remove(&webhook.url);
    }
    posted.extend(enabled.into_iter().map(|webhook| webhook.url));
    Ok(posted)
}

/// Adds what can be done. Taken for empty, the row would have webhooks disabled that this server posted to before.
fn with_remedy(unread: Error) -> String {
    let remedy = "delete this row to go on; then only webhooks to addresses that are enabled here now stay enabled";
    format!("{}; {remedy}", unread.text)
}

impl Before {
    /// `Err` says what of it cannot be read, and what to do.
    pub fn read(connection: &mut Connection) -> Result<Result<Before, String>, Error> {
        let noted = match noted(connection)? {
            Ok(noted) => noted,
            Err(why) => return Ok(Err(why)),
        };
        Ok(Ok(Before {
            posted: posted(connection, noted)?,
            account: AccountOfPlace::read(connection)?,
            keys: access::keys(connection)?,
            users: access::users(connection)?,
            imports: imports::latest(connection, ImportId::MAX, i64::MAX)?,
        }))
    }

    /// Settles what an archive brought, in the transaction that brought it.
    pub fn settle(&self, connection: &mut Connection, now: i64) -> Result<After, Error> {
        let mut remarks = Vec::new();
        self.silence(connection, now, &mut remarks)?;
        self.close_doors(connection, now, &mut remarks)?;
        let known = self.end_imports(connection, now, &mut remarks)?;
        remarks.push(sending::came_from_an_archive(connection)?);
        remarks.extend(self.account.stay(connection)?);
        team::came_from_an_archive(connection, now)?;
        Ok(After { remarks, known })
    }

    /// Webhooks post only where this server posted before. An archive without one of them must not make a later archive
    /// with it a stranger's.
    fn silence(&self, connection: &mut Connection, now: i64, remarks: &mut Vec<String>) -> Result<(), Error> {
        let text = serde_json::to_string(&self.posted).map_err(|error| Error::new(Kind::Other, error.to_string()))?;
        lane::set_state(connection, POSTED, &text)?;
        for mut webhook in webhooks::all(connection)? {
            if webhook.disabled.is_some() || self.posted.contains(&webhook.url) {
                continue;
            }
            webhook.disabled = Some((now, ELSEWHERE.into()));
            webhooks::update(connection, &webhook)?;
            let Webhook { id, url, .. } = webhook;
            remarks.push(format!(
                "Webhook {id} to {url} is disabled: {ELSEWHERE}. Enable it if this installation is the one that should."
            ));
        }
        webhooks::give_up(connection, NOT_TOLD, now)
    }

    /// Nobody is signed in, and nobody gets back what was taken from them here.
    fn close_doors(&self, connection: &mut Connection, now: i64, remarks: &mut Vec<String>) -> Result<(), Error> {
        access::forget_sessions(connection)?;
        for key in access::keys(connection)?.into_iter().filter(|key| key.revoked_at.is_none()) {
            if self.keys.iter().any(|own| own.hash == key.hash && own.revoked_at.is_some()) {
                access::revoke_key(connection, key.id, now)?;
                remarks.push(format!("The key `{}` stays revoked.", key.name));
            }
        }
        for user in access::users(connection)?.into_iter().filter(|user| user.disabled_at.is_none()) {
            if self.users.iter().any(|own| own.email == user.email && own.disabled_at.is_some()) {
                remarks.push(format!("The user {} stays disabled.", user.email));
                access::update_user(connection, &User { disabled_at: Some(now), ..user })?;
            }
        }
        Ok(())
    }

    /// The files of an import are not in an archive. Returns the imports that were here before.
    fn end_imports(
        &self,
        connection: &mut Connection,
        now: i64,
        remarks: &mut Vec<String>,
    ) -> Result<Vec<ImportId>, Error> {
        for import in imports::in_state(
            connection,
            &[ImportState::Uploading, ImportState::Waiting, ImportState::Reading, ImportState::Storing],
        )? {
            let (id, state) = (import.id, import.state);
            remarks.push(format!("Import {id} has failed: {BROKEN_OFF}."));
            let failed = Import { finished_at: Some(now), why: Some(BROKEN_OFF.into()), ..import };
            imports::save(connection, &failed)?;
            imports::turn(connection, id, state, ImportState::Failed)?;
        }
        let there = imports::latest(connection, ImportId::MAX, i64::MAX)?;
        let is_own =
            |import: &&Import| self.imports.iter().any(|own| (own.id, own.made_at) == (import.id, import.made_at));
        Ok(there.iter().filter(is_own).map(|import| import.id).collect())
    }
}

impl After {
    /// Removes the files of imports that are gone: another import has their number, or will have it.
    pub fn tidy(&self, data: &Path) {
        forget_strangers(data, &self.known);
    }
}
