//! What objects outside the playbook name in it, and what it names of them: webhooks, inbound webhooks, forms, senders, and
//! whom alerts go to. Making a webhook asks here whether its names exist, and publishing asks what a candidate leaves without a
//! target.
//! Broadcasts are not among them: a started one sends the e-mail as it was at its start, and pauses by itself if its audience
//! names something that is gone; a draft is checked when it is counted and started.

mod alerts;

use attractor_engine::playbook::{Playbook, Problem, Reading, did_you_mean};
use attractor_engine::step::MoveKind;
use attractor_intake::webhook::Mapping;
use attractor_live::PLAYBOOK;
use attractor_store::moves::MoveReason;
use attractor_store::webhooks::{self, Webhook};
use attractor_store::{Connection, Error, forms, hooks};

use super::finding::Finding;
use crate::forms::stored;
use crate::senders;
use crate::stored::of_row;
use crate::team::lists;
use crate::team::recipients::users;
use crate::webhooks::{ALERTS, BESIDE_MOVES, Filter};

/// What a move is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Ladder,
    Segment,
    Sequence,
    /// A lead has one primary interest; its moves have no other subject.
    Interest,
}

const TARGETS: [Target; 4] = [Target::Ladder, Target::Segment, Target::Sequence, Target::Interest];

impl Target {
    /// The kind of the moves.
    fn kind(self) -> MoveKind {
        match self {
            Target::Ladder => MoveKind::Stage,
            Target::Segment => MoveKind::Segment,
            Target::Sequence => MoveKind::Sequence,
            Target::Interest => MoveKind::Interest,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Target::Ladder => "ladder",
            Target::Segment => "segment",
            Target::Sequence => "sequence",
            Target::Interest => "interest",
        }
    }

    /// The key of the playbook that declares them.
    fn key(self) -> &'static str {
        match self {
            Target::Ladder => "ladders",
            Target::Segment => "segments",
            Target::Sequence => "sequences",
            Target::Interest => "interests",
        }
    }

    fn ids(self, playbook: &Playbook) -> Vec<&str> {
        match self {
            Target::Ladder => playbook.ladders.iter().map(|ladder| ladder.id.as_str()).collect(),
            Target::Segment => playbook.segments.iter().map(|segment| segment.id.as_str()).collect(),
            Target::Sequence => playbook.sequences.iter().map(|sequence| sequence.id.as_str()).collect(),
            Target::Interest => playbook.interests.iter().map(|_| "primary").collect(),
        }
    }
}

/// What of a webhook's filter does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The field, as a JSON pointer.
    pub pointer: &'static str,
    /// What is wrong, and what exists.
    pub why: String,
}

/// Whether a filter names kinds and subjects that exist in at least one of these playbooks.
pub fn check(filter: &Filter, playbooks: &[Playbook]) -> Result<(), Unknown> {
    let is_known = |kind: &str| MoveKind::named(kind).is_some() || BESIDE_MOVES.contains(&kind);
    if let Some(kind) = filter.kinds.iter().find(|kind| !is_known(kind)) {
        let known: Vec<&str> = MoveKind::names().into_iter().chain(BESIDE_MOVES).collect();
        let why = format!("there is no kind `{kind}`; {}", did_you_mean(kind, &known, "the kinds are"));
        return Err(Unknown { pointer: "/kinds", why });
    }
    let words: Vec<&str> = MoveReason::words().collect();
    if let Some(reason) = filter.reasons.iter().find(|reason| !words.contains(&reason.as_str())) {
        let known = did_you_mean(reason, &words, "the reasons are");
        let why = format!("moves have no reason `{reason}`; {known}");
        return Err(Unknown { pointer: "/reasons", why });
    }
    let wrong = filter.subjects.iter().find_map(|id| unknown_subject(filter, id, playbooks));
    wrong.map_or(Ok(()), |why| Err(Unknown { pointer: "/subjects", why }))
}

fn unknown_subject(filter: &Filter, id: &str, playbooks: &[Playbook]) -> Option<String> {
    let ids = |target: &Target| playbooks.iter().flat_map(|playbook| target.ids(playbook)).collect::<Vec<&str>>();
    let of: Vec<Target> = TARGETS.into_iter().filter(|target| ids(target).contains(&id)).collect();
    if of.iter().any(|target| wants(filter, *target)) {
        return None;
    }
    if let [other, ..] = of.as_slice() {
        let (name, kind) = (other.name(), other.kind().name());
        let kinds = filter.kinds.join(", ");
        return Some(format!(
            "`{id}` is the id of a {name}, and `kinds` has only {kinds}; add `{kind}` to `kinds`, or remove `{id}`"
        ));
    }
    let wanted: Vec<Target> = TARGETS.into_iter().filter(|target| wants(filter, *target)).collect();
    let mut known: Vec<&str> = wanted.iter().flat_map(ids).collect();
    known.dedup();
    let names: Vec<&str> = wanted.iter().map(|target| target.name()).collect();
    Some(format!("there is no {} `{id}`; {}", either(&names), did_you_mean(id, &known, "declared are")))
}

