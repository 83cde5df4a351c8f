//! Marketing that people get although they have left the subscription that was meant.

use super::{Warnings, place};
use crate::playbook::marked::Node;
use crate::playbook::{Class, Email};

impl Warnings<'_> {
    /// Marketing of no subscription, where people can leave one.
    pub(super) fn email(&mut self, email: &Email, node: &Node) {
        let is_marketing = matches!(email.class, None | Some(Class::Marketing));
        if !is_marketing || email.subscription.is_some() || self.playbook.subscriptions.is_empty() {
            return;
        }
        let subscriptions = self.playbook.subscriptions.iter();
        let left: Vec<String> = subscriptions.map(|subscription| format!("`{}`", subscription.id)).collect();
        let message = format!(
            "the e-mail `{}` belongs to no subscription, so that it also goes to people who unsubscribed from {}; give it a `subscription`",
            email.id,
            left.join(" or ")
        );
        self.warn(place(node, "id"), message);
    }
}
