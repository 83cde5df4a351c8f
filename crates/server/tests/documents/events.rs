//! docs/events.md, made from the vocabulary of kinds, so that it names every kind and its properties, and no other.

use attractor_engine::message::{Message, Wanted};
use attractor_engine::playbook::read;
use attractor_engine::program::{Event, Program};
use attractor_engine::vocabulary::{Act, EventKind, Group, KINDS, of_group};
use jiff::tz::TimeZoneDatabase;

const BEGINNING: &str = "\
# Events

This page lists the kinds of events that have a meaning without being declared. It is for marketers who write rules and \
for developers who send events.

The kind of a `track` message is its `event`; a `page` message is a `Page Viewed`, and a `screen` message a `Screen \
Viewed`. Kinds compare exactly, with capital letters and spaces. Every other name is a kind of your own: a rule that \
names it counts it. [tracking.md](tracking.md) and [api.md](api.md) show how messages are sent.

- A *public key* is the write key in your site's script, which everybody can read. A *server key* is secret.
- No property is required, and an event may have more of them. Rules test them with `where`. An event without the object \
that it changes, such as a `Tagged` without `tag`, changes nothing.
- `context.machine: true` marks an event that a machine caused, such as a mail scanner or a crawler. Page views, screens and \
events that come with a public key get it from the server if a crawler caused them ([tracking.md](tracking.md#crawlers)) or \
if they come from a network of `not_leads`; a server key \
sends it itself. The event is stored and shown, but it changes nothing. One exception: if a privacy proxy loaded a copy \
(`Email Opened` with `properties.proxy: true`), the rate of opens leaves this copy out, because nobody can know whether it \
was opened.
";

fn heading(group: Group) -> &'static str {
    match group {
        Group::Behavior => {
            "## What leads do\n\nPublic keys and server keys may send these kinds. The program itself knows only `Page \
             Viewed` and `Screen Viewed`. The others are usual names: imports use them, several count as activity by \
             default ([playbook.md](playbook.md)), and you may choose names of your own instead."
        }
        Group::Reserved => {
            "## Reserved kinds\n\nThese kinds record what was observed in mail, in consents, in sales and on the \
             program's own pages. The program and imports record them, and server keys may send them. Public keys may \
             not, so that no visitor can forge a consent or a deal."
        }
        Group::ByHand => {
            "## Kinds made by hand\n\nThese kinds record what a member of your team did, in the browser or through the \
             API. Server keys may send them. Public keys may not."
        }
    }
}

pub fn text() -> String {
    let mut text = BEGINNING.to_owned();
    for group in Group::ALL {
        text += &format!("\n{}\n", heading(group));
        of_group(group).for_each(|row| text += &entry(row));
    }
    text
}

fn entry(row: &EventKind) -> String {
    let mut text = format!("\n### {}\n\n{}\n", row.name, row.meaning);
    if let Some(words) = row.words {
        text += &format!("\nRules in plain English say: the lead “has {}”.\n", words.participle);
    }
    if !row.properties.is_empty() {
        text += "\n| property | value | meaning |\n| --- | --- | --- |\n";
    }
    for property in row.properties {
        text += &format!("| `{}` | {} | {} |\n", property.name, property.holds.name(), property.meaning);
    }
    text + &format!("\n```jsonl\n{}\n```\n", row.example())
}

/// Declares what the examples name.
const PLAYBOOK: &str = "
playbook: examples
topics: [{id: shirts}]
ladders: [{id: lifecycle, stages: [{id: awareness}, {id: decision, enter: {attribute: owner, exists: true}}]}]
segments:
  - {id: evaluating, enter: {attribute: tags, contains: partner}}
  - {id: reached, enter: {rate: opened, over: 30d, gt: 0}}
sequences: [{id: decision-track, enroll: {deal: open}, steps: [{wait: 1d}]}]
";

#[test]
fn every_example_is_read_and_does_what_its_kind_does() {
    let reading = read(PLAYBOOK);
    let playbook = reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems));
    let program = Program::new(playbook, &TimeZoneDatabase::from_env()).expect("a playbook that is right compiles");
    for row in KINDS {
        let line = row.example();
        let message = Message::parse(&line, &Wanted::Everything).unwrap_or_else(|why| panic!("{line}: {why}"));
        assert_eq!(message.event_kind(), Some(row.name), "{line}");
        for property in row.properties.iter().filter(|property| !property.example.is_empty()) {
            assert!(message.property(property.name).is_some(), "{line} has no `{}`", property.name);
        }
        let mut event = Event::default();
        program.distill(&message, &mut event);
        let acted = format!("{:?}", event.updates);
        for act in row.acts.iter().filter(|act| !matches!(act, Act::Consent(_))) {
            assert!(acted.contains(update(*act)), "{line}: {acted} has no {}", update(*act));
        }
    }
}

/// The update that an act becomes.
fn update(act: Act) -> &'static str {
    match act {
        Act::Copy(_) => "Copy",
        Act::Deal(_) => "Deal",
        Act::Tag => "Tagged",
        Act::Untag => "Untagged",
        Act::SetOwner => "Set {",
        Act::Consent(_) => "",
        Act::Pin => "Pinned",
        Act::Ban => "Banned",
        Act::Release => "Released",
        Act::SetStage => "StageSet",
        Act::ReleaseStage => "StageReleased",
        Act::Enroll => "Entered",
        Act::Stop => "Stopped",
    }
}
