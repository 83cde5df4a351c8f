//! How sentences speak of properties and dates: the one table of their nouns and units.
//!
//! What has no row is spoken of by its name: "whose plan is “pro”", "at least 2 different values of plan".

use super::kind;

/// Words for a property of some kinds of events. `#` is where the number, the name or the time stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    /// Its different values are counted; follows "has" in place of the kind's participle.
    Different(&'static str),
    /// It is one thing that the playbook declares; follows "has" in place of the kind's participle.
    The(Declared, &'static str),
    /// It is one of the things that the playbook declares; follows the participle.
    Of(Declared, &'static str),
    /// It is a number of seconds. The words are for "at most"; they follow the participle.
    Seconds(&'static str),
}

/// What a property's value refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declared {
    Topic,
    Email,
}

/// Views of pages are not here with `topic`: most of them have a topic by their path, which `where` does not see.
const PROPERTIES: &[(&str, &str, Spoken)] = &[
    (kind::PAGE_VIEWED, "path", Spoken::Different("viewed # different pages")),
    (kind::FORM_SUBMITTED, "form", Spoken::Different("submitted # different forms")),
    (kind::FORM_SUBMITTED, "topic", Spoken::Of(Declared::Topic, "about #")),
    (kind::CONTENT_DOWNLOADED, "asset", Spoken::Different("downloaded # different things")),
    (kind::CONTENT_DOWNLOADED, "topic", Spoken::Different("downloaded content about # different topics")),
    (kind::CONTENT_DOWNLOADED, "topic", Spoken::Of(Declared::Topic, "about #")),
    (kind::WEBINAR_ATTENDED, "webinar", Spoken::Different("attended # different webinars")),
    (kind::WEBINAR_ATTENDED, "topic", Spoken::Different("attended webinars about # different topics")),
    (kind::WEBINAR_ATTENDED, "topic", Spoken::Of(Declared::Topic, "about #")),
    (kind::WEBINAR_REGISTERED, "webinar", Spoken::Different("registered for # different webinars")),
    (kind::WEBINAR_REGISTERED, "topic", Spoken::Of(Declared::Topic, "about #")),
    (kind::DEMO_REQUESTED, "topic", Spoken::Of(Declared::Topic, "about #")),
    (kind::EMAIL_OPENED, "email_id", Spoken::Different("opened # different e-mails")),
    (kind::EMAIL_OPENED, "email_id", Spoken::The(Declared::Email, "opened the e-mail #")),
    (kind::EMAIL_OPENED, "send_id", Spoken::Different("opened # different copies of e-mails")),
    (kind::EMAIL_OPENED, "topic", Spoken::Of(Declared::Topic, "about #")),
    (kind::EMAIL_OPENED, "age", Spoken::Seconds("within # of delivery")),
    (kind::EMAIL_LINK_CLICKED, "email_id", Spoken::Different("clicked links in # different e-mails")),
    (kind::EMAIL_LINK_CLICKED, "email_id", Spoken::The(Declared::Email, "clicked a link in the e-mail #")),
    (kind::EMAIL_LINK_CLICKED, "email_id", Spoken::Of(Declared::Email, "from the e-mail #")),
    (kind::EMAIL_LINK_CLICKED, "url", Spoken::Different("clicked # different links in e-mails")),
    (kind::EMAIL_LINK_CLICKED, "topic", Spoken::Different("clicked links about # different topics")),
    (kind::EMAIL_LINK_CLICKED, "topic", Spoken::Of(Declared::Topic, "about #")),
    (kind::EMAIL_REPLIED, "email_id", Spoken::Different("replied to # different e-mails")),
    (kind::EMAIL_REPLIED, "email_id", Spoken::The(Declared::Email, "replied to the e-mail #")),
    (kind::EMAIL_DELIVERED, "email_id", Spoken::Different("received # different e-mails")),
    (kind::EMAIL_DELIVERED, "email_id", Spoken::The(Declared::Email, "received the e-mail #")),
    (kind::TOPIC_CHOSEN, "topic", Spoken::Different("chosen # different topics")),
    (kind::TOPIC_CHOSEN, "topic", Spoken::The(Declared::Topic, "chosen the topic #")),
    // With the same words for clicks, these say a condition on both kinds, as a follow-up of a broadcast asks it.
    (kind::TOPIC_CHOSEN, "topic", Spoken::Of(Declared::Topic, "about #")),
    (kind::TOPIC_CHOSEN, "email_id", Spoken::Of(Declared::Email, "from the e-mail #")),
];

/// The words for a property of a kind.
pub(crate) fn spoken<'a>(kind: &'a str, property: &'a str) -> impl Iterator<Item = Spoken> + 'a {
    let rows = PROPERTIES.iter().filter(move |(of, name, _)| *of == kind && *name == property);
    rows.map(|(_, _, words)| *words)
}

/// A verb that is the last word of a date's name: `trial_ends`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateVerb {
    /// "ends"
    pub present: &'static str,
    /// "ended"
    pub past: &'static str,
    /// Follows "has": "ended".
    pub participle: &'static str,
}

const fn verb(present: &'static str, past: &'static str, participle: &'static str) -> DateVerb {
    DateVerb { present, past, participle }
}

const DATE_VERBS: [DateVerb; 5] = [
    verb("ends", "ended", "ended"),
    verb("starts", "started", "started"),
    verb("begins", "began", "begun"),
    verb("expires", "expired", "expired"),
    verb("renews", "renewed", "renewed"),
];

/// A date's name as its subject and its verb; `None` where it does not end with one.
pub(crate) fn verb_of(name: &str) -> Option<(&str, DateVerb)> {
    let (subject, last) = name.rsplit_once('_')?;
    let verb = DATE_VERBS.into_iter().find(|verb| verb.present == last)?;
    Some((subject, verb))
}
