//! Notices about accounts and the installation, in words.

use super::doer::Doer;
use super::letter::Content;
use super::words::TeamLanguage;
use crate::shell::in_shell;

/// What a notice is about. Names and addresses are of users and keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The reader's own password.
    PasswordChanged,
    KeyAdded {
        name: String,
        /// `public`, `server` or `api`.
        kind: String,
        /// What an API key may do.
        role: Option<String>,
        by: Doer,
    },
    KeyRevoked {
        name: String,
        by: Doer,
    },
    UserAdded {
        email: String,
        role: String,
        by: Doer,
    },
    UserChanged {
        email: String,
        role: String,
        is_disabled: bool,
        by: Doer,
    },
    /// What takes e-mails now and who they come from, and who set it over the API; nobody, where the settings were changed.
    TransportChanged {
        part: TransportPart,
        transport: String,
        by: Option<Doer>,
    },
    /// E-mails go the same way, with another user or password.
    LoginChanged {
        transport: String,
        by: Option<Doer>,
    },
    SendingStopped {
        why: String,
    },
}

/// What has changed of the way of e-mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportPart {
    Server,
    Sender,
    Both,
}

impl News {
    pub(super) fn content(&self, language: TeamLanguage) -> Content {
        let ((subject, text), unexpected) = match language {
            TeamLanguage::English => (self.english(), self.unexpected_in_english()),
            TeamLanguage::German => (self.german(), self.unexpected_in_german()),
        };
        let text = match unexpected {
            Some(unexpected) => format!("{text}\n\n{unexpected}\n"),
            None => format!("{text}\n"),
        };
        Content { subject, text, reply_to: None }
    }

    fn english(&self) -> (String, String) {
        let done = |by: &Doer| by.words(TeamLanguage::English);
        match self {
            News::PasswordChanged => (
                "Your password was changed".to_owned(),
                "The password of your account was changed, and your other sessions have ended.".to_owned(),
            ),
            News::KeyAdded { name, kind, role, by } => (
                format!("A new key: {name}"),
                format!("The {} was made {}.", key_in_english(name, kind, role.as_deref()), done(by)),
            ),
            News::KeyRevoked { name, by } => (
                format!("A key was revoked: {name}"),
                format!("The key \"{name}\" was revoked {}. What still uses it is refused.", done(by)),
            ),
            News::UserAdded { email, role, by } => {
                (format!("A new user: {email}"), format!("{email} was made a user with the role {role}, {}.", done(by)))
            }
            News::UserChanged { email, role, is_disabled, by } => {
                let now = if *is_disabled { "is disabled".to_owned() } else { format!("has the role {role}") };
                (format!("A user was changed: {email}"), format!("{email} was changed {}, and now {now}.", done(by)))
            }
            News::TransportChanged { part, transport, by } => transport_in_english(*part, transport, by.as_ref()),
            News::LoginChanged { transport, by } => {
                let how = set_in_english(by.as_ref());
                let what = format!("The user or the password for the mail server was changed{how}.");
                ("E-mails leave with another login".to_owned(), format!("{what} E-mails go {transport}."))
            }
            News::SendingStopped { why } => ("Sending has stopped".to_owned(), why.clone()),
        }
    }

