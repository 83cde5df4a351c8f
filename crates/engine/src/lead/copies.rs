//! What became of the copies of e-mails that a lead got: the ground of its rates.

use serde::{Deserialize, Serialize};

use crate::condition::Response;
use crate::program::{Answer, Did};
use crate::test::Bound;
use crate::time::{Duration, Instant};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct CopyHistory(Vec<Copy>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Copy {
    send: u64,
    /// The last time it was delivered.
    delivered: Option<Instant>,
    opened: bool,
    clicked: bool,
    bounced: bool,
    proxied: bool,
    /// It was delivered measured, and tracking was not declined since.
    measured: bool,
}

impl CopyHistory {
    pub fn note(&mut self, send: u64, did: Did, at: Instant) {
        let place = self.0.iter().rposition(|copy| copy.send == send).unwrap_or_else(|| {
            let (delivered, measured) = (None, false);
            let unknown =
                Copy { send, delivered, opened: false, clicked: false, bounced: false, proxied: false, measured };
            self.0.push(unknown);
            self.0.len() - 1
        });
        let copy = &mut self.0[place];
        match did {
            Did::Delivered => (copy.delivered, copy.measured) = (Some(at), true),
            Did::DeliveredUnmeasured => (copy.delivered, copy.measured) = (Some(at), false),
            Did::Opened => copy.opened = true,
            Did::Clicked => copy.clicked = true,
            Did::Bounced => copy.bounced = true,
            Did::Proxied => copy.proxied = true,
        }
    }

    /// Leaves out all copies until now: tracking was declined.
    pub fn unmeasured(&mut self) {
        self.0.iter_mut().for_each(|copy| copy.measured = false);
    }

    /// Responses and copies that count (contract §3, `rate`), and the first instant at which a copy leaves the window.
    pub fn share(&self, of: Response, over: Duration, at: Instant) -> (u32, u32, Instant) {
        let (mut responses, mut sent, mut until) = (0, 0, Instant::NEVER);
        for copy in &self.0 {
            let Some(delivered) = copy.delivered.filter(|delivered| at - *delivered < over) else { continue };
            let opened = copy.opened || copy.clicked;
            // Loaded by a proxy alone, nobody can know whether it was opened.
            if copy.bounced || !copy.measured || (of == Response::Opened && copy.proxied && !opened) {
                continue;
            }
            sent += 1;
            responses += u32::from(if of == Response::Opened { opened } else { copy.clicked });
            until = until.min(delivered + over);
        }
        (responses, sent, until)
    }

    pub fn ask(&self, of: Response, over: Duration, min_sent: u32, test: &Bound, at: Instant) -> Answer {
        let (responses, sent, until) = self.share(of, over, at);
        let enough = sent >= min_sent.max(1);
        Answer { holds: enough && test.holds(f64::from(responses) / f64::from(sent.max(1))), until }
    }
}
