//! What scanners do.

use super::figures::{
    IMAGE_AHEAD, KNOWN_NETWORK, NAMES_ITSELF, NEXT_OF_BURST, NEXT_OF_SLOW, SCANNED, SCANNER_LOADS_IMAGES,
};
use super::{Source, Stage, What};

impl Stage {
    /// All links, one hard upon the other, in the order of the mail.
    pub(super) fn burst(&mut self) {
        let by = self.scanner();
        let begins = self.copy.sent + self.draw(&SCANNED);
        self.loads_images(by, begins);
        self.opens_all_from(by, begins);
    }

    pub(super) fn one_link(&mut self) {
        let mut by = self.disguised();
        if self.dice.chance(0.5) {
            by.agent = self.scanner_agent();
        } else {
            by.address = self.scanner_address();
        }
        let begins = self.copy.sent + self.draw(&SCANNED);
        self.loads_images(by, begins);
        let link = self.link();
        self.add(by, begins, What::Link(link));
    }

    /// Like a browser, each request from elsewhere.
    pub(super) fn careful(&mut self) {
        let begins = self.copy.sent + self.draw(&SCANNED);
        let by = self.disguised();
        self.add(by, begins - 2_000, What::Image);
        let mut at = begins;
        for link in 0..self.copy.links {
            let by = self.disguised();
            self.add(by, at, What::Link(link));
            at += self.draw(&NEXT_OF_BURST);
        }
    }

    pub(super) fn slow(&mut self) {
        let by = self.disguised();
        let mut at = self.copy.sent + self.draw(&SCANNED);
        self.loads_images(by, at);
        for link in 0..self.copy.links {
            self.add(by, at, What::Link(link));
            at += self.draw(&NEXT_OF_SLOW);
        }
    }

    /// One button, the two links of the foot, and the hidden one.
    pub(super) fn short(&mut self) {
        self.copy.links = 3;
        let by = self.disguised();
        let mut at = self.copy.sent + self.draw(&SCANNED);
        self.loads_images(by, at);
        for what in [What::Link(0), What::Hidden, What::Link(1), What::Link(2)] {
            self.add(by, at, what);
            at += self.draw(&NEXT_OF_BURST);
        }
    }

    pub(super) fn sandbox(&mut self) {
        let by = self.disguised();
        let begins = self.copy.sent + self.draw(&SCANNED);
        for link in 0..self.copy.links {
            let at = begins + self.dice.between(0, 300);
            let moved = at + 2_000 + self.dice.between(0, 300);
            self.add(by, at, What::Link(link)).moved = Some(moved);
        }
    }

    /// By the tables: some name themselves, some come from a known network, most do neither.
    fn scanner(&mut self) -> Source {
        let mut by = self.disguised();
        if self.dice.chance(NAMES_ITSELF) {
            by.agent = self.scanner_agent();
        }
        if self.dice.chance(KNOWN_NETWORK) {
            by.address = self.scanner_address();
        }
        by
    }

    fn loads_images(&mut self, by: Source, begins: i64) {
        if self.dice.chance(SCANNER_LOADS_IMAGES) {
            let ahead = self.draw(&IMAGE_AHEAD).min(begins - self.copy.sent);
            self.add(by, begins - ahead, What::Image);
        }
    }

    pub(super) fn opens_all_from(&mut self, by: Source, begins: i64) {
        let mut at = begins;
        for link in 0..self.copy.links {
            self.add(by, at, What::Link(link));
            at += self.draw(&NEXT_OF_BURST);
        }
    }

    pub(super) fn link(&mut self) -> u16 {
        self.dice.below(usize::from(self.copy.links)) as u16
    }
}