    fn german(&self) -> (String, String) {
        let done = |by: &Doer| by.words(TeamLanguage::German);
        match self {
            News::PasswordChanged => (
                "Ihr Passwort wurde geändert".to_owned(),
                "Das Passwort Ihres Kontos wurde geändert, und Ihre anderen Sitzungen sind beendet.".to_owned(),
            ),
            News::KeyAdded { name, kind, role, by } => (
                format!("Ein neuer Schlüssel: {name}"),
                format!("Der {} wurde {} angelegt.", key_in_german(name, kind, role.as_deref()), done(by)),
            ),
            News::KeyRevoked { name, by } => (
                format!("Ein Schlüssel wurde widerrufen: {name}"),
                format!(
                    "Der Schlüssel „{name}“ wurde {} widerrufen. Was ihn noch verwendet, wird abgewiesen.",
                    done(by)
                ),
            ),
            News::UserAdded { email, role, by } => (
                format!("Ein neuer Benutzer: {email}"),
                format!("{email} wurde {} als Benutzer angelegt, mit der Rolle {role}.", done(by)),
            ),
            News::UserChanged { email, role, is_disabled, by } => {
                let now = if *is_disabled { "ist gesperrt".to_owned() } else { format!("hat die Rolle {role}") };
                (
                    format!("Ein Benutzer wurde geändert: {email}"),
                    format!("{email} wurde {} geändert: das Konto {now}.", done(by)),
                )
            }
            News::TransportChanged { part, transport, by } => transport_in_german(*part, transport, by.as_ref()),
            News::LoginChanged { transport, by } => {
                let how = set_in_german(by.as_ref());
                let what = format!("Der Benutzer oder das Passwort für den Mailserver wurde {how} geändert.");
                (
                    "E-Mails gehen mit einer anderen Anmeldung hinaus".to_owned(),
                    format!("{what} Der Weg der E-Mails ist: {transport}."),
                )
            }
            News::SendingStopped { why } => (
                "Der Versand wurde angehalten".to_owned(),
                format!("Es verlässt keine E-Mail mehr den Server:\n\n{why}"),
            ),
        }
    }

    /// What to do about something unexpected: all but a changed password is told to owners, who can act themselves.
    fn unexpected_in_english(&self) -> Option<String> {
        let what = match self {
            News::SendingStopped { .. } => return None,
            News::PasswordChanged => "tell an owner of your Attractor installation".to_owned(),
            News::KeyAdded { name, .. } => {
                format!("revoke the key on the server: `attractor key revoke {}`", in_shell(name))
            }
            _ => "see who did what in `GET /api/audit`".to_owned(),
        };
        Some(format!("If you did not expect this, {what}."))
    }

    fn unexpected_in_german(&self) -> Option<String> {
        let what = match self {
            News::SendingStopped { .. } => return None,
            News::PasswordChanged => "sagen Sie es jemandem, dem Ihre Attractor-Installation gehört".to_owned(),
            News::KeyAdded { name, .. } => {
                format!("widerrufen Sie den Schlüssel auf dem Server: `attractor key revoke {}`", in_shell(name))
            }
            _ => "sehen Sie mit `GET /api/audit` nach, wer was getan hat".to_owned(),
        };
        Some(format!("Wenn Sie das nicht erwartet haben, {what}."))
    }
}

fn key_in_english(name: &str, kind: &str, role: Option<&str>) -> String {
    match role {
        Some(role) => format!("API key \"{name}\" with the role {role}"),
        None => format!("{kind} key \"{name}\""),
    }
}

fn key_in_german(name: &str, kind: &str, role: Option<&str>) -> String {
    match role {
        Some(role) => format!("API-Schlüssel „{name}“ mit der Rolle {role}"),
        None if kind == "public" => format!("öffentliche Schlüssel „{name}“"),
        None => format!("Server-Schlüssel „{name}“"),
    }
}

fn transport_in_english(part: TransportPart, transport: &str, by: Option<&Doer>) -> (String, String) {
    let subject = match part {
        TransportPart::Server => "The mail server was changed",
        TransportPart::Sender => "The sender was changed",
        TransportPart::Both => "The mail server and the sender were changed",
    };
    let what = match by {
        Some(_) => format!("{subject}{}", set_in_english(by)),
        None => "The settings were changed".to_owned(),
    };
    (subject.to_owned(), format!("{what}. E-mails now go {transport}."))
}

