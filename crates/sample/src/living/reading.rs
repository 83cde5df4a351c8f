//! A mail and its reader: the scanner before, the mail program, and the person, each by habits of its own.

use super::{Act, Link, LinkKind, Mail, Reaction};
use crate::calendar::{DAY, HOUR, MINUTE, SECOND};
use crate::catalogue::Topic;
use crate::clicks;
use crate::life::Life;
use crate::mail::{CLICKED, LINKS, LOADED, NEXT_LINK, OPENED};
use crate::person::Temperament;
use crate::visit::habits;

/// By what privacy proxies load images, and from where.
const PROXY: (&str, [u8; 4]) = ("Mozilla/5.0", [17, 58, 0, 0]);
/// A mail that offers choices is clicked more than a letter with a list of links, and one about nothing less.
const OFFERED: f64 = 2.2;
const WITHOUT_TOPICS: f64 = 0.8;
/// Shares of mails.
const AWAY: f64 = 0.006;
const LEFT_UNREAD: f64 = 0.002;
const LEFT_READ: f64 = 0.012;
const LEFT_CLICKED: f64 = 0.002;
/// Of those who leave: who complains instead, and who only takes a topic off or asks for fewer mails.
const COMPLAINS: f64 = 0.06;
const WANTS_LESS: f64 = 0.35;
/// Of those who see the button on the page of an offer, who press it.
const PRESSES: f64 = 0.85;

/// One reader before one mail.
struct Reader<'a, 'l> {
    life: &'a mut Life<'l>,
    mail: &'a Mail,
    by: (&'static str, [u8; 4]),
    reactions: Vec<Reaction>,
}

pub(super) fn reactions(life: &mut Life, mail: &Mail) -> Vec<Reaction> {
    let by = clicks::reader(life.person.dice(0x41));
    let mut reader = Reader { life, mail, by, reactions: Vec::new() };
    reader.receive();
    reader.reactions.sort_by_key(|reaction| reaction.at);
    reader.reactions
}

impl Reader<'_, '_> {
    fn receive(&mut self) {
        if self.life.person.address_is_dead() {
            let after = self.life.dice.between(2 * SECOND, HOUR);
            self.leave(after);
            return self.machine(after, Act::Bounce, PROXY);
        }
        if self.life.person.firm().scans_mail() {
            self.scan();
        }
        if self.mail.has_pixel && self.life.person.is_proxied() {
            let after = self.life.dice.draw(&LOADED);
            self.machine(after, Act::Load, PROXY);
        }
        if self.life.dice.chance(AWAY) {
            self.machine(7 * SECOND, Act::AutoReply, self.by);
        }
        self.read();
    }

    fn scan(&mut self) {
        let dice = self.life.person.dice(0x6000_0000 + u64::from(self.life.state.copies));
        for request in clicks::scan(dice, self.mail.sent, self.mail.links.len() as u16) {
            let act = match request.what {
                clicks::What::Image if self.mail.has_pixel => Act::Load,
                clicks::What::Link(place) => Act::Open(usize::from(place)),
                _ => continue,
            };
            let after = (request.at - self.mail.sent).max(0);
            self.machine(after, act, (request.agent, request.address));
        }
    }

    fn read(&mut self) {
        let habits = habits(self.life.state.temperament);
        let relevance = self.relevance();
        if !self.life.dice.chance(habits.open * relevance * self.life.freshness()) {
            return self.maybe_leave(LEFT_UNREAD);
        }
        let offered = if self.topics().next().is_some() { OFFERED } else { WITHOUT_TOPICS };
        if self.life.dice.chance((habits.click * offered * relevance).min(0.8)) {
            let clicked = self.life.dice.draw(&CLICKED);
            let opened = (clicked - self.life.dice.between(3 * SECOND, 2 * MINUTE)).max(clicked / 2);
            self.load(opened);
            self.click(clicked);
            self.maybe_leave(LEFT_CLICKED);
        } else {
            let opened = self.life.dice.draw(&OPENED);
            self.load(opened);
            self.maybe_leave(LEFT_READ);
        }
        self.maybe_reply();
    }

    fn topics(&self) -> impl Iterator<Item = Topic> + '_ {
        self.mail.links.iter().filter_map(topic)
    }

