//! Composes one copy: its frozen content, and the mail as it goes over the wire. No I/O; chance comes with the input.

use std::collections::BTreeSet;
use std::sync::Arc;

use attractor_engine::playbook;
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_live::NewContent;
use attractor_live::profile::Profile;
use attractor_mail::frozen::{FrozenChoice, FrozenCopy, FrozenLink};
use attractor_mail::gate::Class;
use attractor_mail::links::{AddressHash, CopyId, Keys};
use attractor_mail::message::dkim::Signer;
use attractor_mail::message::{
    Automatic, FeedbackId, Headers, ListId, Mailbox, Message, MessageId, Reference, Unsubscribe,
};
use attractor_mail::render::{Email, FooterReason, Link, Rendered, Values, Wishes};
use attractor_store::contents::personal_set;
use attractor_store::copies::{CopySource, MailCopy};
use attractor_store::{VersionNumber, addressed};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::links::{CopyLinks, PersonalLinks, frozen, is_attractor, is_page};
use super::return_address::UNSUBSCRIBE;
use super::sender::Sender;
use super::senders::{self, ChosenSender};
use super::texts::ChosenText;
use super::transport::OutgoingMail;
use super::values::values;
use crate::forms::letter::Confirmation;
use crate::secrets::hex;

/// The installation that sends.
#[derive(Clone, Debug)]
pub struct Installation {
    pub sender: Sender,
    pub keys: Keys,
    /// Signs for the domain of the sender.
    pub signer: Arc<Signer>,
    /// Its own name in headers: 5 to 15 letters and digits that stay the same.
    pub name: String,
    /// Whether measured copies have a link that no person sees.
    pub has_decoys: bool,
}

/// Who a copy goes to.
#[derive(Clone, Debug)]
pub struct Recipient<'a> {
    /// What the copy may say of them.
    pub profile: &'a Profile,
    pub mailbox: Mailbox,
    /// Its address in canonical form, and the keyed hash of that.
    pub address: &'a str,
    pub hash: AddressHash,
    /// Whether the copy is measured: it has a pixel and personal links.
    pub measured: bool,
    /// Who writes to them.
    pub sender: ChosenSender,
}

/// What a copy is made of.
pub struct Parts<'a> {
    pub copy: &'a MailCopy,
    pub class: Class,
    pub version: VersionNumber,
    pub program: &'a Program,
    pub email: &'a playbook::Email,
    pub text: ChosenText<'a>,
    pub compiled: &'a Email,
    /// Topics that the lead has seen often enough in vain.
    pub tired: &'a BTreeSet<String>,
    /// What a copy that a form asked for confirms.
    pub confirmation: Option<&'a Confirmation>,
    /// Why it is this e-mail, where the best unread one was asked for.
    pub choice: Option<FrozenChoice>,
    /// The lead's stage on the ladder of the cadence, as LADDER/STAGE.
    pub stage: Option<String>,
    /// What the footer says of why the lead gets it.
    pub reason: FooterReason,
    /// Whether a block with this condition is shown to the lead.
    pub shown: &'a dyn Fn(&Value) -> bool,
    pub zone: TimeZone,
    /// Random.
    pub tag: i64,
    pub now: Instant,
}

/// A copy that can be claimed and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    pub content: NewContent,
    pub mail: OutgoingMail,
    pub measured: bool,
    /// The topics that it shows to somebody who is measured: its own, and those of its links.
    pub shows: BTreeSet<String>,
}

/// Composes a copy. The error says why it cannot be rendered, for people.
pub fn compose(parts: &Parts, to: &Recipient, by: &Installation) -> Result<Composed, String> {
    let links = CopyLinks {
        keys: &by.keys,
        public_url: &by.sender.public_url,
        copy: CopyId { lead: parts.copy.lead.0, tag: parts.tag },
        address: to.hash,
        has_decoy: by.has_decoys,
    };
    let kept = kept(parts, to.measured, to.profile, &to.sender);
    let rendered = render(parts, &links, &kept)?;
    let of_email = parts.email.topic.as_deref();
    let kept_of = |link: &Link| frozen(link, parts.class, parts.program, of_email);
    let frozen: Vec<FrozenLink> = rendered.links.iter().map(kept_of).collect();
    Ok(Composed {
        mail: mail(parts, to, by, &links, &rendered)?,
        content: content(parts, to, &frozen, &kept)?,
        measured: to.measured,
        shows: if to.measured { shown_topics(of_email, &frozen) } else { BTreeSet::new() },
    })
}

