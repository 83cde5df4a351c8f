//! Whether a lead may be written to, as lists say it: which columns are about that, and what their cells mean. A cell that
//! smells of leaving or of no consent and is not understood holds consent back.

mod headers;
mod questions;
mod refusal;
mod understood;
pub mod words;

use attractor_engine::vocabulary::kind;
use jiff::Timestamp;

pub use headers::{is_of_consent, is_of_contract, key_of, subscription};
pub use questions::{Answer, Question, answer, question};

use crate::cell::yes_or_no;
use crate::dates;
use crate::keys::{ColumnKey, MailStatus};

/// What a column has to do with being written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Nothing by its name; a text in it may say so all the same.
    Anything,
    /// The same in a column of states or activities, where a single word says it.
    States,
    /// A column about agreeing that was mapped to something else: a no and another legal basis than consent grant nothing.
    Basis,
    /// A column that is about something else, as a person said with `now:`: only a plain *unsubscribed* grants nothing.
    Elsewhere,
    /// A question that nobody knows, and whose cells answer it.
    Asked(Question),
    /// A yes means that this is so.
    Against { mail_status: MailStatus, guessed: bool },
    /// A yes means that the lead agreed.
    Agreed,
    /// The same by its name, in which a word is not known: it may turn a yes into a no.
    Unclear,
    /// A word says how the subscription is.
    Status { of_mail: bool },
}

/// What a cell says about being written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    Nothing,
    Agrees,
    Against(MailStatus, Option<Timestamp>),
    /// It may be about leaving, and nobody knows what it means.
    Doubtful,
}

/// What a date in the column is; outside, whether the cell is one.
pub type Dated = Option<Option<Timestamp>>;

impl About {
    /// What the column with this key is about; nothing where its cells cannot be.
    pub fn of(key: &ColumnKey, header: &str, guessed: bool) -> Option<About> {
        match key {
            ColumnKey::Is(mail_status) => Some(About::Against { mail_status: *mail_status, guessed }),
            ColumnKey::Agreed if guessed && !headers::is_understood(header) => Some(About::Unclear),
            ColumnKey::Agreed => Some(About::Agreed),
            ColumnKey::Status => Some(About::Status { of_mail: headers::is_of_mail(header) }),
            ColumnKey::Attribute(_) | ColumnKey::Now(_) | ColumnKey::Property(_)
                if headers::key_of(header) == Some(ColumnKey::Agreed) =>
            {
                Some(About::Basis)
            }
            ColumnKey::Attribute(_) | ColumnKey::Now(_) | ColumnKey::Property(_) | ColumnKey::Origin => {
                Some(if headers::is_of_states(header) { About::States } else { About::Anything })
            }
            ColumnKey::Tags | ColumnKey::Activity => Some(About::States),
            ColumnKey::At(_) | ColumnKey::Created => Some(About::Anything),
            _ => None,
        }
    }

    /// What a column that a person mapped is about by its name: whatever it was mapped to, a no in it stays a no. Only a key that turns the meaning
    /// round, such as `unsubscribed`, reads it otherwise.
    pub fn of_mapped(key: &ColumnKey, header: &str) -> Option<About> {
        let reads_otherwise = matches!(
            key,
            ColumnKey::Is(_) | ColumnKey::Since(_) | ColumnKey::Reason(_) | ColumnKey::Left(_) | ColumnKey::Json
        );
        let basis = (!reads_otherwise && headers::key_of(header) == Some(ColumnKey::Agreed)).then_some(About::Basis);
        basis.or_else(|| matches!(key, ColumnKey::Now(_)).then_some(About::Elsewhere))
    }

    /// What a single value is about by its name, which no known words tell.
    pub fn of_value(name: &str, text: &str, is_date: bool) -> About {
        let asked = question(name).filter(|asked| answer(text, || is_date).is_some() || asked.is_doubtful(text));
        asked.map_or(About::Anything, About::Asked)
    }

    /// Whether every cell of the column is about it.
    pub fn is_plain(self) -> bool {
        !matches!(self, About::Anything | About::States | About::Basis | About::Elsewhere | About::Asked(_))
    }

