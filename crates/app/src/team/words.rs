//! The words of mails to the team, in every language that they are written in: that of the playbook, else English.

use attractor_store::moves::MoveKind;
use attractor_store::{Connection, Error};

use super::alerted::AlertedLead;
use super::by_hand::{ByHand, HandAct};
use super::calls::{self, CallNote};
use super::letter::{Content, LINK};
use crate::actor;
use crate::moves::MoveItem;
use crate::playbook::present;
use crate::preferences::words::Language;

/// A language of these mails. They are fewer than those of the pages: only colleagues read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TeamLanguage {
    English,
    German,
}

impl TeamLanguage {
    fn of_tag(tag: &str) -> TeamLanguage {
        match Language::of_tag(tag) {
            Some(Language::German) => TeamLanguage::German,
            _ => TeamLanguage::English,
        }
    }
}

/// The language of the team.
pub(super) fn language(connection: &mut Connection) -> Result<TeamLanguage, Error> {
    let playbook = present(connection)?.playbook().ok();
    Ok(playbook.map_or(TeamLanguage::English, |playbook| TeamLanguage::of_tag(playbook.language())))
}

/// What a notice is about. Names and addresses are of users and keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The reader's own password.
    PasswordChanged,
    KeyAdded {
        name: String,
        by: String,
    },
    KeyRevoked {
        name: String,
        by: String,
    },
    UserAdded {
        email: String,
        role: String,
        by: String,
    },
    UserChanged {
        email: String,
        role: String,
        is_disabled: bool,
        by: String,
    },
    /// What takes e-mails now, and who set it over the API; nobody, where the settings were changed.
    TransportChanged {
        transport: String,
        by: Option<String>,
    },
    /// E-mails go the same way, with another user or password.
    LoginChanged {
        transport: String,
        by: Option<String>,
    },
    SendingStopped {
        why: String,
    },
}

impl News {
    pub(super) fn content(&self, language: TeamLanguage) -> Content {
        let (subject, text) = match language {
            TeamLanguage::English => self.english(),
            TeamLanguage::German => self.german(),
        };
        Content { subject, text, reply_to: None }
    }

    fn english(&self) -> (String, String) {
        let unexpected = "If you did not expect this, tell an owner of your Attractor installation.";
        let (subject, text) = match self {
            News::PasswordChanged => (
                "Your password was changed".to_owned(),
                "The password of your account was changed, and your other sessions have ended.".to_owned(),
            ),
            News::KeyAdded { name, by } => {
                (format!("A new key: {name}"), format!("The key \"{name}\" was made {}.", by_english(by)))
            }
            News::KeyRevoked { name, by } => (
                format!("A key was revoked: {name}"),
                format!("The key \"{name}\" was revoked {}. What still uses it is refused.", by_english(by)),
            ),
            News::UserAdded { email, role, by } => (
                format!("A new user: {email}"),
                format!("{email} was made a user with the role {role}, {}.", by_english(by)),
            ),
            News::UserChanged { email, role, is_disabled, by } => {
                let now = if *is_disabled { "is disabled".to_owned() } else { format!("has the role {role}") };
                (
                    format!("A user was changed: {email}"),
                    format!("{email} was changed {}, and now {now}.", by_english(by)),
                )
            }
            News::TransportChanged { transport, by } => {
                let what = match by {
                    Some(by) => format!("The mail server was changed over the API, {}", by_english(by)),
                    None => "The settings were changed".to_owned(),
                };
                ("The mail server was changed".to_owned(), format!("{what}. E-mails now go {transport}."))
            }
            News::LoginChanged { transport, by } => {
                let by = by.as_ref().map(|by| format!(" over the API, {}", by_english(by))).unwrap_or_default();
                let what = format!("The user or the password for the mail server was changed{by}.");
                ("E-mails leave with another login".to_owned(), format!("{what} E-mails go {transport}."))
            }
            News::SendingStopped { why } => return ("Sending has stopped".to_owned(), format!("{why}\n")),
        };
        (subject, format!("{text}\n\n{unexpected}\n"))
    }

