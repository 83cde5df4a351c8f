//! Records written as messages (contract §2): one JSON object a line.

use attractor_engine::vocabulary::kind;

use crate::calendar::{DAY, Date, HOUR, MINUTE, SECOND, ZONES};
use crate::catalogue::{Form, Letter, SITE};
use crate::json::JsonPart::{self, Hex, Number, Plain, Text};
use crate::json::Object;
use crate::person::{FirmKind, Person};
use crate::record::{Activity, DealStep, IdentifyReason, MailStep, Record, UnsubscribeScope, flag};

/// Writes records; remembers the last date, which is mostly the next one too.
pub struct Writer {
    seed: u64,
    date: Date,
    printed: [u8; 10],
}

impl Writer {
    pub fn new(seed: u64) -> Writer {
        Writer { seed, date: Date(0), printed: printed(Date(0)) }
    }

    /// Appends the message and a line feed.
    pub fn line(&mut self, out: &mut Vec<u8>, record: &Record) {
        let person = Person { seed: self.seed, number: record.lead };
        Object::write(out, |object| {
            object.text("type", &[Plain(kind(record.activity))]);
            object.text("messageId", &[Hex(record.lead.into()), Plain("."), Hex(record.number.into())]);
            object.raw("timestamp", |out| self.timestamp(out, record.at));
            ids(object, person, record);
            body(object, person, record);
            context(object, record);
        });
        out.push(b'\n');
    }

    fn timestamp(&mut self, out: &mut Vec<u8>, at: i64) {
        let (date, rest) = (Date::of(at), at.rem_euclid(DAY));
        if date != self.date {
            (self.date, self.printed) = (date, printed(date));
        }
        out.push(b'"');
        out.extend_from_slice(&self.printed);
        for (mark, number) in [(b'T', rest / HOUR), (b':', rest / MINUTE % 60), (b':', rest / SECOND % 60)] {
            out.push(mark);
            out.extend_from_slice(&two(number));
        }
        let ms = rest % SECOND;
        out.extend_from_slice(&[b'.', b'0' + (ms / 100) as u8]);
        out.extend_from_slice(&two(ms % 100));
        out.extend_from_slice(b"Z\"");
    }
}

fn two(number: i64) -> [u8; 2] {
    [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]
}

fn printed(date: Date) -> [u8; 10] {
    let civil = date.civil();
    let [[a, b], [c, d]] = [two(i64::from(civil.year()) / 100), two(i64::from(civil.year()))];
    let [[e, f], [g, h]] = [two(civil.month().into()), two(civil.day().into())];
    [a, b, c, d, b'-', e, f, b'-', g, h]
}

fn kind(activity: Activity) -> &'static str {
    match activity {
        Activity::Page { .. } => "page",
        Activity::Screen(_) => "screen",
        Activity::Identify(_) => "identify",
        Activity::Group => "group",
        Activity::AliasVisitor | Activity::AliasUser => "alias",
        _ => "track",
    }
}

fn ids(object: &mut Object, person: Person, record: &Record) {
    for (device, flag) in [flag::DEVICE, flag::PHONE].into_iter().enumerate() {
        if record.flags & flag != 0 {
            object.text("anonymousId", &visitor(person, device));
        }
    }
    if record.flags & flag::USER != 0 {
        object.text("userId", &user(person));
    }
    if record.flags & flag::OTHER_USER != 0 {
        object.text("userId", &other_user(person));
    }
}

fn visitor(person: Person, device: usize) -> [JsonPart<'static>; 2] {
    [Plain("v-"), Hex(person.anonymous_id(device))]
}

fn user(person: Person) -> [JsonPart<'static>; 2] {
    [Plain("c-"), Number(1_001 + i64::from(person.number))]
}

/// Of the second sign-up.
fn other_user(person: Person) -> [JsonPart<'static>; 3] {
    let [prefix, number] = user(person);
    [prefix, number, Plain("-2")]
}

