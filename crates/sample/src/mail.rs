//! E-mails: which go out on a day, how they arrive, what scanners and proxies do with them, and what people do.

use crate::calendar::{DAY, HOUR, MINUTE, SECOND};
use crate::catalogue::{Format, Letter, Link, VisitSource};
use crate::dice::Spread;
use crate::life::{Follow, Life, NEVER};
use crate::record::{Activity, MailStep, UnsubscribeScope, flag};
use crate::visit::habits;

/// Scanners, as published (836 bursts, issue 546 of a public campaign tool): 0.5 % within 10 s of sending, 2.6 % within
/// 20 s, half within 43 s, 31 % later than a minute.
const SCANNED: Spread = Spread(&[
    (0, 4 * SECOND),
    (5, 10 * SECOND),
    (26, 20 * SECOND),
    (500, 43 * SECOND),
    (690, MINUTE),
    (930, 3 * MINUTE),
    (1_000, 12 * MINUTE),
]);
/// Assumed, and said so: a scanner that opens one link alone.
const SCANS_ONE_LINK: f64 = 0.1;
/// Assumed for people: a median of 3 h from sending to the first click.
pub const CLICKED: Spread = Spread(&[
    (0, 15 * SECOND),
    (100, 12 * MINUTE),
    (250, 50 * MINUTE),
    (500, 3 * HOUR),
    (750, 9 * HOUR),
    (900, 27 * HOUR),
    (1_000, 5 * DAY),
]);
/// Assumed: a median of 20 s from one link to the next, 5 % under 3 s.
pub const NEXT_LINK: Spread =
    Spread(&[(0, SECOND), (50, 3 * SECOND), (500, 20 * SECOND), (900, 100 * SECOND), (1_000, 6 * MINUTE)]);
/// Assumed: links that one visit opens: one in 80 %, two in 15 %, three or four in 5 %.
pub const LINKS: [f64; 4] = [0.80, 0.15, 0.04, 0.01];
pub const OPENED: Spread = Spread(&[
    (0, 20 * SECOND),
    (150, 12 * MINUTE),
    (500, 5 * HOUR / 2),
    (800, 14 * HOUR),
    (950, 3 * DAY),
    (1_000, 9 * DAY),
]);
pub const LOADED: Spread = Spread(&[(0, 2 * SECOND), (500, 14 * MINUTE), (900, 5 * HOUR), (1_000, 20 * HOUR)]);

