//! Sequences: who is enrolled, and what ends it (contract §4.10).

tables! {
    a_lead_is_enrolled_when_enroll_becomes_true: "
        sequences: [{id: q, enroll: {event: X}, steps: [{send: welcome}, {wait: 5d}]}]
        when | what           | then
        d0   | ann: track Y   | nothing
        d1   | ann: track X   | → q enrolled, → q sends welcome
        d2   | ann: track X   | nothing
        d6   | ann: (time)    | → q finished
        -- at its first evaluation, if it is true there
        d7   | bob: track X   | → q enrolled, → q sends welcome
    ";

    time_enrols_too: "
        sequences: [{id: q, enroll: {inactive: 60d}, steps: [{send: offer}]}]
        when | what      | then
        d0   | page /    | next d60
        d60  | (time)    | → q enrolled, → q sends offer, → q finished
    ";

    one_is_enrolled_once_ever_where_nothing_is_said: "
        sequences: [{id: q, enroll: {event: X, within: 1d}, steps: []}]
        when | what      | then
        d0   | track X   | → q enrolled, → q finished
        d5   | track X   | nothing
        d9   | track X   | nothing
    ";

    again_always_enrols_each_time_it_becomes_true: "
        sequences: [{id: q, enroll: {event: X, within: 1d}, again: always, steps: []}]
        when     | what      | then
        d0       | track X   | → q enrolled, → q finished
        -- it stays true
        d0 12:00 | track X   | nothing
        d1 12:00 | track X   | → q enrolled, → q finished
    ";

    again_after_counts_from_the_beginning_of_the_last_enrollment: "
        sequences: [{id: q, enroll: {event: X, within: 1d}, again: {after: 7d}, while: always, steps: [{wait: 3d}]}]
        when            | what      | then
        d0              | track X   | → q enrolled
        d3              | (time)    | → q finished
        d6 23:59:59.999 | track X   | nothing
        d8              | track X   | → q enrolled
        d11             | (time)    | → q finished
        d15             | track X   | → q enrolled
    ";

    what_became_true_while_again_forbade_it_enrols_only_after_it_was_false: "
        sequences: [{id: q, enroll: {attribute: hot, eq: true}, again: {after: 7d}, steps: []}]
        when | what                 | then
        d0   | identify hot=true    | → q enrolled, → q finished
        d1   | identify hot=false   | nothing
        d2   | identify hot=true    | nothing
        d8   | track Y              | nothing
        d9   | identify hot=false   | nothing
        d10  | identify hot=true    | → q enrolled, → q finished
    ";

    what_became_true_while_one_was_in_it_enrols_only_after_it_was_false: "
        sequences: [{id: q, enroll: {event: X, within: 2d}, again: always, while: always, steps: [{wait: 5d}]}]
        when | what      | then
        d0   | track X   | → q enrolled
        d4   | track X   | nothing
        d5   | (time)    | → q finished
        d6   | (time)    | nothing
        d7   | track X   | → q enrolled
    ";

    while_enrolled_it_stops_when_enroll_ends: "
        sequences: [{id: q, enroll: {attribute: hot, eq: true}, steps: [{wait: 5d}, {send: offer}]}]
        when | what                 | then
        d0   | identify hot=true    | → q enrolled, next d5
        d2   | identify hot=false   | → q stopped, next none
    ";

    while_always_it_runs_to_its_end: "
        sequences: [{id: q, enroll: {attribute: hot, eq: true}, while: always, steps: [{wait: 5d}, {send: offer}]}]
        when | what                 | then
        d0   | identify hot=true    | → q enrolled
        d2   | identify hot=false   | nothing
        d5   | (time)               | → q sends offer, → q finished
    ";

    while_may_be_a_condition: "
        sequences: [{id: q, enroll: {event: X}, again: always, while: {event: Email Replied, count: {eq: 0}}, steps: [{wait: 5d}, {send: offer}]}]
        when | what                 | then
        d0   | track X              | → q enrolled
        d2   | Email Replied c1     | → q stopped
    ";

    where_while_does_not_hold_nobody_is_enrolled_until_enroll_was_false: "
        sequences: [{id: q, enroll: {attribute: hot, eq: true}, while: {attribute: paused, ne: true}, steps: []}]
        when | what                               | then
        d0   | identify hot=true paused=true      | nothing
        d1   | identify paused=false              | nothing
        d2   | identify hot=false                 | nothing
        d3   | identify hot=true                  | → q enrolled, → q finished
    ";

    a_goal_ends_it: "
        sequences: [{id: q, enroll: {event: X}, goal: {event: Demo Requested}, steps: [{wait: 5d}, {send: offer}]}]
        when | what                    | then
        d0   | track X                 | → q enrolled
        d2   | track Demo Requested    | → q goal, next none
    ";

    in_a_goal_only_events_after_the_one_that_enrolled_count: "
        sequences: [{id: q, enroll: {event: X}, goal: {any: [{event: Y, count: {gte: 2}}, {event: X}]}, steps: [{wait: 50d}]}]
        when | what         | then
        d0   | track Y      | nothing
        d0   | track X      | → q enrolled
        -- at the same instant, but taken later
        d0   | track Y      | nothing
        d1   | track Y      | → q goal
    ";

    a_second_of_the_kind_that_enrolled_is_a_goal: "
        sequences: [{id: q, enroll: {event: X}, goal: {event: X}, steps: [{wait: 50d}]}]
        when | what         | then
        d0   | track X      | → q enrolled
        d0   | track X      | → q goal
    ";

    where_time_enrolled_events_from_that_instant_on_count_for_the_goal: "
        sequences: [{id: q, enroll: {inactive: 2d, events: [X]}, goal: {event: X}, steps: [{wait: 50d}]}]
        when | what         | then
        d0   | track X      | next d2
        d2   | (time)       | → q enrolled
        d2   | track X      | → q goal, next none
    ";

    in_a_goal_inactive_counts_from_the_enrollment_or_from_events_after_it: "
        sequences: [{id: q, enroll: {attribute: hot, eq: true}, goal: {inactive: 5d}, steps: [{wait: 50d}]}]
        when | what                 | then
        d0   | page /               | nothing
        d3   | identify hot=true    | → q enrolled, next d8
        d6   | page /               | next d11
        d11  | (time)               | → q goal
    ";

    in_a_goal_a_rate_counts_copies_after_the_enrollment: "
        sequences: [{id: q, enroll: {event: X}, goal: {rate: opened, over: 30d, gte: 1}, steps: [{wait: 50d}]}]
        when | what                 | then
        d0   | delivered c1         | nothing
        d0   | opened c1            | nothing
        d1   | track X              | → q enrolled
        d2   | opened c1            | nothing
        d3   | delivered c2         | nothing
        d4   | opened c2            | → q goal
    ";

    an_evaluation_that_ends_an_enrollment_may_begin_the_next: "
        sequences: [{id: q, enroll: {event: X, within: 1d}, again: always, while: always, goal: {event: X}, steps: [{wait: 50d}]}]
        when     | what         | then
        d0       | track X      | → q enrolled
        d3       | track X      | → q goal, → q enrolled
        -- true since d3, so it begins no third
        d3 12:00 | track X      | → q goal
    ";

    other_conditions_of_a_goal_are_as_ever: "
        sequences: [{id: q, enroll: {event: X}, goal: {attribute: vip, eq: true}, again: always, steps: [{wait: 50d}]}]
        when | what                 | then
        d0   | track X              | → q enrolled
        d1   | identify vip=true    | → q goal
    ";

    who_has_reached_the_goal_already_is_not_enrolled_until_enroll_was_false: "
        sequences: [{id: q, enroll: {attribute: hot, eq: true}, goal: {attribute: vip, eq: true}, steps: [{wait: 50d}]}]
        when | what                          | then
        d0   | identify vip=true hot=true    | nothing
        d1   | identify vip=false            | nothing
        d2   | identify hot=false            | nothing
        d3   | identify hot=true             | → q enrolled
    ";

    the_goal_comes_before_while: "
        sequences: [{id: q, enroll: {attribute: hot, eq: true}, goal: {attribute: hot, eq: false}, steps: [{wait: 50d}]}]
        when | what                          | then
        d0   | identify hot=true             | → q enrolled
        d1   | identify hot=false            | → q goal
    ";

    while_comes_before_steps_that_are_due: "
        sequences: [{id: q, enroll: {event: X, within: 2d}, steps: [{wait: 2d}, {send: offer}]}]
        when | what         | then
        d0   | track X      | → q enrolled, next d2
        d2   | (time)       | → q stopped
    ";

    who_has_a_deal_open_or_won_is_not_enrolled_and_is_stopped: "
        sequences: [{id: q, enroll: {event: X, within: 1d}, again: always, while: always, steps: [{wait: 2d}]}]
        when | what              | then
        d0   | track X           | → q enrolled
        d1   | Deal Created d1   | → q stopped
        d2   | track X           | nothing
        d3   | Deal Won d1       | nothing
        d5   | track X           | nothing
    ";

    a_lost_deal_keeps_one_out_for_thirty_days: "
        sequences: [{id: q, enroll: {attribute: hot, eq: true}, steps: [{send: offer}]}]
        when | what                 | then
        d0   | Deal Created d1      | nothing
        d1   | identify hot=true    | nothing
        d2   | Deal Lost d1         | next d32
        d32  | (time)               | → q enrolled, → q sends offer, → q finished
    ";

    a_lost_deal_stops_too: "
        sequences: [{id: q, enroll: {event: X}, steps: [{wait: 90d}]}]
        when | what                 | then
        d0   | track X              | → q enrolled
        d1   | Deal Lost d1         | → q stopped
    ";

    with_buyers_deals_do_not_matter: "
        sequences: [{id: q, enroll: {event: X}, buyers: true, steps: [{wait: 9d}]}]
        when | what                 | then
        d0   | Deal Won d1          | nothing
        d1   | track X              | → q enrolled
        d2   | Deal Created d2      | nothing
        d3   | Deal Lost d2         | nothing
        d10  | (time)               | → q finished
    ";

    // By SHA-256 of `q/NAME`: dan 27.681, ann 78.270 percent.
    the_holdout_is_a_sample_seeded_with_the_sequences_id: "
        sequences: [{id: q, enroll: {event: X}, holdout: 28, steps: [{send: offer}]}]
        when | what              | then
        d0   | dan: track X      | → q held_out
        d0   | ann: track X      | → q enrolled, → q sends offer, → q finished
    ";

    a_held_out_enrollment_is_over_at_once_and_counts_for_again: "
        sequences: [{id: q, enroll: {event: X, within: 1d}, holdout: 100, again: {after: 5d}, steps: [{wait: 9d}]}]
        when | what         | then
        d0   | track X      | → q held_out, next none
        d3   | track X      | nothing
        d5   | track X      | → q held_out
    ";

    sequences_go_as_declared: "
        segments: [{id: g, enter: {event: X}}]
        sequences: [{id: z, enroll: {segment: g}, steps: [{send: welcome}]}, {id: a, enroll: {event: X}, steps: [{send: offer}]}]
        when | what         | then
        d0   | track X      | → g entered, → z enrolled, → z sends welcome, → z finished, → a enrolled, → a sends offer, → a finished
    ";

    entered_by_hand_whatever_enroll_again_holdout_and_deals_say: "
        sequences: [{id: q, enroll: {event: X}, holdout: 100, steps: [{send: offer}]}]
        when | what                        | then
        d0   | Deal Won d1                 | nothing
        d1   | Sequence Entered q by=kim   | → q enrolled, → q sends offer, → q finished
        d2   | Sequence Entered q          | → q enrolled, → q sends offer, → q finished
    ";

    entered_by_hand_one_stays_as_with_while_always: "
        sequences: [{id: q, enroll: {event: X}, steps: [{wait: 5d}, {send: offer}]}]
        when | what                        | then
        d0   | Sequence Entered q          | → q enrolled
        d1   | Deal Created d1             | nothing
        d2   | track Y                     | nothing
        d5   | (time)                      | → q sends offer, → q finished
    ";

    entered_by_hand_a_while_that_is_a_condition_still_counts: "
        sequences: [{id: q, enroll: {event: X}, while: {attribute: paused, exists: false}, steps: [{wait: 5d}]}]
        when | what                        | then
        d0   | Sequence Entered q          | → q enrolled
        d1   | Deal Created d1             | nothing
        d2   | identify paused=true        | → q stopped
    ";

    who_is_in_it_is_not_entered_again_by_hand: "
        sequences: [{id: q, enroll: {event: X}, steps: [{wait: 5d}]}]
        when | what                        | then
        d0   | track X                     | → q enrolled
        d1   | Sequence Entered q          | nothing
        d5   | (time)                      | → q finished
    ";

    entered_by_hand_counts_for_again: "
        sequences: [{id: q, enroll: {event: X, within: 1d}, again: {after: 7d}, steps: []}]
        when | what                        | then
        d0   | Sequence Entered q          | → q enrolled, → q finished
        d2   | track X                     | nothing
        d7   | track X                     | → q enrolled, → q finished
    ";

    an_evaluation_that_enrols_by_hand_enrols_no_second_time_by_rule: "
        sequences: [{id: q, enroll: {event: Sequence Entered, within: 1d}, again: always, steps: []}]
        when | what                        | then
        d0   | Sequence Entered q          | → q enrolled, → q finished
        d0   | track Y                     | nothing
    ";

    stopped_by_hand: "
        sequences: [{id: q, enroll: {event: X}, while: always, steps: [{wait: 5d}, {send: offer}]}]
        when | what                        | then
        d0   | Sequence Stopped q          | nothing
        d1   | track X                     | → q enrolled
        d2   | Sequence Stopped p          | nothing
        d3   | Sequence Stopped q by=kim   | → q stopped, next none
        d4   | track X                     | nothing
    ";

    a_goal_at_the_same_evaluation_comes_before_a_stop_by_hand: "
        sequences: [{id: q, enroll: {event: X}, goal: {event: Sequence Stopped}, steps: [{wait: 5d}]}]
        when | what                        | then
        d0   | track X                     | → q enrolled
        d1   | Sequence Stopped q          | → q goal
    ";

    a_sequence_that_nobody_declared_changes_nothing: "
        sequences: [{id: q, enroll: {event: X}, steps: []}]
        when | what                        | then
        d0   | Sequence Entered p          | nothing
        d1   | Sequence Entered            | nothing
    ";
}
