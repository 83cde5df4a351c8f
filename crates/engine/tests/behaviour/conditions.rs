//! When conditions hold (contract §3, *Conditions* and *Operators*). Where rules stand side by side, each gives points
//! of its own decimal place, so that the score spells which of them hold.

tables! {
    all_of_nothing_is_true_and_any_of_nothing_false: "
        segments:
          - {id: all, enter: {all: []}}
          - {id: any, enter: {any: []}}
          - {id: neither, enter: {not: {any: []}}}
        when | what      | then
        d0   | track X   | → all entered, → neither entered, out any
    ";

    all_any_and_not_nest: "
        segments:
          - {id: g, enter: {all: [{any: [{attribute: a, eq: 1}, {attribute: b, eq: 1}]}, {not: {attribute: c, eq: 1}}]}}
        when | what                 | then
        d0   | identify a=1 c=1     | nothing
        d1   | identify c=2         | → g entered
        d2   | identify a=2         | → g left
        d3   | identify b=1         | → g entered
        d4   | identify c=1         | → g left
    ";

    comparing_wants_numbers_or_text_that_reads_as_one: r#"
        scores: [{id: s, rules: [{id: a, if: {attribute: n, gt: 5}, points: 1}, {id: b, if: {attribute: n, gte: "5"}, points: 10}, {id: c, if: {attribute: n, lt: 5}, points: 100}, {id: d, if: {attribute: n, lte: 5}, points: 1000}]}]
        when | what                   | then
        d0   | identify n=5           | s=1010
        d0   | identify n=6           | s=11
        d0   | identify n=4.5         | s=1100
        d0   | identify n=" +5.00 "   | s=1010
        d0   | identify n="50e-1"     | s=1010
        d0   | identify n="-7"        | s=1100
        d0   | identify n=five        | s=0
        d0   | identify n=true        | s=0
        d0   | identify n=""          | s=0
        d0   | identify n=inf         | s=0
        d0   | identify n=0x6         | s=0
    "#;

    equality_compares_numbers_with_text_and_truth_with_its_word: r#"
        scores: [{id: s, rules: [{id: a, if: {attribute: v, eq: 5}, points: 1}, {id: b, if: {attribute: v, ne: 5}, points: 10}, {id: c, if: {attribute: v, in: [5, six, true]}, points: 100}, {id: d, if: {attribute: v, not_in: ["5.0", six, "TRUE"]}, points: 1000}]}]
        when | what                   | then
        d0   | identify v=5           | s=101
        -- a text equals the number that it reads as, but no other text
        d0   | identify v=" 5.0 "     | s=1101
        d0   | identify v=6           | s=1010
        d0   | identify v=SIX         | s=110
        d0   | identify v=true        | s=110
        d0   | identify v=True        | s=110
        d0   | identify v=false       | s=1010
        d0   | identify v=null        | s=0
    "#;

    values_of_different_types_are_never_equal: r#"
        scores: [{id: s, rules: [{id: one, if: {attribute: v, eq: 1}, points: 1}, {id: yes, if: {attribute: v, eq: true}, points: 10}, {id: text, if: {attribute: v, eq: "1"}, points: 100}]}]
        when | what                   | then
        d0   | identify v=1           | s=101
        d0   | identify v=true        | s=10
        d0   | identify v="1"         | s=101
        -- two texts compare as text
        d0   | identify v="1.0"       | s=1
    "#;

    text_compares_in_lower_case_of_unicode: r#"
        scores: [{id: s, rules: [{id: a, if: {attribute: t, eq: "ÄRZTE GMBH"}, points: 1}, {id: b, if: {attribute: t, contains: "Rzte"}, points: 10}, {id: c, if: {attribute: t, starts_with: "ä"}, points: 100}, {id: d, if: {attribute: t, ends_with: "mbH"}, points: 1000}]}]
        when | what                      | then
        d0   | identify t="ärzte gmbh"   | s=1111
        d0   | identify t="Ärzte GmbH"   | s=1111
        d0   | identify t="Die Ärzte"    | s=10
        d0   | identify t=ä              | s=100
        d0   | identify t=" ärzte gmbh"  | s=1010
    "#;

    contains_and_its_like_want_text_on_both_sides: r#"
        scores: [{id: s, rules: [{id: a, if: {attribute: v, contains: "1"}, points: 1}, {id: b, if: {attribute: v, starts_with: "1"}, points: 10}, {id: c, if: {attribute: v, contains: 1}, points: 100}, {id: d, if: {attribute: v, contains: ru}, points: 1000}]}]
        when | what                 | then
        d0   | identify v=12        | s=0
        d0   | identify v="12"      | s=11
        d0   | identify v=true      | s=0
    "#;

    of_a_missing_value_nothing_holds_but_that_it_does_not_exist: "
        scores:
          - id: s
            rules:
              - {id: a, if: {attribute: v, exists: false}, points: 1}
              - {id: b, if: {attribute: v, exists: true}, points: 10}
              - {id: c, if: {any: [{attribute: v, ne: 5}, {attribute: v, not_in: [5]}, {attribute: v, lt: 5}, {attribute: v, eq: false}]}, points: 100}
        when | what                 | then
        d0   | track X              | s=1
        d0   | identify v=5         | s=10
        d0   | identify v=null      | s=1
        d0   | identify v=false     | s=110
    ";

    several_operators_must_all_hold: "
        scores: [{id: s, rules: [{id: a, if: {attribute: n, gte: 3, lt: 5, ne: 4}, points: 1}]}]
        when | what             | then
        d0   | identify n=3     | s=1
        d0   | identify n=4     | s=0
        d0   | identify n=5     | s=0
        d0   | identify n=4.5   | s=1
    ";

    on_a_list_some_element_decides: r#"
        scores:
          - id: s
            rules:
              - {id: a, if: {attribute: l, eq: 3}, points: 1}
              - {id: b, if: {attribute: l, gt: 2, lt: 2}, points: 10}
              - {id: c, if: {attribute: l, contains: "3"}, points: 100}
              - {id: d, if: {attribute: l, starts_with: sh}, points: 1000}
              - {id: e, if: {attribute: l, in: [7, shirt]}, points: 10000}
        when | what                        | then
        d0   | identify l=[1,3]            | s=111
        d0   | identify l=["SHirt","x"]    | s=11000
        d0   | identify l=["13"]           | s=0
        d0   | identify l=[]               | s=0
    "#;

    on_a_list_ne_and_not_in_ask_every_element_and_exists_the_list: "
        scores:
          - id: s
            rules:
              - {id: a, if: {attribute: l, ne: 3}, points: 1}
              - {id: b, if: {attribute: l, not_in: [3, 4]}, points: 10}
              - {id: c, if: {attribute: l, exists: true}, points: 100}
        when | what                   | then
        d0   | identify l=[1,2]       | s=111
        d0   | identify l=[1,3]       | s=100
        d0   | identify l=[1,4]       | s=101
        d0   | identify l=[]          | s=111
    ";

    an_event_condition_counts_those_whose_properties_match: "
        scores:
          - id: s
            rules:
              - {id: bare, if: {event: X, where: {plan: GOLD}}, points: 1}
              - {id: both, if: {event: X, where: {plan: gold, seats: {gte: 5}}}, points: 10}
              - {id: two, if: {event: X, count: {gte: 2}}, points: 100}
              - {id: none, if: {event: Y, count: {lt: 1}}, points: 1000}
        when | what                       | then
        d0   | track X seats=5            | s=1000
        d0   | track X plan=gold          | s=1101
        d0   | track X plan=gold seats=9  | s=1111
        d0   | track Y plan=gold          | s=111
    ";

    a_count_may_be_asked_for_between_bounds: "
        segments: [{id: g, enter: {event: X, count: {gte: 2, lt: 4}}}]
        when | what      | then
        d0   | track X   | nothing
        d1   | track X   | → g entered
        d2   | track X   | nothing
        d3   | track X   | → g left
    ";

    distinct_counts_different_values_and_leaves_out_who_lack_it: r#"
        scores: [{id: s, rules: [{id: two, if: {event: X, distinct: a, count: {gte: 2}}, points: 1}, {id: three, if: {event: X, distinct: a, count: {gte: 3}}, points: 10}]}]
        when | what             | then
        d0   | track X a=Guide  | s=0
        d0   | track X a=guide  | s=0
        d0   | track X          | s=0
        d0   | track X a=null   | s=0
        d0   | track X a=1      | s=1
        d0   | track X a=1.0    | s=1
        d0   | track X a="1"    | s=11
    "#;

    a_distinct_value_is_in_the_window_while_its_latest_event_is: "
        segments: [{id: g, enter: {event: X, within: 3d, distinct: a, count: {gte: 2}}}]
        when | what          | then
        d0   | track X a=1   | nothing
        d1   | track X a=2   | → g entered
        d2   | track X a=1   | nothing
        d3   | (time)        | in g
        d4   | (time)        | → g left
    ";

    inactive_counts_from_the_last_activity_else_from_the_first_event: "
        segments: [{id: quiet, enter: {inactive: 3d}}]
        when     | what                      | then
        d0       | track Signed Up           | next d3
        d1       | track Form Submitted      | next d4
        d2       | track Something Else      | next d4
        d4       | (time)                    | → quiet entered
        d5       | opened c1                 | → quiet left
        d8       | (time)                    | → quiet entered
    ";

    what_activity_is_the_playbook_says: "
        activity: [Login]
        segments: [{id: quiet, enter: {inactive: 3d}}]
        when     | what         | then
        d0       | page /       | next d3
        d2       | page /       | next d3
        d3       | (time)       | → quiet entered
        d3       | page /       | in quiet
        d3       | track Login  | → quiet left
        d6       | (time)       | → quiet entered
    ";

    inactive_may_name_kinds_of_its_own: "
        segments: [{id: g, enter: {inactive: 2d, events: [A, B]}}]
        when     | what         | then
        d0       | page /       | next d2
        d1       | track A      | next d3
        d1 12:00 | track B      | next d3 12:00
        d2       | page /       | next d3 12:00
        d3 12:00 | (time)       | → g entered
    ";

    a_score_is_asked_within_its_range: "
        scores: [{id: s, range: [-5, 10], rules: [{id: x, event: X, points: 50}, {id: y, event: Y, points: -200}]}]
        segments: [{id: top, enter: {score: s, gte: 10}}, {id: over, enter: {score: s, gt: 10}}, {id: under, enter: {score: s, lt: -5}}]
        when | what      | then
        d0   | track X   | s=10, → top entered
        d1   | track Y   | s=-5, → top left
    ";

    scores_compare_rounded_to_nine_decimals: "
        scores: [{id: s, rules: [{id: x, event: X, points: 0.1}, {id: y, event: Y, points: 0.2}, {id: z, event: Z, points: 0.0000000004}]}]
        segments: [{id: is, enter: {score: s, eq: 0.3}}, {id: over, enter: {score: s, gt: 0.3}}]
        when | what      | then
        d0   | track X   | nothing
        d0   | track Y   | → is entered
        d0   | track Z   | in is, out over
        d0   | track Z   | → is left, → over entered
    ";

    a_stage_is_asked_for_itself_or_from_it_upwards: "
        ladders: [{id: l, stages: [{id: a}, {id: b, enter: {attribute: n, eq: 2}}, {id: c, enter: {attribute: n, eq: 3}}]}]
        segments: [{id: is-b, enter: {stage: l, is: b}}, {id: from-b, enter: {stage: l, at_least: b}}, {id: not-a, enter: {not: {stage: l, is: a}}}]
        when | what           | then
        d0   | identify n=1   | → l a
        d1   | identify n=2   | → l a>b, → is-b entered, → from-b entered, → not-a entered
        d2   | identify n=3   | → l b>c, → is-b left
        d3   | identify n=1   | → l c>a, → from-b left, → not-a left
    ";

    a_segment_is_asked_as_it_is_now: "
        segments: [{id: a, enter: {event: X, within: 2d}}, {id: b, enter: {segment: a}}, {id: c, enter: {not: {segment: b}}}]
        when | what      | then
        d0   | track Y   | → c entered
        d1   | track X   | → a entered, → b entered, → c left
        d3   | (time)    | → a left, → b left, → c entered
    ";

    of_each_deal_its_last_event_decides: "
        scores: [{id: s, rules: [{id: open, if: {deal: open}, points: 1}, {id: won, if: {deal: won}, points: 10}, {id: lost, if: {deal: lost}, points: 100}]}]
        when | what              | then
        d0   | Deal Created d1   | s=1
        d1   | Deal Won d1       | s=10
        d2   | Deal Created d2   | s=11
        d3   | Deal Lost d2      | s=110
        d4   | Deal Created d1   | s=101
        -- received late: what came after it decides
        d1   | Deal Lost d1      | s=100
        d5   | (time)            | s=101
    ";

    deal_events_without_an_id_are_together_one_deal: "
        scores: [{id: s, rules: [{id: open, if: {deal: open}, points: 1}, {id: won, if: {deal: won}, points: 10}]}]
        when | what              | then
        d0   | Deal Created      | s=1
        d1   | Deal Created d1   | s=1
        d2   | Deal Won          | s=11
        d3   | Deal Lost d1      | s=10
    ";

    a_rate_is_the_share_of_the_delivered_copies_that_were_opened: "
        segments: [{id: half, enter: {rate: opened, over: 30d, min_sent: 2, gte: 0.5}}]
        when | what               | then
        d0   | sent c1            | nothing
        d0   | delivered c1       | nothing
        d1   | opened c1          | nothing
        d2   | delivered c2       | → half entered
        d3   | delivered c3       | → half left
        d4   | opened c3          | → half entered
        d5   | opened c3          | nothing
        -- c1 drops out: one of two, then c2: one alone is too few
        d30  | (time)             | in half
        d32  | (time)             | → half left
    ";

    a_click_is_an_open_too_but_an_open_is_no_click: "
        segments: [{id: opened, enter: {rate: opened, over: 30d, gte: 1}}, {id: clicked, enter: {rate: clicked, over: 30d, gte: 1}}]
        when | what               | then
        d0   | delivered c1       | nothing
        d1   | opened c1          | → opened entered
        d2   | delivered c2       | → opened left
        d3   | clicked c2         | → opened entered
        d4   | clicked c1         | → clicked entered
        d30  | (time)             | nothing
        d32  | (time)             | → opened left, → clicked left
    ";

    a_rate_is_false_below_min_sent_which_is_one: "
        segments: [{id: cold, enter: {rate: opened, over: 10d, lte: 0}}, {id: never, enter: {rate: opened, over: 10d, min_sent: 2, lte: 0}}]
        when | what               | then
        d0   | page /             | nothing
        d1   | delivered c1       | → cold entered
        d2   | delivered c2       | → never entered
        d11  | (time)             | → never left
        d12  | (time)             | → cold left
    ";

    shares_compare_rounded_to_nine_decimals: "
        segments: [{id: third, enter: {rate: opened, over: 30d, eq: 0.333333333}}, {id: more, enter: {rate: opened, over: 30d, gt: 0.333333333}}]
        when | what               | then
        d0   | delivered c1       | nothing
        d0   | delivered c2       | nothing
        d0   | delivered c3       | nothing
        d1   | opened c1          | → third entered
        d2   | opened c2          | → third left, → more entered
    ";

    a_copy_that_bounced_ever_or_has_no_send_id_is_left_out: "
        segments: [{id: cold, enter: {rate: opened, over: 30d, lte: 0}}]
        when | what               | then
        d0   | delivered          | nothing
        d1   | delivered c1       | → cold entered
        d2   | bounced c1         | → cold left
        d3   | bounced c2         | nothing
        d4   | delivered c2       | nothing
        d5   | delivered c3       | → cold entered
        d6   | opened             | nothing
        d35  | (time)             | → cold left
    ";

    a_copy_is_in_the_window_by_its_delivery_and_opened_whenever: "
        segments: [{id: keen, enter: {rate: opened, over: 10d, gte: 1}}]
        when | what               | then
        d0   | opened c1          | nothing
        d1   | delivered c1       | → keen entered
        d5   | delivered c1       | nothing
        d11  | (time)             | in keen
        d15  | (time)             | → keen left
    ";

    a_copy_that_only_a_privacy_proxy_loaded_is_left_out_of_the_rate_of_opens: "
        segments: [{id: cold, enter: {rate: opened, over: 30d, lte: 0}}, {id: keen, enter: {rate: opened, over: 30d, gte: 1}}, {id: unclicked, enter: {rate: clicked, over: 30d, lte: 0}}]
        when | what                           | then
        d0   | delivered c1                   | → cold entered, → unclicked entered
        d1   | machine opened c1              | nothing
        d2   | machine opened c1 proxy=true   | → cold left
        d3   | opened c1                      | → keen entered
        d4   | machine opened c1 proxy=true   | nothing
        d30  | (time)                         | → keen left, → unclicked left
    ";

    a_load_marked_as_a_proxys_but_no_machines_is_an_open: "
        segments: [{id: keen, enter: {rate: opened, over: 30d, gte: 1}}]
        when | what                           | then
        d0   | delivered c1                   | nothing
        d1   | opened c1 proxy=true           | → keen entered
    ";

    // By SHA-256 of `pilot/NAME`: bob 4.995, dan 24.071, v 38.036, ann 92.885 percent
    a_sample_takes_the_leads_whose_hash_is_below_the_percentage: "
        segments: [{id: a, enter: {sample: 5, seed: pilot}}, {id: b, enter: {sample: 4.99, seed: pilot}}, {id: c, enter: {sample: 25, seed: pilot}}, {id: all, enter: {sample: 100, seed: pilot}}, {id: none, enter: {sample: 0, seed: pilot}}]
        when | what                  | then
        d0   | bob: track X          | → a entered, → c entered, → all entered
        d0   | dan: track X          | → c entered, → all entered
        d0   | ann: track X          | → all entered
    ";

    a_sample_goes_by_the_leads_name: "
        segments: [{id: g, enter: {sample: 50, seed: pilot}}]
        when | what                           | then
        d0   | visitor v: track X             | v: in g
        d0   | visitor w, bob: track X        | bob: → g entered
        d1   | ann, visitor v: identify       | ann: out g
    ";

    operators_are_required: "
        segments: [{id: g, enter: {attribute: a}}]
        refused operator
    ";

    over_is_required: "
        segments: [{id: g, enter: {rate: opened, lte: 0}}]
        refused over
    ";

    a_seed_is_required: "
        segments: [{id: g, enter: {sample: 50}}]
        refused seed
    ";

    events_must_not_be_empty_where_written: "
        segments: [{id: g, enter: {inactive: 3d, events: []}}]
        refused empty
    ";

    unknown_keys_are_errors: "
        segments: [{id: g, enter: {event: X, withn: 3d}}]
        refused within
    ";
}
