//! One lead's day. What a lead remembers from day to day is small and of fixed size; everything else about it is told
//! again by `Person`.

use crate::calendar::{DAY, Date, HOUR, MINUTE, SECOND, Today};
use crate::catalogue::{Form, Format, Letter, Topic};
use crate::dice::Dice;
use crate::person::{FirmKind, Person, Temperament};
use crate::record::{Activity, DealStep, IdentifyReason, MailStep, Post, Record, Tag, delivery, flag};
use crate::sales::Sales;

/// A day that never comes.
pub const NEVER: u32 = u32::MAX;

/// What a lead remembers.
pub struct State {
    pub temperament: Temperament,
    pub topic: Topic,
    /// Days of the simulation: first heard of, beginning of its project, next visit of its own accord, name known, may
    /// be written to, left for good, last seen.
    pub first: u32,
    pub project: u32,
    pub next_visit: u32,
    pub known: u32,
    pub subscribed: u32,
    pub left: u32,
    pub seen: u32,
    messages: u32,
    /// The assets it has, as bits.
    pub assets: u32,
    pub copies: u16,
    pub visits_left: u8,
    /// Visits to the pricing page.
    pub pricing: u8,
    /// The devices known to be its own, as flags.
    pub tied: u8,
    pub has_user: bool,
    pub signed_up_twice: bool,
    pub attended: bool,
    pub registered: Option<Date>,
    pub follow: Option<Follow>,
    pub sales: Sales,
}

/// The next mail on a topic that the lead pulled.
#[derive(Clone, Copy)]
pub struct Follow {
    pub topic: Topic,
    pub format: Format,
    pub day: u32,
}

impl State {
    pub fn new(person: Person, days: u32) -> State {
        let temperament = person.temperament();
        let first = person.first_day(days);
        State {
            temperament,
            topic: Topic(0),
            first,
            project: if temperament == Temperament::Buyer { person.project_day(days).max(first) } else { NEVER },
            next_visit: NEVER,
            known: NEVER,
            subscribed: NEVER,
            left: NEVER,
            seen: first,
            messages: 0,
            assets: 0,
            copies: 0,
            visits_left: 0,
            pricing: 0,
            tied: 0,
            has_user: false,
            signed_up_twice: false,
            attended: false,
            registered: None,
            follow: None,
            sales: Sales::default(),
        }
    }
}

/// A lead, today.
pub struct Life<'a> {
    pub today: &'a Today,
    pub person: Person,
    pub state: &'a mut State,
    pub post: &'a mut Post,
    pub dice: Dice,
    /// How much later than usual its messages leave: a phone without a network, a list read on the next morning.
    pub lag: i64,
}

