//! The best unread piece of the library for a lead, chosen when the copy of such a step is due: which, why, and why not the
//! others (contract §4.10, `send: {best: true}`).

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::choose::{Choice, Fit, Reader, Unfit, choose};
use attractor_engine::condition::Names;
use attractor_engine::playbook::{Email, Intent, Playbook};
use attractor_mail::frozen::{FrozenChoice, FrozenCopy, FrozenOther};
use attractor_mail::gate::Skip;
use attractor_store::contents::{self, Content};
use attractor_store::copies::{self, CopySource, CopyState, MailCopy};
use attractor_store::{Connection, Error, LeadId, addressed};

use super::gate::refusal;
use super::situation::Situation;
use super::words::in_words;
use crate::leads::joined::predecessors;
use crate::stored::of_row;

/// The pieces that leads have got, and why a piece was chosen that did not leave at once or is sent again.
#[derive(Default)]
pub struct Library {
    read: BTreeMap<LeadId, BTreeSet<String>>,
    /// By the id of the copy.
    chosen: BTreeMap<String, FrozenChoice>,
}

/// Whether a copy is to be the best unread piece, and was not chosen yet.
pub fn asks_for_best(copy: &MailCopy) -> bool {
    copy.email.is_none() && matches!(copy.source, CopySource::Sequence { .. })
}

impl Library {
    /// What choosing among those of these copies needs that wait; nothing is read where none is of the best piece. `hashes`
    /// are those of the leads' addresses.
    pub fn of(
        connection: &mut Connection,
        copies: &[MailCopy],
        hashes: &dyn Fn(LeadId) -> Vec<String>,
    ) -> Result<Library, Error> {
        let mut library = Library::default();
        let waiting = copies.iter().filter(|copy| copy.state == CopyState::Waiting);
        let choosing = waiting.clone().filter(|copy| asks_for_best(copy)).map(|copy| copy.lead);
        library.read_for(connection, choosing.collect(), hashes)?;
        // A step of a sequence alone chooses. Where it has chosen, the copy was claimed before: a server put it off or did not
        // accept our login, or somebody sends it again.
        let is_settled = |copy: &&MailCopy| copy.email.is_some() && matches!(copy.source, CopySource::Sequence { .. });
        let settled: BTreeMap<String, &MailCopy> =
            waiting.filter(is_settled).map(|copy| (copy.send_id(), copy)).collect();
        let named: Vec<(LeadId, String)> = settled.iter().map(|(id, copy)| (copy.lead, id.clone())).collect();
        for content in contents::of_copies(connection, &named)? {
            let Some(copy) = settled.get(&content.send_id) else { continue };
            // What was asked for anew since may be another e-mail.
            let frozen = kept(&content).filter(|frozen| copy.email.as_ref() == Some(&frozen.email));
            library.chosen.extend(frozen.and_then(|frozen| frozen.choice).map(|choice| (content.send_id, choice)));
        }
        Ok(library)
    }

    /// What these leads have got, themselves or at their addresses, which people may have as several leads.
    pub fn read_for(
        &mut self,
        connection: &mut Connection,
        leads: BTreeSet<LeadId>,
        hashes: &dyn Fn(LeadId) -> Vec<String>,
    ) -> Result<(), Error> {
        if leads.is_empty() {
            return Ok(());
        }
        let of_address = leads.iter().flat_map(|lead| hashes(*lead).into_iter().map(|hash| (hash, *lead)));
        let of_address: BTreeSet<(String, LeadId)> = of_address.collect();
        self.read = read(connection, leads)?;
        for (lead, email) in read_at_addresses(connection, &of_address)? {
            self.note(lead, &email);
        }
        Ok(())
    }

    /// The e-mails that a lead has got, as far as they were read.
    pub fn got(&self, lead: LeadId) -> Option<&BTreeSet<String>> {
        self.read.get(&lead)
    }

    /// A lead gets an e-mail.
    pub fn note(&mut self, lead: LeadId, email: &str) {
        self.read.entry(lead).or_default().insert(email.to_owned());
    }
}

/// The e-mails that went to addresses for whichever lead; those on their way count.
fn read_at_addresses(
    connection: &mut Connection,
    of_address: &BTreeSet<(String, LeadId)>,
) -> Result<Vec<(LeadId, String)>, Error> {
    let hashes: BTreeSet<&String> = of_address.iter().map(|(hash, _)| hash).collect();
    let left = addressed::left_to(connection, &hashes.into_iter().cloned().collect::<Vec<_>>())?;
    let others: BTreeSet<LeadId> = left.iter().map(|(_, lead, _)| *lead).collect();
    let got = copies::of_leads(connection, &others.into_iter().collect::<Vec<_>>())?;
    let got = got.into_iter().filter(is_had);
    let emails: BTreeMap<String, String> = got.filter_map(|copy| Some((copy.send_id(), copy.email?))).collect();
    let mut found = Vec::new();
    for (hash, _, send_id) in left {
        let Some(email) = emails.get(&send_id) else { continue };
        let here = of_address.iter().filter(|(of, _)| *of == hash);
        found.extend(here.map(|(_, lead)| (*lead, email.clone())));
    }
    Ok(found)
}

