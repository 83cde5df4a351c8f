//! The facts that a mail or a webhook brings.

use std::fmt;

use jiff::civil::Date;

/// Everything that one mail says, in the order of the mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inbound {
    /// One fact per recipient, reply or complaint. Never empty.
    pub facts: Vec<Fact>,
    /// The address in `From`, in lower case; empty if it holds no address.
    pub from: String,
    /// The addresses to which this mail came, in lower case and without repetition: `X-Original-To`, `Delivered-To`,
    /// `To`, `Cc`. A signed return path (VERP) of ours is among them.
    pub to: Vec<String>,
    /// Decoded.
    pub subject: String,
    /// The mail's own `Message-ID` without its brackets.
    pub message_id: Option<String>,
    /// The mail of ours that this mail is about.
    pub original: Original,
    /// What the sender wrote, without quoted text and signature. For replies and auto-replies.
    pub words: String,
    /// True if the mail was longer or deeper than the limits, and the rest was not read.
    pub is_cut: bool,
}

/// Where a mail names the one it answers or reports on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Original {
    /// Candidates for the `Message-ID` without brackets, the most certain first: the returned copy's own, then
    /// `In-Reply-To`, then `References` from the newest to the oldest.
    pub message_ids: Vec<String>,
    /// The returned copy's `Return-Path`: our signed return path, if a copy came back with its headers.
    pub return_path: Option<String>,
    /// Other places in a report and its copy that may have an address or a link of ours which names the copy: the report's
    /// `Original-Mail-From`, the copy's `Reply-To` and `List-Unsubscribe`.
    pub own: Vec<String>,
    /// The addresses in the returned copy's `To`.
    pub to: Vec<String>,
    /// The token of [`crate::message::Reference`] that a provider's event repeats.
    pub token: Option<String>,
}

/// One thing that a mail or webhook says about one address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fact {
    pub kind: Kind,
    /// Why, in finer steps than [`Kind`].
    pub reason: Reason,
    /// The address that we wrote to, in lower case, as the report names it (`Original-Recipient`, else
    /// `Final-Recipient`); for replies and auto-replies the sender. `None` if the mail names nobody.
    pub recipient: Option<String>,
    /// The enhanced status code (RFC 3463): the one in the SMTP reply if it has one, else the report's.
    pub status: Option<Status>,
    /// The SMTP reply code, 200 to 599.
    pub code: Option<u16>,
    /// The SMTP reply or the reporting server's words, in one line, at most [`REPLY_CHARS`] characters.
    pub reply: String,
    /// The server that refused the mail, as the report names it.
    pub remote_mta: Option<String>,
    /// For auto-replies: when the person is back, if the mail says so.
    pub back: Option<Back>,
}

/// Longer replies are cut: what matters comes first, and texts of kilobytes are a server's fault page.
pub const REPLY_CHARS: usize = 600;

impl Fact {
    /// True if this address will not take mail from anybody any more. False for everything that concerns our
    /// reputation, the mail's content, a full mailbox or a server's state: these never suppress a person.
    pub fn is_permanent(&self) -> bool {
        self.kind == Kind::Hard
    }
}

/// What the program does about a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Kind {
    /// The address is dead: no mailbox of that name, no domain of that name, moved, or takes no mail at all.
    Hard,
    /// Did not arrive this time, or is late.
    #[default]
    Soft,
    /// The mailbox is full.
    Full,
    /// Refused because of us: our reputation, our servers' names, our sender address, or a verdict of spam.
    Blocked,
    /// Refused because of this mail as it is: authentication, size, form, content, or a rule of the other side.
    Policy,
    /// A challenge: the mail arrives only after the sender has confirmed it.
    Challenge,
    /// Out of office, or a machine's receipt.
    AutoReply,
    /// A person's words.
    Reply,
    /// A person's words that only ask to be sent nothing more.
    Stop,
    /// The person reported the mail as spam (ARF, RFC 5965).
    Complaint,
    /// It has arrived.
    Delivered,
    /// A report that asks for nothing here: on authentication, that a mail was read, or that it is not spam after all.
    Report,
}

