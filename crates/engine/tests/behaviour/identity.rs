//! Who a message belongs to (contract §2, *Who*).

tables! {
    a_message_with_a_user_id_belongs_to_this_lead: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                     | then
        d0   | ann: track X             | s=1
        d1   | bob: track X             | s=1
        d2   | ann, visitor v: track X  | s=2, leads ann bob
    ";

    ids_are_compared_exactly: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what          | then
        d0   | ann: track X  | s=1
        d0   | Ann: track X  | s=1, leads Ann ann
    ";

    a_number_as_id_is_its_decimal_text: r#"
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                                                                                | then
        d0   | raw {"type":"track","event":"X","userId":7,"timestamp":"2024-01-01"}                | 7: s=1
        d1   | 7: track X                                                                          | s=2, leads 7
        d2   | raw {"type":"track","event":"X","userId":7.0,"timestamp":"2024-01-03"}              | 7: s=3, leads 7
        d3   | raw {"type":"track","event":"X","userId":true,"timestamp":"2024-01-04"}             | invalid names nobody
        d3   | raw {"type":"track","event":"X","userId":{},"anonymousId":5,"timestamp":"2024-01-04"} | 5: s=1, leads 5 7
    "#;

    an_identify_with_an_email_alone_belongs_to_who_has_it: r#"
        scores: [{id: s, rules: [{id: chief, if: {attribute: job, eq: chief}, points: 9}]}]
        when | what                                           | then
        d0   | ann: identify email=ann@x.de                   | s=0
        d1   | nobody: identify email=" ANN@X.de " job=chief  | ann: s=9, leads ann
        d2   | nobody: identify email=bob@x.de                | leads ann bob@x.de, bob@x.de: s=0
    "#;

    an_email_belongs_for_all_times_to_the_first_user_that_came_with_it: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                                    | then
        d0   | visitor v: identify email=ann@x.de      | leads ann@x.de
        d1   | visitor v: track X                      | ann@x.de: s=1
        d9   | ann: identify email=ann@x.de            | s=1, leads ann
    ";

    of_two_users_with_one_email_the_first_received_has_it: "
        scores: [{id: s, rules: [{id: vip, if: {attribute: vip, eq: true}, points: 10}, {id: mail, if: {attribute: email, eq: a@x.de}, points: 1}]}]
        when | what                                    | then
        d5   | bob: identify email=a@x.de              | nothing
        -- earlier, but received later: the attribute is set all the same
        d1   | ann: identify email=a@x.de              | conflict a@x.de, ann: s=1
        d6   | nobody: identify email=a@x.de vip=true  | bob: s=11, ann: s=1, leads ann bob
    ";

    the_conflict_names_the_alias_that_would_join_the_two: r#"
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                              | then
        d0   | ann: identify email=a@x.de        | nothing
        d1   | bob: identify email=A@x.de        | conflict a@x.de, conflict "previousId": "bob", conflict "userId": "ann"
        d2   | bob: track X                      | s=1, leads ann bob
    "#;

    a_public_claim_gives_way_to_any_that_is_not_public: "
        scores: [{id: s, rules: [{id: vip, if: {attribute: vip, eq: true}, points: 10}, {id: mail, if: {attribute: email, eq: a@x.de}, points: 1}]}]
        when | what                                       | then
        d0   | evil-1: public identify email=a@x.de       | conflict a@x.de, evil-1: s=1
        d1   | evil-2: public identify email=a@x.de       | conflict a@x.de, evil-2: s=0, evil-1: s=1
        d2   | nobody: identify email=a@x.de vip=true     | evil-1: s=11, leads evil-1 evil-2
        d3   | ann: identify email=A@x.de                 | leads ann evil-1 evil-2, evil-1: s=0, ann: s=11
        d5   | bob: identify email=a@x.de                 | conflict a@x.de, bob: s=1
    ";

    an_email_that_came_by_itself_before_any_public_claim_is_a_lead_of_its_own: r#"
        scores: [{id: s, rules: [{id: mail, if: {attribute: email, eq: a@x.de}, points: 1}]}]
        when | what                                          | then
        d0   | nobody: identify email=a@x.de                 | leads a@x.de
        d1   | evil-1: public identify email=a@x.de          | conflict a@x.de, conflict "previousId": "evil-1", conflict "userId": "a@x.de", evil-1: s=0, leads a@x.de evil-1
    "#;

    the_alias_of_such_a_conflict_makes_the_two_one: "
        scores: [{id: s, rules: [{id: mail, if: {attribute: email, eq: a@x.de}, points: 1}, {id: x, event: X, points: 2}]}]
        when | what                                          | then
        d0   | nobody: identify email=a@x.de                 | a@x.de: s=1
        d1   | evil-1: public identify email=a@x.de          | evil-1: s=0, leads a@x.de evil-1
        d2   | evil-1: track X                               | s=2
        d3   | a@x.de: alias evil-1                          | a@x.de: s=3, leads a@x.de
    ";

    an_email_that_only_public_messages_brought_belongs_to_the_first_claim: "
        scores: [{id: s, rules: [{id: mail, if: {attribute: email, eq: a@x.de}, points: 1}]}]
        when | what                                       | then
        d0   | nobody: public identify email=a@x.de       | leads a@x.de
        d1   | ann: public identify email=a@x.de          | s=1, leads ann
        d2   | nobody: identify email=a@x.de              | leads ann
        -- the order received decides, not the instants
        d1   | bob: public identify email=a@x.de          | conflict a@x.de, bob: s=0, leads ann bob
    ";

    a_public_user_id_that_is_an_address_claims_it_weakly_too: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                                       | then
        d0   | ann@x.de: public track X                   | conflict ann@x.de, s=1
        d1   | nobody: identify email=ann@x.de            | leads ann@x.de
        d2   | ann: identify email=ann@x.de               | leads ann ann@x.de
        d3   | nobody: identify email=ann@x.de            | leads ann ann@x.de
    ";

    two_made_one_have_no_conflict: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                              | then
        d0   | ann: identify email=a@x.de        | nothing
        d1   | bob: identify email=a@x.de        | leads ann bob
        d2   | bob: track X                      | s=1
        d3   | ann: alias bob                    | s=1, leads ann
    ";

    a_user_id_with_an_at_sign_is_an_email_of_its_lead: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                                    | then
        d0   | visitor v: identify email=ann@x.de      | nothing
        d1   | visitor v: track X                      | ann@x.de: s=1
        d2   | Ann@X.de: track X                       | Ann@X.de: s=2, leads Ann@X.de
    ";

    a_user_id_that_is_the_email_of_another_user_is_a_conflict: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                                    | then
        d0   | ann: identify email=ann@x.de            | nothing
        d1   | ann@x.de: track X                       | conflict ann@x.de, ann@x.de: s=1, ann: s=0, leads ann ann@x.de
    ";

    a_visitor_belongs_to_the_person_last_tied: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                          | then
        d1   | ann, visitor v: identify      | nothing
        d2   | visitor v: track X            | ann: s=1
        d3   | bob, visitor v: identify      | nothing
        d4   | visitor v: track X            | bob: s=1, ann: s=1
        d2 12:00 | visitor v: track X        | ann: s=2, leads ann
    ";

    before_the_first_tie_a_visitor_belongs_to_the_first_tied_later: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                          | then
        d0   | visitor v: track X            | v: s=1, leads v
        d1   | visitor v: track X            | v: s=2
        d3   | ann, visitor v: identify      | ann: s=2, leads ann
        d4   | bob, visitor v: identify      | ann: s=2, bob: s=0
    ";

    the_first_tie_is_the_earliest_not_the_first_received: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                          | then
        d0   | visitor v: track X            | nothing
        d3   | bob, visitor v: identify      | bob: s=1
        d2   | ann, visitor v: identify      | ann: s=1
        d9   | (time)                        | s=1, bob: s=0
    ";

    a_tie_at_an_instant_counts_for_it_whichever_was_received_first: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                          | then
        d0   | ann, visitor v: identify      | nothing
        d1   | visitor v: track X            | ann: s=1
        d1   | bob, visitor v: identify      | bob: s=1, ann: s=0
        d0 23:59:59.999 | visitor v: track X | ann: s=1
        d2   | (time)                        | s=1, bob: s=1
    ";

    of_several_ties_at_an_instant_the_last_received_counts: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                          | then
        d1   | bob, visitor v: identify      | nothing
        d1   | ann, visitor v: identify      | nothing
        d0   | visitor v: track X            | leads v
        d2   | visitor v: track X            | ann: s=2, bob: s=0
    ";

    nothing_but_identify_and_alias_ties: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                             | then
        d0   | ann, visitor v: track X          | nothing
        d0   | ann, visitor v: page /           | nothing
        d0   | ann, visitor v: screen           | nothing
        d0   | ann, visitor v: group name=ACME  | nothing
        d1   | visitor v: track X               | v: s=1, ann: s=1, leads ann v
    ";

    an_identify_of_a_visitor_alone_ties_to_nobody: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}, {id: chief, if: {attribute: job, eq: chief}, points: 9}]}]
        when | what                                | then
        d0   | visitor v: identify job=chief       | v: s=9, leads v
        d1   | visitor w: track X                  | w: s=1, v: s=9
        d2   | ann, visitor v: identify            | s=9, leads ann w
    ";

    visitors_tied_to_one_person_are_one_lead: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                              | then
        d0   | visitor phone: track X            | nothing
        d0   | visitor desk: track X             | leads desk phone
        d1   | ann, visitor phone: identify      | nothing
        d1   | ann, visitor desk: identify       | s=2, leads ann
    ";

    a_tie_to_an_email_follows_it_to_its_user: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                                | then
        d0   | visitor v: identify email=a@x.de    | nothing
        d1   | ann: identify email=a@x.de          | nothing
        d2   | visitor v: track X                  | ann: s=1, leads ann
    ";

    an_alias_makes_two_users_one_for_all_times: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what              | then
        d0   | old: track X      | old: s=1
        d1   | new: track X      | old: s=1, new: s=1
        d2   | new: alias old    | new: s=2, leads new
        d3   | old: track X      | new: s=3, leads new
    ";

    aliases_apply_in_the_order_of_events: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what              | then
        d3   | a: alias c        | nothing
        d2   | b: alias a        | nothing
        -- b went into c by then, so a goes into c; that c goes into a changes nothing any more
        d1   | c: alias b        | nothing
        d4   | a: track X        | c: s=1, leads c
    ";

    aliases_at_one_instant_apply_in_the_order_received: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what              | then
        d0   | bob: alias ann    | nothing
        d0   | ann: alias bob    | nothing
        d1   | ann: track X      | bob: s=1, leads bob
    ";

    an_alias_of_one_who_is_the_same_already_changes_nothing: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what              | then
        d0   | ann: track X      | nothing
        d1   | ann: alias ann    | s=1, leads ann
        d2   | ann: alias old    | nothing
        d3   | ann: alias old    | leads ann
        d4   | ann: track X      | s=2
    ";

    an_old_id_that_nobody_carries_is_a_visitor_and_is_tied: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                      | then
        d0   | visitor v: track X        | v: s=1
        d1   | ann: alias v              | ann: s=1, leads ann
        d2   | bob, visitor v: identify  | nothing
        d3   | visitor v: track X        | ann: s=1, bob: s=1
    ";

    an_old_id_is_a_user_if_any_message_carries_it_whenever: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}, {id: y, event: Y, points: 10}]}]
        when | what                  | then
        d0   | visitor v: track X    | nothing
        d1   | ann: alias v          | ann: s=1
        d2   | v: track Y            | ann: s=10, leads ann v
        d3   | (time)                | ann: s=10, v: s=1
    ";

    an_alias_that_names_a_visitor_ties_it_too: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                       | then
        d0   | visitor v: track X         | nothing
        d1   | old: track X               | leads old v
        d2   | new, visitor v: alias old  | new: s=2, leads new
    ";

    what_belonged_to_the_old_user_belongs_to_the_new_one: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}, {id: vip, if: {attribute: vip, eq: true}, points: 10}]}]
        when | what                                   | then
        d0   | old, visitor v: identify email=a@x.de  | nothing
        d1   | new: alias old                         | nothing
        d2   | visitor v: track X                     | new: s=1
        d3   | nobody: identify email=a@x.de vip=true | new: s=11, leads new
        d4   | new: identify email=a@x.de             | nothing
        d5   | bob: identify email=a@x.de             | conflict a@x.de, leads bob new
    ";

    an_alias_later_than_the_instant_asked_is_not_read: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what              | then
        d3   | bob: alias ann    | nothing
        d1   | ann: track X      | s=1, leads ann
        d1   | bob: track X      | s=1, ann: s=1, leads ann bob
        d3   | (time)            | bob: s=2, leads bob
    ";

    a_name_is_the_user_id_else_the_email_else_the_visitor: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                                | then
        d0   | visitor v: track X                  | leads v
        d1   | visitor v: identify email=Ann@x.de  | leads ann@x.de
        d2   | nr-7: identify email=ann@x.de       | leads nr-7
        d3   | nr-8: alias nr-7                    | leads nr-8
    ";

    leads_are_printed_by_name_in_the_order_of_code_points: "
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what              | then
        d0   | émile: track X    | nothing
        d0   | ann: track X      | nothing
        d0   | Zed: track X      | nothing
        d0   | 😀: track X       | nothing
        d0   | visitor 10: track X | nothing
        d0   | 9: track X        | leads 10 9 Zed ann émile 😀
    ";

    empty_ids_are_as_absent: r#"
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                                                                              | then
        d0   | raw {"type":"track","event":"X","userId":"","anonymousId":"v","timestamp":"2024-01-01"} | v: s=1, leads v
        d1   | raw {"type":"track","event":"X","userId":"","timestamp":"2024-01-02"}             | invalid names nobody
        d2   | raw {"type":"alias","userId":"a","previousId":"","timestamp":"2024-01-03"}        | invalid alias
        d3   | raw {"type":"identify","traits":{"email":"  "},"timestamp":"2024-01-04"}          | invalid names nobody
    "#;
}
