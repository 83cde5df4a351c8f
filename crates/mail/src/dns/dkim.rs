//! DKIM (RFC 6376 §3.6): the public keys by which receivers check signatures.

use data_encoding::BASE64;

use super::answers::{Lookups, RecordType, Reply, shortened};
use super::finding::{Finding, Issue};
use super::tags::{MAX_BYTES, Tags};
use crate::message::dkim::Record;

/// Bits of an RSA key below which receivers reject or distrust signatures (RFC 8301 §3.2, and the rules of Gmail and Yahoo).
const MIN_BITS: usize = 1_024;

/// Examines the record of one of our keys.
pub(super) fn examine(key: &Record, lookups: &mut Lookups<'_>) -> Vec<Finding> {
    examine_at(&key.name, Some(key), lookups)
}

/// Examines the record of a key that others sign with: whether receivers find a usable key there. Which one it should be is
/// not known here.
pub(super) fn examine_foreign(name: &str, lookups: &mut Lookups<'_>) -> Vec<Finding> {
    examine_at(name, None, lookups)
}

fn examine_at(name: &str, ours: Option<&Record>, lookups: &mut Lookups<'_>) -> Vec<Finding> {
    let texts = match lookups.ask(name, RecordType::Txt) {
        Reply::Unasked => return Vec::new(),
        Reply::Failure(why) => return vec![Finding::unanswered(name, why)],
        Reply::Nothing => &[],
        Reply::Values(texts) => texts,
    };
    match texts {
        [] => {
            let message =
                format!("{name} has no DKIM key, so receivers cannot check the signature of your mails. Add it.");
            vec![Finding::new(Issue::Missing, message)]
        }
        [text] => examine_text(name, ours, text),
        _ => {
            let right = if ours.is_some() { "shown here" } else { "of the service that signs" };
            let message = format!(
                "{name} has {} TXT records, and receivers then find no key. Keep only the one that is {right}.",
                texts.len()
            );
            vec![Finding::new(Issue::SeveralRecords, message)]
        }
    }
}

fn examine_text(name: &str, ours: Option<&Record>, text: &str) -> Vec<Finding> {
    if text.len() > MAX_BYTES {
        let message = format!("The DKIM record {name} has {} characters; no real one is as long.", text.len());
        return vec![Finding::new(Issue::TooLong, message)];
    }
    let syntax = |why: String| {
        vec![Finding::new(Issue::Syntax, format!("The DKIM record {name} cannot be read {why}. Replace it."))]
    };
    let tags = match Tags::read(text) {
        Ok(tags) => tags,
        Err(why) => return syntax(why),
    };
    if tags.get("v").is_some() && !tags.begins_with("v", "DKIM1") {
        return syntax("at character 1: expected `v=DKIM1`".to_owned());
    }
    let Some(found) = tags.get("p") else {
        return syntax(format!("because it has no key: found `{}`; expected `p=` and the key", shortened(text)));
    };
    let wrong = match ours {
        Some(key) => compare(key, found, &tags),
        None => unusable(name, found, &tags),
    };
    let mut findings: Vec<Finding> = wrong.into_iter().collect();
    findings.extend(use_of(name, &tags));
    findings
}

/// What is wrong with the key itself.
fn compare(key: &Record, found: &str, tags: &Tags<'_>) -> Option<Finding> {
    let ours = Tags::read(&key.text).ok()?;
    let (found, right) = (without_blanks(found), without_blanks(ours.get("p").unwrap_or_default()));
    let kind = |tags: &Tags<'_>| tags.get("k").unwrap_or("rsa").to_ascii_lowercase();
    let name = &key.name;
    let finding = |issue, what: String| Some(Finding::new(issue, format!("The DKIM record {name} {what}")));
    if found.is_empty() {
        return finding(Issue::RevokedKey, "has an empty key (`p=`), which revokes it. Put the key back.".to_owned());
    }
    if kind(tags) != kind(&ours) {
        let what =
            format!("is of the type {}, and our key of the type {}. Replace it.", shortened(&kind(tags)), kind(&ours));
        return finding(Issue::WrongKey, what);
    }
    if found == right {
        return None;
    }
    if right.starts_with(&found) {
        let what = format!(
            "has only {} of the {} characters of the key: the provider cut it off. Enter the value as two texts in quotes, \
             as shown here.",
            found.len(),
            right.len()
        );
        return finding(Issue::CutKey, what);
    }
    match rsa_bits(&found).filter(|bits| kind(tags) == "rsa" && *bits < MIN_BITS) {
        Some(bits) => {
            finding(Issue::ShortKey, format!("has an RSA key of {bits} bits, which can be broken. Replace it."))
        }
        None => finding(Issue::WrongKey, "has another key than the one that signs. Replace it.".to_owned()),
    }
}

