//! What leads do on the site: which pages, what they download and ask for, and how each temperament goes about it.

use crate::calendar::{DAY, HOUR, MINUTE, SECOND};
use crate::catalogue::{Asset, Form, Format, Letter, SitePage, Topic, VisitSource};
use crate::dice::Spread;
use crate::life::{Follow, Life, NEVER};
use crate::person::Temperament;
use crate::record::{Activity, IdentifyReason, flag};

/// Shares of visits, unless said otherwise.
pub struct Habits {
    /// Days from one visit to the next.
    gap: Spread,
    /// Least and most visits of its own accord.
    pub visits: (i64, i64),
    /// Least and most pages of one visit.
    pages: (i64, i64),
    /// Pages that are the pricing page.
    pricing: f64,
    /// Pages that are a guide's, and guides that are then downloaded.
    guide: f64,
    download: f64,
    newsletter: f64,
    demo: f64,
    /// Mails opened, and opened ones clicked.
    pub open: f64,
    pub click: f64,
}

const WEEKS: Spread = Spread(&[(0, 1), (250, 4), (500, 10), (900, 40), (1_000, 80)]);
const DAYS: Spread = Spread(&[(0, 1), (500, 5), (900, 14), (1_000, 30)]);

const BROWSER: Habits = Habits {
    gap: WEEKS,
    visits: (1, 3),
    pages: (1, 4),
    pricing: 0.05,
    guide: 0.08,
    download: 0.25,
    newsletter: 0.05,
    demo: 0.002,
    open: 0.2,
    click: 0.06,
};
const RESEARCHER: Habits = Habits {
    gap: DAYS,
    visits: (2, 7),
    pages: (2, 5),
    pricing: 0.04,
    guide: 0.25,
    download: 0.6,
    newsletter: 0.08,
    demo: 0.006,
    open: 0.36,
    click: 0.15,
};
const BUYER: Habits = Habits {
    gap: DAYS,
    visits: (6, 14),
    pages: (2, 6),
    pricing: 0.22,
    guide: 0.16,
    download: 0.55,
    newsletter: 0.06,
    demo: 0.25,
    open: 0.48,
    click: 0.22,
};
const TYRE_KICKER: Habits = Habits {
    gap: DAYS,
    visits: (2, 7),
    pages: (2, 5),
    pricing: 0.4,
    guide: 0.06,
    download: 0.4,
    newsletter: 0.04,
    demo: 0.03,
    open: 0.2,
    click: 0.06,
};
const READER: Habits = Habits {
    gap: WEEKS,
    visits: (1, 5),
    pages: (1, 4),
    pricing: 0.03,
    guide: 0.12,
    download: 0.4,
    newsletter: 0.6,
    demo: 0.003,
    open: 0.54,
    click: 0.14,
};
const CUSTOMER: Habits = Habits {
    gap: DAYS,
    visits: (6, 30),
    pages: (1, 4),
    pricing: 0.04,
    guide: 0.08,
    download: 0.3,
    newsletter: 0.02,
    demo: 0.0,
    open: 0.36,
    click: 0.08,
};
const CRAWLER: Habits = Habits {
    gap: Spread(&[(0, 1), (1_000, 6)]),
    visits: (5, 20),
    pages: (3, 12),
    pricing: 0.0,
    guide: 0.0,
    download: 0.0,
    newsletter: 0.0,
    demo: 0.0,
    open: 0.0,
    click: 0.0,
};

pub fn habits(temperament: Temperament) -> &'static Habits {
    match temperament {
        Temperament::Browser => &BROWSER,
        Temperament::Researcher => &RESEARCHER,
        Temperament::Buyer => &BUYER,
        Temperament::TyreKicker => &TYRE_KICKER,
        Temperament::Reader => &READER,
        Temperament::Customer => &CUSTOMER,
        Temperament::Crawler => &CRAWLER,
    }
}

const DWELL: Spread = Spread(&[(0, 4 * SECOND), (500, 45 * SECOND), (900, 4 * MINUTE), (1_000, 12 * MINUTE)]);
const NO_NETWORK: Spread = Spread(&[(0, 10 * MINUTE), (700, 8 * HOUR), (1_000, 4 * DAY)]);
/// How likely who downloads something takes the topic's next asset at once.
const TAKES_NEXT: f64 = 0.42;
/// How likely a lead takes up a related topic, at each visit.
const DRIFT: f64 = 0.04;

