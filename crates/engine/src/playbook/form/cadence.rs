//! How often a stage may be written to.

use super::group::{Between, MapOf};
use super::leaf::{AboveOne, Count, Length, Number, Refers, Share, id_of};
use super::record;
use crate::playbook::marked::Node;
use crate::playbook::reader::{Fields, Note, Reader};
use crate::playbook::{Adapt, Cadence};

record! { TheCadence as "`cadence`" => Cadence;
    declares Cadence;
    check note_stages;
    keys {
        must "ladder" ladder: Refers<id_of::Ladder>, "Id of the ladder whose stages set the interval.";
        must "every" every: MapOf<Length>, "For each stage, the shortest time between marketing copies.";
        may "answer" answer: Length, "The shortest time before a copy of class `answer`.";
        may "adapt" adapt: OneAdapt, "How the interval follows the share of opened copies.";
    }
    build Cadence { ladder, every, answer, adapt }
}

fn note_stages(fields: &Fields<'_>, reader: &mut Reader) {
    let Some(ladder) = fields.get("ladder").and_then(Node::text) else { return };
    for (key, _) in fields.get("every").map_or(&[][..], Node::entries) {
        let (ladder, id, place) = (Some(ladder.to_string()), key.text.clone(), key.place);
        reader.notes.push(Note::RefersToStage { ladder, id, place });
    }
}

record! { OneAdapt as "`adapt`" => Adapt;
    check check_shares;
    keys {
        must "slow_below" slow_below: Number<Share>, "The interval grows when a smaller share than this is opened.";
        must "quicken_above" quicken_above: Number<Share>, "The interval shrinks when a larger share than this is opened.";
        must "over" over: Length, "Counts copies within this period.";
        must "min_sent" min_sent: Count, "With fewer copies than this, the interval does not change.";
        must "factor" factor: Number<AboveOne>, "The factor by which the interval grows or shrinks.";
        must "between" between: Between<Length, true>, "The shortest and the longest interval.";
    }
    build Adapt { slow_below, quicken_above, over, min_sent, factor, between }
}

fn check_shares(fields: &Fields<'_>, reader: &mut Reader) {
    let share = |key| fields.get(key).and_then(Node::number).filter(|share| (0.0..=1.0).contains(share));
    if let (Some(low), Some(high)) = (share("slow_below"), share("quicken_above"))
        && low > high
    {
        let message = "`slow_below` is above `quicken_above`, so that one share asks for both; make it the smaller";
        reader.meaning(fields.place("slow_below"), message);
    }
}
