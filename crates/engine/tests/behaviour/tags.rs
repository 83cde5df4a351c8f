//! The attribute `tags` (contract §2, What 26 and 28).

tables! {
    tags_compare_as_with_eq: r#"
        segments: [{id: vip, enter: {attribute: tags, contains: vip}}, {id: five, enter: {attribute: tags, contains: 5}}]
        when | what             | then
        d0   | Tagged VIP       | → vip entered
        d1   | Tagged vip       | in vip
        d2   | Untagged Vip     | → vip left
        d3   | Tagged "5"       | → five entered
        d4   | Tagged 5         | in five
        d5   | Untagged 5.0     | → five left
    "#;

    a_single_value_becomes_a_list_of_one: r#"
        segments: [{id: a, enter: {attribute: tags, eq: a}}, {id: b, enter: {attribute: tags, eq: b}}, {id: part, enter: {attribute: tags, starts_with: vi}}]
        when | what                  | then
        d0   | identify tags=a       | → a entered
        d1   | Tagged b              | in a, → b entered
        d2   | identify tags=vip     | → a left, → b left, → part entered
        d3   | Untagged x            | in part
        d4   | Untagged vip          | → part left
    "#;

    an_emptied_list_stays_as_an_empty_list: r#"
        segments: [{id: has, enter: {attribute: tags, exists: true}}, {id: none, enter: {attribute: tags, ne: a}}]
        when | what                     | then
        d0   | Untagged a               | out has
        d1   | Tagged a                 | → has entered
        d2   | Untagged a               | in has, → none entered
        d3   | identify tags=null       | → has left, → none left
        d4   | identify tags=[]         | → has entered, → none entered
    "#;

    traits_replace_the_list_in_the_order_of_events: r#"
        segments: [{id: a, enter: {attribute: tags, contains: a}}, {id: b, enter: {attribute: tags, contains: b}}, {id: c, enter: {attribute: tags, contains: c}}]
        when | what                      | then
        d0   | Tagged a                  | → a entered
        d4   | identify tags=["c"]       | → b left, → c entered
        -- received later, but it happened before
        d2   | identify tags=["b"]       | → a left, → b entered
        d6   | Tagged a                  | → a entered, in c
    "#;

    the_lists_of_two_leads_that_become_one_are_replaced_in_the_order_of_events: r#"
        segments: [{id: a, enter: {attribute: tags, contains: a}}, {id: b, enter: {attribute: tags, contains: b}}, {id: c, enter: {attribute: tags, contains: c}}]
        when | what                             | then
        d0   | new: Tagged a                    | new: → a entered
        d1   | old: identify tags=["b"]         | new: → a left, new: → b entered
        d2   | new: Tagged c                    | new: → c entered
        d3   | old: Untagged B                  | new: → b left
        d9   | new: alias old                   | new: in c, leads new
    "#;

    a_machine_tags_nobody: r#"
        segments: [{id: a, enter: {attribute: tags, contains: a}}]
        when | what               | then
        d0   | machine Tagged a   | nothing
        d1   | track X            | out a
    "#;
}