/// Why a mail was refused or is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Reason {
    /// The report does not say, or in words that are not known.
    #[default]
    Unknown,
    /// The domain has no mailbox of that name.
    NoUser,
    /// The domain does not exist, or has no mail server.
    NoHost,
    /// The person has moved.
    Moved,
    /// The domain takes no mail at all (null MX, RFC 7505).
    TakesNoMail,
    /// The mailbox is full.
    Full,
    /// The account is switched off, suspended or asleep.
    Inactive,
    /// A filter of the recipient refused it, sometimes in the words of an unknown user but after it had accepted the
    /// address.
    Filtered,
    /// Our network address or domain is on a list, or has a poor reputation.
    Reputation,
    /// Our server's address has no name, or the name does not lead back.
    ReverseName,
    /// Taken for spam.
    Spam,
    /// Our sender address or domain is refused.
    Sender,
    /// SPF, DKIM or DMARC failed.
    Authentication,
    /// A rule of the other side.
    Policy,
    /// The other side refuses something in the content.
    Content,
    /// Too large.
    TooLarge,
    /// A virus was found.
    Virus,
    /// Not formed as the RFCs want it.
    Malformed,
    /// The server does not relay for us.
    Relaying,
    /// The other side requires TLS, and it was not possible.
    Encryption,
    /// Too fast or too many.
    Rate,
    /// Tried again and again, or still being tried.
    Late,
    /// The network: no connection, a broken one, a loop, no answer of the name servers.
    Network,
    /// The other server's own trouble.
    Server,
    /// The other server's disk or queue is full.
    ServerFull,
    /// The program to which the mailbox hands its mail failed.
    Program,
    /// The provider through which we send holds this address back, because of earlier bounces or complaints.
    HeldBack,
}

impl Reason {
    /// What the program does about it.
    pub fn kind(self) -> Kind {
        use Reason as R;
        match self {
            R::NoUser | R::NoHost | R::Moved | R::TakesNoMail => Kind::Hard,
            R::Full => Kind::Full,
            R::Reputation | R::ReverseName | R::Spam | R::Sender => Kind::Blocked,
            R::Authentication | R::Policy | R::Content | R::TooLarge | R::Virus => Kind::Policy,
            R::Malformed | R::Relaying | R::Encryption => Kind::Policy,
            R::Unknown | R::Inactive | R::Filtered | R::Rate | R::Late | R::Network => Kind::Soft,
            R::Server | R::ServerFull | R::Program | R::HeldBack => Kind::Soft,
        }
    }
}

/// An enhanced status code: class, subject, detail (RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status {
    /// 2, 4 or 5.
    pub class: u8,
    /// 0 to 999.
    pub subject: u16,
    /// 0 to 999.
    pub detail: u16,
}

impl Status {
    /// Reads `5.1.1`; `None` for everything else, network addresses among it.
    ///
    /// ```
    /// use attractor_mail::inbound::Status;
    /// assert_eq!(Status::parse("5.7.26").map(|status| status.to_string()).as_deref(), Some("5.7.26"));
    /// assert_eq!(Status::parse("192.0.2.1"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Status> {
        let mut parts = text.split('.');
        let (class, subject, detail) = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
        let is_class = matches!(class, 2 | 4 | 5);
        (is_class && parts.next().is_none()).then_some(Status { class: class as u8, subject, detail })
    }

    /// True if it says no more than good or bad (`5.0.0`).
    pub fn is_vague(self) -> bool {
        self.subject == 0
    }
}

/// One to three digits.
fn number(text: &str) -> Option<u16> {
    let is_number = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// When somebody who is away returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Back {
    /// The day that the mail names.
    pub day: Date,
    /// True if the person is still away on that day (`until 14 August`), false if back on it (`back on 14 August`).
    pub is_away_that_day: bool,
}
