mod unmeasured;

use attractor_engine::playbook::read;
use attractor_mail::judge::DECOY;
use attractor_mail::links::{KeyId, Purpose, Scope, Secret, Token};
use attractor_mail::message::OpenedMail;
use attractor_mail::message::dkim::Key;
use jiff::tz::TimeZoneDatabase;
use serde_json::json;

use super::*;
use crate::sending::emails::Emails;
use crate::sending::links::InertLinks;
use crate::sending::senders::testing;
use crate::sending::testing::{copy, profile, sender};
use crate::sending::texts::choose;

const PLAYBOOK: &str = r#"
playbook: shop
topics: [{id: shirts, pages: ["/shirts*"]}, {id: hats}]
subscriptions: [{id: news, name: Our news}]
emails:
  - {id: offer, subject: "For {{ lead.first_name }}", body: "<mjml><mj-body><mj-section><mj-column><mj-text><a href='https://x.example/shirts'>a</a> <a href='{{ \"https://x.example/b\" | attractor: \"hats\", pain: \"cold\" }}'>b</a> <a href='mailto:me@x.example'>c</a></mj-text></mj-column></mj-section></mj-body></mjml>", subscription: news, topic: hats}
  - {id: plain, subject: Plain, body: "<mjml><mj-body><mj-section><mj-column><mj-text>Hi</mj-text></mj-column></mj-section></mj-body></mjml>"}
"#;

const NOW: Instant = Instant(1_800_000_000_000);
const TAG: i64 = 77;

fn keys() -> Keys {
    Keys::new((KeyId(1), Secret::new([7; 32])), []).unwrap()
}

/// Composes a copy of an e-mail to Ada.
fn composed(copy: &MailCopy, measured: bool, sender: Sender) -> Composed {
    composed_with(copy, measured, sender, false)
}

fn composed_with(copy: &MailCopy, measured: bool, sender: Sender, has_decoys: bool) -> Composed {
    let program = Program::new(read(PLAYBOOK).playbook.unwrap(), &TimeZoneDatabase::bundled()).unwrap();
    let writer = ChosenSender::of(&sender);
    made(&program, copy, measured, (sender, writer), has_decoys)
}

/// Where a copy goes, and by what its links are told from those of others.
#[derive(Clone, Copy)]
struct Reader {
    address: &'static str,
    hash: [u8; 32],
    tag: i64,
}

const ADA: Reader = Reader { address: "ada@people.example", hash: [9; 32], tag: TAG };

fn made(program: &Program, copy: &MailCopy, measured: bool, by: (Sender, ChosenSender), has_decoys: bool) -> Composed {
    made_for(ADA, program, copy, measured, by, has_decoys)
}

/// A copy to a reader whose name is Ada.
fn made_for(
    Reader { address, hash, tag }: Reader,
    program: &Program,
    copy: &MailCopy,
    measured: bool,
    (sender, writer): (Sender, ChosenSender),
    has_decoys: bool,
) -> Composed {
    let playbook = program.playbook();
    let email = playbook.emails.iter().find(|email| Some(&email.id) == copy.email.as_ref()).unwrap();
    let profile = profile(&json!({"first_name": "Ada", "email": address}));
    let text = choose(playbook, email, &profile, "ada");
    let class = class(copy);
    let compiled = Emails::default().compiled(VersionNumber(3), &email.id, &text, class != Class::Transactional);
    let parts = Parts {
        copy,
        class,
        version: VersionNumber(3),
        program,
        email,
        text,
        compiled: &compiled.unwrap(),
        tired: &BTreeSet::new(),
        confirmation: None,
        choice: None,
        stage: None,
        reason: FooterReason::Noted,
        shown: &|_| true,
        zone: TimeZone::UTC,
        tag,
        now: NOW,
    };
    let mailbox = Mailbox::parse(address).unwrap().named("Ada");
    let hash = AddressHash(hash);
    let recipient = Recipient { profile: &profile, mailbox, address, hash, measured, sender: writer };
    let key = Key::ed25519("e1", &[7; 32]).unwrap();
    let signer = Arc::new(Signer::new(sender.from.domain(), vec![key]).unwrap());
    let installation = Installation { sender, keys: keys(), signer, name: "0123456789ab".into(), has_decoys };
    compose(&parts, &recipient, &installation).unwrap()
}

