//! What a message says: when, once, and what (contract §2).

tables! {
    a_timestamp_without_a_zone_is_utc_and_one_with_a_zone_is_converted: r#"
        segments: [{id: a, enter: {event: A}}, {id: b, enter: {event: B}}, {id: c, enter: {event: C}}, {id: d, enter: {event: D}}]
        when             | what                                                                                | then
        2024-01-01 10:00 | raw {"type":"track","event":"A","userId":"ann","timestamp":"2024-01-01T10:00:00"}       | → a entered
        2024-01-01 11:00 | raw {"type":"track","event":"B","userId":"ann","timestamp":"2024-01-01T13:00:00+02:00"} | → b entered
        2024-01-01 12:30 | raw {"type":"track","event":"C","userId":"ann","timestamp":"2024-01-01T07:00-05:30"}    | → c entered
        2024-01-02       | raw {"type":"track","event":"D","userId":"ann","timestamp":"2024-01-02"}                | → d entered
    "#;

    what_is_finer_than_a_millisecond_is_cut_off: r#"
        segments: [{id: a, enter: {event: A}}, {id: b, enter: {event: B}}]
        when            | what                                                                                         | then
        d0 10:00:00.123 | raw {"type":"track","event":"A","userId":"ann","timestamp":"2024-01-01T10:00:00.123999Z"}   | → a entered
        d0 10:00:00.999 | raw {"type":"track","event":"B","userId":"ann","timestamp":"2024-01-01T10:00:00.9999999Z"}  | → b entered
    "#;

    in_a_file_a_message_without_a_timestamp_is_invalid_whatever_was_sent_at: r#"
        segments: [{id: a, enter: {event: A}}]
        when | what                                                                                                       | then
        d0   | raw {"type":"track","event":"A","userId":"ann"}                                                            | invalid timestamp
        d0   | raw {"type":"track","event":"A","userId":"ann","sentAt":"2024-01-01"}                                      | invalid timestamp
        d0   | raw {"type":"track","event":"A","userId":"ann","timestamp":"yesterday"}                                    | invalid timestamp
        d0   | raw {"type":"track","event":"A","userId":"ann","timestamp":"2024-02-30"}                                   | invalid timestamp
        d0   | raw {"type":"track","event":"A","userId":"ann","timestamp":1704067200}                                     | invalid timestamp
        d5   | raw {"type":"track","event":"A","userId":"ann","timestamp":"2024-01-06","sentAt":"2024-01-01"}             | → a entered
    "#;

    of_messages_with_one_id_the_first_received_stays: "
        segments: [{id: x, enter: {event: X}}, {id: y, enter: {event: Y}}]
        when | what           | then
        d5   | track X #k     | → x entered
        d1   | track Y #k     | nothing
        d6   | track Y #K     | → y entered
    ";

    a_message_id_counts_for_its_lead_alone: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what              | then
        d0   | ann: track X #k   | s=1
        d0   | bob: track X #k   | s=1
        d1   | ann: track X #k   | s=1
    ";

    who_messages_of_one_id_belong_to_is_settled_first: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}, {id: y, event: Y, points: 10}]}]
        when | what              | then
        d2   | old: track Y #k   | old: s=10
        d1   | new: track X #k   | new: s=1
        d3   | new: alias old    | new: s=10
    ";

    a_message_passed_over_for_its_id_still_tells_who_is_who: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}, {id: vip, if: {attribute: vip, eq: true}, points: 10}]}]
        when | what                               | then
        d0   | ann, visitor v: identify #k        | s=0
        d1   | ann, visitor w: identify vip=true #k | s=0
        d2   | visitor w: track X                 | ann: s=1, leads ann
    ";

    one_id_counts_among_the_messages_read_alone: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}, {id: y, event: Y, points: 10}]}]
        when | what              | then
        d5   | track Y #k        | s=10
        d1   | track X #k        | s=1
        d6   | (time)            | s=10
    ";

    a_message_without_an_id_is_called_by_its_line: "
        segments: [{id: a, enter: {event: A}}, {id: b, enter: {event: B}}]
        when | what                   | then
        d0   | track A #line-3        | → a entered
        d0   | blank                  | nothing
        -- this is the third line of the file
        d0   | track B                | nothing
        d0   | track B                | → b entered
    ";

    a_number_as_message_id_is_its_text: r#"
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                                                                                    | then
        d0   | track X #12                                                                             | s=1
        d0   | raw {"type":"track","event":"X","userId":"ann","messageId":12,"timestamp":"2024-01-01"} | s=1
        d0   | raw {"type":"track","event":"X","userId":"ann","messageId":"","timestamp":"2024-01-01"} | s=2
    "#;

    lines_that_are_no_valid_message_are_named_and_skipped: r#"
        segments: [{id: x, enter: {event: X}}]
        when | what                                                                                   | then
        d0   | raw [{"type":"track"}]                                                                 | invalid object
        d0   | raw {"type":"track",                                                                   | invalid JSON
        d0   | raw null                                                                               | invalid object
        d0   | raw {"userId":"ann","timestamp":"2024-01-01"}                                          | invalid type
        d0   | raw {"type":"Track","event":"X","userId":"ann","timestamp":"2024-01-01"}               | invalid Track
        d0   | raw {"type":"batch","batch":[],"userId":"ann","timestamp":"2024-01-01"}                | invalid batch
        d0   | raw {"type":"track","userId":"ann","timestamp":"2024-01-01"}                           | invalid event
        d0   | raw {"type":"track","event":5,"userId":"ann","timestamp":"2024-01-01"}                 | invalid event
        d0   | raw {"type":"alias","userId":"ann","timestamp":"2024-01-01"}                           | invalid previousId
        d0   | raw {"type":"alias","previousId":"ann","timestamp":"2024-01-01"}                       | invalid userId
        d0   | raw {"type":"track","event":"X","properties":{"email":"a@x.de"},"timestamp":"2024-01-01"} | invalid names nobody
        d0   | track X                                                                                | → x entered
    "#;

    traits_properties_and_context_are_objects_or_null: r#"
        segments: [{id: x, enter: {event: X}}]
        when | what                                                                                         | then
        d0   | raw {"type":"page","userId":"ann","properties":[],"timestamp":"2024-01-01"}                  | invalid properties
        d0   | raw {"type":"identify","userId":"ann","traits":"x","timestamp":"2024-01-01"}                 | invalid traits
        d0   | raw {"type":"track","event":"X","userId":"ann","context":true,"timestamp":"2024-01-01"}      | invalid context
        d0   | raw {"type":"track","event":"X","userId":"ann","traits":7,"timestamp":"2024-01-01"}          | invalid traits
        d0   | raw {"type":"track","event":"X","userId":"ann","properties":null,"traits":null,"context":null,"timestamp":"2024-01-01"} | → x entered
    "#;

    events_of_one_instant_are_taken_in_the_order_received: "
        segments: [{id: vip, enter: {attribute: vip, eq: true}}]
        when | what                  | then
        d1   | identify vip=false    | → vip left
        d0   | identify vip=true     | → vip entered
        d1   | identify vip=true     | → vip entered
        d1   | identify vip=null     | → vip left
    ";

    traits_set_attributes_and_null_removes_one: "
        scores: [{id: s, rules: [{id: a, if: {attribute: a, exists: true}, points: 1}, {id: b, if: {attribute: b, eq: 5}, points: 10}]}]
        when | what                  | then
        d0   | identify a=1 b=4      | s=1
        d1   | identify b=5          | s=11
        d2   | identify a=null       | s=10
        d3   | track X a=1           | s=10
    ";

    what_is_nested_is_named_by_a_dotted_path: r#"
        scores: [{id: s, rules: [{id: de, if: {attribute: address.country, eq: DE}, points: 1}, {id: x, event: X, where: {cart.total: {gte: 10}}, points: 10}]}]
        when | what                                     | then
        d0   | identify address={"country":"de"}        | s=1
        d1   | track X cart={"total":12}                | s=11
        d2   | identify address={"country":null}        | s=10
    "#;

    a_name_and_its_children_are_independent_but_null_removes_both: r#"
        scores:
          - {id: s, rules: [{id: whole, if: {attribute: address, exists: true}, points: 1}, {id: country, if: {attribute: address.country, exists: true}, points: 10}]}
        when | what                                  | then
        d0   | identify address={"country":"DE"}     | s=10
        d1   | identify address=here                 | s=11
        d2   | identify address={"country":"FR"}     | s=11
        d3   | identify address=null                 | s=0
    "#;

    group_traits_are_attributes_of_the_company: r#"
        scores:
          - {id: s, rules: [{id: big, if: {attribute: company.size, gte: 100}, points: 1}, {id: own, if: {attribute: size, exists: true}, points: 10}]}
        when | what                    | then
        d0   | group size=500          | s=1
        d1   | identify size=3         | s=11
        d2   | identify company=null   | s=10
        d3   | group size="150"        | s=11
        d4   | group size=null         | s=10
    "#;

    a_property_that_is_null_is_missing: "
        scores: [{id: s, rules: [{id: x, event: X, where: {plan: {exists: false}}, points: 1}]}]
        when | what                | then
        d0   | track X plan=null   | s=1
        d1   | track X plan=gold   | s=1
        d2   | track X             | s=2
    ";

    kinds_compare_exactly: r#"
        scores: [{id: s, rules: [{id: x, event: Form Submitted, points: 1}]}]
        when | what                                                                                       | then
        d0   | track Form Submitted                                                                       | s=1
        d0   | track form submitted                                                                       | s=1
        d0   | raw {"type":"track","event":"Form Submitted ","userId":"ann","timestamp":"2024-01-01"}     | s=1
    "#;

    a_page_is_page_viewed_and_a_screen_screen_viewed: "
        scores: [{id: s, rules: [{id: page, event: Page Viewed, points: 1}, {id: screen, event: Screen Viewed, points: 10}]}]
        when | what                          | then
        d0   | page /                        | s=1
        d0   | track Page Viewed path=/      | s=2
        d0   | screen                        | s=12
        d0   | track Screen Viewed           | s=22
    ";

    identify_group_and_alias_have_no_kind: "
        scores: [{id: s, rules: [{id: a, event: identify, points: 1}, {id: b, event: group, points: 1}, {id: c, event: alias, points: 1}]}]
        segments: [{id: quiet, enter: {inactive: 2d}}]
        when | what                | then
        d0   | identify a=1        | s=0, next d2
        d1   | group a=1           | s=0, next d2
        d1   | alias old           | s=0, next d2
        d2   | (time)              | → quiet entered
    ";

    a_missing_path_is_that_of_the_url: r#"
        scores: [{id: s, rules: [{id: p, event: Page Viewed, where: {path: {in: [/a, /, "/b%20c"]}}, points: 1}]}]
        when | what                                             | then
        d0   | page url="https://x.de/a?q=1#top"                | s=1
        d0   | page url="https://x.de"                          | s=2
        d0   | page url="https://x.de?q=/x"                     | s=3
        d0   | page url="https://x.de/b%20c"                    | s=4
        d0   | page path=null url="https://x.de/a"              | s=5
        d0   | page /z url="https://x.de/a"                     | s=5
        d0   | page title=Home                                  | s=5
    "#;

    an_event_has_the_topic_that_its_property_names: "
        topics: [{id: shirts}, {id: ties}]
        interests: {weights: {X: 1, Page Viewed: 1}}
        when | what                | then
        d0   | track X topic=shirts | shirts=1, ties=none
        d0   | track X topic=ties  | ties=1
        d0   | track X topic=Ties  | ties=1
        d0   | page /a topic=ties  | ties=2
        d0   | track X             | ties=2, shirts=1
    ";

    a_page_takes_the_first_declared_topic_whose_pages_match: r#"
        topics: [{id: shirts, pages: ["/shirts*"]}, {id: sale, pages: ["/x", "*sale*"]}]
        interests: {weights: {Page Viewed: 1, Email Link Clicked: 1}}
        when | what                          | then
        d0   | page /shirts/sale             | shirts=1, sale=none
        d0   | page url="https://a.de/sale?"  | sale=1
        d0   | track Page Viewed path=/x     | sale=2
        d0   | page /x topic=shirts          | shirts=2, sale=2
        -- in a replay a click's topic is its own alone
        d0   | clicked c1 path=/x            | sale=2
        d0   | clicked c1 topic=sale         | sale=3
    "#;

    an_undeclared_topic_counts_nowhere_and_stops_the_globs: r#"
        topics: [{id: shirts, pages: ["*"]}]
        interests: {weights: {Page Viewed: 1}}
        when | what                   | then
        d0   | page /a topic=hats     | shirts=none, primary=none
        d0   | page /a                | shirts=1
        d0   | page /a topic=null     | shirts=2
    "#;

    a_topic_found_by_a_glob_is_no_property: r#"
        topics: [{id: shirts, pages: ["*"]}]
        interests: {weights: {Page Viewed: 1}}
        scores: [{id: s, rules: [{id: own, event: Page Viewed, where: {topic: shirts}, points: 1}]}]
        when | what                  | then
        d0   | page /a               | s=0, shirts=1
        d0   | page /a topic=shirts  | s=1, shirts=2
    "#;

    globs_match_whole_paths_with_star_and_question_mark_alone: r#"
        topics: [{id: q, pages: ["/a?c"]}, {id: star, pages: ["/b*d"]}, {id: plain, pages: ["/[x]", "/e.e", "/\\f"]}]
        interests: {weights: {Page Viewed: 1}}
        when | what              | then
        d0   | page /abc         | q=1
        d0   | page /ac          | q=1
        d0   | page /abcd        | q=1
        d0   | page /aéc         | q=2
        d0   | page /bd          | star=1
        d0   | page /b/x/d       | star=2
        d0   | page /b/d/        | star=2
        d0   | page /B/d         | star=2
        d0   | page /[x]         | plain=1
        d0   | page /x           | plain=1
        d0   | page /e.e         | plain=2
        d0   | page /exe         | plain=2
        d0   | page /\f          | plain=3
    "#;

    what_a_machine_caused_has_no_effect: r#"
        topics: [{id: shirts, pages: ["/shirts"]}]
        interests: {}
        scores: [{id: s, rules: [{id: v, event: Page Viewed, points: 5}]}]
        segments: [{id: seen, enter: {event: Page Viewed}}, {id: won, enter: {deal: won}}]
        sequences: [{id: q, enroll: {event: Page Viewed}, steps: []}]
        when | what                          | then
        d0   | identify name=Ann             | s=0
        d1   | machine page /shirts          | s=0, out seen, primary=none
        d2   | machine Deal Won d1           | out won
        d3   | machine Segment Pinned seen   | nothing
        d4   | machine Sequence Entered q    | nothing
        d5   | machine Tagged vip            | next none
    "#;

    a_machine_starts_neither_the_lead_nor_its_idle_clock: "
        ladders: [{id: l, stages: [{id: a}, {id: b, enter: {event: X}}]}]
        segments: [{id: quiet, enter: {inactive: 3d}}]
        when | what                 | then
        d0   | machine page /       | leads
        d1   | track Y              | → l a, next d4, leads ann
        d2   | machine page /       | next d4
        d4   | (time)               | → quiet entered
        d5   | machine page /       | nothing
        d6   | bob: machine track X | leads ann
    ";

    machine_means_nothing_on_an_identify_or_group: "
        scores: [{id: s, rules: [{id: a, if: {attribute: a, eq: 1}, points: 1}, {id: b, if: {attribute: company.b, eq: 1}, points: 10}]}]
        when | what                   | then
        d0   | machine identify a=1   | s=1, leads ann
        d1   | machine group b=1      | s=11
    ";

    history_counts_everywhere_but_enrols_nobody: "
        scores: [{id: s, rules: [{id: v, event: Page Viewed, points: 5}]}]
        segments: [{id: seen, enter: {event: Page Viewed}}]
        sequences: [{id: q, enroll: {event: Page Viewed, within: 2d}, again: always, steps: []}]
        when | what                   | then
        d0   | history page /         | s=5, → seen entered
        -- it has been true since d0
        d1   | page /                 | s=10
        d3   | (time)                 | nothing
        d4   | page /                 | → q enrolled, → q finished
    ";

    up_to_the_last_message_from_the_past_nobody_is_enrolled: "
        sequences: [{id: q, enroll: {event: X, within: 2d}, again: always, steps: []}]
        when | what                   | then
        d0   | track X                | nothing
        d3   | track X                | nothing
        d3   | history track Y        | nothing
        d5   | (time)                 | nothing
        d5   | track X                | → q enrolled, → q finished
    ";

    history_is_asked_of_each_lead_apart: "
        sequences: [{id: q, enroll: {event: X}, steps: []}]
        when | what                   | then
        d0   | bob: history track X   | nothing
        d0   | ann: track X           | → q enrolled, → q finished
    ";

    not_even_by_hand_is_anybody_enrolled_in_the_past: "
        sequences: [{id: q, enroll: {event: X}, steps: []}]
        when | what                        | then
        d0   | history Sequence Entered q  | nothing
        d1   | Sequence Entered q          | nothing
        d2   | history track Y             | nothing
        d3   | Sequence Entered q          | → q enrolled, → q finished
    ";

    history_tells_of_an_identify_too: "
        sequences: [{id: q, enroll: {attribute: vip, eq: true}, steps: []}]
        when | what                        | then
        d0   | history identify vip=true   | nothing
        d1   | identify vip=false          | nothing
        d2   | identify vip=true           | → q enrolled, → q finished
    ";

    tags_are_a_list_that_is_changed_by_hand: r#"
        scores:
          - {id: s, rules: [{id: vip, if: {attribute: tags, contains: vip}, points: 1}, {id: any, if: {attribute: tags, exists: true}, points: 10}, {id: not-b, if: {attribute: tags, ne: b}, points: 100}]}
        when | what                  | then
        d0   | track Y               | s=0
        d1   | Tagged VIP            | s=111
        d2   | Tagged vip            | s=111
        d3   | Tagged b              | s=11
        d4   | Untagged vip          | s=10
        d5   | Untagged B            | s=110
    "#;

    a_single_tag_becomes_a_list_of_one_and_tags_compare_as_eq_does: r#"
        scores:
          - {id: s, rules: [{id: five, if: {attribute: tags, contains: 5}, points: 1}, {id: any, if: {attribute: tags, exists: true}, points: 10}]}
        when | what                  | then
        d0   | identify tags="5"     | s=10
        d1   | Tagged a              | s=11
        d2   | Untagged 5.0          | s=10
        d3   | Untagged a            | s=10
    "#;

    the_owner_is_an_attribute: "
        segments: [{id: kims, enter: {attribute: owner, eq: kim}}]
        when | what                    | then
        d0   | Owner Set Kim by=Pat    | → kims entered
        d1   | Owner Set Lee           | → kims left
        d2   | identify owner=kim      | → kims entered
    ";

    what_is_made_by_hand_is_an_event_like_any_other: "
        scores: [{id: s, rules: [{id: note, event: Note Written, points: 1}, {id: call, event: Call Logged, where: {outcome: reached}, points: 10}, {id: tag, event: Tagged, points: 100}]}]
        when | what                               | then
        d0   | track Note Written by=kim          | s=1
        d0   | track Call Logged outcome=reached  | s=11
        d0   | track Call Logged outcome=missed   | s=11
        d0   | Tagged vip                         | s=111
    ";

    ids_of_deals_are_text_and_a_number_stands_for_it: r#"
        segments: [{id: open, enter: {deal: open}}]
        when | what                            | then
        d0   | Deal Created 7                  | → open entered
        d1   | Deal Lost "8"                   | nothing
        d2   | Deal Lost "7"                   | → open left
        -- no id is an id of its own: together one deal
        d3   | Deal Created                    | → open entered
        d4   | track Deal Created deal_id=true | nothing
        d5   | track Deal Lost deal_id=[7]     | → open left
    "#;

    whole_numbers_beyond_the_doubles_are_numbers_all_the_same: "
        segments: [{id: starts, enter: {attribute: x, starts_with: '123'}}, {id: same, enter: {attribute: x, eq: '12345678901234567890.0'}}]
        when | what                               | then
        d0   | identify x=12345678901234567890    | → same entered
    ";
}
