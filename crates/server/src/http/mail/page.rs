//! The form of the preference page.

use attractor_app::preferences::change::{END_OF_PAUSE, MEANT};
use attractor_app::preferences::in_language;
use attractor_app::preferences::page::{Choice, PreferencePage};
use attractor_app::preferences::words::Words;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::html::{Form, escaped, paragraph};

/// The form of a person's preferences, which it sends to the path of its own link.
pub fn preferences(token: &str, shown: &PreferencePage) -> String {
    let words = shown.language.words();
    // What is sent is answered, and kept as proof, in the language in which it was read.
    let mut form = Form::to(&in_language(format!("/p/{token}"), Some(shown.language)));
    form.hidden(MEANT.0, MEANT.1);
    group(&mut form, words.subscriptions, &shown.subscriptions);
    if !shown.topics.is_empty() {
        group(&mut form, words.topics, &shown.topics);
    }
    frequency(&mut form, words, shown);
    begin(&mut form, words.measuring);
    choice(&mut form, &shown.tracking);
    form.add(&format!("<small>{}</small>\n", escaped(words.tracking_meaning)));
    form.add("</fieldset>\n");
    // The first button is the one that the Enter key presses.
    form.button(words.save);
    form.add(" ");
    form.button_with("end", "all", words.end_all);
    form.add(" ");
    form.button_with("forget", "measured", words.forget);
    format!("{}{}", paragraph(&format!("{} {}.", words.about, shown.address)), form.end())
}

fn begin(form: &mut Form, legend: &str) {
    form.add(&format!("<fieldset>\n<legend>{}</legend>\n", escaped(legend)));
}

fn group(form: &mut Form, legend: &str, choices: &[Choice]) {
    begin(form, legend);
    choices.iter().for_each(|one| choice(form, one));
    form.add("</fieldset>\n");
}

/// A box, and what the page showed of it: only what differs from that is changed.
fn choice(form: &mut Form, choice: &Choice) {
    let scope = choice.scope.to_string();
    form.hidden("shown", &scope);
    if choice.is_on {
        form.hidden("was", &scope);
    }
    form.checkbox("on", &scope, &choice.name, choice.is_on);
}

fn frequency(form: &mut Form, words: &Words, shown: &PreferencePage) {
    begin(form, words.frequency);
    if let Some(until) = shown.frequency.until {
        form.add(&paragraph(&format!("{} {}.", words.paused_until, day(until.0))));
    }
    // What was chosen is not sent again unless another one is: the first of the list changes nothing.
    let chosen = shown.frequency.every.as_deref();
    let mut intervals = words.intervals;
    if let Some((_, label)) = words.intervals.iter().find(|(value, _)| Some(*value) == chosen) {
        intervals[0].1 = label;
    }
    let offered: Vec<(&str, &str)> =
        intervals.iter().copied().filter(|(value, _)| value.is_empty() || Some(*value) != chosen).collect();
    form.select("every", words.every, &offered, "");
    let end = shown.frequency.until.map(|_| (END_OF_PAUSE, words.end_pause));
    let pauses: Vec<(&str, &str)> = words.pauses.into_iter().chain(end).collect();
    form.select("pause", words.pause, &pauses, "");
    form.add("</fieldset>\n");
}

/// A day, in UTC, as every language reads it.
fn day(milliseconds: i64) -> String {
    let instant = Timestamp::from_millisecond(milliseconds).unwrap_or_default();
    instant.to_zoned(TimeZone::UTC).date().to_string()
}
