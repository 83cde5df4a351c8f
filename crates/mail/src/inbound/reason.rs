//! From the words, codes and steps of a report to its reason.

use super::answer::{self, Step};
use super::fact::{Kind, Reason, Status};
use super::phrases::{NO_USER, PHRASES};
use super::plain::Plain;

/// What a report says about one recipient.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Evidence<'a> {
    /// The SMTP reply, or what the reporting server says itself. May be empty.
    pub reply: &'a str,
    /// The text of the report that concerns this recipient: where the reply says nothing, and for the step.
    pub around: &'a str,
    pub status: Option<Status>,
    pub code: Option<u16>,
    /// `None`: not known.
    pub step: Option<Step>,
    /// The reporting server's own word for what happened, where it has one (`X-PowerMTA-BounceCategory`).
    pub category: &'a str,
    /// True if the mailbox hands its mail to a program, and that failed (`Diagnostic-Code: x-unix`).
    pub is_program: bool,
}

impl Evidence<'_> {
    pub(super) fn reason(&self) -> Reason {
        if self.is_program {
            return Reason::Program;
        }
        if let Some(reason) = by_category(self.category) {
            return reason;
        }
        let reply = Plain::of(self.reply);
        self.by_words(&reply)
            .or_else(|| self.by_status())
            .or_else(|| self.by_words(&Plain::of(self.around)))
            .or_else(|| self.by_code())
            .unwrap_or_default()
    }

    fn by_words(&self, plain: &Plain) -> Option<Reason> {
        if let Some(reason) = self.by_known_codes(plain) {
            return Some(reason);
        }
        let (reason, _) = PHRASES.iter().find(|(_, phrases)| plain.says_any(phrases))?;
        Some(match reason {
            Reason::NoUser if !self.is_sure_of_user() => Reason::Filtered,
            Reason::NoUser | Reason::NoHost if self.step == Some(Step::From) => Reason::Sender,
            // "Refused" alone says that, and not why; the status knows more.
            Reason::Policy => self.by_status().unwrap_or(Reason::Policy).at(self.step),
            Reason::Late | Reason::Network | Reason::Server if self.knows_better() => self.by_status()?,
            other => *other,
        })
    }

    /// Providers' own numbers behind a status that means something else elsewhere.
    fn by_known_codes(&self, plain: &Plain) -> Option<Reason> {
        let status = self.status?;
        match (status.subject, status.detail) {
            // Exchange Online: the domain's directory does not have the address.
            (4, 1) if plain.says("recipient address rejected: access denied") => Some(Reason::NoUser),
            // Exchange Online says with it that the next server said no at the address, or later.
            (1, 351) => Some(Reason::Filtered),
            (7, 501..=699) if plain.says_any(&["spam", "blocked", "banned", "ip reputation", "reputation"]) => {
                Some(Reason::Reputation)
            }
            _ => None,
        }
    }

    /// A permanent status with a meaning of its own outweighs words that any server says when it gives up.
    fn knows_better(&self) -> bool {
        let of_address = |status: Status| matches!((status.subject, status.detail), (1, _) | (2, 1..=3));
        self.status.is_some_and(|status| status.class == 5 && of_address(status)) && self.by_status().is_some()
    }

    /// "User unknown" can be believed at `RCPT TO`, under a status that says so, or from a server that speaks of its own
    /// users (no SMTP code). After the mail itself, or under another status, it is often a filter that hides: mobile
    /// networks and corporate gateways answer a mail that they do not want in these words.
    fn is_sure_of_user(&self) -> bool {
        let is_user = |status: Status| status.subject == 1 && matches!(status.detail, 0 | 1 | 3 | 10);
        // The words that RFC 5321 gives to a 550 at `RCPT TO`, and a provider's that says it of its own accounts.
        let is_said = Plain::of(self.reply).says_any(&["mailbox unavailable", "this user doesn't have"]);
        let is_vague = |status: Status| matches!(status.subject, 0 | 5);
        let speaks_for_itself = is_said || answer::code(self.reply).is_none() || self.is_said_without_code();
        self.step == Some(Step::To)
            || self.status.is_some_and(is_user)
            || speaks_for_itself && self.status.is_none_or(is_vague)
    }

    /// True if the reporting server says of an unknown user in its own words, beside the reply that it passes on.
    fn is_said_without_code(&self) -> bool {
        let own = self.around.lines().filter(|line| answer::code(line).is_none());
        let own: Vec<&str> = own.collect();
        Plain::of(&own.join("\n")).says_any(NO_USER)
    }

    fn by_status(&self) -> Option<Reason> {
        let status = self.status?;
        let is_to = matches!(self.step, None | Some(Step::To));
        Some(match (status.subject, status.detail) {
            (1, 1 | 3) if is_to => Reason::NoUser,
            (1, _) if self.step == Some(Step::From) => Reason::Sender,
            (1, 2) => Reason::NoHost,
            (1, 6) => Reason::Moved,
            (1, 7 | 8) => Reason::Sender,
            (1, 10) if status.class == 5 => Reason::TakesNoMail,
            (2, 1) => Reason::Inactive,
            (2, 2) => Reason::Full,
            (2, 3) | (3, 4) => Reason::TooLarge,
            (2, 4) => Reason::Filtered,
            (3, 1) => Reason::ServerFull,
            (3, 2) if status.class == 5 => Reason::TakesNoMail,
            (3, 0 | 2 | 3 | 5) => Reason::Server,
            (4, 0..=2 | 6) => Reason::Network,
            (4, 3 | 5) => Reason::Server,
            (4, 4) if status.class == 5 => Reason::NoHost,
            (4, 4) => Reason::Network,
            (4, 7) => Reason::Late,
            (5, 1..=9) => Reason::Malformed,
            (6, _) => Reason::Content,
            (7, 10..=12) => Reason::Encryption,
            (7, 13) => Reason::Inactive,
            (7, 20..=24 | 26) => Reason::Authentication,
            (7, 25) => Reason::ReverseName,
            (7, 27) => Reason::Sender,
            (7, 28) => Reason::Rate,
            (7, _) => Reason::Policy,
            _ => return None,
        })
    }

    fn by_code(&self) -> Option<Reason> {
        let is_to = self.step == Some(Step::To);
        match (self.code?, self.step) {
            (551, _) => Some(Reason::Moved),
            (552, Some(Step::Data)) => Some(Reason::TooLarge),
            (552, _) => Some(Reason::Full),
            (521 | 556, _) => Some(Reason::TakesNoMail),
            (550 | 553, _) if is_to => Some(Reason::Filtered),
            (550..=554, Some(Step::From)) => Some(Reason::Sender),
            (550..=554, Some(Step::Connect)) => Some(Reason::Reputation),
            (550 | 554, Some(Step::Data)) => Some(Reason::Policy),
            (421, _) => Some(Reason::Network),
            (450..=459, _) => Some(Reason::Server),
            (500..=509, _) => Some(Reason::Malformed),
            _ => None,
        }
    }
}

