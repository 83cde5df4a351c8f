//! What people do, alone and beside scanners.

use super::figures::{CLICKED, DELAYED, IMAGES_OFF, NEXT_LINK, NEXT_TAB, OPENED_LINKS, READ};
use super::{Source, Stage, What};
use crate::calendar::{DAY, HOUR, MINUTE};

impl Stage {
    pub(super) fn reader(&mut self) {
        let by = self.person();
        let first = self.copy.sent + self.draw(&CLICKED);
        self.reads(by, first);
    }

    /// Images, where they are shown, then one link or a few, never the same twice in a row.
    fn reads(&mut self, by: Source, first: i64) {
        self.opens(by, first);
        let mut at = first;
        let mut last = None;
        for _ in 0..=self.dice.weighted(&OPENED_LINKS) {
            let link = self.another(last);
            self.add(by, at, What::Link(link));
            at += self.draw(&NEXT_LINK);
            last = Some(link);
        }
    }

    fn opens(&mut self, by: Source, clicks: i64) {
        if !self.dice.chance(IMAGES_OFF) {
            let read = self.draw(&READ).min(clicks - self.copy.sent);
            self.add(by, clicks - read, What::Image);
        }
    }

    fn another(&mut self, last: Option<u16>) -> u16 {
        let link = self.link();
        if Some(link) == last { (link + 1) % self.copy.links } else { link }
    }

    /// Half of the links at least, from the top on.
    pub(super) fn tabs(&mut self) {
        let by = self.person();
        let mut at = self.copy.sent + self.draw(&CLICKED);
        self.opens(by, at);
        let shown = self.copy.links.saturating_sub(2).max(1);
        let opened = self.dice.between(i64::from(shown / 2).max(1), i64::from(shown)) as u16;
        for link in 0..opened {
            let delayed = self.draw(&DELAYED);
            self.add(by, at + delayed, What::Link(link));
            at += self.draw(&NEXT_TAB);
        }
    }

    /// The scanner sits in the company's own network and looks like the browser there, but for one version.
    pub(super) fn scanned_then_read(&mut self) {
        let person = self.person();
        let scanner = Source { agent: super::BROWSERS[self.dice.below(2)], is_machine: true, ..person };
        let begins = self.copy.sent + self.draw(&super::figures::SCANNED);
        self.opens_all_from(scanner, begins);
        let first = begins + self.dice.between(2 * MINUTE, 20 * MINUTE);
        self.reads(person, first);
    }

    pub(super) fn forwarded(&mut self) {
        let person = self.person();
        let first = self.copy.sent + self.draw(&CLICKED);
        self.reads(person, first);
        let forwarded = first + self.dice.between(5 * MINUTE, DAY);
        let scanner = self.disguised();
        let scanned = forwarded + self.draw(&super::figures::SCANNED);
        self.opens_all_from(scanner, scanned);
        let friend = self.person();
        let clicks = scanned + self.dice.between(2 * MINUTE, 5 * HOUR);
        self.reads(friend, clicks);
    }

    /// All at once; then a page every few seconds.
    pub(super) fn opens_all(&mut self) {
        let by = self.person();
        let begins = self.copy.sent + self.draw(&CLICKED);
        self.opens(by, begins);
        let mut moved = begins;
        for link in 0..self.copy.links.saturating_sub(2).max(1) {
            let at = begins + i64::from(link) * self.dice.between(5, 40);
            moved += self.dice.between(1_500, 30_000);
            self.add(by, at, What::Link(link)).moved = Some(moved);
        }
    }
}
