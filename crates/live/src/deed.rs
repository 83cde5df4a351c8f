//! What changes the store in one transaction, besides senders' messages: what people do, with the note of who did it, and
//! what the judge, the sender and the imports bring.

use attractor_engine::time::Instant;
use attractor_store::moves::MoveReason;
use attractor_store::versions::{self, Version};
use attractor_store::{ClaimNumber, Connection, Error, Kind, LeadId, VersionNumber, lane};

use crate::amend::{self, Amended, unmerge};
use crate::arrived::{Arrived, Taken};
use crate::erase::erase_person;
use crate::force::pilot;
use crate::forget;
use crate::lane::Lane;
use crate::lead::why::Why;
use crate::sending::claims::{Claiming, claim};
use crate::sending::reports::{Report, settle_copies};
use crate::sending::sent_again::send_again;
use crate::sending::suppression::AddressBlock;
use crate::take::take_in;
use crate::versions::{IN_FORCE, InForce, PILOT, Pilot, write_state};
use crate::wake::{SCAN, Scan};
use crate::work::Work;
use crate::write::rounds::CopyKey;

/// A transaction in which something is done and noted: all of it happens, or nothing.
pub struct Deed<'d, 'w> {
    work: &'d mut Work<'w>,
}

impl Lane {
    /// Does something in one transaction. An error undoes all of it.
    pub fn deed<T>(
        &mut self,
        now: Instant,
        run: impl FnOnce(&mut Deed<'_, '_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.work(now, |work| run(&mut Deed { work }))
    }

    /// [`Deed::publish`] alone.
    pub fn publish(&mut self, version: &Version, enrols: bool) -> Result<(), Error> {
        self.deed(Instant(version.at), |deed| deed.publish(version, enrols))
    }
}

impl Deed<'_, '_> {
    /// The instant at which it is done.
    pub fn now(&self) -> Instant {
        self.work.now
    }

    /// For what is noted beside it.
    pub fn connection(&mut self) -> &mut Connection {
        self.work.connection
    }

    /// Publishes a version of the playbook and puts it in force; a pilot ends. Leads follow in the background, one after
    /// the other, or when something happens to them.
    pub fn publish(&mut self, version: &Version, enrols: bool) -> Result<(), Error> {
        let work = &mut *self.work;
        versions::insert(work.connection, version)?;
        work.leads.versions.program(work.connection, version.number)?;
        let in_force = InForce { version: version.number, at: Instant(version.at), enrols };
        write_state(work.connection, IN_FORCE, &in_force)?;
        lane::forget_state(work.connection, PILOT)?;
        self.follow()
    }

    /// Lets a share of the leads, in percent, live under a version that is not in force, in the place of any other pilot.
    pub fn begin_pilot(&mut self, version: &Version, percent: f64) -> Result<(), Error> {
        let connection = self.connection();
        versions::insert(connection, version)?;
        write_state(connection, PILOT, &Pilot { version: version.number, at: Instant(version.at), percent })?;
        self.follow()
    }

    /// Ends the pilot: its leads live under the version in force again.
    pub fn end_pilot(&mut self) -> Result<(), Error> {
        lane::forget_state(self.connection(), PILOT)?;
        self.follow()
    }

    /// Puts the pilot's version in force for everybody. Returns its number; an error where there is no pilot.
    pub fn promote(&mut self, enrols: bool) -> Result<VersionNumber, Error> {
        let at = self.work.now;
        let connection = self.connection();
        let version = pilot(connection)?.ok_or_else(|| Error::new(Kind::Other, "there is no pilot"))?.version;
        write_state(connection, IN_FORCE, &InForce { version, at, enrols })?;
        lane::forget_state(connection, PILOT)?;
        self.follow()?;
        Ok(version)
    }

    /// Erases a person: its events, identities, moves, copies, everything; and lists the erased identities as hashes.
    pub fn erase(&mut self, lead: LeadId) -> Result<Amended, Error> {
        erase_person(self.work, lead)
    }

