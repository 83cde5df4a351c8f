//! Scores: their rules, limits and decay.

use super::condition::AnyCondition;
use super::free::EventKind;
use super::group::{Between, List};
use super::leaf::{AboveZero, Any, Count, Declared, Flag, Length, Number, Text, id_of};
use super::operators::Where;
use super::{choice, record};
use crate::playbook::{Decay, Gives, Limit, Rule, Score};

const ID: &str = "What the ledger calls this rule; unique in its score.";
const NAME: &str = "The name that people see; absent: the id.";
const CAP: &str = "The rule's sum never goes beyond this, upwards or downwards.";

record! { OneScore as "a score" => Score;
    declares Score;
    keys {
        must "id" id: Declared<id_of::Score>, "What conditions and ladders call this score.";
        may "name" name: Text, "The name that people see; absent: the id.";
        may "range" range: Between<Number<Any>, false>, "Lowest and highest value; absent: unbounded.";
        must "rules" rules: List<OneRule>, "What gives points; the score is their sum.";
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
        must "points" points: Number<Any>, "Points for each event; negative ones are taken away.";
        may "limit" limit: OneLimit, "How often events count within a while.";
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
        must "points" points: Number<Any>, "Points while the condition holds; negative ones are taken away.";
        may "cap" cap: Number<AboveZero>, CAP;
    }
    build Rule { id, name, gives: Gives::If(condition), points, cap }
}

record! { InactiveRule as "a rule with `inactive`" => Rule;
    declares Rule;
    keys {
        must "id" id: Declared<id_of::Rule>, ID;
        may "name" name: Text, NAME;
        must "inactive" inactive: Length, "Gives the points once the lead has been idle for so long.";
        may "repeats" repeats: Flag, "true: the points once for each full period; absent: once.";
        must "points" points: Number<Any>, "Points for being idle, usually negative.";
        may "cap" cap: Number<AboveZero>, CAP;
    }
    build Rule { id, name, gives: Gives::Inactive { inactive, repeats: repeats.unwrap_or_default() }, points, cap }
}

record! { OneLimit as "a limit" => Limit;
    keys {
        must "times" times: Count, "At most so many events count …";
        must "within" within: Length, "… within so long.";
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
        must "half_life" half_life: Length, "After so long half of the points are left.";
    }
    build Decay::HalfLife(half_life)
}

record! { Expires as "a decay that expires" => Decay;
    keys {
        must "expires" expires: Length, "After so long nothing of the points is left.";
    }
    build Decay::Expires(expires)
}

record! { Loses as "a decay in steps" => Decay;
    keys {
        must "loses" loses: Number<AboveZero>, "So many points are lost …";
        must "every" every: Length, "… every so long.";
    }
    build Decay::Loses { loses, every }
}
