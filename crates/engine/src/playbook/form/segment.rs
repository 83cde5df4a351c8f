//! Segments and subscriptions.

use super::leaf::{Declared, Length, OneOf, Text, id_of};
use super::record;
use super::words::EvaluateWords;
use crate::condition::any::AnyCondition;
use crate::playbook::{Segment, Subscription};

record! { OneSegment as "a segment" => Segment;
    declares Segment;
    keys {
        must "id" id: Declared<id_of::Segment>, "Identifies this segment in conditions.";
        may "name" name: Text, "The name shown to people; absent: the id.";
        must "enter" enter: AnyCondition, "A lead enters when this holds and `leave` does not.";
        may "leave" leave: AnyCondition, "A lead leaves when this holds; absent: when `enter` no longer does.";
        may "min_stay" min_stay: Length, "The shortest stay in the segment.";
        may "evaluate" evaluate: OneOf<EvaluateWords>, "When leads move; absent: live.";
    }
    build Segment { id, name, enter, leave, min_stay, evaluate: evaluate.unwrap_or_default() }
}

record! { OneSubscription as "a subscription" => Subscription;
    declares Subscription;
    keys {
        must "id" id: Declared<id_of::Subscription>, "Identifies this subscription in e-mails.";
        may "name" name: Text, "The name shown to people; absent: the id.";
    }
    build Subscription { id, name }
}
