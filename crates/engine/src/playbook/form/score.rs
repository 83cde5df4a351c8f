//! Scores: their rules, limits and decay.

use super::free::EventKind;
use super::group::{Between, List};
use super::leaf::{AboveZero, Any, Count, Declared, Flag, Length, Number, Text, id_of};
use super::operators::Where;
use super::{choice, record};
use crate::condition::any::AnyCondition;
use crate::playbook::{Decay, Gives, Limit, Rule, Score};

const ID: &str = "Identifies this rule in explanations; unique in its score.";
const NAME: &str = "The name shown to people; absent: the id.";
const CAP: &str = "The rule's sum never goes beyond this, upwards or downwards.";

record! { OneScore as "a score" => Score;
    declares Score;
    keys {
        must "id" id: Declared<id_of::Score>, "Identifies this score in conditions and ladders.";
        may "name" name: Text, "The name shown to people; absent: the id.";
        may "range" range: Between<Number<Any>, false>, "Lowest and highest value; absent: unbounded.";
        must "rules" rules: List<OneRule>, "The rules that give points; the score is their sum.";
    }
    build Score { id, name, range, rules }
}

choice! { OneRule as "a rule" => Rule;
    "event" EventRule,
    "if" IfRule,
    "inactive" InactiveRule
}

record! { EventRule as "a rule for events" => Rule;
    declares Rule;
    keys {
        must "id" id: Declared<id_of::Rule>, ID;
        may "name" name: Text, NAME;
        must "event" event: EventKind, "Each event of this kind gives the points.";
        may "where" filter: Where, "Only events with these properties: a value, or operators.";
        must "points" points: Number<Any>, "Points for each event; negative points are subtracted.";
        may "limit" limit: OneLimit, "How many events count within a period.";
        may "cap" cap: Number<AboveZero>, CAP;
        may "decay" decay: OneDecay, "How the points of an event fade; absent: they stay.";
    }
    build Rule { id, name, gives: Gives::Event { event, filter: filter.unwrap_or_default(), limit, decay }, points, cap }
}

record! { IfRule as "a rule with `if`" => Rule;
    declares Rule;
    keys {
        must "id" id: Declared<id_of::Rule>, ID;
        may "name" name: Text, NAME;
        must "if" condition: AnyCondition, "Gives the points while this holds; it may not use scores, stages or segments.";
        must "points" points: Number<Any>, "Points while the condition holds; negative points are subtracted.";
        may "cap" cap: Number<AboveZero>, CAP;
    }
    build Rule { id, name, gives: Gives::If(condition), points, cap }
}

record! { InactiveRule as "a rule with `inactive`" => Rule;
    declares Rule;
    keys {
        must "id" id: Declared<id_of::Rule>, ID;
        may "name" name: Text, NAME;
        must "inactive" inactive: Length, "Gives the points once the lead has been inactive for this time.";
        may "repeats" repeats: Flag, "true: the points once for each full period; absent: once.";
        must "points" points: Number<Any>, "Points for inactivity, usually negative.";
        may "cap" cap: Number<AboveZero>, CAP;
    }
    build Rule { id, name, gives: Gives::Inactive { inactive, repeats: repeats.unwrap_or_default() }, points, cap }
}

record! { OneLimit as "a limit" => Limit;
    keys {
        must "times" times: Count, "At most this number of events counts …";
        must "within" within: Length, "… within this time.";
    }
    build Limit { times, within }
}

choice! { OneDecay as "a decay" => Decay;
    "half_life" HalfLife,
    "expires" Expires,
    "loses" Loses
}

record! { HalfLife as "a decay by half-life" => Decay;
    keys {
        must "half_life" half_life: Length, "The time after which half of the points are left.";
    }
    build Decay::HalfLife(half_life)
}

record! { Expires as "a decay that expires" => Decay;
    keys {
        must "expires" expires: Length, "Points expire after this time.";
    }
    build Decay::Expires(expires)
}

record! { Loses as "a decay in steps" => Decay;
    keys {
        must "loses" loses: Number<AboveZero>, "This number of points is lost …";
        must "every" every: Length, "… at this interval.";
    }
    build Decay::Loses { loses, every }
}
