//! Scores and their rules (contract §4.3).

tables! {
    a_score_is_the_sum_over_its_rules: "
        scores:
          - id: lead
            rules:
              - {id: visit, event: Page Viewed, points: 5}
              - {id: pricing, event: Page Viewed, where: {path: {starts_with: /pricing}}, points: 20}
              - {id: bounce, event: Email Bounced, points: -10}
          - {id: fit, rules: [{id: chief, if: {attribute: job, contains: chief}, points: 15}]}
        when | what                    | then
        d0   | page /                  | lead=5, fit=0
        d0   | page /pricing/eu        | lead=30
        d0   | bounced c1              | lead=20
        d0   | identify job=Chief      | lead=20, fit=15
        d400 | (time)                  | lead=20, fit=15
    ";

    a_half_life_halves_the_points_again_and_again: "
        scores: [{id: s, rules: [{id: x, event: X, points: 8, decay: {half_life: 7d}}]}]
        when     | what      | then
        d0       | track X   | s=8
        d3 12:00 | (time)    | s=5.6569
        d7       | (time)    | s=4
        d7       | track X   | s=12
        d14      | (time)    | s=6
        d77      | (time)    | s=0.0117
    ";

    what_fades_to_a_threshold_is_not_above_it_for_ever: "
        scores: [{id: s, rules: [{id: x, event: X, points: 10, decay: {half_life: 15m}}, {id: y, event: X, points: 2.5}]}]
        segments: [{id: above, enter: {score: s, gt: 2.5}}]
        when            | what      | then
        d0              | track X   | s=12.5, → above entered
        d0 08:33:17.353 | (time)    | in above
        d0 08:33:17.354 | (time)    | → above left
    ";

    points_that_expire_are_whole_until_then: "
        scores: [{id: s, rules: [{id: x, event: X, points: 20, decay: {expires: 90d}}]}]
        when             | what      | then
        d0               | track X   | s=20
        d1               | track X   | s=40
        d89 23:59:59.999 | (time)    | s=40
        d90              | (time)    | s=20
        d91              | (time)    | s=0
    ";

    points_that_lose_go_down_in_steps_but_not_below_nothing: "
        scores: [{id: s, rules: [{id: x, event: X, points: 10, decay: {loses: 3, every: 2d}}, {id: y, event: Y, points: -10, decay: {loses: 4, every: 1d}}]}]
        when            | what      | then
        d0              | track X   | s=10
        d1 23:59:59.999 | (time)    | s=10
        d2              | (time)    | s=7
        d4              | (time)    | s=4
        d6              | (time)    | s=1
        d8              | (time)    | s=0
        d10             | track Y   | s=-10
        d11             | (time)    | s=-6
        d12             | (time)    | s=-2
        d13             | (time)    | s=0
    ";

    a_threshold_is_crossed_at_the_instant_a_step_is_due: "
        scores: [{id: s, rules: [{id: x, event: X, points: 10, decay: {loses: 3, every: 2d}}]}]
        segments: [{id: warm, enter: {score: s, gte: 5}}]
        when | what      | then
        d0   | track X   | → warm entered, next d4
        d4   | (time)    | → warm left, next none
    ";

    // 10 · 2^(−d/7d) falls under 7.9999999995 after 194,702,111.84 ms.
    a_half_life_crosses_a_threshold_at_its_millisecond: "
        scores: [{id: s, rules: [{id: x, event: X, points: 5, decay: {half_life: 7d}}]}]
        segments: [{id: hot, enter: {score: s, gte: 8}}]
        when            | what      | then
        d0              | track X   | s=5, out hot
        d0              | track X   | s=10, → hot entered, next d2 06:05:02.112
        d2 06:05:02.111 | (time)    | in hot
        d2 06:05:02.112 | (time)    | → hot left
    ";

    // 10x − 10x² with x = 2^(−d/2d): over 2.4 from x = 0.6 on, until x = 0.4.
    what_fades_slowly_and_what_fades_fast_may_cross_twice: "
        scores: [{id: s, rules: [{id: up, event: X, points: 10, decay: {half_life: 2d}}, {id: down, event: X, points: -10, decay: {half_life: 1d}}]}]
        segments: [{id: g, enter: {score: s, gte: 2.4}}]
        when            | what      | then
        d0              | track X   | s=0
        d1 11:22:27.655 | (time)    | → g entered
        d2              | (time)    | s=2.5
        d2 15:27:09.175 | (time)    | → g left
    ";

    points_below_zero_that_end_let_the_score_rise: "
        scores: [{id: s, rules: [{id: x, event: X, points: -10, decay: {expires: 2d}}]}]
        segments: [{id: fine, enter: {score: s, gte: 0}}]
        when | what      | then
        d0   | track Y   | → fine entered
        d1   | track X   | → fine left
        d3   | (time)    | → fine entered
    ";

    a_limit_counts_so_many_within_so_long: "
        scores: [{id: s, rules: [{id: x, event: X, points: 5, limit: {times: 2, within: 1d}}]}]
        when            | what      | then
        d0              | track X   | s=5
        d0              | track X   | s=10
        d0              | track X   | s=10
        d0 23:59:59.999 | track X   | s=10
        d1              | track X   | s=15
    ";

    what_a_limit_did_not_count_counts_for_no_later_limit_either: "
        scores: [{id: s, rules: [{id: x, event: X, points: 5, limit: {times: 1, within: 1d}}]}]
        when     | what      | then
        d0       | track X   | s=5
        d0 12:00 | track X   | s=5
        d1       | track X   | s=10
        d1 12:00 | track X   | s=10
        d2       | track X   | s=15
    ";

    a_limit_is_of_its_rule_alone: "
        scores:
          - id: s
            rules:
              - {id: any, event: X, points: 1, limit: {times: 1, within: 1d}}
              - {id: big, event: X, where: {n: {gte: 5}}, points: 10, limit: {times: 1, within: 1d}}
        when     | what          | then
        d0       | track X n=1   | s=1
        d0       | track X n=5   | s=11
        d0       | track X n=6   | s=11
    ";

    a_limit_goes_by_when_things_happened_not_by_when_they_were_received: "
        scores: [{id: s, rules: [{id: x, event: X, points: 5, limit: {times: 1, within: 1d}, decay: {expires: 1d}}]}]
        when     | what      | then
        d1       | track X   | s=5
        d0 12:00 | track X   | s=5
        -- the one of d0 12:00 counts, and with it not the one of d1
        d1 11:00 | (time)    | s=5
        d1 12:00 | (time)    | s=0
    ";

    a_cap_holds_the_sum_of_its_rule_after_decay: "
        scores: [{id: s, rules: [{id: x, event: X, points: 10, cap: 12, decay: {half_life: 7d}}, {id: y, event: Y, points: 1}]}]
        when | what      | then
        d0   | track X   | s=10
        d0   | track X   | s=12
        d0   | track X   | s=12
        d0   | track Y   | s=13
        d7   | (time)    | s=13
        d14  | (time)    | s=8.5
    ";

    a_cap_holds_below_zero_too: "
        scores: [{id: s, rules: [{id: x, event: X, points: -10, cap: 15}]}]
        when | what      | then
        d0   | track X   | s=-10
        d0   | track X   | s=-15
        d0   | track X   | s=-15
    ";

    // 20 · 2^(−d/7d), capped at 12, falls under 10 after 7 days and 0.03 ms.
    a_capped_sum_leaves_its_cap_and_its_threshold_when_it_is_due: "
        scores: [{id: s, rules: [{id: x, event: X, points: 20, cap: 12, decay: {half_life: 7d}}]}]
        segments: [{id: g, enter: {score: s, gte: 12}}, {id: h, enter: {score: s, gte: 10}}]
        when            | what      | then
        d0              | track X   | → g entered, → h entered
        d5 03:48:36.792 | (time)    | → g left
        d7 00:00:00.001 | (time)    | → h left
    ";

    the_range_holds_what_is_asked_but_loses_no_points: "
        scores: [{id: s, range: [0, 100], rules: [{id: x, event: X, points: 80}, {id: y, event: Y, points: -50}]}]
        when | what      | then
        d0   | track X   | s=80
        d0   | track X   | s=100
        d0   | track Y   | s=100
        d0   | track Y   | s=60
        d0   | track Y   | s=10
        d0   | track Y   | s=0
        d0   | track X   | s=40
    ";

    without_a_range_a_score_is_unbounded: "
        scores: [{id: s, rules: [{id: x, event: X, points: 8000}, {id: y, event: Y, points: -20000}]}]
        when | what      | then
        d0   | track X   | s=8000
        d0   | track Y   | s=-12000
    ";

    an_if_rule_gives_its_points_while_its_condition_holds: "
        scores: [{id: s, rules: [{id: busy, if: {event: X, within: 2d, count: {gte: 2}}, points: 15}, {id: vip, if: {attribute: vip, eq: true}, points: -20, cap: 5}]}]
        segments: [{id: warm, enter: {score: s, gte: 10}}]
        when | what                 | then
        d0   | track X              | s=0
        d1   | track X              | s=15, → warm entered
        d2   | (time)               | s=0, → warm left
        d3   | identify vip=true    | s=-5
        d4   | identify vip=false   | s=0
    ";

    an_if_rule_may_ask_for_interests_deals_and_rates: "
        topics: [{id: shirts}]
        interests: {}
        scores:
          - id: s
            rules:
              - {id: a, if: {interest: shirts, primary: true}, points: 1}
              - {id: b, if: {deal: won}, points: 10}
              - {id: c, if: {rate: clicked, over: 30d, gte: 1}, points: 100}
        when | what                    | then
        d0   | delivered c1            | s=0
        d0   | clicked c1 topic=shirts | s=101
        d0   | Deal Won d              | s=111
    ";

    an_if_rule_may_not_use_scores: "
        scores: [{id: s, rules: []}, {id: r, rules: [{id: x, if: {score: s, gte: 5}, points: 1}]}]
        refused if
    ";

    an_if_rule_may_not_use_stages: "
        ladders: [{id: l, stages: [{id: a}]}]
        scores: [{id: r, rules: [{id: x, if: {all: [{stage: l, is: a}]}, points: 1}]}]
        refused if
    ";

    an_if_rule_may_not_use_segments: "
        segments: [{id: g, enter: {event: X}}]
        scores: [{id: r, rules: [{id: x, if: {not: {segment: g}}, points: 1}]}]
        refused if
    ";

    an_inactive_rule_gives_its_points_once: "
        scores: [{id: s, rules: [{id: idle, inactive: 30d, points: -10}]}]
        when              | what           | then
        d0                | page /         | s=0
        d29 23:59:59.999  | (time)         | s=0
        d30               | (time)         | s=-10
        d90               | (time)         | s=-10
        d90               | track Other    | s=-10
        d90               | page /         | s=0
    ";

    an_inactive_rule_that_repeats_gives_them_for_each_full_period_up_to_its_cap: "
        scores: [{id: s, rules: [{id: idle, inactive: 30d, points: -10, repeats: true, cap: 25}]}]
        segments: [{id: lost, enter: {score: s, lte: -20}}]
        when              | what           | then
        d0                | page /         | s=0, next d60
        d30               | (time)         | s=-10
        d59 23:59:59.999  | (time)         | s=-10
        d60               | (time)         | s=-20, → lost entered
        d90               | (time)         | s=-25
        d120              | (time)         | s=-25
        d121              | opened c1      | s=0, → lost left
    ";

    an_inactive_rule_goes_by_the_playbooks_activity: "
        activity: [Login]
        scores: [{id: s, rules: [{id: idle, inactive: 2d, points: -10}]}]
        when  | what           | then
        d0    | track Signup   | s=0
        d1    | page /         | s=0
        d2    | (time)         | s=-10
        d3    | track Login    | s=0
        d5    | (time)         | s=-10
    ";

    scores_follow_from_when_things_happened: "
        scores: [{id: s, rules: [{id: x, event: X, points: 8, decay: {half_life: 1d}}]}]
        when  | what           | then
        d2    | track X        | s=8
        d0    | track X        | s=8
        d2    | (time)         | s=10
        d3    | (time)         | s=5
    ";
}