fn kept(content: &Content) -> Option<FrozenCopy> {
    of_row(&content.document, "contents", &content.send_id).ok()
}

/// Whether a lead has got a copy, or it is on its way.
pub fn is_had(copy: &MailCopy) -> bool {
    copy.state == CopyState::Claimed || copy.has_reached()
}

/// The e-mails that leads have got, as themselves or as somebody who is one with them now; those on their way count.
fn read(connection: &mut Connection, leads: BTreeSet<LeadId>) -> Result<BTreeMap<LeadId, BTreeSet<String>>, Error> {
    let before = predecessors(connection, leads.iter().copied())?;
    let all: Vec<LeadId> = leads.iter().chain(before.keys()).copied().collect();
    let got = copies::of_leads(connection, &all)?;
    let got = got.into_iter().filter(is_had);
    let mut read: BTreeMap<LeadId, BTreeSet<String>> = BTreeMap::new();
    for copy in got {
        let lead = before.get(&copy.lead).copied().unwrap_or(copy.lead);
        read.entry(lead).or_default().extend(copy.email);
    }
    Ok(read)
}

/// A copy of which it is settled which e-mail it is.
pub struct Settled {
    /// It has no e-mail where nothing is left, or where its lead is evaluated again.
    pub copy: MailCopy,
    /// Why it is that e-mail, where it was chosen.
    pub choice: Option<FrozenChoice>,
    /// Why nothing is left, in English.
    pub nothing_left: Option<String>,
}

/// Settles which e-mail a copy is.
pub fn settled(situation: &Situation, copy: MailCopy) -> Settled {
    if !asks_for_best(&copy) {
        let choice = situation.library.chosen.get(&copy.send_id()).cloned();
        return Settled { copy, choice, nothing_left: None };
    }
    let Some((playbook, choice)) = choice(situation, &copy) else {
        return Settled { copy, choice: None, nothing_left: None };
    };
    let Some((email, fits)) = &choice.chosen else {
        return Settled { copy, choice: None, nothing_left: Some(nothing_left(&choice)) };
    };
    let names = Names::of(playbook);
    let frozen = FrozenChoice {
        because: fits.iter().map(|fit| because(&names, fit)).collect(),
        others: choice.others.iter().map(|(other, unfit)| why_not(&names, other, unfit)).collect(),
    };
    Settled { copy: MailCopy { email: Some(email.id.clone()), ..copy }, choice: Some(frozen), nothing_left: None }
}

/// Why a choice left nothing, in English.
fn nothing_left(choice: &Choice) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, unfit) in &choice.others {
        *counts.entry(kind(unfit)).or_default() += 1;
    }
    let counts: Vec<String> = counts.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    if counts.is_empty() { "no e-mail of the playbook has a `format`".to_owned() } else { counts.join(", ") }
}

fn choice<'s>(situation: &'s Situation, copy: &MailCopy) -> Option<(&'s Playbook, Choice<'s>)> {
    let lead = situation.lead(copy)?;
    let (under, state) = (lead.under.as_ref()?, lead.state.as_ref()?);
    let playbook = under.program.playbook();
    let none = BTreeSet::new();
    let interests = state.interests(&under.program, situation.now);
    let stages = lead.stages();
    let read = situation.library.got(lead.row.id).unwrap_or(&none);
    let reader = Reader { interests: &interests, stages: &stages, read };
    let refused = |email: &Email| {
        let copy = MailCopy { email: Some(email.id.clone()), ..copy.clone() };
        refusal(situation, lead, &copy)
    };
    Some((playbook, choose(playbook, reader, refused)))
}

fn because(names: &Names, fit: &Fit) -> String {
    match fit {
        Fit::PrimaryInterest(topic) => format!("Its topic, {}, is the lead's primary interest.", names.topic(topic)),
        Fit::Interest(topic) => format!("Its topic, {}, is an interest of the lead.", names.topic(topic)),
        Fit::Related { topic, to } => {
            format!("Its topic, {}, is related to {}, which interests the lead.", names.topic(topic), names.topic(to))
        }
        Fit::Stage(stage) => format!("It is for the stage `{stage}`, in which the lead is."),
        Fit::Intent(intent) => format!("It is meant to {}, as fits the lead's stage.", verb(*intent)),
    }
}

