//! The playbook as a whole. The order of its keys here is the order of declaration, whatever the order in the text.

use super::cadence::TheCadence;
use super::email::{Language, OneEmail};
use super::free::EventKind;
use super::group::List;
use super::ladder::OneLadder;
use super::leaf::{Text, Zone};
use super::record;
use super::score::OneScore;
use super::segment::{OneSegment, OneSubscription};
use super::sequence::OneSequence;
use super::topic::{OneTopic, TheInterests};
use crate::playbook::marked::Node;
use crate::playbook::reader::{Fields, Reader};
use crate::playbook::{DEFAULT_LANGUAGE, Playbook};

record! { WholePlaybook as "a playbook" => Playbook;
    check check_languages;
    keys {
        must "playbook" name: Text, "The name of the playbook.";
        may "timezone" timezone: Zone, "The time zone of scheduled evaluation; absent: UTC.";
        may "language" language: Language, "The language of the e-mails' own texts, such as `en` or `de-AT`; absent: en.";
        may "activity" activity: List<EventKind>, "The kinds of events that count as activity of the lead; absent: Page Viewed, Email Opened, Email Link Clicked, Form Submitted, Content Downloaded, Webinar Attended, Demo Requested, Topic Chosen.";
        may "topics" topics: List<OneTopic>, "Subjects that leads can be interested in.";
        may "interests" interests: TheInterests, "How strongly events pull leads to topics. {} means the defaults; absent: leads have no interests.";
        may "scores" scores: List<OneScore>, "Points from rules.";
        may "ladders" ladders: List<OneLadder>, "Ordered sets of exclusive stages.";
        may "segments" segments: List<OneSegment>, "Named sets of leads.";
        may "subscriptions" subscriptions: List<OneSubscription>, "Subscriptions that people can join and leave.";
        may "cadence" cadence: TheCadence, "How often leads of each stage may receive mail.";
        may "emails" emails: List<OneEmail>, "The e-mails that can be sent.";
        may "sequences" sequences: List<OneSequence>, "E-mails and waits that a lead goes through once enrolled.";
    }
    build Playbook {
        name,
        timezone: timezone.unwrap_or_else(|| "UTC".into()),
        language,
        activity,
        topics: topics.unwrap_or_default(),
        interests,
        scores: scores.unwrap_or_default(),
        ladders: ladders.unwrap_or_default(),
        segments: segments.unwrap_or_default(),
        subscriptions: subscriptions.unwrap_or_default(),
        cadence,
        emails: emails.unwrap_or_default(),
        sequences: sequences.unwrap_or_default(),
    }
}

/// An e-mail's own texts are in the playbook's language; a translation into it would never be sent.
fn check_languages(fields: &Fields<'_>, reader: &mut Reader) {
    let own = fields.get("language").and_then(Node::text).unwrap_or(DEFAULT_LANGUAGE);
    let emails = fields.get("emails").map_or(&[][..], Node::items);
    let translations = emails.iter().filter_map(|email| email.get("languages")).flat_map(Node::entries);
    for (key, _) in translations.filter(|(key, _)| key.text.eq_ignore_ascii_case(own)) {
        let message = format!(
            "`{}` is the playbook's language, in which the e-mail's own subject and body are; remove it here, or set `language`",
            key.text
        );
        reader.meaning(key.place, message);
    }
}
