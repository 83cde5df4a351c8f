//! What the outbox of the days to come promises, held against what comes.

use std::collections::{BTreeMap, BTreeSet};

use attractor_app::sending::ahead::list::{self as ahead, CopyAhead};
use attractor_engine::time::Duration;

use super::World;
use crate::playbook::{acts, arrives};

/// How long nothing but time moves anybody at the end.
const SILENCE: Duration = Duration(14 * Duration::DAY.0);

impl World {
    fn ahead(&mut self) -> Vec<CopyAhead> {
        let app = self.living().app.clone();
        let (mut all, mut next): (Vec<CopyAhead>, Option<String>) = (Vec::new(), None);
        let made = app.forecasts.made();
        loop {
            let page = self.runtime.block_on(ahead::page(&app, Some(14), next.take(), 7)).ok().unwrap();
            all.extend(page.copies.items);
            next = page.copies.next;
            if next.is_none() {
                assert_eq!(app.forecasts.made(), made + 1, "one forecast serves all pages");
                return all;
            }
        }
    }

    /// Nobody does anything for 14 days: what was promised comes true. Where the cadence may adapt, an estimate is no promise.
    pub fn silence(&mut self) -> Result<(), String> {
        // Clicks that wait for their verdict are events yet to come.
        self.go_on(self.now + Duration::DAY)?;
        for user in ["gus", "hal", "ivy"] {
            let messages = arrives(user, &mut self.dice);
            self.tell(user, messages);
            // What the arrival asked for is over before anything else happens, as in a replay.
            self.go_on(self.now)?;
            let act = acts(user, self.now, &mut self.dice);
            self.tell(user, self.allowed(act).into_iter().collect());
        }
        self.go_on(self.now + Duration::HOUR)?;
        let (from, until) = (self.now, self.now + SILENCE);
        let copies = self.ahead();
        let exact = |copy: &&CopyAhead| copy.estimate.is_none();
        let end = |copy: &CopyAhead| copy.at.clone().map(|at| (copy.end.to_owned(), at));
        let promised: BTreeMap<String, (String, String)> =
            copies.iter().filter(exact).filter_map(|copy| Some((copy.send_id.clone(), end(copy)?))).collect();
        let unsure: BTreeSet<&String> =
            copies.iter().filter(|copy| copy.estimate.is_some()).map(|copy| &copy.lead).collect();
        self.go_on(until)?;
        let mut came: BTreeMap<String, (String, String)> = BTreeMap::new();
        for item in self.outbox() {
            let (end, at) = match item.copy.state {
                "sent" => ("leaves", item.sent_at),
                "skipped" => ("skipped", item.ended_at),
                "withdrawn" if promised.get(&item.copy.send_id).is_some_and(|end| end.0 == "withdrawn") => {
                    // When a copy was withdrawn is not kept.
                    let at = promised.get(&item.copy.send_id).map(|end| end.1.clone());
                    ("withdrawn", at)
                }
                _ => continue,
            };
            let at = at.filter(|at| *at > from.to_string() && *at <= until.to_string());
            if let Some(at) = at.filter(|_| !unsure.contains(&item.lead)) {
                came.insert(item.copy.send_id, (end.to_owned(), at));
            }
        }
        self.figures.promised += promised.len() as u64;
        let lead_of: BTreeMap<&String, &String> = copies.iter().map(|copy| (&copy.send_id, &copy.lead)).collect();
        let is_sure = |id: &String| lead_of.get(id).is_none_or(|lead| !unsure.contains(*lead));
        let sure: BTreeMap<_, _> = promised.iter().filter(|(id, _)| is_sure(id)).collect();
        let missing: Vec<_> = sure.iter().filter(|(id, end)| came.get(**id) != Some(**end)).collect();
        let extra: Vec<_> = came.iter().filter(|(id, end)| sure.get(*id) != Some(end)).collect();
        if missing.is_empty() && extra.is_empty() {
            return Ok(());
        }
        Err(format!("from {from}: promised and not so: {missing:#?}; came and not promised: {extra:#?}"))
    }
}
