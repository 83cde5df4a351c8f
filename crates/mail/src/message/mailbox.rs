//! One mailbox (RFC 5321 §4.1.2, with the letters of RFC 6531), and the name beside it.

use std::fmt;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::one_line;

/// The most characters of a display name. A name is for a list of mails, where a longer one is cut off anyway, and
/// strangers may write their own.
pub const MAX_NAME_CHARS: usize = 120;

/// RFC 5321 §4.5.3.1.1, in bytes.
const MAX_LOCAL: usize = 64;

/// RFC 5321 §4.5.3.1.3: a path has at most 256 bytes, two of them are the angle brackets.
const MAX_ADDRESS: usize = 254;

/// One address, and perhaps a name. Headers and SMTP commands are made of these only, so no address brings a line, a second
/// address or a command.
///
/// ```
/// use attractor_mail::message::Mailbox;
///
/// let ada = Mailbox::parse("ada@Bücher.example")?.named("Ada Lovelace");
/// assert_eq!(ada.address(), "ada@xn--bcher-kva.example");
/// assert!(Mailbox::parse("ada@example.org\r\nBcc: bea@example.org").is_err());
/// assert!(Mailbox::parse("ada@example.org,bea@example.org").is_err());
/// # Ok::<(), attractor_mail::message::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mailbox {
    name: String,
    address: String,
    /// Where in `address` the domain begins.
    domain: usize,
}

impl Mailbox {
    /// Reads one address: a local part as a dot-atom or a quoted string without blanks, and a domain name with at least two
    /// labels. The local part stays as it is. The domain is lowercased and written in its ASCII form (IDNA 2008), so a lead's
    /// canonical address is read as itself.
    pub fn parse(text: &str) -> Result<Mailbox, AddressError> {
        if let Some(odd) = text.chars().find(|c| c.is_whitespace() || c.is_control()) {
            return Err(AddressError::Blank(odd));
        }
        if let Some(odd) = text.chars().find(|c| c.general_category() == GeneralCategory::Format) {
            return Err(AddressError::Invisible(odd));
        }
        let (local, domain) = text.split_once('@').ok_or(AddressError::NoAt)?;
        if domain.contains('@') {
            return Err(AddressError::SeveralAt);
        }
        check_local(local)?;
        let domain = ascii_domain(domain)?;
        let address = format!("{local}@{domain}");
        match address.len() {
            0..=MAX_ADDRESS => Ok(Mailbox { name: String::new(), domain: local.len() + 1, address }),
            length => Err(AddressError::TooLong(length)),
        }
    }

    /// The same mailbox with this display name: on one line, at most [`MAX_NAME_CHARS`] characters of it.
    pub fn named(mut self, name: &str) -> Mailbox {
        self.name = one_line(name, MAX_NAME_CHARS);
        self
    }

    /// The display name, or an empty text.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Local part, `@` and the domain in ASCII: what an SMTP command takes in its angle brackets.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The domain in ASCII.
    pub fn domain(&self) -> &str {
        &self.address[self.domain..]
    }

    /// Whether the local part has letters beyond ASCII: only a server that offers SMTPUTF8 (RFC 6531) takes the
    /// address.
    pub fn needs_smtputf8(&self) -> bool {
        !self.address.is_ascii()
    }
}

/// Characters of a dot-atom (RFC 5322 §3.2.3) and those of RFC 6532 §3.2.
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii() && c != char::REPLACEMENT_CHARACTER
}

fn check_local(local: &str) -> Result<(), AddressError> {
    if local.is_empty() {
        return Err(AddressError::NoLocal);
    }
    if local.len() > MAX_LOCAL {
        return Err(AddressError::LocalTooLong(local.len()));
    }
    if let Some(quoted) = local.strip_prefix('"') {
        return check_quoted(quoted.strip_suffix('"').ok_or(AddressError::Quotes)?);
    }
    if let Some(odd) = local.chars().find(|c| !is_atext(*c) && *c != '.') {
        return Err(AddressError::Character(odd));
    }
    if local.split('.').any(str::is_empty) {
        return Err(AddressError::Dots);
    }
    Ok(())
}

/// A quoted string without its quotes (RFC 5321 §4.1.2): printable ASCII, `"` and `\` behind a `\`.
fn check_quoted(inside: &str) -> Result<(), AddressError> {
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        let fits = match c {
            '\\' => matches!(chars.next(), Some('"' | '\\')),
            '"' => false,
            c => c.is_ascii_graphic(),
        };
        if !fits {
            return Err(AddressError::Quotes);
        }
    }
    if inside.is_empty() { Err(AddressError::NoLocal) } else { Ok(()) }
}

/// A domain name in its ASCII form. The settings are those of the engine's `address::canonical`; beyond it, a name needs two
/// labels of letters, digits and hyphens (RFC 5321 §4.1.2), the last one not a number.
pub(crate) fn ascii_domain(domain: &str) -> Result<String, AddressError> {
    let wrong = || AddressError::Domain(domain.to_owned());
    let ascii = Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::URL, Hyphens::Allow, DnsLength::Verify);
    let ascii = ascii.map_err(|_| wrong())?;
    let is_label = |label: &str| {
        let edges = label.starts_with('-') || label.ends_with('-');
        !edges && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let (_, last) = ascii.rsplit_once('.').ok_or_else(wrong)?;
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit());
    if is_number || !ascii.split('.').all(is_label) { Err(wrong()) } else { Ok(ascii.into_owned()) }
}