    fn german(&self) -> (String, String) {
        let unexpected =
            "Wenn Sie das nicht erwartet haben, sagen Sie es jemandem, dem Ihre Attractor-Installation gehört.";
        let (subject, text) = match self {
            News::PasswordChanged => (
                "Ihr Passwort wurde geändert".to_owned(),
                "Das Passwort Ihres Kontos wurde geändert, und Ihre anderen Sitzungen sind beendet.".to_owned(),
            ),
            News::KeyAdded { name, by } => (
                format!("Ein neuer Schlüssel: {name}"),
                format!("Der Schlüssel „{name}“ wurde {} angelegt.", by_german(by)),
            ),
            News::KeyRevoked { name, by } => (
                format!("Ein Schlüssel wurde widerrufen: {name}"),
                format!(
                    "Der Schlüssel „{name}“ wurde {} widerrufen. Was ihn noch verwendet, wird abgewiesen.",
                    by_german(by)
                ),
            ),
            News::UserAdded { email, role, by } => (
                format!("Ein neuer Benutzer: {email}"),
                format!("{email} wurde {} als Benutzer angelegt, mit der Rolle {role}.", by_german(by)),
            ),
            News::UserChanged { email, role, is_disabled, by } => {
                let now = if *is_disabled { "ist gesperrt".to_owned() } else { format!("hat die Rolle {role}") };
                (
                    format!("Ein Benutzer wurde geändert: {email}"),
                    format!("{email} wurde {} geändert: das Konto {now}.", by_german(by)),
                )
            }
            News::TransportChanged { transport, by } => {
                let what = match by {
                    Some(by) => format!("Der Mailserver wurde {} über die API geändert", by_german(by)),
                    None => "Die Einstellungen wurden geändert".to_owned(),
                };
                (
                    "Der Mailserver wurde geändert".to_owned(),
                    format!("{what}. Der Weg der E-Mails ist jetzt: {transport}."),
                )
            }
            News::LoginChanged { transport, by } => {
                let by = by.as_ref().map_or("in den Einstellungen".to_owned(), |by| by_german(by) + " über die API");
                (
                    "E-Mails gehen mit einer anderen Anmeldung hinaus".to_owned(),
                    format!(
                        "Der Benutzer oder das Passwort für den Mailserver wurde {by} geändert. Der Weg der E-Mails ist: \
                         {transport}."
                    ),
                )
            }
            News::SendingStopped { why } => {
                return (
                    "Der Versand wurde angehalten".to_owned(),
                    format!("Es verlässt keine E-Mail mehr den Server:\n\n{why}\n"),
                );
            }
        };
        (subject, format!("{text}\n\n{unexpected}\n"))
    }
}

/// By whom something was done; a command has no name that tells a reader anything.
fn by_english(by: &str) -> String {
    if actor::is_command_line(by) { "on the server's command line".to_owned() } else { format!("by {by}") }
}

fn by_german(by: &str) -> String {
    if actor::is_command_line(by) { "auf der Kommandozeile des Servers".to_owned() } else { format!("von {by}") }
}

/// To somebody whose account was tried too often.
pub(super) fn lockout(language: TeamLanguage) -> Content {
    let (subject, text) = match language {
        TeamLanguage::English => (
            "Too many tries to sign in",
            "Somebody has tried to sign in to your account too often with a wrong password. Nobody can sign in to it from \
             there for a quarter of an hour. If it was not you, nothing has to be done; choose a new password if it is \
             an old or a short one.\n",
        ),
        TeamLanguage::German => (
            "Zu viele Anmeldeversuche",
            "Jemand hat zu oft versucht, sich mit einem falschen Passwort bei Ihrem Konto anzumelden. Von dort aus kann \
             sich eine Viertelstunde lang niemand anmelden. Wenn Sie es nicht waren, ist nichts zu tun; wählen Sie ein neues \
             Passwort, wenn es alt oder kurz ist.\n",
        ),
    };
    Content { subject: subject.to_owned(), text: text.to_owned(), reply_to: None }
}

