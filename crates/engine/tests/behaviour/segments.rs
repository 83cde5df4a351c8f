//! Segments (contract §4.6).

tables! {
    in_when_enter_holds_and_out_when_it_no_longer_does: "
        segments: [{id: g, enter: {event: X, within: 2d}}]
        when | what      | then
        d0   | track Y   | out g
        d1   | track X   | → g entered, next d3
        d2   | track X   | in g, next d4
        d4   | (time)    | → g left
        d5   | track X   | → g entered
    ";

    a_leave_of_its_own_decides_alone_when_one_is_out: "
        segments: [{id: g, enter: {event: X, within: 2d}, leave: {inactive: 5d}}]
        when | what      | then
        d0   | page /    | nothing
        d0   | track X   | → g entered
        d2   | (time)    | in g
        d5   | (time)    | → g left
    ";

    who_left_by_leave_is_in_again_when_it_ends_and_enter_holds: "
        segments: [{id: g, enter: {event: X}, leave: {inactive: 5d}}]
        when | what      | then
        d0   | track X   | → g entered
        d5   | (time)    | → g left
        d6   | page /    | → g entered
        d11  | (time)    | → g left
    ";

    while_leave_holds_nobody_enters: "
        segments: [{id: g, enter: {event: X}, leave: {attribute: off, eq: true}}]
        when | what                 | then
        d0   | identify off=true    | nothing
        d1   | track X              | out g
        d2   | identify off=false   | → g entered
        d3   | identify off=true    | → g left
    ";

    nobody_is_out_before_min_stay: "
        segments: [{id: g, enter: {attribute: a, eq: 1}, min_stay: 7d}]
        when | what           | then
        d0   | identify a=1   | → g entered
        d1   | identify a=0   | next d7
        d2   | identify a=1   | next none
        d6   | identify a=0   | next d7
        d7   | (time)         | → g left
        d8   | identify a=1   | → g entered
        d20  | identify a=0   | → g left
    ";

    a_segment_may_refer_to_ladders_scores_and_segments_before_it: "
        scores: [{id: s, rules: [{id: x, event: X, points: 10}]}]
        ladders: [{id: l, score: s, stages: [{id: a}, {id: b, from: 10}]}]
        segments:
          - {id: one, enter: {stage: l, is: b}}
          - {id: two, enter: {all: [{segment: one}, {score: s, gte: 20}]}}
          - {id: three, enter: {any: [{segment: two}, {not: {segment: one}}]}}
        when | what      | then
        d0   | track Y   | → l a, → three entered
        d1   | track X   | → l a>b, → one entered, → three left
        d2   | track X   | → two entered, → three entered
    ";

    a_segment_may_not_refer_to_one_after_it: "
        segments: [{id: one, enter: {segment: two}}, {id: two, enter: {event: X}}]
        refused two
    ";

    a_segment_may_not_refer_to_itself: "
        segments: [{id: one, enter: {event: X}, leave: {not: {segment: one}}}]
        refused itself
    ";

    a_reference_to_nothing_is_an_error: "
        segments: [{id: one, enter: {stage: lifecycle, is: hot}}]
        refused lifecycle
    ";

    pinned_one_is_in_at_once_until_released: "
        segments: [{id: g, enter: {event: X, within: 1d}, min_stay: 30d}]
        when | what                      | then
        d0   | track Y                   | out g
        d1   | Segment Pinned g by=kim   | → g entered
        d2   | track X                   | in g
        d5   | (time)                    | in g, next none
        d31  | Segment Released g        | → g left
    ";

    banned_one_is_out_at_once_whatever_min_stay_until_released: "
        segments: [{id: g, enter: {event: X}, min_stay: 30d}]
        when | what                      | then
        d0   | track X                   | → g entered
        d1   | Segment Banned g          | → g left
        d2   | track X                   | out g
        d3   | Segment Released g        | → g entered
    ";

    of_pins_bans_and_releases_the_last_counts: "
        segments: [{id: g, enter: {event: X}}]
        when | what                      | then
        d0   | track X                   | → g entered
        d1   | Segment Banned g          | → g left
        d2   | Segment Pinned g          | → g entered
        d3   | Segment Pinned g          | nothing
        d4   | Segment Banned g          | → g left
        d5   | Segment Released g        | → g entered
        d6   | Segment Released g        | nothing
    ";

    released_one_stays_as_long_as_min_stay_asks: "
        segments: [{id: g, enter: {event: X}, min_stay: 7d}]
        when | what                      | then
        d0   | Segment Pinned g          | → g entered
        d1   | Segment Released g        | next d7
        d7   | (time)                    | → g left
    ";

    pinned_while_in_one_stays_in_though_the_rules_say_otherwise: "
        segments: [{id: g, enter: {event: X, within: 2d}}]
        when | what                      | then
        d0   | track X                   | → g entered
        d1   | Segment Pinned g          | next none
        d3   | Segment Released g        | → g left
    ";

    what_rests_on_a_segment_follows_a_hand: "
        segments: [{id: g, enter: {event: X}}, {id: h, enter: {segment: g}}]
        when | what                      | then
        d0   | Segment Pinned g          | → g entered, → h entered
        d1   | Segment Banned h          | → h left
        d2   | Segment Banned g          | → g left
    ";

    a_segment_that_nobody_declared_changes_nothing: "
        segments: [{id: g, enter: {event: X}}]
        when | what                      | then
        d0   | Segment Pinned h          | out g
        d1   | Segment Pinned            | out g
        d2   | Segment Pinned G          | out g
    ";

    a_hand_is_an_event_like_any_other_in_its_place: "
        scores: [{id: s, rules: [{id: pin, event: Segment Pinned, where: {segment: g}, points: 5}]}]
        segments: [{id: g, enter: {event: X}}, {id: five, enter: {score: s, gte: 5}}]
        when | what                      | then
        d0   | Segment Pinned g          | s=5, → g entered, → five entered
        d0   | machine Segment Pinned g  | s=5
        d0   | Segment Banned g          | → g left
    ";
}
