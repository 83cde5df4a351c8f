//! The playbook's boundaries in plain English: who is where, from when, until when. All of them as one document in
//! Markdown, or one at a time as plain text on one line.

use super::mail_sentences::{cadence_facts, class_words, email_facts};
use super::{
    Action, Again, Cadence, Class, Decay, Email, Evaluate, Gives, Ladder, Limit, Playbook, Rule, Score, Segment,
    Sequence, Stage, Step, While,
};
use crate::condition::{self, Condition, Names, decimal, either, gerund, length, named, quoted, span, whose};
use crate::time::Duration;
use crate::value::{Operator, Test, Value};

/// What is so in every ladder, segment and sequence unless it says otherwise: the document says it once, below the title of
/// the chapter.
const OF_LADDERS: &str = "\nA lead goes up to the highest stage that it reaches, and down stage by stage. Unless a ladder says \
    otherwise, this is checked at the instant at which anything changes.\n";
const OF_SEGMENTS: &str = "\nUnless a segment says otherwise, leads leave it when the condition for entering no longer holds, and \
    this is checked at the instant at which anything changes.\n";
const OF_SEQUENCES: &str = "\nUnless a sequence is for buyers too, leads with an open or a won deal, or with a deal lost in the last \
    30 days, are neither enrolled nor kept.\n";

/// All boundaries as one document in Markdown: topics and interests, scores, ladders, segments, sequences, e-mails and how
/// often they leave.
pub fn boundaries(playbook: &Playbook) -> String {
    let names = &Names::of(playbook);
    let chapters = [
        ("Topics and interests", "", topics(playbook, names)),
        ("Scores", "", playbook.scores.iter().map(|score| score_entry(score, names)).collect()),
        ("Ladders", OF_LADDERS, playbook.ladders.iter().map(|ladder| ladder_entry(ladder, playbook, names)).collect()),
        (
            "Segments",
            OF_SEGMENTS,
            playbook.segments.iter().map(|segment| segment_entry(segment, playbook, names)).collect(),
        ),
        ("Sequences", OF_SEQUENCES, playbook.sequences.iter().map(|one| sequence_entry(one, names)).collect()),
        ("E-mails", "", playbook.emails.iter().map(|email| email_entry(email, names)).collect()),
        ("How often e-mails leave", "", playbook.cadence.iter().map(|cadence| cadence_entry(cadence, names)).collect()),
    ];
    let mut text = format!("# The rules of {}\n\n{}\n", markdown(&playbook.name), markdown(&activity(playbook)));
    for (title, of_all, entries) in chapters.iter().filter(|(.., entries)| !entries.is_empty()) {
        text += &format!("\n## {title}\n{of_all}{}", entries.concat());
    }
    text
}

/// When a lead enters and leaves the segment, and when that is asked; `None` where there is no such segment.
pub fn segment_sentence(playbook: &Playbook, id: &str) -> Option<String> {
    let segment = playbook.segments.iter().find(|segment| segment.id == id)?;
    Some(on_one_line(&segment_facts(segment, playbook), &Names::of(playbook)))
}

/// When a lead gets to the stage and leaves it downwards, and when that is asked.
pub fn stage_sentence(playbook: &Playbook, ladder: &str, stage: &str) -> Option<String> {
    let ladder = playbook.ladders.iter().find(|l| l.id == ladder)?;
    let at = ladder.stages.iter().position(|s| s.id == stage)?;
    let mut facts = stage_facts(ladder, at);
    facts.push(evaluated(ladder.evaluate, ladder.min_stay, playbook));
    Some(on_one_line(&facts, &Names::of(playbook)))
}

/// What the rule gives points for, how many, and how they fade.
pub fn rule_sentence(playbook: &Playbook, score: &str, rule: &str) -> Option<String> {
    let score = playbook.scores.iter().find(|s| s.id == score)?;
    let rule = score.rules.iter().find(|r| r.id == rule)?;
    let names = &Names::of(playbook);
    Some(on_one_line(&[rule_fact(rule, names)], names))
}

/// Who is enrolled, until when, and to what end; without the steps.
pub fn sequence_sentence(playbook: &Playbook, id: &str) -> Option<String> {
    let sequence = playbook.sequences.iter().find(|sequence| sequence.id == id)?;
    Some(on_one_line(&sequence_facts(sequence), &Names::of(playbook)))
}

