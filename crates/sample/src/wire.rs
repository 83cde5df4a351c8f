//! Records written as messages (contract §2): one JSON object a line.

use attractor_engine::vocabulary::kind;

use crate::calendar::{DAY, Date, HOUR, MINUTE, SECOND, ZONES};
use crate::catalogue::{Form, Letter, SITE};
use crate::json::Object;
use crate::json::Part::{self, Hex, Number, Plain, Text};
use crate::person::{Person, Standing};
use crate::record::{DealStep, Leaves, Record, Says, Step, What, flag};

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
            object.text("type", &[Plain(kind(record.what))]);
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

fn kind(what: What) -> &'static str {
    match what {
        What::Page { .. } => "page",
        What::Screen(_) => "screen",
        What::Identify(_) => "identify",
        What::Group => "group",
        What::AliasVisitor | What::AliasUser => "alias",
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

fn visitor(person: Person, device: usize) -> [Part<'static>; 2] {
    [Plain("v-"), Hex(person.anonymous_id(device))]
}

fn user(person: Person) -> [Part<'static>; 2] {
    [Plain("c-"), Number(1_001 + i64::from(person.number))]
}

/// Of the second sign-up.
fn other_user(person: Person) -> [Part<'static>; 3] {
    let [prefix, number] = user(person);
    [prefix, number, Plain("-2")]
}

fn context(object: &mut Object, record: &Record) {
    let campaign = match record.what {
        What::Page { source, .. } => source.campaign(),
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

/// What the message says, by its type.
fn body(object: &mut Object, person: Person, record: &Record) {
    match record.what {
        What::Identify(says) => object.object("traits", |traits| identify(traits, person, says)),
        What::Group => group(object, person),
        What::AliasVisitor => object.text("previousId", &visitor(person, 0)),
        What::AliasUser => object.text("previousId", &other_user(person)),
        What::Screen(which) => {
            object.text("name", &[Plain(["Orders", "Plan", "Stock", "Reports"][which as usize % 4])]);
        }
        What::Page { .. } => object.object("properties", |it| page(it, record)),
        _ => {
            object.text("event", &[Plain(event(record.what))]);
            object.object("properties", |it| properties(it, person, record));
        }
    }
}

fn event(what: What) -> &'static str {
    match what {
        What::Submitted(_) => kind::FORM_SUBMITTED,
        What::Downloaded(_) => kind::CONTENT_DOWNLOADED,
        What::Registered(..) => kind::WEBINAR_REGISTERED,
        What::Attended(..) => kind::WEBINAR_ATTENDED,
        What::DemoRequested(_) => kind::DEMO_REQUESTED,
        What::Mail { step, .. } => mail_event(step),
        What::Subscribed(_) => kind::SUBSCRIBED,
        What::Unsubscribed(_) => kind::UNSUBSCRIBED,
        What::Deal { step, .. } => [kind::DEAL_CREATED, kind::DEAL_WON, kind::DEAL_LOST][step as usize],
        What::Owner => kind::OWNER_SET,
        What::Tagged(_) => kind::TAGGED,
        What::Untagged(_) => kind::UNTAGGED,
        What::Call(_) => kind::CALL_LOGGED,
        What::Note(_) => kind::NOTE_WRITTEN,
        What::Page { .. }
        | What::Screen(_)
        | What::Identify(_)
        | What::Group
        | What::AliasVisitor
        | What::AliasUser => "",
    }
}

fn mail_event(step: Step) -> &'static str {
    match step {
        Step::Sent => kind::EMAIL_SENT,
        Step::Delivered => kind::EMAIL_DELIVERED,
        Step::Opened(_) | Step::Loaded(_) => kind::EMAIL_OPENED,
        Step::Clicked(_) => kind::EMAIL_LINK_CLICKED,
        Step::Bounced { .. } => kind::EMAIL_BOUNCED,
        Step::MarkedAsSpam => kind::EMAIL_MARKED_AS_SPAM,
        Step::Replied => kind::EMAIL_REPLIED,
    }
}

fn page(it: &mut Object, record: &Record) {
    let What::Page { page, source } = record.what else { return };
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

fn identify(traits: &mut Object, person: Person, says: Says) {
    let email = if says == Says::Again { person.other_email() } else { person.email() };
    traits.text("email", &[Text(&email)]);
    if says == Says::Tie {
        return;
    }
    traits.text("first_name", &[Plain(person.given())]);
    traits.text("last_name", &[Plain(person.family())]);
    let firm = person.firm();
    if matches!(says, Says::Form | Says::List | Says::Sales) {
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
    if matches!(says, Says::List | Says::Sales) && firm.standing() != Standing::Private {
        traits.text("company", &[Text(&firm.name())]);
        traits.number("company_size", firm.employees());
        traits.text("industry", &[Plain(firm.industry())]);
    }
    if says == Says::Sales {
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
    match record.what {
        What::Submitted(form) => it.text("form", &[Plain(form.id())]),
        What::Downloaded(asset) => {
            let (topic, format) = (asset.topic.about().id, asset.format);
            it.text("asset", &[Plain(topic), Plain("-"), Plain(format.id())]);
            it.text("format", &[Plain(format.id())]);
            it.text("intent", &[Plain(format.intent())]);
            it.text("topic", &[Plain(topic)]);
        }
        What::Registered(topic, date) | What::Attended(topic, date) => {
            it.text("webinar", &[Plain(topic.about().id), Plain("-"), Part::Date(printed(date))]);
            it.text("topic", &[Plain(topic.about().id)]);
        }
        What::DemoRequested(topic) => it.text("topic", &[Plain(topic.about().id)]),
        What::Mail { letter, copy, step } => mail(it, person, letter, copy, step),
        What::Subscribed(form) => {
            it.text("subscription", &[Plain("newsletter")]);
            it.text("proof", &[Text(proof(form))]);
        }
        What::Unsubscribed(Leaves::Newsletter) => it.text("subscription", &[Plain("newsletter")]),
        What::Unsubscribed(Leaves::Topic(topic)) => it.text("topic", &[Plain(topic.about().id)]),
        What::Unsubscribed(Leaves::Everything) => {}
        What::Deal { step, number, amount } => deal(it, person, step, number, amount),
        _ => by_hand(it, person, record.what),
    }
}

fn proof(form: Form) -> &'static str {
    match form {
        Form::Newsletter => "newsletter form: \"Yes, write to me every other week\"",
        Form::Download | Form::Webinar | Form::Demo => "box ticked under the form: \"Send me more of this\"",
    }
}

fn mail(it: &mut Object, person: Person, letter: Letter, copy: u16, step: Step) {
    match letter {
        Letter::Newsletter(date) => it.text("email_id", &[Plain("newsletter-"), Part::Date(printed(date))]),
        Letter::Launch(date) => it.text("email_id", &[Plain("launch-"), Part::Date(printed(date))]),
        Letter::Invitation(date, topic) => {
            it.text("email_id", &[Plain("webinar-"), Plain(topic.about().id), Plain("-"), Part::Date(printed(date))]);
        }
        Letter::Follow(format, topic) => {
            it.text("email_id", &[Plain(topic.about().id), Plain("-"), Plain(format.id())])
        }
        Letter::Download(_) => it.text("email_id", &[Plain("your-download")]),
        Letter::DemoConfirmation => it.text("email_id", &[Plain("demo-confirmation")]),
    }
    it.text("send_id", &[Plain("s-"), Hex(person.number.into()), Plain("-"), Number(copy.into())]);
    match step {
        Step::Opened(age) => it.number("age", i64::from(age)),
        Step::Loaded(age) => {
            it.truth("proxy");
            it.number("age", i64::from(age));
        }
        Step::Clicked(place) => {
            let link = letter.link(place.into());
            it.text("link_url", &[Plain(SITE), Plain(link.page.path())]);
            if let Some(topic) = link.topic {
                it.text("topic", &[Plain(topic.about().id)]);
            }
        }
        Step::Bounced { hard } => {
            it.text("bounce", &[Plain(if hard { "hard" } else { "soft" })]);
            it.text("reason", &[Plain(if hard { "550 5.1.1 no such mailbox" } else { "452 4.2.2 mailbox full" })]);
        }
        Step::Sent | Step::Delivered | Step::MarkedAsSpam | Step::Replied => {}
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

fn by_hand(it: &mut Object, person: Person, what: What) {
    it.text("by", &[Plain(person.owner())]);
    match what {
        What::Owner => it.text("owner", &[Plain(person.owner())]),
        What::Tagged(tag) | What::Untagged(tag) => it.text("tag", &[Plain(tag.id())]),
        What::Call(outcome) => it.text("outcome", &[Plain(outcome.id())]),
        What::Note(which) => it.text("text", &[Text(NOTES[which as usize % NOTES.len()])]),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Page, Source};

    #[test]
    fn a_line_is_one_message() {
        let at = Date(20_454).midnight() + 10 * HOUR + 5;
        let what = What::Page { page: Page::PRICING, source: Source::Mail };
        let record = Record { received: at, at, lead: 4, number: 31, flags: flag::DEVICE | flag::USER, what };
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
