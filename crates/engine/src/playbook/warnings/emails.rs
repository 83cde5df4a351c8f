//! Marketing that people get although they have left the subscription that was meant.

use super::{Warnings, place};
use crate::playbook::marked::Node;
use crate::playbook::{Class, Email, Playbook, Subscription};

impl Warnings<'_> {
    pub(super) fn email(&mut self, email: &Email, node: &Node) {
        let by_id = |subscription: &Subscription| format!("`{}`", subscription.id);
        if let Some(beyond) = beyond_subscriptions(email, self.playbook, by_id) {
            self.warn(place(node, "id"), format!("the e-mail `{}` {beyond}", email.id));
        }
    }
}

/// Whom marketing of no subscription reaches where people can leave one, and what to do about it; the e-mail is the subject
/// of the sentence. `called` gives the words for a subscription. `None` for every other e-mail.
pub fn beyond_subscriptions(
    email: &Email,
    playbook: &Playbook,
    called: impl Fn(&Subscription) -> String,
) -> Option<String> {
    let is_marketing = matches!(email.class, None | Some(Class::Marketing));
    if !is_marketing || email.subscription.is_some() || playbook.subscriptions.is_empty() {
        return None;
    }
    let left: Vec<String> = playbook.subscriptions.iter().map(called).collect();
    Some(format!(
        "belongs to no subscription, so that it also goes to people who unsubscribed from {} but not from everything; \
         give it a `subscription`",
        left.join(" or ")
    ))
}