fn shown_topics(of_email: Option<&str>, links: &[FrozenLink]) -> BTreeSet<String> {
    let of_links = links.iter().filter_map(|link| link.topic.as_deref());
    of_email.into_iter().chain(of_links).map(str::to_owned).collect()
}

/// The record of a copy that stays after the mail has left.
pub fn kept(parts: &Parts, measured: bool, profile: &Profile, sender: &ChosenSender) -> FrozenCopy {
    FrozenCopy {
        email: parts.email.id.clone(),
        version: parts.version.0,
        language: parts.text.language.to_owned(),
        language_because: Some(parts.text.because.to_string()),
        variant: parts.text.variant.map(str::to_owned),
        measured,
        subscription: parts.email.subscription.clone(),
        topic: parts.email.topic.clone(),
        made_at: parts.now.0,
        from: Some(senders::frozen(&sender.from)),
        reply_to: sender.reply_to.as_ref().map(senders::frozen),
        shown: parts.compiled.conditions().iter().map(|condition| (parts.shown)(condition)).collect(),
        left_out: match parts.class {
            Class::Transactional => Vec::new(),
            _ => parts.tired.iter().cloned().collect(),
        },
        choice: parts.choice.clone(),
        stage: parts.stage.clone(),
        reason: parts.reason,
        values: parts.confirmation.map_or_else(|| values(profile, sender), |of| of.values(sender)),
    }
}

/// Renders a copy from what is kept of it, with the links that it is to have: to send it, to show it before that, or to
/// show it again.
pub fn render(parts: &Parts, links: &dyn PersonalLinks, kept: &FrozenCopy) -> Result<Rendered, String> {
    let mut data = data(links, kept);
    data.extend(parts.confirmation.map(|of| ("confirm_url".to_owned(), links.confirm(of.request).into())));
    let (pixel, decoy) = match kept.measured {
        true => (links.pixel(), links.decoy().filter(|_| parts.compiled.has_page_links())),
        false => (None, None),
    };
    let mut rewrite = |link: &Link| {
        let position = u16::try_from(link.position).ok().filter(|_| is_page(link))?;
        if kept.measured {
            return Some(links.click(position, link));
        }
        if is_attractor(link, parts.class) { Some(links.offer(position, link)) } else { links.plain(position, link) }
    };
    let mut wishes = Wishes {
        show: &mut |condition| (parts.shown)(condition),
        rewrite: &mut rewrite,
        pixel: pixel.as_deref(),
        decoy: decoy.as_deref(),
        left_out: &kept.left_out,
    };
    let values = Values::new(&data, parts.zone.clone(), kept.made_at);
    parts.compiled.render(&values, &mut wishes).map_err(|problem| problem.to_string())
}

/// What the template reads: what is kept, the links that are ours, and what our footer goes by.
pub fn data(links: &dyn PersonalLinks, kept: &FrozenCopy) -> Map<String, Value> {
    let mut data = kept.values.clone();
    data.insert("unsubscribe_url".into(), links.unsubscribe(kept.subscription.as_deref()).into());
    data.insert("preferences_url".into(), links.preferences(&kept.language).into());
    data.insert(FooterReason::VALUE.into(), kept.reason.name().into());
    data
}

fn mail(
    parts: &Parts,
    to: &Recipient,
    by: &Installation,
    links: &CopyLinks,
    rendered: &Rendered,
) -> Result<OutgoingMail, String> {
    let Installation { sender, name, .. } = by;
    let needs_a_way_out = matches!(parts.class, Class::Marketing | Class::Answer);
    let way_out = links.unsubscribe(parts.email.subscription.as_deref());
    let token = links.return_path();
    let own = |before: &str| {
        let domain = sender.bounce_domain.as_ref().filter(|_| sender.takes_mail)?;
        Mailbox::parse(&format!("{before}{token}@{domain}")).ok()
    };
    // Answers that come to us are noted at the lead, and forwarded to whom they are meant for.
    let reply_to = own("").map(|mailbox| mailbox.named(to.sender.answers().name())).or(to.sender.reply_to.clone());
    let unsubscribe = needs_a_way_out.then(|| Unsubscribe::new(&way_out, own(UNSUBSCRIBE))).transpose();
    let unsubscribe = unsubscribe.map_err(|why| format!("{why}; `public_url` is wrong"))?;
    let list = list(parts, &sender.from);
    // A header that cannot be written is left out: people never see it.
    let feedback = FeedbackId::new(&parts.email.id, source(parts.copy), parts.class.name(), name).ok();
    let id = MessageId::signed(&links.message_id(&parts.copy.send_id()), &sender.from);
    let message = Message {
        id: &id,
        from: &to.sender.from,
        to: &to.mailbox,
        subject: &rendered.subject,
        date: parts.now,
        text: &rendered.text,
        html: Some(&rendered.html),
        attachments: &[],
        headers: Headers {
            unsubscribe: unsubscribe.as_ref(),
            list: list.as_ref(),
            feedback: feedback.as_ref(),
            automatic: automatic(parts.copy),
            reply_to: reply_to.as_ref(),
            reference: Some(Reference { token: &token, providers: &sender.providers }),
            ..Headers::default()
        },
    };
    let from = sender.bounce_domain.as_ref().map(|domain| format!("{token}@{domain}"));
    Ok(OutgoingMail {
        from: from.unwrap_or_else(|| sender.from.address().to_owned()),
        to: to.mailbox.address().to_owned(),
        needs_smtputf8: message.needs_smtputf8(),
        bytes: by.signer.sign(&message.write(), parts.now).map_err(|why| why.to_string())?,
        made_at: parts.now,
        tag: parts.tag,
    })
}