fn wants(filter: &Filter, target: Target) -> bool {
    let is_of = |kind: &String| {
        // An alert is about the sequence that raised it.
        kind == target.kind().name() || target == Target::Sequence && kind == ALERTS
    };
    filter.kinds.is_empty() || filter.kinds.iter().any(is_of)
}

/// "a, b or c"
fn either(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        names => names.concat(),
    }
}

/// What of the objects in the store would point nowhere under a candidate, as warnings at the place where the candidate
/// declares its things of that kind. `alert_lists` are those of the settings.
pub fn dangling(
    connection: &mut Connection,
    before: Option<&Playbook>,
    candidate: &Playbook,
    reading: &Reading,
    alert_lists: &[String],
) -> Result<Vec<Finding>, Error> {
    let enabled = webhooks::all(connection)?.into_iter().filter(|webhook| webhook.disabled.is_none());
    let lost = enabled.flat_map(|webhook| lost_subjects(&webhook, before, candidate));
    let mut warnings: Vec<(&str, String)> = lost.map(|(target, message)| (target.key(), message)).collect();
    warnings.extend(lost_by_forms(connection, candidate)?);
    warnings.extend(lost_by_hooks(connection, candidate)?.into_iter().map(|message| ("topics", message)));
    warnings.extend(senders::unknown(connection, candidate)?.into_iter().map(|(email, from)| {
        let message = format!(
            "the e-mail `{email}` comes from `{from}`, and there is no such sender, so it comes from the sender of the \
             settings; make one (POST /api/senders), or correct `from`"
        );
        ("emails", message)
    }));
    // The settings were checked when they were read.
    let lists = lists::parse(alert_lists).unwrap_or_default();
    let alerts = alerts::to_nobody(&lists, &users(connection)?, candidate);
    warnings.extend(alerts.into_iter().map(|message| ("sequences", message)));
    let finding = |(key, message): (&str, String)| Finding {
        file: PLAYBOOK.into(),
        problem: Problem::warning(reading.place_of(key), message),
    };
    Ok(warnings.into_iter().map(finding).collect())
}

/// A warning for each topic that the mapping of an inbound webhook writes down and a candidate does not declare.
fn lost_by_hooks(connection: &mut Connection, candidate: &Playbook) -> Result<Vec<String>, Error> {
    let mut lost = Vec::new();
    for hook in hooks::all(connection)? {
        // One that cannot be read is counted and logged, and keeps nobody from publishing.
        let Ok(mapping) = of_row::<Mapping>(&hook.mapping, "hooks", &hook.id) else { continue };
        let gone = mapping.constant("topic").filter(|topic| candidate.topics.iter().all(|one| one.id != *topic));
        lost.extend(gone.map(|gone| {
            let (name, id) = (&hook.name, &hook.id);
            format!(
                "the inbound webhook `{name}` gives its events the topic `{gone}`, which this version lacks; declare it, or \
                 change the webhook's `mapping` (PUT /api/hooks/{id})"
            )
        }));
    }
    Ok(lost)
}

/// What forms name and a candidate does not declare: the key that would declare it, and a warning.
fn lost_by_forms(connection: &mut Connection, candidate: &Playbook) -> Result<Vec<(&'static str, String)>, Error> {
    let mut lost = Vec::new();
    for row in forms::all(connection)? {
        let (form, id) = (stored(&row)?, &row.id);
        let remedy = format!("keep it, or change the form (PUT /api/forms/{id})");
        let named = form.consents.iter().filter_map(|consent| consent.subscription.as_ref());
        let gone = named.filter(|named| candidate.subscriptions.iter().all(|one| one.id != **named));
        lost.extend(gone.map(|gone| {
            (
                "subscriptions",
                format!("the form `{id}` asks for consent to `{gone}`, which this version lacks; {remedy}"),
            )
        }));
        let topic = form.topic.filter(|topic| candidate.topics.iter().all(|one| one.id != *topic));
        lost.extend(topic.map(|gone| {
            ("topics", format!("the form `{id}` has the topic `{gone}`, which this version lacks; {remedy}"))
        }));
    }
    Ok(lost)
}

