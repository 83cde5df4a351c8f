//! The sample company, simulated from a seed: Lathewell, which sells planning software to workshops, and its leads with
//! habits of their own. The same company gives the same bytes on every machine; there is no clock in here.
//!
//! Messages (contract §2) come in the order in which a server would have received them: nearly by their timestamps,
//! some late, some twice, what is older than the first day marked as history. A lead does the same however many others
//! there are: with more leads, the messages of the first ones stay as they are. The number of days is part of the
//! story, since leads arrive over the whole of it.
//!
//! It is made day by day; what is held is a small state for each lead and the messages on their way.

mod calendar;
mod catalogue;
pub mod clicks;
mod dice;
mod json;
mod life;
pub mod living;
mod mail;
mod person;
mod record;
mod sales;
mod visit;
mod wire;

use std::io::Write;

use calendar::{Date, Today};
pub use catalogue::SITE;
use life::{Life, State};
use person::Person;
use record::{Post, Record};
use wire::Writer;

/// What is simulated. Two companies that are equal say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Company {
    /// People, known or not, and the odd crawler.
    pub leads: u32,
    /// At most `MOST_DAYS`; more are not simulated.
    pub days: u32,
    pub seed: u64,
    /// The first day begins at the midnight (UTC) at or before this instant, in ms since 1970; years 1970 to 2149.
    pub start: i64,
    /// What would be received at or after this instant, in ms since 1970, is left out.
    pub end: i64,
}

/// More than half a century: as many as lie between 1970 and `END`, and some to spare.
pub const MOST_DAYS: u32 = 20_000;

/// 2026-06-30T00:00:00Z, the end of a company whose end does not matter: tests and the report.
pub const END: i64 = 1_782_777_600_000;

impl Default for Company {
    /// Half a year of two thousand leads, up to `END`.
    fn default() -> Company {
        Company::ending(2_000, 180, 1)
    }
}

/// One message of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// When it reached the server, in ms since 1970; never earlier than that of the message before.
    pub received: i64,
    /// One JSON object, without a line feed.
    pub json: String,
}

impl Company {
    /// What it is called.
    pub const NAME: &str = "Lathewell";

    /// The company whose last day ends at `END`.
    pub fn ending(leads: u32, days: u32, seed: u64) -> Company {
        Company::ending_at(END, leads, days, seed)
    }

    /// The company whose messages end at an instant, in ms since 1970: `days` whole days, and of the day of that instant
    /// what lies before it.
    pub fn ending_at(end: i64, leads: u32, days: u32, seed: u64) -> Company {
        let last = end.div_euclid(calendar::DAY) * calendar::DAY;
        let part = u32::from(end > last);
        let days = days.min(MOST_DAYS - part);
        Company { leads, days: days + part, seed, start: last - i64::from(days) * calendar::DAY, end }
    }

    /// All messages received within the days, in the order received.
    pub fn messages(&self) -> impl Iterator<Item = Message> + use<> {
        let mut writer = Writer::new(self.seed);
        self.records().map(move |record| {
            let mut line = Vec::with_capacity(400);
            writer.line(&mut line, &record);
            line.pop();
            Message { received: record.received, json: String::from_utf8_lossy(&line).into_owned() }
        })
    }

    /// Writes all messages, one a line; returns how many.
    pub fn write(&self, out: &mut impl Write) -> std::io::Result<u64> {
        let mut writer = Writer::new(self.seed);
        let mut lines = Vec::with_capacity(BUFFER + 1_024);
        let mut count = 0;
        for record in self.records() {
            writer.line(&mut lines, &record);
            count += 1;
            if lines.len() >= BUFFER {
                out.write_all(&lines)?;
                lines.clear();
            }
        }
        out.write_all(&lines)?;
        out.flush()?;
        Ok(count)
    }
}

impl Company {
    fn records(&self) -> impl Iterator<Item = Record> + use<> {
        let end = self.end;
        Days::new(self).flatten().take_while(move |record| record.received < end)
    }
}

const BUFFER: usize = 1 << 16;

/// The days, each as what the server receives on it, in order.
struct Days {
    seed: u64,
    first: Date,
    next: u32,
    days: u32,
    leads: Vec<State>,
    post: Post,
    /// As in [`Today`].
    letters: bool,
}

impl Days {
    fn new(company: &Company) -> Days {
        let first = Date::of(company.start);
        let days = company.days.min(MOST_DAYS).min(u32::from(u16::MAX - first.0));
        let person = |number| Person { seed: company.seed, number };
        let leads = (0..company.leads).map(|number| State::new(person(number), days)).collect();
        Days { seed: company.seed, first, next: 0, days, leads, post: Post::new(first.midnight()), letters: true }
    }
}

impl Days {
    /// A day by its number.
    fn day(&self, number: u32) -> Today {
        let mut today = Today::new(self.first, number);
        today.letters = self.letters;
        today
    }
}

impl Iterator for Days {
    type Item = Vec<Record>;

    fn next(&mut self) -> Option<Vec<Record>> {
        if self.next >= self.days {
            return None;
        }
        let today = self.day(self.next);
        self.next += 1;
        for (number, state) in (0..).zip(&mut self.leads) {
            if !Life::is_quiet(&today, state) {
                Life::new(&today, Person { seed: self.seed, number }, state, &mut self.post).day();
            }
        }
        Some(self.post.deliver())
    }
}
