//! Ladders (contract §4.5).

tables! {
    // Under 8, to nine decimals, 194,702,111.84 ms after the second view.
    a_lead_rises_with_its_score_and_falls_with_its_decay: "
        scores: [{id: s, rules: [{id: visit, event: Page Viewed, points: 5, decay: {half_life: 7d}}]}]
        ladders: [{id: heat, score: s, stages: [{id: cold}, {id: hot, from: 8}]}]
        when            | what            | then
        d0              | page /pricing   | s=5, → heat cold
        d0              | page /pricing   | s=10, → heat cold>hot
        d2 06:05:02.112 | (time)          | → heat hot>cold
    ";

    a_lead_starts_at_its_first_event_with_one_move: "
        ladders: [{id: l, stages: [{id: a}, {id: b, enter: {event: X}}, {id: c, enter: {event: Y}}]}]
        when | what                | then
        d0   | ann: identify n=1   | → l a
        d0   | bob: track X        | → l b
        d0   | cat: track Y        | → l c
    ";

    a_lead_rises_to_the_highest_stage_it_may_enter: "
        scores: [{id: s, rules: [{id: x, event: X, points: 10}]}]
        ladders: [{id: l, score: s, stages: [{id: a}, {id: b, from: 10}, {id: c, from: 20}, {id: d, enter: {event: Z}}]}]
        when | what      | then
        d0   | track Y   | → l a
        d1   | track X   | → l a>b
        d2   | track Z   | → l b>d
        d3   | track X   | l=d
    ";

    from_is_reached_at_exactly_its_value: "
        scores: [{id: s, rules: [{id: x, event: X, points: 30.999999999}, {id: y, event: Y, points: 0.000000001}]}]
        ladders: [{id: l, score: s, stages: [{id: a}, {id: b, from: 31}]}]
        when | what      | then
        d0   | track X   | → l a
        d0   | track Y   | → l a>b
    ";

    without_leave_a_stage_is_left_when_its_enter_no_longer_holds: "
        ladders: [{id: l, stages: [{id: a}, {id: b, enter: {event: X, within: 2d}}]}]
        when | what      | then
        d0   | track X   | → l b
        d1   | track X   | next d3
        d3   | (time)    | → l b>a
    ";

    with_hold_a_stage_is_left_so_many_points_under_its_from: "
        scores: [{id: s, rules: [{id: a, event: A, points: 31}, {id: b, event: B, points: -5}, {id: c, event: C, points: -1}]}]
        ladders: [{id: l, score: s, hold: 5, stages: [{id: cold}, {id: warm, from: 31}]}]
        when | what      | then
        d0   | track A   | → l warm
        d1   | track B   | s=26, l=warm
        d2   | track C   | s=25, → l warm>cold
        d3   | track B   | s=20
        d4   | track A   | s=51, → l cold>warm
    ";

    a_stage_is_not_left_downwards_before_min_stay: "
        scores: [{id: s, rules: [{id: a, event: A, points: 10}, {id: b, event: B, points: -10}]}]
        ladders: [{id: l, score: s, min_stay: 3d, stages: [{id: cold}, {id: warm, from: 10}, {id: hot, from: 20}]}]
        when     | what      | then
        d0       | track A   | → l warm
        d1       | track B   | next d3
        d2       | track A   | next none
        d3       | (time)    | l=warm
        -- upwards nothing waits, and the stay begins anew
        d4       | track A   | → l warm>hot
        d5       | track B   | next d7
        d7       | (time)    | → l hot>warm
    ";

    one_goes_down_several_stages_at_once_and_min_stay_is_asked_of_the_first_alone: "
        scores: [{id: s, rules: [{id: a, event: A, points: 70}, {id: b, event: B, points: -70}]}]
        ladders: [{id: l, score: s, min_stay: 3d, stages: [{id: cold}, {id: warm, from: 31}, {id: hot, from: 61}]}]
        when | what      | then
        d0   | track A   | → l hot
        d1   | track B   | l=hot
        d3   | (time)    | → l hot>cold
    ";

    one_goes_down_only_as_far_as_stages_are_left: "
        ladders: [{id: l, stages: [{id: a}, {id: b, enter: {attribute: b, eq: 1}}, {id: c, enter: {attribute: c, eq: 1}}, {id: d, enter: {attribute: d, eq: 1}}]}]
        when | what                       | then
        d0   | identify b=1 c=1 d=1       | → l d
        d1   | identify c=0 d=0           | → l d>b
        d2   | identify b=0               | → l b>a
    ";

    a_leave_of_its_own_decides_alone: "
        ladders: [{id: l, stages: [{id: a}, {id: b, enter: {event: X, within: 2d}, leave: {inactive: 5d}}]}]
        when | what                 | then
        d0   | track X              | → l b
        d2   | (time)               | l=b
        d5   | (time)               | → l b>a
    ";

    a_stage_whose_own_leave_holds_is_not_entered: "
        ladders: [{id: l, stages: [{id: a}, {id: b, enter: {event: X}}, {id: c, enter: {event: X}, leave: {attribute: off, eq: true}}]}]
        when | what                 | then
        d0   | identify off=true    | → l a
        d1   | track X              | → l a>b
        d2   | identify off=false   | → l b>c
        d3   | identify off=true    | → l c>b
    ";

    a_way_down_asks_each_stage_for_its_own_leave: "
        ladders: [{id: l, stages: [{id: a}, {id: b, enter: {event: X, within: 2d}}, {id: c, enter: {event: X, within: 2d}, leave: {attribute: off, eq: true}}]}]
        when | what                 | then
        d0   | track X              | → l c
        d2   | (time)               | l=c
        d3   | identify off=true    | → l c>a
    ";

    a_ladder_may_refer_to_interests_and_to_ladders_before_it: "
        topics: [{id: shirts}]
        interests: {weights: {X: 1}, half_life: 1000w}
        ladders:
          - {id: one, stages: [{id: a}, {id: b, enter: {interest: shirts, gte: 2}}]}
          - {id: two, stages: [{id: c}, {id: d, enter: {stage: one, is: b}}]}
        when | what                   | then
        d0   | track X topic=shirts   | → one a, → two c
        d0   | track X topic=shirts   | → one a>b, → two c>d
    ";

    a_ladder_may_not_refer_to_one_after_it: "
        ladders:
          - {id: one, stages: [{id: a}, {id: b, enter: {stage: two, is: d}}]}
          - {id: two, stages: [{id: c}, {id: d, enter: {event: X}}]}
        refused two
    ";

    a_ladder_may_not_refer_to_segments: "
        segments: [{id: g, enter: {event: X}}]
        ladders: [{id: one, stages: [{id: a}, {id: b, enter: {segment: g}}]}]
        refused segment
    ";

    the_lowest_stage_has_no_conditions: "
        ladders: [{id: l, stages: [{id: a, enter: {event: X}}, {id: b, enter: {event: Y}}]}]
        refused lowest
    ";

    the_lowest_stage_has_no_from: "
        scores: [{id: s, rules: []}]
        ladders: [{id: l, score: s, stages: [{id: a, from: 0}, {id: b, from: 5}]}]
        refused lowest
    ";

    a_stage_set_by_hand_stays_until_it_is_released: "
        ladders: [{id: l, stages: [{id: a}, {id: b, enter: {event: X}}, {id: c, enter: {event: Z}}]}]
        when | what                     | then
        d0   | track Y                  | → l a
        d1   | Stage Set l c by=kim     | → l a>c
        d2   | track X                  | l=c
        d3   | Stage Set l a            | → l c>a
        d4   | track Z                  | l=a
        d5   | Stage Released l         | → l a>c
    ";

    a_stage_set_by_hand_at_the_first_event_is_one_move: "
        ladders: [{id: l, stages: [{id: a}, {id: b, enter: {event: X}}]}]
        when | what             | then
        d0   | Stage Set l b    | → l b
        d1   | Stage Released l | → l b>a
    ";

    min_stay_counts_from_when_one_got_there: "
        ladders: [{id: l, min_stay: 3d, stages: [{id: a}, {id: b, enter: {event: X, within: 1d}}, {id: c, enter: {event: Z}}]}]
        when     | what                 | then
        d0       | track X              | → l b
        -- there already
        d2       | Stage Set l b        | nothing
        d2 12:00 | Stage Released l     | next d3
        d3       | (time)               | → l b>a
        d4       | Stage Set l c        | → l a>c
        d5       | Stage Released l     | next d7
        d7       | (time)               | → l c>a
    ";

    ids_that_nobody_declared_change_nothing_by_hand: "
        ladders: [{id: l, stages: [{id: a}, {id: b, enter: {event: X}}]}]
        when | what                  | then
        d0   | Stage Set l c         | → l a
        d1   | Stage Set m b         | l=a
        d2   | Stage Set l           | l=a
        d3   | Stage Set l b         | → l a>b
        d4   | Stage Set l c         | l=b
        d5   | Stage Released m      | l=b
        d6   | Stage Released l      | → l b>a
    ";

    a_fall_and_a_rise_at_one_instant_are_two_moves_where_an_event_lies_between: "
        ladders: [{id: l, stages: [{id: a}, {id: b, enter: {event: X, within: 2d}}]}]
        when | what      | then
        d0   | track X   | → l b
        -- time first, then the event
        d2   | (time)    | → l b>a
        d2   | track X   | → l a>b
    ";
}
