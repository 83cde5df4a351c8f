//! Which copy something is about that came back.

use std::collections::BTreeSet;

use attractor_engine::address::canonical;
use attractor_mail::frozen::FrozenCopy;
use attractor_mail::inbound::Original;
use attractor_mail::links::{CopyId, Purpose, Token};
use attractor_mail::message::MessageId;
use attractor_store::contents::{self, Content};
use attractor_store::{Connection, Error, IdentityKind, LeadId, identities, link_keys};

use super::unmatched::Cause;
use crate::clicks::copy::FoundCopy;
use crate::leads::joined::with_predecessors;
use crate::links::{Links, copy_tag, installation_name};
use crate::sending::return_address::UNSUBSCRIBE;
use crate::stored::of_row;

/// The most addresses and ids of a mail that are looked up.
const MOST: usize = 5;

/// What tells which copy is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clues {
    /// By a signed token of ours: where there is one, nothing else counts.
    pub copy: Option<CopyId>,
    /// Candidates for the copy's `Message-ID`, without brackets.
    message_ids: Vec<String>,
    /// What those of them say that we signed.
    signed: Vec<Token>,
    /// In canonical form: the copy went to one of them.
    addresses: Vec<String>,
    /// Whether the last copy to an address is meant if no id fits: only where nobody but a provider can say so.
    by_address: bool,
}

impl Clues {
    /// Of something that came to the return path of a copy.
    pub fn of_return_path(copy: CopyId) -> Clues {
        Clues { copy: Some(copy), ..Clues::default() }
    }

    /// Of a mail that names the one of ours that it is about. `others` are addresses to which that may have gone.
    pub fn of_mail(links: &Links, original: &Original, others: &[&str]) -> Clues {
        Clues::of(links, original, others, false)
    }

    /// Of an event that a provider has proved.
    pub fn of_event(links: &Links, original: &Original, recipient: Option<&str>) -> Clues {
        Clues::of(links, original, recipient.as_slice(), true)
    }

    fn of(links: &Links, original: &Original, others: &[&str], by_address: bool) -> Clues {
        let named = original.token.as_deref().into_iter();
        let path = original.return_path.as_deref().and_then(|path| path.split('@').next());
        let addresses = others.iter().copied().chain(original.to.iter().map(String::as_str)).filter_map(canonical);
        let mut seen = BTreeSet::new();
        let own = original.own.iter().filter_map(|place| copy_at(links, place));
        let signed = original.message_ids.iter().filter_map(|id| message_in(links, id));
        Clues {
            copy: named.chain(path).find_map(|token| copy_in(links, token)).or_else(|| own.into_iter().next()),
            message_ids: original.message_ids.iter().take(8 * MOST).cloned().collect(),
            signed: signed.take(MOST).collect(),
            addresses: addresses.filter(|address| seen.insert(address.clone())).take(MOST).collect(),
            by_address,
        }
    }

    /// The copy, and how surely it is meant; `None` where none fits, or it was erased.
    pub fn find(&self, connection: &mut Connection) -> Result<Option<(FoundCopy, Naming)>, Error> {
        if let Some(copy) = self.copy {
            return Ok(FoundCopy::find(connection, copy_tag(copy))?.map(|found| (found, Naming::Certain)));
        }
        for address in &self.addresses {
            let candidates = copies_of(connection, address)?;
            let found = match self.by_id(connection, &candidates)? {
                None if self.by_address => last_to(&candidates, address),
                found => found,
            };
            if let Some(content) = found {
                let found = FoundCopy::find(connection, (content.lead, content.tag))?;
                return Ok(found.map(|found| (found, Naming::Certain)));
            }
        }
        // A provider has proved who it is.
        let naming = if self.by_address { Naming::Certain } else { Naming::IdAlone };
        Ok(self.by_signature(connection)?.map(|found| (found, naming)))
    }

