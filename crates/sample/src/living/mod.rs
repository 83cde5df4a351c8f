//! The company whose e-mails are sent by the server itself: its messages without any letters, and what people and
//! scanners do with the mails that they really get. Nothing in here knows how anybody would judge that.
//!
//! A person does the same with the same mails, however many others there are.

mod reading;

use std::collections::BTreeMap;

use crate::calendar::{DAY, Today};
use crate::catalogue::{SitePage, Topic, VisitSource};
use crate::life::{Life, NEVER};
use crate::person::Person;
use crate::record::{Activity, Post, Record};
use crate::wire::Writer;
use crate::{Company, Days, Message};

/// A mail as it is in front of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The address to which it went, in lower case.
    pub to: String,
    /// In ms since 1970.
    pub sent: i64,
    /// Whether it has a pixel.
    pub has_pixel: bool,
    /// In the order of the mail.
    pub links: Vec<Link>,
}

/// A link of a mail, as far as who reads it can see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub kind: LinkKind,
    /// The path on the company's site to which the author's link leads; empty where it leads elsewhere.
    pub path: String,
    /// The id of the topic that it stands for.
    pub topic: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Leads to the author's page by way of the server.
    Tracked,
    /// As the author wrote it.
    Plain,
    /// Leads to a page with one button that chooses the topic.
    Offer,
    /// No person sees it.
    Hidden,
    Unsubscribe,
    Preferences,
}

