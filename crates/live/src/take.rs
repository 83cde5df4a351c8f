//! Messages in, one transaction: into the ledger, to their leads, and everything that follows.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::identity::Key;
use attractor_engine::message::{Message, Wanted};
use attractor_engine::time::Instant;
use attractor_intake::holds_nul;
use attractor_store::{Error, Kind, events};

use crate::identity::who::{Told, VISITOR, key};
use crate::lead::advance::Why;
use crate::lead::profile::concerns;
use crate::receipt::{Fills, decides};
use crate::work::Work;

/// A message as it reached the server, normalised: with its `messageId`, and its `timestamp` set right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// One JSON object.
    pub json: String,
    pub received_at: Instant,
    /// Who brought it: `key:3`, `import:2`, `user:1` …
    pub origin: String,
    pub fills: Fills,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is in the ledger now, an event of this lead.
    New { lead: i64 },
    /// It was there already.
    Known,
    /// It is no message, and why.
    Refused(String),
}

/// A message that may go into the ledger.
pub struct Valid<'m> {
    pub place: usize,
    pub message: Message<'m>,
    pub at: Instant,
}

impl Work<'_> {
    pub fn take(&mut self, arrived: &[Arrived], why: &Why) -> Result<Vec<Taken>, Error> {
        if self.memory.versions.in_force.is_none() {
            return Err(Error::new(Kind::Other, "no playbook is published yet"));
        }
        let mut taken: Vec<Taken> = vec![Taken::Known; arrived.len()];
        let mut valid = Vec::with_capacity(arrived.len());
        for (place, arrived) in arrived.iter().enumerate() {
            match self.valid(arrived) {
                Ok((message, at)) => valid.push(Valid { place, message, at }),
                Err(reason) => taken[place] = Taken::Refused(reason),
            }
        }
        self.memory.effort.parsed += valid.len() as u64;
        for run in self.runs(&valid, arrived)? {
            let refused = self.over_limits(run, arrived)?;
            let kept: Vec<&Valid> = run.iter().filter(|valid| !refused.contains_key(&valid.place)).collect();
            refused.into_iter().for_each(|(place, why)| taken[place] = Taken::Refused(why));
            self.run(&kept, arrived, &mut taken, why)?;
        }
        Ok(taken)
    }

    fn valid<'m>(&self, arrived: &'m Arrived) -> Result<(Message<'m>, Instant), String> {
        let message = Message::parse(&arrived.json, &Wanted::Everything)?;
        let at = message.timestamp.ok_or("no `timestamp`; it is when this happened, like 2026-03-09T14:30:00Z")?;
        if at > self.now.max(arrived.received_at) {
            return Err(format!("its `timestamp`, {at}, lies in the future"));
        }
        if holds_nul(&arrived.json) {
            return Err("it holds U+0000, which no text can be stored with; leave that character out".into());
        }
        if message.message_id.is_none() {
            return Err("no `messageId`; it tells a message that comes twice from two messages".into());
        }
        Ok((message, at))
    }

    /// Cuts messages into runs: before one of which it is decided by what is known of its lead, where an earlier one of the
    /// run may change that.
    fn runs<'v, 'm>(&mut self, valid: &'v [Valid<'m>], arrived: &[Arrived]) -> Result<Vec<&'v [Valid<'m>]>, Error> {
        let decides = |one: &Valid| decides(&one.message, arrived[one.place].fills);
        if !valid.iter().any(decides) {
            return Ok(vec![valid]);
        }
        let spoken: Vec<BTreeSet<(i64, String)>> = valid.iter().map(|one| names(&one.message)).collect();
        let leads = self.leads_of_names(spoken.iter().flatten())?;
        let mut runs = Vec::new();
        let mut start = 0;
        let (mut changing, mut changed) = (BTreeSet::new(), BTreeSet::new());
        for (place, (one, names)) in valid.iter().zip(&spoken).enumerate() {
            let of_names = || names.iter().filter_map(|name| leads.get(name)).flatten();
            let is_touched = !changing.is_disjoint(names) || of_names().any(|lead| changed.contains(lead));
            if decides(one) && is_touched {
                runs.push(&valid[start..place]);
                start = place;
                (changing, changed) = (BTreeSet::new(), BTreeSet::new());
            }
            if concerns(&one.message) || names.len() > 1 {
                changing.extend(names.iter().cloned());
                changed.extend(of_names().copied());
            }
        }
        runs.push(&valid[start..]);
        Ok(runs)
    }

    /// By name, the leads that it stands for already, at one time or another.
    fn leads_of_names<'n>(
        &mut self,
        names: impl Iterator<Item = &'n (i64, String)>,
    ) -> Result<BTreeMap<(i64, String), Vec<i64>>, Error> {
        let known = self.find(&names.map(|(kind, text)| (*kind, text.as_str())).collect())?;
        self.load_ties(known.values().copied())?;
        let mut leads = BTreeMap::new();
        for (name, id) in known {
            let mut of_name = vec![self.identity(id)?.lead];
            if name.0 == VISITOR {
                let ties = self.ties(id)?;
                self.load_identities(ties.iter().map(|tie| tie.person))?;
                for tie in ties {
                    of_name.push(self.identity(tie.person)?.lead);
                }
            }
            leads.insert(name, of_name);
        }
        Ok(leads)
    }

    /// Messages none of which decides at its receipt by what another one of them says.
    fn run(&mut self, run: &[&Valid], arrived: &[Arrived], taken: &mut [Taken], why: &Why) -> Result<(), Error> {
        let mut own = self.own_identities(run)?;
        let texts = self.receive(run, arrived, &mut own)?;
        let mut told = Vec::with_capacity(run.len());
        let mut once = BTreeSet::new();
        for ((valid, identity), text) in run.iter().zip(own).zip(&texts) {
            let message = match text {
                Some(text) => self.parsed(text)?,
                None => valid.message.clone(),
            };
            let id = valid.message.message_id.as_deref().unwrap_or_default();
            if once.insert((identity, id)) {
                self.memory.numbers.received += 1;
                let (received, at) = (self.memory.numbers.received, valid.at.0);
                let (origin, flags) = (arrived[valid.place].origin.as_str(), flags(&message));
                told.push((valid.place, Told { message, id, identity, at, received, flags, origin, lost: false }));
            }
        }
        let new = self.record(&told, arrived, &texts_by_place(run, &texts))?;
        let told: Vec<(usize, Told)> = told.into_iter().filter(|(_, told)| new.contains(&told.received)).collect();
        let (places, mut told): (Vec<usize>, Vec<Told>) = told.into_iter().unzip();
        self.hear(&told)?;
        self.mark_lost(&mut told)?;
        self.deliver(&places, &told, taken, why)?;
        self.fresh.clear();
        self.flush()
    }

    fn parsed<'t>(&mut self, text: &'t str) -> Result<Message<'t>, Error> {
        self.memory.effort.parsed += 1;
        Message::parse(text, &Wanted::Everything).map_err(|why| Error::new(Kind::Other, why))
    }

    /// Each message's own identity, made where nobody had it.
    fn own_identities(&mut self, run: &[&Valid]) -> Result<Vec<i64>, Error> {
        let keys: Vec<(i64, &str)> = run.iter().filter_map(|valid| Key::of(&valid.message).map(key)).collect();
        let all: BTreeSet<(i64, &str)> = keys.iter().copied().collect();
        let ids = self.find_or_make(&all, &BTreeMap::new())?;
        Ok(keys.iter().map(|(kind, text)| ids[&(*kind, (*text).to_owned())]).collect())
    }

    /// Into the ledger; returns the numbers of those that were not there.
    fn record(
        &mut self,
        told: &[(usize, Told)],
        arrived: &[Arrived],
        texts: &BTreeMap<usize, &String>,
    ) -> Result<BTreeSet<i64>, Error> {
        let mut rows: Vec<events::Event> = told
            .iter()
            .map(|(place, told)| events::Event {
                identity: told.identity,
                message_id: told.id.to_owned(),
                at: told.at,
                received: told.received,
                received_at: arrived[*place].received_at.0,
                flags: told.flags,
                origin: told.origin.to_owned(),
                message: texts.get(place).map_or(&arrived[*place].json, |text| *text).clone(),
            })
            .collect();
        // In the order of the tree: neighbours go to one page.
        rows.sort_by(|a, b| {
            let order = |e: &events::Event| (attractor_store::bucket(e.identity), e.identity);
            order(a).cmp(&order(b)).then_with(|| a.message_id.cmp(&b.message_id))
        });
        Ok(events::insert(self.connection, &rows)?.into_iter().collect())
    }

    /// To their leads.
    fn deliver(&mut self, places: &[usize], told: &[Told], taken: &mut [Taken], why: &Why) -> Result<(), Error> {
        let changed = self.reckon()?;
        let mut owners = Vec::with_capacity(told.len());
        self.load_ties(told.iter().map(|told| told.identity))?;
        for told in told {
            owners.push(self.owner(told.identity, told.at)?);
        }
        let all: BTreeSet<i64> = owners.iter().copied().collect();
        self.load_leads(&all)?;
        self.make_leads(&owners)?;
        let mut new: BTreeMap<i64, Vec<&Told>> = BTreeMap::new();
        for ((place, told), lead) in places.iter().zip(told).zip(&owners) {
            taken[*place] = Taken::New { lead: *lead };
            new.entry(*lead).or_default().push(told);
        }
        self.advance(new, &changed, why)?;
        self.dissolve(&changed)
    }

    /// Leads of whom this is the first event.
    fn make_leads(&mut self, owners: &[i64]) -> Result<(), Error> {
        let missing: Vec<i64> = owners.iter().copied().filter(|lead| !self.leads.contains_key(lead)).collect();
        missing.into_iter().for_each(|lead| self.touch(lead));
        self.reckon().map(drop)
    }
}

fn flags(message: &Message) -> i64 {
    i64::from(message.machine) * events::MACHINE
        + i64::from(message.history) * events::HISTORY
        + i64::from(message.public) * events::PUBLIC
}

fn texts_by_place<'t>(run: &[&Valid], texts: &'t [Option<String>]) -> BTreeMap<usize, &'t String> {
    run.iter().zip(texts).filter_map(|(valid, text)| Some((valid.place, text.as_ref()?))).collect()
}

/// Everything a message may be known by.
fn names(message: &Message) -> BTreeSet<(i64, String)> {
    let user = message.user_id.as_deref().map(Key::User);
    let email = message.email.as_deref().map(Key::Email);
    let visitor = message.anonymous_id.as_deref().map(Key::Visitor);
    let named = user.into_iter().chain(email).chain(visitor).map(key);
    named.map(|(kind, text)| (kind, text.to_owned())).collect()
}