impl<'a> Life<'a> {
    pub fn new(today: &'a Today, person: Person, state: &'a mut State, post: &'a mut Post) -> Life<'a> {
        let dice = person.dice(0x1000 + u64::from(today.number));
        Life { today, person, state, post, dice, lag: 0 }
    }

    /// Whether anything may happen today; asked of every lead on every day.
    pub fn is_quiet(today: &Today, state: &State) -> bool {
        let day = today.number;
        let may_be_written_to = state.subscribed < day && state.left > day;
        let mailed = may_be_written_to && (today.newsletter || today.launch || today.invitation.is_some());
        let waits = state.next_visit == day || state.sales.due == day || state.first == day;
        let follow = state.follow.is_some_and(|follow| follow.day == day);
        let webinar = today.webinar.is_some() && state.registered.is_some();
        day < state.first || !(mailed || waits || follow || webinar)
    }

    pub fn day(mut self) {
        if self.today.number == self.state.first && !self.puts_off() {
            self.begin();
        }
        if self.today.number == self.state.next_visit {
            self.maybe_visit();
        }
        self.letters();
        self.webinar();
        self.sales();
    }

    /// In a quiet season some who would have come do so weeks later.
    fn puts_off(&mut self) -> bool {
        let later = !self.person.is_listed() && !self.dice.chance(self.today.season);
        if later {
            self.state.first += self.dice.between(10, 40) as u32;
        }
        later
    }

    fn begin(&mut self) {
        self.state.topic = self.person.topic(self.today.popular_topic(&mut self.dice));
        let (least, most) = crate::visit::habits(self.state.temperament).visits;
        self.state.visits_left = self.dice.between(least, most) as u8;
        if self.person.is_listed() {
            self.be_listed();
            self.state.next_visit = self.today.number + self.dice.between(1, 25) as u32;
        } else {
            self.state.next_visit = self.today.number;
        }
    }

    /// Comes with the list that the company brought: everything from before the first day, marked as history.
    fn be_listed(&mut self) {
        let listed = self.person.listed_on(self.today.date).midnight() + 10 * HOUR;
        self.state.known = self.today.number;
        self.state.has_user = true;
        self.bring(listed, Activity::Identify(IdentifyReason::List));
        if self.person.firm().kind() != FirmKind::Private {
            self.bring(listed, Activity::Group);
        }
        if self.dice.chance(0.85) {
            self.state.subscribed = self.today.number;
            self.bring(listed, Activity::Subscribed(Form::Newsletter));
            if !self.today.letters && self.person.allows_tracking() {
                self.bring(listed, Activity::TrackingAllowed(Form::Newsletter));
            }
        }
        match self.state.temperament {
            Temperament::Customer => self.have_bought(listed),
            Temperament::Reader => self.have_read(listed),
            _ => self.bring(listed, Activity::Tagged(Tag::Fair)),
        }
    }

    fn have_bought(&mut self, listed: i64) {
        self.state.sales.deals = 1;
        let amount = self.price();
        self.bring(listed + HOUR, Activity::Deal { step: DealStep::Created, number: 1, amount });
        self.bring(listed + 9 * DAY, Activity::Deal { step: DealStep::Won, number: 1, amount });
    }

    fn have_read(&mut self, listed: i64) {
        if !self.today.letters {
            return;
        }
        let letter = Letter::Newsletter(Date::of(listed).after(6));
        let (sent, copy) = (listed + 6 * DAY, self.next_copy());
        let age = self.dice.between(300, 90_000);
        for (after, step) in [(0, MailStep::Sent), (5, MailStep::Delivered), (age, MailStep::Opened(age as u32))] {
            self.bring(sent + after * SECOND, Activity::Mail { letter, copy, step });
        }
    }

    /// Brings in what happened before the first day: all of the list arrives within an hour of this one.
    fn bring(&mut self, at: i64, activity: Activity) {
        let imported = self.today.date.midnight() + 6 * HOUR + i64::from(self.person.number % 3_600) * SECOND;
        self.put(at, imported + i64::from(self.state.messages), flag::USER | flag::HISTORY, activity);
    }

    pub fn next_copy(&mut self) -> u16 {
        self.state.copies = self.state.copies.wrapping_add(1);
        self.state.copies
    }

    /// Something happens, and its message is on its way.
    pub fn add(&mut self, at: i64, flags: u8, activity: Activity) {
        self.put(at, at + self.lag, flags, activity);
    }

    /// Puts a message into the post: mostly it arrives a moment later, some late, some twice.
    fn put(&mut self, at: i64, sent: i64, flags: u8, activity: Activity) {
        let (way, again) = delivery(&mut self.dice);
        let number = self.state.messages;
        self.state.messages += 1;
        let record = Record { received: sent + way, at, lead: self.person.number, number, flags, activity };
        self.post.add(record);
        if let Some(after) = again {
            self.post.add(Record { received: record.received + after, ..record });
        }
    }

    /// The ids that the site knows on this device.
    pub fn on_site(&self, device: u8) -> u8 {
        let tied = self.state.tied & device != 0;
        device | if tied && self.state.has_user { flag::USER } else { 0 }
    }

    /// The ids that the company's own programs know.
    pub fn at_office(&self) -> u8 {
        match (self.state.has_user, self.state.tied & flag::DEVICE) {
            (true, _) => flag::USER,
            (false, flag::DEVICE) => flag::DEVICE,
            (false, _) => flag::PHONE,
        }
    }

    /// Gives its name in a form, at `at`.
    pub fn become_known(&mut self, at: i64, device: u8, form: Form) {
        self.state.known = self.day_of(at);
        self.state.has_user = form == Form::Demo || !self.person.lacks_user_id();
        if self.state.has_user && device == flag::DEVICE && self.dice.chance(0.03) {
            self.add(at, flag::USER, Activity::Identify(IdentifyReason::Form));
            self.add(at + 20, flag::USER, Activity::AliasVisitor);
            self.state.tied |= device;
        } else {
            self.state.tied |= device;
            self.add(at, self.on_site(device), Activity::Identify(IdentifyReason::Form));
        }
        if self.person.firm().kind() != FirmKind::Private && self.dice.chance(0.85) {
            self.add(at + MINUTE, self.at_office(), Activity::Group);
        }
    }

    /// Ticks the box, or does not.
    pub fn maybe_subscribe(&mut self, at: i64, device: u8, form: Form) {
        let ticks = match form {
            Form::Newsletter => 1.0,
            Form::Webinar => 0.85,
            Form::Download => 0.75,
            Form::Demo => 0.65,
        };
        if self.state.subscribed == NEVER && self.state.left == NEVER && self.dice.chance(ticks) {
            self.state.subscribed = self.day_of(at);
            self.add(at + 10, self.on_site(device), Activity::Subscribed(form));
            self.maybe_be_measured(at + 20, self.on_site(device), form);
        }
    }

    /// Ticks the second box, or does not. It is asked only where the mails are the server's own.
    fn maybe_be_measured(&mut self, at: i64, flags: u8, form: Form) {
        if !self.today.letters && self.person.allows_tracking() {
            self.add(at, flags, Activity::TrackingAllowed(form));
        }
    }

    /// The day of the simulation on which an instant lies; today at the earliest.
    pub fn day_of(&self, at: i64) -> u32 {
        self.today.number + ((at - self.today.date.midnight()) / DAY).max(0) as u32
    }
}
