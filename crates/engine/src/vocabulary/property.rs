//! The properties of events that the vocabulary knows.

/// A property of an event.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    pub name: &'static str,
    pub holds: Holds,
    /// A phrase for people, without a full stop.
    pub meaning: &'static str,
    /// An example, as JSON; empty where it does not go with the others, or is rarely there.
    pub example: &'static str,
}

/// The type of a property's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Text,
    /// A text that names something; a number is read as its decimal text.
    Id,
    /// A number without a unit, or in the currency of the event.
    Number,
    /// A number of seconds.
    Seconds,
    TrueOrFalse,
    /// `3d`, `48h`.
    Duration,
    /// A date and time, ISO 8601.
    Instant,
    /// A text, a number, or true or false.
    Value,
}

impl Holds {
    /// For people: "a text".
    pub fn name(self) -> &'static str {
        match self {
            Holds::Text => "text",
            Holds::Id => "id (text)",
            Holds::Number => "number",
            Holds::Seconds => "number of seconds",
            Holds::TrueOrFalse => "`true` or `false`",
            Holds::Duration => "duration (text)",
            Holds::Instant => "instant (ISO 8601)",
            Holds::Value => "text, number, `true` or `false`",
        }
    }
}

const fn property(name: &'static str, holds: Holds, meaning: &'static str, example: &'static str) -> Property {
    Property { name, holds, meaning, example }
}

pub(super) const PROOF: Property = property(
    "proof",
    Holds::Text,
    "when, where and to what text the lead agreed; without it, nothing is granted",
    r#""2026-03-02, preference page""#,
);
pub(super) const ACTION: Property = property(
    "action",
    Holds::Text,
    "the address to which the form is sent, without its query",
    r#""https://example.com/contact""#,
);
pub(super) const AGE: Property = property("age", Holds::Seconds, "the time since the copy was sent", "5400");
pub(super) const AMOUNT: Property = property("amount", Holds::Number, "the deal's value in its currency", "12000");
pub(super) const ASSET: Property = property("asset", Holds::Id, "the document", r#""price-guide""#);
pub(super) const BY: Property = property("by", Holds::Text, "who did it", r#""ada@example.com""#);
pub(super) const CATEGORY: Property =
    property("category", Holds::Text, "the group of pages that your own call of `page` names", "");
pub(super) const CURRENCY: Property =
    property("currency", Holds::Text, "the deal's currency, by its ISO 4217 code", r#""EUR""#);
pub(super) const DEAL_ID: Property =
    property("deal_id", Holds::Id, "the deal; events without an id are together one deal", r#""D-17""#);
pub(super) const EMAIL_ID: Property = property("email_id", Holds::Id, "the e-mail", r#""welcome""#);
pub(super) const EVERY: Property =
    property("every", Holds::Duration, "the shortest time between two e-mails", r#""14d""#);
pub(super) const FILE_URL: Property =
    property("url", Holds::Text, "the address of the file", r#""https://example.com/files/price-guide.pdf""#);
pub(super) const FORM: Property = property(
    "form",
    Holds::Id,
    "the form; the site's script takes its `id` attribute or, if there is none, its `name`",
    r#""contact""#,
);
pub(super) const FORM_ID: Property = property("form_id", Holds::Id, "the form's `id` attribute", "");
pub(super) const FORM_NAME: Property = property("form_name", Holds::Text, "the form's `name` attribute", "");
pub(super) const FREQUENCY_UNTIL: Property =
    property("until", Holds::Instant, "the instant before which nothing is sent; replaces `every`", "");
pub(super) const LADDER: Property = property("ladder", Holds::Id, "the ladder", r#""lifecycle""#);
pub(super) const LINK_URL: Property =
    property("url", Holds::Text, "the address that the link leads to", r#""https://example.org/partners""#);
pub(super) const NOTE: Property = property("note", Holds::Text, "what was said", r#""Wants an offer in May.""#);
pub(super) const OUTCOME: Property = property("outcome", Holds::Text, "how the call ended", r#""reached""#);
pub(super) const OWNER: Property = property("owner", Holds::Value, "the owner", r#""ada@example.com""#);
pub(super) const PAGE_NAME: Property =
    property("name", Holds::Text, "the name that your own call of `page` gives the page", "");
pub(super) const PATH: Property =
    property("path", Holds::Text, "the page's path; the path of `url` if absent", r#""/pricing""#);
pub(super) const OPT_IN: Property = property(
    "opt_in",
    Holds::Text,
    "how the lead agreed: `double` if the address was confirmed (also if absent), `single` if it was not, `customer` if it came with a sale",
    "",
);
pub(super) const PERMANENT: Property =
    property("permanent", Holds::TrueOrFalse, "`false` if a later copy may arrive; `true` if absent", "true");
pub(super) const PROXY: Property = property(
    "proxy",
    Holds::TrueOrFalse,
    "`true`, with `context.machine: true`, if a privacy proxy loaded the copy",
    "",
);
pub(super) const REACHED: Property = property("stage", Holds::Text, "the stage", r#""MQL""#);
pub(super) const REFERRER: Property =
    property("referrer", Holds::Text, "the address of the page that the lead came from", r#""https://example.org/""#);
pub(super) const REPLY_UNTIL: Property =
    property("until", Holds::Instant, "when the lead returns, if the answer says so", r#""2026-03-09T08:00:00Z""#);
pub(super) const SEARCH: Property =
    property("search", Holds::Text, "the query of the page's address, with its question mark", "");
pub(super) const SEGMENT: Property = property("segment", Holds::Id, "the segment", r#""evaluating""#);
pub(super) const SEND_ID: Property = property("send_id", Holds::Id, "the copy: one e-mail to one lead", r#""c-4711""#);
pub(super) const SEQUENCE: Property = property("sequence", Holds::Id, "the sequence", r#""decision-track""#);
pub(super) const STAGE: Property = property("stage", Holds::Id, "the stage of that ladder", r#""decision""#);
pub(super) const SUBSCRIPTION: Property = property(
    "subscription",
    Holds::Id,
    "only this subscription; without `subscription` and `topic`, all e-mails",
    r#""newsletter""#,
);
pub(super) const TAG: Property = property("tag", Holds::Value, "the tag", r#""partner""#);
pub(super) const TEXT: Property = property("text", Holds::Text, "the note", r#""Met at the trade fair.""#);
pub(super) const TITLE: Property = property("title", Holds::Text, "the page's title", r#""Pricing""#);
pub(super) const TOPIC: Property = property("topic", Holds::Id, "the topic", r#""shirts""#);
pub(super) const TOPIC_SCOPE: Property =
    property("topic", Holds::Id, "only this topic, if there is no `subscription`", "");
pub(super) const TRACKED: Property = property(
    "tracked",
    Holds::TrueOrFalse,
    "`false` if opens and clicks of the copy are not measured; `true` if absent",
    "true",
);
pub(super) const URL: Property =
    property("url", Holds::Text, "the address of the page", r#""https://example.com/pricing""#);
pub(super) const WEBINAR: Property = property("webinar", Holds::Id, "the webinar", r#""autumn-demo""#);
