//! Conditions on dates, on consent, on several kinds of events, on one event of them, on ages and amounts, and on how long
//! a lead has been somewhere (contract §3, Event forms and Dates; §2, Consent).

tables! {
    a_date_comes_to_the_millisecond: "
        segments: [{id: soon, enter: {date: trial_end, in_next: 2d}}, {id: over, enter: {date: trial_end, passed: true}}]
        when                | what                                      | then
        d0                  | identify trial_end=\"2024-01-10T08:00:00.250Z\" | nothing
        d7 08:00:00.250     | (time)                                    | → soon entered
        d9 08:00:00.250     | (time)                                    | → soon left, → over entered
    ";

    /// 31 March 2024 has 23 hours in Berlin.
    a_day_is_the_local_one_and_durations_are_fixed: "
        timezone: Europe/Berlin
        segments: [{id: day, enter: {date: d, during: today}}, {id: near, enter: {date: d, in_next: 1d}}]
        when             | what                      | then
        2024-03-01 00:00 | identify d=2024-03-31     | nothing
        2024-03-29 23:00 | (time)                    | → near entered
        2024-03-30 23:00 | (time)                    | → day entered, → near left
        2024-03-31 22:00 | (time)                    | → day left
    ";

    a_birthday_on_the_29th_of_february: "
        segments: [{id: today, enter: {date: birthday, during: today, every_year: true}}]
        when             | what                          | then
        d0               | identify birthday=1988-02-29  | next 2024-02-29
        2024-02-29 00:00 | (time)                        | → today entered
        2024-03-01 00:00 | (time)                        | → today left, next 2025-02-28
    ";

    what_is_not_a_date_makes_the_form_false: "
        segments: [{id: a, enter: {date: d, passed: true}}, {id: b, enter: {date: d, passed: false}}]
        when | what                      | then
        d0   | identify d=1798761600000  | nothing
        d1   | identify d=soon           | nothing
        d2   | identify d=2024-01-02     | → a entered
        d3   | identify d=9999-12-31     | → a left, → b entered, next none
    ";

    the_first_event_is_a_date: "
        segments: [{id: fresh, enter: {date: first_seen, in_last: 3d}}]
        when | what                           | then
        d0   | track X                        | → fresh entered, next d3
        d1   | identify first_seen=2023-01-01 | in fresh
        d3   | (time)                         | → fresh left
    ";

    several_kinds_are_counted_together: "
        segments: [{id: g, enter: {event: [X, Y, X], within: 3d, count: {gte: 2}}}]
        when | what    | then
        d0   | track X | nothing
        d1   | track Y | → g entered, next d3
        d3   | (time)  | → g left
    ";

    the_last_event_must_match_and_the_first_stays: "
        segments: [{id: l, enter: {event: X, which: last, where: {plan: pro}}}, {id: f, enter: {event: X, which: first, where: {plan: pro}}}]
        when | what              | then
        d0   | track X plan=pro  | → l entered, → f entered
        d1   | track X plan=free | → l left, in f
        d2   | machine track X plan=pro | out l
    ";

    an_event_ripens_and_leaves: "
        segments: [{id: g, enter: {event: X, older: 3d, within: 10d}}, {id: two, enter: {event: X, older: 3d, count: {gte: 2}}}]
        when | what    | then
        d0   | track X | next d3
        d1   | track X | nothing
        d3   | (time)  | → g entered
        d4   | (time)  | → two entered
        d11  | (time)  | → g left
        d12  | track Y | in two, next none
    ";

    different_values_ripen_once_each: "
        segments: [{id: g, enter: {event: X, older: 2d, distinct: v, count: {gte: 2}}}]
        when | what       | then
        d0   | track X v=a | nothing
        d1   | track X v=A | nothing
        d2   | track X v=b | nothing
        d4   | (time)      | → g entered
    ";

    a_sum_takes_numbers_and_text_that_reads_as_one: "
        segments: [{id: g, enter: {event: [Order, Refund], sum: {amount: {gte: 100}}}}, {id: none, enter: {event: Order, sum: {amount: 0}}}]
        when | what                       | then
        d0   | track X                    | → none entered
        d1   | track Order amount=60      | → none left
        d2   | track Order amount=\" 4e1 \" | → g entered
        d3   | track Order amount=true    | in g
        d4   | track Refund amount=-1     | → g left
    ";

    a_refund_that_leaves_the_window_raises_the_sum: "
        segments: [{id: g, enter: {event: [Order, Refund], within: 10d, sum: {amount: {gte: 100}}}}]
        when | what                    | then
        d0   | track Refund amount=-30 | nothing
        d3   | track Order amount=100  | next d10
        d10  | (time)                  | → g entered
        d13  | (time)                  | → g left
    ";

    an_average_of_none_is_false: "
        segments: [{id: good, enter: {event: R, average: {stars: {gte: 4}}}}, {id: bad, enter: {event: R, average: {stars: {lt: 4}}}}]
        when | what            | then
        d0   | track X         | out good, out bad
        d1   | track R stars=x | nothing
        d2   | track R stars=5 | → good entered
        d3   | track R stars=2 | → good left, → bad entered
    ";

    sums_compare_rounded_to_nine_decimals: "
        segments: [{id: g, enter: {event: X, sum: {amount: 0.3}}}]
        when | what               | then
        d0   | track X amount=0.1 | nothing
        d1   | track X amount=0.2 | → g entered
    ";

    consent_of_a_subscription_of_all_and_of_tracking: "
        subscriptions: [{id: news}]
        segments: [{id: g, enter: {consent: granted, subscription: news}}, {id: w, enter: {consent: withdrawn, subscription: news}}, {id: k, enter: {consent: granted, to: tracking}}]
        when | what                                          | then
        d0   | track Subscribed subscription=news            | nothing
        d1   | track Subscribed subscription=news proof=form | → g entered
        d2   | track Unsubscribed                            | → g left, → w entered
        d3   | history track Subscribed proof=list           | in w
        d4   | track Subscribed proof=form                   | → g entered, → w left
        d5   | track Tracking Declined                       | nothing
        d6   | history track Tracking Allowed proof=list     | out k
        d7   | track Tracking Allowed proof=banner           | → k entered
    ";

    what_an_import_tells_counts_until_a_copy_bounces: "
        segments: [{id: g, enter: {consent: granted}}]
        when | what                               | then
        d0   | history track Subscribed proof=list | → g entered
        d1   | track Email Bounced permanent=false | in g
        d2   | track Email Bounced                 | → g left
        d3   | track Subscribed proof=form         | → g entered
        d4   | track Email Bounced                 | in g
    ";

    /// As `docs/operate.md` advises: each passes out of the period by itself, and none is for good.
    bounces_that_are_not_for_good_count_up_and_fade: "
        segments: [{id: failing, enter: {event: Email Bounced, where: {permanent: false}, count: {gte: 3}, within: 30d}}]
        when | what                               | then
        d0   | track Email Bounced permanent=false | nothing
        d10  | track Email Bounced permanent=false | nothing
        d15  | track Email Bounced permanent=true  | nothing
        d20  | track Email Bounced permanent=false | → failing entered, next d30
        d30  | (time)                              | → failing left
        d39  | track Email Bounced permanent=false | → failing entered, next d40
        d40  | (time)                              | → failing left
    ";

    how_long_in_a_stage_and_in_a_segment: "
        ladders: [{id: l, stages: [{id: a}, {id: b, enter: {event: X, within: 5d}}]}]
        segments: [{id: s, enter: {event: X, within: 2d}}, {id: stage, enter: {stage: l, is: b, for: 2d}}, {id: segment, enter: {segment: s, for: 2d}}]
        when | what          | then
        d0   | track X       | → l b, → s entered
        d1   | Stage Set l b | nothing
        d2   | (time)        | → s left, → stage entered
        d3   | Stage Set l a | → l b>a, → stage left
    ";

    rates_leave_out_copies_that_were_not_measured: "
        segments: [{id: g, enter: {rate: opened, over: 30d, min_sent: 1, lte: 0}}]
        when | what                       | then
        d0   | delivered c1 tracked=false | nothing
        d1   | delivered c2               | → g entered
        d2   | track Tracking Declined    | → g left
        d3   | delivered c3               | → g entered
    ";

    a_goal_picks_among_the_events_that_it_counts: "
        sequences: [{id: q, enroll: {attribute: a, exists: true}, goal: {event: X, which: first, where: {plan: pro}}, steps: [{wait: 30d}]}]
        when | what             | then
        d0   | track X plan=free | nothing
        d1   | identify a=1      | → q enrolled
        d2   | track X plan=pro  | → q goal
    ";
}