fn opened(composed: &Composed) -> OpenedMail {
    OpenedMail::read(&composed.mail.bytes).unwrap()
}

fn header(mail: &OpenedMail, name: &str) -> Option<String> {
    mail.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
}

/// The tokens of a purpose behind a path in a text.
fn tokens(text: &str, path: &str, purpose: Purpose) -> Vec<Token> {
    let start = format!("https://leads.acme.example/{path}/");
    let token = |(at, _): (usize, &str)| {
        let rest = &text[at + start.len()..];
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c))).unwrap_or(rest.len());
        let read = Purpose::ALL.into_iter().find_map(|purpose| keys().read(purpose, &rest[..end]).ok());
        read.expect("a token of ours")
    };
    text.match_indices(&start).map(token).filter(|token| token.purpose() == purpose).collect()
}

#[test]
fn links_of_a_measured_copy_are_its_own_and_those_of_others_the_authors() {
    let of = CopyId { lead: 414, tag: TAG };
    for measured in [true, false] {
        let composed = composed(&copy("offer"), measured, sender());
        let mail = opened(&composed);
        let (html, text) = (mail.html.unwrap(), mail.text.unwrap());
        let clicks = if measured {
            vec![Token::Click { link: 0, copy: of }, Token::Click { link: 1, copy: of }]
        } else {
            vec![]
        };
        assert_eq!(tokens(&html, "t/c", Purpose::Click), clicks);
        assert_eq!(tokens(&text, "t/c", Purpose::Click), clicks);
        let offers = if measured { vec![] } else { vec![Token::Attractor { link: 1, copy: of }] };
        assert_eq!(tokens(&html, "p", Purpose::Attractor), offers, "an attractor that is not measured asks");
        assert_eq!(tokens(&text, "p", Purpose::Attractor), offers);
        let opens = if measured { vec![Token::Open { copy: of }] } else { vec![] };
        assert_eq!(tokens(&html, "t/o", Purpose::Open), opens);
        assert_eq!(html.contains("https://x.example/shirts"), !measured);
        assert!(html.contains("mailto:me@x.example"), "nobody can measure it");
        let scope = Scope::Subscription(attractor_mail::links::Name::new("news").unwrap());
        let out = Token::Unsubscribe { scope, address: AddressHash([9; 32]), copy: of };
        assert_eq!(tokens(&html, "u", Purpose::Unsubscribe), [out]);
        assert_eq!(tokens(&html, "p", Purpose::Preferences).len(), 1);
    }
}

#[test]
fn the_links_of_what_a_lead_asked_for_are_the_authors_and_stand_for_nothing() {
    let asked = MailCopy { class: "transactional".into(), ..copy("offer") };
    let composed = composed(&asked, false, sender());
    let mail = opened(&composed);
    for part in [mail.html.unwrap(), mail.text.unwrap()] {
        assert!(part.contains("https://x.example/b") && !part.contains("https://leads.acme.example/"), "{part}");
    }
    let links: Vec<FrozenLink> = serde_json::from_str(&composed.content.link_set.1).unwrap();
    assert_eq!(links.len(), 3);
    assert!(links.iter().all(|link| link.topic.is_none() && link.sets.is_empty()), "{links:?}");
}