    /// Reads a cell. `of_export` are the words of the tool that wrote the file.
    pub fn read(self, text: &str, of_export: &[(&str, MailStatus)], dated: Dated) -> Says {
        match self {
            About::Anything => of_any_text(text),
            About::States => of_state(text),
            About::Basis => of_basis(text),
            About::Elsewhere => match of_state(text) {
                Says::Against(..) => Says::Doubtful,
                _ => Says::Nothing,
            },
            About::Asked(question) if question.says_no(text, || is_date(text, dated)) => Says::Doubtful,
            About::Asked(_) => of_state(text),
            About::Against { mail_status, guessed } => against(text, mail_status, guessed, dated),
            About::Agreed => agreed(text, dated),
            About::Unclear => match agreed(text, dated) {
                Says::Agrees => Says::Doubtful,
                said => said,
            },
            About::Status { of_mail } => status(text, of_mail, of_export),
        }
    }
}

/// A column of answers may hold dates in either order.
fn is_date(text: &str, dated: Dated) -> bool {
    dated.is_some() || dates::in_either_order(text).is_some()
}

/// A text or an address of a page that is long enough to say it.
fn of_any_text(text: &str) -> Says {
    let is_page = text.contains("://") || text.starts_with('/') || text.starts_with("www.");
    if text.len() < 4 || text.len() > 2_000 || is_page || text.contains('@') || !has_words(text) {
        return Says::Nothing;
    }
    let folded = words::fold(text);
    let says_so = words::smells_strongly(&folded.replace(' ', "")) || refusal::turns_down(&folded);
    if says_so { Says::Doubtful } else { Says::Nothing }
}

/// A no by a word, by the state of a subscription or by a short text, and another legal basis.
fn of_basis(text: &str) -> Says {
    let letters = words::letters(text);
    let is_no = answer(text, || false) == Some(Answer::No)
        || words::mail_status(&letters).is_some_and(|said| said != MailStatus::Fine)
        || refusal::refuses(text);
    if is_no || words::is_other_basis(&letters) { Says::Doubtful } else { of_any_text(text) }
}

fn of_state(text: &str) -> Says {
    if !has_words(text) {
        return Says::Nothing;
    }
    let letters = words::letters(text);
    let plainly = words::smells_strongly(&letters) || letters.contains("bounce") || letters.contains("spam");
    match words::mail_status(&letters) {
        Some(mail_status @ (MailStatus::Unsubscribed | MailStatus::Bounced | MailStatus::Complained)) if plainly => {
            Says::Against(mail_status, None)
        }
        // Such as `dnc` and `spam`: a state of something else may be called so too.
        Some(MailStatus::Unsubscribed | MailStatus::Complained) => Says::Doubtful,
        _ => of_any_text(text),
    }
}

fn has_words(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).count() > 2
}

/// What is doubtful is not mailed: in a column known for it everything but a no means yes; in one that was guessed by its
/// name, what is neither yes nor no holds consent back.
fn against(text: &str, mail_status: MailStatus, guessed: bool, dated: Dated) -> Says {
    let letters = words::letters(text);
    match (yes_or_no(text), words::mail_status(&letters), dated) {
        (Some(false), ..) => Says::Nothing,
        (Some(true), ..) => Says::Against(mail_status, None),
        (_, Some(MailStatus::Fine), _) => Says::Nothing,
        (_, Some(said), _) => Says::Against(said, None),
        (.., Some(since)) => Says::Against(mail_status, since),
        _ if is_never(text) => Says::Nothing,
        _ if guessed => Says::Doubtful,
        _ => Says::Against(mail_status, None),
    }
}

/// `0000-00-00 00:00:00`, as some databases write a date that there is not.
pub fn is_never(text: &str) -> bool {
    text.starts_with("0000") && text.chars().all(|c| matches!(c, '0' | '-' | ':' | ' ' | '.' | '/' | 'T' | 'Z'))
}

