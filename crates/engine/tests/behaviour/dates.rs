//! What comes by time alone for conditions on dates and on the ages of events, to the millisecond: through changes of
//! clocks, a skipped day, leap years and the turns of weeks, months and years (contract §3, Event forms and Dates).

tables! {
    /// 02:30 does not exist on 31 March 2024 in Berlin: it is read as 03:30.
    a_skipped_local_time_moves_forward_by_the_gap: "
        timezone: Europe/Berlin
        segments: [{id: over, enter: {date: d, passed: true}}, {id: fresh, enter: {date: d, in_last: 1d}}]
        when             | what                        | then
        2024-03-30 00:00 | identify d=2024-03-31T02:30 | next 2024-03-31 01:30
        2024-03-31 01:30 | (time)                      | → over entered, → fresh entered, next 2024-04-01 01:30
        2024-04-01 01:30 | (time)                      | → fresh left, next none
    ";

    /// 02:30 occurs twice on 27 October 2024 in Berlin.
    a_repeated_local_time_means_the_first: "
        timezone: Europe/Berlin
        segments: [{id: soon, enter: {date: d, in_next: 2h}}, {id: over, enter: {date: d, passed: true}}]
        when             | what                        | then
        2024-10-26 00:00 | identify d=2024-10-27T02:30 | next 2024-10-26 22:30
        2024-10-26 22:30 | (time)                      | → soon entered, next 2024-10-27 00:30
        2024-10-27 00:30 | (time)                      | → soon left, → over entered
    ";

    /// Samoa had no 30 December 2011. It begins where the 31st does.
    a_day_that_the_zone_skips_begins_where_the_next_one_does: "
        timezone: Pacific/Apia
        segments: [{id: over, enter: {date: d, passed: true}}, {id: day, enter: {date: d, during: today}}]
        when             | what                  | then
        2011-12-28 00:00 | identify d=2011-12-30 | next 2011-12-30 10:00
        2011-12-30 10:00 | (time)                | → over entered, → day entered
        2011-12-31 10:00 | (time)                | → day left, next none
    ";

    /// 25 hours in Berlin.
    the_day_of_a_change_of_clocks_is_as_long_as_it_is: "
        timezone: Europe/Berlin
        segments: [{id: day, enter: {date: d, during: today}}, {id: after, enter: {date: d, during: yesterday}}]
        when             | what                        | then
        2024-10-25 00:00 | identify d=2024-10-27T12:00 | next 2024-10-26 22:00
        2024-10-26 22:00 | (time)                      | → day entered
        2024-10-27 23:00 | (time)                      | → day left, → after entered
        2024-10-28 23:00 | (time)                      | → after left
    ";

    an_anniversary_of_the_29th_of_february_in_any_year: "
        segments: [{id: soon, enter: {date: birthday, in_next: 2d, every_year: true}}, {id: after, enter: {date: birthday, in_last: 1d, every_year: true}}]
        when             | what                         | then
        2023-02-01 00:00 | identify birthday=1988-02-29 | next 2023-02-26
        2023-02-26 00:00 | (time)                       | → soon entered
        2023-02-28 00:00 | (time)                       | → soon left, → after entered
        2023-03-01 00:00 | (time)                       | → after left
        2024-02-27 00:00 | (time)                       | → soon entered
        2024-02-29 00:00 | (time)                       | → soon left, → after entered
        2024-03-01 00:00 | (time)                       | → after left, next 2025-02-26
    ";

    /// The day of 29 March 2024 in Berlin begins at 23:00 UTC, that of the 31st too, that of 1 April at 22:00.
    an_anniversary_keeps_its_local_time: "
        timezone: Europe/Berlin
        segments: [{id: hour, enter: {date: d, in_last: 1h, every_year: true}}]
        when             | what                        | then
        2023-12-01 00:00 | identify d=2020-04-02T09:00 | next 2024-04-02 07:00
        2024-04-02 07:00 | (time)                      | → hour entered
        2024-04-02 08:00 | (time)                      | → hour left, next 2025-04-02 07:00
    ";

    weeks_months_and_years_turn_at_their_first_instants: "
        segments: [{id: week, enter: {date: d, during: this week}}, {id: month, enter: {date: d, during: last month}}, {id: year, enter: {date: d, during: next year}}]
        when             | what                  | then
        2023-12-30 12:00 | identify d=2024-01-31 | → year entered, next 2024-01-01
        2024-01-01 00:00 | (time)                | → year left
        2024-01-29 00:00 | (time)                | → week entered
        2024-02-01 00:00 | (time)                | → month entered
        2024-02-05 00:00 | (time)                | → week left
        2024-03-01 00:00 | (time)                | → month left, next none
    ";

    /// All of it must hold of the same date.
    several_demands_on_a_date_hold_together: "
        segments: [{id: g, enter: {date: d, older: 2d, in_last: 5d, after: 2024-01-01, before: 2024-02-01}}]
        when       | what                  | then
        2024-01-01 | identify d=2024-01-02 | next 2024-01-04
        2024-01-04 | (time)                | → g entered, next 2024-01-07
        2024-01-07 | (time)                | → g left
        2024-01-08 | identify d=2024-02-01 | nothing
        2024-02-06 | page /                | next none
    ";

    /// The day begins at 23:00 UTC, and 02:30 is read as 03:30.
    events_of_a_day_on_which_clocks_change: "
        timezone: Europe/Berlin
        segments: [{id: g, enter: {event: X, after: 2024-03-31, before: \"2024-03-31T02:30\", count: {gte: 2}}}, {id: h, enter: {event: X, before: \"2024-03-31T02:30\", count: {gte: 4}}}]
        when                    | what    | then
        2024-03-30 22:59:59.999 | track X | nothing
        2024-03-30 23:00        | track X | nothing
        2024-03-31 01:29:59.999 | track X | → g entered
        2024-03-31 01:30        | track X | out h, next none
    ";

    the_last_of_several_kinds_ripens: "
        segments: [{id: g, enter: {event: [X, Y], which: last, older: 3d, where: {plan: pro}}}]
        when | what             | then
        d0   | track X plan=pro | next d3
        d2   | track Y plan=pro | next d5
        d5   | (time)           | → g entered, next none
        d6   | track X          | → g left
    ";

    an_average_changes_as_its_events_ripen_and_leave: "
        segments: [{id: g, enter: {event: R, older: 1d, within: 4d, average: {stars: {gte: 4}}}}]
        when | what            | then
        d0   | track R stars=5 | next d1
        d1   | (time)          | → g entered
        d2   | track R stars=1 | next d3
        d3   | (time)          | → g left
        d4   | track R stars=5 | nothing
        d6   | (time)          | → g entered
        d8   | (time)          | → g left, next none
    ";
}
