//! The sample company while a server runs: what its people are about to do, in the order of time.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_engine::time::{Duration, Instant};
use attractor_live::Arrived;
use attractor_sample::living::{Living, Reaction};
use attractor_sample::{Company, Message};

use super::acts;
use super::campaigns::Campaigns;
use super::postbox::Postbox;
use super::seen::SeenMail;
use super::understood;
use crate::App;
use crate::refusal::Refusal;

/// Within this long messages go into one transaction: well under an hour, so that none is late.
const SPAN: Duration = Duration(45 * 60 * 1_000);
const GROUP: usize = 500;

/// The company, its people, and what they are about to do.
pub struct LivingCompany {
    pub app: Arc<App>,
    pub postbox: Arc<Postbox>,
    living: Living,
    campaigns: Campaigns,
    /// Each by its instant and, of those of one instant, in the order planned.
    messages: BTreeMap<(Instant, u64), Message>,
    reactions: BTreeMap<(Instant, u64), (Arc<SeenMail>, Reaction)>,
    planned: u64,
    is_over: bool,
}

/// What happens next.
pub enum Happening {
    Messages(MessageGroup),
    Reaction(Arc<SeenMail>, Reaction),
}

/// Messages as they would have arrived.
pub struct MessageGroup {
    pub messages: Vec<Arrived>,
    pub first: Instant,
    pub last: Instant,
}

impl LivingCompany {
    pub fn new(app: Arc<App>, postbox: Arc<Postbox>, company: &Company) -> LivingCompany {
        LivingCompany {
            app,
            postbox,
            living: Living::new(company),
            campaigns: Campaigns::from(Instant(company.start)),
            messages: BTreeMap::new(),
            reactions: BTreeMap::new(),
            planned: 0,
            is_over: company.leads == 0,
        }
    }

    /// When something happens next; `None` when the story is over.
    pub fn next(&self) -> Option<Instant> {
        let first = [self.messages.keys().next(), self.reactions.keys().next()];
        let days = (!self.is_over).then(|| Instant(self.living.next_day()).min(self.campaigns.next()));
        first.into_iter().flatten().map(|(at, _)| *at).chain(days).min()
    }

    /// Takes the mail that came, and decides what everybody does with it.
    pub async fn read_mail(&mut self) -> Result<(), Refusal> {
        for caught in self.postbox.take() {
            let Some(seen) = SeenMail::open(&self.app, &caught).await? else { continue };
            let reactions = self.living.read(&seen.mail);
            let seen = Arc::new(seen);
            for reaction in reactions {
                let key = self.key(reaction.at);
                self.reactions.insert(key, (seen.clone(), reaction));
            }
        }
        Ok(())
    }

    /// What happens next, up to an instant.
    pub fn happening(&mut self, until: Instant) -> Option<Happening> {
        self.begin_days(until);
        let reaction = self.reactions.keys().next().map(|(at, _)| *at).filter(|at| *at <= until);
        if let Some(group) = self.group(reaction.unwrap_or(until)) {
            return Some(Happening::Messages(group));
        }
        reaction?;
        self.reactions.pop_first().map(|(_, (seen, reaction))| Happening::Reaction(seen, reaction))
    }

    /// Does what somebody decided to do; behind a link, a visit begins.
    pub async fn act(&mut self, seen: &SeenMail, reaction: &Reaction) -> Result<(), Refusal> {
        let is_there = acts::act(&self.app, seen, reaction).await?;
        if let (true, false, Some(place)) = (is_there, reaction.is_machine, acts::place(&reaction.act)) {
            let messages = self.living.follow(&seen.mail.to, &seen.mail.links[place], reaction.at);
            self.plan(messages);
        }
        Ok(())
    }

    /// What the company's marketer does by now; whether there was something to do.
    pub async fn campaign(&mut self) -> Result<bool, Refusal> {
        if self.is_over { Ok(false) } else { self.campaigns.go_on(&self.app).await }
    }

    fn begin_days(&mut self, until: Instant) {
        while !self.is_over && self.living.next_day() <= until.0 {
            match self.living.day() {
                Some(messages) => self.plan(messages),
                None => self.is_over = true,
            }
        }
    }

    fn plan(&mut self, messages: Vec<Message>) {
        for message in messages {
            let key = self.key(message.received);
            self.messages.insert(key, message);
        }
    }

    fn key(&mut self, at: i64) -> (Instant, u64) {
        self.planned += 1;
        (Instant(at), self.planned)
    }

    /// The next messages up to an instant, as one group.
    fn group(&mut self, until: Instant) -> Option<MessageGroup> {
        let first = self.messages.keys().next().map(|(at, _)| *at).filter(|at| *at <= until)?;
        let end = until.min(first + SPAN);
        let (mut messages, mut last) = (Vec::new(), first);
        while messages.len() < GROUP
            && let Some(entry) = self.messages.first_entry().filter(|entry| entry.key().0 <= end)
        {
            last = entry.key().0;
            messages.extend(understood(&entry.remove()));
        }
        Some(MessageGroup { messages, first, last })
    }
}