/// The list of the e-mail's subscription.
fn list(parts: &Parts, from: &Mailbox) -> Option<ListId> {
    let id = parts.email.subscription.as_deref()?;
    let declared = parts.program.playbook().subscriptions.iter().find(|subscription| subscription.id == id);
    let name = declared.and_then(|subscription| subscription.name.as_deref()).unwrap_or(id);
    ListId::new(id, from.domain(), name).ok()
}

/// What asked for the copy, for grouping.
fn source(copy: &MailCopy) -> &str {
    match &copy.source {
        CopySource::Sequence { sequence, .. } => sequence,
        CopySource::Broadcast(id) => id,
        CopySource::Form(_) | CopySource::Alert(_) | CopySource::Test(_) => copy.source.name(),
    }
}

/// A form's mail answers what somebody did; a sequence's was decided by a person.
fn automatic(copy: &MailCopy) -> Automatic {
    match &copy.source {
        CopySource::Form(_) => Automatic::Replied,
        CopySource::Alert(_) => Automatic::Generated,
        _ => Automatic::No,
    }
}

fn content(parts: &Parts, to: &Recipient, links: &[FrozenLink], kept: &FrozenCopy) -> Result<NewContent, String> {
    let document = serde_json::to_string(kept).map_err(|why| why.to_string())?;
    let links = serde_json::to_string(links).map_err(|why| why.to_string())?;
    let hash = hex(&Sha256::digest(&links));
    // Links with values in them belong to the lead, and go with it.
    let id = if parts.compiled.has_personal_addresses() { personal_set(parts.copy.lead, &hash) } else { hash };
    Ok(NewContent { tag: parts.tag, address: to.address.to_owned(), link_set: (id, links), document })
}

/// What is noted at the address of a copy. Most copies may go there once only; what somebody asked for goes to whoever asked
/// (contract §6, the gate, 3), and is noted only where it counts within a day.
pub fn once(copy: &MailCopy) -> Option<String> {
    if class(copy) == Class::Transactional {
        return is_counted(copy).then(|| addressed::requested(&copy.send_id()));
    }
    match &copy.source {
        CopySource::Sequence { sequence, step, .. } => Some(format!("step:{sequence}/{step}")),
        CopySource::Broadcast(id) => Some(addressed::broadcast(id)),
        CopySource::Form(_) | CopySource::Alert(_) | CopySource::Test(_) => None,
    }
}

/// Whether a copy counts for what an address gets within a day that nobody has confirmed: anybody may do in the name of such
/// a lead what a sequence answers. Forms count their confirmations themselves.
pub fn is_counted(copy: &MailCopy) -> bool {
    class(copy) == Class::Transactional && matches!(copy.source, CopySource::Sequence { .. })
}

/// The class of a copy: an alert's is its own.
pub fn class(copy: &MailCopy) -> Class {
    match (&copy.source, copy.class.as_str()) {
        (CopySource::Alert(_), _) => Class::Alert,
        (_, "transactional") => Class::Transactional,
        (_, "answer") => Class::Answer,
        // What a newer program calls otherwise is treated as what needs the most.
        _ => Class::Marketing,
    }
}

/// Copies of class marketing or answer are what the budget of an address is for.
pub(crate) fn is_budgeted(copy: &MailCopy) -> bool {
    matches!(class(copy), Class::Marketing | Class::Answer)
}

#[cfg(test)]
mod tests;
