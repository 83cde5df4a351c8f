//! docs/playbook.md, made from the schema that also checks playbooks, so that it names every key and no other.

use std::fmt::Write;

use serde_json::Value;

const HEAD: &str = "# The playbook, key by key

This page lists every key of a playbook. It is generated from the schema that `attractor check` uses and that `attractor check --schema` prints for editors. [marketer.md](marketer.md) explains how to use the keys; `playbooks/starter/playbook.yaml` and `playbooks/sample/playbook.yaml` are complete examples.

A playbook is a folder with a `playbook.yaml`. The keys of [a playbook](#a-playbook) are at the top level of that file; the other tables list the keys below them. A key that is not marked *required* is optional.

A server sends what sequences ask for ([operate.md](operate.md#e-mails)). In a replay, sequences run as if every send were finished at once.

- An *id* is lower-case words with hyphens, such as `call-first`. `name` adds a name for people.
- A *duration* is a whole number with `s`, `m`, `h`, `d` or `w`: `90s`, `15m`, `48h`, `30d`, `8w`.
- *Text* is compared without regard to upper and lower case; ids and kinds of events are compared exactly.
- If a value is *missing*, every operator is false except `exists: false`; `ne` and `not_in` are false too. [marketer.md](marketer.md#missing-values) shows how to include leads whose value is missing.
";

/// Every mapping of the schema, where a reader would look for it.
const CHAPTERS: [(&str, &[&str]); 9] = [
    ("The whole", &["WholePlaybook"]),
    ("Topics and interests", &["OneTopic", "TheInterests"]),
    ("Scores", &["OneScore", "EventRule", "IfRule", "InactiveRule", "OneLimit", "HalfLife", "Expires", "Loses"]),
    ("Ladders", &["OneLadder", "OneStage"]),
    ("Segments", &["OneSegment"]),
    (
        "Conditions",
        &[
            "AllCondition",
            "AnyOfCondition",
            "NotCondition",
            "EventCondition",
            "AttributeCondition",
            "ScoreCondition",
            "StageIs",
            "StageAtLeast",
            "SegmentCondition",
            "PrimaryInterest",
            "InterestStrength",
            "InactiveCondition",
            "RateCondition",
            "DealCondition",
            "DateCondition",
            "ConsentCondition",
            "SampleCondition",
            "ValueOperators",
            "NumberOperators",
        ],
    ),
    ("E-mails and subscriptions", &["OneEmail", "OneTranslation", "OneVariant", "OneSubscription"]),
    (
        "Sequences",
        &[
            "OneSequence",
            "AgainAfter",
            "SendStep",
            "SendEmail",
            "SendBest",
            "WaitStep",
            "WaitUntil",
            "BranchStep",
            "Branch",
            "AlertStep",
            "Alert",
        ],
    ),
    ("How often", &["TheCadence", "OneAdapt"]),
];

pub struct Reference<'a>(pub &'a Value);

impl Reference<'_> {
    pub fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for (chapter, names) in CHAPTERS {
            let _ = write!(text, "\n## {chapter}\n");
            for name in names {
                self.table(name, &mut text);
            }
        }
        text
    }

    /// The mappings that stand in no chapter, or are no more.
    pub fn astray(&self) -> Vec<String> {
        let placed: Vec<&str> = CHAPTERS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let there =
            self.0["$defs"].as_object().into_iter().flatten().filter(|(_, part)| part["properties"].is_object());
        let there: Vec<&str> = there.map(|(name, _)| name.as_str()).collect();
        let forgotten = there.iter().filter(|name| !placed.contains(name));
        forgotten.chain(placed.iter().filter(|name| !there.contains(name))).map(|name| (*name).to_owned()).collect()
    }

    fn part(&self, name: &str) -> &Value {
        &self.0["$defs"][name]
    }

    fn table(&self, name: &str, text: &mut String) {
        let part = self.part(name);
        let _ =
            write!(text, "\n### {}\n\n| key | takes | meaning |\n| --- | --- | --- |\n", capital(&self.heading(name)));
        let operators = name.ends_with("Operators");
        for (key, value) in part["properties"].as_object().into_iter().flatten() {
            if !operators && self.part("ValueOperators")["properties"][key].is_object() {
                continue;
            }
            let required = part["required"].as_array().is_some_and(|keys| keys.iter().any(|k| k == key));
            let takes = self.takes(value) + if required { ", *required*" } else { "" };
            let _ = writeln!(text, "| `{key}` | {takes} | {} |", value["description"].as_str().unwrap_or_default());
        }
        if !operators && part["properties"]["eq"].is_object() {
            let of = if part["properties"]["contains"].is_object() { "ValueOperators" } else { "NumberOperators" };
            let _ = writeln!(
                text,
                "| an operator | {}, *required* | One or several; all of them must hold. |",
                self.link(of)
            );
        }
    }

    /// The title of a mapping; two of the same name are told apart by the key that only one has.
    fn heading(&self, name: &str) -> String {
        let title = |name: &str| self.part(name)["title"].as_str().unwrap_or(name).to_owned();
        let mut all = CHAPTERS.iter().flat_map(|(_, names)| names.iter());
        let alone = !all.any(|other| *other != name && title(other) == title(name));
        let telling = self.part(name)["required"].as_array().and_then(|keys| keys.last()?.as_str());
        match telling {
            Some(key) if !alone => format!("{} with `{key}`", title(name)),
            _ => title(name),
        }
    }

    fn link(&self, name: &str) -> String {
        let heading = self.heading(name);
        let slug: String = heading.to_lowercase().replace(' ', "-");
        let slug: String = slug.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect();
        format!("[{heading}](#{slug})")
    }

    fn takes(&self, value: &Value) -> String {
        if let Some(name) = value["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
            return self.named(name);
        }
        if let Some(words) = value["enum"].as_array() {
            let words: Vec<String> =
                words.iter().map(|word| format!("`{}`", word.as_str().unwrap_or_default())).collect();
            return words.join(", ");
        }
        if let Some(ways) = value["anyOf"].as_array() {
            return ways.iter().map(|way| self.takes(way)).collect::<Vec<_>>().join(", or ");
        }
        match value["type"].as_str() {
            Some("array") => self.list(value),
            Some("object") => format!("names, each with {}", self.takes(&value["additionalProperties"])),
            Some("string") => text_of(value),
            Some("number") => format!("a number{}", bounds(value)),
            Some("integer") => format!("a whole number{}", bounds(value)),
            Some("boolean") => "true or false".into(),
            _ if value["const"] == true => "`true`".into(),
            _ => "a text, a number, true or false".into(),
        }
    }

    fn list(&self, value: &Value) -> String {
        let of = self.takes(&value["items"]);
        match (value["minItems"].as_u64(), value["maxItems"].as_u64()) {
            (Some(2), Some(2)) => format!("[low, high], each {of}"),
            (Some(1), _) => format!("a list, at least one: {of}"),
            _ => format!("a list: {of}"),
        }
    }

    /// A mapping by its name; one of several as all of them, apart from conditions, which have a chapter.
    fn named(&self, name: &str) -> String {
        if name == "AnyCondition" {
            return "[a condition](#conditions)".into();
        }
        match self.part(name)["anyOf"].as_array().filter(|ways| ways.iter().all(|way| way["$ref"].is_string())) {
            Some(_) => self.takes(&serde_json::json!({"anyOf": self.part(name)["anyOf"]})),
            None => self.link(name),
        }
    }
}

fn text_of(value: &Value) -> String {
    match value["pattern"].as_str() {
        Some(pattern) if pattern.ends_with("[smhdw]$") => "a duration".into(),
        Some(pattern) if pattern.starts_with(r"^\s*[0-9]{4}-") => "a date, or a date and time".into(),
        Some(_) => "an id".into(),
        None => "a text".into(),
    }
}

fn bounds(value: &Value) -> String {
    let bound = |key: &str| value[key].as_f64();
    match (bound("minimum"), bound("maximum"), bound("exclusiveMinimum")) {
        (Some(low), Some(high), _) if high <= 100.0 => format!(", {low} to {high}"),
        (Some(low), _, _) => format!(", {low} or more"),
        (_, _, Some(low)) => format!(" above {low}"),
        _ => String::new(),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().collect::<String>() + letters.as_str())
}