/// What is wrong with a key of which only the name is known.
fn unusable(name: &str, found: &str, tags: &Tags<'_>) -> Option<Finding> {
    let finding = |issue, what: &str| Some(Finding::new(issue, format!("The DKIM record {name} {what}")));
    let found = without_blanks(found);
    if found.is_empty() {
        return finding(Issue::RevokedKey, "has an empty key (`p=`), which revokes it. Put the service's key there.");
    }
    let is_rsa = tags.get("k").is_none_or(|kind| kind.eq_ignore_ascii_case("rsa"));
    let bits = rsa_bits(&found).filter(|bits| is_rsa && *bits < MIN_BITS)?;
    finding(
        Issue::ShortKey,
        &format!("has an RSA key of {bits} bits, which can be broken. Let the service replace it."),
    )
}

/// What keeps receivers from using the right key.
fn use_of(name: &str, tags: &Tags<'_>) -> Vec<Finding> {
    let has = |tag: &str, one_of: &[&str]| {
        let mut items = tags.get(tag)?.split(':').map(str::trim);
        Some(items.any(|item| one_of.iter().any(|allowed| item.eq_ignore_ascii_case(allowed))))
    };
    let mut findings = Vec::new();
    if has("t", &["y"]) == Some(true) {
        let message = format!(
            "The DKIM record {name} is in test mode (`t=y`), so receivers treat your mails as unsigned. Remove `t=y`."
        );
        findings.push(Finding::new(Issue::TestMode, message));
    }
    for (tag, allowed, example) in [("h", &["sha256"][..], "h=sha256"), ("s", &["*", "email"][..], "s=email")] {
        if has(tag, allowed) == Some(false) {
            let message = format!(
                "The DKIM record {name} does not hold for our signatures: it has `{tag}={}`. Remove it, or write `{example}`.",
                shortened(tags.get(tag).unwrap_or_default())
            );
            findings.push(Finding::new(Issue::NotForMail, message));
        }
    }
    findings
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_whitespace()).collect()
}

/// The bits of the modulus of an RSA key: a SubjectPublicKeyInfo or an RSAPublicKey in base64.
fn rsa_bits(key: &str) -> Option<usize> {
    let der = BASE64.decode(key.as_bytes()).ok()?;
    let (fields, _) = element(&der, 0x30)?;
    let modulus = match element(fields, 0x30) {
        Some((_, rest)) => {
            let (bits, _) = element(rest, 0x03)?;
            let (key, _) = element(bits.get(1..)?, 0x30)?;
            element(key, 0x02)?.0
        }
        None => element(fields, 0x02)?.0,
    };
    let significant = &modulus[modulus.iter().take_while(|byte| **byte == 0).count()..];
    let first = significant.first()?;
    Some(significant.len() * 8 - first.leading_zeros() as usize)
}