fn transport_in_german(part: TransportPart, transport: &str, by: Option<&Doer>) -> (String, String) {
    let (what, verb) = match part {
        TransportPart::Server => ("Der Mailserver", "wurde"),
        TransportPart::Sender => ("Der Absender", "wurde"),
        TransportPart::Both => ("Der Mailserver und der Absender", "wurden"),
    };
    let text = match by {
        Some(_) => format!("{what} {verb} {} geändert", set_in_german(by)),
        None => "Die Einstellungen wurden geändert".to_owned(),
    };
    (format!("{what} {verb} geändert"), format!("{text}. Der Weg der E-Mails ist jetzt: {transport}."))
}

/// By whom something was set over the API; of a key that goes without saying.
fn set_in_english(by: Option<&Doer>) -> String {
    let Some(by) = by else { return String::new() };
    let words = by.words(TeamLanguage::English);
    if matches!(by, Doer::Key(_)) { format!(" {words}") } else { format!(" over the API, {words}") }
}

fn set_in_german(by: Option<&Doer>) -> String {
    let Some(by) = by else { return "in den Einstellungen".to_owned() };
    let words = by.words(TeamLanguage::German);
    if matches!(by, Doer::Key(_)) { words } else { format!("{words} über die API") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, by: Doer) -> News {
        News::KeyAdded { name: name.into(), kind: "api".into(), role: Some("owner".into()), by }
    }

    fn transport(part: TransportPart, by: Option<Doer>) -> News {
        News::TransportChanged { part, transport: "to x".into(), by }
    }

    #[test]
    fn each_notice_is_written_in_each_language() {
        let (email, role, by) = ("ada@acme.test".to_owned(), "sales".to_owned(), Doer::User("Ada".into()));
        let all = [
            News::PasswordChanged,
            key("site", by.clone()),
            News::KeyRevoked { name: "site".into(), by: by.clone() },
            News::UserAdded { email: email.clone(), role: role.clone(), by: by.clone() },
            News::UserChanged { email: email.clone(), role: role.clone(), is_disabled: true, by: by.clone() },
            News::UserChanged { email, role, is_disabled: false, by: by.clone() },
            transport(TransportPart::Server, None),
            transport(TransportPart::Sender, None),
            transport(TransportPart::Both, None),
            News::LoginChanged { transport: "to the mail server x:25".into(), by: Some(by) },
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
        let (english, german) = (TeamLanguage::English, TeamLanguage::German);
        let (ada, me) = (Doer::User("Ada".into()), Doer::Key("me".into()));
        let server = TransportPart::Server;
        for (news, language, words) in [
            (key("site", Doer::CommandLine), english, "with the role owner was made on the server's command line."),
            (key("site", Doer::CommandLine), german, "wurde auf der Kommandozeile des Servers angelegt."),
            (key("site", ada.clone()), english, "The API key \"site\" with the role owner was made by Ada."),
            (transport(server, Some(ada.clone())), english, "was changed over the API, by Ada. E-mails now go to x."),
            (transport(server, Some(me.clone())), english, "The mail server was changed with the API key “me”. E-"),
            (transport(server, Some(me)), german, "Der Mailserver wurde mit dem API-Schlüssel „me“ geändert."),
            (transport(server, Some(ada)), german, "Der Mailserver wurde von Ada über die API geändert."),
            (transport(TransportPart::Sender, None), english, "The settings were changed. E-mails now go to x."),
        ] {
            let text = news.content(language).text;
            assert!(text.contains(words), "{text}");
        }
    }

    #[test]
    fn an_owner_is_told_how_to_revoke_a_new_key() {
        for (name, command) in [
            ("me", "`attractor key revoke me`"),
            ("the site", "`attractor key revoke 'the site'`"),
            ("Ada's", r"`attractor key revoke 'Ada'\''s'`"),
        ] {
            let text = key(name, Doer::CommandLine).content(TeamLanguage::English).text;
            let words = format!("If you did not expect this, revoke the key on the server: {command}.\n");
            assert!(text.ends_with(&words), "{text}");
        }
    }
}
