//! Where the people of the sample company get their mail: what the catcher took lies there until they look.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::sending::transport::{Delivery, OutgoingMail, Transport};

/// Takes mails by another transport, and keeps those that it accepted for their readers.
pub struct Postbox {
    transport: Arc<dyn Transport>,
    unread: Mutex<Vec<OutgoingMail>>,
    came: Notify,
}

impl Postbox {
    pub fn before(transport: Arc<dyn Transport>) -> Arc<Postbox> {
        Arc::new(Postbox { transport, unread: Mutex::default(), came: Notify::new() })
    }

    /// What came since the last time, in the order of delivery.
    pub fn take(&self) -> Vec<OutgoingMail> {
        std::mem::take(&mut *self.unread.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until a mail comes.
    pub async fn comes(&self) {
        self.came.notified().await;
    }
}

impl Transport for Postbox {
    fn deliver(&self, mails: &[OutgoingMail], ended: &(dyn Fn(usize, Delivery) + Sync)) {
        self.transport.deliver(mails, &|place, delivery| {
            if delivery == Delivery::Accepted
                && let Some(mail) = mails.get(place)
            {
                self.unread.lock().unwrap_or_else(PoisonError::into_inner).push(mail.clone());
            }
            ended(place, delivery);
        });
        self.came.notify_one();
    }

    fn batch(&self) -> usize {
        self.transport.batch()
    }

    fn is_real(&self) -> bool {
        self.transport.is_real()
    }

    fn rest(&self) {
        self.transport.rest();
    }
}
