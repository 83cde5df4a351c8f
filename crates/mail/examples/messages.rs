//! How long a mail takes on one core: its tokens, its bytes, its signatures. The mail has two parts with 40 kB of HTML, and
//! every header that a newsletter has.
//!
//! `cargo run --release -p attractor-mail --example messages`

use std::hint::black_box;
use std::time::Instant as Clock;

use attractor_mail::links::{AddressHash, CopyId, KeyId, Keys, Purpose, Scope, Secret, Token};
use attractor_mail::message::dkim::{Key, Signer};
use attractor_mail::message::{FeedbackId, Headers, Instant, ListId, Mailbox, Message, MessageId, Unsubscribe};

/// Mails of one turn: few, so that a turn is shorter than the time for which a busy machine lets a program run. The best of
/// the turns is printed.
const MAILS: usize = 8;
const TURNS: usize = 200;

/// A test's key; it signs nothing else.
const RSA: &str = include_str!("../tests/keys/rsa.pem");
const SEED: [u8; 32] = [7; 32];

/// Links of a mail, each with a token.
const LINKS: u16 = 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let keys = Keys::new((KeyId(1), Secret::new([1; 32])), [])?;
    let ids: Vec<CopyId> = (0..MAILS as i64).map(|lead| CopyId { lead, tag: !lead }).collect();
    let tokens = |copy: CopyId| (0..LINKS).map(|link| keys.sign(&Token::Click { link, copy })).collect::<Vec<_>>();
    let read = |token: &String| keys.read(Purpose::Click, token).is_ok();
    let signed: Vec<Vec<String>> = ids.iter().map(|id| tokens(*id)).collect();
    row("tokens of 20 links, signed", || ids.iter().map(|id| tokens(*id).len()).sum());
    row("tokens of 20 links, read", || {
        signed.iter().map(|tokens| tokens.iter().filter(|token| read(token)).count()).sum()
    });

    let mails: Vec<Vec<u8>> = ids.iter().map(|id| written(&keys, *id)).collect::<Result<_, _>>()?;
    println!("{:<34}{:>10} bytes", "one mail", mails[0].len());
    row("written, not signed", || ids.iter().map(|id| written(&keys, *id).map_or(0, |mail| mail.len())).sum());
    let ed25519 = Signer::new("example.org", vec![Key::ed25519("e", &SEED)?])?;
    let rsa = Signer::new("example.org", vec![Key::rsa("r", RSA)?])?;
    let both = Signer::new("example.org", vec![Key::rsa("r", RSA)?, Key::ed25519("e", &SEED)?])?;
    for (name, signer) in [("Ed25519", ed25519), ("RSA, 2048 bits", rsa), ("RSA and Ed25519", both)] {
        let sign = |mail: &Vec<u8>| signer.sign(mail, Instant(0)).map_or(0, |mail| mail.len());
        row(&format!("signed with {name}"), || mails.iter().map(sign).sum());
    }
    Ok(())
}

fn written(keys: &Keys, copy: CopyId) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let from = Mailbox::parse("news@example.org")?.named("Acme, die Werkstatt");
    let to = Mailbox::parse("ada@example.com")?.named("Zo\u{eb} M\u{fc}ller");
    let address = AddressHash([9; 32]);
    let leave = keys.sign(&Token::Unsubscribe { scope: Scope::All, address, copy });
    let unsubscribe = Unsubscribe::new(&format!("https://example.org/u/{leave}"), None)?;
    let list = ListId::new("newsletter", "example.org", "News")?;
    let feedback = FeedbackId::new("welcome", "onboarding", "marketing", "acme-de")?;
    let row = "<tr><td style=\"padding:0 24px\">Gr\u{fc}\u{df}e, <a href=\"https://example.org/c/x\">mehr lesen</a></td></tr>\n";
    let message = Message {
        id: &MessageId::of_copy("5f0c", &format!("{copy:?}"), &from),
        from: &from,
        to: &to,
        subject: "Drei Dinge, die wir \u{fc}ber Berichte gelernt haben",
        date: Instant(1_780_000_000_000),
        text: &"Gr\u{fc}\u{df}e, mehr lesen: https://example.org/c/x\n".repeat(60),
        html: Some(&row.repeat(40_000 / row.len())),
        attachments: &[],
        headers: Headers {
            unsubscribe: Some(&unsubscribe),
            list: Some(&list),
            feedback: Some(&feedback),
            ..Headers::default()
        },
    };
    Ok(message.write())
}

/// Prints the microseconds a mail and the mails a second of the best turn.
#[expect(clippy::disallowed_methods, reason = "a bench looks at the clock; what it measures does not")]
fn row(name: &str, work: impl Fn() -> usize) {
    let turn = || {
        let began = Clock::now();
        black_box(work());
        began.elapsed().as_secs_f64() / MAILS as f64
    };
    let best = (0..TURNS).map(|_| turn()).fold(f64::INFINITY, f64::min);
    println!("{name:<34}{:>10.1} µs{:>12.0} a second", best * 1e6, 1.0 / best);
}
