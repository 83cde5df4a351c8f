//! The words of the playbook that stand for one of a few values: what reads them, writes them and lists them.

use crate::playbook::{Again, Class, Evaluate, Format, Intent};

/// One of a few words, each with its value.
pub(crate) trait Words {
    type Value: Copy + 'static;
    const WORDS: &'static [(&'static str, Self::Value)];
}

/// The word for a value.
pub(crate) fn word<W: Words<Value: PartialEq>>(value: W::Value) -> &'static str {
    // Every value has its word: where one was forgotten, the law that what is written is read again fails.
    W::WORDS.iter().find(|(_, v)| *v == value).map_or("", |(word, _)| word)
}

pub(crate) struct EvaluateWords;

impl Words for EvaluateWords {
    type Value = Evaluate;
    const WORDS: &'static [(&'static str, Evaluate)] = &[
        ("live", Evaluate::Live),
        ("daily", Evaluate::Daily),
        ("weekly", Evaluate::Weekly),
        ("monthly", Evaluate::Monthly),
    ];
}

pub(crate) struct ClassWords;

impl Words for ClassWords {
    type Value = Class;
    const WORDS: &'static [(&'static str, Class)] =
        &[("transactional", Class::Transactional), ("answer", Class::Answer), ("marketing", Class::Marketing)];
}

pub(crate) struct FormatWords;

impl Words for FormatWords {
    type Value = Format;
    const WORDS: &'static [(&'static str, Format)] = &[
        ("guide", Format::Guide),
        ("case-study", Format::CaseStudy),
        ("webinar", Format::Webinar),
        ("comparison", Format::Comparison),
        ("demo", Format::Demo),
        ("testimonial", Format::Testimonial),
        ("trial", Format::Trial),
    ];
}

pub(crate) struct IntentWords;

impl Words for IntentWords {
    type Value = Intent;
    const WORDS: &'static [(&'static str, Intent)] =
        &[("educate", Intent::Educate), ("compare", Intent::Compare), ("decide", Intent::Decide)];
}

pub(crate) struct AgainWords;

impl Words for AgainWords {
    type Value = Again;
    const WORDS: &'static [(&'static str, Again)] = &[("never", Again::Never), ("always", Again::Always)];
}
