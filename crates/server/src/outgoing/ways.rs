//! What takes e-mails by the account in force. People may set another one while the server runs: it then counts from the next
//! batch on, and a batch that has begun ends as it began.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use attractor_app::sending::account::{Account, AccountInForce};
use attractor_app::sending::transport::{Delivery, OutgoingMail, Transport, TransportStage, Unreached, Usable};

use super::catcher::Catcher;
use super::smtp::Smtp;

/// What the settings say of all ways.
pub struct Surroundings {
    /// The folder of e-mails that are caught.
    pub caught: PathBuf,
    /// The certificates (PEM) to trust instead of the public authorities.
    pub authority: Option<PathBuf>,
    /// What this machine calls itself.
    pub hello: String,
    /// How long each answer of a mail server may take.
    pub timeout: Duration,
}

pub struct Ways {
    account: Arc<AccountInForce>,
    around: Surroundings,
    present: Mutex<Present>,
}

/// A transport with the account that it is for.
struct Present {
    account: Option<Arc<Account>>,
    transport: Arc<dyn Transport>,
}

impl Ways {
    pub fn new(account: Arc<AccountInForce>, around: Surroundings) -> Ways {
        let current = account.current();
        let transport = around.transport(current.as_deref());
        Ways { account, around, present: Mutex::new(Present { account: current, transport }) }
    }

    fn now(&self) -> Arc<dyn Transport> {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.account.current();
        if !is_same(present.account.as_ref(), current.as_ref()) {
            let transport = self.around.transport(current.as_deref());
            *present = Present { account: current, transport };
        }
        present.transport.clone()
    }
}

/// Whether it was never set anew in between: whoever sets the same again wants it tried again.
fn is_same(one: Option<&Arc<Account>>, other: Option<&Arc<Account>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}

impl Surroundings {
    fn transport(&self, account: Option<&Account>) -> Arc<dyn Transport> {
        match account {
            None => Arc::new(Catcher { folder: self.caught.clone() }),
            Some(Account { locked: Some(why), .. }) => {
                Arc::new(Locked { why: format!("the password of the mail server cannot be opened: {why}") })
            }
            Some(Account { server, .. }) => {
                Arc::new(Smtp::new(server.clone(), self.authority.clone(), self.hello.clone(), self.timeout))
            }
        }
    }
}

impl Transport for Ways {
    fn deliver(&self, mails: &[OutgoingMail], ended: &(dyn Fn(usize, Delivery) + Sync)) {
        self.now().deliver(mails, ended);
    }

    fn batch(&self) -> usize {
        self.now().batch()
    }

    fn is_real(&self) -> bool {
        self.now().is_real()
    }

    fn rest(&self) {
        self.now().rest();
    }

    fn at_present(&self) -> Option<Arc<dyn Transport>> {
        Some(self.now())
    }
}

/// A mail server whose password cannot be opened. Its e-mails wait: caught, they would be lost.
struct Locked {
    why: String,
}

impl Transport for Locked {
    fn deliver(&self, mails: &[OutgoingMail], ended: &(dyn Fn(usize, Delivery) + Sync)) {
        for place in 0..mails.len() {
            ended(place, Delivery::PutOff { answer: self.why.clone(), step: None });
        }
    }

    fn batch(&self) -> usize {
        1
    }

    fn is_real(&self) -> bool {
        true
    }

    fn try_out(&self) -> Option<Result<Usable, Unreached>> {
        Some(Err(Unreached { stage: TransportStage::Login, why: self.why.clone() }))
    }
}
