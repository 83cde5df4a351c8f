//! Small files, and the messages that they become.

mod bad;
mod crm;
mod lists;
mod shown;
mod workbook;