#[test]
fn what_is_kept_says_what_the_copy_was() {
    let Composed { content, mail, .. } = composed(&copy("offer"), true, sender());
    let kept: FrozenCopy = serde_json::from_str(&content.document).unwrap();
    assert_eq!((kept.email.as_str(), kept.version, kept.measured, kept.made_at), ("offer", 3, true, NOW.0));
    assert_eq!(
        (kept.language.as_str(), kept.subscription.as_deref(), kept.topic.as_deref()),
        ("en", Some("news"), Some("hats"))
    );
    assert_eq!(kept.values["lead"]["first_name"], "Ada");
    assert!(kept.language_because.unwrap().contains("playbook"));
    let links: Vec<FrozenLink> = serde_json::from_str(&content.link_set.1).unwrap();
    let shown: Vec<_> = links.iter().map(|link| (link.url.as_str(), link.topic.as_deref(), link.sets.len())).collect();
    let expected = [
        ("https://x.example/shirts", Some("shirts"), 0),
        ("https://x.example/b", Some("hats"), 1),
        ("mailto:me@x.example", None, 0),
    ];
    assert_eq!(shown, expected, "in the order of the tokens");
    assert_eq!(links.iter().map(|link| link.asks).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!((content.tag, content.address.as_str(), content.link_set.0.len()), (TAG, "ada@people.example", 64));
    assert_eq!((mail.to.as_str(), mail.needs_smtputf8), ("ada@people.example", false));
    assert_eq!(composed(&copy("offer"), true, sender()).content, content, "the same input gives the same");
}

#[test]
fn headers_are_those_of_the_class() {
    let form = MailCopy { class: "transactional".into(), source: CopySource::Form("m1".into()), ..copy("plain") };
    for (copy, way_out, list, feedback, automatic) in [
        (copy("offer"), true, Some("news.acme.example"), "offer:welcome:marketing:", None),
        (MailCopy { class: "answer".into(), ..copy("plain") }, true, None, "plain:welcome:answer:", None),
        (form, false, None, "plain:form:transactional:", Some("auto-replied")),
        (
            MailCopy { source: CopySource::Broadcast("may".into()), ..copy("plain") },
            true,
            None,
            "plain:may:marketing:",
            None,
        ),
    ] {
        let mail = opened(&composed(&copy, false, sender()));
        let signature = header(&mail, "DKIM-Signature").unwrap_or_default();
        assert!(signature.contains("d=acme.example") && signature.contains("s=e1"), "{signature}");
        assert_eq!(header(&mail, "List-Unsubscribe").is_some(), way_out, "{copy:?}");
        assert_eq!(header(&mail, "List-Unsubscribe-Post").is_some(), way_out, "{copy:?}");
        assert_eq!(header(&mail, "List-Id").as_deref().map(|id| id.contains(list.unwrap_or("?"))), list.map(|_| true));
        assert!(header(&mail, "Feedback-ID").unwrap().starts_with(feedback), "{mail:?}");
        assert_eq!(header(&mail, "Auto-Submitted").as_deref(), automatic);
        assert_eq!(mail.html.unwrap().contains("/u/"), way_out, "only mail that people can leave has the footer");
    }
}

#[test]
fn the_id_of_a_mail_names_its_copy_and_is_signed() {
    let copy = copy("offer");
    let id = header(&opened(&composed(&copy, false, sender())), "Message-ID").unwrap();
    let (token, domain) = id.trim_matches(['<', '>']).split_once('@').unwrap();
    let read = keys().read(Purpose::Message, token).unwrap();
    assert_eq!((read, domain), (Token::of_message(414, &copy.send_id()), "acme.example"));
}

#[test]
fn bounces_go_to_an_address_of_the_copy_or_to_the_sender() {
    let own = composed(&copy("offer"), false, sender()).mail.from;
    let (token, domain) = own.split_once('@').unwrap();
    let read = keys().read(Purpose::ReturnPath, token).unwrap();
    assert_eq!((read, domain), (Token::ReturnPath { copy: CopyId { lead: 414, tag: TAG } }, "bounce.acme.example"));
    let shared = Sender { bounce_domain: None, ..sender() };
    assert_eq!(composed(&copy("offer"), false, shared).mail.from, "news@acme.example");
}

#[test]
fn a_measured_copy_with_links_has_a_decoy_in_its_html_alone() {
    for (email, measured, has_one) in [("offer", true, true), ("offer", false, false), ("plain", true, false)] {
        let made = composed_with(&copy(email), measured, sender(), true);
        let mail = opened(&made);
        let decoys = |part: &str| {
            let decoy = Token::Click { link: DECOY, copy: CopyId { lead: 414, tag: TAG } };
            tokens(part, "t/c", Purpose::Click).into_iter().filter(|token| *token == decoy).count()
        };
        let (html, text) = (mail.html.unwrap(), mail.text.unwrap());
        assert_eq!((decoys(&html), decoys(&text)), (usize::from(has_one), 0), "{email} {measured}");
        let without = composed(&copy(email), measured, sender());
        assert_eq!(made.content, without.content, "nothing of it is kept");
        assert_eq!(made.mail == without.mail, !has_one);
    }
}

#[test]
fn a_mail_that_is_only_shown_signs_nothing() {
    let inert = InertLinks { public_url: "https://leads.acme.example", sent: &[] };
    let link = Link { url: "https://x.example/a".into(), topic: None, sets: Vec::new(), position: 0, source: 0 };
    assert_eq!((inert.click(0, &link), inert.offer(0, &link)), (link.url.clone(), link.url.clone()));
    let moved = FrozenLink { url: "https://x.example/b".into(), ..FrozenLink::default() };
    let again = InertLinks { sent: &[moved], ..inert };
    assert_eq!(again.plain(0, &link).as_deref(), Some("https://x.example/b"));
    assert_eq!((inert.pixel(), inert.decoy()), (None, None));
    for text in [inert.unsubscribe(Some("news")), inert.preferences("en")] {
        let token = text.rsplit('/').next().unwrap();
        assert!(Purpose::ALL.into_iter().all(|purpose| keys().read(purpose, token).is_err()), "{text}");
    }
}

#[test]
fn a_copy_in_the_name_of_another_domain_comes_from_ours_and_is_answered_there() {
    let named = testing::named("sales", "Grace \"G\" Hopper\r\nBcc: eve@x.example", "grace@home.example", None);
    let all = testing::senders(vec![named], &[]);
    let writer = all.choose(&sender(), Some("sales"), &profile(&json!({})));
    let program = Program::new(read(PLAYBOOK).playbook.unwrap(), &TimeZoneDatabase::bundled()).unwrap();
    let copy = copy("plain");
    let made = made(&program, &copy, false, (sender(), writer), false);
    let mail = opened(&made);
    assert_eq!(mail.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("bcc")).count(), 0);
    let from = header(&mail, "From").unwrap();
    assert!(from.contains("Hopper Bcc: eve@x.example") && from.ends_with("<news@acme.example>"), "{from}");
    assert!(header(&mail, "Reply-To").unwrap().ends_with("<grace@home.example>"), "{mail:?}");
    let kept: FrozenCopy = serde_json::from_str(&made.content.document).unwrap();
    assert_eq!(kept.reply_to.unwrap().address, "grace@home.example");
    assert_eq!(kept.values["sender"]["email"], "grace@home.example");
}

#[test]
fn a_step_goes_to_an_address_once_unless_somebody_asked_for_it() {
    let step =
        MailCopy { source: CopySource::Sequence { sequence: "s".into(), began: 0, step: "a".into() }, ..copy("offer") };
    assert_eq!(once(&step).as_deref(), Some("step:s/a"));
    // The gate does not ask whether it is a duplicate, so a claim must not refuse it: it would be due for ever.
    let asked = MailCopy { class: "transactional".into(), ..step };
    assert_eq!(once(&asked), Some(format!("requested:{}", asked.send_id())), "only this copy, which is counted");
    assert_eq!(once(&MailCopy { source: CopySource::Form("m".into()), ..asked }), None);
}
