//! What people did with their copies of a broadcast, read from their events: each names its copy by `send_id`.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::consent::{Scope, State};
use attractor_engine::message::{Message, Wanted};
use attractor_engine::vocabulary::kind;
use attractor_live::Slice;
use attractor_live::history::{pass, sources_of};
use attractor_live::suppression::{AddressBlocks, ConsentInEffect};
use attractor_mail::frozen::{FrozenCopy, FrozenLink};
use attractor_store::copies::{self, CopySource, CopyState, MailCopy};
use attractor_store::{BroadcastId, Connection, Error, LeadId, VersionNumber, contents, leads};

use crate::leads::joined::present;
use crate::leads::profiles;
use crate::stored::of_row;

/// What is known of one copy that was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopyFacts {
    pub lead: LeadId,
    /// It has a pixel and personal links, and its lead has not declined to be measured since.
    pub measured: bool,
    /// It was made with a pixel and personal links, whatever its lead has said since.
    pub was_measured: bool,
    pub variant: Option<String>,
    /// `None`: what it holds cannot be read.
    pub text: Option<CopyText>,
    /// Its lead's stage when it was made, as LADDER/STAGE.
    pub stage: Option<String>,
    /// The id of its links.
    pub link_set: String,
    /// By a person.
    pub opened: bool,
    /// Something loaded its pixel, and nobody can know whether a person did.
    pub loaded: bool,
    pub clicked: bool,
    /// The topics of the links that a person clicked, and those that the lead chose on our pages.
    pub clicked_topics: BTreeSet<String>,
    pub chosen: BTreeSet<String>,
    pub machine_clicks: i64,
    pub replied: bool,
    pub unsubscribed: bool,
    pub complained: bool,
    pub bounced: bool,
}

/// Which text of its e-mail a copy has, apart from the variant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CopyText {
    /// The version of the playbook.
    pub version: VersionNumber,
    pub language: String,
}

impl CopyText {
    fn of(kept: &FrozenCopy) -> CopyText {
        CopyText { version: VersionNumber(kept.version), language: kept.language.clone() }
    }
}

impl CopyFacts {
    /// Whether its lead has done something with it that a person does.
    pub fn is_used(&self) -> bool {
        self.opened || self.clicked || !self.chosen.is_empty() || self.replied
    }

    /// Whether it can be known that nobody has opened it, and nobody has.
    pub fn is_provably_unopened(&self) -> bool {
        self.measured && !self.is_used() && !self.loaded
    }

    /// The topics that the lead was pulled to: by a click where the copy is measured, by a choice always.
    pub fn topics(&self) -> BTreeSet<&String> {
        let clicked = self.clicked_topics.iter().filter(|_| self.measured);
        clicked.chain(&self.chosen).collect()
    }

    fn note(&mut self, message: &Message) {
        let topic = || message.id("topic").map(|topic| topic.into_owned());
        match message.event_kind().unwrap_or_default() {
            kind::EMAIL_OPENED if message.machine => self.loaded |= message.property("proxy").is_some(),
            kind::EMAIL_OPENED => self.opened = true,
            kind::EMAIL_LINK_CLICKED if message.machine => self.machine_clicks += 1,
            kind::EMAIL_LINK_CLICKED => {
                self.clicked = true;
                self.clicked_topics.extend(topic());
            }
            kind::TOPIC_CHOSEN => self.chosen.extend(topic()),
            kind::EMAIL_REPLIED => self.replied = true,
            kind::UNSUBSCRIBED => self.unsubscribed = true,
            kind::EMAIL_MARKED_AS_SPAM => self.complained = true,
            kind::EMAIL_BOUNCED => self.bounced = true,
            _ => {}
        }
    }
}

