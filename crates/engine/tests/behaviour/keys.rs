//! Which texts and numbers are keys, and in which form they are compared (contract §2, Who 3 and 18–21).

#![allow(clippy::invisible_characters, reason = "addresses are pasted with them, and they must not make another lead")]

tables! {
    addresses_that_reach_one_mailbox_are_one_lead: r#"
        scores: [{id: s, rules: [{id: n, if: {attribute: n, gte: 1}, points: 1}]}]
        when | what                                                     | then
        d0   | nobody: identify email=eve@bücher.example n=1            | leads eve@xn--bcher-kva.example
        d1   | nobody: identify email=" EVE@Bücher.Example "            | leads eve@xn--bcher-kva.example
        d2   | nobody: identify email="e​ve@xn--bcher-kva.example"       | leads eve@xn--bcher-kva.example
        d3   | nobody: identify email="eve@BÜCHER.EXAMPLE‍"              | leads eve@xn--bcher-kva.example
        d4   | ann: identify email=eve@bücher.example                   | ann: s=1, leads ann
    "#;

    the_attribute_keeps_the_text_as_it_came: r#"
        segments: [{id: as-written, enter: {attribute: email, ends_with: "bücher.example "}}]
        when | what                                            | then
        d0   | nobody: identify email=" EVE@Bücher.Example "   | eve@xn--bcher-kva.example: → as-written entered
    "#;

    other_letters_of_the_local_part_stay_apart: r#"
        scores: [{id: s, rules: []}]
        when | what                                          | then
        d0   | nobody: identify email=freshk@x.de            | leads freshk@x.de
        -- the Kelvin sign, which Unicode lowercases to k
        d0   | nobody: identify email=freshK@x.de            | leads freshk@x.de freshK@x.de
    "#;

    a_text_without_the_form_of_one_address_is_an_attribute_but_not_a_key: r#"
        segments: [{id: none, enter: {attribute: email, eq: none}}, {id: two, enter: {attribute: email, contains: ","}}]
        when | what                                                | then
        d0   | ann: identify email=none                            | → none entered
        d0   | bob: identify email=none                            | bob: → none entered
        d1   | ann: identify email="a@x.de, b@x.de"                | → none left, → two entered
        d1   | nobody: identify email=none                         | invalid names nobody
        d1   | nobody: identify email="Ann <ann@x.de>"             | invalid names nobody
        d1   | nobody: identify email=ann@x..de                    | invalid names nobody
        d1   | nobody: identify email="ann @x.de"                  | invalid names nobody
        d1   | visitor v: identify email=n/a                       | leads ann bob v
    "#;

    a_user_id_that_contains_an_address_is_its_leads_email: r#"
        scores: [{id: s, rules: [{id: n, if: {attribute: n, gte: 1}, points: 1}]}]
        when | what                                             | then
        d0   | Ann@X.de: track X                                | leads Ann@X.de
        d1   | nobody: identify email=ann@x.de n=1              | Ann@X.de: s=1, leads Ann@X.de
        d2   | a@b@c: track X                                   | leads Ann@X.de a@b@c
    "#;

    placeholders_name_nobody: r#"
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                                       | then
        d0   | undefined, visitor v1: track X             | v1: s=1
        d0   | undefined, visitor v2: track X             | v2: s=1
        d0   | undefined: track X                         | invalid names nobody
        d0   | NULL, visitor undefined: track X           | invalid names nobody
        d0   | visitor guest: track X                     | invalid names nobody
        d0   | [object Object], visitor v1: identify email=real-a@x.de | leads real-a@x.de v2, real-a@x.de: s=1
        d1   | None, visitor v2: identify email=real-b@x.de            | leads real-a@x.de real-b@x.de, real-b@x.de: s=1
        d2   | 00: track X                                | leads 00 real-a@x.de real-b@x.de
        d2   | undefined: alias real-a@x.de               | invalid alias
        d2   | ann: alias null                            | invalid alias
    "#;

    placeholders_may_be_numbers_and_have_blanks_around_them: r#"
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                                                                                                      | then
        d0   | raw {"type":"track","event":"X","userId":0,"anonymousId":"a","timestamp":"2024-01-01"}                    | a: s=1
        d0   | raw {"type":"track","event":"X","userId":-0.0,"anonymousId":"a","timestamp":"2024-01-01"}                 | a: s=2
        d0   | raw {"type":"track","event":"X","userId":" n/a ","anonymousId":"a","timestamp":"2024-01-01"}              | a: s=3
        d0   | raw {"type":"track","event":"X","userId":"-","anonymousId":"(null)","timestamp":"2024-01-01"}             | invalid names nobody
        -- a deal, a copy and a message may be called so
        d0   | raw {"type":"track","event":"X","userId":"b","messageId":"null","timestamp":"2024-01-01"}                 | b: s=1, leads a b
    "#;

    ids_keep_the_digits_that_were_written: r#"
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                                                                                            | then
        d0   | raw {"type":"track","event":"X","userId":20000000000000000001,"timestamp":"2024-01-01"}         | leads 20000000000000000001
        d0   | raw {"type":"track","event":"X","userId":20000000000000000002,"timestamp":"2024-01-01"}         | leads 20000000000000000001 20000000000000000002
        d0   | raw {"type":"track","event":"X","userId":"20000000000000000001","timestamp":"2024-01-01"}       | 20000000000000000001: s=2, leads 20000000000000000001 20000000000000000002
        d0   | raw {"type":"track","event":"X","userId":20000000000000000002.0,"timestamp":"2024-01-01"}       | 20000000000000000002: s=2, leads 20000000000000000001 20000000000000000002
    "#;

    extreme_numbers_as_ids_are_what_was_written: r#"
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                                                                                            | then
        d0   | raw {"type":"track","event":"X","userId":-20000000000000000001,"timestamp":"2024-01-01"}        | leads -20000000000000000001
        d0   | raw {"type":"track","event":"X","userId":1e3,"timestamp":"2024-01-01"}                          | leads -20000000000000000001 1000
        d0   | raw {"type":"track","event":"X","userId":1e400,"timestamp":"2024-01-01"}                        | leads -20000000000000000001 1000 1e400
        d0   | raw {"type":"track","event":"X","userId":"1e400","timestamp":"2024-01-01"}                      | 1e400: s=2, leads -20000000000000000001 1000 1e400
    "#;

    deals_copies_and_message_ids_keep_their_digits: r#"
        segments: [{id: open, enter: {deal: open}}, {id: half, enter: {rate: opened, over: 30d, eq: 0.5}}]
        scores: [{id: s, rules: [{id: x, event: X, points: 1}]}]
        when | what                                                                                                                                        | then
        d0   | raw {"type":"track","event":"Deal Created","userId":"ann","timestamp":"2024-01-01","properties":{"deal_id":20000000000000000001}}           | → open entered
        d0   | raw {"type":"track","event":"Deal Lost","userId":"ann","timestamp":"2024-01-01","properties":{"deal_id":20000000000000000002}}              | in open
        d1   | raw {"type":"track","event":"Deal Lost","userId":"ann","timestamp":"2024-01-02","properties":{"deal_id":"20000000000000000001"}}            | → open left
        d2   | raw {"type":"track","event":"Email Delivered","userId":"ann","timestamp":"2024-01-03","properties":{"send_id":20000000000000000001}}        | nothing
        d2   | raw {"type":"track","event":"Email Delivered","userId":"ann","timestamp":"2024-01-03","properties":{"send_id":20000000000000000002}}        | nothing
        d2   | raw {"type":"track","event":"Email Opened","userId":"ann","timestamp":"2024-01-03","properties":{"send_id":20000000000000000002}}           | → half entered
        d3   | raw {"type":"track","event":"X","userId":"ann","messageId":20000000000000000001,"timestamp":"2024-01-04"}                                   | s=1
        d3   | raw {"type":"track","event":"X","userId":"ann","messageId":20000000000000000002,"timestamp":"2024-01-04"}                                   | s=2
        d3   | raw {"type":"track","event":"X","userId":"ann","messageId":"20000000000000000002","timestamp":"2024-01-04"}                                 | s=2
    "#;

    half_a_character_in_any_text_reads_as_the_replacement_character: r#"
        scores: [{id: s, rules: [{id: x, event: "X �", points: 1}, {id: t, event: Page Viewed, where: {title: "Sale �"}, points: 10}, {id: e, event: Page Viewed, where: {title: "Sale 😀"}, points: 100}, {id: n, if: {attribute: a.b, eq: "�"}, points: 1000}]}]
        when | what                                                                                                                             | then
        d0   | raw {"type":"track","event":"X \ud83d","userId":"ann","messageId":"m","timestamp":"2024-01-01"}                                  | s=1
        d1   | raw {"type":"page","userId":"ann","timestamp":"2024-01-02","properties":{"title":"Sale \ud83d"}}                                 | s=11
        d2   | raw {"type":"page","userId":"ann","timestamp":"2024-01-03","properties":{"title":"Sale \ud83d\ude00"}}                           | s=111
        d3   | raw {"type":"identify","userId":"ann","timestamp":"2024-01-04","traits":{"a":{"b":"\udfff","\udfff":["\ud83d"]}}}                | s=1111
        d4   | raw {"type":"track","event":"X �","userId":"\ude00","timestamp":"2024-01-05"}                                                    | �: s=1
    "#;

    a_number_that_no_double_holds_costs_no_event: r#"
        scores: [{id: s, rules: [{id: x, event: X, points: 1}, {id: y, event: X, where: {n: {gt: 5}}, points: 10}, {id: z, if: {attribute: m, lt: 0}, points: 100}]}]
        when | what                                                                                                          | then
        d0   | raw {"type":"track","event":"X","userId":"ann","timestamp":"2024-01-01","properties":{"n":1e400}}             | s=11
        d1   | raw {"type":"track","event":"X","userId":"ann","timestamp":"2024-01-02","properties":{"n":[-1e400]}}          | s=12
        d2   | raw {"type":"identify","userId":"ann","timestamp":"2024-01-03","traits":{"m":-1e400}}                         | s=112
    "#;
}
