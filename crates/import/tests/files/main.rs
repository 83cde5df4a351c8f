//! Small files, and the messages that they become.

mod again;
mod answers;
mod bad;
mod columns;
mod crm;
mod headers;
mod lists;
mod optouts;
mod report;
mod shown;
mod workbook;
