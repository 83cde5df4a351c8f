//! Order, windows, and what time alone changes (contract §4.1, §4.2, §4.8).

tables! {
    an_event_drops_out_of_its_window_at_exactly_its_length: "
        segments: [{id: g, enter: {event: X, within: 30d}}]
        when             | what      | then
        d0               | track X   | → g entered, next d30
        d29 23:59:59.999 | (time)    | in g
        d30              | (time)    | → g left, next none
    ";

    each_event_of_a_count_drops_out_by_itself: "
        segments: [{id: three, enter: {event: X, within: 3d, count: {gte: 3}}}, {id: two, enter: {event: X, within: 3d, count: {gte: 2}}}]
        when     | what      | then
        d0       | track X   | nothing
        d1       | track X   | → two entered
        d1 12:00 | track X   | → three entered, next d3
        d3       | (time)    | → three left, next d4
        d4       | (time)    | → two left, next none
    ";

    a_count_of_none_begins_when_the_last_drops_out: "
        segments: [{id: silent, enter: {event: X, within: 2d, count: {eq: 0}}}]
        when     | what      | then
        d0       | track Y   | → silent entered
        d1       | track X   | → silent left
        d3       | (time)    | → silent entered
    ";

    at_one_instant_time_comes_before_events: "
        segments: [{id: g, enter: {event: X, within: 1d}}]
        when     | what      | then
        d0       | track X   | → g entered
        d1       | (time)    | → g left
        d1       | track X   | → g entered
    ";

    changes_by_time_are_dated_at_their_instant_however_late_one_looks: "
        segments: [{id: g, enter: {event: X, within: 1d}}, {id: quiet, enter: {inactive: 2d, events: [X]}}]
        when     | what      | then
        d0       | track X   | → g entered
        d1       | (time)    | → g left
        d2       | (time)    | → quiet entered
        d300     | track Y   | nothing
    ";

    events_of_one_instant_are_evaluated_one_by_one: "
        segments: [{id: odd, enter: {attribute: n, in: [1, 3]}}]
        when     | what           | then
        d0       | identify n=1   | → odd entered
        d0       | identify n=2   | → odd left
        d0       | identify n=3   | → odd entered
    ";

    an_evaluation_goes_through_interests_ladders_segments_and_sequences: "
        topics: [{id: shirts}]
        interests: {weights: {X: 1}, half_life: 1000w}
        sequences: [{id: q, enroll: {segment: g}, steps: [{send: welcome}]}]
        segments: [{id: g, enter: {stage: l, is: b}}]
        ladders: [{id: l, stages: [{id: a}, {id: b, enter: {interest: shirts, primary: true}}]}]
        when     | what                   | then
        d0       | track X topic=shirts   | → l b, → g entered, → q enrolled, → q sends welcome, → q finished
    ";

    ladders_and_segments_go_as_declared: "
        ladders: [{id: z, stages: [{id: a}, {id: b, enter: {event: X}}]}, {id: a, stages: [{id: a}, {id: b, enter: {event: X}}]}]
        segments: [{id: y, enter: {event: X}}, {id: b, enter: {event: X}}]
        when     | what      | then
        d0       | track X   | → z b, → a b, → y entered, → b entered
    ";

    what_time_changes_at_one_instant_goes_in_the_same_order: "
        ladders: [{id: l, stages: [{id: a}, {id: b, enter: {event: X, within: 1d}}]}]
        segments: [{id: f, enter: {not: {event: X, within: 1d}}}, {id: g, enter: {stage: l, is: a}}]
        when     | what      | then
        d0       | track X   | → l b
        d1       | (time)    | → l b>a, → f entered, → g entered
    ";

    idle_is_reached_at_exactly_its_length: "
        segments: [{id: quiet, enter: {inactive: 30d}}]
        when             | what      | then
        d0 10:00         | page /    | next d30 10:00
        d30 09:59:59.999 | (time)    | out quiet
        d30 10:00        | (time)    | → quiet entered
    ";

    an_event_that_comes_late_counts_at_its_instant: "
        segments: [{id: two, enter: {event: X, within: 2d, count: {gte: 2}}}]
        when     | what      | then
        -- with the second line there are two at d3, until d4
        d3       | track X   | → two entered
        d2       | track X   | nothing
        d4       | (time)    | → two left
    ";

    what_was_late_is_as_if_known_from_the_start: "
        segments: [{id: g, enter: {event: X, within: 2d}}]
        when     | what      | then
        d0       | track X   | → g entered
        d2       | (time)    | nothing
        d3       | track Y   | nothing
        d1       | track X   | nothing
        d3       | (time)    | → g left
    ";

    next_change_is_the_first_of_all: "
        scores: [{id: s, rules: [{id: x, event: X, points: 10, decay: {expires: 9d}}]}]
        ladders: [{id: l, score: s, min_stay: 10d, stages: [{id: a}, {id: b, from: 5}]}]
        segments: [{id: quiet, enter: {inactive: 7d, events: [X]}}, {id: g, enter: {event: X, within: 8d}}]
        when | what      | then
        d0   | track X   | → l b, → g entered, next d7
        d7   | (time)    | → quiet entered, next d8
        d8   | (time)    | → g left, next d10
        d10  | (time)    | → l b>a, next none
    ";

    next_change_passes_over_what_changes_nothing_that_is_shown: "
        scores: [{id: s, rules: [{id: x, event: X, points: 10, decay: {loses: 1, every: 1d}}]}]
        segments: [{id: g, enter: {score: s, gte: 5}, min_stay: 20d}]
        when | what      | then
        d0   | track X   | → g entered, next d20
        d20  | (time)    | → g left
    ";

    next_change_is_told_366_days_ahead_inclusive: "
        segments: [{id: a, enter: {inactive: 366d}}, {id: b, enter: {inactive: 367d}}]
        when | what      | then
        d0   | track X   | next d366
        d1   | (time)    | next d366
        d366 | (time)    | → a entered, next d367
        d367 | (time)    | → b entered, next none
    ";

    next_change_beyond_366_days_is_none: "
        segments: [{id: b, enter: {inactive: 367d}}]
        when            | what      | then
        d0              | track X   | next none
        d0 23:59:59.999 | (time)    | next none
        d1              | (time)    | next d367
        d367            | (time)    | → b entered
    ";

    next_change_counts_enrollments_and_sends: "
        sequences: [{id: q, enroll: {inactive: 2d}, while: always, steps: [{wait: 1d}, {alert: {to: sales, say: Look}}, {wait: 1d}, {send: offer}, {wait: 1d}]}]
        when | what      | then
        d0   | page /    | next d2
        d2   | (time)    | → q enrolled, next d4
        -- the alert of d3 is no line of the log
        d4   | (time)    | → q sends offer, next d5
        d5   | (time)    | → q finished, next none
    ";

    next_change_is_what_comes_if_nothing_comes: "
        segments: [{id: quiet, enter: {inactive: 3d}}]
        when | what      | then
        d0   | page /    | next d3
        d2   | page /    | next d5
        d5   | (time)    | → quiet entered, next none
        d6   | page /    | → quiet left, next d9
        d9   | (time)    | → quiet entered
    ";

    before_its_first_event_nothing_is_known_of_a_lead: "
        segments: [{id: none, enter: {event: X, count: {eq: 0}}}]
        when | what           | then
        d5   | ann: track Y   | → none entered
        d4   | (time)         | leads
    ";
}