/// With the link by which a new user sets a password.
pub(super) fn invitation(language: TeamLanguage, by: &str) -> Content {
    let (subject, text) = match language {
        TeamLanguage::English => (
            "You can now sign in to Attractor",
            format!(
                "You were made a user of Attractor, {}. Set your password here, within seven days:\n\n{LINK}\n\nThe link works once.\n",
                by_english(by)
            ),
        ),
        TeamLanguage::German => (
            "Sie können sich jetzt bei Attractor anmelden",
            format!(
                "Sie wurden {} als Benutzer von Attractor angelegt. Wählen Sie hier innerhalb von sieben Tagen Ihr Passwort:\n\n{LINK}\n\nDer Link funktioniert einmal.\n",
                by_german(by)
            ),
        ),
    };
    Content { subject: subject.to_owned(), text, reply_to: None }
}

/// With the link by which somebody sets a new password.
pub(super) fn password_link(language: TeamLanguage) -> Content {
    let (subject, text) = match language {
        TeamLanguage::English => (
            "Set a new password",
            format!(
                "Somebody has asked for a new password of your account. Set it here, within two hours:\n\n{LINK}\n\nThe link works once. If it was not you, ignore this e-mail: your password stays as it is.\n"
            ),
        ),
        TeamLanguage::German => (
            "Ein neues Passwort wählen",
            format!(
                "Jemand hat um ein neues Passwort für Ihr Konto gebeten. Wählen Sie es hier innerhalb von zwei Stunden:\n\n{LINK}\n\nDer Link funktioniert einmal. Wenn Sie es nicht waren, beachten Sie diese E-Mail nicht: Ihr Passwort bleibt, wie es ist.\n"
            ),
        ),
    };
    Content { subject: subject.to_owned(), text, reply_to: None }
}

/// About a lead: what the sequence says, who it is and what it did last. The subject begins with its name, so that alerts can
/// be told apart in a list.
pub(super) fn alert(language: TeamLanguage, say: &str, lead: &AlertedLead, call: Option<&CallNote>) -> Content {
    let (who, phone, last) = match language {
        TeamLanguage::English => ("The lead", "Phone", "What changed last"),
        TeamLanguage::German => ("Der Lead", "Telefon", "Was sich zuletzt änderte"),
    };
    let by_hand = lead.by_hand.as_ref().map(|by_hand| format!(" ({})", done_by_hand(language, by_hand)));
    let mut text = format!("{say}{}\n\n{who}: {}\n", by_hand.unwrap_or_default(), lead.heading);
    if let Some(number) = &lead.phone {
        text.push_str(&format!("{phone}: {number}\n"));
    }
    text.push_str(&call.map(|call| calls::line(language, call)).unwrap_or_default());
    let moves: Vec<String> = lead.moves.iter().map(|noted| moved(language, noted)).collect();
    if !moves.is_empty() {
        text.push_str(&format!("\n{last}:\n{}\n", moves.join("\n")));
    }
    Content { subject: format!("{}: {say}", lead.name), text, reply_to: None }
}

/// What somebody did by hand that the alert follows from.
fn done_by_hand(language: TeamLanguage, ByHand { act, who }: &ByHand) -> String {
    match (language, act) {
        (TeamLanguage::English, HandAct::Pinned { segment }) => format!("pinned to “{segment}” by {who}"),
        (TeamLanguage::English, HandAct::StageSet { stage }) => format!("set to the stage “{stage}” by {who}"),
        (TeamLanguage::English, HandAct::Enrolled) => format!("enrolled by hand, by {who}"),
        (TeamLanguage::German, HandAct::Pinned { segment }) => format!("von {who} in „{segment}“ festgehalten"),
        (TeamLanguage::German, HandAct::StageSet { stage }) => format!("von {who} auf die Stufe „{stage}“ gesetzt"),
        (TeamLanguage::German, HandAct::Enrolled) => format!("von {who} von Hand aufgenommen"),
    }
}

/// A move of a lead, with its day.
fn moved(language: TeamLanguage, noted: &MoveItem) -> String {
    let (day, subject, to) = (noted.at.get(..10).unwrap_or(&noted.at), &noted.subject_name, &noted.to_name);
    let is = |kind: MoveKind| noted.kind == kind.name();
    let what = match language {
        TeamLanguage::English if is(MoveKind::Segment) => format!("entered “{subject}”"),
        TeamLanguage::German if is(MoveKind::Segment) => format!("kam in „{subject}“"),
        TeamLanguage::English if is(MoveKind::Interest) => format!("is interested most in {to}"),
        TeamLanguage::German if is(MoveKind::Interest) => format!("interessiert sich am meisten für {to}"),
        _ => match &noted.from_name {
            Some(from) => format!("{subject}: {from} → {to}"),
            None => format!("{subject}: {to}"),
        },
    };
    format!("- {day}  {what}")
}

