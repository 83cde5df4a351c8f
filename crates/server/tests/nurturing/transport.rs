//! A transport that puts off, refuses, does not know, and dies, by its dice; and that remembers what it took.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use attractor_app::sending::transport::{Delivery, OutgoingMail, Step, Transport};

use super::random::Dice;

/// A mail that the next server has.
#[derive(Clone, Debug)]
pub struct Taken {
    pub to: String,
    /// The tokens of links that are measured.
    pub clicks: Vec<String>,
}

#[derive(Default)]
struct Inbox {
    /// By `Message-ID`, how often the next server took it, or may have.
    taken: BTreeMap<String, usize>,
    unread: Vec<Taken>,
}

pub struct Unreliable {
    dice: Mutex<Dice>,
    /// Whether anything goes wrong at present.
    is_rough: Mutex<bool>,
    inbox: Mutex<Inbox>,
}

impl Unreliable {
    pub fn new(seed: u64) -> Unreliable {
        Unreliable { dice: Mutex::new(Dice::new(seed)), is_rough: Mutex::new(true), inbox: Mutex::default() }
    }

    pub fn be_rough(&self, is_rough: bool) {
        *self.is_rough.lock().unwrap() = is_rough;
    }

    /// What came since the last time.
    pub fn read(&self) -> Vec<Taken> {
        std::mem::take(&mut self.inbox.lock().unwrap_or_else(PoisonError::into_inner).unread)
    }

    /// How many mails were taken, and those that were taken twice.
    pub fn taken(&self) -> (usize, Vec<String>) {
        let inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        let twice = inbox.taken.iter().filter(|(_, times)| **times > 1).map(|(id, _)| id.clone());
        (inbox.taken.len(), twice.collect())
    }

    fn take(&self, mail: &OutgoingMail) {
        let text = String::from_utf8_lossy(&mail.bytes).into_owned();
        let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap_or_default().to_owned();
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        *inbox.taken.entry(id).or_default() += 1;
        inbox.unread.push(Taken { to: mail.to.clone(), clicks: clicks(&text) });
    }
}

/// The tokens of measured links in a mail whose parts are quoted-printable.
fn clicks(text: &str) -> Vec<String> {
    let text = text.replace("=\r\n", "").replace("=3D", "=");
    let tokens = text
        .split("/t/c/")
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.~".contains(*c)).collect::<String>());
    tokens.collect()
}

impl Transport for Unreliable {
    fn deliver(&self, mails: &[OutgoingMail], ended: &(dyn Fn(usize, Delivery) + Sync)) {
        let is_rough = *self.is_rough.lock().unwrap();
        for (place, mail) in mails.iter().enumerate() {
            let thrown = self.dice.lock().unwrap_or_else(PoisonError::into_inner).below(100);
            let delivery = match thrown {
                0..6 if is_rough => {
                    Delivery::PutOff { answer: "451 4.3.0 try again later".into(), step: Some(Step::Data) }
                }
                6..9 if is_rough => Delivery::Refused { answer: "552 5.3.4 too large".into(), step: Step::Data },
                9..12 if is_rough => {
                    self.take(mail);
                    Delivery::Unknown { why: "the connection broke off".into() }
                }
                12..14 if is_rough => panic!("the process dies before the dialogue"),
                14..16 if is_rough => {
                    self.take(mail);
                    panic!("the process dies before it can note the answer")
                }
                _ => {
                    self.take(mail);
                    Delivery::Accepted
                }
            };
            ended(place, delivery);
        }
    }

    fn batch(&self) -> usize {
        5
    }

    fn is_real(&self) -> bool {
        false
    }
}
