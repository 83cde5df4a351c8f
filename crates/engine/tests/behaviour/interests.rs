//! Interests (contract §4.4).

tables! {
    by_default_a_chosen_topic_weighs_as_much_as_a_click_and_counts_as_activity: "
        topics: [{id: a}, {id: b}]
        interests: {}
        segments: [{id: idle, enter: {inactive: 30d}}]
        when | what                                  | then
        d0   | track Email Link Clicked topic=a      | a=1
        d29  | track Topic Chosen topic=b            | b=1
        d58  | (time)                                | out idle
        d59  | (time)                                | → idle entered
    ";

    by_default_a_click_weighs_one_and_a_page_a_quarter: r#"
        topics: [{id: shirts, pages: ["/shirts"]}, {id: ties}]
        interests: {}
        when | what                    | then
        d0   | page /shirts            | shirts=none, primary=none
        d0   | page /shirts            | shirts=0.5, primary=shirts
        d1   | clicked c1 topic=ties   | ties=1, primary=ties
        d1   | track X topic=ties      | ties=1
    "#;

    a_strength_halves_with_every_half_life: "
        topics: [{id: shirts}]
        interests: {half_life: 10d, weights: {X: 4}, minimum: 0.6}
        when | what                    | then
        d0   | track X topic=shirts    | shirts=4
        d5   | (time)                  | shirts=2.8284
        d10  | track X topic=shirts    | shirts=6
        d20  | (time)                  | shirts=3
        d40  | (time)                  | shirts=0.75
        d50  | (time)                  | shirts=none, primary=none
    ";

    // 0.5 falls under 0.4999999995, which is no longer 0.5 to nine decimals, 3.74 ms later.
    weaker_than_the_minimum_is_no_interest: r#"
        topics: [{id: shirts, pages: ["*"]}]
        interests: {}
        segments: [{id: fans, enter: {interest: shirts, primary: true}}]
        when            | what     | then
        d0              | page /   | out fans, next none
        d0              | page /   | primary=shirts, → fans entered, next d0 00:00:00.004
        d0 00:00:00.004 | (time)   | → fans left, primary=none, shirts=none
    "#;

    given_weights_replace_the_defaults_whole: r#"
        topics: [{id: shirts, pages: ["*"]}]
        interests: {weights: {Email Link Clicked: 2, Form Submitted: 0}}
        when | what                              | then
        d0   | page /                            | shirts=none
        d0   | track Form Submitted topic=shirts | shirts=none
        d0   | clicked c topic=shirts            | shirts=2
    "#;

    a_rival_must_exceed_the_margin: "
        topics: [{id: shirts}, {id: ties}]
        interests: {weights: {A: 1, B: 0.25, C: 0.01}}
        segments: [{id: fans, enter: {interest: ties, primary: true}}]
        when | what                   | then
        d0   | track A topic=shirts   | primary=shirts
        d0   | track A topic=ties     | primary=shirts
        d0   | track B topic=ties     | primary=shirts, ties=1.25
        d0   | track C topic=ties     | primary=ties, → fans entered
        d0   | track B topic=shirts   | primary=ties, shirts=1.25
        d0   | track B topic=shirts   | primary=ties, shirts=1.5
        d0   | track C topic=shirts   | primary=ties
        d0   | track B topic=shirts   | primary=shirts, → fans left
    ";

    time_alone_changes_no_ratio: "
        topics: [{id: shirts}, {id: ties}]
        interests: {weights: {A: 4, B: 5}, half_life: 7d}
        segments: [{id: fans, enter: {interest: ties, primary: true}}]
        when     | what                   | then
        d0       | track A topic=shirts   | primary=shirts
        d0       | track B topic=ties     | primary=shirts
        d10      | (time)                 | primary=shirts
        d20      | (time)                 | primary=shirts
    ";

    without_a_primary_the_strongest_becomes_it: "
        topics: [{id: shirts}, {id: ties}, {id: hats}]
        interests: {weights: {A: 0.3, B: 0.25}}
        when | what                   | then
        d0   | track A topic=shirts   | primary=none
        d0   | track A topic=hats     | primary=none
        d0   | track B topic=ties     | primary=none
        d0   | track B topic=ties     | primary=ties
    ";

    of_equal_ones_the_first_declared_becomes_primary: "
        topics: [{id: shirts}, {id: ties}, {id: hats}]
        interests: {weights: {A: 1, B: 1.2}, half_life: 1d, minimum: 0.9}
        segments: [{id: is-ties, enter: {interest: ties, primary: true}}]
        when            | what                   | then
        d0              | track A topic=shirts   | primary=shirts
        d0              | track B topic=hats     | primary=shirts
        d0              | track B topic=ties     | primary=shirts
        d0 03:38:53.068 | (time)                 | → is-ties entered, primary=ties, hats=1.08, ties=1.08
    ";

    // Shirts are 1 at d0 and under 0.5 from d30 00:00:00.004 on; ties are 0.75 at d20, then under 1.25 times shirts.
    a_primary_that_fades_gives_way_to_the_strongest_left: "
        topics: [{id: shirts}, {id: ties}]
        interests: {weights: {A: 1, B: 0.75}}
        segments: [{id: fans, enter: {interest: ties, primary: true}}]
        when             | what                   | then
        d0               | track A topic=shirts   | primary=shirts
        d20              | track B topic=ties     | primary=shirts, next d30 00:00:00.004
        d30 00:00:00.003 | (time)                 | primary=shirts
        d30 00:00:00.004 | (time)                 | → fans entered, primary=ties, ties=0.5953
    ";

    a_strength_can_be_asked_for: "
        topics: [{id: shirts}]
        interests: {weights: {A: 1}, half_life: 1d}
        segments: [{id: keen, enter: {interest: shirts, gte: 2}}, {id: weak, enter: {interest: shirts, lt: 0.25}}]
        when            | what                   | then
        d0              | track Y                | → weak entered
        d0              | track A topic=shirts   | → weak left
        d0              | track A topic=shirts   | → keen entered
        d0 00:00:00.001 | (time)                 | → keen left
        d3 00:00:00.001 | (time)                 | → weak entered
    ";

    the_next_change_may_be_one_of_the_primary_interest_alone: "
        topics: [{id: shirts}]
        interests: {weights: {A: 1}, half_life: 1d}
        when            | what                   | then
        d0              | track A topic=shirts   | next d1 00:00:00.001
        d1 00:00:00.001 | (time)                 | primary=none, next none
    ";

    without_interests_conditions_on_them_are_errors: "
        topics: [{id: shirts}]
        segments: [{id: g, enter: {interest: shirts, primary: true}}]
        refused interests
    ";

    weights_are_not_negative: "
        topics: [{id: shirts}]
        interests: {weights: {Page Viewed: -1}}
        refused -1
    ";

    the_minimum_is_above_zero: "
        topics: [{id: shirts}]
        interests: {minimum: 0}
        refused 0
    ";

    the_margin_is_at_least_one: "
        topics: [{id: shirts}]
        interests: {margin: 0.9}
        refused 0.9
    ";
}
