//! Reads CSV, XLSX and the exports of other tools into messages; pure: bytes in, messages out.

mod cell;
mod dates;
mod delimited;
mod encoding;
mod error;
mod exports;
mod facts;
mod keys;
mod map;
mod ndjson;
mod numbers;
mod plan;
mod source;
mod table;
mod workbook;