    fn by_id<'c>(&self, connection: &mut Connection, copies: &'c [Content]) -> Result<Option<&'c Content>, Error> {
        if self.message_ids.is_empty() || copies.is_empty() {
            return Ok(None);
        }
        let names: Vec<String> = link_keys::all(connection)?.iter().map(installation_name).collect();
        let is_named = |content: &&Content| {
            // Mails that left before ids were signed have another.
            let is_own = |id: &String| names.iter().any(|name| MessageId::is_of_copy(id, name, &content.send_id));
            self.signed.iter().any(|token| is_of(token, content)) || self.message_ids.iter().any(is_own)
        };
        Ok(copies.iter().find(is_named))
    }

    /// The copy that a signed id names, whoever writes.
    fn by_signature(&self, connection: &mut Connection) -> Result<Option<FoundCopy>, Error> {
        for token in &self.signed {
            let Token::Message { lead, .. } = token else { continue };
            let copies = contents::of_leads(connection, &[LeadId(*lead)])?;
            if let Some(content) = copies.iter().find(|content| is_of(token, content)) {
                return FoundCopy::find(connection, (content.lead, content.tag));
            }
        }
        Ok(None)
    }

    /// The lead whose copy is named, by what we signed.
    pub fn lead(&self) -> Option<LeadId> {
        let signed = self.signed.iter().find_map(|token| match token {
            Token::Message { lead, .. } => Some(*lead),
            _ => None,
        });
        self.copy.map(|copy| copy.lead).or(signed).map(LeadId)
    }

    /// The addresses that are looked up, in canonical form.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.addresses.iter().map(String::as_str)
    }

    /// The ids of mails that are named.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.message_ids.iter().map(String::as_str)
    }

    /// Why no copy is known, or none that counts.
    pub fn cause(&self) -> Cause {
        match (&self.copy, self.signed.is_empty(), self.message_ids.is_empty()) {
            (Some(_), ..) => Cause::Gone,
            (None, false, _) => Cause::IdAlone,
            (None, true, false) => Cause::Unsigned,
            (None, true, true) => Cause::Nothing,
        }
    }
}

/// How surely a copy is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// By a secret of its own, or by its id and its address, or by a provider.
    Certain,
    /// By its id, which everybody knows who has seen the mail or an answer to it.
    IdAlone,
}

fn is_of(token: &Token, content: &Content) -> bool {
    *token == Token::of_message(content.lead.0, &content.send_id)
}

/// What an id of a mail says, if we signed it.
fn message_in(links: &Links, id: &str) -> Option<Token> {
    links.token(Purpose::Message, id.split_once('@')?.0).ok()
}

/// The copy that a token in the form of a return path names.
pub(super) fn copy_in(links: &Links, token: &str) -> Option<CopyId> {
    match links.token(Purpose::ReturnPath, token) {
        Ok(Token::ReturnPath { copy }) => Some(copy),
        _ => None,
    }
}

/// The copy that an address or a link of ours names: a return path, an address that unsubscribes, or a link that does.
fn copy_at(links: &Links, place: &str) -> Option<CopyId> {
    if place.starts_with("https:") || place.starts_with("http:") {
        let token = place.rsplit('/').next()?;
        return match links.token(Purpose::Unsubscribe, token) {
            Ok(Token::Unsubscribe { copy, .. }) => Some(copy),
            _ => None,
        };
    }
    let address = place.strip_prefix("mailto:").unwrap_or(place);
    let local = address.split(['@', '?']).next()?.to_ascii_lowercase();
    copy_in(links, local.strip_prefix(UNSUBSCRIBE).unwrap_or(&local))
}

/// What was composed for the lead with an address, and for leads that are one with it now.
fn copies_of(connection: &mut Connection, address: &str) -> Result<Vec<Content>, Error> {
    let Some(identity) = identities::find(connection, &[(IdentityKind::Email, address)])?.pop() else {
        return Ok(Vec::new());
    };
    let all = with_predecessors(connection, identity.lead)?;
    contents::of_leads(connection, &all)
}

/// The last copy that was composed for an address.
fn last_to<'c>(copies: &'c [Content], address: &str) -> Option<&'c Content> {
    // One that cannot be read is counted, and any other comes before it.
    let made_at = |content: &Content| {
        of_row(&content.document, "contents", &content.send_id).map_or(0, |kept: FrozenCopy| kept.made_at)
    };
    copies.iter().filter(|content| content.address == address).max_by_key(|content| made_at(content))
}