fn context(object: &mut Object, record: &Record) {
    let campaign = match record.activity {
        Activity::Page { source, .. } => source.campaign(),
        _ => None,
    };
    let (machine, history) = (record.flags & flag::MACHINE != 0, record.flags & flag::HISTORY != 0);
    if !machine && !history && campaign.is_none() {
        return;
    }
    object.object("context", |context| {
        if machine {
            context.truth("machine");
        }
        if history {
            context.truth("history");
        }
        if let Some([source, medium, name]) = campaign {
            context.object("campaign", |campaign| {
                campaign.text("source", &[Plain(source)]);
                campaign.text("medium", &[Plain(medium)]);
                campaign.text("name", &[Plain(name)]);
            });
        }
    });
}

/// What the message reason, by its type.
fn body(object: &mut Object, person: Person, record: &Record) {
    match record.activity {
        Activity::Identify(reason) => object.object("traits", |traits| identify(traits, person, reason)),
        Activity::Group => group(object, person),
        Activity::AliasVisitor => object.text("previousId", &visitor(person, 0)),
        Activity::AliasUser => object.text("previousId", &other_user(person)),
        Activity::Screen(which) => {
            object.text("name", &[Plain(["Orders", "Plan", "Stock", "Reports"][which as usize % 4])]);
        }
        Activity::Page { .. } => object.object("properties", |it| page(it, record)),
        _ => {
            object.text("event", &[Plain(event(record.activity))]);
            object.object("properties", |it| properties(it, person, record));
        }
    }
}

fn event(activity: Activity) -> &'static str {
    match activity {
        Activity::Submitted(_) => kind::FORM_SUBMITTED,
        Activity::Downloaded(_) => kind::CONTENT_DOWNLOADED,
        Activity::Registered(..) => kind::WEBINAR_REGISTERED,
        Activity::Attended(..) => kind::WEBINAR_ATTENDED,
        Activity::DemoRequested(_) => kind::DEMO_REQUESTED,
        Activity::Mail { step, .. } => mail_event(step),
        Activity::Subscribed(_) => kind::SUBSCRIBED,
        Activity::TrackingAllowed(_) => kind::TRACKING_ALLOWED,
        Activity::Unsubscribed(_) => kind::UNSUBSCRIBED,
        Activity::Deal { step, .. } => [kind::DEAL_CREATED, kind::DEAL_WON, kind::DEAL_LOST][step as usize],
        Activity::Owner => kind::OWNER_SET,
        Activity::Tagged(_) => kind::TAGGED,
        Activity::Untagged(_) => kind::UNTAGGED,
        Activity::Call(_) => kind::CALL_LOGGED,
        Activity::Note(_) => kind::NOTE_WRITTEN,
        Activity::Page { .. }
        | Activity::Screen(_)
        | Activity::Identify(_)
        | Activity::Group
        | Activity::AliasVisitor
        | Activity::AliasUser => "",
    }
}

fn mail_event(step: MailStep) -> &'static str {
    match step {
        MailStep::Sent => kind::EMAIL_SENT,
        MailStep::Delivered => kind::EMAIL_DELIVERED,
        MailStep::Opened(_) | MailStep::Loaded(_) => kind::EMAIL_OPENED,
        MailStep::Clicked(_) => kind::EMAIL_LINK_CLICKED,
        MailStep::Bounced { .. } => kind::EMAIL_BOUNCED,
        MailStep::MarkedAsSpam => kind::EMAIL_MARKED_AS_SPAM,
        MailStep::Replied => kind::EMAIL_REPLIED,
    }
}

fn page(it: &mut Object, record: &Record) {
    let Activity::Page { page, source } = record.activity else { return };
    it.text("path", &[Plain(page.path())]);
    match source.campaign() {
        Some([from, medium, name]) => {
            it.text(
                "url",
                &[
                    Plain(SITE),
                    Plain(page.path()),
                    Plain("?utm_source="),
                    Plain(from),
                    Plain("&utm_medium="),
                    Plain(medium),
                    Plain("&utm_campaign="),
                    Plain(name),
                ],
            );
        }
        None => it.text("url", &[Plain(SITE), Plain(page.path())]),
    }
    it.text("title", &[Plain(page.title())]);
    if let Some(referrer) = source.referrer() {
        it.text("referrer", &[Plain(referrer)]);
    }
}