fn agreed(text: &str, dated: Dated) -> Says {
    let letters = words::letters(text);
    match (yes_or_no(text), words::mail_status(&letters)) {
        (Some(true), _) | (_, Some(MailStatus::Fine)) => Says::Agrees,
        (Some(false), _) => Says::Against(MailStatus::Held, None),
        (_, Some(mail_status)) => Says::Against(mail_status, None),
        _ if dated.is_some() || understood::agrees(text) => Says::Agrees,
        _ => Says::Doubtful,
    }
}

fn status(text: &str, of_mail: bool, of_export: &[(&str, MailStatus)]) -> Says {
    let letters = words::letters(text);
    let known = of_export.iter().find(|(word, _)| words::letters(word) == letters).map(|(_, mail_status)| *mail_status);
    match known.or_else(|| words::mail_status(&letters)) {
        Some(MailStatus::Fine) => return Says::Agrees,
        Some(mail_status) => return Says::Against(mail_status, None),
        None => {}
    }
    match yes_or_no(text) {
        Some(true) => Says::Agrees,
        Some(false) => Says::Against(MailStatus::Held, None),
        None if of_mail && understood::agrees(text) => Says::Agrees,
        None if of_mail || !of_export.is_empty() || words::smells(&letters) => Says::Doubtful,
        None => of_any_text(text),
    }
}

