use std::fmt;

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

use super::HeaderError;
use super::mailbox::Mailbox;

/// The most bytes of an id that is answered. RFC 5322 only limits its line, to 998.
const MAX_ID: usize = 512;

/// A `Message-ID` (RFC 5322 §3.6.4), without its angle brackets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageId(String);

impl MessageId {
    /// The id of a copy: a signed token that names it, at the domain of `from`. It is always the same for the same copy, so
    /// that a copy that is sent again after a doubt is recognised by the mailbox, and whoever reports it by its id alone
    /// proves that the id was made here.
    ///
    /// ```
    /// use attractor_mail::message::{Mailbox, MessageId};
    ///
    /// let from = Mailbox::parse("news@example.org")?;
    /// assert_eq!(MessageId::signed("diaq5q", &from).to_string(), "<diaq5q@example.org>");
    /// # Ok::<(), attractor_mail::message::AddressError>(())
    /// ```
    pub fn signed(token: &str, from: &Mailbox) -> MessageId {
        MessageId(format!("{token}@{}", from.domain()))
    }

    /// The id of a mail that is not a copy, and that copies had before ids were signed: always the same for the same copy, so that a copy that is sent again after a doubt is recognised by
    /// the mailbox, and different in every installation. It is a hash of `installation` and `send_id`, at the domain of
    /// `from`, and tells nothing about the lead.
    ///
    /// ```
    /// use attractor_mail::message::{Mailbox, MessageId};
    ///
    /// let from = Mailbox::parse("news@example.org")?;
    /// let id = MessageId::of_copy("5f0c", "17/sequence/welcome/0/1", &from);
    /// assert_eq!(id.as_str(), "ptsaxgqls2t6qzjfebaogichpcekfdyk@example.org");
    /// # Ok::<(), attractor_mail::message::AddressError>(())
    /// ```
    pub fn of_copy(installation: &str, send_id: &str, from: &Mailbox) -> MessageId {
        MessageId(format!("{}@{}", left(installation, send_id), from.domain()))
    }

    /// Whether an id, without angle brackets, is the one of a copy, whatever domain the copy came from.
    ///
    /// ```
    /// use attractor_mail::message::MessageId;
    ///
    /// let id = "ptsaxgqls2t6qzjfebaogichpcekfdyk@example.org";
    /// assert!(MessageId::is_of_copy(id, "5f0c", "17/sequence/welcome/0/1"));
    /// assert!(!MessageId::is_of_copy(id, "5f0c", "17/sequence/welcome/0/2"));
    /// ```
    pub fn is_of_copy(id: &str, installation: &str, send_id: &str) -> bool {
        id.split_once('@').is_some_and(|(own, _)| own.eq_ignore_ascii_case(&left(installation, send_id)))
    }

    /// Reads an id that came with a mail, with or without its angle brackets.
    pub fn parse(text: &str) -> Result<MessageId, HeaderError> {
        let text = text.trim();
        let inside = text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text);
        let is_id = |c: char| c.is_ascii_graphic() && !"<>()[],;:\\\"".contains(c);
        let has_sides = inside
            .split_once('@')
            .is_some_and(|(left, right)| !left.is_empty() && !right.is_empty() && !right.contains('@'));
        match has_sides && inside.len() <= MAX_ID && inside.chars().all(is_id) {
            true => Ok(MessageId(inside.to_owned())),
            false => {
                Err(HeaderError::new("Message-ID", text, "<LEFT@RIGHT> in ASCII without blanks, of at most 512 bytes"))
            }
        }
    }

    /// The id without its angle brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The border between two parts of the mail with this id. `=` occurs in quoted-printable and base64 only before two
    /// digits, a line's end or nothing, never before `_`.
    pub(super) fn boundary(&self, number: usize) -> String {
        let hash = Sha256::new_with_prefix(b"attractor boundary\0").chain_update(&self.0);
        let hash = hash.chain_update((number as u64).to_be_bytes()).finalize();
        format!("=_{}", BASE32_NOPAD.encode(&hash[..15]).to_ascii_lowercase())
    }
}

/// The part of a copy's id before the `@`.
fn left(installation: &str, send_id: &str) -> String {
    let mut hash = Sha256::new_with_prefix(b"attractor message\0");
    hash.update((installation.len() as u64).to_be_bytes());
    hash.update(installation);
    hash.update(send_id);
    BASE32_NOPAD.encode(&hash.finalize()[..20]).to_ascii_lowercase()
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_copy_of_each_installation_has_one_id() {
        let from = Mailbox::parse("news@example.org").unwrap();
        let other = Mailbox::parse("news@example.net").unwrap();
        let ids: std::collections::BTreeSet<MessageId> = [
            MessageId::of_copy("a", "b", &from),
            MessageId::of_copy("a", "b", &from),
            MessageId::of_copy("a", "c", &from),
            MessageId::of_copy("ab", "", &from),
            MessageId::of_copy("", "ab", &from),
            MessageId::of_copy("a", "b", &other),
        ]
        .into();
        assert_eq!(ids.len(), 5);
        for id in ids {
            assert_eq!(MessageId::parse(&id.to_string()), Ok(id.clone()));
            assert_ne!(id.boundary(0), id.boundary(1));
        }
    }

    #[test]
    fn only_ids_are_answered() {
        for id in ["<a@b>", "a@b", " <a.b-c=d@e.example>\r\n"] {
            assert!(MessageId::parse(id).is_ok(), "{id:?}");
        }
        let long = format!("<{}@b>", "a".repeat(MAX_ID));
        for id in
            ["", "<>", "a", "<@b>", "<a@>", "<a@b@c>", "<a@b>\r\nBcc: c", "<a b@c>", "<ä@b>", "<a@b>, <c@d>", &long]
        {
            assert!(MessageId::parse(id).is_err(), "{id:?}");
        }
    }
}