/// With the words of somebody who replied.
pub(super) fn reply(language: TeamLanguage, reply: &super::replies::Reply, email: &str) -> Content {
    let super::replies::Reply { from, subject, words, .. } = reply;
    let (subject, text) = match language {
        TeamLanguage::English => (
            format!("Reply from {from}: {subject}"),
            format!(
                "{from} has replied to the e-mail \"{email}\". Your answer goes to this person directly. Attachments are not forwarded.\n\n{words}\n"
            ),
        ),
        TeamLanguage::German => (
            format!("Antwort von {from}: {subject}"),
            format!(
                "{from} hat auf die E-Mail „{email}“ geantwortet. Ihre Antwort geht direkt an diese Person. Anhänge werden nicht weitergeleitet.\n\n{words}\n"
            ),
        ),
    };
    Content { subject, text, reply_to: Some(from.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_notice_is_written_in_each_language() {
        let (email, role, by) = ("ada@acme.test".to_owned(), "sales".to_owned(), "user:1".to_owned());
        let all = [
            News::PasswordChanged,
            News::KeyAdded { name: "site".into(), by: by.clone() },
            News::KeyRevoked { name: "site".into(), by: by.clone() },
            News::UserAdded { email: email.clone(), role: role.clone(), by: by.clone() },
            News::UserChanged { email: email.clone(), role: role.clone(), is_disabled: true, by: by.clone() },
            News::UserChanged { email, role, is_disabled: false, by },
            News::TransportChanged { transport: "to the mail server x:25".into(), by: None },
            News::LoginChanged { transport: "to the mail server x:25".into(), by: Some("Ada".into()) },
            News::SendingStopped { why: "Sending stopped: 5 of 200".into() },
        ];
        let mut subjects = Vec::new();
        for news in &all {
            let [english, german] =
                [TeamLanguage::English, TeamLanguage::German].map(|language| news.content(language));
            assert!(english != german && english.text.ends_with('\n') && german.text.ends_with('\n'), "{english:?}");
            subjects.push(english.subject);
        }
        subjects.dedup();
        assert_eq!(subjects.len(), all.len() - 1, "two are about a changed user");
    }

    #[test]
    fn a_command_is_said_to_be_one_and_a_change_over_the_api_names_who_made_it() {
        let said = |news: &News, language| news.content(language).text;
        let key = News::KeyAdded { name: "site".into(), by: "command line (uid 0)".into() };
        assert!(said(&key, TeamLanguage::English).contains("was made on the server's command line."));
        assert!(said(&key, TeamLanguage::German).contains("wurde auf der Kommandozeile des Servers angelegt."));
        let named = News::KeyAdded { name: "site".into(), by: "Ada".into() };
        assert!(said(&named, TeamLanguage::English).contains("was made by Ada."));
        let invited = invitation(TeamLanguage::English, "command line (uid 0)").text;
        assert!(invited.starts_with("You were made a user of Attractor, on the server's command line. "), "{invited}");
        let set = News::TransportChanged { transport: "to x".into(), by: Some("Ada".into()) };
        assert!(said(&set, TeamLanguage::English).contains("changed over the API, by Ada. E-mails now go to x."));
    }

    #[test]
    fn a_language_that_the_mails_lack_is_english() {
        for (tag, expected) in [
            ("de", TeamLanguage::German),
            ("DE_at", TeamLanguage::German),
            ("en-GB", TeamLanguage::English),
            ("fr", TeamLanguage::English),
            ("", TeamLanguage::English),
        ] {
            assert_eq!(TeamLanguage::of_tag(tag), expected, "{tag}");
        }
    }

    #[test]
    fn links_are_not_part_of_what_is_stored() {
        for language in [TeamLanguage::English, TeamLanguage::German] {
            for content in [invitation(language, "user:1"), password_link(language)] {
                assert!(
                    content.text.contains(&format!("\n{LINK}\n")) && !content.subject.contains(LINK),
                    "{content:?}"
                );
            }
        }
    }
}
