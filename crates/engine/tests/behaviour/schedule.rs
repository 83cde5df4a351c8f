//! Scheduled evaluation (contract §4.7). 1 January 2024 is a Monday.

tables! {
    daily_is_midnight_in_utc_where_nothing_is_said: "
        segments: [{id: g, enter: {event: X, within: 30h}, evaluate: daily}]
        when     | what      | then
        d0 10:00 | track X   | out g, next d1
        d1       | (time)    | → g entered, next d2
        -- it stands still until midnight, though the window ran out at d1 16:00
        d1 16:00 | (time)    | in g
        d2       | (time)    | → g left
    ";

    weekly_is_monday: "
        segments: [{id: g, enter: {event: X}, evaluate: weekly}]
        when | what      | then
        d1   | track X   | next d7
        d7   | (time)    | → g entered
    ";

    monthly_is_the_first: "
        segments: [{id: g, enter: {event: X, within: 5w}, evaluate: monthly}]
        when             | what      | then
        2024-01-15       | track X   | next 2024-02-01
        2024-02-01       | (time)    | → g entered
        -- the window ended on 19 February
        2024-03-01       | (time)    | → g left, next none
    ";

    what_was_true_only_in_between_changes_nothing: "
        segments: [{id: g, enter: {event: X, within: 2h}, evaluate: daily}]
        when     | what      | then
        d0 10:00 | track X   | next none
        d1 23:30 | track X   | next d2
        d2       | (time)    | → g entered, next d3
        d3       | (time)    | → g left
    ";

    a_scheduled_segment_waits_for_the_instant_after_the_first_event: "
        segments: [{id: g, enter: {event: X}, evaluate: daily}]
        when | what      | then
        d1   | track X   | out g, next d2
        d2   | (time)    | → g entered
    ";

    a_scheduled_ladder_is_evaluated_at_the_first_event_as_well: "
        ladders: [{id: l, evaluate: daily, stages: [{id: a}, {id: b, enter: {event: X, within: 12h}}, {id: c, enter: {event: Y}}]}]
        when     | what      | then
        d0 10:00 | track X   | → l b
        d0 12:00 | track Y   | l=b, next d1
        d1       | (time)    | → l b>c
    ";

    it_comes_once_before_the_events_of_its_instant: "
        segments: [{id: g, enter: {event: X, count: {gte: 2}}, evaluate: daily}]
        when     | what      | then
        d0 10:00 | track X   | nothing
        d1       | track X   | out g
        d1       | track X   | out g, next d2
        d2       | (time)    | → g entered
    ";

    what_changes_at_the_scheduled_instant_counts: "
        segments: [{id: g, enter: {inactive: 1d, events: [X]}, evaluate: daily}, {id: h, enter: {inactive: 25h, events: [X]}, evaluate: daily}]
        when | what      | then
        d0   | track X   | next d1
        d1   | (time)    | → g entered, next d2
        d2   | (time)    | → h entered
    ";

    min_stay_has_an_hours_grace: "
        segments: [{id: g, enter: {event: X, within: 1d}, min_stay: 49h, evaluate: daily}, {id: h, enter: {event: X, within: 1d}, min_stay: 50h, evaluate: daily}]
        when     | what      | then
        d0 10:00 | track X   | next d1
        d1       | (time)    | → g entered, → h entered
        -- 24 hours, then 48 of 49
        d3       | (time)    | → g left
        d4       | (time)    | → h left
    ";

    a_scheduled_ladders_min_stay_has_the_hour_too: "
        ladders: [{id: l, min_stay: 15h, evaluate: daily, stages: [{id: a}, {id: b, enter: {attribute: n, eq: 1}}]}]
        when     | what           | then
        d0 10:00 | identify n=1   | → l b
        d0 11:00 | identify n=0   | next d1
        d1       | (time)         | → l b>a
    ";

    a_live_segment_has_no_grace: "
        segments: [{id: g, enter: {event: X, within: 1d}, min_stay: 49h}]
        when     | what      | then
        d0       | track X   | → g entered
        d2 01:00 | (time)    | → g left
    ";

    a_hand_moves_at_once_and_released_the_next_instant_decides: "
        ladders: [{id: l, evaluate: daily, stages: [{id: a}, {id: b, enter: {event: Z}}]}]
        segments: [{id: g, enter: {event: X}, evaluate: daily}]
        when     | what                | then
        d0 10:00 | track Y             | → l a
        d0 11:00 | Segment Pinned g    | → g entered
        d0 12:00 | Stage Set l b       | → l a>b
        d1 10:00 | Segment Released g  | in g
        d1 11:00 | Stage Released l    | l=b, next d2
        d2       | (time)              | → l b>a, → g left
    ";

    scheduled_things_see_what_live_ones_made_of_the_instant: "
        segments: [{id: live, enter: {event: X}}, {id: daily, enter: {segment: live}, evaluate: daily}]
        sequences: [{id: q, enroll: {segment: daily}, steps: [{send: welcome}]}]
        when     | what      | then
        d0 10:00 | track X   | → live entered
        d1       | (time)    | → daily entered, → q enrolled, → q sends welcome, → q finished
    ";

    scheduled_things_at_one_instant_see_those_before_them: "
        ladders: [{id: l, evaluate: daily, stages: [{id: a}, {id: b, enter: {event: X, within: 1d}}]}]
        segments: [{id: g, enter: {stage: l, is: b}, evaluate: daily}, {id: h, enter: {segment: g}, evaluate: daily}]
        when     | what      | then
        d0 10:00 | track X   | → l b
        d1       | (time)    | → g entered, → h entered
        d2       | (time)    | → l b>a, → g left, → h left
    ";

    a_scheduled_segment_sees_a_live_one_that_changes_at_just_that_instant: "
        segments: [{id: quiet, enter: {inactive: 1w}}, {id: daily, enter: {segment: quiet}, evaluate: daily}]
        when | what      | then
        d0   | page /    | nothing
        d7   | (time)    | → quiet entered, → daily entered
    ";

    a_scheduled_ladder_sees_an_if_rule_that_changes_at_just_that_instant: "
        scores: [{id: s, rules: [{id: idle, if: {inactive: 2d}, points: 20}]}]
        ladders: [{id: l, score: s, evaluate: daily, stages: [{id: a}, {id: b, from: 20}]}]
        when | what      | then
        d0   | page /    | → l a
        d2   | (time)    | → l a>b
    ";

    // Clocks in Berlin go forward on 31 March 2024 and back on 27 October.
    the_day_begins_in_the_playbooks_zone: "
        timezone: Europe/Berlin
        segments: [{id: g, enter: {event: X, within: 10h}, evaluate: daily}]
        when             | what      | then
        2024-03-30 20:00 | track X   | next 2024-03-30 23:00
        2024-03-30 23:00 | (time)    | → g entered
        -- the day of 23 hours
        2024-03-31 22:00 | (time)    | → g left
        2024-10-26 21:00 | track X   | nothing
        2024-10-26 22:00 | (time)    | → g entered
        -- the day of 25 hours
        2024-10-27 23:00 | (time)    | → g left
    ";

    a_week_of_167_hours_is_a_week_for_min_stay: "
        timezone: Europe/Berlin
        segments: [{id: g, enter: {event: X, within: 1d}, min_stay: 7d, evaluate: weekly}]
        when             | what      | then
        2024-03-24 12:00 | track X   | nothing
        2024-03-24 23:00 | (time)    | → g entered
        2024-03-31 22:00 | (time)    | → g left
    ";

    monthly_across_the_end_of_summer_time: "
        timezone: America/New_York
        segments: [{id: g, enter: {event: X, within: 30d}, evaluate: monthly}]
        when             | what      | then
        2024-10-15       | track X   | next 2024-11-01 04:00
        2024-11-01 04:00 | (time)    | → g entered
        2024-12-01 05:00 | (time)    | → g left
    ";

    // Beirut's clocks went from 00:00 to 01:00 on 31 March 2024: the day began at 22:00 UTC.
    a_day_without_midnight_begins_at_its_first_instant: "
        timezone: Asia/Beirut
        segments: [{id: g, enter: {event: X, within: 3h}, evaluate: daily}]
        when             | what      | then
        2024-03-30 20:00 | track X   | nothing
        2024-03-30 22:00 | (time)    | → g entered, next 2024-03-31 21:00
        2024-03-31 21:00 | (time)    | → g left
    ";

    // Havana's clocks went from 01:00 back to 00:00 on 3 November 2024: midnight came at 04:00 and at 05:00 UTC.
    of_two_midnights_the_first_counts_once: "
        timezone: America/Havana
        segments: [{id: g, enter: {event: X, within: 3h}, evaluate: daily}]
        when             | what      | then
        2024-11-03 01:30 | track X   | nothing
        2024-11-03 04:00 | (time)    | → g entered
        2024-11-03 05:00 | (time)    | in g, next 2024-11-04 05:00
        2024-11-04 05:00 | (time)    | → g left
    ";

    a_zone_of_an_odd_offset: "
        timezone: Asia/Kathmandu
        segments: [{id: g, enter: {event: X}, evaluate: weekly}]
        when             | what      | then
        2024-01-03       | track X   | next 2024-01-07 18:15
        2024-01-07 18:15 | (time)    | → g entered
    ";

    // Lord Howe's clocks move by half an hour: back to +10:30 on 7 April 2024.
    a_zone_whose_clocks_move_by_half_an_hour: "
        timezone: Australia/Lord_Howe
        segments: [{id: g, enter: {event: X, within: 24h}, evaluate: daily}]
        when             | what      | then
        2024-04-06 12:00 | track X   | nothing
        2024-04-06 13:00 | (time)    | → g entered, next 2024-04-07 13:30
        2024-04-07 13:30 | (time)    | → g left
    ";

    // Apia had no 30 December 2011: behind the 29th, at 10:00 UTC of the 30th, came the 31st.
    a_day_that_never_was_is_no_day: "
        timezone: Pacific/Apia
        segments: [{id: g, enter: {event: X, within: 30h}, evaluate: daily}]
        when             | what      | then
        2011-12-29 09:00 | track X   | next 2011-12-29 10:00
        2011-12-29 10:00 | (time)    | → g entered
        2011-12-30 10:00 | (time)    | in g
        2011-12-31 10:00 | (time)    | → g left
    ";
}
