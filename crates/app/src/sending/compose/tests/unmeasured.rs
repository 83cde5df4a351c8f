//! A copy to somebody who did not agree to be measured (M49): what may tell it from another reader's is named here, and
//! everything else is the same, byte by byte.

use attractor_mail::links::{Id, Name};
use attractor_mail::message::Provider;
use attractor_store::LeadId;

use super::*;

const BOB: Reader = Reader { address: "bob@people.example", hash: [8; 32], tag: 78 };

/// What may be personal in a copy that is not measured, by what it is.
fn personal(copy: &MailCopy, reader: Reader) -> [(&'static str, String); 6] {
    let of = CopyId { lead: copy.lead.0, tag: reader.tag };
    let (address, lead) = (AddressHash(reader.hash), Id::from(copy.lead.0.cast_unsigned()));
    let scope = match copy.email.as_deref() {
        Some("offer") => Scope::Subscription(Name::new("news").unwrap()),
        _ => Scope::All,
    };
    let signed = |token: Token| keys().sign(&token);
    [
        ("unsubscribe", signed(Token::Unsubscribe { scope, address, copy: of })),
        ("preferences", signed(Token::Preferences { address, lead })),
        ("attractor", signed(Token::Attractor { link: 1, copy: of })),
        ("return path", signed(Token::ReturnPath { copy: of })),
        ("message", signed(Token::of_message(copy.lead.0, &copy.send_id()))),
        ("address", reader.address.to_owned()),
    ]
}

/// A text with what may be personal replaced by its name.
fn masked(text: &str, personal: &[(&str, String)]) -> String {
    personal.iter().fold(text.to_owned(), |text, (name, value)| text.replace(value, &format!("[{name}]")))
}

/// The signature without the hashes, which cover all the rest.
fn without_hashes(header: &str) -> String {
    if !header.starts_with("DKIM-Signature:") {
        return header.to_owned();
    }
    let is_hash = |tag: &str| ["b=", "bh="].iter().any(|name| tag.trim_start().starts_with(name));
    header.split(';').filter(|tag| !is_hash(tag)).collect::<Vec<_>>().join(";")
}

/// A mail as its bytes, in lines that are whole: a token may be longer than a line of the encoding.
fn comparable(mail: &[u8], personal: &[(&str, String)]) -> String {
    let mail = String::from_utf8(mail.to_vec()).unwrap();
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    // It is made of the `Message-ID`.
    let (_, boundary) = head.split_once("boundary=\"").unwrap();
    let boundary = boundary.split('"').next().unwrap();
    let lines: Vec<String> = head.split("\r\n").map(without_hashes).collect();
    let whole = format!("{}\r\n\r\n{}", lines.join("\r\n"), body.replace("=\r\n", ""));
    masked(&whole.replace(boundary, "[boundary]"), personal)
}

/// The mail of the e-mail to one of two readers of whom the same is known.
fn sent(email: &str, lead: i64, reader: Reader, measured: bool) -> (MailCopy, Composed) {
    let program = Program::new(read(PLAYBOOK).playbook.unwrap(), &TimeZoneDatabase::bundled()).unwrap();
    let copy = MailCopy { lead: LeadId(lead), ..copy(email) };
    let sender = Sender { takes_mail: true, providers: Provider::ALL.to_vec(), ..sender() };
    let writer = ChosenSender::of(&sender);
    let composed = made_for(reader, &program, &copy, measured, (sender, writer), true);
    (copy, composed)
}

/// The mails to two readers, as they are compared.
fn pair(email: &str, measured: bool) -> [String; 2] {
    [(414, ADA), (415, BOB)].map(|(lead, reader)| {
        let (copy, composed) = sent(email, lead, reader, measured);
        comparable(&composed.mail.bytes, &personal(&copy, reader))
    })
}

#[test]
fn copies_to_two_readers_who_are_not_measured_are_the_same_but_for_what_must_be_personal() {
    for email in ["offer", "plain"] {
        let [ada, bob] = pair(email, false);
        assert_eq!(ada, bob, "{email}");
    }
    let [ada, bob] = pair("offer", true);
    assert_ne!(ada, bob, "what measures a reader is seen");
    let whole = pair("offer", false).concat();
    for name in ["unsubscribe", "preferences", "attractor", "return path", "message", "address", "boundary"] {
        assert!(whole.contains(&format!("[{name}]")), "{name} was looked for in vain: {whole}");
    }
}

#[test]
fn the_envelope_of_a_copy_that_is_not_measured_has_its_return_path_and_its_address_alone() {
    let (copy, composed) = sent("offer", 414, ADA, false);
    let personal = personal(&copy, ADA);
    assert_eq!(masked(&composed.mail.from, &personal), "[return path]@bounce.acme.example");
    assert_eq!(masked(&composed.mail.to, &personal), "[address]");
}

#[test]
fn no_address_in_a_copy_that_is_not_measured_is_personal_but_those_that_must_be() {
    let (copy, composed) = sent("offer", 414, ADA, false);
    let html = masked(&opened(&composed).html.unwrap(), &personal(&copy, ADA));
    let of_attribute = |name: &'static str| html.split(name).skip(1).filter_map(|rest| rest.split('"').next());
    let found: BTreeSet<&str> = ["href=\"", "src=\"", "background=\""].into_iter().flat_map(of_attribute).collect();
    let expected = [
        "https://leads.acme.example/p/[attractor]",
        "https://leads.acme.example/p/[preferences]?lang=en",
        "https://leads.acme.example/u/[unsubscribe]",
        "https://x.example/shirts",
        "mailto:me@x.example",
    ];
    assert_eq!(found, expected.into());
}
