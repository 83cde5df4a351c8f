//! Mails about calls: one that nobody has taken in time, the list when a working day begins, one that was handed over.

use attractor_engine::time::Instant;
use attractor_store::{Connection, Error, LeadId};

use super::letter::{Content, LetterKind, ask, to_all};
use super::lists;
use super::recipients::with_role;
use super::words::{TeamLanguage, language};
use crate::actor::Role;

/// The list of the setting `alert_lists` that gets calls which nobody has taken in time, beside the owners of the
/// installation.
const ESCALATION: &str = "escalation";

/// A call as mails show it.
pub(crate) struct CallNote {
    /// Name, job title, company and address, as far as they are known.
    pub heading: String,
    pub phone: Option<String>,
    /// Why, the first reason first.
    pub reasons: Vec<String>,
    pub owner: Option<String>,
    /// As clocks show it where sales works.
    pub due: String,
    pub is_late: bool,
    /// To the lead. It shows, and changes nothing.
    pub link: String,
}

/// Mails to the owners of the installation, and to the list for it, that nobody has taken a call.
pub(crate) fn escalate(
    connection: &mut Connection,
    (lead, note): (LeadId, &CallNote),
    lists: &[String],
    now: Instant,
) -> Result<(), Error> {
    let mut people = with_role(connection, Role::Owner)?;
    let named = |list: &lists::AlertList| list.name.eq_ignore_ascii_case(ESCALATION);
    // The settings were checked when they were read.
    let all = lists::parse(lists).unwrap_or_default().into_iter().filter(named);
    people.extend(all.flat_map(|list| list.addresses));
    people.sort();
    people.dedup();
    let content = escalation(language(connection)?, note);
    ask(connection, to_all(LetterKind::Escalation, &people, &content, Some(lead)), now)
}

/// Mails somebody the calls that are to be made, the first one first.
pub(crate) fn list(connection: &mut Connection, to: &str, notes: &[CallNote], now: Instant) -> Result<(), Error> {
    let content = listed(language(connection)?, notes);
    ask(connection, to_all(LetterKind::CallList, &[to.to_owned()], &content, None), now)
}

/// Mails somebody a call that is theirs now.
pub(crate) fn hand_over(
    connection: &mut Connection,
    (lead, note): (LeadId, &CallNote),
    (to, by): (&str, &str),
    now: Instant,
) -> Result<(), Error> {
    let content = handed_over(language(connection)?, note, by);
    ask(connection, to_all(LetterKind::Alert, &[to.to_owned()], &content, Some(lead)), now)
}

impl CallNote {
    fn text(&self, language: TeamLanguage) -> String {
        let (phone, by) = match language {
            TeamLanguage::English => ("Phone", "Call"),
            TeamLanguage::German => ("Telefon", "Anruf"),
        };
        let mut text = format!("{}\n", self.heading);
        self.reasons.iter().for_each(|reason| text.push_str(&format!("{reason}\n")));
        if let Some(number) = &self.phone {
            text.push_str(&format!("{phone}: {number}\n"));
        }
        text + &format!("{by}: {}\n{}\n", self.when(language), self.link)
    }

    /// Until when it is to be made.
    fn when(&self, language: TeamLanguage) -> String {
        let word = match (language, self.is_late) {
            (TeamLanguage::English, false) => "by",
            (TeamLanguage::English, true) => "late, it was due",
            (TeamLanguage::German, false) => "bis",
            (TeamLanguage::German, true) => "überfällig seit",
        };
        format!("{word} {}", self.due)
    }
}

/// Whose a call is and until when, for the mail of an alert.
pub(crate) fn line(language: TeamLanguage, note: &CallNote) -> String {
    let (call, nobody) = match language {
        TeamLanguage::English => ("Call", "nobody has this call"),
        TeamLanguage::German => ("Anruf", "niemand hat diesen Anruf"),
    };
    let owner = note.owner.as_deref().unwrap_or(nobody);
    format!("{call}: {owner}, {}\n{}\n", note.when(language), note.link)
}

fn escalation(language: TeamLanguage, note: &CallNote) -> Content {
    let owner = note.owner.as_deref();
    let (subject, text) = match language {
        TeamLanguage::English => (
            format!("Not called in time: {}", note.heading),
            match owner {
                Some(owner) => format!("{owner} has this call and has not taken it in time.\n\n"),
                None => "Nobody has this call. Give it to somebody.\n\n".to_owned(),
            },
        ),
        TeamLanguage::German => (
            format!("Nicht rechtzeitig angerufen: {}", note.heading),
            match owner {
                Some(owner) => format!("{owner} hat diesen Anruf und ihn nicht rechtzeitig übernommen.\n\n"),
                None => "Niemand hat diesen Anruf. Geben Sie ihn jemandem.\n\n".to_owned(),
            },
        ),
    };
    Content { subject, text: text + &note.text(language), reply_to: None }
}