fn identify(traits: &mut Object, person: Person, reason: IdentifyReason) {
    let email = if reason == IdentifyReason::Again { person.other_email() } else { person.email() };
    traits.text("email", &[Text(&email)]);
    if reason == IdentifyReason::Tie {
        return;
    }
    traits.text("first_name", &[Plain(person.given())]);
    traits.text("last_name", &[Plain(person.family())]);
    let firm = person.firm();
    if matches!(reason, IdentifyReason::Form | IdentifyReason::List | IdentifyReason::Sales) {
        let job = person.job();
        traits.text("job_title", &[Text(job.title)]);
        for (name, read) in [("seniority", job.seniority), ("department", job.department)] {
            if let Some(read) = read {
                traits.text(name, &[Plain(read)]);
            }
        }
        traits.text("country", &[Plain(firm.country())]);
        if person.tells_zone() {
            traits.text("timezone", &[Plain(ZONES[person.zone()])]);
        }
    }
    if matches!(reason, IdentifyReason::List | IdentifyReason::Sales) && firm.kind() != FirmKind::Private {
        traits.text("company", &[Text(&firm.name())]);
        traits.number("company_size", firm.employees());
        traits.text("industry", &[Plain(firm.industry())]);
    }
    if reason == IdentifyReason::Sales {
        // Numbers that are kept free for fiction.
        traits.text("phone", &[Plain("+44 1632 960"), Number(100 + i64::from(person.number % 900))]);
    }
}

fn group(object: &mut Object, person: Person) {
    let firm = person.firm();
    object.text("groupId", &[Text(&firm.domain())]);
    object.object("traits", |traits| {
        traits.text("name", &[Text(&firm.name())]);
        traits.text("industry", &[Plain(firm.industry())]);
        traits.number("employees", firm.employees());
        traits.text("country", &[Plain(firm.country())]);
    });
}

fn properties(it: &mut Object, person: Person, record: &Record) {
    match record.activity {
        Activity::Submitted(form) => it.text("form", &[Plain(form.id())]),
        Activity::Downloaded(asset) => {
            let (topic, format) = (asset.topic.about().id, asset.format);
            it.text("asset", &[Plain(topic), Plain("-"), Plain(format.id())]);
            it.text("format", &[Plain(format.id())]);
            it.text("intent", &[Plain(format.intent())]);
            it.text("topic", &[Plain(topic)]);
        }
        Activity::Registered(topic, date) | Activity::Attended(topic, date) => {
            it.text("webinar", &[Plain(topic.about().id), Plain("-"), JsonPart::Date(printed(date))]);
            it.text("topic", &[Plain(topic.about().id)]);
        }
        Activity::DemoRequested(topic) => it.text("topic", &[Plain(topic.about().id)]),
        Activity::Mail { letter, copy, step } => mail(it, person, letter, copy, step),
        Activity::Subscribed(form) => {
            it.text("subscription", &[Plain("newsletter")]);
            it.text("proof", &[Text(proof(form))]);
        }
        Activity::TrackingAllowed(_) => it.text("proof", &[Plain("form: Yes, see whether I read it")]),
        Activity::Unsubscribed(UnsubscribeScope::Newsletter) => it.text("subscription", &[Plain("newsletter")]),
        Activity::Unsubscribed(UnsubscribeScope::Topic(topic)) => it.text("topic", &[Plain(topic.about().id)]),
        Activity::Unsubscribed(UnsubscribeScope::Everything) => {}
        Activity::Deal { step, number, amount } => deal(it, person, step, number, amount),
        _ => by_hand(it, person, record.activity),
    }
}

fn proof(form: Form) -> &'static str {
    match form {
        Form::Newsletter => "newsletter form: \"Yes, write to me every other week\"",
        Form::Download | Form::Webinar | Form::Demo => "box ticked under the form: \"Send me more of this\"",
    }
}

