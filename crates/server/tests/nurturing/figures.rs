//! What happened in histories.

use std::fmt;

#[derive(Default)]
pub struct Figures {
    pub mails: u64,
    pub kills: u64,
    pub clicks: u64,
    pub events: u64,
    pub holds: u64,
    pub promised: u64,
    pub skipped: u64,
    pub doubtful: u64,
    pub broadcasts: u64,
    /// Those of them that follow from others.
    pub following: u64,
    pub corrected: u64,
    pub adapted: u64,
    /// Drafts of sequences in review.
    pub released: u64,
    pub rejected: u64,
    /// Enrollments that a reply ended.
    pub replied: u64,
    /// Holds of copies to people who were away, which ended when they were back.
    pub came_back: u64,
    /// What sequences did that a replay says too.
    pub replayed: u64,
}

impl Figures {
    pub fn add(&mut self, other: &Figures) {
        self.mails += other.mails;
        self.kills += other.kills;
        self.clicks += other.clicks;
        self.events += other.events;
        self.holds += other.holds;
        self.promised += other.promised;
        self.skipped += other.skipped;
        self.doubtful += other.doubtful;
        self.broadcasts += other.broadcasts;
        self.following += other.following;
        self.corrected += other.corrected;
        self.adapted += other.adapted;
        self.released += other.released;
        self.rejected += other.rejected;
        self.replied += other.replied;
        self.came_back += other.came_back;
        self.replayed += other.replayed;
    }

    /// Whether enough happened to say anything.
    pub fn is_rich(&self) -> bool {
        let ways = [self.mails, self.kills, self.clicks, self.holds, self.promised, self.skipped, self.doubtful];
        let of_marketers =
            [self.broadcasts, self.following, self.corrected, self.adapted, self.released, self.rejected];
        let of_answers = [self.replied, self.came_back];
        ways.iter().chain(&of_marketers).chain(&of_answers).chain([&self.replayed]).all(|n| *n > 0)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { mails, kills, clicks, events, holds, promised, skipped, doubtful, .. } = self;
        let Figures { broadcasts, following, corrected, adapted, replied, came_back, replayed, .. } = self;
        let Figures { released, rejected, .. } = self;
        write!(
            out,
            "{mails} mails, {events} events, {clicks} clicks, {corrected} verdicts corrected, {broadcasts} broadcasts of which \
             {following} follow from others, {adapted} changes of pace, {released} drafts released, {rejected} \
             rejected, {kills} kills, {doubtful} copies in doubt, {skipped} skipped, {holds} holds that ended in time \
             ({came_back} of people who were away), {replied} enrollments ended by a reply, {promised} promises kept, \
             {replayed} acts of sequences replayed"
        )
    }
}