/// What the subjects of the e-mail are, what it is about and whom it is for.
pub fn email_sentence(playbook: &Playbook, id: &str) -> Option<String> {
    let email = playbook.emails.iter().find(|email| email.id == id)?;
    let names = &Names::of(playbook);
    Some(on_one_line(&plain(email_facts(email, names)), names))
}

/// One thing that is said: words, and the condition that they lead to.
struct Fact {
    words: String,
    condition: Option<Condition>,
    /// Whether the document says it of all things of its chapter, so that only the lines of single ones have it.
    is_usual: bool,
}

fn fact(words: impl Into<String>) -> Fact {
    Fact { words: words.into(), condition: None, is_usual: false }
}

fn usual(words: impl Into<String>) -> Fact {
    Fact { is_usual: true, ..fact(words) }
}

fn fact_when(words: impl Into<String>, condition: &Condition) -> Fact {
    Fact { condition: Some(condition.clone()), ..fact(words) }
}

impl Fact {
    fn line(&self, names: &Names) -> String {
        match &self.condition {
            None => self.words.clone(),
            Some(condition) => format!("{}: {}", self.words, condition.sentence(names)),
        }
    }

    /// In Markdown; a condition that is a list begins below the words.
    fn block(&self, names: &Names) -> String {
        let text = match self.condition.as_ref().map(|condition| condition.outline(names)) {
            None => self.words.clone(),
            Some(list) if list.contains('\n') => format!("{} {list}", self.words),
            Some(sentence) => format!("{}: {sentence}", self.words),
        };
        markdown(&text)
    }
}

fn on_one_line(facts: &[Fact], names: &Names) -> String {
    let lines: Vec<String> = facts.iter().map(|fact| fact.line(names) + ".").collect();
    lines.join(" ")
}

