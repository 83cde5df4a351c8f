//! The fields of a playbook in words. A test holds the table to the schema, so that none is forgotten.

/// How the value of a field is written in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Show {
    /// The name that people give; it has a sentence of its own.
    Name,
    Points,
    Number,
    /// A duration.
    Length,
    /// Of 1, in percent.
    Share,
    Percent,
    Flag,
    /// One of a few words.
    Word,
    Text,
    Texts,
    /// Kinds of events.
    Kinds,
    Topic,
    Topics,
    Score,
    Ladder,
    Subscription,
    Stages,
    Condition,
    /// The event that a rule counts, with its properties in `where`.
    Counted,
    /// Part of `Counted`.
    Where,
    Limit,
    Decay,
    Range,
    Between,
    Again,
    While,
    Body,
    /// Entries of a list, each by itself.
    Entries(&'static str),
    /// The steps of a sequence.
    Steps,
    /// A record with fields of its own.
    Record(&'static str),
    /// Durations by the stage.
    ByStage,
    /// Numbers by the kind of event.
    ByKind,
    /// Records by a key.
    ByKey(&'static str),
}

/// A field of a record.
#[derive(Debug)]
pub(super) struct Field {
    pub key: &'static str,
    /// What it is called, without its article. What it belongs to follows, behind "of" or a preposition of its own.
    pub words: &'static str,
    /// What it is where it is not written.
    pub absent: &'static str,
    pub show: Show,
}

const fn field(key: &'static str, words: &'static str, absent: &'static str, show: Show) -> Field {
    Field { key, words, absent, show }
}

const NAME: Field = field("name", "name", "none", Show::Name);
const EVALUATE: Field = field("evaluate", "rhythm of evaluation", "live", Show::Word);
const MIN_STAY: Field = field("min_stay", "shortest stay", "none", Show::Length);
const SUBJECT: Field = field("subject", "subject", "none", Show::Text);
const PREHEADER: Field = field("preheader", "preheader", "none", Show::Text);
const BODY: Field = field("body", "body", "none", Show::Body);

/// The fields of a kind of record, in the order in which differences are listed; `id` identifies it and never differs.
pub(super) fn fields(record: &str) -> &'static [Field] {
    match record {
        "playbook" => PLAYBOOK,
        "topic" => TOPIC,
        "interests" => INTERESTS,
        "score" => SCORE,
        "rule" => RULE,
        "ladder" => LADDER,
        "stage" => STAGE,
        "segment" => SEGMENT,
        "cadence" => CADENCE,
        "adaptation" => ADAPT,
        "e-mail" => EMAIL,
        "translation" => TRANSLATION,
        "variant" => VARIANT,
        "sequence" => SEQUENCE,
        _ => &[NAME],
    }
}

const PLAYBOOK: &[Field] = &[
    field("playbook", "name", "none", Show::Text),
    field("timezone", "time zone", "UTC", Show::Text),
    field("language", "language", "en", Show::Text),
    field("activity", "events that count as activity", "the default", Show::Kinds),
    field("topics", "topics", "none", Show::Entries("topic")),
    field("interests", "interests", "none", Show::Record("interests")),
    field("scores", "scores", "none", Show::Entries("score")),
    field("ladders", "ladders", "none", Show::Entries("ladder")),
    field("segments", "segments", "none", Show::Entries("segment")),
    field("subscriptions", "subscriptions", "none", Show::Entries("subscription")),
    field("cadence", "cadence", "none", Show::Record("cadence")),
    field("emails", "e-mails", "none", Show::Entries("e-mail")),
    field("sequences", "sequences", "none", Show::Entries("sequence")),
];

const TOPIC: &[Field] =
    &[NAME, field("pages", "pages", "none", Show::Texts), field("related", "related topics", "none", Show::Topics)];

const INTERESTS: &[Field] = &[
    field("half_life", "half-life", "30 days", Show::Length),
    field("weights", "weight", "none", Show::ByKind),
    field("minimum", "minimum", "0.5", Show::Number),
    field("margin", "margin", "1.25", Show::Number),
];

const SCORE: &[Field] =
    &[NAME, field("range", "range", "unbounded", Show::Range), field("rules", "rules", "none", Show::Entries("rule"))];

const RULE: &[Field] = &[
    NAME,
    field("event", "event", "nothing", Show::Counted),
    field("where", "event", "nothing", Show::Where),
    field("if", "condition", "none", Show::Condition),
    field("inactive", "time without activity", "none", Show::Length),
    field("repeats", "repetition", "off", Show::Flag),
    field("points", "points", "none", Show::Points),
    field("limit", "limit", "none", Show::Limit),
    field("cap", "cap", "none", Show::Number),
    field("decay", "decay", "none", Show::Decay),
];

const LADDER: &[Field] = &[
    NAME,
    field("score", "score", "none", Show::Score),
    field("stages", "stages", "none", Show::Entries("stage")),
    field("hold", "margin below a threshold before a stage is left", "0", Show::Number),
    MIN_STAY,
    EVALUATE,
];

const STAGE: &[Field] = &[
    NAME,
    field("from", "threshold", "none", Show::Number),
    field("enter", "condition for entering", "none", Show::Condition),
    field("leave", "condition for leaving", "that it is no longer reached", Show::Condition),
];

const SEGMENT: &[Field] = &[
    NAME,
    field("enter", "condition for entering", "none", Show::Condition),
    field("leave", "condition for leaving", "that the condition for entering no longer holds", Show::Condition),
    MIN_STAY,
    EVALUATE,
];

const CADENCE: &[Field] = &[
    field("ladder", "ladder", "none", Show::Ladder),
    field("every", "time between e-mails", "none", Show::ByStage),
    field("answer", "time before an answer", "none", Show::Length),
    field("adapt", "adaptation", "none", Show::Record("adaptation")),
];

const ADAPT: &[Field] = &[
    field("slow_below", "share of opens below which it slows down", "none", Show::Share),
    field("quicken_above", "share of opens above which it speeds up", "none", Show::Share),
    field("over", "period", "none", Show::Length),
    field("min_sent", "smallest number of copies", "none", Show::Number),
    field("factor", "factor", "none", Show::Number),
    field("between", "range", "none", Show::Between),
];

const EMAIL: &[Field] = &[
    NAME,
    SUBJECT,
    BODY,
    field("subscription", "subscription", "none", Show::Subscription),
    field("topic", "topic", "none", Show::Topic),
    field("format", "format", "none", Show::Word),
    field("stages", "stages", "none", Show::Stages),
    field("intent", "intent", "none", Show::Word),
    field("class", "class", "marketing", Show::Word),
    PREHEADER,
    field("from", "sender", "the default", Show::Text),
    field("languages", "translation", "none", Show::ByKey("translation")),
    field("variants", "variants", "none", Show::Entries("variant")),
];

const TRANSLATION: &[Field] = &[SUBJECT, PREHEADER, BODY];

const VARIANT: &[Field] = &[field("share", "share", "none", Show::Percent), SUBJECT, PREHEADER, BODY];

const SEQUENCE: &[Field] = &[
    NAME,
    field("enroll", "condition for enrolling in", "none", Show::Condition),
    field("again", "rule for enrolling again in", "never", Show::Again),
    field("while", "condition for staying in", "that the condition for enrolling holds", Show::While),
    field("goal", "goal", "none", Show::Condition),
    field("holdout", "holdout", "0 %", Show::Percent),
    field("buyers", "enrolling of buyers in", "off", Show::Flag),
    field("review", "review of mails in", "off", Show::Flag),
    field("steps", "steps", "none", Show::Steps),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::playbook::schema;

    /// The records of the schema with the names of their fields here. Where one is written in several ways, the fields are
    /// those of all.
    const RECORDS: [(&str, &[&str]); 15] = [
        ("playbook", &["WholePlaybook"]),
        ("topic", &["OneTopic"]),
        ("interests", &["TheInterests"]),
        ("score", &["OneScore"]),
        ("rule", &["EventRule", "IfRule", "InactiveRule"]),
        ("ladder", &["OneLadder"]),
        ("stage", &["OneStage"]),
        ("segment", &["OneSegment"]),
        ("subscription", &["OneSubscription"]),
        ("cadence", &["TheCadence"]),
        ("adaptation", &["OneAdapt"]),
        ("e-mail", &["OneEmail"]),
        ("translation", &["OneTranslation"]),
        ("variant", &["OneVariant"]),
        ("sequence", &["OneSequence"]),
    ];

    #[test]
    fn every_field_of_the_schema_has_its_words() {
        let schema = schema();
        for (record, definitions) in RECORDS {
            let properties = definitions.iter().flat_map(|name| {
                schema["$defs"][name]["properties"].as_object().unwrap_or_else(|| panic!("no record {name}")).keys()
            });
            let declared: BTreeSet<&str> = properties.map(String::as_str).filter(|key| *key != "id").collect();
            let known: BTreeSet<&str> = fields(record).iter().map(|field| field.key).collect();
            assert_eq!(known, declared, "{record}");
        }
    }
}
