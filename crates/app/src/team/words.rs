//! The words of mails to the team, in every language that they are written in: that of the playbook, else English.

use attractor_store::moves::MoveKind;
use attractor_store::{Connection, Error};

use super::alerted::AlertedLead;
use super::by_hand::{ByHand, HandAct};
use super::calls::{self, CallNote};
use super::doer::Doer;
use super::letter::{Content, LINK};
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
pub(super) fn invitation(language: TeamLanguage, by: &Doer) -> Content {
    let by = by.words(language);
    let (subject, text) = match language {
        TeamLanguage::English => (
            "You can now sign in to Attractor",
            format!(
                "You were made a user of Attractor, {by}. Set your password here, within seven days:\n\n{LINK}\n\nThe link works once.\n"
            ),
        ),
        TeamLanguage::German => (
            "Sie können sich jetzt bei Attractor anmelden",
            format!(
                "Sie wurden {by} als Benutzer von Attractor angelegt. Wählen Sie hier innerhalb von sieben Tagen Ihr Passwort:\n\n{LINK}\n\nDer Link funktioniert einmal.\n"
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
fn done_by_hand(language: TeamLanguage, ByHand { act, who, .. }: &ByHand) -> String {
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
    fn an_invitation_says_who_sent_it() {
        for (by, words) in [
            (Doer::CommandLine, "on the server's command line"),
            (Doer::User("Ada".into()), "by Ada"),
            (Doer::Key("me".into()), "with the API key “me”"),
        ] {
            let text = invitation(TeamLanguage::English, &by).text;
            assert!(text.starts_with(&format!("You were made a user of Attractor, {words}. ")), "{text}");
        }
    }

    #[test]
    fn links_are_not_part_of_what_is_stored() {
        for language in [TeamLanguage::English, TeamLanguage::German] {
            for content in [invitation(language, &Doer::CommandLine), password_link(language)] {
                assert!(
                    content.text.contains(&format!("\n{LINK}\n")) && !content.subject.contains(LINK),
                    "{content:?}"
                );
            }
        }
    }
}