/// Text in which Markdown finds nothing to format. Underscores within words are none of its business.
fn markdown(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '&' | '~' | '|' | '#') {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

/// A list item; what has several lines is indented below its mark.
fn item(mark: &str, block: &str) -> String {
    let indent = format!("\n{}", " ".repeat(mark.len()));
    let lines = block.trim_end().replace('\n', &indent);
    // An indented blank line would be trailing blanks.
    format!("{mark}{lines}\n").replace(&format!("{indent}\n"), "\n\n")
}

fn heading(id: &str, name: Option<&String>) -> String {
    format!("\n### {}\n\n", title(id, name))
}

fn title(id: &str, name: Option<&String>) -> String {
    match name.filter(|name| *name != id) {
        Some(name) => format!("{} ({id})", markdown(name)),
        None => id.to_string(),
    }
}

fn bullets(facts: &[Fact], names: &Names) -> String {
    facts.iter().filter(|fact| !fact.is_usual).map(|fact| item("- ", &fact.block(names))).collect()
}

fn email_entry(email: &Email, names: &Names) -> String {
    heading(&email.id, email.name.as_ref()) + &bullets(&plain(email_facts(email, names)), names)
}

fn cadence_entry(cadence: &Cadence, names: &Names) -> String {
    format!("\n{}", bullets(&plain(cadence_facts(cadence, names)), names))
}

/// Facts without conditions.
fn plain(facts: Vec<String>) -> Vec<Fact> {
    facts.into_iter().map(fact).collect()
}

fn activity(playbook: &Playbook) -> String {
    let default = || super::DEFAULT_ACTIVITY.map(str::to_string).to_vec();
    let kinds: Vec<String> =
        playbook.activity.clone().unwrap_or_else(default).iter().map(|kind| gerund(kind)).collect();
    format!("Activity is {}.", either(&kinds))
}

fn topics(playbook: &Playbook, names: &Names) -> Vec<String> {
    let mut list: Vec<String> = playbook.topics.iter().map(|topic| topic_item(topic, names)).collect();
    list.extend(playbook.interests.as_ref().map(|interests| format!("\n{}\n", markdown(&interests_text(interests)))));
    if let Some(first) = list.first_mut() {
        first.insert(0, '\n');
    }
    list
}

/// What belongs to the topic, and what is related to it.
pub(super) fn topic_sentence(playbook: &Playbook, id: &str) -> Option<String> {
    let topic = playbook.topics.iter().find(|topic| topic.id == id)?;
    let text = topic_text(topic, &Names::of(playbook));
    let mut letters = text.chars();
    let first = letters.next()?.to_uppercase();
    Some(first.chain(letters).chain(['.']).collect())
}

fn topic_item(topic: &super::Topic, names: &Names) -> String {
    let text = markdown(&topic_text(topic, names));
    item("- ", &format!("**{}**: {text}", title(&topic.id, topic.name.as_ref())))
}

fn topic_text(topic: &super::Topic, names: &Names) -> String {
    let pages: Vec<String> = topic.pages.iter().map(|page| quoted(page)).collect();
    let related: Vec<String> = topic.related.iter().map(|id| named(names.topic(id))).collect();
    let by = match pages.as_slice() {
        [] => "named by events and links alone".to_string(),
        pages => format!("pages {}", either(pages)),
    };
    let related = if related.is_empty() { String::new() } else { format!("; related: {}", related.join(", ")) };
    by + &related
}

fn interests_text(interests: &super::Interests) -> String {
    let weights: Vec<String> = interests
        .weights
        .iter()
        .map(|(kind, weight)| format!("{} for {}", decimal(*weight, 0), gerund(kind)))
        .collect();
    format!(
        "The interest in a topic is the sum over the lead’s events with that topic: {}; each loses half of its weight every {}. \
         The primary interest is the strongest one of at least {}. It stays until it is weaker than that, or until another \
         is more than {} times as strong.",
        weights.join(", "),
        span(interests.half_life),
        decimal(interests.minimum, 0),
        decimal(interests.margin, 0),
    )
}

fn score_entry(score: &Score, names: &Names) -> String {
    let range = match score.range {
        Some((low, high)) => format!("The sum of these, from {} to {}.", decimal(low, 0), decimal(high, 0)),
        None => "The sum of these.".to_string(),
    };
    let rule = |rule: &Rule| {
        item("- ", &format!("**{}**: {}", title(&rule.id, rule.name.as_ref()), rule_fact(rule, names).block(names)))
    };
    let rules: String = score.rules.iter().map(rule).collect();
    format!("{}{range}\n\n{rules}", heading(&score.id, score.name.as_ref()))
}

fn rule_fact(rule: &Rule, names: &Names) -> Fact {
    let points = points(rule.points);
    match &rule.gives {
        Gives::Event { event, filter, limit, decay } => {
            let limit = limit.map(limited).unwrap_or_default();
            let decay = decay.map(fading).unwrap_or_default();
            let whose = whose(std::slice::from_ref(event), filter, names);
            fact(format!("{points} for {}{whose}{limit}{decay}{}", gerund(event), capped("together", rule)))
        }
        Gives::If(condition) => {
            let cap = rule.cap.map(|_| capped("but", rule) + ",").unwrap_or_default();
            fact_when(format!("{points}{cap} while"), condition)
        }
        Gives::Inactive { inactive, repeats } => {
            let idle = length(*inactive);
            let again =
                if *repeats { format!(", again after each further {}", span(*inactive)) } else { String::new() };
            fact(format!("{points} after {idle} without any activity{again}{}", capped("together", rule)))
        }
    }
}

fn capped(word: &str, rule: &Rule) -> String {
    let signed = |cap: f64| if rule.points < 0.0 { -cap } else { cap };
    rule.cap.map(|cap| format!(", {word} never beyond {}", decimal(signed(cap), 0))).unwrap_or_default()
}

fn points(points: f64) -> String {
    let unit = if points.abs() == 1.0 { "point" } else { "points" };
    format!("{} {unit}", decimal(points, 0))
}

fn limited(limit: Limit) -> String {
    let times = if limit.times == 1 { "once".to_string() } else { format!("{} times", limit.times) };
    format!(", counted at most {times} within {}", length(limit.within))
}

fn fading(decay: Decay) -> String {
    match decay {
        Decay::HalfLife(half_life) => format!(", halving every {}", span(half_life)),
        Decay::Expires(expires) => format!(", gone after {}", length(expires)),
        Decay::Loses { loses, every } => format!(", losing {} every {}", decimal(loses, 0), span(every)),
    }
}

fn ladder_entry(ladder: &Ladder, playbook: &Playbook, names: &Names) -> String {
    let stages = ladder.stages.iter().enumerate().map(|(at, stage)| {
        let facts = bullets(&stage_facts(ladder, at), names);
        item(&format!("{}. ", at + 1), &format!("**{}**\n{facts}", title(&stage.id, stage.name.as_ref())))
    });
    let rhythm = evaluated(ladder.evaluate, ladder.min_stay, playbook);
    let rhythm = if rhythm.is_usual { String::new() } else { format!("{}.\n\n", markdown(&rhythm.words)) };
    format!("{}{rhythm}{}", heading(&ladder.id, ladder.name.as_ref()), stages.collect::<String>())
}

fn stage_facts(ladder: &Ladder, at: usize) -> Vec<Fact> {
    if at == 0 {
        return vec![fact("Every lead starts here")];
    }
    let stage = &ladder.stages[at];
    let stay = at_earliest(ladder.min_stay);
    let reached = reached(ladder, stage).map(|condition| fact_when("Reached when", &condition));
    let left = match held(ladder, stage).as_ref().or(stage.leave.as_ref()) {
        Some(leave) => fact_when(format!("Left for the stage below{stay} when"), leave),
        None => fact(format!("Left for the stage below{stay} when that no longer holds")),
    };
    let barred = stage.leave.as_ref().map(|_| fact("Not reached while the condition for leaving holds"));
    reached.into_iter().chain([left]).chain(barred).collect()
}

fn reached(ladder: &Ladder, stage: &Stage) -> Option<Condition> {
    stage.enter.clone().or_else(|| compared(ladder, Operator::Gte, stage.from?))
}

/// Under which score a stage with `from` and `hold` is left, unless it says so itself.
fn held(ladder: &Ladder, stage: &Stage) -> Option<Condition> {
    // The difference as it is compared: rounded to nine decimals.
    let below = |from: f64, hold: f64| ((from - hold) * 1e9).round() / 1e9;
    match stage.leave {
        Some(_) => None,
        None => compared(ladder, Operator::Lt, below(stage.from?, ladder.hold.unwrap_or_default())),
    }
}

fn compared(ladder: &Ladder, operator: Operator, points: f64) -> Option<Condition> {
    let test = Test(vec![(operator, Value::Number(points))]);
    Some(Condition::Score(condition::Score { score: ladder.score.clone()?, test }))
}

fn at_earliest(min_stay: Option<Duration>) -> String {
    min_stay.map(|stay| format!(", after {} at the earliest,", length(stay))).unwrap_or_default()
}

fn evaluated(evaluate: Evaluate, min_stay: Option<Duration>, playbook: &Playbook) -> Fact {
    let (rhythm, day) = match evaluate {
        Evaluate::Live => return usual("Checked at the instant at which anything changes"),
        Evaluate::Daily => ("daily", "at 00:00"),
        Evaluate::Weekly => ("weekly", "on Monday at 00:00"),
        Evaluate::Monthly => ("monthly", "on the 1st at 00:00"),
    };
    let grace = if min_stay.is_some() { "; a stay may be up to an hour too short" } else { "" };
    fact(format!("Checked {rhythm}, {day} ({}){grace}", playbook.timezone))
}

fn segment_entry(segment: &Segment, playbook: &Playbook, names: &Names) -> String {
    heading(&segment.id, segment.name.as_ref()) + &bullets(&segment_facts(segment, playbook), names)
}

fn segment_facts(segment: &Segment, playbook: &Playbook) -> Vec<Fact> {
    let stay = at_earliest(segment.min_stay);
    let mut facts = vec![fact_when("Entered when", &segment.enter)];
    match &segment.leave {
        Some(leave) => {
            facts.push(fact_when(format!("Left{stay} when"), leave));
            facts.push(fact("Not entered while the condition for leaving holds"));
        }
        None => {
            let left = fact(format!("Left{stay} when that no longer holds"));
            facts.push(Fact { is_usual: segment.min_stay.is_none(), ..left });
        }
    }
    facts.push(evaluated(segment.evaluate, segment.min_stay, playbook));
    facts
}

fn sequence_entry(sequence: &Sequence, names: &Names) -> String {
    let facts = bullets(&sequence_facts(sequence), names);
    let steps = match steps(&sequence.steps, names) {
        none if none.is_empty() => "No steps.\n".to_string(),
        steps => format!("Steps:\n\n{steps}"),
    };
    format!("{}{facts}\n{steps}", heading(&sequence.id, sequence.name.as_ref()))
}

fn sequence_facts(sequence: &Sequence) -> Vec<Fact> {
    let again = match sequence.again {
        Again::Never => "Each lead is enrolled once at most".to_string(),
        Again::Always => "Enrolled again each time that the condition becomes true".to_string(),
        Again::After(after) => {
            format!("Enrolled again no earlier than {} after the last enrollment began", length(after))
        }
    };
    let stopped = match &sequence.while_ {
        While::Enrolled => fact("Stopped when the condition for enrolling no longer holds"),
        While::Always => fact("Never stopped by a condition"),
        While::Condition(condition) => fact_when("Stopped unless", condition),
    };
    let goal = sequence.goal.as_ref();
    let holdout = format!("{} % of the leads are kept out, for comparison", decimal(sequence.holdout, 0));
    let deals = "Not for leads with an open or won deal, or a deal lost in the last 30 days: they are neither enrolled nor kept";
    [
        Some(fact_when("Enrolled when", &sequence.enroll)),
        Some(if sequence.buyers { fact("For buyers too: a deal keeps no lead out") } else { usual(deals) }),
        Some(fact(again)),
        Some(stopped),
        goal.map(|goal| fact_when("Ended with success (its goal; only events after enrolling count) when", goal)),
        (sequence.holdout != 0.0).then(|| fact(holdout)),
        sequence.review.then(|| fact("Its e-mails are drafts until a person releases them")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn steps(steps: &[Step], names: &Names) -> String {
    let numbered = steps.iter().enumerate();
    numbered.map(|(at, step)| item(&format!("{}. ", at + 1), &step_block(step, names))).collect()
}

fn step_block(step: &Step, names: &Names) -> String {
    match &step.action {
        Action::Send { email, class, not_after } => markdown(&send(email.as_deref(), *class, *not_after, names)),
        Action::Wait(pause) => format!("Wait {}", length(*pause)),
        Action::WaitUntil { until, at_most } => {
            fact_when(format!("Wait, at most {}, until", length(*at_most)), until).block(names)
        }
        Action::Branch { condition, then, otherwise } => {
            let mut block = fact_when("If", condition).block(names);
            for (word, side) in [("Then", then), ("Otherwise", otherwise)].iter().filter(|(_, side)| !side.is_empty()) {
                block += &format!("\n\n{word}:\n\n{}", steps(side, names).trim_end());
            }
            block
        }
        Action::Alert { to, say } => markdown(&format!("Alert {}: {}", quoted(to), quoted(say))),
    }
}

/// What a step does, on one line; of a branch its condition alone.
pub(crate) fn step_line(step: &Step, names: &Names) -> String {
    match &step.action {
        Action::Send { email, class, not_after } => send(email.as_deref(), *class, *not_after, names),
        Action::Wait(pause) => format!("Wait {}", length(*pause)),
        Action::WaitUntil { until, at_most } => {
            fact_when(format!("Wait, at most {}, until", length(*at_most)), until).line(names)
        }
        Action::Branch { condition, .. } => fact_when("If", condition).line(names),
        Action::Alert { to, say } => format!("Alert {}: {}", quoted(to), quoted(say)),
    }
}

fn send(email: Option<&str>, class: Option<Class>, not_after: Option<Duration>, names: &Names) -> String {
    let what = match email {
        Some(id) => format!("the e-mail {}", quoted(names.email(id))),
        None => "the best unread piece for the lead’s primary interest and stage".to_string(),
    };
    let class = class.map(|class| format!(", as {}", class_words(class))).unwrap_or_default();
    let late =
        not_after.map(|late| format!(", skipped if it has not left within {}", length(late))).unwrap_or_default();
    format!("Send {what}{class}{late}")
}