/// Why a text is not one mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressError {
    NoAt,
    SeveralAt,
    NoLocal,
    /// In bytes.
    LocalTooLong(usize),
    /// In bytes.
    TooLong(usize),
    /// A blank, a line break or another control character.
    Blank(char),
    /// A character that nobody sees, such as a zero width space.
    Invisible(char),
    /// A character that a local part without quotes does not have.
    Character(char),
    /// A dot at the beginning or the end of the local part, or two in a row.
    Dots,
    /// A quoted local part that is not one.
    Quotes,
    Domain(String),
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AddressError::NoAt => write!(f, "an address needs an @, as in ada@example.org"),
            AddressError::SeveralAt => write!(f, "several @: write one address, without a name or a list around it"),
            AddressError::NoLocal => write!(f, "the part before the @ is empty"),
            AddressError::LocalTooLong(length) => {
                write!(f, "{length} bytes before the @; at most {MAX_LOCAL} are allowed")
            }
            AddressError::TooLong(length) => write!(f, "{length} bytes; an address has at most {MAX_ADDRESS}"),
            AddressError::Blank(c) => write!(f, "the character {} has no place in an address", code(*c)),
            AddressError::Invisible(c) => {
                write!(f, "the address contains the invisible character {}: type it again", code(*c))
            }
            AddressError::Character(c) => {
                write!(
                    f,
                    "the character {c} cannot be before the @: write one address, without a name or a list around it"
                )
            }
            AddressError::Dots => write!(f, "dots before the @ must have characters on both sides"),
            AddressError::Quotes => write!(f, "the quotes before the @ are not closed, or contain what they cannot"),
            AddressError::Domain(domain) => {
                write!(f, "{domain:?} is not a domain name; expected one such as example.org")
            }
        }
    }
}

impl std::error::Error for AddressError {}

fn code(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_read() {
        for (text, address) in [
            ("ada@example.org", "ada@example.org"),
            ("Ada.Lovelace+news@Example.ORG", "Ada.Lovelace+news@example.org"),
            ("o'hara@example.org", "o'hara@example.org"),
            ("j\u{f6}rg@b\u{fc}cher.example", "j\u{f6}rg@xn--bcher-kva.example"),
            ("fresh\u{212a}@example.org", "fresh\u{212a}@example.org"),
            ("ada@example\u{3002}org", "ada@example.org"),
            ("ada@\u{4f8b}\u{3048}.\u{30c6}\u{30b9}\u{30c8}", "ada@xn--r8jz45g.xn--zckzah"),
            ("\"a..b.\"@docomo.example", "\"a..b.\"@docomo.example"),
            (r#""a\"b"@example.org"#, r#""a\"b"@example.org"#),
        ] {
            let mailbox = Mailbox::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!(mailbox.address(), address);
            assert_eq!(Mailbox::parse(address).as_ref(), Ok(&mailbox), "{address} again");
            assert_eq!(mailbox.needs_smtputf8(), !address.is_ascii());
            assert_eq!(Some(mailbox.domain()), address.rsplit_once('@').map(|(_, domain)| domain));
        }
    }

    #[test]
    fn nothing_but_one_address_is_read() {
        use AddressError as E;
        let long = "a".repeat(65) + "@example.org";
        let domain = |text: &str| E::Domain(text.to_owned());
        for (text, why) in [
            ("", E::NoAt),
            ("noat", E::NoAt),
            ("a@b.example@c.example", E::SeveralAt),
            ("a@x.example,b@y.example", E::SeveralAt),
            ("@example.org", E::NoLocal),
            ("\"\"@example.org", E::NoLocal),
            (&long, E::LocalTooLong(65)),
            ("a\r\nBcc: b@c.example", E::Blank('\r')),
            ("a@c.example\n", E::Blank('\n')),
            ("a b@c.example", E::Blank(' ')),
            ("a\0@c.example", E::Blank('\0')),
            ("a\u{a0}@c.example", E::Blank('\u{a0}')),
            ("a\u{2028}@c.example", E::Blank('\u{2028}')),
            ("a\u{200b}@c.example", E::Invisible('\u{200b}')),
            ("a@c.ex\u{202e}ample", E::Invisible('\u{202e}')),
            ("x,a@c.example", E::Character(',')),
            ("<a@c.example>", E::Character('<')),
            ("a(b)@c.example", E::Character('(')),
            ("a\u{fffd}@c.example", E::Character('\u{fffd}')),
            (".a@c.example", E::Dots),
            ("a..b@c.example", E::Dots),
            ("a.@c.example", E::Dots),
            ("\"a@c.example", E::Quotes),
            ("\"a\"b\"@c.example", E::Quotes),
            ("\"a\\\"@c.example", E::Quotes),
            ("a@", domain("")),
            ("a@localhost", domain("localhost")),
            ("a@[127.0.0.1]", domain("[127.0.0.1]")),
            ("a@127.0.0.1", domain("127.0.0.1")),
            ("a@c.example>", domain("c.example>")),
            ("a@c.example,d.example", domain("c.example,d.example")),
            ("a@x_y.example", domain("x_y.example")),
            ("a@-x.example", domain("-x.example")),
            ("a@c..example", domain("c..example")),
            ("a@c.example.", domain("c.example.")),
        ] {
            assert_eq!(Mailbox::parse(text), Err(why), "{text:?}");
        }
        let wide = format!("{}@{}.example", "a".repeat(64), ["b".repeat(60).as_str(); 4].join("."));
        assert!(matches!(Mailbox::parse(&wide), Err(E::TooLong(_) | E::Domain(_))));
    }

    #[test]
    fn a_name_is_one_short_line() {
        let ada = Mailbox::parse("ada@example.org").unwrap();
        assert_eq!(ada.clone().named(" Ada\r\nBcc: x@y.example\t ").name(), "Ada Bcc: x@y.example");
        assert_eq!(ada.named(&"ä".repeat(1_000)).name(), "ä".repeat(MAX_NAME_CHARS));
    }
}