/// The facts of these copies, in their order.
pub fn of_sent(connection: &mut Connection, copies: &[MailCopy]) -> Result<Vec<CopyFacts>, Error> {
    let mut facts = frozen(connection, copies)?;
    let rows = present(connection, &copies.iter().map(|copy| copy.lead).collect())?;
    decline(connection, &rows, copies, &mut facts)?;
    let (mut places, mut sources): (Vec<usize>, Vec<Vec<Slice>>) = (Vec::new(), Vec::new());
    for (place, copy) in copies.iter().enumerate() {
        // Of a lead of whom nothing came since, nothing need be read.
        let row = rows.get(&copy.lead).filter(|row| row.id != copy.lead || row.at > reacted_after(copy));
        if let Some(row) = row {
            places.push(place);
            sources.push(sources_of(row).unwrap_or_default());
        }
    }
    let ids: Vec<String> = copies.iter().map(MailCopy::send_id).collect();
    let wanted = wanted();
    let mut seen = BTreeSet::new();
    pass(connection, &sources, |of, event| {
        let place = places[of];
        if !event.message.contains(ids[place].as_str()) || !seen.insert((place, event.message_id.to_owned())) {
            return Ok(());
        }
        // What cannot be read says nothing.
        if let Ok(message) = Message::parse(event.message, &wanted)
            && message.id("send_id").as_deref() == Some(ids[place].as_str())
        {
            facts[place].note(&message);
        }
        Ok(())
    })?;
    Ok(facts)
}

/// What a lead did with a copy came after this instant, in milliseconds since 1970. Of a copy that was sent again, `sent_at`
/// is the second mail's; the lead may have clicked the first one, which left at some time after it was asked for.
fn reacted_after(copy: &MailCopy) -> i64 {
    if copy.is_sent_again() { copy.asked_at } else { copy.dispatch.sent_at.unwrap_or(0) }
}

/// What of an event the facts are made of.
fn wanted() -> Wanted {
    Wanted::only(["send_id", "topic", "proxy"])
}

/// What was frozen with the copies.
fn frozen(connection: &mut Connection, copies: &[MailCopy]) -> Result<Vec<CopyFacts>, Error> {
    let leads: BTreeSet<LeadId> = copies.iter().map(|copy| copy.lead).collect();
    let all = contents::of_leads(connection, &leads.into_iter().collect::<Vec<_>>())?;
    let mut by_id: BTreeMap<String, contents::Content> =
        all.into_iter().map(|content| (content.send_id.clone(), content)).collect();
    let of = |copy: &MailCopy| {
        let content = by_id.remove(&copy.send_id());
        let kept: Option<FrozenCopy> =
            content.as_ref().and_then(|content| of_row(&content.document, "contents", &content.send_id).ok());
        let text = kept.as_ref().map(CopyText::of);
        let kept = kept.unwrap_or_default();
        CopyFacts {
            lead: copy.lead,
            text,
            measured: kept.measured,
            was_measured: kept.measured,
            variant: kept.variant,
            stage: kept.stage,
            link_set: content.map(|content| content.link_set).unwrap_or_default(),
            ..CopyFacts::default()
        }
    };
    Ok(copies.iter().map(of).collect())
}

/// Nothing is known of leads who have declined to be measured since.
fn decline(
    connection: &mut Connection,
    rows: &BTreeMap<LeadId, leads::Lead>,
    copies: &[MailCopy],
    facts: &mut [CopyFacts],
) -> Result<(), Error> {
    let profiles = profiles::of(connection, rows.values())?;
    for (copy, facts) in copies.iter().zip(facts) {
        let profile = rows.get(&copy.lead).and_then(|row| profiles.get(&row.id));
        let has_declined = profile.is_some_and(|profile| {
            let blocks = AddressBlocks::default();
            ConsentInEffect::of(&profile.consents, &blocks, &Scope::Tracking).state() == State::Withdrawn
        });
        facts.measured &= !has_declined;
    }
    Ok(())
}

/// Those of these leads who provably did not open their copy of a broadcast.
pub fn not_opened(
    connection: &mut Connection,
    broadcast: BroadcastId,
    rows: &[leads::Lead],
) -> Result<BTreeSet<LeadId>, Error> {
    let ids: Vec<LeadId> = rows.iter().map(|row| row.id).collect();
    let source = CopySource::Broadcast(broadcast.to_string());
    let mut sent = copies::of_leads(connection, &ids)?;
    sent.retain(|copy| copy.source == source && copy.state == CopyState::Sent);
    let facts = of_sent(connection, &sent)?;
    Ok(facts.into_iter().filter(CopyFacts::is_provably_unopened).map(|facts| facts.lead).collect())
}

