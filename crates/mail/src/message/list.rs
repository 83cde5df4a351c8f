//! Headers by which receivers know a list and let people leave it.

use super::HeaderError;
use super::header::raw;
use super::line::one_line;
use super::mailbox::{MAX_NAME_CHARS, Mailbox, ascii_domain};

/// The most bytes of a URL in a header: a line has at most 998 (RFC 5322 §2.1.1), and some servers fold earlier.
const MAX_URL: usize = 900;

/// How a person leaves by one click: `List-Unsubscribe` (RFC 2369) and `List-Unsubscribe-Post` (RFC 8058).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscribe {
    url: String,
    mailto: Option<Mailbox>,
}

impl Unsubscribe {
    /// A URL that unsubscribes by POST, and an address that unsubscribes by any mail to it.
    pub fn new(url: &str, mailto: Option<Mailbox>) -> Result<Unsubscribe, HeaderError> {
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        let is_plain = url.len() <= MAX_URL && url.chars().all(|c| c.is_ascii_graphic() && !"<>,\"\\".contains(c));
        match is_web && is_plain {
            true => Ok(Unsubscribe { url: url.to_owned(), mailto }),
            false => Err(HeaderError::new(
                "List-Unsubscribe",
                url,
                "an https URL in ASCII without blanks, of at most 900 bytes",
            )),
        }
    }

    /// RFC 8058 §3.1 allows one-click with https only; a catcher on this machine may have http.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut value = format!("<{}>", self.url);
        if let Some(mailbox) = &self.mailto {
            value += &format!(",\r\n <mailto:{}?subject=unsubscribe>", percent_encoded(mailbox.address()));
        }
        raw(out, "List-Unsubscribe", &value);
        if self.url.starts_with("https:") {
            raw(out, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
        }
    }
}

/// An address inside a `mailto:` URI (RFC 6068 §2): everything but unreserved characters and the `@` is percent-encoded.
fn percent_encoded(address: &str) -> String {
    let mut encoded = String::with_capacity(address.len());
    for byte in address.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' => {
                encoded.push(char::from(byte))
            }
            byte => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}

/// The list that a mail belongs to: `List-Id` (RFC 2919).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListId {
    name: String,
    id: String,
}

impl ListId {
    /// The list with the id of a subscription at a domain, and its name for people.
    pub fn new(subscription: &str, domain: &str, name: &str) -> Result<ListId, HeaderError> {
        let wrong = |found: &str| HeaderError::new("List-Id", found, "letters, digits and hyphens, then a domain name");
        let is_label = (1..=63).contains(&subscription.len())
            && subscription.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_label {
            return Err(wrong(subscription));
        }
        let domain = ascii_domain(domain).map_err(|_| wrong(domain))?;
        Ok(ListId { name: one_line(name, MAX_NAME_CHARS), id: format!("{subscription}.{domain}") })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        super::header::phrase(out, "List-Id", &self.name, &self.id);
    }
}

/// What Google's Postmaster Tools groups mails by: `Feedback-ID`, three free fields and the sender's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackId(String);

impl FeedbackId {
    /// The e-mail or broadcast, what asked for it (a sequence's id or nothing), its class, and the installation's own name.
    /// The sender has 5 to 15 characters and stays the same; the fields never name a lead.
    pub fn new(email: &str, source: &str, class: &str, sender: &str) -> Result<FeedbackId, HeaderError> {
        let is_field = |field: &&str| {
            field.len() <= 100 && field.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let wrong = |found: &str, expected| Err(HeaderError::new("Feedback-ID", found, expected));
        let fields = [email, source, class, sender];
        if let Some(odd) = fields.iter().find(|field| !is_field(field)) {
            return wrong(odd, "at most 100 letters, digits, hyphens, dots and underscores");
        }
        match sender.len() {
            5..=15 => Ok(FeedbackId(fields.join(":"))),
            _ => wrong(sender, "a sender of 5 to 15 characters"),
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        raw(out, "Feedback-ID", &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn one_click_needs_https() {
        let mailbox = Mailbox::parse("leave+a'b@example.org").unwrap();
        let secure = Unsubscribe::new("https://example.org/u/abc", Some(mailbox)).unwrap();
        assert_eq!(
            written(|out| secure.write(out)),
            "List-Unsubscribe: <https://example.org/u/abc>,\r\n \
             <mailto:leave%2Ba%27b@example.org?subject=unsubscribe>\r\n\
             List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        );
        let plain = Unsubscribe::new("http://127.0.0.1:8080/u/abc", None).unwrap();
        assert_eq!(written(|out| plain.write(out)), "List-Unsubscribe: <http://127.0.0.1:8080/u/abc>\r\n");
    }

    #[test]
    fn only_urls_unsubscribe() {
        let long = format!("https://example.org/{}", "a".repeat(MAX_URL));
        for url in
            ["", "ftp://x", "javascript:x", "https://x/ y", "https://x/\r\nBcc: y", "https://x/>,<", "https://ä", &long]
        {
            let why = Unsubscribe::new(url, None).unwrap_err().to_string();
            assert!(why.starts_with("List-Unsubscribe: found ") && why.contains("expected an https URL"), "{why}");
        }
    }

    #[test]
    fn a_list_has_an_id_and_a_name() {
        let list = ListId::new("newsletter", "B\u{fc}cher.example", "News, weekly").unwrap();
        assert_eq!(written(|out| list.write(out)), "List-Id: \"News, weekly\" <newsletter.xn--bcher-kva.example>\r\n");
        let list = ListId::new("news-2", "example.org", "").unwrap();
        assert_eq!(written(|out| list.write(out)), "List-Id: <news-2.example.org>\r\n");
        for (id, domain) in [("", "example.org"), ("a b", "example.org"), ("a", "x"), ("a>\r\nBcc", "example.org")] {
            assert!(ListId::new(id, domain, "").is_err(), "{id:?} {domain:?}");
        }
    }

    #[test]
    fn feedback_has_four_fields() {
        let id = FeedbackId::new("welcome", "", "marketing", "acme-de").unwrap();
        assert_eq!(written(|out| id.write(out)), "Feedback-ID: welcome::marketing:acme-de\r\n");
        for fields in
            [["a:b", "", "", "acme-de"], ["a\r\n", "", "", "acme-de"], ["a", "", "", "acme"], ["a", "", "ä", "acme-de"]]
        {
            assert!(FeedbackId::new(fields[0], fields[1], fields[2], fields[3]).is_err(), "{fields:?}");
        }
    }
}
