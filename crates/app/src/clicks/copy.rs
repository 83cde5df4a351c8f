//! A copy as its links find it: what was frozen with it, and whether its lead is measured now.

use attractor_engine::consent::{Scope, State};
use attractor_live::profile::Profile;
use attractor_live::suppression::{ConsentInEffect, of_address};
use attractor_mail::frozen::{FrozenCopy, FrozenLink};
use attractor_store::contents::{self, Content};
use attractor_store::mail_requests::CopyTag;
use attractor_store::{Connection, Error, Kind, copies, leads};
use serde::de::DeserializeOwned;

use crate::leads::find;

/// A copy, with what is kept of it.
#[derive(Clone, Debug)]
pub struct FoundCopy {
    pub tag: CopyTag,
    pub send_id: String,
    /// To which it went, in canonical form.
    pub address: String,
    pub frozen: FrozenCopy,
    /// In the order of their positions.
    pub links: Vec<FrozenLink>,
}

impl FoundCopy {
    /// The copy that a link names; `None` where it was erased, or was frozen anew since.
    pub fn find(connection: &mut Connection, tag: CopyTag) -> Result<Option<FoundCopy>, Error> {
        let Some(content) = contents::of_copy(connection, tag.0, tag.1)? else { return Ok(None) };
        let links = contents::link_set(connection, &content.link_set)?.unwrap_or_else(|| "[]".to_owned());
        FoundCopy::of(tag, content, &links).map(Some)
    }

    fn of(tag: CopyTag, content: Content, links: &str) -> Result<FoundCopy, Error> {
        let frozen = stored(&content.document, "content", &content.send_id)?;
        let links = stored(links, "links", &content.send_id)?;
        Ok(FoundCopy { tag, send_id: content.send_id, address: content.address, frozen, links })
    }

    /// The lead that the copy's lead is now; `None` where it is gone.
    pub fn lead(&self, connection: &mut Connection) -> Result<Option<leads::Lead>, Error> {
        find::row(connection, self.tag.0)
    }

    /// When it was sent, in milliseconds since 1970; when it was made, where that is not known. The first mail of a copy that
    /// was sent again has links of its own, and left when it was made: `sent_at` is the second one's.
    pub fn sent_at(&self, connection: &mut Connection) -> Result<i64, Error> {
        let all = copies::of_leads(connection, &[self.tag.0])?;
        let own = all.into_iter().find(|other| other.send_id() == self.send_id);
        let sent_at = match own {
            Some(own) if own.is_sent_again() && !self.is_last(connection)? => None,
            own => own.and_then(|own| own.dispatch.sent_at),
        };
        Ok(sent_at.unwrap_or(self.frozen.made_at))
    }

    /// Whether it is as its copy was frozen last.
    fn is_last(&self, connection: &mut Connection) -> Result<bool, Error> {
        let last = contents::of_copies(connection, &[(self.tag.0, self.send_id.clone())])?;
        Ok(last.iter().any(|content| content.tag == self.tag.1))
    }

    /// Whether what is requested on the copy may be kept: it has a pixel and personal links, and neither its lead nor
    /// somebody at its address has declined to be measured since.
    pub fn is_measured(&self, connection: &mut Connection) -> Result<bool, Error> {
        if !self.frozen.measured {
            return Ok(false);
        }
        let Some(lead) = self.lead(connection)? else { return Ok(false) };
        let Some((_, document)) = leads::profiles(connection, &[lead.id])?.pop() else { return Ok(true) };
        // Nobody is measured whose consent cannot be read.
        let Ok(profile) = Profile::parse(&document) else { return Ok(false) };
        let address = of_address(connection, &self.address)?;
        let consent = ConsentInEffect::of(&profile.consents, &address, &Scope::Tracking);
        Ok(consent.state() != State::Withdrawn)
    }

    /// The link at a position.
    pub fn link(&self, position: u16) -> Option<&FrozenLink> {
        self.links.get(usize::from(position))
    }

    /// How many personal links a reader sees: the author's, the one to unsubscribe and the one to the preferences.
    pub fn shown_links(&self) -> u16 {
        u16::try_from(self.links.len() + 2).unwrap_or(u16::MAX)
    }
}

fn stored<T: DeserializeOwned>(text: &str, what: &str, send_id: &str) -> Result<T, Error> {
    let damaged = |_| Error::new(Kind::Other, format!("the stored {what} of the copy {send_id} cannot be read"));
    serde_json::from_str(text).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use attractor_store::Location;
    use attractor_store::copies::{CopyState, Dispatch, MailCopy};

    use super::*;
    use crate::sending::testing::copy;

    #[test]
    fn each_mail_of_a_copy_that_was_sent_again_left_at_its_own_instant() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        let dispatch = Dispatch { sent_at: Some(900), again_at: Some(800), ..Dispatch::default() };
        let sent = MailCopy { state: CopyState::Sent, dispatch, ..copy("offer") };
        copies::insert(&mut connection, std::slice::from_ref(&sent)).unwrap();
        let content = |tag, made_at| Content {
            lead: sent.lead,
            send_id: sent.send_id(),
            tag,
            address: "ada@people.example".into(),
            link_set: "a1".into(),
            document: serde_json::to_string(&FrozenCopy { made_at, ..FrozenCopy::default() }).unwrap(),
        };
        contents::put(&mut connection, &[content(7, 100)]).unwrap();
        contents::keep(&mut connection, &[(sent.lead, sent.send_id())]).unwrap();
        contents::put(&mut connection, &[content(8, 899)]).unwrap();
        for (tag, expected) in [(7, 100), (8, 900)] {
            let found = FoundCopy::find(&mut connection, (sent.lead, tag)).unwrap().unwrap();
            assert_eq!(found.sent_at(&mut connection).unwrap(), expected, "{tag}");
        }
    }
}