/// The topics that a set of links leads to, each with whether one of the links asks for it.
type TopicsOfSet = BTreeMap<String, bool>;

/// The topics of these sets of links, by the ids of the sets.
pub(super) fn topics_of(
    connection: &mut Connection,
    link_sets: &BTreeSet<&str>,
) -> Result<BTreeMap<String, TopicsOfSet>, Error> {
    let found = contents::link_sets(connection, link_sets)?.into_iter();
    let topics = found.map(|(id, document)| {
        let links: Vec<FrozenLink> = of_row(&document, "link_sets", &id)?;
        let mut topics = TopicsOfSet::new();
        for FrozenLink { topic, asks, .. } in links {
            topic.into_iter().for_each(|topic| *topics.entry(topic).or_default() |= asks);
        }
        Ok((id, topics))
    });
    topics.collect()
}

#[cfg(test)]
mod tests {
    use attractor_store::copies::Dispatch;

    use super::*;
    use crate::sending::testing::copy;

    #[test]
    fn what_a_lead_did_with_the_first_mail_of_a_copy_that_was_sent_again_is_read() {
        let (asked, left) = (5, 900);
        for (sent_at, again_at, expected) in
            [(None, None, 0), (Some(left), None, left), (Some(left), Some(800), asked), (None, Some(800), asked)]
        {
            let dispatch = Dispatch { sent_at, again_at, ..Dispatch::default() };
            let copy = MailCopy { asked_at: asked, dispatch, ..copy("offer") };
            assert_eq!(reacted_after(&copy), expected, "{sent_at:?}, again at {again_at:?}");
        }
    }

    fn after(messages: &[&str]) -> CopyFacts {
        let mut facts = CopyFacts { measured: true, ..CopyFacts::default() };
        for message in messages {
            let json = format!(r#"{{"type": "track", "userId": "ada", {message}}}"#);
            facts.note(&Message::parse(&json, &wanted()).unwrap());
        }
        facts
    }

    #[test]
    fn what_a_machine_does_neither_counts_nor_proves_that_nobody_opened_it() {
        let machine = r#""context": {"machine": true}"#;
        let load = format!(r#""event": "Email Opened", "properties": {{"proxy": true}}, {machine}"#);
        let click = format!(r#""event": "Email Link Clicked", "properties": {{"topic": "a"}}, {machine}"#);
        for (messages, is_used, is_unopened) in [
            (vec![], false, true),
            (vec![r#""event": "Email Opened""#], true, false),
            (vec![load.as_str()], false, false),
            (vec![click.as_str()], false, true),
            (vec![r#""event": "Email Link Clicked""#], true, false),
            (vec![r#""event": "Topic Chosen", "properties": {"topic": "a"}"#], true, false),
            (vec![r#""event": "Email Replied""#], true, false),
            (vec![r#""event": "Unsubscribed""#], false, true),
        ] {
            let facts = after(&messages);
            assert_eq!((facts.is_used(), facts.is_provably_unopened()), (is_used, is_unopened), "{messages:?}");
            let unmeasured = CopyFacts { measured: false, ..facts };
            assert!(!unmeasured.is_provably_unopened(), "{messages:?}");
        }
        assert_eq!(after(&[&click]).machine_clicks, 1);
    }

    #[test]
    fn a_lead_is_pulled_to_what_it_clicks_and_chooses() {
        let facts = after(&[
            r#""event": "Email Link Clicked", "properties": {"topic": "a"}"#,
            r#""event": "Email Link Clicked", "properties": {"topic": "b"}"#,
            r#""event": "Topic Chosen", "properties": {"topic": "b"}"#,
        ]);
        assert_eq!(facts.topics().into_iter().collect::<Vec<_>>(), ["a", "b"]);
        let declined = CopyFacts { measured: false, ..facts };
        assert_eq!(declined.topics().into_iter().collect::<Vec<_>>(), ["b"], "its clicks count no more");
    }
}