    /// Deletes a lead's opens, clicks and what they caused; `is_caused` says of a message's id whether a click caused the
    /// message. Returns how many events are gone, and `None` where there is no such lead.
    pub fn forget_measured(&mut self, lead: LeadId, is_caused: fn(&str) -> bool) -> Result<Option<usize>, Error> {
        forget::forget_measured(self.work, lead, is_caused)
    }

    /// Takes back an `alias`, by the id of its message: whom it made one are two again, for messages of all times. The
    /// message stays in the ledger, withdrawn, unless nothing else is known of its user.
    pub fn unmerge(&mut self, lead: LeadId, message_id: &str) -> Result<Amended, Error> {
        unmerge(self.work, lead, message_id)
    }

    /// Takes messages in, beside what else is done. Returns what became of each.
    pub fn take(&mut self, arrived: &[Arrived]) -> Result<Vec<Taken>, Error> {
        take_in(self.work, arrived, &Why::default())
    }

    /// The same, all or none: an error, with which the whole deed comes to nothing, where one of them is refused.
    pub fn take_all(&mut self, arrived: &[Arrived]) -> Result<Vec<Taken>, Error> {
        let taken = self.take(arrived)?;
        match taken.iter().find_map(|taken| if let Taken::Refused(why) = taken { Some(why) } else { None }) {
            Some(why) => Err(Error::new(Kind::Other, format!("a message of the server's own was refused: {why}"))),
            None => Ok(taken),
        }
    }

    /// A verdict on a stored event: whether a machine caused it. It is written into the message, with who gave it.
    pub fn judge(&mut self, lead: LeadId, message_id: &str, machine: bool, by: &str) -> Result<Amended, Error> {
        amend::judge(self.work, lead, message_id, machine, by)
    }

    /// Takes a message back, by its id: the lead is what it would have been without it. Moves that follow are logged with
    /// this reason.
    pub fn withdraw(&mut self, lead: LeadId, message_id: &str, reason: Option<MoveReason>) -> Result<Amended, Error> {
        amend::withdraw(self.work, lead, message_id, reason)
    }

    /// Lets a message count again that was taken back.
    pub fn reinstate(&mut self, lead: LeadId, message_id: &str, reason: Option<MoveReason>) -> Result<Amended, Error> {
        amend::reinstate(self.work, lead, message_id, reason)
    }

    /// Blocks addresses by hand or from another tool's list.
    pub fn suppress(&mut self, blocks: &[AddressBlock]) -> Result<(), Error> {
        let (mut writer, connection) = self.work.block_writer();
        writer.write(connection, blocks)
    }

    /// Takes copies for a sender. Returns those that it has now, in their order; of the others something has changed since
    /// it looked, or the same went to their address already.
    pub fn claim(&mut self, claiming: &[Claiming]) -> Result<Vec<(CopyKey, ClaimNumber)>, Error> {
        claim(self.work, claiming)
    }

    /// Notes what became of copies and lets their sequences go on. Returns for each report whether it counts: one about
    /// another claim, or about a copy that is over or gone, changes nothing.
    pub fn settle_copies(&mut self, reports: &[Report]) -> Result<Vec<bool>, Error> {
        settle_copies(self.work, reports)
    }

    /// Lets a copy wait again that is in doubt, because somebody decided so; its sequence stays where it is. Returns whether
    /// it waits: not if it is in another state, or if its lead is one with another now.
    pub fn send_again(&mut self, key: &CopyKey) -> Result<bool, Error> {
        send_again(self.work, key)
    }

    /// Lets all leads follow what is in force now.
    fn follow(&mut self) -> Result<(), Error> {
        let work = &mut *self.work;
        work.leads.versions.refresh(work.connection)?;
        let version = work.leads.versions.in_force.map_or(VersionNumber::NONE, |now| now.version);
        write_state(work.connection, SCAN, &Scan { version, bucket: -1, lead: LeadId::NOBODY, done: 0 })
    }
}
