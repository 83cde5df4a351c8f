//! The e-mails that come with the program: each can be sent as it is, in each of its languages.

use std::collections::BTreeSet;
use std::fs;

use attractor_engine::playbook::{Email as Declared, Playbook};
use attractor_mail::render::{Body, Check, Email, Known, Language, Link, Rendered, Source, Values, Wishes};
use serde_json::{Value, json};

use super::{folder, playbook};

/// An e-mail in one language.
struct Text<'p> {
    email: &'p Declared,
    language: &'p str,
    subject: &'p str,
    preheader: &'p str,
    body: &'p str,
}

fn texts(playbook: &Playbook) -> Vec<Text<'_>> {
    let mut texts = Vec::new();
    for email in &playbook.emails {
        let preheader = email.preheader.as_deref().unwrap_or_default();
        texts.push(Text { email, language: "en", subject: &email.subject, preheader, body: &email.body });
        texts.extend(email.languages.iter().map(|(language, text)| Text {
            email,
            language,
            subject: &text.subject,
            preheader: text.preheader.as_deref().unwrap_or_default(),
            body: &text.body,
        }));
    }
    texts
}

fn compiled(name: &str, text: &Text) -> Email {
    let path = folder(name).join(text.body);
    let body = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let source = Source {
        subject: text.subject,
        preheader: text.preheader,
        body: Body::Blocks(&body),
        language: &Language::new(text.language),
        has_footer: true,
        campaign: None,
    };
    Email::compile(&source).unwrap_or_else(|problems| panic!("{name}/{}: {problems:?}", text.body))
}

fn values(lead: Value) -> Values {
    let data = json!({
        "lead": lead, "sender": {"name": "Acme", "address": "1 Mill Road, Leeds"},
        "unsubscribe_url": "https://m.example/u/1", "preferences_url": "https://m.example/p/1"
    });
    Values::new(data.as_object().expect("an object"), jiff::tz::TimeZone::UTC, 0)
}

fn rendered(email: &Email, lead: Value, left_out: &[String]) -> Rendered {
    let mut wishes = Wishes { show: &mut |_| true, rewrite: &mut |_| None, pixel: None, decoy: None, left_out };
    email.render(&values(lead), &mut wishes).expect("it renders")
}

#[test]
fn every_email_is_complete_in_english_and_german_for_leads_with_and_without_a_name() {
    let known = Known { is_transactional: false, has_attribute: &|_| true, has_topic: &|_| true, size: 0 };
    for name in ["starter", "sample"] {
        let playbook = playbook(name);
        for text in texts(&playbook) {
            let place = format!("{name}/{}", text.body);
            let languages: Vec<&str> = text.email.languages.iter().map(|(tag, _)| tag.as_str()).collect();
            assert_eq!((languages, text.email.subscription.as_deref()), (vec!["de"], Some("newsletter")), "{place}");
            assert!(text.subject.chars().count() <= 50 && text.preheader.chars().count() <= 90, "{place}");
            let email = compiled(name, &text);
            for (lead, greeting) in [
                (json!({"first_name": "Anna", "last_name": "Weber"}), ["Hello Anna,", "Guten Tag Anna Weber,"]),
                (json!({}), ["Hello there,", "Guten Tag,"]),
                (json!({"last_name": "Weber"}), ["Hello there,", "Guten Tag,"]),
                (json!({"first_name": "Anna", "last_name": " "}), ["Hello Anna,", "Guten Tag,"]),
                (json!({"first_name": "", "last_name": ""}), ["Hello there,", "Guten Tag,"]),
            ] {
                let findings = email.findings(&values(lead.clone()), &known);
                let told: Vec<_> = findings.iter().filter(|finding| finding.check != Check::NoTopic).collect();
                assert!(told.is_empty(), "{place}: {told:?}");
                let copy = rendered(&email, lead, &[]);
                assert!(greeting.iter().any(|greeting| copy.text.contains(greeting)), "{place}: {}", copy.text);
                assert!(copy.links.iter().all(|link| copy.text.contains(&link.url)), "{place}: {}", copy.text);
            }
        }
    }
}

