use data_encoding::BASE64;

/// The algorithm of an RSA key: the OID rsaEncryption and NULL (RFC 3279 §2.3.1), in DER.
const RSA_ENCRYPTION: [u8; 15] = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];

/// The most bytes of one string of a TXT record (RFC 1035 §3.3).
const MAX_STRING: usize = 255;

/// A TXT record with a public key (RFC 6376 §3.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Such as `a2026._domainkey.example.org`.
    pub name: String,
    /// Such as `v=DKIM1; k=ed25519; p=…`. Verifiers join the strings of a record.
    pub text: String,
}

impl Record {
    /// `public` is an RSAPublicKey (RFC 8017 §A.1.1) in DER. Receivers expect it inside a SubjectPublicKeyInfo.
    pub(super) fn rsa(selector: &str, domain: &str, public: &[u8]) -> Record {
        let bits = der(3, &[&[0], public].concat());
        let info = der(0x30, &[&RSA_ENCRYPTION[..], &bits].concat());
        Record::new(selector, domain, "rsa", &info)
    }

    /// `public` is the 32 bytes of the key (RFC 8463 §4.2).
    pub(super) fn ed25519(selector: &str, domain: &str, public: &[u8]) -> Record {
        Record::new(selector, domain, "ed25519", public)
    }

    fn new(selector: &str, domain: &str, kind: &str, public: &[u8]) -> Record {
        Record {
            name: format!("{selector}._domainkey.{domain}"),
            text: format!("v=DKIM1; k={kind}; p={}", BASE64.encode(public)),
        }
    }

    /// The text as a zone file has it: strings of at most 255 bytes in quotes.
    pub fn strings(&self) -> String {
        zone_strings(&self.text)
    }
}

/// A text as a zone file has it: strings of at most 255 bytes in quotes (RFC 1035 §5.1).
pub(crate) fn zone_strings(text: &str) -> String {
    let mut strings = vec![String::new()];
    let mut bytes = 0;
    for c in text.chars() {
        bytes += c.len_utf8();
        if bytes > MAX_STRING {
            strings.push(String::new());
            bytes = c.len_utf8();
        }
        if let Some(last) = strings.last_mut() {
            last.extend(matches!(c, '"' | '\\').then_some('\\').into_iter().chain([c]));
        }
    }
    let quoted: Vec<String> = strings.iter().map(|string| format!("\"{string}\"")).collect();
    quoted.join(" ")
}

/// A DER element (X.690 §8.1): its tag, the length of its content, its content.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let digits = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let mut element = vec![tag];
    if content.len() >= 0x80 {
        element.push(0x80 | digits.len() as u8);
        element.extend(digits);
    } else {
        element.push(content.len() as u8);
    }
    element.extend(content);
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_as_der_has_them() {
        for (length, head) in
            [(0, vec![4, 0]), (0x7f, vec![4, 0x7f]), (0x80, vec![4, 0x81, 0x80]), (0x100, vec![4, 0x82, 1, 0])]
        {
            let element = der(4, &vec![9; length]);
            assert_eq!(element[..head.len()], head);
            assert_eq!(element.len(), head.len() + length);
        }
    }

    #[test]
    fn long_records_are_several_strings() {
        let record = Record { name: String::new(), text: "x".repeat(300) };
        assert_eq!(record.strings(), format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45)));
        assert_eq!(zone_strings(""), r#""""#);
        assert_eq!(zone_strings(r#"a"b\c"#), r#""a\"b\\c""#);
        assert_eq!(zone_strings(&"ä".repeat(128)), format!("\"{}\" \"ä\"", "ä".repeat(127)));
    }
}