impl Life<'_> {
    /// A visit of its own accord, unless the day is too quiet for it.
    pub fn maybe_visit(&mut self) {
        if !self.dice.chance(self.today.activity / 1.5) {
            self.state.next_visit += 1;
            return;
        }
        self.plan_next_visit();
        let at = self.today.at_leisure(self.person.zone(), &mut self.dice);
        match self.state.temperament {
            Temperament::Crawler => self.crawl(at),
            Temperament::Customer if self.dice.chance(0.7) => self.use_the_app(at),
            _ => {
                let source = VisitSource::ARRIVALS[self.dice.weighted(&[4.0, 3.0, 1.5, 1.2, 0.6])];
                let device = self.device();
                self.visit(at, source, None, device);
            }
        }
    }

    fn plan_next_visit(&mut self) {
        self.state.visits_left = self.state.visits_left.saturating_sub(1);
        let usual = self.dice.draw(&habits(self.state.temperament).gap);
        let hurried = if self.urgency() > 0.0 { usual / 2 } else { usual };
        let gap = (hurried as f64 / self.today.season) as u32;
        let next = self.today.number.saturating_add(gap.max(1));
        // A project brings a buyer back, whatever the usual gap.
        let waits_for_project = (self.today.number + 1..=next).contains(&self.state.project);
        self.state.next_visit = match self.state.visits_left {
            0 => NEVER,
            _ if waits_for_project => self.state.project,
            _ => next,
        };
    }

    /// How far a buyer's project has come: 0 before it, 1 three weeks into it.
    fn urgency(&self) -> f64 {
        match self.today.number.checked_sub(self.state.project) {
            Some(days) => f64::from(days.min(20) + 1) / 21.0,
            None => 0.0,
        }
    }

    pub fn device(&mut self) -> u8 {
        if self.person.has_phone() && self.dice.chance(0.35) { flag::PHONE } else { flag::DEVICE }
    }

    fn crawl(&mut self, at: i64) {
        let pages = self.dice.between(3, 12) as usize;
        let first = self.dice.below(40);
        for number in 0..pages {
            let activity = Activity::Page { page: SitePage::nth(first + number), source: VisitSource::Direct };
            self.add(at + number as i64 * 1_700, flag::DEVICE | flag::MACHINE, activity);
        }
    }

    fn use_the_app(&mut self, mut at: i64) {
        self.state.seen = self.today.number;
        for _ in 0..self.dice.between(1, 4) {
            let activity = Activity::Screen(self.dice.below(4) as u8);
            self.add(at, flag::USER, activity);
            at += self.dice.draw(&DWELL);
        }
    }

    /// A visit that lands on `landing`, or where its source leads.
    pub fn visit(&mut self, at: i64, source: VisitSource, landing: Option<SitePage>, device: u8) {
        if device == flag::PHONE && self.dice.chance(0.04) {
            self.lag = self.dice.draw(&NO_NETWORK);
        }
        self.state.seen = self.day_of(at);
        if self.dice.chance(DRIFT) {
            self.state.topic = self.state.topic.about().related;
        }
        let habits = habits(self.state.temperament);
        let pages = self.dice.between(habits.pages.0, habits.pages.1);
        let landing = landing.unwrap_or_else(|| self.landing(source));
        let mut at = self.look_at(at, landing, source, device);
        for _ in 1..pages {
            let page = self.next_page();
            at = self.look_at(at, page, VisitSource::Direct, device);
        }
        if self.lag == 0 {
            self.ask(at, device);
        }
        self.lag = 0;
    }

    fn landing(&mut self, source: VisitSource) -> SitePage {
        let topic = self.wanted_topic();
        match (source, self.dice.below(3)) {
            (VisitSource::Advertisement | VisitSource::Partner, _) => topic.page(0),
            (VisitSource::Social, _) | (VisitSource::Search, 0) => topic.page(2),
            (VisitSource::Search, _) => topic.page(0),
            (_, 0) => topic.page(0),
            _ => SitePage::HOME,
        }
    }

    /// Mostly its own, else what everybody talks about.
    pub fn wanted_topic(&mut self) -> Topic {
        if self.dice.chance(0.78) { self.state.topic } else { self.today.popular_topic(&mut self.dice) }
    }

    fn next_page(&mut self) -> SitePage {
        let habits = habits(self.state.temperament);
        let pricing = habits.pricing * self.eagerness();
        let topic = self.wanted_topic();
        match self.dice.weighted(&[pricing, habits.guide, 0.02, 0.06, 0.01, 0.04, 0.06, 0.55]) {
            0 => SitePage::PRICING,
            1 => topic.guide_page(),
            2 => SitePage::DEMO,
            3 => SitePage::CUSTOMERS,
            4 => SitePage::CAREERS,
            5 => SitePage::WEBINARS,
            6 => SitePage::BLOG,
            _ => topic.page([0, 1, 2, 4][self.dice.below(4)]),
        }
    }

    /// A buyer's wish for prices grows with the project; that of others stays.
    fn eagerness(&self) -> f64 {
        if self.state.temperament == Temperament::Buyer { 0.1 + 1.4 * self.urgency() } else { 1.0 }
    }

    /// Looks at a page and does what the page asks for; when it goes on.
    fn look_at(&mut self, at: i64, page: SitePage, source: VisitSource, device: u8) -> i64 {
        self.add(at, self.on_site(device), Activity::Page { page, source });
        let habits = habits(self.state.temperament);
        let leaves = at + self.dice.draw(&DWELL);
        let topic = Topic::ALL.into_iter().find(|topic| topic.guide_page() == page);
        match topic {
            // Without a network nothing can be asked for.
            _ if self.lag > 0 => {}
            Some(topic) if self.dice.chance(habits.download) => self.download(leaves, topic, device),
            _ if page == SitePage::PRICING => self.state.pricing = self.state.pricing.saturating_add(1),
            _ if page == SitePage::WEBINARS && self.dice.chance(habits.download / 2.0) => self.register(leaves, device),
            _ => {}
        }
        leaves
    }

    /// The topic's next asset, behind a form for those who are not known. Who has one often takes the next one too.
    fn download(&mut self, at: i64, topic: Topic, device: u8) {
        let Some(mut asset) = self.fresh(topic) else { return };
        if self.state.known == NEVER {
            // Half of the strangers turn back at the form.
            if self.dice.chance(0.5) {
                return;
            }
            self.submit(at, device, Form::Download);
            self.letter(Letter::Download(topic), at + 20 * SECOND);
        }
        let mut taken = at + 30 * SECOND;
        loop {
            self.state.assets |= asset.bit();
            self.add(taken, self.on_site(device), Activity::Downloaded(asset));
            taken += self.dice.between(20, 120) * SECOND;
            match self.fresh(topic).filter(|_| self.dice.chance(TAKES_NEXT)) {
                Some(next) => asset = next,
                None => break,
            }
        }
        self.follow(topic, at);
    }

    /// The first asset of a topic that it does not have.
    fn fresh(&self, topic: Topic) -> Option<Asset> {
        Format::ALL.map(|format| Asset { topic, format }).into_iter().find(|asset| self.state.assets & asset.bit() == 0)
    }

    /// Fills a form and becomes known by it.
    fn submit(&mut self, at: i64, device: u8, form: Form) {
        self.add(at, self.on_site(device), Activity::Submitted(form));
        if self.state.known == NEVER {
            self.become_known(at + 40, device, form);
        } else if self.state.tied & device == 0 {
            self.tie(at + 40, device);
        } else if self.person.signs_up_twice() && !self.state.signed_up_twice {
            self.sign_up_again(at + 40, device);
        }
        self.maybe_subscribe(at + 50, device, form);
    }

    fn sign_up_again(&mut self, at: i64, device: u8) {
        self.state.signed_up_twice = true;
        self.add(at, flag::OTHER_USER | device, Activity::Identify(IdentifyReason::Again));
        let noticed = at + self.dice.between(1, 20) * DAY;
        self.add(noticed, flag::USER, Activity::AliasUser);
    }

    /// Makes a device known as this lead's own.
    pub fn tie(&mut self, at: i64, device: u8) {
        if self.state.tied & device == 0 {
            self.state.tied |= device;
            self.add(at, self.on_site(device), Activity::Identify(IdentifyReason::Tie));
        }
    }

    fn register(&mut self, at: i64, device: u8) {
        let coming = (1..=28).map(|days| self.today.date.after(days)).find(|date| date.webinar().is_some());
        let Some((date, topic)) = coming.and_then(|date| Some((date, date.webinar()?))) else { return };
        if self.state.registered.is_none() {
            self.submit(at, device, Form::Webinar);
            self.state.registered = Some(date);
            self.add(at + 60, self.on_site(device), Activity::Registered(topic, date));
        }
    }

    /// At the end of a visit: the newsletter, or a demo.
    fn ask(&mut self, at: i64, device: u8) {
        let habits = habits(self.state.temperament);
        if self.state.known == NEVER && self.dice.chance(habits.newsletter) {
            self.submit(at, device, Form::Newsletter);
        }
        let buyer = self.state.temperament == Temperament::Buyer;
        let ready = if buyer { self.state.pricing >= 2 } else { self.state.pricing >= 1 || self.state.attended };
        let wish = habits.demo * if buyer { self.urgency() } else { 1.0 };
        if ready && self.state.sales.is_idle() && self.dice.chance(wish) {
            self.add(at, self.on_site(device), Activity::Page { page: SitePage::DEMO, source: VisitSource::Direct });
            let asked = at + self.dice.between(20, 90) * SECOND;
            self.submit(asked, device, Form::Demo);
            self.add(asked + 500, self.on_site(device), Activity::DemoRequested(self.state.topic));
            self.demo_requested(asked);
        }
    }

    /// Two days later the company writes about the topic, unless it already does about another.
    pub fn follow(&mut self, topic: Topic, at: i64) {
        if self.state.follow.is_none() {
            self.state.follow = Some(Follow { topic, format: Format::Guide, day: self.day_of(at) + 2 });
        }
    }

    /// The day of a webinar: most of those who registered come.
    pub fn webinar(&mut self) {
        let (Some(topic), Some(date)) = (self.today.webinar, self.state.registered) else { return };
        if date != self.today.date {
            return;
        }
        self.state.registered = None;
        if self.dice.chance(0.56) {
            self.state.attended = true;
            self.state.seen = self.today.number;
            let joined = self.today.date.midnight() + 14 * HOUR + self.dice.between(-5, 20) * MINUTE;
            // The platform's list is read on the next morning.
            self.lag = self.today.date.midnight() + DAY + 7 * HOUR - joined;
            self.add(joined, self.at_office(), Activity::Attended(topic, date));
            self.lag = 0;
        }
    }
}
