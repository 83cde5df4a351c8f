//! The catcher, where no mail server is set: each mail becomes a file in the data folder.

use std::path::PathBuf;

use attractor_app::sending::caught;
use attractor_app::sending::transport::{Delivery, OutgoingMail, Transport};

/// How many mails one batch has.
const BATCH: usize = 100;

pub struct Catcher {
    pub folder: PathBuf,
}

impl Transport for Catcher {
    fn deliver(&self, mails: &[OutgoingMail], ended: &(dyn Fn(usize, Delivery) + Sync)) {
        for (place, mail) in mails.iter().enumerate() {
            // A file that was not written whole has another name, and is not a mail.
            let delivery = match caught::keep(&self.folder, mail) {
                Ok(()) => Delivery::Accepted,
                Err(error) => {
                    Delivery::PutOff { answer: format!("the file could not be written: {error}"), step: None }
                }
            };
            ended(place, delivery);
        }
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn is_real(&self) -> bool {
        false
    }
}
