//! The footer says no more of why somebody gets an e-mail than its copy rests on.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

use std::collections::BTreeSet;

use attractor_mail::render::{Body, Email, FooterReason, Language, Rendered, Source, Values, Wishes};
use jiff::tz::TimeZone;
use serde_json::json;

const LANGUAGES: [&str; 10] = ["en", "de", "fr", "it", "es", "nl", "pt", "pl", "ar", "he"];
const MJML: &str =
    "<mjml><mj-body><mj-section><mj-column><mj-text>Hello</mj-text></mj-column></mj-section></mj-body></mjml>";
const BLOCKS: &str = r#"{"blocks": [{"type": "text", "text": "Hello"}, {"type": "footer"}]}"#;

/// A copy from Acme; without a reason, one of an earlier version.
fn copy(body: Body<'_>, language: &str, reason: Option<FooterReason>) -> Rendered {
    let email = Email::compile(&Source {
        subject: "Hello",
        preheader: "",
        body,
        language: &Language::new(language),
        has_footer: true,
        campaign: None,
    });
    let email = email.unwrap_or_else(|problems| panic!("{language}: {problems:?}"));
    let mut data = json!({"lead": {}, "sender": {"name": "Acme", "address": "1 Mill Road"}});
    if let Some(reason) = reason {
        data[FooterReason::VALUE] = reason.name().into();
    }
    let values = Values::new(data.as_object().unwrap(), TimeZone::UTC, 0);
    let mut wishes = Wishes { show: &mut |_| true, rewrite: &mut |_| None, pixel: None, decoy: None, left_out: &[] };
    email.render(&values, &mut wishes).unwrap()
}

/// The line above the sender and its address.
fn sentence(copy: &Rendered) -> &str {
    let lines: Vec<&str> = copy.text.lines().collect();
    let sender = lines.iter().position(|line| *line == "Acme · 1 Mill Road").unwrap();
    lines[sender - 1]
}

#[test]
fn the_footer_says_on_what_a_copy_rests() {
    for (language, reason, expected) in [
        ("en", FooterReason::Asked, "You get this e-mail because you asked Acme to write to you."),
        (
            "en",
            FooterReason::Noted,
            "You get this e-mail because our records say that you agreed to get e-mails from Acme.",
        ),
        ("en", FooterReason::Customer, "You get this e-mail because you are or were a customer of Acme."),
        ("en", FooterReason::Contact, "You get this e-mail because your address is among the contacts of Acme."),
        (
            "en",
            FooterReason::Occasion,
            "You get this e-mail because of something that was done with your address at Acme.",
        ),
        ("de", FooterReason::Asked, "Sie erhalten diese E-Mail, weil Sie Acme darum gebeten haben."),
        (
            "de",
            FooterReason::Noted,
            "Sie erhalten diese E-Mail, weil Sie laut unseren Unterlagen dem Erhalt von E-Mails von Acme zugestimmt haben.",
        ),
        (
            "de",
            FooterReason::Customer,
            "Sie erhalten diese E-Mail, weil Sie zu den Kunden von Acme gehören oder gehörten.",
        ),
        ("de", FooterReason::Contact, "Sie erhalten diese E-Mail, weil Ihre Adresse zu den Kontakten von Acme gehört."),
        ("de", FooterReason::Occasion, "Sie erhalten diese E-Mail, weil Ihre Adresse bei Acme verwendet wurde."),
    ] {
        for body in [Body::Mjml(MJML), Body::Blocks(BLOCKS)] {
            let copy = copy(body, language, Some(reason));
            assert_eq!(sentence(&copy), expected, "{body:?}");
            assert!(copy.html.contains(&format!("{expected}<br")), "{}", copy.html);
        }
    }
}

#[test]
fn every_language_has_a_sentence_of_its_own_for_every_reason() {
    let mut all = BTreeSet::new();
    for language in LANGUAGES {
        for reason in FooterReason::ALL {
            let copy = copy(Body::Mjml(MJML), language, Some(reason));
            let said = sentence(&copy);
            assert_eq!((said.matches("Acme").count(), said.contains('{')), (1, false), "{language} {reason:?}: {said}");
            assert!(copy.html.contains(&format!("{said}<br")), "{language} {reason:?}: {}", copy.html);
            assert!(all.insert(said.to_owned()), "{language} {reason:?}: {said}");
        }
    }
}

#[test]
fn a_copy_of_an_earlier_version_says_what_it_said() {
    for language in LANGUAGES {
        let [earlier, asked] = [None, Some(FooterReason::Asked)].map(|reason| copy(Body::Mjml(MJML), language, reason));
        assert_eq!(earlier, asked, "{language}");
    }
}
