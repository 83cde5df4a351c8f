//! Behaviour as tables of lines that a marketer could check. A table is a playbook, the line `when | what | then`, and
//! a line for everything that happens:
//! ```text
//! scores: [{id: lead, rules: [{id: visit, event: Page Viewed, points: 5}]}]
//! segments: [{id: hot, enter: {score: lead, gte: 8}}, {id: quiet, enter: {inactive: 3d}}]
//! when     | what            | then
//! d0       | page /pricing   | lead=5, out hot, next d3
//! d0 10:00 | page /pricing   | lead=10, → hot entered
//! d3 10:00 | (time)          | → quiet entered
//! ```
//! **when**: `d0` is Monday 1 January 2024 00:00 UTC; `d2 12:00:00.001`, `2024-03-31 22:00`; empty: as above. Lines
//! stand in the order received.
//!
//! **what**: `WHO: HAPPENING`. Who: `bob`, `visitor v`, `bob, visitor v`, `nobody`; without one it is ann. What happens:
//! `page /path`, `screen`, `track Some Kind`, `identify`, `group`, `alias OLD`; of the copy c of an e-mail `sent c`,
//! `delivered c`, `opened c`, `clicked c`, `bounced c`; by hand and by sales `Segment Pinned g`, `Stage Set l s`,
//! `Tagged vip`, `Deal Won d` …; each with `name=value` (JSON, else text), `#id` (the messageId), and before it
//! `machine` or `history`. `raw {…}` is a line as it stands, `blank` an empty one. `(time)`: nothing but time.
//!
//! **then**, parted by `, `, of the lead on this line or, behind `NAME: `, of another one:
//! - moves, all of them, on the line that makes them: `→ g entered`, `→ g left`, `→ lifecycle cold` (its first stage),
//!   `→ lifecycle cold>hot`, `→ q enrolled`, `→ q sends offer`; those that time alone makes on a `(time)` line of their
//!   own, to the millisecond;
//! - how the lead stands at that instant, going by the lines so far: `lead=10` (a score, or a topic's strength; `none`
//!   under the minimum), `lifecycle=hot`, `primary=shirts`, `in g`, `out g`, `next d3` or `next none`; and
//!   `leads ann bob`, who there is;
//! - `invalid WORDS`, `conflict WORDS`: what is said of the line; `nothing`.
//!
//! Instead of lines, `refused WORDS` expects the playbook to be refused. Where it declares no `emails`, there are
//! `welcome`, `offer` and `case-study`.

mod answer;
pub mod check;
mod happening;
mod moment;
mod table;

pub use check::check;

/// Tests named for their rule, each a table.
#[macro_export]
macro_rules! tables {
    ($($(#[$about:meta])* $name:ident: $table:literal;)+) => {
        $($(#[$about])* #[test] fn $name() { $crate::lines::check(stringify!($name), $table); })+
    };
}
