//! Translations without a preheader, of an e-mail that has one.

use super::Warnings;
use crate::playbook::Email;
use crate::playbook::marked::Node;

impl Warnings<'_> {
    /// Lists of mails show the beginning of the body where a text has no preheader, which nobody sees in a preview.
    pub(super) fn preheaders(&mut self, email: &Email, node: &Node) {
        if email.preheader.is_none() {
            return;
        }
        let written = node.get("languages").map_or(&[][..], Node::entries);
        for ((tag, translation), (_, text)) in email.languages.iter().zip(written) {
            if self.playbook.preheader_of(email, tag, translation).is_none() {
                let message = format!(
                    "the text of the e-mail `{}` in `{tag}` has no `preheader`, so that lists of mails show how its \
                     body begins; write one in this language",
                    email.id
                );
                self.warn(text.place, message);
            }
        }
    }
}