/// The reserved kind of an event by which somebody leaves, whatever another tool calls it: `unsubscribe`, `spamreport`.
pub fn event(kind: &str) -> Option<&'static str> {
    let letters = words::letters(kind);
    match words::mail_status(&letters)? {
        MailStatus::Unsubscribed => Some(kind::UNSUBSCRIBED),
        MailStatus::Bounced if letters.contains("bounce") => Some(kind::EMAIL_BOUNCED),
        MailStatus::Complained => Some(kind::EMAIL_MARKED_AS_SPAM),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use MailStatus::{Bounced, Held, Unsubscribed};

    const LEFT: About = About::Against { mail_status: Unsubscribed, guessed: true };
    const KNOWN: About = About::Against { mail_status: Unsubscribed, guessed: false };

    fn asked(is_denied: bool) -> About {
        let question =
            Question { is_denied, asks: true, holds_texts: is_denied, is_clear: true, ..Question::default() };
        About::Asked(question)
    }

    #[test]
    fn what_is_not_understood_holds_back() {
        let plain = About::Status { of_mail: false };
        let held = Says::Against(Held, None);
        let unclear = About::Asked(Question { is_plain: true, ..Question::default() });
        for (about, text, said) in [
            (asked(true), "since spring", Says::Doubtful),
            (asked(false), "said no to newsletters", Says::Doubtful),
            (asked(false), "later", Says::Nothing),
            (unclear, "yes", Says::Doubtful),
            (unclear, "no", Says::Doubtful),
            (About::Unclear, "yes", Says::Doubtful),
            (About::Unclear, "no", held),
            (About::Agreed, "Opt-in verweigert", Says::Doubtful),
            (About::Agreed, "no longer subscribed", Says::Doubtful),
            (plain, "said no to newsletters", Says::Doubtful),
            (About::States, "vetoed", Says::Doubtful),
            (About::Anything, "said no to newsletters", Says::Doubtful),
            (About::Anything, "will nichts mehr", Says::Doubtful),
            (About::Anything, "no budget for marketing", Says::Nothing),
        ] {
            assert_eq!(about.read(text, &[], None), said, "{about:?} {text}");
        }
    }

    #[test]
    fn what_cells_say() {
        let plain = About::Status { of_mail: false };
        let mail = About::Status { of_mail: true };
        let out = Says::Against(Unsubscribed, None);
        let held = Says::Against(Held, None);
        for (about, text, said) in [
            (LEFT, "yes", out),
            (LEFT, "Do Not Allow", out),
            (LEFT, "nein", Says::Nothing),
            (LEFT, "Allow", Says::Nothing),
            (LEFT, "subscribed", Says::Nothing),
            (LEFT, "0000-00-00 00:00:00", Says::Nothing),
            (LEFT, "perhaps", Says::Doubtful),
            (LEFT, "Unknown", Says::Doubtful),
            (LEFT, "bounced", Says::Against(Bounced, None)),
            (KNOWN, "last week", out),
            (KNOWN, "no", Says::Nothing),
            (About::Agreed, "Oui", Says::Agrees),
            (About::Agreed, "Nee", held),
            (About::Agreed, "Freely given consent from contact", Says::Agrees),
            (About::Agreed, "not yet", Says::Doubtful),
            (About::Agreed, "UNSUBSCRIBED", out),
            (plain, "Qualified", Says::Nothing),
            (plain, "cancelled", Says::Doubtful),
            (plain, "bounced", Says::Against(Bounced, None)),
            (plain, "active", Says::Agrees),
            (plain, "false", held),
            (mail, "trialing", Says::Doubtful),
            (mail, "Not opted in", held),
            (About::States, "unsubscribe", out),
            (About::States, "opted out by phone", Says::Doubtful),
            (About::States, "inactive", Says::Nothing),
            (About::States, "Unreachable", Says::Nothing),
            (About::States, "dnc", Says::Doubtful),
            (About::States, "Email Bounced", Says::Against(Bounced, None)),
            (About::Basis, "Legitimate interest – existing customer", Says::Doubtful),
            (About::Basis, "Not applicable", Says::Doubtful),
            (About::Basis, "Freely given consent from contact", Says::Nothing),
            (About::Basis, "no", Says::Doubtful),
            (About::Basis, "Nein", Says::Doubtful),
            (About::Basis, "non", Says::Doubtful),
            (About::Basis, "0", Says::Doubtful),
            (About::Basis, "false", Says::Doubtful),
            (About::Basis, "not yet", Says::Doubtful),
            (About::Basis, "unsubscribed", Says::Doubtful),
            (About::Basis, "yes please", Says::Nothing),
            (About::Basis, "2024-01-01", Says::Nothing),
            (asked(false), "no", Says::Doubtful),
            (asked(false), "none", Says::Doubtful),
            (asked(false), "yes", Says::Nothing),
            (asked(false), "1 May 2024", Says::Nothing),
            (asked(true), "oui", Says::Doubtful),
            (asked(true), "1 May 2024", Says::Doubtful),
            (asked(true), "non", Says::Nothing),
            (asked(true), "0000-00-00", Says::Nothing),
            (About::Anything, "Not applicable", Says::Nothing),
            (About::Anything, "asked to unsubscribe", Says::Doubtful),
            (About::Anything, "https://x.org/unsubscribe", Says::Nothing),
            (About::Anything, "unsubscribed@x.org", Says::Nothing),
            (About::Anything, "cancelled", Says::Nothing),
        ] {
            assert_eq!(about.read(text, &[], None), said, "{about:?} {text}");
        }
    }

    #[test]
    fn events_of_leaving_by_other_names() {
        for (kind, reserved) in [
            ("unsubscribe", Some("Unsubscribed")),
            ("Opt Out", Some("Unsubscribed")),
            ("spamreport", Some("Email Marked as Spam")),
            ("Hard bounce", Some("Email Bounced")),
            ("Email Bounced", Some("Email Bounced")),
            ("soft bounce", None),
            ("subscribe", None),
            ("Page Viewed", None),
        ] {
            assert_eq!(event(kind), reserved, "{kind}");
        }
    }

    #[test]
    fn dates_and_words_of_a_tool() {
        let since = Timestamp::from_second(1).ok();
        assert_eq!(LEFT.read("1 May", &[], Some(since)), Says::Against(Unsubscribed, since));
        assert_eq!(About::Agreed.read("1 May", &[], Some(since)), Says::Agrees);
        let words: &[(&str, MailStatus)] = &[("inactive", Unsubscribed)];
        let status = About::Status { of_mail: false };
        assert_eq!(status.read("Inactive", words, None), Says::Against(Unsubscribed, None));
        assert_eq!(status.read("strange", words, None), Says::Doubtful);
    }
}