/// A list of mails shows the preheader behind the subject; one that repeats the subject or the mail is a line lost.
#[test]
fn every_preheader_says_something_new_and_every_email_ends_with_a_greeting() {
    for name in ["starter", "sample"] {
        let playbook = playbook(name);
        for text in texts(&playbook) {
            let place = format!("{name}/{}", text.body);
            let copy = rendered(&compiled(name, &text), json!({}), &[]);
            let is_new = !copy.text.contains(text.preheader) && text.preheader != text.subject;
            assert!(is_new && !text.preheader.is_empty(), "{place}: {}", text.preheader);
            let greeting = if text.language == "de" { "\n\nViele Grüße\n" } else { "\n\nBest wishes,\n" };
            assert_eq!(copy.text.matches(greeting).count(), 1, "{place}: {}", copy.text);
        }
    }
}

#[test]
fn every_email_has_one_thing_to_do_and_a_broadcast_three_or_four_topics() {
    for name in ["starter", "sample"] {
        let playbook = playbook(name);
        let mut broadcasts = BTreeSet::new();
        for text in texts(&playbook) {
            let copy = rendered(&compiled(name, &text), json!({}), &[]);
            let topics: BTreeSet<&str> = copy.links.iter().filter_map(|link| link.topic.as_deref()).collect();
            let things = copy.links.len() + usize::from(copy.links.is_empty() && copy.html.contains("at-button"));
            let place = format!("{name}/{}", text.body);
            if topics.len() > 1 {
                assert!((3..=4).contains(&things) && topics.len() == things, "{place}: {:?}", copy.links);
                broadcasts.insert(text.email.id.as_str());
            } else {
                assert_eq!((things, topics.into_iter().next()), (1, text.email.topic.as_deref()), "{place}");
            }
        }
        assert_eq!(broadcasts.len(), 3, "{name}: {broadcasts:?}");
    }
}

/// A topic that a lead has seen too often is left out as a whole: no title remains without its link.
#[test]
fn a_broadcast_without_one_of_its_topics_says_nothing_of_it() {
    for (name, id) in [("starter", "one-wish"), ("sample", "what-holds-you-up")] {
        let playbook = playbook(name);
        for text in texts(&playbook).iter().filter(|text| text.email.id == id) {
            let email = compiled(name, text);
            let whole = rendered(&email, json!({}), &[]);
            let topic = |link: &Link| link.topic.clone().expect("each link has a topic");
            for left_out in whole.links.iter().map(topic) {
                let copy = rendered(&email, json!({}), std::slice::from_ref(&left_out));
                assert_eq!(copy.links.len(), 3, "{left_out}");
                let bold = |copy: &Rendered| copy.html.matches("<b>").count();
                assert_eq!(bold(&copy) + 1, bold(&whole), "{left_out}: {}", copy.text);
            }
        }
    }
}

#[test]
fn every_stage_has_something_to_choose_from_and_no_file_is_forgotten() {
    for name in ["starter", "sample"] {
        let playbook = playbook(name);
        let lifecycle = playbook.ladders.iter().find(|ladder| ladder.id == "lifecycle").expect("a lifecycle");
        for stage in &lifecycle.stages {
            let fits = |email: &&Declared| email.format.is_some() && email.stages.contains(&stage.id);
            assert!(playbook.emails.iter().filter(fits).count() >= 3, "{name}: {}", stage.id);
        }
        for topic in &playbook.topics {
            let of_topic = |email: &&Declared| email.format.is_some() && email.topic.as_ref() == Some(&topic.id);
            assert!(playbook.emails.iter().any(|email| of_topic(&email)), "{name}: {}", topic.id);
        }
        let named: BTreeSet<String> = texts(&playbook).iter().map(|text| text.body.to_owned()).collect();
        let mut there = BTreeSet::new();
        for inner in ["emails", "emails/de"] {
            let files = fs::read_dir(folder(name).join(inner)).expect("a folder").flatten();
            let files = files.filter(|file| file.path().is_file());
            there.extend(files.map(|file| format!("{inner}/{}", file.file_name().to_string_lossy())));
        }
        assert_eq!(named, there, "{name}");
    }
}