/// The content of a DER element with this tag at the beginning of the bytes (X.690 §8.1), and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<2>()?;
    if head[0] != tag {
        return None;
    }
    let (length, rest) = match head[1] {
        short @ 0..0x80 => (usize::from(short), rest),
        long => {
            let (digits, rest) =
                rest.split_at_checked(usize::from(long & 0x7f)).filter(|(digits, _)| digits.len() <= 3)?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::answers::{Answer, Answers, Query};

    /// An RSAPublicKey whose modulus has so many bytes, the highest bit set.
    fn rsa(bytes: usize, is_info: bool) -> String {
        let der = |tag: u8, content: &[u8]| {
            let length = u16::try_from(content.len()).unwrap().to_be_bytes();
            [&[tag, 0x82][..], &length, content].concat()
        };
        let modulus = [&[0][..], &vec![0xff; bytes]].concat();
        let key = der(0x30, &[der(2, &modulus), der(2, &[1, 0, 1])].concat());
        let info = || der(0x30, &[der(0x30, &[5, 0]), der(3, &[&[0][..], &key].concat())].concat());
        BASE64.encode(&if is_info { info() } else { key.clone() })
    }

    fn examined(ours: &str, texts: &[&str]) -> Vec<&'static str> {
        let key = Record { name: "a._domainkey.me.example".into(), text: ours.into() };
        let values = texts.iter().map(|text| (*text).to_owned()).collect();
        let answers = Answers::from_iter([(Query::new(&key.name, RecordType::Txt), Answer::Values(values))]);
        examine(&key, &mut Lookups::new(&answers)).iter().map(|finding| finding.issue.name()).collect()
    }

    #[test]
    fn the_bits_of_keys_are_counted() {
        for (bytes, is_info) in [(64, true), (128, true), (256, false), (512, true)] {
            assert_eq!(rsa_bits(&rsa(bytes, is_info)), Some(bytes * 8));
        }
        for hostile in ["", "!", "MA==", "MIIB", "MP////8=", "MAIwAA==", &BASE64.encode(&[0x30; 50])] {
            assert_eq!(rsa_bits(hostile), None, "{hostile}");
        }
    }

    #[test]
    fn keys_of_others_must_be_usable() {
        let (right, short) = (format!("p={}", rsa(128, true)), format!("p={}", rsa(64, true)));
        for (text, issues) in [
            ("v=DKIM1; k=ed25519; p=QUJD", &[][..]),
            (right.as_str(), &[]),
            (short.as_str(), &["short_key"]),
            ("v=DKIM1; p=", &["revoked_key"]),
            ("v=DKIM1; p=QUJD; t=y", &["test_mode"]),
            ("v=spf1 -all", &["syntax"]),
        ] {
            let answer = Answer::Values(vec![text.to_owned()]);
            let answers = Answers::from_iter([(Query::new("s1._domainkey.me.example", RecordType::Txt), answer)]);
            let found = examine_foreign("s1._domainkey.me.example", &mut Lookups::new(&answers));
            assert_eq!(found.iter().map(|finding| finding.issue.name()).collect::<Vec<_>>(), issues, "{text}");
        }
    }

    #[test]
    fn keys_are_compared() {
        let right = rsa(256, true);
        let ours = format!("v=DKIM1; k=rsa; p={right}");
        let split = format!("k=rsa; p={} {}", &right[..200], &right[200..]);
        let short = format!("v=DKIM1; p={}", rsa(64, true));
        let other = format!("v=DKIM1; p={}", rsa(257, true));
        for (texts, issues) in [
            (&[][..], &["missing"][..]),
            (&[ours.as_str()], &[]),
            (&[split.as_str()], &[]),
            (&[ours.replace("k=rsa; ", "").as_str()], &[]),
            (&[ours.as_str(), ours.as_str()], &["several_records"]),
            (&[&ours[..200]], &["cut_key"]),
            (&["v=DKIM1; p="], &["revoked_key"]),
            (&[short.as_str()], &["short_key"]),
            (&[other.as_str()], &["wrong_key"]),
            (&["v=DKIM1; k=ed25519; p=QUJD"], &["wrong_key"]),
            (&["v=DKIM1; k=rsa"], &["syntax"]),
            (&["v=DKIM2; p=x"], &["syntax"]),
            (&["k=rsa; v=DKIM1; p=x"], &["syntax"]),
            (&["hello"], &["syntax"]),
            (&[format!("{ours}; t=y:s").as_str()], &["test_mode"]),
            (&[format!("{ours}; t=s; h=sha1:sha256; s=*").as_str()], &[]),
            (&[format!("{ours}; h=sha1").as_str()], &["not_for_mail"]),
            (&[format!("{ours}; s=tlsrpt; t=y").as_str()], &["test_mode", "not_for_mail"]),
            (&["p".repeat(70_000).as_str()], &["too_long"]),
        ] {
            assert_eq!(examined(&ours, texts), issues, "{texts:?}");
        }
    }

    #[test]
    fn a_failure_says_nothing_about_the_key() {
        let key = Record { name: "a._domainkey.me.example".into(), text: "p=x".into() };
        let failure = (Query::new(&key.name, RecordType::Txt), Answer::Failure("SERVFAIL".into()));
        let found = examine(&key, &mut Lookups::new(&Answers::from_iter([failure])));
        assert_eq!(found[0].issue, Issue::Unanswered);
        assert!(found[0].message.contains("SERVFAIL"));
    }
}