fn verb(intent: Intent) -> &'static str {
    match intent {
        Intent::Educate => "educate",
        Intent::Compare => "compare",
        Intent::Decide => "decide",
    }
}

fn why_not(names: &Names, email: &Email, unfit: &Unfit) -> FrozenOther {
    let why = match unfit {
        Unfit::Read => "The lead has had it already.".to_owned(),
        Unfit::OtherStages => "It is for other stages than the lead's.".to_owned(),
        Unfit::OtherTopic(topic) => {
            format!("Its topic, {}, is neither an interest of the lead nor related to one.", names.topic(topic))
        }
        Unfit::Refused(why) => in_words(why, names),
        Unfit::Behind => "Another one fits better.".to_owned(),
    };
    FrozenOther { email: email.id.clone(), why }
}

/// Why pieces are not left, as counts of them say it.
fn kind(unfit: &Unfit) -> &'static str {
    match unfit {
        Unfit::Read => "read",
        Unfit::OtherStages => "for other stages",
        Unfit::OtherTopic(_) => "about other topics",
        Unfit::Refused(why) if why.starts_with(Skip::Fatigue.name()) => "about tired topics",
        Unfit::Refused(_) => "not allowed",
        // Of several that fit, one is chosen.
        Unfit::Behind => "behind",
    }
}

#[cfg(test)]
mod tests {
    use attractor_store::Location;
    use attractor_store::addressed::{Addressed, left};
    use attractor_store::copies::Dispatch;

    use super::*;
    use crate::sending::testing::copy;

    #[test]
    fn why_a_piece_was_chosen_is_read_of_copies_that_wait_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        let choice = FrozenChoice { because: vec!["It fits.".into()], others: Vec::new() };
        let kept = FrozenCopy { email: "offer".into(), choice: Some(choice), ..FrozenCopy::default() };
        let tried = MailCopy { dispatch: Dispatch { tries: 1, ..Dispatch::due(5) }, ..copy("offer") };
        let content = Content {
            lead: tried.lead,
            send_id: tried.send_id(),
            tag: 7,
            address: "ada@people.example".into(),
            link_set: "a1".into(),
            document: serde_json::to_string(&kept).unwrap(),
        };
        contents::put(&mut connection, &[content]).unwrap();
        let again = Dispatch { again_at: Some(9), ..Dispatch::due(9) };
        let other_step = CopySource::Sequence { sequence: "welcome".into(), began: 5, step: "other".into() };
        for (changed, expected) in [
            (tried.clone(), 1),
            (MailCopy { state: CopyState::Sent, ..tried.clone() }, 0),
            (MailCopy { state: CopyState::Draft, ..tried.clone() }, 0),
            // No try counts where the login was refused, and where a person sends it again.
            (MailCopy { dispatch: Dispatch::due(5), ..tried.clone() }, 1),
            (MailCopy { dispatch: again, ..tried.clone() }, 1),
            (MailCopy { email: Some("guide".into()), ..tried.clone() }, 0),
            (MailCopy { email: None, ..tried.clone() }, 0),
            (MailCopy { source: other_step, ..tried.clone() }, 0),
        ] {
            let library = Library::of(&mut connection, std::slice::from_ref(&changed), &|_| Vec::new()).unwrap();
            assert_eq!(library.chosen.len(), expected, "{changed:?}");
        }
    }

    #[test]
    fn what_went_to_the_address_of_a_lead_for_somebody_else_is_read_too() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        let of = |lead, email, state| MailCopy { lead: LeadId(lead), state, ..copy(email) };
        let sent = [
            of(1, "offer", CopyState::Sent),
            of(2, "guide", CopyState::Sent),
            of(3, "case", CopyState::Skipped),
            of(4, "other", CopyState::InDoubt),
        ];
        copies::insert(&mut connection, &sent).unwrap();
        let note = |copy: &MailCopy| Addressed {
            hash: if copy.lead == LeadId(4) { "b" } else { "a" }.to_owned(),
            what: left(&copy.send_id()),
            lead: copy.lead,
            send_id: copy.send_id(),
            at: 5,
        };
        addressed::note(&mut connection, &sent.iter().map(note).collect::<Vec<_>>()).unwrap();
        let hashes = |lead: LeadId| vec![if lead == LeadId(4) { "b" } else { "a" }.to_owned()];
        for (lead, expected) in [(1, vec!["guide", "offer"]), (9, vec!["guide", "offer"]), (4, vec!["other"])] {
            let mut library = Library::default();
            library.read_for(&mut connection, BTreeSet::from([LeadId(lead)]), &hashes).unwrap();
            let read: Vec<&str> = library.read[&LeadId(lead)].iter().map(String::as_str).collect();
            assert_eq!(read, expected, "{lead}");
        }
    }
}