fn mail(it: &mut Object, person: Person, letter: Letter, copy: u16, step: MailStep) {
    match letter {
        Letter::Newsletter(date) => it.text("email_id", &[Plain("newsletter-"), JsonPart::Date(printed(date))]),
        Letter::Launch(date) => it.text("email_id", &[Plain("launch-"), JsonPart::Date(printed(date))]),
        Letter::Invitation(date, topic) => {
            it.text(
                "email_id",
                &[Plain("webinar-"), Plain(topic.about().id), Plain("-"), JsonPart::Date(printed(date))],
            );
        }
        Letter::Follow(format, topic) => {
            it.text("email_id", &[Plain(topic.about().id), Plain("-"), Plain(format.id())])
        }
        Letter::Download(_) => it.text("email_id", &[Plain("your-download")]),
        Letter::DemoConfirmation => it.text("email_id", &[Plain("demo-confirmation")]),
    }
    it.text("send_id", &[Plain("s-"), Hex(person.number.into()), Plain("-"), Number(copy.into())]);
    match step {
        MailStep::Opened(age) => it.number("age", i64::from(age)),
        MailStep::Loaded(age) => {
            it.truth("proxy");
            it.number("age", i64::from(age));
        }
        MailStep::Clicked(place) => {
            let link = letter.link(place.into());
            it.text("link_url", &[Plain(SITE), Plain(link.page.path())]);
            if let Some(topic) = link.topic {
                it.text("topic", &[Plain(topic.about().id)]);
            }
        }
        MailStep::Bounced { hard } => {
            it.text("bounce", &[Plain(if hard { "hard" } else { "soft" })]);
            it.text("reason", &[Plain(if hard { "550 5.1.1 no such mailbox" } else { "452 4.2.2 mailbox full" })]);
        }
        MailStep::Sent | MailStep::Delivered | MailStep::MarkedAsSpam | MailStep::Replied => {}
    }
}

fn deal(it: &mut Object, person: Person, step: DealStep, number: u8, amount: u32) {
    it.text("deal_id", &[Plain("d-"), user(person)[1], Plain("-"), Number(number.into())]);
    it.number("amount", i64::from(amount));
    it.text("currency", &[Plain("EUR")]);
    if step == DealStep::Lost {
        it.text("reason", &[Plain("no decision")]);
    }
}

const NOTES: [&str; 3] = [
    "Wants to see \"where is my order\" on a phone.",
    "Still on spreadsheets; asks again after the summer.",
    "Their ERP vendor promised the same by next year.",
];

fn by_hand(it: &mut Object, person: Person, activity: Activity) {
    it.text("by", &[Plain(person.owner())]);
    match activity {
        Activity::Owner => it.text("owner", &[Plain(person.owner())]),
        Activity::Tagged(tag) | Activity::Untagged(tag) => it.text("tag", &[Plain(tag.id())]),
        Activity::Call(outcome) => it.text("outcome", &[Plain(outcome.id())]),
        Activity::Note(which) => it.text("text", &[Text(NOTES[which as usize % NOTES.len()])]),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{SitePage, VisitSource};

    #[test]
    fn a_line_is_one_message() {
        let at = Date(20_454).midnight() + 10 * HOUR + 5;
        let activity = Activity::Page { page: SitePage::PRICING, source: VisitSource::Mail };
        let record = Record { received: at, at, lead: 4, number: 31, flags: flag::DEVICE | flag::USER, activity };
        let mut out = Vec::new();
        Writer::new(1).line(&mut out, &record);
        let line = String::from_utf8(out).unwrap();
        assert!(line.starts_with(
            r#"{"type":"page","messageId":"4.1f","timestamp":"2026-01-01T10:00:00.005Z","anonymousId":"v-"#
        ));
        assert!(line.contains(r#""userId":"c-1005","properties":{"path":"/pricing","url":"#), "{line}");
        assert!(line.ends_with("}}}\n"), "{line}");
    }
}