impl Reason {
    /// A refusal that does not say why concerns the sender at `MAIL FROM`, and our network address before it.
    fn at(self, step: Option<Step>) -> Reason {
        match (self, step) {
            (Reason::Policy, Some(Step::From)) => Reason::Sender,
            (Reason::Policy, Some(Step::Connect)) => Reason::Reputation,
            (other, _) => other,
        }
    }
}

/// PowerMTA's categories (its users' guide, "Bounce categories").
fn by_category(category: &str) -> Option<Reason> {
    Some(match category.trim() {
        "bad-mailbox" => Reason::NoUser,
        "bad-domain" => Reason::NoHost,
        "inactive-mailbox" => Reason::Inactive,
        "quota-issues" => Reason::Full,
        "spam-related" => Reason::Spam,
        "virus-related" => Reason::Virus,
        "message-expired" => Reason::Late,
        "no-answer-from-host" | "bad-connection" | "routing-errors" => Reason::Network,
        "relaying-issues" => Reason::Relaying,
        "content-related" => Reason::Content,
        _ => return None,
    })
}

/// The reason behind the reply of a server to which we spoke ourselves: `text` with its code and, where it has one, its
/// status; all lines. A reply that begins with 4 is not the last word, so it never means that the address is dead.
///
/// ```
/// use attractor_mail::inbound::{reason_of_reply, Kind, Step};
/// let reason = reason_of_reply("452 4.2.2 The email account that you tried to reach is over quota.", Step::To);
/// assert_eq!(reason.kind(), Kind::Full);
/// ```
pub fn reason_of_reply(text: &str, step: Step) -> Reason {
    let (code, status) = (answer::code(text), answer::status(text));
    let reason = Evidence { reply: text, status, code, step: Some(step), ..Evidence::default() }.reason();
    let is_temporary = code.is_some_and(|code| code < 500);
    if is_temporary && reason.kind() == Kind::Hard { Reason::Late } else { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Replies of servers to which we spoke: text, step, reason.
    #[test]
    fn replies_have_the_reason_that_their_words_and_step_give_them() {
        let table = [
            ("550 5.1.1 <a@b.example>: Recipient address rejected: User unknown", Step::To, Reason::NoUser),
            ("550 unknown user", Step::Data, Reason::Filtered),
            ("550 unknown user", Step::To, Reason::NoUser),
            ("550 no", Step::To, Reason::Filtered),
            ("550 5.7.1 Mail from 192.0.2.1 refused, see blocklist", Step::To, Reason::Reputation),
            ("550 5.4.1 Recipient address rejected: Access denied", Step::To, Reason::NoUser),
            ("551 not our user", Step::To, Reason::Moved),
            ("451 4.7.500 Server busy. Please try again later", Step::To, Reason::Server),
            ("450 4.1.1 <a@b.example>: Recipient address rejected: User unknown", Step::To, Reason::Late),
            ("421 4.7.0 Try again later, closing connection.", Step::Connect, Reason::Server),
            ("550-5.7.26 This mail is unauthenticated", Step::Data, Reason::Authentication),
            ("552 5.3.4 Message size exceeds fixed limit", Step::From, Reason::TooLarge),
            ("554 5.7.1 <x>: Relay access denied", Step::To, Reason::Relaying),
        ];
        for (text, step, reason) in table {
            assert_eq!(reason_of_reply(text, step), reason, "{text} at {step:?}");
        }
    }
}