    /// How much the mail concerns its reader.
    fn relevance(&self) -> f64 {
        let own = self.life.state.topic;
        match self.topics().next() {
            None => 1.0,
            Some(_) if self.topics().any(|topic| topic == own) => 1.3,
            Some(_) => 0.6,
        }
    }

    /// An open, where it can be known: a proxy has loaded the images already.
    fn load(&mut self, after: i64) {
        if self.mail.has_pixel && !self.life.person.is_proxied() {
            self.act(after, Act::Load);
        }
    }

    fn click(&mut self, mut after: i64) {
        let mut last = None;
        for _ in 0..=self.life.dice.weighted(&LINKS) {
            let Some(place) = self.choose(last) else { return };
            last = Some(place);
            self.go_to(place, after);
            after += self.life.dice.draw(&NEXT_LINK);
        }
    }

    /// The link that pulls most, never the same twice in a row; `None` where there is none for people.
    fn choose(&mut self, last: Option<usize>) -> Option<usize> {
        let weights: Vec<f64> =
            self.mail.links.iter().enumerate().map(|(place, link)| self.pull(place, link, last)).collect();
        weights.iter().any(|weight| *weight > 0.0).then(|| self.life.dice.weighted(&weights))
    }

    fn pull(&self, place: usize, link: &Link, last: Option<usize>) -> f64 {
        let own = self.life.state.topic;
        match (link.kind, topic(link)) {
            _ if last == Some(place) => 0.0,
            (LinkKind::Hidden | LinkKind::Unsubscribe, _) => 0.0,
            (LinkKind::Preferences, _) => 0.15,
            (_, Some(topic)) if topic == own => 8.0,
            (_, Some(topic)) if topic == own.about().related => 1.2,
            (_, Some(topic)) => 0.4 * self.life.today.pull(topic),
            (_, None) => 0.8,
        }
    }

    fn go_to(&mut self, place: usize, after: i64) {
        self.act(after, Act::Open(place));
        match self.mail.links[place].kind {
            LinkKind::Offer if self.life.dice.chance(PRESSES) => {
                let read = self.life.dice.between(4 * SECOND, 40 * SECOND);
                self.act(after + read, Act::Choose(place));
            }
            LinkKind::Preferences => self.set_preferences(after + 30 * SECOND),
            _ => {}
        }
    }

    /// Fewer mails, or one topic less that does not matter.
    fn set_preferences(&mut self, after: i64) {
        let own = self.life.state.topic;
        let other = own.further(self.life.dice.between(1, 5));
        let act = match self.life.dice.weighted(&[2.0, 1.0, 2.0]) {
            0 => Act::ChooseFrequency("30d"),
            1 => Act::ChooseFrequency("14d"),
            _ => Act::LeaveTopic(other.about().id),
        };
        self.act(after, act);
    }

    /// Unsubscribes with that chance, or, seldom, complains or only asks for less.
    fn maybe_leave(&mut self, chance: f64) {
        if !self.mail.links.iter().any(|link| link.kind == LinkKind::Unsubscribe) || !self.life.dice.chance(chance) {
            return;
        }
        let after = self.life.dice.draw(&OPENED);
        if self.life.dice.chance(WANTS_LESS) {
            return self.set_preferences(after);
        }
        let act = if self.life.dice.chance(COMPLAINS) { Act::Complain } else { Act::Unsubscribe };
        self.leave(after);
        self.act(after, act);
    }

    /// From that day on it signs up for nothing any more.
    fn leave(&mut self, after: i64) {
        self.life.state.left = self.life.day_of(self.mail.sent + after);
    }

    fn maybe_reply(&mut self) {
        let chance = if self.life.state.temperament == Temperament::Buyer { 0.02 } else { 0.004 };
        if self.life.dice.chance(chance) {
            let after = self.life.dice.between(HOUR, 2 * DAY);
            self.act(after, Act::Reply);
        }
    }

    fn act(&mut self, after: i64, act: Act) {
        let (agent, address) = self.by;
        self.reactions.push(Reaction { at: self.mail.sent + after, act, agent, address, is_machine: false });
    }

    fn machine(&mut self, after: i64, act: Act, (agent, address): (&'static str, [u8; 4])) {
        self.reactions.push(Reaction { at: self.mail.sent + after, act, agent, address, is_machine: true });
    }
}

fn topic(link: &Link) -> Option<Topic> {
    link.topic.as_deref().and_then(Topic::of_id)
}