fn lost_subjects(webhook: &Webhook, before: Option<&Playbook>, candidate: &Playbook) -> Vec<(Target, String)> {
    let filter: Filter = of_row(&webhook.filter, "webhooks", webhook.id).unwrap_or_default();
    let has = |playbook: &Playbook, target: Target, id: &str| target.ids(playbook).contains(&id);
    let wanted: Vec<Target> = TARGETS.into_iter().filter(|target| wants(&filter, *target)).collect();
    let lost = filter.subjects.iter().filter(|id| !wanted.iter().any(|target| has(candidate, *target, id)));
    let message = |id: &String| {
        let number = webhook.id;
        let was = before.and_then(|before| wanted.iter().find(|target| has(before, **target, id)));
        let remedy = format!("keep it, or change the webhook's `subjects` (PUT /api/webhooks/{number})");
        match was {
            Some(target) => {
                let name = target.name();
                (*target, format!("webhook {number} sends {name} `{id}`, which this version removes; {remedy}"))
            }
            None => {
                let target = wanted.first().copied().unwrap_or(Target::Segment);
                let names: Vec<&str> = wanted.iter().map(|target| target.name()).collect();
                let names = either(&names);
                let remedy = format!("declare it, or change the webhook's `subjects` (PUT /api/webhooks/{number})");
                (target, format!("webhook {number} sends `{id}`, but this version has no {names} of this id; {remedy}"))
            }
        }
    };
    lost.map(message).collect()
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook::read;

    use super::*;
    use crate::webhooks::example;

    fn playbook(text: &str) -> Playbook {
        let reading = read(&format!("playbook: p\n{text}"));
        reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems))
    }

    fn shop() -> Playbook {
        playbook(
            "ladders: [{id: life, stages: [{id: cold}, {id: warm, enter: {event: X}}]}]\n\
             segments: [{id: hot, enter: {event: X}}]\nsequences: [{id: welcome, enroll: {segment: hot}, steps: []}]\n\
             interests: {}",
        )
    }

    fn filter(kinds: &[&str], subjects: &[&str]) -> Filter {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Filter { kinds: list(kinds), subjects: list(subjects), ..Filter::default() }
    }

    #[test]
    fn a_filter_may_name_what_moves_have() {
        let playbooks = [playbook("segments: [{id: old, enter: {event: X}}]"), shop()];
        for (kinds, subjects) in [
            (&[][..], &[][..]),
            (&["stage", "segment", "sequence", "interest"], &["life", "hot", "welcome", "primary", "old"]),
            (&[], &["hot"]),
            (&["interest"], &["primary"]),
            (&["alert"], &["welcome"]),
        ] {
            assert_eq!(check(&filter(kinds, subjects), &playbooks), Ok(()), "{kinds:?} {subjects:?}");
        }
    }

    #[test]
    fn a_filter_that_names_what_does_not_exist_is_told_what_does() {
        let cases: [(&[&str], &[&str], &str, &str); 7] = [
            (&["stages"], &[], "/kinds", "there is no kind `stages`; did you mean `stage`?"),
            (
                &["lead"],
                &[],
                "/kinds",
                "there is no kind `lead`; the kinds are: stage, segment, sequence, interest, call, alert",
            ),
            (
                &[],
                &["hot", "nope"],
                "/subjects",
                "there is no ladder, segment, sequence or interest `nope`; declared are: life, hot, welcome, primary",
            ),
            (&["sequence"], &["welcom"], "/subjects", "there is no sequence `welcom`; did you mean `welcome`?"),
            (
                &["stage"],
                &["hot"],
                "/subjects",
                "`hot` is the id of a segment, and `kinds` has only stage; add `segment` to `kinds`, or remove `hot`",
            ),
            (&["stage"], &["cold"], "/subjects", "there is no ladder `cold`; declared are: life"),
            (
                &["alert"],
                &["hot"],
                "/subjects",
                "`hot` is the id of a segment, and `kinds` has only alert; add `segment` to `kinds`, or remove `hot`",
            ),
        ];
        for (kinds, subjects, pointer, why) in cases {
            let wrong = check(&filter(kinds, subjects), &[shop()]).unwrap_err();
            assert_eq!((wrong.pointer, wrong.why.as_str()), (pointer, why));
        }
        let wrong = check(&Filter { reasons: vec!["imports".into()], ..Filter::default() }, &[shop()]).unwrap_err();
        let why = "moves have no reason `imports`; did you mean `import`?";
        assert_eq!((wrong.pointer, wrong.why.as_str()), ("/reasons", why));
    }

    #[test]
    fn what_a_version_removes_is_named_with_the_webhook_that_sends_it() {
        let candidate = playbook("segments: [{id: cold, enter: {event: X}}]");
        let lost = |kinds: &[&str], subjects: &[&str]| {
            let filter = serde_json::to_string(&filter(kinds, subjects)).unwrap();
            let webhook = Webhook { filter, ..example() };
            let lost = lost_subjects(&webhook, Some(&shop()), &candidate);
            lost.into_iter().map(|(target, message)| (target.key(), message)).collect::<Vec<_>>()
        };
        assert_eq!(lost(&[], &[]), []);
        assert_eq!(lost(&["segment"], &["cold"]), []);
        assert_eq!(
            lost(&[], &["hot", "cold", "life"]),
            [
                (
                    "segments",
                    "webhook 7 sends segment `hot`, which this version removes; keep it, or change the webhook's \
                     `subjects` (PUT /api/webhooks/7)"
                        .into()
                ),
                (
                    "ladders",
                    "webhook 7 sends ladder `life`, which this version removes; keep it, or change the webhook's \
                     `subjects` (PUT /api/webhooks/7)"
                        .into()
                ),
            ]
        );
        let never = lost(&["segment"], &["nope"]);
        assert!(never[0].1.contains("webhook 7 sends `nope`, but this version has no segment of this id"), "{never:?}");
    }
}
