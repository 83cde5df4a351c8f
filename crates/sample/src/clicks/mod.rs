//! Copies of e-mails and what is requested on them: by scanners, by people, and by both. Played from a seed, by the
//! distributions in `figures.rs`; who caused a request is written beside it. Nothing in here knows how anybody would
//! judge it.
//!
//! ```
//! use attractor_sample::clicks::{Shape, play};
//!
//! let copy = play(Shape::Burst, 1, 7);
//! assert_eq!(copy, play(Shape::Burst, 1, 7));
//! assert!(copy.requests.iter().all(|request| request.is_machine));
//! ```

mod figures;
mod people;
mod scanners;
mod sources;

use crate::dice::{Dice, Spread};
pub use figures::SCANS_ONE_LINK;
pub use sources::{BROWSERS, SCANNER_AGENTS};

/// Who requests what of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// By the published table: a scanner opens all links.
    Burst,
    /// By the design's table: a scanner opens one link, with an agent or from a network that is known for it.
    OneLink,
    /// By the design's table: a person reads and clicks.
    Reader,
    /// Not in the tables, nor are those below: a person opens many links in tabs, one after another, and reads later.
    Tabs,
    /// A scanner opens all links; minutes later a person behind the same address clicks.
    ScannedThenRead,
    /// A person reads, passes the mail on, and the friend clicks as well; a scanner of the friend's opens all links.
    Forwarded,
    /// A scanner loads all images, then opens all links from changing addresses with changing agents.
    Careful,
    /// A scanner opens all links, waiting for each page.
    Slow,
    /// A scanner opens all links and the hidden one, in a copy with a single visible link and those of its foot.
    Short,
    /// A scanner opens all links in parallel in sandboxes, runs scripts and moves a mouse.
    Sandbox,
    /// A person with a tool that opens all links at once, who then scrolls in the pages one after another.
    OpensAll,
}

/// One copy and its requests, in no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// When it was sent, in ms since 1970.
    pub sent: i64,
    /// Its links, without the hidden one.
    pub links: u16,
    pub requests: Vec<Request>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// In ms since 1970.
    pub at: i64,
    pub what: What,
    pub agent: &'static str,
    pub address: [u8; 4],
    /// When something moved in the page behind the link, where that was seen, in ms since 1970.
    pub moved: Option<i64>,
    /// The truth.
    pub is_machine: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Image,
    Link(u16),
    /// The link that people do not see.
    Hidden,
}

/// A copy of that shape. Each number is another copy; the same seed and number give the same one.
pub fn play(shape: Shape, seed: u64, number: u64) -> Copy {
    Stage::new(shape, seed, number).play(shape)
}

/// What a scanner requests of a copy with so many links, the hidden one among them: all of them mostly, else one.
pub(crate) fn scan(dice: Dice, sent: i64, links: u16) -> Vec<Request> {
    let mut stage = Stage { dice, copy: Copy { sent, links, requests: Vec::new() } };
    if stage.dice.chance(SCANS_ONE_LINK) {
        stage.one_link()
    } else {
        stage.burst()
    }
    stage.copy.requests
}

/// What somebody reads mail with, and from which address.
pub(crate) fn reader(dice: Dice) -> (&'static str, [u8; 4]) {
    let by = Stage { dice, copy: Copy { sent: 0, links: 0, requests: Vec::new() } }.person();
    (by.agent, by.address)
}

/// Milliseconds from 2026-06-01T00:00:00Z on, on which copies are sent.
const FROM: i64 = 1_780_272_000_000;

/// A copy while it is played.
struct Stage {
    dice: Dice,
    copy: Copy,
}

impl Stage {
    fn new(shape: Shape, seed: u64, number: u64) -> Stage {
        let mut dice = Dice::new([seed, shape as u64 + 1_000, number]);
        let sent = FROM + dice.between(0, 30 * crate::calendar::DAY);
        let links = dice.draw(&figures::LINKS) as u16;
        Stage { dice, copy: Copy { sent, links, requests: Vec::new() } }
    }

    fn play(mut self, shape: Shape) -> Copy {
        match shape {
            Shape::Burst => self.burst(),
            Shape::OneLink => self.one_link(),
            Shape::Reader => self.reader(),
            Shape::Tabs => self.tabs(),
            Shape::ScannedThenRead => self.scanned_then_read(),
            Shape::Forwarded => self.forwarded(),
            Shape::Careful => self.careful(),
            Shape::Slow => self.slow(),
            Shape::Short => self.short(),
            Shape::Sandbox => self.sandbox(),
            Shape::OpensAll => self.opens_all(),
        }
        self.copy
    }

    fn add(&mut self, by: Source, at: i64, what: What) -> &mut Request {
        let request =
            Request { at, what, agent: by.agent, address: by.address, moved: None, is_machine: by.is_machine };
        self.copy.requests.push(request);
        let last = self.copy.requests.len() - 1;
        &mut self.copy.requests[last]
    }

    fn draw(&mut self, spread: &Spread) -> i64 {
        self.dice.draw(spread)
    }
}

/// Who requests.
#[derive(Clone, Copy)]
struct Source {
    agent: &'static str,
    address: [u8; 4],
    is_machine: bool,
}
