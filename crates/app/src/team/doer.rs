//! Who did something, as mails to the team say it.

use attractor_store::{Connection, Error};

use super::notices::called;
use super::words::TeamLanguage;
use crate::access::keys;
use crate::actor::Actor;

/// Who did something, with the name of the user or the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doer {
    /// A command has no name that tells a reader anything.
    CommandLine,
    User(String),
    Key(String),
}

impl Doer {
    /// Who asks, by the names that the store has.
    pub fn of(connection: &mut Connection, actor: &Actor) -> Result<Doer, Error> {
        if actor.is_command_line() {
            return Ok(Doer::CommandLine);
        }
        let name = called(connection, actor)?;
        Ok(if actor.who.starts_with(keys::WHO) { Doer::Key(name) } else { Doer::User(name) })
    }

    /// Behind what was done: “by Ada”.
    pub(super) fn words(&self, language: TeamLanguage) -> String {
        match (language, self) {
            (TeamLanguage::English, Doer::CommandLine) => "on the server's command line".to_owned(),
            (TeamLanguage::English, Doer::User(name)) => format!("by {name}"),
            (TeamLanguage::English, Doer::Key(name)) => format!("with the API key “{name}”"),
            (TeamLanguage::German, Doer::CommandLine) => "auf der Kommandozeile des Servers".to_owned(),
            (TeamLanguage::German, Doer::User(name)) => format!("von {name}"),
            (TeamLanguage::German, Doer::Key(name)) => format!("mit dem API-Schlüssel „{name}“"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_a_user_and_a_key_are_told_apart() {
        for (doer, english, german) in [
            (Doer::CommandLine, "on the server's command line", "auf der Kommandozeile des Servers"),
            (Doer::User("Ada".into()), "by Ada", "von Ada"),
            (Doer::Key("me".into()), "with the API key “me”", "mit dem API-Schlüssel „me“"),
        ] {
            assert_eq!(doer.words(TeamLanguage::English), english);
            assert_eq!(doer.words(TeamLanguage::German), german);
        }
    }
}
