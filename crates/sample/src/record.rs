//! What happened, before it is written out: small, so that a day of a million leads fits into memory and is put in
//! order there.

use crate::calendar::{DAY, Date, HOUR, MINUTE, SECOND};
use crate::catalogue::{Asset, Form, Letter, SitePage, Topic, VisitSource};
use crate::dice::{Dice, Spread};

/// Which ids a message carries, and what its context says.
pub mod flag {
    pub const USER: u8 = 1;
    pub const DEVICE: u8 = 2;
    pub const PHONE: u8 = 4;
    /// The id of the second sign-up, in place of the first.
    pub const OTHER_USER: u8 = 8;
    pub const MACHINE: u8 = 16;
    pub const HISTORY: u8 = 32;
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activity {
    Page {
        page: SitePage,
        source: VisitSource,
    },
    Screen(u8),
    Identify(IdentifyReason),
    Group,
    /// From the first device to the user.
    AliasVisitor,
    /// From the second sign-up to the first.
    AliasUser,
    Submitted(Form),
    Downloaded(Asset),
    Registered(Topic, Date),
    Attended(Topic, Date),
    DemoRequested(Topic),
    Mail {
        letter: Letter,
        copy: u16,
        step: MailStep,
    },
    Subscribed(Form),
    /// Agreed to be measured, in the same form.
    TrackingAllowed(Form),
    Unsubscribed(UnsubscribeScope),
    Deal {
        step: DealStep,
        /// Of this lead, counted from 1.
        number: u8,
        amount: u32,
    },
    Owner,
    Tagged(Tag),
    Untagged(Tag),
    Call(CallOutcome),
    Note(u8),
}

/// Why an `identify` is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentifyReason {
    /// Nothing new: it ties a visitor.
    Tie,
    /// What a form asked for.
    Form,
    /// What the list knew.
    List,
    /// What sales found out on the phone.
    Sales,
    /// The second sign-up.
    Again,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailStep {
    Sent,
    Delivered,
    /// Seconds after it was sent.
    Opened(u32),
    /// A privacy proxy loaded the images, so many seconds after.
    Loaded(u32),
    /// The link at that place.
    Clicked(u8),
    /// For good, or for now.
    Bounced {
        hard: bool,
    },
    MarkedAsSpam,
    Replied,
}

/// What somebody unsubscribes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnsubscribeScope {
    Newsletter,
    Topic(Topic),
    Everything,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DealStep {
    Created,
    Won,
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    Fair,
    Evaluating,
    BadFit,
    Reference,
}

impl Tag {
    pub fn id(self) -> &'static str {
        ["fair", "evaluating", "bad-fit", "reference"][self as usize]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    Reached,
    NoAnswer,
    Meeting,
    NotNow,
    BadFit,
}

impl CallOutcome {
    pub fn id(self) -> &'static str {
        ["reached", "no answer", "meeting", "not now", "bad fit"][self as usize]
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// When it reaches the server, in ms.
    pub received: i64,
    /// When it happened, in ms.
    pub at: i64,
    pub lead: u32,
    /// Of this lead's messages, counted from 0; a doubled one keeps its number.
    pub number: u32,
    pub flags: u8,
    pub activity: Activity,
}

impl Record {
    /// As the server receives them.
    fn order(&self) -> (i64, u32, u32) {
        (self.received, self.lead, self.number)
    }
}

/// Messages by the day on which they arrive; those of the past come today.
pub struct Post {
    /// Midnight of the first of `days`.
    today: i64,
    days: std::collections::VecDeque<Vec<Record>>,
}

impl Post {
    pub fn new(midnight: i64) -> Post {
        Post { today: midnight, days: std::collections::VecDeque::new() }
    }

    pub fn add(&mut self, record: Record) {
        let day = (record.received - self.today).div_euclid(DAY).max(0) as usize;
        if self.days.len() <= day {
            self.days.resize_with(day + 1, Vec::new);
        }
        self.days[day].push(record);
    }

    /// Takes everything, whenever it arrives, in order.
    pub fn empty(self) -> Vec<Record> {
        let mut records: Vec<Record> = self.days.into_iter().flatten().collect();
        records.sort_unstable_by_key(Record::order);
        records
    }

    /// Takes what arrives today, in order, and turns the page.
    pub fn deliver(&mut self) -> Vec<Record> {
        let mut records = self.days.pop_front().unwrap_or_default();
        self.today += DAY;
        records.sort_unstable_by_key(Record::order);
        records
    }
}

const ON_THE_WAY: Spread = Spread(&[(0, 40), (600, 300), (950, 1_500), (1_000, 2_500)]);
/// A browser that was closed, a network that came back.
const DELAYED: Spread = Spread(&[(0, MINUTE), (500, 20 * MINUTE), (900, 6 * HOUR), (1_000, 5 * DAY)]);
const SENT_AGAIN: Spread = Spread(&[(0, SECOND), (700, 30 * SECOND), (950, HOUR), (1_000, 2 * DAY)]);

/// How long a message is on its way, and, for a doubled one, how long after that it comes again.
pub fn delivery(dice: &mut Dice) -> (i64, Option<i64>) {
    let lot = dice.share();
    let way = if lot < 0.012 { dice.draw(&DELAYED) } else { dice.draw(&ON_THE_WAY) };
    (way, (lot > 0.993).then(|| dice.draw(&SENT_AGAIN)))
}
