//! The steps of a sequence (contract §4.10).

tables! {
    steps_run_at_one_instant_until_one_takes_time: "
        sequences: [{id: q, enroll: {event: X}, steps: [{send: welcome}, {alert: {to: sales, say: Look}}, {send: offer}, {wait: 1d}, {send: case-study}]}]
        when | what         | then
        d0   | track X      | → q enrolled, → q sends welcome, → q sends offer, next d1
        d1   | (time)       | → q sends case-study, → q finished, next none
    ";

    a_wait_lasts_exactly_so_long: "
        sequences: [{id: q, enroll: {event: X}, steps: [{wait: 90s}, {send: welcome}, {wait: 2h}, {send: offer}]}]
        when        | what         | then
        d0          | track X      | → q enrolled, next d0 00:01:30
        d0 00:01:30 | (time)       | → q sends welcome, next d0 02:01:30
        d0 02:01:30 | (time)       | → q sends offer, → q finished
    ";

    a_wait_until_is_asked_at_once_and_earlier_events_count: "
        sequences: [{id: q, enroll: {event: X}, steps: [{wait: {until: {event: Y}, at_most: 5d}}, {send: welcome}]}]
        when | what         | then
        d0   | track Y      | nothing
        d1   | track X      | → q enrolled, → q sends welcome, → q finished
    ";

    a_wait_until_ends_with_its_condition_or_after_at_most: "
        sequences: [{id: q, enroll: {event: X}, steps: [{wait: {until: {event: Y}, at_most: 5d}}, {send: welcome}, {wait: {until: {event: Z}, at_most: 5d}}, {send: offer}]}]
        when | what         | then
        d0   | track X      | → q enrolled, next d5
        d2   | track Y      | → q sends welcome, next d7
        d7   | (time)       | → q sends offer, → q finished
    ";

    a_wait_until_may_end_by_time: "
        sequences: [{id: q, enroll: {event: X}, steps: [{wait: {until: {inactive: 3d}, at_most: 30d}}, {send: offer}]}]
        when | what         | then
        d0   | page /       | nothing
        d1   | track X      | → q enrolled, next d3
        d2   | page /       | next d5
        d5   | (time)       | → q sends offer, → q finished
    ";

    a_branch_decides_at_its_instant_runs_one_side_and_goes_on_behind_it: "
        sequences:
          - id: q
            enroll: {event: X}
            steps:
              - wait: 3d
              - branch: {if: {event: Email Link Clicked, within: 3d}, then: [{send: offer}], else: [{send: case-study}]}
              - wait: 1d
              - send: welcome
        when     | what              | then
        d0       | ann: track X      | → q enrolled
        d0       | bob: track X      | → q enrolled
        d1       | ann: clicked c1   | nothing
        d0       | bob: clicked c1   | nothing
        d3       | ann: (time)       | → q sends offer, bob: → q sends case-study
        d4       | ann: (time)       | → q sends welcome, → q finished, bob: → q sends welcome, → q finished
    ";

    a_side_of_a_branch_may_wait_and_branch: "
        sequences:
          - id: q
            enroll: {event: X}
            steps:
              - branch:
                  if: {attribute: a, eq: 1}
                  then:
                    - wait: 1d
                    - branch: {if: {attribute: b, eq: 1}, then: [{send: offer}, {wait: 1d}], else: [{send: case-study}]}
                  else: []
              - send: welcome
        when | what              | then
        d0   | identify a=1      | nothing
        d0   | track X           | → q enrolled, next d1
        -- the outer branch has decided, the inner one has not
        d0   | identify a=2 b=1  | nothing
        d1   | (time)            | → q sends offer, next d2
        d2   | (time)            | → q sends welcome, → q finished
    ";

    the_best_piece_may_be_asked_for: "
        sequences: [{id: q, enroll: {event: X}, steps: [{send: {best: true}}, {send: {email: offer, class: answer, not_after: 2d}}]}]
        when | what         | then
        d0   | track X      | → q enrolled, → q sends the best, → q sends offer, → q finished
    ";

    a_step_due_at_an_events_instant_is_made_by_time_before_it: "
        sequences: [{id: q, enroll: {event: X}, goal: {event: Y}, steps: [{wait: 1d}, {send: welcome}, {wait: 1d}, {send: offer}]}]
        when | what         | then
        d0   | track X      | → q enrolled
        d1   | (time)       | → q sends welcome
        d1   | track Y      | → q goal
    ";

    the_clock_of_a_wait_begins_when_the_step_before_it_was_over: "
        sequences: [{id: q, enroll: {event: X}, steps: [{wait: {until: {event: Y}, at_most: 9d}}, {wait: 2d}, {send: welcome}]}]
        when     | what         | then
        d0       | track X      | → q enrolled
        d1 12:00 | track Y      | next d3 12:00
        d3 12:00 | (time)       | → q sends welcome, → q finished
    ";

    a_second_enrollment_runs_all_steps_anew: "
        sequences: [{id: q, enroll: {event: X, within: 1d}, again: always, while: always, steps: [{send: welcome}, {wait: 2d}, {send: offer}]}]
        when | what         | then
        d0   | track X      | → q enrolled, → q sends welcome
        d2   | (time)       | → q sends offer, → q finished
        d3   | track X      | → q enrolled, → q sends welcome
        d5   | (time)       | → q sends offer, → q finished
    ";

    without_steps_an_enrollment_finishes_at_once: "
        sequences: [{id: q, enroll: {event: X}, steps: []}]
        when | what         | then
        d0   | track X      | → q enrolled, → q finished
    ";

    an_enrollment_made_by_time_runs_its_first_steps_by_time: "
        sequences: [{id: q, enroll: {event: X, within: 2d, count: {eq: 0}}, steps: [{send: welcome}, {wait: 1d}, {send: offer}]}]
        when | what         | then
        d0   | track X      | next d2
        d2   | (time)       | → q enrolled, → q sends welcome
        d3   | (time)       | → q sends offer, → q finished
    ";
}