/// What somebody does with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// In ms since 1970.
    pub at: i64,
    pub act: Act,
    /// By what: the header `User-Agent`.
    pub agent: &'static str,
    pub address: [u8; 4],
    /// The truth, for tests.
    pub is_machine: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Its images are loaded.
    Load,
    /// Goes to the page behind the link at this place.
    Open(usize),
    /// Presses the button on the page of the offer at this place.
    Choose(usize),
    /// Presses the button of the mail program that unsubscribes.
    Unsubscribe,
    /// Takes this topic off on the page of preferences.
    LeaveTopic(&'static str),
    /// Chooses on the page of preferences how often mails come, such as `30d`.
    ChooseFrequency(&'static str),
    Reply,
    /// The mail program answers that nobody is there.
    AutoReply,
    Complain,
    /// The address does not exist.
    Bounce,
}

/// The company, day by day, and its people before their mail.
pub struct Living {
    days: Days,
    writer: Writer,
    /// The numbers of people by their addresses.
    people: BTreeMap<String, u32>,
}

impl Living {
    pub fn new(company: &Company) -> Living {
        let days = Days { letters: false, ..Days::new(company) };
        let person = |number| Person { seed: company.seed, number };
        let both = |number| [(person(number).email(), number), (person(number).other_email(), number)];
        let people = (0..company.leads).flat_map(both).collect();
        Living { days, writer: Writer::new(company.seed), people }
    }

    /// The messages of the next day, in the order received; `None` when the story is over.
    pub fn day(&mut self) -> Option<Vec<Message>> {
        let records = self.days.next()?;
        Some(records.iter().map(|record| self.written(record)).collect())
    }

    /// When the next day begins, in ms since 1970.
    pub fn next_day(&self) -> i64 {
        self.days.first.midnight() + i64::from(self.days.next) * DAY
    }

    /// What somebody does with a mail, and the scanner before; nothing where nobody has the address.
    pub fn read(&mut self, mail: &Mail) -> Vec<Reaction> {
        let Some((mut post, today, number)) = self.at(&mail.to, mail.sent) else { return Vec::new() };
        let reactions = self.live(&today, number, &mut post, 0x4000_0000, |life| {
            let copy = life.next_copy();
            life.dice = life.person.dice(0x4000_0000 + u64::from(copy));
            reading::reactions(life, mail)
        });
        reactions.unwrap_or_default()
    }

    /// What a person does behind a link: a page, or a visit that begins there. The messages that come on the same day;
    /// later ones come with their days.
    pub fn follow(&mut self, to: &str, link: &Link, at: i64) -> Vec<Message> {
        let Some((mut post, today, number)) = self.at(to, at) else { return Vec::new() };
        let Some(page) = SitePage::of_path(&link.path) else { return Vec::new() };
        let topic = link.topic.as_deref().and_then(Topic::of_id);
        self.live(&today, number, &mut post, 0x5000_0000 + at as u64, |life| land(life, page, topic, at));
        let midnight = self.next_day();
        let (now, later): (Vec<Record>, Vec<Record>) =
            post.empty().into_iter().partition(|record| record.received < midnight);
        later.into_iter().for_each(|record| self.days.post.add(record));
        now.iter().map(|record| self.written(record)).collect()
    }

    /// The day of an instant, and whose address it is.
    fn at(&self, address: &str, instant: i64) -> Option<(Post, Today, u32)> {
        let number = *self.people.get(address)?;
        let day = (instant - self.days.first.midnight()).div_euclid(DAY).max(0);
        let today = self.days.day(u32::try_from(day).unwrap_or(u32::MAX));
        Some((Post::new(today.date.midnight()), today, number))
    }

    fn live<T>(
        &mut self,
        today: &Today,
        number: u32,
        post: &mut Post,
        salt: u64,
        act: impl FnOnce(&mut Life) -> T,
    ) -> Option<T> {
        let person = Person { seed: self.days.seed, number };
        let state = self.days.leads.get_mut(number as usize)?;
        let mut life = Life::new(today, person, state, post);
        life.dice = person.dice(salt);
        Some(act(&mut life))
    }

    fn written(&mut self, record: &Record) -> Message {
        let mut line = Vec::with_capacity(400);
        self.writer.line(&mut line, record);
        line.pop();
        Message { received: record.received, json: String::from_utf8_lossy(&line).into_owned() }
    }
}

/// The page alone, or a visit that begins there; what pulls somebody may become its topic.
fn land(life: &mut Life, page: SitePage, topic: Option<Topic>, at: i64) {
    let device = life.device();
    let at = at + life.dice.between(700, 2_500);
    if life.state.known != NEVER {
        life.tie(at, device);
    }
    if let Some(topic) = topic.filter(|topic| *topic != life.state.topic)
        && life.dice.chance(0.3)
    {
        life.state.topic = topic;
    }
    if life.dice.chance(0.7) {
        life.visit(at + 40, VisitSource::Mail, Some(page), device);
    } else {
        life.add(at + 40, life.on_site(device), Activity::Page { page, source: VisitSource::Mail });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = crate::END - 100 * DAY;

    fn company(leads: u32) -> Company {
        Company::ending(leads, 180, 7)
    }

    fn link(kind: LinkKind, topic: Topic) -> Link {
        let (path, topic) = (topic.page(2).path().to_owned(), Some(topic.about().id.to_owned()));
        Link { kind, path, topic }
    }

    /// Four attractors, the hidden link and those of the foot.
    fn mail(to: String, kind: LinkKind) -> Mail {
        let mut links: Vec<Link> = [0, 1, 3, 4].map(|topic| link(kind, Topic(topic))).to_vec();
        let foot = |kind| Link { kind, path: String::new(), topic: None };
        links.extend([foot(LinkKind::Hidden), foot(LinkKind::Unsubscribe), foot(LinkKind::Preferences)]);
        Mail { to, sent: AT, has_pixel: kind == LinkKind::Tracked, links }
    }

    fn all(leads: u32, kind: LinkKind) -> Vec<(u32, Vec<Reaction>)> {
        let mut living = Living::new(&company(leads));
        while living.next_day() <= AT {
            living.day();
        }
        let email = |number| Person { seed: 7, number }.email();
        (0..leads).map(|number| (number, living.read(&mail(email(number), kind)))).collect()
    }

    #[test]
    fn its_messages_have_no_letters_and_the_rest_is_there() {
        let mut living = Living::new(&company(300));
        let days: Vec<Message> = std::iter::from_fn(|| living.day()).flatten().collect();
        let has = |text: &str| days.iter().any(|message| message.json.contains(text));
        assert!(!has("\"Email "));
        assert!(has("Subscribed") && has("Tracking Allowed") && has("Demo Requested") && has("Deal Won"));
        assert!(days.is_sorted_by_key(|message| message.received));
    }

    #[test]
    fn people_do_the_same_however_many_others_there_are() {
        let (few, many) = (all(100, LinkKind::Tracked), all(400, LinkKind::Tracked));
        assert_eq!(few[..], many[..100]);
        assert!(few.iter().any(|(_, reactions)| !reactions.is_empty()));
    }

    #[test]
    fn people_choose_what_they_care_about_and_never_see_the_hidden_link() {
        let mut living = Living::new(&company(2_000));
        while living.next_day() <= AT {
            living.day();
        }
        let (mut own, mut other) = (0, 0);
        for number in 0..2_000_u32 {
            let mail = mail(Person { seed: 7, number }.email(), LinkKind::Offer);
            let topic = living.days.leads[number as usize].topic.about().id;
            for reaction in living.read(&mail).into_iter().filter(|reaction| !reaction.is_machine) {
                let Act::Choose(place) = reaction.act else { continue };
                let chosen = mail.links[place].topic.as_deref();
                *(if chosen == Some(topic) { &mut own } else { &mut other }) += 1;
            }
        }
        assert!(own > 40 && own > 2 * other, "{own}, {other}");
        let reactions = all(1_000, LinkKind::Tracked).into_iter().flat_map(|(_, reactions)| reactions);
        assert!(reactions.filter(|one| !one.is_machine).all(|one| one.act != Act::Open(4)));
    }

    #[test]
    fn every_habit_occurs_and_nobody_acts_before_the_mail_is_there() {
        let all: Vec<Reaction> = all(20_000, LinkKind::Tracked).into_iter().flat_map(|(_, all)| all).collect();
        assert!(all.iter().all(|one| one.at >= AT));
        let count = |is: fn(&Act) -> bool| all.iter().filter(|one| is(&one.act)).count();
        let counts = [
            count(|act| *act == Act::Load),
            count(|act| matches!(act, Act::Open(_))),
            count(|act| *act == Act::Unsubscribe),
            count(|act| matches!(act, Act::LeaveTopic(_))),
            count(|act| matches!(act, Act::ChooseFrequency(_))),
            count(|act| *act == Act::Reply),
            count(|act| *act == Act::AutoReply),
            count(|act| *act == Act::Complain),
            count(|act| *act == Act::Bounce),
        ];
        assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    }

    #[test]
    fn a_click_brings_a_visit() {
        let mut living = Living::new(&company(50));
        while living.next_day() <= AT {
            living.day();
        }
        let to = Person { seed: 7, number: 3 }.email();
        let messages = living.follow(&to, &link(LinkKind::Tracked, Topic(1)), AT);
        assert!(messages.iter().any(|message| message.json.contains("/blog/stock-basics")), "{messages:?}");
        assert!(messages.is_sorted_by_key(|message| message.received));
        assert!(living.follow("nobody@home.example", &link(LinkKind::Tracked, Topic(1)), AT).is_empty());
    }
}