impl Life<'_> {
    /// Everything that the company sends this lead today.
    pub fn letters(&mut self) {
        let day = self.today.number;
        if !self.today.letters || self.state.subscribed >= day || self.state.left <= day {
            return;
        }
        let morning = self.morning();
        if self.today.newsletter {
            self.letter(Letter::Newsletter(self.today.date), morning);
        }
        if self.today.launch {
            self.letter(Letter::Launch(self.today.date), morning + HOUR);
        }
        if let Some((date, topic)) = self.today.invitation.filter(|_| self.idle_days() < 120) {
            self.letter(Letter::Invitation(date, topic), morning + 2 * HOUR);
        }
        if let Some(follow) = self.state.follow.filter(|follow| follow.day == day) {
            self.letter(Letter::Follow(follow.format, follow.topic), morning + 3 * HOUR);
            self.state.follow = next(follow);
        }
    }

    /// Some minutes after nine, where the lead lives.
    fn morning(&mut self) -> i64 {
        let minutes = self.dice.between(0, 25 * MINUTE);
        self.today.at(self.person.zone(), 9 * HOUR + minutes)
    }

    pub fn idle_days(&self) -> u32 {
        self.today.number.saturating_sub(self.state.seen)
    }

    /// One copy, and what becomes of it.
    pub fn letter(&mut self, letter: Letter, at: i64) {
        if !self.today.letters {
            return;
        }
        let copy = Copy { letter, number: self.next_copy(), sent: at };
        self.mail(copy, 0, MailStep::Sent);
        if self.bounces(copy) {
            return;
        }
        let accepted = self.dice.between(SECOND, 25 * SECOND);
        self.mail(copy, accepted, MailStep::Delivered);
        if letter.is_marketing() && self.person.firm().scans_mail() {
            self.scan(copy);
        }
        if self.person.is_proxied() && self.dice.chance(0.92) {
            let after = self.dice.draw(&LOADED);
            self.marked(copy, after, MailStep::Loaded(seconds(after)));
        }
        self.read(copy);
    }

    /// Whether it came back. A dead address is not written to again.
    fn bounces(&mut self, copy: Copy) -> bool {
        let hard = self.person.address_is_dead();
        if !hard && !self.dice.chance(0.004) {
            return false;
        }
        let after = self.dice.between(2 * SECOND, HOUR);
        if hard {
            self.state.left = self.today.number;
            self.state.follow = None;
            // Half of them were taken at the door and came back later.
            if self.dice.chance(0.5) {
                self.mail(copy, SECOND, MailStep::Delivered);
            }
        }
        self.mail(copy, after, MailStep::Bounced { hard });
        true
    }

    fn scan(&mut self, copy: Copy) {
        let begins = self.dice.draw(&SCANNED);
        let links = copy.letter.links();
        if self.dice.chance(SCANS_ONE_LINK) {
            let place = self.dice.below(links);
            return self.marked(copy, begins, MailStep::Clicked(place as u8));
        }
        for place in 0..links {
            let after = begins + place as i64 * self.dice.between(10, 100);
            self.marked(copy, after, MailStep::Clicked(place as u8));
        }
    }

    /// What a person does with a mail in front of them.
    fn read(&mut self, copy: Copy) {
        let habits = habits(self.state.temperament);
        let relevance = if copy.letter.is_about(self.state.topic) { 1.3 } else { 0.7 };
        let wanted = if copy.letter.is_marketing() { relevance * self.freshness() } else { 1.6 };
        if !self.dice.chance(habits.open * wanted) {
            return self.maybe_leave(copy, 0.0015);
        }
        if self.dice.chance(habits.click * relevance) {
            let clicked = self.dice.draw(&CLICKED);
            let opened = (clicked - self.dice.between(3 * SECOND, 2 * MINUTE)).max(clicked / 2);
            self.open(copy, opened);
            self.click(copy, clicked);
            self.maybe_leave(copy, 0.001);
        } else {
            let opened = self.dice.draw(&OPENED);
            self.open(copy, opened);
            self.maybe_leave(copy, 0.007);
        }
    }

    /// How much a mail still matters to somebody who has not been seen for so long.
    pub fn freshness(&self) -> f64 {
        match self.idle_days() {
            0..30 => 1.0,
            30..60 => 0.7,
            60..120 => 0.4,
            _ => 0.2,
        }
    }

    /// An open, where it can be known: a proxied program tells none.
    fn open(&mut self, copy: Copy, after: i64) {
        if self.person.is_proxied() {
            return;
        }
        self.mail(copy, after, MailStep::Opened(seconds(after)));
        if self.dice.chance(0.12) {
            let again = after + self.dice.between(HOUR, 2 * DAY);
            self.mail(copy, again, MailStep::Opened(seconds(again)));
        }
        if self.dice.chance(0.004) {
            self.mail(copy, after + 4 * MINUTE, MailStep::Replied);
        }
    }

    fn click(&mut self, copy: Copy, first: i64) {
        let device = self.device();
        let links = 1 + self.dice.weighted(&LINKS);
        let mut after = first;
        let mut last = None;
        for _ in 0..links {
            let place = self.choose(copy.letter, last);
            last = Some(place);
            self.mail(copy, after, MailStep::Clicked(place as u8));
            self.land(copy.letter.link(place), copy.sent + after, device, place == 0 || links == 1);
            after += self.dice.draw(&NEXT_LINK);
        }
    }

    /// The link that pulls most, by the lead's own topic and everybody's; never the same twice in a row.
    fn choose(&mut self, letter: Letter, last: Option<usize>) -> usize {
        let mut weights = [0.0; 7];
        for (place, weight) in weights.iter_mut().enumerate().take(letter.attractors()) {
            *weight = match letter.link(place).topic {
                Some(topic) if topic == self.state.topic => 6.0,
                Some(topic) => self.today.pull(topic),
                None => 8.0 * self.pricing_wish(),
            };
        }
        if let Some(last) = last {
            weights[last] = 0.0;
        }
        self.dice.weighted(&weights)
    }

    /// Behind a link: the page alone, or a visit that begins there.
    fn land(&mut self, link: Link, at: i64, device: u8, stays: bool) {
        let at = at + self.dice.between(700, 2_500);
        if self.state.known != NEVER {
            self.tie(at, device);
        }
        if let Some(topic) = link.topic {
            if topic != self.state.topic && self.dice.chance(0.3) {
                self.state.topic = topic;
            }
            self.follow(topic, at);
        }
        if stays {
            self.visit(at + 40, VisitSource::Mail, Some(link.page), device);
        } else {
            self.add(at + 40, self.on_site(device), Activity::Page { page: link.page, source: VisitSource::Mail });
        }
    }

    /// Unsubscribes with that chance, or, seldom, complains.
    fn maybe_leave(&mut self, copy: Copy, chance: f64) {
        if !copy.letter.is_marketing() || !self.dice.chance(chance) {
            return;
        }
        let after = self.dice.draw(&OPENED);
        if self.dice.chance(0.08) {
            self.state.left = self.day_of(copy.sent + after);
            return self.mail(copy, after, MailStep::MarkedAsSpam);
        }
        let topic = copy.letter.link(0).topic.unwrap_or(self.state.topic);
        let leaves = match self.dice.weighted(&[6.0, 2.0, 2.0]) {
            0 => UnsubscribeScope::Newsletter,
            1 => UnsubscribeScope::Topic(topic),
            _ => UnsubscribeScope::Everything,
        };
        if !matches!(leaves, UnsubscribeScope::Topic(_)) {
            self.state.left = self.day_of(copy.sent + after);
        }
        self.add(copy.sent + after, self.at_office(), Activity::Unsubscribed(leaves));
    }

    fn mail(&mut self, copy: Copy, after: i64, step: MailStep) {
        self.add(copy.sent + after, self.at_office(), copy.activity(step));
    }

    /// The same, caused by a machine.
    fn marked(&mut self, copy: Copy, after: i64, step: MailStep) {
        self.add(copy.sent + after, self.at_office() | flag::MACHINE, copy.activity(step));
    }
}

/// One e-mail to one lead.
#[derive(Clone, Copy)]
struct Copy {
    letter: Letter,
    number: u16,
    /// In ms.
    sent: i64,
}

impl Copy {
    fn activity(self, step: MailStep) -> Activity {
        Activity::Mail { letter: self.letter, copy: self.number, step }
    }
}

fn seconds(ms: i64) -> u32 {
    (ms / SECOND) as u32
}

/// Guide, then comparison, then case study, a week apart.
fn next(follow: Follow) -> Option<Follow> {
    let format = match follow.format {
        Format::Guide => Format::Comparison,
        Format::Comparison => Format::CaseStudy,
        Format::CaseStudy => return None,
    };
    Some(Follow { format, day: follow.day + 7, ..follow })
}