fn listed(language: TeamLanguage, notes: &[CallNote]) -> Content {
    let late = notes.iter().filter(|note| note.is_late).count();
    let (subject, first) = match language {
        TeamLanguage::English => (
            match (notes.len(), late) {
                (1, 0) => "1 call today".to_owned(),
                (1, _) => "1 call today, which is late".to_owned(),
                (all, 0) => format!("{all} calls today"),
                (all, late) => format!("{all} calls today, {late} late"),
            },
            "Your calls, the most urgent one first.",
        ),
        TeamLanguage::German => (
            match (notes.len(), late) {
                (1, 0) => "1 Anruf heute".to_owned(),
                (1, _) => "1 Anruf heute, überfällig".to_owned(),
                (all, 0) => format!("{all} Anrufe heute"),
                (all, late) => format!("{all} Anrufe heute, {late} davon überfällig"),
            },
            "Ihre Anrufe, der dringendste zuerst.",
        ),
    };
    let all: Vec<String> = (1..).zip(notes).map(|(place, note)| format!("{place}. {}", note.text(language))).collect();
    Content { subject, text: format!("{first}\n\n{}", all.join("\n")), reply_to: None }
}

fn handed_over(language: TeamLanguage, note: &CallNote, by: &str) -> Content {
    let (subject, text) = match language {
        TeamLanguage::English => {
            (format!("A call for you: {}", note.heading), format!("{by} has given you this call.\n\n"))
        }
        TeamLanguage::German => {
            (format!("Ein Anruf für Sie: {}", note.heading), format!("{by} hat Ihnen diesen Anruf gegeben.\n\n"))
        }
    };
    Content { subject, text: text + &note.text(language), reply_to: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(is_late: bool) -> CallNote {
        CallNote {
            heading: "Karin Price, Managing Director at Weller Bearings".to_owned(),
            phone: Some("+49 30 1234".to_owned()),
            reasons: vec!["Saw the prices on three days".to_owned(), "Read the comparison".to_owned()],
            owner: Some("ada@acme.test".to_owned()),
            due: "2026-03-11 13:00 (Europe/Berlin)".to_owned(),
            is_late,
            link: "https://leads.acme.test/api/leads/id:256".to_owned(),
        }
    }

    #[test]
    fn a_list_is_ranked_and_counts_what_is_late() {
        let content = listed(TeamLanguage::English, &[note(true), note(false)]);
        assert_eq!(content.subject, "2 calls today, 1 late");
        let expected = "Your calls, the most urgent one first.\n\n\
            1. Karin Price, Managing Director at Weller Bearings\nSaw the prices on three days\nRead the comparison\n\
            Phone: +49 30 1234\nCall: late, it was due 2026-03-11 13:00 (Europe/Berlin)\n\
            https://leads.acme.test/api/leads/id:256\n\n\
            2. Karin Price, Managing Director at Weller Bearings\n";
        assert!(content.text.starts_with(expected), "{}", content.text);
        for (notes, subject) in [
            (vec![note(false)], "1 Anruf heute"),
            (vec![note(true)], "1 Anruf heute, überfällig"),
            (vec![note(true), note(false)], "2 Anrufe heute, 1 davon überfällig"),
        ] {
            assert_eq!(listed(TeamLanguage::German, &notes).subject, subject);
        }
    }

    #[test]
    fn each_mail_is_written_in_each_language_and_links_to_the_lead() {
        let of_nobody = || CallNote { owner: None, ..note(true) };
        let english = [
            escalation(TeamLanguage::English, &note(true)),
            escalation(TeamLanguage::English, &of_nobody()),
            handed_over(TeamLanguage::English, &note(false), "Bob"),
        ];
        let german = [
            escalation(TeamLanguage::German, &note(true)),
            escalation(TeamLanguage::German, &of_nobody()),
            handed_over(TeamLanguage::German, &note(false), "Bob"),
        ];
        for (one, other) in english.iter().zip(&german) {
            assert!(one.subject != other.subject && one.text != other.text, "{one:?}");
            assert!(one.text.ends_with("/api/leads/id:256\n") && other.text.ends_with("/api/leads/id:256\n"));
        }
        assert!(english[1].text.starts_with("Nobody has this call."));
        assert!(line(TeamLanguage::English, &of_nobody()).starts_with("Call: nobody has this call, late"));
    }
}
