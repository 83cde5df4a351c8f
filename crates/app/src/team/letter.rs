//! A mail to a member of the team, before it is sent.

use attractor_engine::misread::said_of;
use attractor_engine::time::Instant;
use attractor_mail::message::{Mailbox, MessageId};
pub use attractor_store::letters::LetterKind;
use attractor_store::letters::{self, Letter, LetterState};
use attractor_store::{Connection, Error, Kind, LeadId, LetterNumber};
use serde::{Deserialize, Serialize};

/// Those that wait while sending is paused. What is about the installation itself must not.
pub(super) const WAITING: [LetterKind; 4] =
    [LetterKind::Alert, LetterKind::Reply, LetterKind::Escalation, LetterKind::CallList];

/// In a text, where the link is that only the reader may know.
pub(super) const LINK: &str = "{link}";

/// What a letter says, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub subject: String,
    /// With [`LINK`] where a secret link is.
    pub text: String,
    /// To whom an answer goes; nobody's where it is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
}

impl Content {
    /// What is stored, to be shown; a text that cannot be read is shown as it is.
    pub fn read(stored: &str) -> Content {
        let unread = |_| Content { text: stored.to_owned(), ..Content::default() };
        serde_json::from_str(stored).unwrap_or_else(unread)
    }
}

/// A letter to be sent.
#[derive(Clone, Debug)]
pub struct NewLetter {
    pub kind: LetterKind,
    pub to: String,
    pub content: Content,
    /// The sealed link.
    pub sealed: Option<Vec<u8>>,
    pub lead: Option<LeadId>,
}

/// Asks for letters. One to a text that is not an address has failed at once.
pub fn ask(connection: &mut Connection, new: Vec<NewLetter>, now: Instant) -> Result<(), Error> {
    for one in new {
        match Mailbox::parse(&one.to) {
            Ok(_) => letters::insert(connection, &letter(one, now)?)?,
            Err(why) => note_failed(connection, one, &why.to_string(), now)?,
        }
    }
    Ok(())
}

/// As many of the latest letters are recognised by their `Message-ID`.
const RECOGNISED: i64 = 500;

/// What the `Message-ID` of a letter is made from.
pub(super) fn id_source(number: LetterNumber, made_at: i64) -> String {
    format!("letter/{number}/{made_at}")
}

/// The latest letters, as they are recognised by the ids of their mails.
pub struct LatestLetters<'i> {
    sources: Vec<String>,
    installation: &'i str,
}

impl<'i> LatestLetters<'i> {
    /// `installation` is the id of this installation's secrets, by which letters are sent.
    pub fn read(connection: &mut Connection, installation: &'i str) -> Result<LatestLetters<'i>, Error> {
        let latest = letters::latest_numbers(connection, RECOGNISED)?.into_iter();
        Ok(LatestLetters {
            sources: latest.map(|(number, made_at)| id_source(number, made_at)).collect(),
            installation,
        })
    }

    /// Whether one of these ids of mails, without brackets, is that of one of them.
    pub fn have_one<'m>(&self, mut ids: impl Iterator<Item = &'m str>) -> bool {
        ids.any(|id| self.sources.iter().any(|source| MessageId::is_of_copy(id, self.installation, source)))
    }
}

/// Notes a letter that cannot be sent, so that people see it among the others.
pub(super) fn note_failed(connection: &mut Connection, one: NewLetter, why: &str, now: Instant) -> Result<(), Error> {
    tracing::error!(kind = one.kind.name(), why, "a mail to the team cannot be sent");
    let (state, reason, ended_at) = (LetterState::Failed, Some(why.to_owned()), Some(now.0));
    let failed = Letter { state, reason, ended_at, due: None, sealed: None, ..letter(one, now)? };
    letters::insert(connection, &failed)
}

/// A letter that waits.
fn letter(one: NewLetter, now: Instant) -> Result<Letter, Error> {
    let content = serde_json::to_string(&one.content).map_err(|why| Error::new(Kind::Other, said_of(&why)))?;
    Ok(Letter {
        number: LetterNumber::default(),
        kind: one.kind.name().to_owned(),
        recipient: one.to,
        content,
        sealed: one.sealed,
        made_at: now.0,
        state: LetterState::Waiting,
        reason: None,
        due: Some(now.0),
        tries: 0,
        ended_at: None,
        lead: one.lead,
    })
}

/// The same text to several people.
pub(super) fn to_all(kind: LetterKind, people: &[String], content: &Content, lead: Option<LeadId>) -> Vec<NewLetter> {
    let to = |to: &String| NewLetter { kind, to: to.clone(), content: content.clone(), sealed: None, lead };
    people.iter().map(to).collect()
}
