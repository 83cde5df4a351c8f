//! Reads CSV, XLSX and the exports of other tools into messages; pure: bytes in, messages out.
//!
//! A file is a [`SourceFile`] that can be read several times. `encoding`, `delimited`, `workbook` and `ndjson` turn it into a
//! `table`; `exports` know what the columns of other tools mean, `keys` and `map` what people say of theirs; `plan` looks
//! at the whole table once and decides how its dates and numbers are written. `facts` is what one row says, `rows` turns
//! that into messages, and `run` does all of it, opt-outs first.

mod assertion;
mod cell;
mod consent;
mod dates;
mod delimited;
mod encoding;
mod error;
mod exports;
mod facts;
mod header;
mod identifiers;
mod keys;
mod language;
mod links;
mod map;
mod message;
mod ndjson;
mod nouns;
mod numbers;
mod optouts;
mod own;
mod plan;
mod rejected;
mod report;
mod rows;
mod run;
mod source;
mod table;
mod tally;
mod who;
mod workbook;

pub use assertion::Assertion;
pub use error::Error;
pub use map::Map;
pub use rejected::Rejected;
pub use report::{FileReport, ONLY_WITHOUT_CONSENT, OptOutCounts, Overview, RejectedRow, Report, StageWithoutDeal};
pub use rows::Rules;
pub use run::import;
pub use source::SourceFile;
